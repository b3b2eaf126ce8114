//! The last stages: the response is finished, as a whole or piece by piece while it is made.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::Poll;

use crate::app::{Compiled, PostProcess};
use crate::handler::{Call, Error, Request, RouteOptions, report};
use crate::invocation_error::InvocationError;

/// Receives a response that is streamed, for a runtime: see [`Worker::call_streaming`](crate::engine::Worker::call_streaming).
///
/// Both methods may block until there is room. If either fails, nothing more is written, and the invocation has failed.
pub trait ResponseSink {
    /// Begins the response: `prelude` is a JSON object with `statusCode`, header fields and cookies; `body` is the
    /// first piece of the body, or empty if there is none. This is called once, before anything is written.
    ///
    /// # Errors
    /// If nobody takes it.
    fn start(&mut self, prelude: &[u8], body: &[u8]) -> io::Result<()>;

    /// Writes the next piece of the body, which is not empty.
    ///
    /// # Errors
    /// If nobody takes it.
    fn write(&mut self, piece: &[u8]) -> io::Result<()>;
}

/// The result of [`Worker::call_streaming`](crate::engine::Worker::call_streaming). There are only these two: a third
/// kind would be one that every embedder has to handle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer<'w> {
    /// The payload of the response, which was not to be streamed.
    Whole(&'w [u8]),
    /// The whole response has gone to the sink.
    Streamed,
}

/// Shows only the length of the payload: the response may hold secrets.
impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(payload) => write!(f, "Whole({} bytes)", payload.len()),
            Self::Streamed => f.write_str("Streamed"),
        }
    }
}

/// The outcome of a call in the form that its caller takes.
pub(super) trait Sent<'w> {
    fn whole(response: &'w [u8]) -> Self;
    fn streamed() -> Self;
}

impl<'w> Sent<'w> for Answer<'w> {
    fn whole(response: &'w [u8]) -> Self {
        Self::Whole(response)
    }

    fn streamed() -> Self {
        Self::Streamed
    }
}

/// The outcome of a call without a sink, which is never streamed.
impl<'w> Sent<'w> for &'w [u8] {
    fn whole(response: &'w [u8]) -> Self {
        response
    }

    fn streamed() -> Self {
        &[]
    }
}

/// The most streams that may answer one request, each replacing the one before: that of the handler, of the handler of
/// its error, or one that another stream replies with. The bound ends streams that replace each other in a circle.
const MOST_STREAMS: usize = 4;

/// Finishes a response: runs the producer of its body, adds what the app adds, and sends it to the sink if it is
/// streamed.
pub(super) struct Output<'a, 's, 'r> {
    app: &'a Compiled,
    req: Request<'r>,
    options: Option<&'a RouteOptions>,
    postprocess: &'a mut PostProcess,
    /// Receives the pieces, if the response is streamed.
    sink: Option<&'s mut dyn ResponseSink>,
    without_body: bool,
    /// True if the sink has received the start of the response.
    pub(super) started: bool,
    /// The size of the largest piece.
    pub(super) largest: usize,
    /// The bytes of the body that the sink has received.
    pub(super) written: usize,
}

impl<'a, 's, 'r> Output<'a, 's, 'r> {
    #[inline]
    pub(super) fn new(
        app: &'a Compiled,
        req: Request<'r>,
        options: Option<&'a RouteOptions>,
        without_body: bool,
        postprocess: &'a mut PostProcess,
        sink: Option<&'s mut dyn ResponseSink>,
    ) -> Self {
        let sink = sink.filter(|_| app.streams(options, req.source()));
        Self { app, req, options, postprocess, sink, without_body, started: false, largest: 0, written: 0 }
    }

    /// Delivers the response: runs the producer of its body if it has one, adds what the app adds to every response, and
    /// sends it if it is streamed. Any other response is then whole in the buffer.
    #[inline]
    pub(super) async fn deliver(&mut self) -> Result<(), InvocationError> {
        if self.is_stream() {
            self.make_body().await?;
        }
        if self.started {
            return Ok(());
        }
        if self.sink.is_some() {
            return self.send_head();
        }
        self.postprocess(false);
        Ok(())
    }

    /// Makes the body of a stream. Afterwards the response is not a stream any more, unless it has been sent.
    async fn make_body(&mut self) -> Result<(), InvocationError> {
        for _ in 0..MOST_STREAMS {
            if self.has_no_body() {
                self.req.exchange.buffer.borrow_mut().drop_body();
            }
            if !self.is_stream() {
                return Ok(());
            }
            self.run_producer().await?;
            if self.started {
                return Ok(());
            }
            if self.is_replaced() {
                // The other response may be a stream itself.
                continue;
            }
            self.req.exchange.buffer.borrow_mut().join_stream();
            return Ok(());
        }
        match self.is_stream() {
            true => {
                Err(InvocationError::new("Gatewire.StreamError", "too many streams have failed or replaced each other"))
            }
            false => Ok(()),
        }
    }

