//! The whole pipeline on one screen: payload in, payload out, no I/O.

mod stream;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::app::{App, Compiled, Finishing, Miss, Unmatched, print_event};
use crate::arena::{Arena, Values};
use crate::encode::{self, Draft};
use crate::error::BuildError;
use crate::event::{Event, Fields, Members};
use crate::failure::InvocationError;
use crate::handler::{Error, Exchange, JsonParser, LambdaContext, Matched, Next, Request, Step};
use crate::http::StatusCode;
use crate::http::percent::{self, MalformedPath};
use crate::json::Index;
use crate::route::{Scratch, TrailingSlash};
use crate::source::Source;
use stream::Output;
pub use stream::{Answer, ResponseSink};

/// A compiled app. It is shared: clones are the same engine, and any number of threads may have [workers](Worker) of it.
///
/// ```
/// use gatewire::{App, LambdaContext, Request};
///
/// let engine = App::new().get("/hello", |_: Request| "hello").build()?;
/// let mut worker = engine.worker();
/// let event = br#"{"httpMethod":"GET","path":"/hello","requestContext":{}}"#;
/// let response = worker.handle(event, &LambdaContext::default())?;
/// assert!(response.starts_with(br#"{"statusCode":200,"body":"hello""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Engine(Arc<Compiled>);

impl App {
    /// Compiles the app.
    ///
    /// # Errors
    /// Where rules cannot be read or clash: all of them are named.
    pub fn build(self) -> Result<Engine, BuildError> {
        Ok(Engine(Arc::new(self.compile()?)))
    }
}

impl Engine {
    /// A worker: the memory in which one invocation at a time is handled.
    pub fn worker(&self) -> Worker {
        Worker {
            engine: self.clone(),
            index: Index::new(),
            fields: Fields::new(),
            members: Members::default(),
            arena: Arena::new(),
            escaped: Vec::new(),
            scratch: Scratch::new(),
            draft: RefCell::new(Draft::new()),
            json: JsonParser::default(),
            finishing: Finishing::default(),
            used: 0,
            small: 0,
        }
    }

    /// Whether any answer is to be streamed, where the gateway takes it.
    pub(crate) fn streams(&self) -> bool {
        self.0.streams_any()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("routes", &self.0.table.len()).finish_non_exhaustive()
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
    members: Members,
    arena: Arena,
    escaped: Vec<u32>,
    scratch: Scratch,
    draft: RefCell<Draft>,
    json: JsonParser,
    finishing: Finishing,
    /// The size of the last payload or response, whichever was larger.
    used: usize,
    /// Invocations in a row that would have done with a quarter of the kept memory.
    small: u32,
}

/// In the place of a payload, which is never empty.
const STREAMED: &[u8] = b"";
/// What a worker keeps in any case.
const KEPT_BYTES: usize = 64 * 1024;
/// After this many small invocations a worker gives back what a large one had made it grow to.
const SHRINK_AFTER: u32 = 64;

impl Worker {
    /// Gives memory back after a run of small invocations, so that one large one does not hold it for ever.
    fn shrink(&mut self) {
        let draft = self.draft.get_mut();
        let grown = draft.capacity().max(self.index.capacity() * size_of::<u32>());
        if grown <= KEPT_BYTES || self.used * 4 > grown {
            self.small = 0;
            return;
        }
        self.small += 1;
        if self.small == SHRINK_AFTER {
            self.small = 0;
            draft.shrink(KEPT_BYTES);
            self.index.shrink_to(KEPT_BYTES / size_of::<u32>());
            self.escaped.shrink_to(KEPT_BYTES / size_of::<u32>());
            self.members.shrink_to(KEPT_BYTES / 64);
            self.json = JsonParser::default();
            self.finishing.shrink(KEPT_BYTES);
        }
    }

    /// Handles one invocation: takes the payload of an event and gives the payload of the response.
    ///
    /// The future is not `Send`: it stays on the thread where it began.
    ///
    /// # Errors
    /// Where the invocation has failed: the payload is no event, nobody handled the error of a handler, one panicked, or
    /// the response has more bytes than the gateway takes (6 MB, and 1 MB for a load balancer). The worker is as good as before.
    pub fn call(
        &mut self,
        payload: &[u8],
        lambda: &LambdaContext<'_>,
    ) -> impl Future<Output = Result<&[u8], InvocationError>> {
        // The future itself: in another one it would be moved, at a cost for every event.
        self.answer(payload, lambda, None)
    }

