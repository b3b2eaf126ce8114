//! Handlers of events that are not HTTP requests: functions and closures of one argument, sync or async.

use std::marker::PhantomData;

use super::endpoint::{AsyncHandler, DynHandler, Endpoint, Private, Progress, SyncHandler};
use super::exchange::{HandlerCall, Request};

/// The handler of an event that is not an HTTP request: a function or closure of one argument, sync or async.
///
/// | argument | registered by | what it may return |
/// | --- | --- | --- |
/// | [`Message`](super::Message) | [`WebSocket`](crate::app::WebSocket) | what a handler of requests may: [`IntoResponse`](crate::IntoResponse) |
/// | [`AuthorizerRequest`](crate::authorizer::AuthorizerRequest) | [`Authorizer`](crate::authorizer::Authorizer) | a [`Decision`](crate::authorizer::Decision) |
/// | [`RawEvent`](super::RawEvent) | [`App::other_events`](crate::App::other_events) | [`Json`](crate::Json), `()` |
///
/// A `Result` of these is possible too. A function may return a value that borrows from its argument; a closure has to
/// name the type of its argument, as in `|event: RawEvent| …`, and returns an owned value. Futures live in the arena of
/// the invocation, so that no call allocates.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler of `{In}`",
    label = "its argument is not `{In}`, or it returns no answer to that",
    note = "its one argument must be the event: `fn h(event: RawEvent<'_>)`, `async fn h(..)`, `|event: RawEvent| ..` or `async |event: RawEvent| ..`, and likewise for `Message` and `AuthorizerRequest`"
)]
pub trait EventHandler<'r, In, Kind> {
    /// Calls the handler.
    #[doc(hidden)]
    fn call(&'r self, input: In, token: Private) -> Progress<'r>;
}

/// The argument of an [`EventHandler`].
#[doc(hidden)]
pub trait Input<'r>: Copy + 'r {
    fn of(req: Request<'r>, token: Private) -> Self;
    fn request(self, token: Private) -> Request<'r>;
}

/// A value that answers an event that is not an HTTP request: [`EventHandler`] lists them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no answer to `{In}`",
    label = "no answer",
    note = "`Message` is answered like a request, `AuthorizerRequest` with a `Decision`, and `RawEvent` with `Json(value)` or `()`; a `Result` of these does too, if its error implements `std::error::Error` or is a `gatewire::Error`"
)]
pub trait IntoAnswer<In> {
    /// Writes the answer.
    #[doc(hidden)]
    fn answer(self, input: In, token: Private);
}

impl<'r, In, F, O> EventHandler<'r, In, SyncHandler> for F
where
    In: Input<'r>,
    F: Fn(In) -> O,
    O: IntoAnswer<In>,
{
    #[inline]
    fn call(&'r self, input: In, token: Private) -> Progress<'r> {
        self(input).answer(input, token);
        Progress(HandlerCall::Done)
    }
}

impl<'r, In, F, O> EventHandler<'r, In, AsyncHandler> for F
where
    In: Input<'r>,
    F: AsyncFn(In) -> O,
    O: IntoAnswer<In>,
{
    #[inline]
    fn call(&'r self, input: In, token: Private) -> Progress<'r> {
        let arena = input.request(Private(())).exchange.arena;
        Progress(HandlerCall::Later(arena.pin(async move { self(input).await.answer(input, token) })))
    }
}

/// The arguments of one kind, of any lifetime.
pub(crate) trait Family: 'static {
    type In<'r>: Input<'r>;
}

/// Makes a type around a request the argument of handlers, and a type for its arguments of any lifetime.
macro_rules! event_argument {
    ($argument:ident, $family:ident) => {
        impl<'r> $crate::handler::Input<'r> for $argument<'r> {
            fn of(req: $crate::handler::Request<'r>, _: $crate::handler::Private) -> Self {
                Self(req)
            }

            fn request(self, _: $crate::handler::Private) -> $crate::handler::Request<'r> {
                self.0
            }
        }

        #[doc = concat!("Every [`", stringify!($argument), "`], of any lifetime.")]
        pub(crate) struct $family;

        impl $crate::handler::Family for $family {
            type In<'r> = $argument<'r>;
        }
    };
}

pub(crate) use event_argument;

struct Erased<A, F, Kind>(F, PhantomData<fn() -> (A, Kind)>);

impl<A: Family, F, Kind: 'static> DynHandler for Erased<A, F, Kind>
where
    F: for<'r> EventHandler<'r, A::In<'r>, Kind> + Send + Sync + 'static,
{
    fn call<'r>(&'r self, req: Request<'r>) -> HandlerCall<'r> {
        EventHandler::call(&self.0, A::In::of(req, Private(())), Private(())).0
    }
}

/// Erases the type of a handler.
pub(crate) fn erase_event<A: Family, F, Kind: 'static>(handler: F) -> Endpoint
where
    F: for<'r> EventHandler<'r, A::In<'r>, Kind> + Send + Sync + 'static,
{
    Endpoint::new(Erased::<A, F, Kind>(handler, PhantomData))
}
