//! The input and output of handlers: the request, the response, errors, and the kinds of functions that handlers are.

mod current;
mod endpoint;
mod error;
mod errors;
mod exchange;
mod http_error;
mod json_body;
mod json_reader;
mod lambda;
mod layer;
mod lifecycle;
mod observer;
mod options;
mod panicked;
mod param;
mod query_as;
mod redirect;
mod reply;
mod request;
mod shared;
mod stream;
mod time_limit;

pub use current::CurrentResponse;
pub use endpoint::{AsyncHandler, Handler, SyncHandler, from_async_fn, from_fn};
pub use error::{Error, OrFail};
pub use http_error::HttpError;
pub use lambda::LambdaContext;
pub use layer::{Next, Running};
pub use panicked::Panicked;
pub use param::ParamError;
pub use redirect::Redirect;
pub use reply::{Html, IntoError, IntoResponse, IntoStatus, Json, Reply, Response};
pub use request::Request;
pub use stream::{Sink, Stream};

pub(crate) use endpoint::{Endpoint, erase};
#[cfg(feature = "tower")]
pub(crate) use endpoint::{Private, Progress};
pub(crate) use errors::report;
pub(crate) use exchange::{Exchange, Matched, Step};
pub(crate) use json_body::JsonParser;
pub(crate) use layer::{After, Before, First, Layer, Wrap};
pub(crate) use observer::{Begin, Hook, Observe, Observer, Observers, Observing, Record};
pub(crate) use options::RouteOptions;
pub(crate) use panicked::Call;
pub(crate) use shared::{Scope, Serializer, Shared};
pub(crate) use time_limit::TimeLimit;
