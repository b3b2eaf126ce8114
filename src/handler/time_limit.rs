//! The time limit of a route: a layer of middleware that answers while the handler waits.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use super::error::Error;
use super::exchange::{HandlerCall, Request};
use super::http_error::HttpError;
use super::layer::{Layer, Next, Running};
use super::reply::Reply;
use crate::http::StatusCode;

/// The time before the end of the function that is kept for the response.
pub(crate) const MARGIN: Duration = Duration::from_millis(200);

/// The most time that a handler may take.
pub(crate) struct TimeLimit(pub(crate) Duration);

impl Layer for TimeLimit {
    fn call<'r>(&'r self, req: Request<'r>, next: Next<'r>) -> HandlerCall<'r> {
        let begin = Instant::now();
        let mut running = next.start(req);
        if let Some(outcome) = running.outcome() {
            end(req, outcome);
            return HandlerCall::Done;
        }
        let left = req.lambda().remaining_time_with_margin(MARGIN);
        // The clock has no time for a very large limit, which then counts as absent.
        let limit = begin.checked_add(self.0);
        let end_of_function = left.and_then(|left| Instant::now().checked_add(left));
        let Some(deadline) = [limit, end_of_function].into_iter().flatten().min() else {
            return HandlerCall::Later(req.exchange.arena.pin(async move { end(req, running.await) }));
        };
        HandlerCall::Later(req.exchange.arena.pin(async move {
            match before(deadline, running).await {
                Some(outcome) => end(req, outcome),
                None => req.fail(too_late()),
            }
        }))
    }
}

fn end(req: Request<'_>, outcome: Result<Reply, Error>) {
    match outcome {
        Ok(Reply { .. }) => {}
        Err(error) => req.fail(error),
    }
}

/// Runs the rest of a call until the deadline. Returns `None` if that comes first; the rest is dropped then.
async fn before(deadline: Instant, mut running: Running<'_>) -> Option<Result<Reply, Error>> {
    #[cfg(feature = "tokio")]
    let timer = tokio::runtime::Handle::try_current()
        .is_ok()
        .then(|| tokio::time::sleep(deadline.saturating_duration_since(Instant::now())));
    // Without a timer, the deadline is noticed when the handler is woken.
    #[cfg(not(feature = "tokio"))]
    let timer = None::<std::future::Pending<()>>;
    let mut timer = pin!(timer);
    poll_fn(|context| {
        if let Poll::Ready(outcome) = Pin::new(&mut running).poll(context) {
            return Poll::Ready(Some(outcome));
        }
        let timed_out = timer.as_mut().as_pin_mut().is_some_and(|timer| timer.poll(context).is_ready());
        if timed_out || Instant::now() >= deadline { Poll::Ready(None) } else { Poll::Pending }
    })
    .await
}

#[cold]
fn too_late() -> Error {
    HttpError::new(StatusCode::GATEWAY_TIMEOUT, "the handler took too long").into()
}
