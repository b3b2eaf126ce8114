//! Middleware: layers around handlers, as in an onion.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::endpoint::DynHandler;
use super::error::Error;
use super::exchange::{HandlerCall, Request};
use super::panicked::{Call, Panicked};
use super::reply::{IntoResponse, Reply};

/// One layer of the onion, its type erased.
pub(crate) trait Layer: Send + Sync {
    fn call<'r>(&'r self, req: Request<'r>, next: Next<'r>) -> HandlerCall<'r>;
}

/// The rest of the onion: the inner layers and the handler.
#[derive(Clone, Copy)]
pub struct Next<'r> {
    layers: &'r [Arc<dyn Layer>],
    handler: &'r dyn DynHandler,
}

impl<'r> Next<'r> {
    pub(crate) fn new(layers: &'r [Arc<dyn Layer>], handler: &'r dyn DynHandler) -> Self {
        Self { layers, handler }
    }

    /// Runs the inner layers and the handler, when it is awaited. `Ok` means that the request has a response, which
    /// [`Request::response`] reads and changes: the handler's, that of an error handler, or the crate's own response to
    /// an error ([`Request::error`] has the error then). `Err` is an error or a [panic](super::Panicked) that was not
    /// answered: `?` passes it on, and the invocation fails unless an outer layer answers.
    ///
    /// Middleware may run it again: the response of the earlier run is forgotten, its header fields included.
    pub fn run(self, req: Request<'r>) -> Running<'r> {
        Running { req, state: State::Start(self) }
    }

    /// Starts the call without waiting for its end.
    pub(super) fn start(self, req: Request<'r>) -> Running<'r> {
        let mut running = self.run(req);
        running.begin();
        running
    }

    #[inline]
    pub(crate) fn call(self, req: Request<'r>) -> HandlerCall<'r> {
        match self.layers {
            [] => self.handler.call(req),
            [layer, layers @ ..] => layer.call(req, Self { layers, ..self }),
        }
    }
}

impl std::fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Next").field("layers", &self.layers.len()).finish_non_exhaustive()
    }
}

/// The future of [`Next::run`].
#[must_use = "the handler runs when this is awaited"]
pub struct Running<'r> {
    req: Request<'r>,
    state: State<'r>,
}

enum State<'r> {
    Start(Next<'r>),
    Called(Call<'r>),
    /// The call has ended, and its error has been settled or not.
    Ended,
    /// The outcome was returned.
    Returned,
}

impl<'r> Running<'r> {
    #[inline]
    fn begin(&mut self) {
        let State::Start(next) = self.state else { return };
        let req = self.req;
        req.exchange.answered.set(false);
        if req.exchange.ended.replace(false) {
            req.forget_run();
        }
        self.state = match Call::start(|| next.call(req)) {
            Ok(call) if call.is_done() => State::Ended,
            Ok(call) => State::Called(call),
            Err(panicked) => self.fail(panicked),
        };
    }

    #[cold]
    fn fail(&self, panicked: Panicked) -> State<'r> {
        self.req.fail(Error::from(panicked));
        State::Ended
    }

    /// Settles the error of a call that has ended. Returns `None` if it has not ended.
    #[inline]
    pub(super) fn outcome(&mut self) -> Option<Result<Reply, Error>> {
        let State::Ended = self.state else { return None };
        self.state = State::Returned;
        self.req.exchange.ended.set(true);
        Some(self.req.settle())
    }
}

/// A run that is dropped half-way leaves nothing to the one that repeats it.
impl Drop for Running<'_> {
    #[inline]
    fn drop(&mut self) {
        if let State::Called(_) = self.state {
            self.req.exchange.ended.set(true);
            self.req.exchange.answered.set(false);
        }
    }
}

impl Future for Running<'_> {
    type Output = Result<Reply, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.begin();
        if let State::Called(call) = &mut self.state {
            self.state = match ready!(call.poll(context)) {
                Ok(()) => State::Ended,
                Err(panicked) => self.fail(panicked),
            };
        }
        Poll::Ready(self.outcome().expect("`Next::run` was polled after it was ready"))
    }
}

impl std::fmt::Debug for Running<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("req", &self.req).finish_non_exhaustive()
    }
}

/// An async function around the inner layers.
pub(crate) struct Wrap<F>(pub(crate) F);

impl<F> Layer for Wrap<F>
where
    F: for<'r> AsyncFn(Request<'r>, Next<'r>) -> Result<Reply, Error> + Send + Sync + 'static,
{
    fn call<'r>(&'r self, req: Request<'r>, next: Next<'r>) -> HandlerCall<'r> {
        HandlerCall::Later(req.exchange.arena.pin(async move { (self.0)(req, next).await.respond(req) }))
    }
}

/// A function that runs first and may answer instead of the inner layers.
pub(crate) struct Before<F>(pub(crate) F);

impl<F> Layer for Before<F>
where
    F: for<'r> Fn(Request<'r>) -> ControlFlow<Reply> + Send + Sync + 'static,
{
    fn call<'r>(&'r self, req: Request<'r>, next: Next<'r>) -> HandlerCall<'r> {
        match (self.0)(req) {
            ControlFlow::Continue(()) => next.call(req),
            ControlFlow::Break(Reply { .. }) => HandlerCall::Done,
        }
    }
}

/// An async function that runs before the first invocation of the process.
pub(crate) struct First<F>(pub(crate) F);

impl<F> Layer for First<F>
where
    F: for<'r> AsyncFn(Request<'r>) + Send + Sync + 'static,
{
    fn call<'r>(&'r self, req: Request<'r>, next: Next<'r>) -> HandlerCall<'r> {
        if !req.exchange.cold_start {
            return next.call(req);
        }
        HandlerCall::Later(req.exchange.arena.pin(async move {
            (self.0)(req).await;
            next.run(req).await.respond(req);
        }))
    }
}

/// A function that runs last, on the response. It does not run if the error of the handler was not answered.
pub(crate) struct After<F>(pub(crate) F);

impl<F> Layer for After<F>
where
    F: for<'r> Fn(Request<'r>) + Send + Sync + 'static,
{
    fn call<'r>(&'r self, req: Request<'r>, next: Next<'r>) -> HandlerCall<'r> {
        let after = move |outcome| match outcome {
            Ok(Reply { .. }) => (self.0)(req),
            Err(error) => req.fail(error),
        };
        let mut running = next.start(req);
        match running.outcome() {
            Some(outcome) => {
                after(outcome);
                HandlerCall::Done
            }
            None => HandlerCall::Later(req.exchange.arena.pin(async move { after(running.await) })),
        }
    }
}
