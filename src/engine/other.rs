//! Events that are not HTTP requests: they take a path of their own, on which requests spend no time.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};

use super::route;
use crate::app::{Compiled, Other, WebSocket, print_event};
use crate::arena::{Arena, PinnedFuture, Values};
use crate::event::{Event, EventError, LookupTables};
use crate::handler::{
    Call, DynHandler, Error, Exchange, JsonParser, LambdaContext, Observers, Panicked, Reply, Request, report,
};
use crate::invocation_error::InvocationError;
use crate::respond::ResponseBuffer;
use crate::source::EventSource;

/// The most bytes of an answer: Lambda's own limit of 6 MB, with the 100 bytes that it allows beyond it.
const LIMIT: usize = 6 * 1024 * 1024 + 100;

/// The memory of a worker that an invocation uses.
pub(super) struct Memory<'r> {
    pub(super) arena: &'r Arena,
    pub(super) lookup: &'r LookupTables,
    pub(super) escaped: &'r mut Vec<u32>,
    pub(super) buffer: &'r RefCell<ResponseBuffer>,
    pub(super) json: &'r JsonParser,
    pub(super) cold_start: bool,
    pub(super) observers: &'r Observers,
}

/// Returns the handler of an event that is not a request.
///
/// # Errors
/// The reason to refuse the event, if it has none.
#[cold]
pub(super) fn handler(app: &Compiled, refused: EventError) -> Result<Other<'_>, InvocationError> {
    app.others.handler_for(refused).ok_or_else(|| refusal(refused))
}

/// The failure of an invocation whose event is refused.
#[cold]
pub(super) fn refusal(error: EventError) -> InvocationError {
    InvocationError::new(error.error_type(), error.to_string())
}

/// Starts the handler of an event that is not a request. The answer is in the buffer, and `outcome` says whether there is
/// one.
///
/// The future is in the arena: in the future of every invocation it would be moved with that, at a cost for requests.
#[cold]
pub(super) fn start<'r>(
    app: &'r Compiled,
    other: Other<'r>,
    event: Event<'r>,
    lambda: LambdaContext<'r>,
    memory: Memory<'r>,
    outcome: &'r Cell<Result<(), InvocationError>>,
) -> PinnedFuture<'r> {
    let arena = memory.arena;
    arena.pin(async move { outcome.set(run(app, other, event, lambda, memory).await) })
}

async fn run<'r>(
    app: &'r Compiled,
    other: Other<'r>,
    event: Event<'r>,
    lambda: LambdaContext<'r>,
    memory: Memory<'r>,
) -> Result<(), InvocationError> {
    let Memory { arena, lookup, escaped, buffer, json, cold_start, observers } = memory;
    let path = match other {
        Other::Message(_) => message_route(&event, arena),
        Other::Authorizer(_) if event.has_path() => route::decode_path(&event, arena, escaped).0,
        Other::Authorizer(_) | Other::Raw(_) => "",
    };
    let exchange = Exchange {
        event,
        lambda,
        arena,
        lookup,
        path,
        #[cfg(feature = "http")]
        routed: (path, &[]),
        #[cfg(feature = "tower")]
        streams: false,
        #[cfg(feature = "validate")]
        validates: Cell::new(false),
        route: None,
        shared: &app.shared,
        scope: app.scope(),
        buffer,
        json,
        values: Values::new(arena),
        producer: Cell::new(None),
        fault: RefCell::default(),
        answered: Cell::new(false),
        ended: Cell::new(false),
        cold_start,
        observers,
    };
    let req = Request { exchange: &exchange };
    if app.shared.debug {
        print_event(req);
    }
    let outcome = observed(req, other, async {
        match other {
            Other::Message(socket) => message(socket, req).await,
            Other::Authorizer(endpoint) | Other::Raw(endpoint) => call(endpoint, req).await.map_err(report),
        }
    })
    .await;
    let dropped = exchange.values.end().map_err(|panic| report(Panicked::new(panic).into()));
    outcome.and(dropped)
}

/// Returns the payload of the answer.
pub(super) fn finish<'d>(buffer: &'d mut ResponseBuffer, other: Other<'_>) -> Result<&'d [u8], InvocationError> {
    let payload = match other {
        // The form of a load balancer is that in which the documentation of WebSocket APIs returns a subprotocol: one value
        // for each header field, and a string as body.
        Other::Message(_) => buffer.encode(EventSource::Alb, false),
        Other::Authorizer(_) | Other::Raw(_) => buffer.piece(),
    };
    if payload.len() > LIMIT {
        return Err(InvocationError::response_too_large(payload.len(), LIMIT));
    }
    Ok(payload)
}

/// The name of the route that a WebSocket API has chosen. Emulators leave it out for messages.
fn message_route<'r>(event: &Event<'r>, arena: &'r Arena) -> &'r str {
    event.message_route().map_or("$default", |name| name.decode(arena.bump()))
}

/// Runs the handler of an event of a WebSocket API, and the middleware around it.
async fn message(socket: &WebSocket, req: Request<'_>) -> Result<(), InvocationError> {
    let Some(next) = socket.next(req.exchange.path) else { return Err(no_route(req)) };
    let Reply { .. } = next.run(req).await.map_err(report)?;
    if req.exchange.buffer.borrow().is_stream() {
        return Err(InvocationError::new(
            "Gatewire.StreamError",
            "an event of a WebSocket API cannot be answered by a stream",
        ));
    }
    Ok(())
}

#[cold]
fn no_route(req: Request<'_>) -> InvocationError {
    let name = req.exchange.path;
    InvocationError::new(
        "Gatewire.UnknownRoute",
        format!("the route {name:?} of the WebSocket API has no handler (`WebSocket::default` takes all)"),
    )
}

/// Calls a handler that writes its own payload.
async fn call<'r>(endpoint: &'r dyn DynHandler, req: Request<'r>) -> Result<(), Error> {
    let mut call = Call::start(|| endpoint.call(req))?;
    poll_fn(|context| call.poll(context)).await?;
    match req.take_pending() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Returns the call as it is: there is no span without the feature `tracing`.
#[cfg(not(feature = "tracing"))]
fn observed<F: Future>(_: Request<'_>, _: Other<'_>, call: F) -> F {
    call
}

/// Runs the handler in a span, and records the outcome in it.
#[cfg(feature = "tracing")]
async fn observed(
    req: Request<'_>,
    other: Other<'_>,
    call: impl Future<Output = Result<(), InvocationError>>,
) -> Result<(), InvocationError> {
    let (kind, route) = match other {
        Other::Message(_) => ("websocket", Some(req.exchange.path)),
        Other::Authorizer(_) => ("authorizer", None),
        Other::Raw(_) => ("other", None),
    };
    let span = crate::trace::event_span(req, kind, route);
    let outcome = tracing::Instrument::instrument(call, span.clone()).await;
    // Only a message is answered with a status.
    if outcome.is_err() || route.is_some() {
        crate::trace::record(&span, &outcome, &req.exchange.buffer.borrow());
    }
    outcome
}
