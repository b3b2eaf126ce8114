//! What a handler sees and says: the request, the response, errors, and the kinds of functions that handlers are.

mod current;
mod endpoint;
mod error;
mod http_error;
mod json_body;
mod lambda;
mod layer;
mod options;
mod param;
mod query_as;
mod reply;
mod request;
mod site;
mod stream;

pub use current::CurrentResponse;
pub use endpoint::{Async, Handler, Sync, async_, sync};
pub use error::Error;
pub use http_error::HttpError;
pub use lambda::LambdaContext;
pub use layer::{Next, Running};
pub use param::ParamError;
pub use reply::{Html, IntoError, IntoResponse, IntoStatus, Json, Reply, Response};
pub use request::Request;
pub use stream::{Sink, Stream};

pub(crate) use endpoint::{Endpoint, Step, erase};
#[cfg(feature = "tower")]
pub(crate) use endpoint::{Private, Progress};
pub(crate) use json_body::JsonParser;
pub(crate) use layer::{After, Before, Layer, Wrap};
pub(crate) use options::RouteOptions;
pub(crate) use request::{Exchange, Matched};
pub(crate) use site::{ErrorHandlers, Serializer, Site, State, unhandled};
