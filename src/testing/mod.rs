//! A kit for unit tests of your own handlers: a [`Client`] that sends requests through genuine events, without a
//! network.
//!
//! ```
//! use gatewire::testing::Client;
//! use gatewire::{App, Request};
//!
//! fn hello(req: Request<'_>) -> String {
//!     format!("hello {}", req.param("name"))
//! }
//!
//! fn app() -> App {
//!     App::new().get("/hello/{name}", hello)
//! }
//!
//! # #[cfg(any())] // an attribute of the test below, where there is a test harness
//! #[test]
//! # struct Shown;
//! fn greets_by_name() -> Result<(), gatewire::error::BuildError> {
//!     let client = Client::new(app())?;
//!     assert_eq!(client.get("/hello/ada").send().text(), "hello ada");
//!     Ok(())
//! }
//! # greets_by_name().unwrap();
//! ```
//!
//! A request takes the complete path: the [gateway](crate::gateway) makes an event of it, the engine handles that as if
//! Lambda had sent it, and the response is read as the gateway reads it. [`TestRequest`] lists what a request can have
//! besides path and body; [`TestResponse`] lists the parts of the response.
//!
//! A request reads the same behind every gateway. To check that for a handler, send it through all of them:
//!
//! ```
//! use gatewire::testing::{self, Client};
//! use gatewire::{App, Request};
//!
//! let client = Client::new(App::new().get("/search", |req: Request| req.reply(req.query("q").unwrap_or("all"))))?;
//! for source in testing::sources() {
//!     let response = client.get("/search").query("q", "tea & milk").source(source).send();
//!     assert_eq!((response.status(), response.text()), (200, "tea & milk"), "{source:?}");
//! }
//! # Ok::<(), gatewire::error::BuildError>(())
//! ```
//!
//! This is a kit for tests: a fault that stops a test is a panic at the line of the test, with a message that says what
//! happened.

#![allow(clippy::test_attr_in_doctest)] // the test that is shown is called below it

#[cfg(feature = "openapi")]
mod openapi;
mod request;
mod response;

#[cfg(feature = "openapi")]
pub use openapi::{assert_openapi, undocumented};
pub use request::TestRequest;
pub use response::TestResponse;

use std::future::Future;
#[cfg(feature = "tokio")]
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::sync::{Mutex, PoisonError};
#[cfg(feature = "tokio")]
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::app::App;
use crate::build_error::BuildError;
use crate::engine::{Engine, Worker};
use crate::handler::LambdaContext;
use crate::source::EventSource;

/// Sends requests to an app.
///
/// One worker of the app handles them all, as it does in a function that stays warm. Threads may share a client; those
/// that send at the same time get separate workers.
///
/// ```
/// use gatewire::testing::Client;
/// use gatewire::{App, Error, Request};
///
/// async fn shout(req: Request<'_>) -> Result<(u16, String), Error> {
///     Ok((201, req.body_text()?.to_uppercase()))
/// }
///
/// let client = Client::new(App::new().post("/shout", shout))?;
/// let response = client.post("/shout").body("hello").send();
/// assert_eq!((response.status(), response.text()), (201, "HELLO"));
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
pub struct Client {
    engine: Engine,
    /// Taken while a request is handled: a handler may send one itself.
    worker: Mutex<Option<Worker>>,
    /// Taken likewise. It stays the same from one request to the next, so that connections that handlers keep live on.
    #[cfg(feature = "tokio")]
    runtime: Mutex<Option<Runtime>>,
}

macro_rules! methods {
    ($($name:ident $method:ident),+) => {
        $(
            #[doc = concat!("A `", stringify!($method), "` request, to be sent with [`send`](TestRequest::send).")]
            ///
            /// The target is as a client sends it: a percent-encoded path, with a query after a `?` or without.
            pub fn $name(&self, target: &str) -> TestRequest<'_> {
                self.request(stringify!($method), target)
            }
        )+
    };
}

impl Client {
    /// Builds the app, for requests to be sent to it.
    ///
    /// # Errors
    /// If the app does not build, as [`App::build`] says.
    pub fn new(app: App) -> Result<Self, BuildError> {
        Ok(Self::from(app.build()?))
    }

    methods! { get GET, post POST, put PUT, patch PATCH, delete DELETE, head HEAD, options OPTIONS }

