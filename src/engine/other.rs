//! Events that are not HTTP requests. They take the stages of a request, with a handler and an encoding of their own.

use super::route::{self, Routed};
use crate::app::{Compiled, Miss, Other, WebSocket};
use crate::arena::Arena;
use crate::event::{Event, EventError};
use crate::handler::{DynHandler, Error, HandlerCall, Next, Request};
use crate::invocation_error::InvocationError;
use crate::respond::ResponseBuffer;
use crate::source::EventSource;

/// The most bytes of an answer: Lambda's own limit of 6 MB, with the 100 bytes that it allows beyond it.
pub(super) const LIMIT: usize = 6 * 1024 * 1024 + 100;

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

/// Returns the route of an event, which no rule of the app matches.
///
/// Inlined, unlike the path: the stages would keep the routes of requests in memory too if this were a call.
#[inline(always)]
pub(super) fn route<'r>(
    app: &'r Compiled,
    other: Other<'r>,
    event: &Event<'r>,
    arena: &'r Arena,
    escaped: &'r mut Vec<u32>,
) -> Routed<'r> {
    let path = path(other, event, arena, escaped);
    Routed {
        path,
        #[cfg(feature = "http")]
        stripped: (path, &[]),
        found: Err(Miss::NotFound),
        matched: None,
        options: None,
        scope: app.scope(),
    }
}

#[cold]
#[inline(never)]
fn path<'r>(other: Other<'r>, event: &Event<'r>, arena: &'r Arena, escaped: &mut Vec<u32>) -> &'r str {
    match other {
        Other::Message(_) => message_route(event, arena),
        Other::Authorizer(_) if event.has_path() => route::decode_path(event, arena, escaped).0,
        Other::Authorizer(_) | Other::Raw(_) => "",
    }
}

/// The name of the route that a WebSocket API has chosen. Emulators leave it out for messages.
fn message_route<'r>(event: &Event<'r>, arena: &'r Arena) -> &'r str {
    event.message_route().map_or("$default", |name| name.decode(arena.bump()))
}

/// Returns the handler, and the middleware around it.
#[inline(always)]
pub(super) fn next<'r>(other: Other<'r>, req: Request<'r>) -> Next<'r> {
    match other {
        Other::Message(socket) => message_next(socket, req),
        Other::Authorizer(endpoint) | Other::Raw(endpoint) => Next::new(&[], endpoint),
    }
}

#[cold]
fn message_next<'r>(socket: &'r WebSocket, req: Request<'r>) -> Next<'r> {
    static NO_ROUTE: NoRoute = NoRoute;
    socket.next(req.exchange.path).unwrap_or_else(|| Next::new(&[], &NO_ROUTE))
}

/// Fails messages of a route without a handler.
struct NoRoute;

impl DynHandler for NoRoute {
    fn call<'r>(&'r self, req: Request<'r>) -> HandlerCall<'r> {
        let name = req.exchange.path;
        let mut error = Error::from(InvocationError::new(
            "Gatewire.UnknownRoute",
            format!("the route {name:?} of the WebSocket API has no handler (`WebSocket::default` takes all)"),
        ));
        // No error handler is asked: the fault is in the app.
        error.mark_unanswered();
        req.fail(error);
        HandlerCall::Done
    }
}

/// Checks that the answer is one that the event can have: only the answer to a message can be a stream at all.
#[cold]
pub(super) fn check(req: Request<'_>) -> Result<(), InvocationError> {
    if req.exchange.buffer.borrow().is_stream() {
        return Err(InvocationError::new(
            "Gatewire.StreamError",
            "an event of a WebSocket API cannot be answered by a stream",
        ));
    }
    Ok(())
}

/// Returns the payload of the answer.
#[cold]
pub(super) fn encode<'d>(buffer: &'d mut ResponseBuffer, other: Other<'_>) -> &'d [u8] {
    match other {
        // The form of a load balancer is that in which the documentation of WebSocket APIs returns a subprotocol: one value
        // for each header field, and a string as body.
        Other::Message(_) => buffer.encode(EventSource::Alb, false),
        Other::Authorizer(_) | Other::Raw(_) => buffer.piece(),
    }
}

/// Creates the span of an event.
#[cfg(feature = "tracing")]
pub(super) fn span(req: Request<'_>, other: Other<'_>) -> tracing::Span {
    let (kind, route) = match other {
        Other::Message(_) => ("websocket", Some(req.exchange.path)),
        Other::Authorizer(_) => ("authorizer", None),
        Other::Raw(_) => ("other", None),
    };
    crate::trace::event_span(req, kind, route)
}