    /// [`call`](Self::call) for runtimes that can send a response while it is made: an answer that is to be
    /// [streamed](App::streaming) goes to `sink` piece by piece, any other is given as a whole.
    ///
    /// ```
    /// use gatewire::gateway::HttpRequest;
    /// use gatewire::{Answer, App, LambdaContext, Request, ResponseSink, Source, Stream};
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
    /// let event = HttpRequest::new("GET", "/").event(Source::FunctionUrl);
    /// let answer = worker.call_streaming(&event, &LambdaContext::default(), &mut sink).await?;
    /// assert_eq!(answer, Answer::Streamed);
    /// assert!(sink.0[0].starts_with(r#"{"statusCode":200,"headers":{"#));
    /// assert_eq!(sink.0[1..], ["first", "second"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`call`](Self::call), and where the sink has failed. Where the sink has been given the start of a response, what it
    /// has is to be marked as broken.
    pub async fn call_streaming(
        &mut self,
        payload: &[u8],
        lambda: &LambdaContext<'_>,
        sink: &mut dyn ResponseSink,
    ) -> Result<Answer<'_>, InvocationError> {
        Ok(match self.answer(payload, lambda, Some(sink)).await? {
            STREAMED => Answer::Streamed,
            response => Answer::Whole(response),
        })
    }

    /// Gives the payload of the response, or [`STREAMED`] where all of it has gone to the sink.
    async fn answer(
        &mut self,
        payload: &[u8],
        lambda: &LambdaContext<'_>,
        sink: Option<&mut dyn ResponseSink>,
    ) -> Result<&[u8], InvocationError> {
        self.shrink();
        let Self { engine, index, fields, members, arena, escaped, scratch, draft, json, finishing, used, .. } = self;
        let app = &*engine.0;
        arena.reset();
        draft.get_mut().clear();
        members.clear();
        *used = payload.len();

        let event = Event::decode(index, fields, payload, app.settings.source)
            .map_err(|error| InvocationError::new(error.error_type(), error.to_string()))?;
        let (path, well_formed) = decode_path(&event, arena, escaped);
        let stripped = app.prefixes.strip(path, escaped, arena.bump());
        let policy = app.settings.trailing_slash.unwrap_or_else(|| trailing_slash_of(event.source()));
        let method = event.method().decode(arena.bump());
        let found = well_formed.and_then(|()| app.find(method, stripped, policy, scratch, arena.bump()));
        let matched = found.as_ref().ok().map(|found| Matched {
            rule: app.table.rule(found.route),
            names: app.table.names(found.route),
            values: scratch.captures(),
            text: stripped.text,
        });
        let options = found.as_ref().ok().map(|found| app.options(found.route));
        draft.get_mut().set_default_status(options.and_then(|options| options.status).unwrap_or(StatusCode::OK));
        // A block in place of `drop(exchange)`, which would move it first.
        {
            let exchange = Exchange {
                event,
                lambda: *lambda,
                arena,
                members,
                path,
                #[cfg(feature = "http")]
                routed: (stripped.text, stripped.escaped),
                #[cfg(feature = "tower")]
                streams: sink.is_some() && app.streams(options, event.source()),
                route: matched,
                site: &app.site,
                draft,
                json,
                values: Values::new(arena),
                producer: Cell::new(None),
                error: RefCell::new(None),
            };
            let req = Request { exchange: &exchange };
            if app.site.debug {
                print_event(req);
            }

            let unmatched;
            let next = match found {
                Ok(found) => app.next(found.route),
                Err(miss) => {
                    unmatched = Unmatched { app, miss };
                    Next::new(&app.layers, &unmatched)
                }
            };
            let call = Caught::Start(|| next.call(req));
            #[cfg(feature = "tracing")]
            let span = crate::trace::span(req);
            #[cfg(feature = "tracing")]
            let call = tracing::Instrument::instrument(call, span.clone());
            let outcome = match call.await {
                Ok(()) => settle_caught(req),
                Err(panic) => Err(panicked(panic)),
            };
            let without_body = found.is_ok_and(|found| found.without_body);
            let sink = sink.filter(|_| app.streams(options, event.source()));
            if sink.is_some() || draft.borrow().is_stream() {
                let mut output =
                    Output { app, req, options, finishing, sink, without_body, started: false, largest: 0 };
                let leaving = output.leave(outcome);
                #[cfg(feature = "tracing")]
                let leaving = tracing::Instrument::instrument(leaving, span.clone());
                let outcome = leaving.await;
                *used = payload.len().max(output.largest);
                #[cfg(feature = "tracing")]
                crate::trace::record(&span, &outcome, &draft.borrow());
                outcome?;
                if output.started {
                    return Ok(STREAMED);
                }
            } else {
                #[cfg(feature = "tracing")]
                crate::trace::record(&span, &outcome, &draft.borrow());
                outcome?;
            }
            app.finish(req, options, finishing);
            if without_body {
                draft.borrow_mut().drop_body();
            }
        }

        let response = encode::finish(draft.get_mut(), event.source(), event.is_multi_value());
        *used = payload.len().max(response.len());
        let limit = event.source().response_limit();
        if response.len() > limit {
            return Err(InvocationError::response_too_large(response.len(), limit));
        }
        Ok(response)
    }

