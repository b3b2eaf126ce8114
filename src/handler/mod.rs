//! The input and output of handlers: the request, the response, errors, and the kinds of functions that handlers are.

mod arguments;
#[cfg(feature = "validate")]
mod checked;
mod credentials;
mod current;
mod endpoint;
mod error;
mod errors;
mod event_handler;
mod exchange;
#[cfg(feature = "validate")]
mod explain_json;
mod http_error;
mod json_body;
mod json_reader;
mod lambda;
mod layer;
mod lifecycle;
mod message;
mod observer;
mod options;
mod panicked;
mod param;
mod precondition;
mod raw_event;
mod redirect;
mod reply;
mod request;
#[cfg(feature = "openapi")]
mod response_docs;
pub(crate) mod sealed;
mod shared;
mod stream;
mod time_limit;
mod unauthorized;

#[cfg(feature = "openapi")]
pub(crate) use arguments::DeclaredDefault;
pub use arguments::{Argument, Arguments, Location};
#[cfg(feature = "validate")]
pub use checked::Checked;
pub use credentials::{BasicCredentials, require_basic, require_bearer};
pub use current::CurrentResponse;
pub use endpoint::{AsyncHandler, Handler, SyncHandler, from_async_fn, from_fn};
pub use error::{Error, OrFail};
pub use event_handler::{EventHandler, IntoAnswer};
pub use http_error::HttpError;
pub use lambda::LambdaContext;
pub use layer::{Next, Running};
pub use message::{Message, MessageKind};
pub use panicked::Panicked;
pub use param::ParamError;
pub use precondition::{NotModified, Validators};
pub use raw_event::RawEvent;
pub use redirect::Redirect;
pub use reply::{Html, IntoError, IntoResponse, IntoStatus, Json, Reply, Response};
pub use request::Request;
#[cfg(feature = "openapi")]
pub use response_docs::{ResponseDocs, SchemaProbe, Schemas, WithoutSchema};
pub use stream::{Sink, Stream};
pub use unauthorized::Unauthorized;

pub(crate) use endpoint::{DynHandler, Endpoint, Private, Progress, erase};
pub(crate) use errors::report;
pub(crate) use event_handler::{Family, Input, erase_event, event_argument};
pub(crate) use exchange::{Exchange, HandlerCall, Matched};
#[cfg(feature = "validate")]
pub(crate) use explain_json::explain_json;
pub(crate) use json_body::JsonParser;
pub(crate) use layer::{After, Before, First, Layer, Wrap};
pub(crate) use message::Messages;
pub(crate) use observer::{Begin, Hook, Observe, Observer, Observers, Observing, Record};
pub(crate) use options::RouteOptions;
pub(crate) use panicked::Call;
#[cfg(feature = "etag")]
pub(crate) use precondition::Current;
pub(crate) use raw_event::RawEvents;
#[cfg(feature = "openapi")]
pub(crate) use response_docs::{ResponseDoc, TypeSchema};
pub(crate) use shared::{Scope, Serializer, Shared};
pub(crate) use time_limit::TimeLimit;
