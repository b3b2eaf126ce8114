//! The pipeline: payload in, payload out, no I/O. `Worker::run_stages` lists its stages in order.

mod block_on;
mod build;
mod into_engine;
mod other;
mod output;
mod route;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Future, poll_fn};

use crate::app::{Other, PostProcess, Unmatched, print_event};
use crate::arena::{Arena, Values};
use crate::event::{Event, Fields, LookupTables};
use crate::handler::{
    Call, Exchange, HandlerCall, JsonParser, LambdaContext, Next, Observers, Panicked, Reply, Request, RouteOptions,
    report,
};
use crate::high_water::HighWater;
use crate::http::StatusCode;
use crate::invocation_error::InvocationError;
use crate::json::Index;
use crate::log::{Level, log};
use crate::respond::ResponseBuffer;
use crate::route::Scratch;
use crate::source::EventSource;
pub(crate) use block_on::block_on;
pub use build::Engine;
pub use into_engine::IntoEngine;
pub use output::{Answer, ResponseSink};
use output::{Output, Sent};

impl Engine {
    /// Creates a worker: the memory in which one invocation at a time is handled.
    pub fn worker(&self) -> Worker {
        Worker {
            engine: self.clone(),
            index: Index::new(),
            fields: Fields::new(),
            lookup: LookupTables::default(),
            arena: Arena::new(),
            escaped: Vec::new(),
            scratch: Scratch::new(),
            buffer: RefCell::new(ResponseBuffer::new()),
            json: JsonParser::default(),
            postprocess: PostProcess::default(),
            observers: Observers::new(&self.0.observing),
            used: 0,
            high_water: HighWater::new(KEPT_BYTES),
        }
    }
}

/// The memory in which invocations are handled, one at a time.
///
/// It grows to what the largest invocation needs and is used again and again, so that handling allocates nothing in
/// steady state. Make one for each invocation that can be in flight.
pub struct Worker {
    engine: Engine,
    index: Index,
    fields: Fields,
    lookup: LookupTables,
    arena: Arena,
    escaped: Vec<u32>,
    scratch: Scratch,
    buffer: RefCell<ResponseBuffer>,
    json: JsonParser,
    postprocess: PostProcess,
    observers: Observers,
    /// The size of the last payload or response, whichever was larger.
    used: usize,
    high_water: HighWater,
}

/// The bytes that each kept buffer of a worker never shrinks below.
const KEPT_BYTES: usize = 64 * 1024;

impl Worker {
    /// Forgets the last invocation.
    fn reset(&mut self, payload: &[u8]) {
        // Nothing is left to write if `after_response` was called.
        self.observers.flush();
        self.shrink();
        self.arena.reset();
        self.buffer.get_mut().clear();
        self.lookup.clear();
        self.used = payload.len();
    }

    /// Frees memory after a run of small invocations, so that one large invocation does not hold it forever.
    fn shrink(&mut self) {
        let buffer = self.buffer.get_mut();
        let body = self.lookup.body_capacity();
        let grown = buffer.capacity().max(self.index.capacity() * size_of::<u32>()).max(body);
        if self.high_water.is_oversized(self.used, grown) {
            buffer.shrink(KEPT_BYTES);
            self.index.shrink_to(KEPT_BYTES / size_of::<u32>());
            self.escaped.shrink_to(KEPT_BYTES / size_of::<u32>());
            self.lookup.shrink_to(KEPT_BYTES / 64);
            self.lookup.shrink_body(KEPT_BYTES);
            self.json = JsonParser::default();
            self.postprocess.shrink(KEPT_BYTES);
        }
    }

    /// Handles one invocation: takes the payload of an event and returns the payload of the response.
    ///
    /// The future is not `Send`: it stays on the thread where it began.
    ///
    /// # Errors
    /// If the invocation has failed: the payload is not an event, the error of a handler was not handled, a handler
    /// panicked, or the response has more bytes than the gateway takes (6 MB, and 1 MB for a load balancer). The worker
    /// can be used as before.
    pub fn call(
        &mut self,
        payload: &[u8],
        lambda: &LambdaContext<'_>,
    ) -> impl Future<Output = Result<&[u8], InvocationError>> {
        // Returns the future itself: inside another one it would be moved, at a cost for every event.
        self.run_stages(payload, lambda, None)
    }