    /// A request of any method.
    ///
    /// ```
    /// # use gatewire::{testing::Client, App, Request};
    /// let client = Client::new(App::new().on(["PURGE"], "/cache", |_: Request| "empty"))?;
    /// assert_eq!(client.request("PURGE", "/cache").send().text(), "empty");
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn request(&self, method: impl Into<String>, target: &str) -> TestRequest<'_> {
        TestRequest::new(self, method.into(), target.to_owned())
    }

    fn take_worker(&self) -> Worker {
        let kept = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.unwrap_or_else(|| self.engine.worker())
    }

    fn keep_worker(&self, worker: Worker) {
        *self.worker.lock().unwrap_or_else(PoisonError::into_inner) = Some(worker);
    }

    /// Runs a future to its end on this thread: in a tokio runtime of the client, or, inside another tokio runtime, as
    /// far as it gets without waiting. `None` if it would have to wait there.
    #[cfg(feature = "tokio")]
    fn block_on<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        if tokio::runtime::Handle::try_current().is_ok() {
            let woken = Arc::new(Woken(AtomicBool::new(true)));
            let waker = Waker::from(Arc::clone(&woken));
            for _ in 0..TURNS {
                if !woken.0.swap(false, Ordering::SeqCst) {
                    break;
                }
                if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Some(output);
                }
            }
            return None;
        }
        let kept = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
        let runtime = kept.unwrap_or_else(|| {
            let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
            Runtime(Some(built.unwrap_or_else(|error| panic!("cannot create a tokio runtime: {error}"))))
        });
        let output = runtime.0.as_ref().map(|tokio| tokio.block_on(future));
        *self.runtime.lock().unwrap_or_else(PoisonError::into_inner) = Some(runtime);
        output
    }

    /// Runs a future to its end on this thread.
    #[cfg(not(feature = "tokio"))]
    fn block_on<F: Future>(&self, future: F) -> Option<F::Output> {
        Some(crate::engine::block_on(future))
    }
}

/// How often a future may yield with no other task to run: a stream does so between its pieces.
#[cfg(feature = "tokio")]
const TURNS: usize = 1_000_000;

/// True if a future wants to be polled again at once.
#[cfg(feature = "tokio")]
struct Woken(AtomicBool);

#[cfg(feature = "tokio")]
impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A tokio runtime that may be dropped anywhere, as at the end of an async test.
#[cfg(feature = "tokio")]
struct Runtime(Option<tokio::runtime::Runtime>);

#[cfg(feature = "tokio")]
impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(tokio) = self.0.take() {
            tokio.shutdown_background();
        }
    }
}

/// A client for an app that is built already.
impl From<Engine> for Client {
    fn from(engine: Engine) -> Self {
        Self {
            engine,
            worker: Mutex::new(None),
            #[cfg(feature = "tokio")]
            runtime: Mutex::new(None),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// Every gateway that a request can come through, for a test to loop over: see [the module](self).
///
/// A load balancer whose target group has multi-value headers is [`EventSource::Alb`] too:
/// [`TestRequest::multi_value`] makes a request come through that one.
pub fn sources() -> impl Iterator<Item = EventSource> + Clone {
    use EventSource::{Alb, FunctionUrl, HttpApiV1, HttpApiV2, LatticeV1, LatticeV2, RestApi};
    [RestApi, HttpApiV1, HttpApiV2, Alb, FunctionUrl, LatticeV1, LatticeV2].into_iter()
}

/// A context as Lambda passes it to an invocation, with 30 seconds left: the default of a [`TestRequest`].
///
/// ```
/// use gatewire::testing;
///
/// let hurried = testing::lambda_context().with_deadline_ms(1);
/// assert_eq!(hurried.request_id, "79b4f56e-95b1-4643-9700-2807f4e68189");
/// ```
pub fn lambda_context() -> LambdaContext<'static> {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + Duration::from_secs(30);
    LambdaContext {
        request_id: "79b4f56e-95b1-4643-9700-2807f4e68189",
        deadline_ms: deadline.as_millis() as u64,
        invoked_function_arn: "arn:aws:lambda:eu-central-1:111122223333:function:testing",
        trace_id: Some("Root=1-65f2c3a1-5d3c1f0e9b8a7d6c5e4f3a2b;Parent=53995c3f42cd8ad8;Sampled=0"),
        ..LambdaContext::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_source_is_left_out() {
        // A new source does not compile here until it has a number, and fails until `sources` has it.
        let number = |source| match source {
            EventSource::RestApi => 0,
            EventSource::HttpApiV1 => 1,
            EventSource::HttpApiV2 => 2,
            EventSource::Alb => 3,
            EventSource::FunctionUrl => 4,
            EventSource::LatticeV1 => 5,
            EventSource::LatticeV2 => 6,
        };
        assert_eq!(sources().map(number).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
    }
}
