//! Middleware: what stands around handlers, as an onion.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::endpoint::{Endpoint, Step};
use super::error::Error;
use super::reply::{IntoResponse, Reply};
use super::request::Request;

/// One layer of the onion, its type erased.
pub(crate) trait Layer: Send + Sync {
    fn call<'r>(&'r self, req: Request<'r>, next: Next<'r>) -> Step<'r>;
}

/// What stands further in: the inner layers and the handler.
#[derive(Clone, Copy)]
pub struct Next<'r> {
    layers: &'r [Arc<dyn Layer>],
    endpoint: &'r dyn Endpoint,
}

impl<'r> Next<'r> {
    pub(crate) fn new(layers: &'r [Arc<dyn Layer>], endpoint: &'r dyn Endpoint) -> Self {
        Self { layers, endpoint }
    }

    /// Runs what stands further in, when it is awaited. An error of the handler comes back as it is: `?` hands it on to
    /// the error handlers, which are outside of all middleware.
    pub fn run(self, req: Request<'r>) -> Running<'r> {
        Running { req, state: State::Start(self) }
    }

    #[inline]
    pub(crate) fn call(self, req: Request<'r>) -> Step<'r> {
        match self.layers {
            [] => self.endpoint.call(req),
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
    Step(Step<'r>),
}

impl Future for Running<'_> {
    type Output = Result<Reply, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let req = self.req;
        if let State::Start(next) = self.state {
            self.state = State::Step(next.call(req));
        }
        if let State::Step(step) = &mut self.state {
            ready!(Pin::new(step).poll(context));
        }
        Poll::Ready(req.take_error().map_or(Ok(Reply::given()), Err))
    }
}

impl std::fmt::Debug for Running<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("req", &self.req).finish_non_exhaustive()
    }
}

/// An async function around the rest.
pub(crate) struct Wrap<F>(pub(crate) F);

impl<F> Layer for Wrap<F>
where
    F: for<'r> AsyncFn(Request<'r>, Next<'r>) -> Result<Reply, Error> + Send + Sync + 'static,
{
    fn call<'r>(&'r self, req: Request<'r>, next: Next<'r>) -> Step<'r> {
        Step::Later(req.exchange.arena.pin(async move { (self.0)(req, next).await.respond(req) }))
    }
}

/// A function that runs first and may answer in the place of the rest.
pub(crate) struct Before<F>(pub(crate) F);

impl<F> Layer for Before<F>
where
    F: for<'r> Fn(Request<'r>) -> ControlFlow<Reply> + Send + Sync + 'static,
{
    fn call<'r>(&'r self, req: Request<'r>, next: Next<'r>) -> Step<'r> {
        match (self.0)(req) {
            ControlFlow::Continue(()) => next.call(req),
            ControlFlow::Break(Reply { .. }) => Step::Done,
        }
    }
}

/// A function that runs last, on the response; not where the handler has failed.
pub(crate) struct After<F>(pub(crate) F);

impl<F> Layer for After<F>
where
    F: for<'r> Fn(Request<'r>) + Send + Sync + 'static,
{
    fn call<'r>(&'r self, req: Request<'r>, next: Next<'r>) -> Step<'r> {
        let after = move || {
            if !req.has_error() {
                (self.0)(req);
            }
        };
        match next.call(req) {
            Step::Done => {
                after();
                Step::Done
            }
            Step::Later(step) => Step::Later(req.exchange.arena.pin(async move {
                step.await;
                after();
            })),
        }
    }
}