    /// [`call`](Self::call) for runtimes that can send a response while it is made: a response that is to be
    /// [streamed](crate::App::streaming) goes to `sink` piece by piece, any other is returned as a whole.
    ///
    /// ```
    /// use gatewire::gateway::HttpRequest;
    /// use gatewire::{context::LambdaContext, engine::{Answer, ResponseSink}, App, EventSource, Request, Stream};
    ///
    /// #[derive(Default)]
    /// struct Collected(Vec<String>);
    ///
    /// impl ResponseSink for Collected {
    ///     fn start(&mut self, prelude: &[u8], body: &[u8]) -> std::io::Result<()> {
    ///         self.write(prelude)?;
    ///         self.write(body)
    ///     }
    ///     fn write(&mut self, piece: &[u8]) -> std::io::Result<()> {
    ///         self.0.push(String::from_utf8_lossy(piece).into_owned());
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = App::new().streaming(true).get("/", |_: Request| {
    ///     Stream::new(async |mut sink| {
    ///         sink.write("first").await;
    ///         sink.write("second").await;
    ///         Ok(())
    ///     })
    /// });
    /// let (mut worker, mut sink) = (app.build()?.worker(), Collected::default());
    /// let event = HttpRequest::new("GET", "/").event(EventSource::FunctionUrl);
    /// let answer = worker.call_streaming(&event, &LambdaContext::default(), &mut sink).await?;
    /// assert_eq!(answer, Answer::Streamed);
    /// assert!(sink.0[0].starts_with(r#"{"statusCode":200,"headers":{"#));
    /// assert_eq!(sink.0[1..], ["first", "second"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`call`](Self::call), and if the sink has failed. If the sink has received the start of a response, the
    /// caller has to mark that response as broken.
    pub async fn call_streaming(
        &mut self,
        payload: &[u8],
        lambda: &LambdaContext<'_>,
        sink: &mut dyn ResponseSink,
    ) -> Result<Answer<'_>, InvocationError> {
        self.run_stages(payload, lambda, Some(sink)).await
    }

    /// The pipeline: decode, route, call (which settles errors), deliver, encode.
    async fn run_stages<'w, A: Sent<'w>>(
        &'w mut self,
        payload: &[u8],
        lambda: &LambdaContext<'_>,
        sink: Option<&mut dyn ResponseSink>,
    ) -> Result<A, InvocationError> {
        self.reset(payload);
        let (app, arena, observers) = (&*self.engine.0, &self.arena, &self.observers);
        let cold_start = app.shared.begin();
        observers.begin(lambda, payload.len(), cold_start);

        let failed = |error| observers.failed(error);
        let (other, found, options);
        // A block instead of `drop(exchange)`, which would move it first.
        let (source, is_multi_value) = {
            // A block, so that event and route are not parts of the future besides the exchange.
            let exchange = {
                let (index, fields) = (&mut self.index, &mut self.fields);
                let (mut event, refused) = Event::decode(index, fields, payload, app.settings.source);
                other = match refused {
                    None => None,
                    Some(refused) => Some(other::handler(app, refused.error).map_err(failed)?),
                };
                if refused.is_some_and(|refused| refused.unread) {
                    event = Event::read(index, fields, payload).map_err(|error| failed(other::refusal(error)))?;
                }
                let routed = match other {
                    None => route::route(app, &event, arena, &mut self.escaped, &mut self.scratch),
                    Some(other) => other::route(app, other, &event, arena, &mut self.escaped),
                };
                (found, options) = (routed.found, routed.options);
                Exchange {
                    event,
                    lambda,
                    arena,
                    lookup: &self.lookup,
                    path: routed.path,
                    #[cfg(feature = "http")]
                    routed: routed.stripped,
                    #[cfg(feature = "tower")]
                    streams: sink.is_some() && other.is_none() && app.streams(options, event.source()),
                    #[cfg(feature = "validate")]
                    validates: Cell::new(other.is_none() && app.validates(options)),
                    fails: other.is_some_and(Other::fails),
                    route: routed.matched,
                    shared: &app.shared,
                    scope: routed.scope,
                    buffer: &self.buffer,
                    json: &self.json,
                    values: Values::new(arena),
                    producer: Cell::new(None),
                    fault: RefCell::default(),
                    answered: Cell::new(false),
                    ended: Cell::new(false),
                    cold_start,
                    observers,
                }
            };
            self.buffer.borrow_mut().set_default_status(status_of(options));
            let req = Request { exchange: &exchange };
            if app.shared.debug {
                print_event(req);
            }
            let without_body = found.is_ok_and(|found| found.without_body);
            let mut output = Output::new(app, req, options, without_body, &mut self.postprocess, sink);
            let unmatched;
            let next = match (found, other) {
                (Ok(found), _) => app.next(found.route),
                (Err(_), Some(other)) => other::next(other, req),
                (Err(miss), None) => {
                    unmatched = Unmatched { app, miss };
                    Next::new(&app.layers, &unmatched)
                }
            };
            let outcome = observed(req, other, async {
                // An error that is returned here was not answered.
                let Reply { .. } = next.run(req).await.map_err(report)?;
                match other {
                    None => output.deliver().await,
                    Some(_) => other::check(req),
                }
            })
            .await;
            self.used = payload.len().max(output.largest);
            let (streamed, written) = (output.started, output.written);
            if other.is_none() {
                observers.request(req);
            }
            let dropped = exchange.values.end().map_err(panicked);
            outcome.and(dropped).map_err(failed)?;
            if streamed {
                observers.end(written);
                return Ok(A::streamed());
            }
            (exchange.event.source(), exchange.event.is_multi_value())
        };
        let response = encode(self.buffer.get_mut(), other, source, is_multi_value, &mut self.used).map_err(failed)?;
        observers.end(response.len());
        Ok(A::whole(response))
    }

    /// Ends an invocation, once its response has been sent: writes its line of the [access log](crate::App::access_log) and
    /// its [metrics](crate::App::metrics), and runs the hooks of [`App::after_response`](crate::App::after_response). The [runtimes](crate::runtime) of
    /// this crate await it before they request the next event.
    ///
    /// A runtime of your own that does not call it has the lines too, at the start of the next invocation or when the
    /// worker is dropped. The hooks do not run then.
    ///
    /// ```
    /// use gatewire::observe::AccessLog;
    /// use gatewire::{App, Request, context::LambdaContext};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = App::new().access_log(AccessLog::json()).get("/", |_: Request| "hello");
    /// let mut worker = app.build()?.worker();
    /// let event = br#"{"httpMethod":"GET","path":"/","requestContext":{}}"#;
    /// let response = worker.call(event, &LambdaContext::default()).await?;
    /// assert!(response.starts_with(br#"{"statusCode":200"#)); // … is sent, and then:
    /// worker.after_response().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn after_response(&mut self) {
        self.write_lines();
        for hook in &self.engine.0.observing.after_response {
            let ended = match Call::start(|| HandlerCall::Later(hook.call(&self.arena))) {
                Ok(mut call) => poll_fn(|context| call.poll(context)).await,
                Err(panicked) => Err(panicked),
            };
            if let Err(panicked) = ended {
                log(Level::Error, "", &format!("a hook after the response has panicked: {}", panicked.message()));
            }
        }
    }

