//! The place of a request in the life of the function, and in a trace.

use super::exchange::Request;
use crate::trace_context::{Trace, TraceParent};

/// Cold start and trace.
impl<'r> Request<'r> {
    /// Returns whether this is the first invocation of the app in this process, as `cold_start` of Powertools says it.
    /// Of invocations that run at a time, one is the first.
    ///
    /// ```
    /// use gatewire::{App, Request, testing::Client};
    ///
    /// let client = Client::new(App::new().get("/", |req: Request| req.is_cold_start().to_string()))?;
    /// assert_eq!((client.get("/").send().text(), client.get("/").send().text()), ("true", "false"));
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn is_cold_start(self) -> bool {
        self.exchange.cold_start
    }

    /// Returns the X-Ray trace of this invocation: the one that Lambda sends or, if there is none, that of the header
    /// `X-Amzn-Trace-Id`, which a load balancer adds. `None` if neither names a trace.
    ///
    /// ```
    /// use gatewire::{App, Json, Request, testing::Client};
    ///
    /// let app = App::new().get("/", |req: Request| req.reply(Json(req.trace().map(|trace| trace.root()))));
    /// let client = Client::new(app)?;
    /// assert_eq!(client.get("/").send().text(), r#""1-65f2c3a1-5d3c1f0e9b8a7d6c5e4f3a2b""#);
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn trace(self) -> Option<Trace<'r>> {
        let own = self.exchange.lambda.trace_id.and_then(Trace::parse);
        own.or_else(|| Trace::parse(self.header("x-amzn-trace-id")?))
    }

    /// Returns the position of this request in a trace of the W3C: the header `traceparent` of the client or, if it
    /// sent none that is well-formed, the one that is made of the [X-Ray trace](Self::trace).
    ///
    /// The client's header comes first, because it continues the trace of the caller, while API Gateway begins a new
    /// X-Ray trace whatever the client sends. Anyone can send that header: if clients are not trusted, take
    /// `req.trace().and_then(Trace::traceparent)` instead. The decision to sample the trace is kept.
    ///
    /// ```
    /// use gatewire::{App, Json, Request, testing::Client};
    ///
    /// fn position(req: Request<'_>) -> String {
    ///     req.traceparent().map_or_else(String::new, |parent| parent.to_string())
    /// }
    ///
    /// let client = Client::new(App::new().get("/", position))?;
    /// let sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    /// assert_eq!(client.get("/").header("traceparent", sent).send().text(), sent);
    /// let made = "00-65f2c3a15d3c1f0e9b8a7d6c5e4f3a2b-53995c3f42cd8ad8-00";
    /// assert_eq!(client.get("/").send().text(), made);
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn traceparent(self) -> Option<TraceParent> {
        let sent = self.header("traceparent").and_then(TraceParent::parse);
        sent.or_else(|| self.trace()?.traceparent())
    }
}
