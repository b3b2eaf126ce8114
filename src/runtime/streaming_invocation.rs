//! An invocation that runs no faster than the receiver takes its response.
//!
//! The engine hands pieces to a sink that cannot wait without blocking the thread; a runtime that shares its thread
//! takes them from here instead, one after the other, and the handler goes on when the previous piece is taken.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::engine::ResponseSink;
use crate::invocation_error::InvocationError;

/// The result of an invocation: `None` if all of the response has gone to the sink.
type Outcome<T> = Result<Option<T>, InvocationError>;

/// An invocation that runs while it is polled, and ends half-way if it is dropped.
pub(super) struct StreamingInvocation<T> {
    /// `None` once finished.
    future: Option<Pin<Box<dyn Future<Output = Outcome<T>>>>>,
    /// The reason why it has ended, until that is returned.
    error: Option<InvocationError>,
    written: Rc<RefCell<Written>>,
}

/// The bytes that were written and not taken yet.
#[derive(Default)]
struct Written {
    prelude: Option<Vec<u8>>,
    pieces: VecDeque<Bytes>,
}

/// The sink of a [`StreamingInvocation`] invocation.
pub(super) struct Pieces(Rc<RefCell<Written>>);

/// The part of a response that is there when it can begin to leave.
#[derive(Debug)]
pub(super) enum Begun<T> {
    Whole(T),
    /// The prelude; [`StreamingInvocation::poll_piece`] returns the body.
    Streamed(Vec<u8>),
}

impl<T> StreamingInvocation<T> {
    /// The invocation that `call` makes with the sink.
    pub(super) fn new<F>(call: impl FnOnce(Pieces) -> F) -> Self
    where
        F: Future<Output = Outcome<T>> + 'static,
    {
        let written = Rc::<RefCell<Written>>::default();
        Self { future: Some(Box::pin(call(Pieces(Rc::clone(&written))))), error: None, written }
    }

    /// Runs until there is a response, or the beginning of one.
    pub(super) fn poll_begin(&mut self, context: &mut Context<'_>) -> Poll<Result<Begun<T>, InvocationError>> {
        let polled = self.poll(context);
        if let Some(prelude) = self.written.borrow_mut().prelude.take() {
            return Poll::Ready(Ok(Begun::Streamed(prelude)));
        }
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(whole)) => Poll::Ready(Ok(Begun::Whole(whole))),
            Poll::Ready(None) => Poll::Ready(Err(self.error.take().unwrap_or_else(ended))),
        }
    }

    /// The next piece of a body that is streamed. Nothing follows an error.
    pub(super) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, InvocationError>>> {
        // Only if every written piece has been taken.
        let idle = self.written.borrow().pieces.is_empty();
        let polled = if idle { self.poll(context) } else { Poll::Pending };
        if let Some(piece) = self.written.borrow_mut().pieces.pop_front() {
            return Poll::Ready(Some(Ok(piece)));
        }
        polled.map(|_| self.error.take().map(Err))
    }

    /// Runs as far as it can, and keeps the error that it ends with.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        let Poll::Ready(outcome) = future.as_mut().poll(context) else { return Poll::Pending };
        self.future = None;
        Poll::Ready(outcome.unwrap_or_else(|error| {
            self.error = Some(error);
            None
        }))
    }
}

impl ResponseSink for Pieces {
    fn start(&mut self, prelude: &[u8], body: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().prelude = Some(prelude.to_vec());
        if body.is_empty() { Ok(()) } else { self.write(body) }
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().pieces.push_back(Bytes::copy_from_slice(piece));
        Ok(())
    }
}

/// The error for a caller that polls again after the response was returned.
#[cold]
fn ended() -> InvocationError {
    InvocationError::new("Gatewire.Ended", "the invocation has ended already")
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Returns `Pending` once.
    async fn rest() {
        let mut rested = false;
        std::future::poll_fn(|_| if std::mem::replace(&mut rested, true) { Poll::Ready(()) } else { Poll::Pending })
            .await;
    }

    fn streamed(error: Option<InvocationError>) -> StreamingInvocation<()> {
        StreamingInvocation::new(|mut sink| async move {
            rest().await;
            sink.start(b"{}", b"").unwrap();
            rest().await;
            sink.write(b"a").unwrap();
            sink.write(b"b").unwrap();
            error.map_or(Ok(None), Err)
        })
    }

    #[test]
    fn pieces_are_there_when_they_are_written() {
        let mut context = Context::from_waker(Waker::noop());
        let mut running = streamed(None);
        assert!(running.poll_begin(&mut context).is_pending());
        let Poll::Ready(Ok(Begun::Streamed(prelude))) = running.poll_begin(&mut context) else { panic!("no prelude") };
        assert_eq!(prelude, b"{}");
        for expected in [b"a", b"b"] {
            let Poll::Ready(Some(Ok(piece))) = running.poll_piece(&mut context) else { panic!("no piece") };
            assert_eq!(piece[..], expected[..]);
        }
        for _ in 0..2 {
            assert!(matches!(running.poll_piece(&mut context), Poll::Ready(None)));
        }
    }

    #[test]
    fn an_error_comes_after_the_pieces() {
        let mut context = Context::from_waker(Waker::noop());
        let mut running = streamed(Some(InvocationError::new("Broken", "it is")));
        let told = (0..5).map(|_| running.poll_begin(&mut context)).find(Poll::is_ready);
        assert!(matches!(told, Some(Poll::Ready(Ok(Begun::Streamed(_))))));
        for _ in 0..2 {
            assert!(matches!(running.poll_piece(&mut context), Poll::Ready(Some(Ok(_)))));
        }
        let Poll::Ready(Some(Err(error))) = running.poll_piece(&mut context) else { panic!("no error") };
        assert_eq!(error.error_type(), "Broken");
        assert!(matches!(running.poll_piece(&mut context), Poll::Ready(None)));
    }

    #[test]
    fn an_unstreamed_response_is_whole() {
        let mut context = Context::from_waker(Waker::noop());
        let mut running = StreamingInvocation::new(|_| async { Ok(Some(7)) });
        assert!(matches!(running.poll_begin(&mut context), Poll::Ready(Ok(Begun::Whole(7)))));
        let mut running = StreamingInvocation::<()>::new(|_| async { Err(InvocationError::new("Broken", "it is")) });
        assert!(matches!(running.poll_begin(&mut context), Poll::Ready(Err(_))));
        assert!(matches!(running.poll_begin(&mut context), Poll::Ready(Err(_))));
    }
}