    /// [`call`](Self::call) for those who have no executor: blocks until the response is there.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn handle(&mut self, payload: &[u8], lambda: &LambdaContext<'_>) -> Result<&[u8], InvocationError> {
        block_on(self.call(payload, lambda))
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// The policy of Powertools for each source.
const fn trailing_slash_of(source: Source) -> TrailingSlash {
    match source {
        // Powertools reads payload 1.0 with the same resolver.
        Source::Rest | Source::HttpV1 => TrailingSlash::Lenient,
        _ => TrailingSlash::Exact,
    }
}

/// The decoded path without the stage, the escaped that were escaped in `escaped`.
fn decode_path<'r>(event: &Event<'r>, arena: &'r Arena, escaped: &mut Vec<u32>) -> (&'r str, Result<(), Miss<'r>>) {
    let mut raw = event.path(arena.bump());
    if let Some(stage) = event.stage_in_path() {
        let stage = stage.decode(arena.bump());
        // Only where it stands there: a custom domain's path has no stage.
        if let Some(rest) = raw.strip_prefix('/').and_then(|raw| raw.strip_prefix(stage)) {
            match rest {
                "" => raw = "/",
                _ if rest.starts_with('/') => raw = rest,
                _ => {}
            }
        }
    }
    match percent::decode_path(arena.bump(), raw, event.path_is_encoded(), escaped) {
        Ok(path) => (path, Ok(())),
        Err(MalformedPath) => (raw, Err(Miss::MalformedPath)),
    }
}

/// Makes answers of errors, the error of a header that must not leave included.
fn settle(req: Request<'_>) -> Result<(), InvocationError> {
    req.settle()?;
    let refused = || req.exchange.draft.borrow_mut().take_refused();
    let Some(error) = refused() else { return Ok(()) };
    req.fail(Error::from(error));
    req.settle()?;
    // The answer to that may be no better.
    refused().map_or(Ok(()), |error| Err(InvocationError::new("HeaderError", error.to_string())))
}

/// The same, a panic of an error handler caught.
fn settle_caught(req: Request<'_>) -> Result<(), InvocationError> {
    catch_unwind(AssertUnwindSafe(|| settle(req))).unwrap_or_else(|panic| Err(panicked(panic)))
}

/// A call whose panics are caught, those of starting it and those of every poll.
enum Caught<'r, F> {
    Start(F),
    Step(Step<'r>),
}

// Nothing in it is pinned: a step is a pointer.
impl<F> Unpin for Caught<'_, F> {}

impl<'r, F: Fn() -> Step<'r>> Future for Caught<'r, F> {
    type Output = Result<(), Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // What a panic leaves behind is dropped, or cleared before it is used again.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            if let Caught::Start(start) = &*self {
                *self = Caught::Step(start());
            }
            match &mut *self {
                Caught::Step(step) => Pin::new(step).poll(context),
                Caught::Start(_) => unreachable!("it was started above"),
            }
        }));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

#[cold]
fn panicked(panic: Box<dyn Any + Send>) -> InvocationError {
    let message = panic
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("the handler panicked with a value that is no text");
    InvocationError::new("Panic", message)
}

/// Polls a future until it is ready, the thread asleep in between. A future that is ready at once costs nothing.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    thread_local! {
        // Made once, so that waiting allocates nothing either.
        static WAKER: Waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    }
    let mut future = pin!(future);
    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return output;
    }
    let waker = WAKER.with(Waker::clone);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        std::thread::park();
    }
}
