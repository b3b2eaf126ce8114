//! The input and output of handlers: the request, the response, errors, and the kinds of functions that handlers are.

mod arguments;
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
mod options;
mod panicked;
mod param;
mod redirect;
mod reply;
mod request;
#[cfg(feature = "openapi")]
mod response_docs;
mod shared;
mod stream;

pub use arguments::{Argument, Arguments, Location};
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
#[cfg(feature = "openapi")]
pub use response_docs::{ResponseDocs, SchemaProbe, Schemas, WithoutSchema};
pub use stream::{Sink, Stream};

pub(crate) use endpoint::{Endpoint, Private, Progress, erase};
pub(crate) use errors::report;
pub(crate) use exchange::{Exchange, Matched, Step};
pub(crate) use json_body::JsonParser;
pub(crate) use layer::{After, Before, Layer, Wrap};
pub(crate) use options::RouteOptions;
pub(crate) use panicked::Call;
#[cfg(feature = "openapi")]
pub(crate) use response_docs::{ResponseDoc, TypeSchema};
pub(crate) use shared::{Scope, Serializer, Shared};
