//! Answers that leave while they are made.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use super::{Caught, panicked, settle_caught};
use crate::app::{Compiled, Finishing};
use crate::encode;
use crate::failure::InvocationError;
use crate::handler::{Request, RouteOptions, unhandled};

/// Where a runtime takes a response that is streamed: see [`Worker::call_streaming`](crate::Worker::call_streaming).
///
/// Both methods may block until there is room. Where either fails, nothing more is written, and the invocation has failed.
pub trait ResponseSink {
    /// Begins the response: `prelude` is a JSON object with `statusCode`, header fields and cookies; `body` is the first
    /// piece of the body, or empty where there is none. It is called once, before anything is written.
    ///
    /// # Errors
    /// Where nobody takes it.
    fn start(&mut self, prelude: &[u8], body: &[u8]) -> io::Result<()>;

    /// Hands on the next piece of the body, which is not empty.
    ///
    /// # Errors
    /// Where nobody takes it.
    fn write(&mut self, piece: &[u8]) -> io::Result<()>;
}

/// What [`Worker::call_streaming`](crate::Worker::call_streaming) gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer<'w> {
    /// The payload of the response: this answer was not to be streamed.
    Whole(&'w [u8]),
    /// All of it has gone to the sink.
    Streamed,
}

/// The length of the payload alone: the answer may hold secrets.
impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(payload) => write!(f, "Whole({} bytes)", payload.len()),
            Self::Streamed => f.write_str("Streamed"),
        }
    }
}

/// The way out of an answer that may be streamed.
pub(super) struct Output<'a, 's, 'r> {
    pub(super) app: &'a Compiled,
    pub(super) req: Request<'r>,
    pub(super) options: Option<&'a RouteOptions>,
    pub(super) finishing: &'a mut Finishing,
    /// `None` where the answer is buffered.
    pub(super) sink: Option<&'s mut dyn ResponseSink>,
    /// Whether the answer is not to have a body.
    pub(super) without_body: bool,
    /// Whether the head has left.
    pub(super) started: bool,
    /// The size of the largest piece.
    pub(super) largest: usize,
}

impl Output<'_, '_, '_> {
    /// Lets the answer go that `outcome` says there is: to the sink, whatever its body, or where there is none, a body that
    /// is a stream into the draft.
    pub(super) async fn leave(&mut self, outcome: Result<(), InvocationError>) -> Result<(), InvocationError> {
        outcome?;
        self.produce().await?;
        if self.sink.is_none() || self.started { Ok(()) } else { self.start() }
    }

    /// Has the body of the answer written where that is a stream.
    async fn produce(&mut self) -> Result<(), InvocationError> {
        // What an error handler answers with may be a stream itself. That one has to succeed.
        for _ in 0..2 {
            if !self.is_stream() {
                return Ok(());
            }
            let draft = &self.req.exchange.draft;
            if self.without_body || draft.borrow().status().forbids_body() {
                draft.borrow_mut().drop_body();
                return Ok(());
            }
            self.run().await?;
            let Some(error) = self.req.take_error() else {
                if !self.started && self.is_stream() {
                    self.req.exchange.draft.borrow_mut().join_stream();
                }
                return Ok(());
            };
            if self.started {
                return Err(unhandled(&error));
            }
            self.req.fail(error);
            settle_caught(self.req)?;
        }
        match self.is_stream() {
            true => Err(InvocationError::new("Gatewire.StreamError", "the stream of an error handler has failed")),
            false => Ok(()),
        }
    }

    fn is_stream(&self) -> bool {
        self.req.exchange.draft.borrow().is_stream()
    }

    /// Runs the producer to its end, and hands on what it has written whenever it comes to rest.
    async fn run(&mut self) -> Result<(), InvocationError> {
        let req = self.req;
        let Some(start) = req.exchange.producer.take() else { return Ok(()) };
        let mut call = Caught::Start(|| start(req));
        let result = poll_fn(|context| {
            let polled = Pin::new(&mut call).poll(context);
            if let Poll::Ready(Err(panic)) = polled {
                return Poll::Ready(Err(panicked(panic)));
            }
            match self.flush() {
                Err(error) => Poll::Ready(Err(error)),
                // Never again at once: an executor has others to poll too, and a piece that was written has woken it.
                Ok(()) => polled.map(|_| Ok(())),
            }
        })
        .await;
        // What it holds may panic as well, where it is dropped half-way.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(call))).map_err(panicked);
        result.and(dropped)
    }

    /// Hands on what has been written.
    fn flush(&mut self) -> Result<(), InvocationError> {
        let exchange = self.req.exchange;
        let length = exchange.draft.borrow().piece().len();
        self.largest = self.largest.max(length);
        if length == 0 {
            return Ok(());
        }
        if self.sink.is_none() {
            // It leaves as a whole, so there is no need to make more of it than can leave.
            let limit = exchange.event.source().response_limit();
            return if length > limit { Err(InvocationError::response_too_large(length, limit)) } else { Ok(()) };
        }
        if !self.started {
            return self.start();
        }
        let draft = &mut *exchange.draft.borrow_mut();
        let written = self.sink.as_mut().map_or(Ok(()), |sink| sink.write(draft.piece()));
        draft.clear_piece();
        written.map_err(lost)
    }

    /// Completes the head and sends it, with what there is of the body.
    fn start(&mut self) -> Result<(), InvocationError> {
        let exchange = self.req.exchange;
        self.app.finish(self.req, self.options, self.finishing, true);
        let draft = &mut *exchange.draft.borrow_mut();
        if let Some(error) = draft.take_refused() {
            return Err(InvocationError::new("HeaderError", error.to_string()));
        }
        if self.without_body {
            draft.drop_body();
        }
        let (prelude, body) = encode::begin_stream(draft, exchange.event.source(), self.app.settings.pad_empty_streams);
        let started = self.sink.as_mut().map_or(Ok(()), |sink| sink.start(prelude, body));
        draft.clear_piece();
        self.started = true;
        started.map_err(lost)
    }
}

#[cold]
fn lost(error: io::Error) -> InvocationError {
    InvocationError::new("Gatewire.StreamLost", error.to_string())
}
