//! The input and output of handlers: the request, the response, errors, and the kinds of functions that handlers are.

mod arguments;
#[cfg(feature = "validate")]
mod checked;
mod current;
mod endpoint;
mod error;
mod errors;
mod exchange;
#[cfg(feature = "validate")]
mod explain_json;
mod http_error;
mod json_body;
mod json_reader;
mod lambda;
mod layer;
mod options;
mod panicked;
mod param;
mod query_as;
mod redirect;
mod reply;
mod request;
mod scalar;
mod shared;
mod stream;

pub use arguments::{Argument, Arguments, Location};
#[cfg(feature = "validate")]
pub use checked::Checked;
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

pub(crate) use endpoint::{Endpoint, Private, Progress, erase};
pub(crate) use errors::report;
pub(crate) use exchange::{Exchange, Matched, Step};
#[cfg(feature = "validate")]
pub(crate) use explain_json::explain_json;
pub(crate) use json_body::JsonParser;
pub(crate) use layer::{After, Before, Layer, Wrap};
pub(crate) use options::RouteOptions;
pub(crate) use panicked::Call;
pub(crate) use scalar::Scalar;
pub(crate) use shared::{Scope, Serializer, Shared};
