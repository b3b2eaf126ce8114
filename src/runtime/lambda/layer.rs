//! The layer around the services of `lambda_runtime`: it takes the payload past serde on the way in, and on the way out
//! runs the rest of a handler whose answer is streamed.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use lambda_runtime::streaming::Sender;
use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Diagnostic, LambdaInvocation};

use super::invocation::{Invocation, diagnostic};
use crate::engine::Worker;
use crate::invocation_error::InvocationError;

/// How often others get their turn between the last piece before an error and the end of the connection: each piece
/// goes through two other tasks to the socket, and a piece that has not got there is lost.
const TURNS: usize = 8;

/// The data that the layer and the handler exchange.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) taken: RefCell<Taken>,
    /// The body of an answer whose head has left the handler.
    pub(super) upload: RefCell<Option<Upload>>,
    /// The error to answer with, if the handler is called once more for the same invocation.
    pub(super) failure: RefCell<Option<Diagnostic>>,
    /// The worker, while it is idle.
    pub(super) worker: RefCell<Option<Worker>>,
    /// True if the access log has the failures of the app.
    pub(super) quiet: bool,
}

impl Shared {
    /// Ends the invocation whose response was posted.
    async fn after_response(&self) {
        if let Some(mut worker) = self.worker.take() {
            worker.after_response().await;
            self.worker.replace(Some(worker));
        }
    }
}

/// The parts that the layer takes out of an invocation, for the handler after serde.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) payload: Bytes,
    pub(super) client_context: Option<String>,
    pub(super) cognito_identity: Option<String>,
}

pub(super) struct Around {
    pub(super) shared: Rc<Shared>,
    /// True if any answer is streamed.
    pub(super) streams: bool,
    /// True if the app does something after a response.
    pub(super) acts: bool,
}

impl<S> Layer<S> for Around {
    type Service = Surrounded<S>;

    fn layer(&self, inner: S) -> Surrounded<S> {
        Surrounded { inner, shared: Rc::clone(&self.shared), streams: self.streams, acts: self.acts }
    }
}

pub(super) struct Surrounded<S> {
    inner: S,
    shared: Rc<Shared>,
    streams: bool,
    acts: bool,
}

impl<S> Service<LambdaInvocation> for Surrounded<S>
where
    S: Service<LambdaInvocation> + Clone + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> Self::Future {
        let header = |name: &str| Some(invocation.parts.headers.get(name)?.to_str().ok()?.to_owned());
        self.shared.taken.replace(Taken {
            client_context: header("lambda-runtime-client-context"),
            cognito_identity: header("lambda-runtime-cognito-identity"),
            payload: std::mem::replace(&mut invocation.body, Bytes::from_static(b"null")),
        });
        let (shared, acts) = (Rc::clone(&self.shared), self.acts);
        if !self.streams {
            let posted = self.inner.call(invocation);
            if !acts {
                return Box::pin(posted);
            }
            return Box::pin(async move {
                let answered = posted.await;
                shared.after_response().await;
                answered
            });
        }
        // Reports the failure of a streamed answer in the same way as any other.
        let inner = self.inner.clone();
        let again = LambdaInvocation {
            parts: invocation.parts.clone(),
            body: invocation.body.clone(),
            context: invocation.context.clone(),
        };
        let posted = self.inner.call(invocation);
        Box::pin(async move {
            let answered = stream(posted, Rc::clone(&shared), inner, again).await;
            if acts {
                shared.after_response().await;
            }
            answered
        })
    }
}

/// Runs the rest of a handler while its answer is posted, to the end of both.
async fn stream<S: Service<LambdaInvocation>>(
    posted: S::Future,
    shared: Rc<Shared>,
    mut inner: S,
    again: LambdaInvocation,
) -> Result<S::Response, S::Error> {
    let mut posted = Some(Box::pin(posted));
    let request_id = again.context.request_id.clone();
    let mut upload: Option<Upload> = None;
    let mut answer = None;
    let ended = poll_fn(|context| {
        if let Some(Poll::Ready(result)) = posted.as_mut().map(|posted| posted.as_mut().poll(context)) {
            posted = None;
            match result {
                // A service may answer before it has received the whole body, and cargo-lambda does.
                Ok(response) => answer = Some(response),
                Err(error) => return Poll::Ready(Ok(Err(error))),
            }
        }
        if let Some(begun) = shared.upload.take() {
            upload = Some(begun);
        }
        match upload.as_mut().map(|upload| upload.poll(context)) {
            Some(Poll::Pending) => return Poll::Pending,
            Some(Poll::Ready(Err(error))) => return Poll::Ready(Err(error)),
            // With the sender gone, the body has its end.
            Some(Poll::Ready(Ok(()))) => upload = None,
            None => {}
        }
        answer.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(Ok(response))))
    })
    .await;
    let error = match ended {
        Ok(result) => return result,
        Err(error) => error,
    };
    // The crate has no trailers for this: to it, an error is one more piece of the body. Without an end of the body,
    // the service and the client know that it is not whole. If the service has answered early, nothing can cut the
    // connection any more, and the report is the only sign.
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
    drop(posted);
    shared.failure.replace(Some(diagnostic(&request_id, &error, shared.quiet)));
    poll_fn(|context| inner.poll_ready(context)).await?;
    let reported = inner.call(again).await;
    // Not before: it is the end of the body.
    drop(upload);
    reported
}

/// The body of an answer on its way to `lambda_runtime`, which takes it in a separate task.
pub(super) struct Upload {
    invocation: Invocation,
    sender: Sender,
}

impl Upload {
    pub(super) const fn new(invocation: Invocation, sender: Sender) -> Self {
        Self { invocation, sender }
    }

    /// Forwards pieces until there are no more, or the receiver is gone.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), InvocationError>> {
        while ready!(self.sender.poll_ready(context)).is_ok() {
            match ready!(self.invocation.poll_piece(context)) {
                Some(Ok(piece)) => {
                    if self.sender.try_send_data(piece).is_err() {
                        break;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(error)),
                None => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
