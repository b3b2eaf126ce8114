//! An engine, and the function that makes it of an app.
//!
//! [`App::build`] is here and not in `app/`, because it returns an engine: the engine stands above the app, which
//! registers and compiles and never imports what runs it. `app/compile.rs` does all of the work.

use std::fmt;
use std::sync::Arc;

use crate::app::{App, Compiled};
use crate::build_error::BuildError;

/// A compiled app. It is shared: clones are the same engine, and any number of threads may have [workers](super::Worker) of
/// it.
///
/// ```
/// use gatewire::{context::LambdaContext, App, Request};
///
/// let engine = App::new().get("/hello", |_: Request| "hello").build()?;
/// let mut worker = engine.worker();
/// let event = br#"{"httpMethod":"GET","path":"/hello","requestContext":{}}"#;
/// let response = worker.call_blocking(event, &LambdaContext::default())?;
/// assert!(response.starts_with(br#"{"statusCode":200,"body":"hello""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Engine(pub(super) Arc<Compiled>);

impl App {
    /// Compiles the app.
    ///
    /// # Errors
    /// If rules cannot be read or clash: the error names all of them.
    pub fn build(self) -> Result<Engine, BuildError> {
        Ok(Engine(Arc::new(self.compile()?)))
    }
}

impl Engine {
    /// Returns whether any response may be streamed, if the gateway takes streams.
    pub(crate) fn streams(&self) -> bool {
        self.0.streams_any()
    }

    /// Returns whether this is an authorizer, which answers no requests.
    #[cfg(feature = "local")]
    pub(crate) fn is_authorizer(&self) -> bool {
        self.0.others.is_authorizer()
    }

    /// Returns whether authorizers of HTTP APIs with payload 2.0 receive simple responses.
    pub(crate) fn gives_simple_responses(&self) -> bool {
        self.0.shared.simple_responses
    }

    /// Returns whether something happens after a response has been sent: see
    /// [`Worker::after_response`](super::Worker::after_response).
    pub(crate) fn acts_after_response(&self) -> bool {
        self.0.observing.is_on()
    }

    /// Returns whether the access log has the failed invocations.
    pub(crate) fn logs_failures(&self) -> bool {
        self.0.observing.reports_failures()
    }
}

#[cfg(feature = "openapi")]
impl Engine {
    /// Returns the OpenAPI document of the app, with line breaks and indents; `None` without
    /// [`App::openapi`](crate::App::openapi). It is the same for the same app, whatever features other crates turn on.
    #[cfg_attr(docsrs, doc(cfg(feature = "openapi")))]
    pub fn openapi_json(&self) -> Option<String> {
        self.0.documentation.as_ref().map(|documentation| documentation.pretty())
    }

    /// Returns a line for each thing that the OpenAPI document does not say.
    pub(crate) fn openapi_gaps(&self) -> Vec<String> {
        self.0.documentation.as_ref().map_or_else(Vec::new, |documentation| documentation.gaps())
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("routes", &self.0.table.len()).finish_non_exhaustive()
    }
}
