//! The reports of an app about its invocations, and the hooks in the life of a function.

use std::sync::Arc;

use super::App;
use crate::handler::{First, Hook, Request};
use crate::observe::{AccessLog, LogSettings, MetricSettings, Metrics};

/// Logs, metrics and hooks.
impl App {
    /// Writes a line about each invocation: see [`AccessLog`]. It is written after the response has been sent and before
    /// the next event is requested; the [direct runtime](crate::runtime::direct) then sends no request ahead
    /// ([`Direct::pipelined`](crate::runtime::direct::Direct::pipelined)). A second access log is written in addition.
    ///
    /// ```
    /// use gatewire::observe::AccessLog;
    /// use gatewire::{App, Request};
    ///
    /// let app = App::new().access_log(AccessLog::json()).get("/hello", |_: Request| "hello");
    /// # app.build().unwrap();
    /// ```
    pub fn access_log(mut self, log: AccessLog) -> Self {
        self.observing.observe.push(Box::new(LogSettings::new(log)));
        self
    }

    /// Writes metrics about each invocation, and those that handlers record with
    /// [`Request::metrics`]: see [`Metrics`]. They are written when the [access log](Self::access_log) is.
    ///
    /// ```
    /// use gatewire::observe::Metrics;
    /// use gatewire::{App, Request};
    ///
    /// let app = App::new().metrics(Metrics::namespace("Shop").service("todos")).post("/todos", |req: Request| {
    ///     req.metrics().count("Created", 1);
    ///     201.to_string()
    /// });
    /// # app.build().unwrap();
    /// ```
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.observing.observe.push(Box::new(MetricSettings::new(metrics)));
        self
    }

    /// Runs an async function after each response has been sent, before the next event is requested: to flush what
    /// handlers have left, such as spans or messages. The client does not wait for it, but the invocation is billed until
    /// it ends, and the function is free for the next request only then. Several run in the order in which they were
    /// added, also after a failed invocation. A panic is a line on standard error.
    ///
    /// It runs where the handlers do, in a tokio runtime if they have one. The local gateway runs it while the response
    /// leaves.
    ///
    /// ```
    /// use gatewire::{App, Request};
    ///
    /// async fn flush() {
    ///     // … send what is left in a queue
    /// }
    ///
    /// let app = App::new().after_response(flush).get("/", |_: Request| "hello");
    /// # app.build().unwrap();
    /// ```
    pub fn after_response<F>(mut self, hook: F) -> Self
    where
        F: AsyncFn() + Send + Sync + 'static,
    {
        self.observing.after_response.push(Box::new(Hook(hook)));
        self
    }

    /// Runs an async function before the first request of the process is handled, around which the middleware that was
    /// added before stays: to open connections that a snapshot does not keep, or to fill a cache. If several invocations
    /// run at a time, the others do not wait for it.
    ///
    /// Requests that match no route count too. An event that is no request is the first invocation as well, and then no
    /// hook runs.
    ///
    /// ```
    /// use gatewire::{App, Request};
    ///
    /// let app = App::new()
    ///     .on_first_request(async |req: Request| println!("started by {}", req.lambda().request_id))
    ///     .get("/", |_: Request| "hello");
    /// # app.build().unwrap();
    /// ```
    pub fn on_first_request<F>(mut self, hook: F) -> Self
    where
        F: for<'r> AsyncFn(Request<'r>) + Send + Sync + 'static,
    {
        self.router.layers.push(Arc::new(First(hook)));
        self
    }
}