    fn is_stream(&self) -> bool {
        self.req.exchange.buffer.borrow().is_stream()
    }

    /// Returns whether the running producer has replied with another response.
    fn is_replaced(&self) -> bool {
        !self.is_stream() || self.req.exchange.producer.get().is_some()
    }

    fn has_no_body(&self) -> bool {
        self.without_body || self.req.exchange.buffer.borrow().status().forbids_body()
    }

    /// Runs the producer to its end, and sends what it has written whenever it returns `Pending`. An error before anything has been sent
    /// is settled like that of any handler.
    async fn run_producer(&mut self) -> Result<(), InvocationError> {
        let req = self.req;
        let Some(start) = req.exchange.producer.take() else { return Ok(()) };
        let mut call = match Call::start(|| start(req)) {
            Ok(call) => call,
            Err(panicked) => return self.respond_to_error(panicked.into()),
        };
        let outcome = poll_fn(|context| {
            let polled = call.poll(context);
            if let Poll::Ready(Err(panicked)) = polled {
                return Poll::Ready(Some(Err(Error::from(panicked))));
            }
            if req.has_fault() {
                return Poll::Ready(None);
            }
            if self.is_replaced() {
                // Later pieces of the producer are not part of that response.
                req.exchange.buffer.borrow_mut().clear_piece();
                return match self.started {
                    true => Poll::Ready(Some(Err(replaced_too_late().into()))),
                    false => polled.map(|_| Some(Ok(()))),
                };
            }
            match self.send_piece() {
                Err(failure) => Poll::Ready(Some(Err(failure.into()))),
                // The head has announced that there is no body.
                Ok(()) if self.started && self.has_no_body() => Poll::Ready(Some(Ok(()))),
                // The producer is not polled again at once: an executor has other tasks to poll too, and a piece that
                // was written has woken this one.
                Ok(()) => polled.map(|_| Some(Ok(()))),
            }
        })
        .await;
        let ended = call.end();
        match (outcome, ended) {
            (Some(Err(error)), _) => self.respond_to_error(error),
            (None, _) => self.respond_to_pending(),
            (Some(Ok(())), Err(panicked)) => self.respond_to_error(panicked.into()),
            (Some(Ok(())), Ok(())) => Ok(()),
        }
    }

    /// Answers an error, or reports it if part of the response has been sent.
    #[cold]
    fn respond_to_error(&self, error: Error) -> Result<(), InvocationError> {
        if self.started {
            return Err(report(error));
        }
        self.req.fail(error);
        self.respond_to_pending()
    }

    /// Answers the pending error, or reports it if part of the response has been sent.
    #[cold]
    fn respond_to_pending(&self) -> Result<(), InvocationError> {
        match self.req.take_pending() {
            Some(error) if self.started => Err(report(error)),
            Some(error) => {
                // The response of the stream is forgotten.
                self.req.fail(error);
                self.req.settle().map(drop).map_err(report)
            }
            None => Ok(()),
        }
    }

    /// Sends what the producer has written.
    fn send_piece(&mut self) -> Result<(), InvocationError> {
        let exchange = self.req.exchange;
        let length = exchange.buffer.borrow().piece().len();
        self.largest = self.largest.max(length);
        if length == 0 {
            return Ok(());
        }
        if self.sink.is_none() {
            // It is sent as a whole, so there is no need to make more of it than can be sent.
            let limit = exchange.event.source().response_limit();
            return if length > limit { Err(InvocationError::response_too_large(length, limit)) } else { Ok(()) };
        }
        if !self.started {
            return self.send_head();
        }
        let buffer = &mut *exchange.buffer.borrow_mut();
        self.written += length;
        let written = self.sink.as_mut().map_or(Ok(()), |sink| sink.write(buffer.piece()));
        buffer.clear_piece();
        written.map_err(lost)
    }

    /// Sends the head, and the part of the body that is there.
    fn send_head(&mut self) -> Result<(), InvocationError> {
        self.postprocess(true);
        let exchange = self.req.exchange;
        let buffer = &mut *exchange.buffer.borrow_mut();
        let (prelude, body) = buffer.encode_prelude(exchange.event.source(), self.app.settings.pad_empty_streams);
        self.written += body.len();
        let started = self.sink.as_mut().map_or(Ok(()), |sink| sink.start(prelude, body));
        buffer.clear_piece();
        self.started = true;
        started.map_err(lost)
    }

    /// Adds what the app adds to every response.
    fn postprocess(&mut self, streamed: bool) {
        self.app.postprocess(self.req, self.options, self.postprocess, streamed);
        if self.without_body {
            self.req.exchange.buffer.borrow_mut().drop_body();
        }
    }
}

#[cold]
fn replaced_too_late() -> InvocationError {
    InvocationError::new("Gatewire.StreamError", "a stream has replied with another answer after its own had begun")
}

#[cold]
fn lost(error: io::Error) -> InvocationError {
    InvocationError::new("Gatewire.StreamLost", error.to_string())
}