    /// The part of [`after_response`](Self::after_response) that is done before a failure is reported to Lambda, which
    /// may freeze the process once it has received that.
    pub(crate) fn write_lines(&self) {
        self.observers.flush();
    }

    /// [`call`](Self::call) for callers without an executor: blocks until the response is ready.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn call_blocking(&mut self, payload: &[u8], lambda: &LambdaContext<'_>) -> Result<&[u8], InvocationError> {
        block_on(self.call(payload, lambda))
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// Returns the payload of the response. `used` grows to its size.
#[inline(always)]
fn encode<'d>(
    buffer: &'d mut ResponseBuffer,
    other: Option<Other<'_>>,
    source: EventSource,
    is_multi_value: bool,
    used: &mut usize,
) -> Result<&'d [u8], InvocationError> {
    let (response, limit) = match other {
        None => (buffer.encode(source, is_multi_value), source.response_limit()),
        Some(other) => (other::encode(buffer, other), other::LIMIT),
    };
    *used = response.len().max(*used);
    if response.len() > limit {
        return Err(InvocationError::response_too_large(response.len(), limit));
    }
    Ok(response)
}

/// Returns the status of responses that name none.
fn status_of(options: Option<&RouteOptions>) -> StatusCode {
    options.and_then(|options| options.status).unwrap_or(StatusCode::OK)
}

/// Reports a destructor that has panicked.
#[cold]
fn panicked(payload: Box<dyn Any + Send>) -> InvocationError {
    report(Panicked::new(payload).into())
}

/// Returns the call as it is: there is no span without the feature `tracing`.
#[cfg(not(feature = "tracing"))]
fn observed<F: Future>(_: Request<'_>, _: Option<Other<'_>>, call: F) -> F {
    call
}

/// Runs the handler in a span, and records the outcome in it.
#[cfg(feature = "tracing")]
async fn observed(
    req: Request<'_>,
    other: Option<Other<'_>>,
    call: impl Future<Output = Result<(), InvocationError>>,
) -> Result<(), InvocationError> {
    let span = other.map_or_else(|| crate::trace::span(req), |other| other::span(req, other));
    let outcome = tracing::Instrument::instrument(call, span.clone()).await;
    // Authorizers and handlers of raw events do not answer with a status.
    if outcome.is_err() || !other.is_some_and(Other::fails) {
        crate::trace::record(&span, &outcome, &req.exchange.buffer.borrow());
    }
    outcome
}
