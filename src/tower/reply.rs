//! The channel back from a worker thread: the response as a whole, or in pieces.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::engine::ResponseSink;
use crate::sync::{Arc, Condvar, Mutex, MutexGuard};

/// The most bytes that may wait to be taken before the handler has to wait.
const MOST_WAITING: usize = 256 * 1024;

/// The part of a response that is there.
pub(super) enum Reply {
    Whole(Vec<u8>),
    /// The prelude, and the body that follows.
    Streamed(Vec<u8>, ResponseBody),
    Failed,
}

#[derive(Default)]
struct State {
    whole: Option<Vec<u8>>,
    prelude: Option<Vec<u8>>,
    pieces: VecDeque<Bytes>,
    waiting: usize,
    ended: bool,
    error: Option<io::Error>,
    /// Nobody takes the response any more.
    abandoned: bool,
    waker: Option<Waker>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    room: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes the task or thread that waits for it.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn abandon(&self) {
        self.lock().abandoned = true;
        self.room.notify_all();
    }
}

/// Makes the two ends of the channel.
pub(super) fn pair() -> (Sender, Waiting) {
    let shared = Arc::<Shared>::default();
    (Sender(Arc::clone(&shared)), Waiting(Some(shared)))
}

/// The end of the worker thread.
pub(super) struct Sender(Arc<Shared>);

impl Sender {
    pub(super) fn whole(&self, payload: Vec<u8>) {
        self.0.change(|state| state.whole = Some(payload));
    }

    pub(super) fn end(&self, error: Option<io::Error>) {
        self.0.change(|state| {
            state.ended = true;
            state.error = error;
        });
    }
}

impl Drop for Sender {
    /// Reports that a thread has ended without a response.
    fn drop(&mut self) {
        self.0.change(|state| {
            if state.whole.is_none() && !state.ended {
                state.ended = true;
                state.error = Some(io::Error::other("the worker has ended"));
            }
        });
    }
}

impl ResponseSink for Sender {
    fn start(&mut self, prelude: &[u8], body: &[u8]) -> io::Result<()> {
        self.0.change(|state| state.prelude = Some(prelude.to_vec()));
        if body.is_empty() { Ok(()) } else { self.write(body) }
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock();
        while state.waiting >= MOST_WAITING && !state.abandoned {
            state = self.0.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.abandoned {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        drop(state);
        self.0.change(|state| {
            state.waiting += piece.len();
            state.pieces.push_back(Bytes::copy_from_slice(piece));
        });
        Ok(())
    }
}

/// The future of the response, or of its beginning.
pub(super) struct Waiting(Option<Arc<Shared>>);

impl Future for Waiting {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        let Some(shared) = self.0.take() else { return Poll::Ready(Reply::Failed) };
        let mut state = shared.lock();
        if let Some(payload) = state.whole.take() {
            return Poll::Ready(Reply::Whole(payload));
        }
        if let Some(prelude) = state.prelude.take() {
            drop(state);
            return Poll::Ready(Reply::Streamed(prelude, ResponseBody(Kind::Streamed(shared))));
        }
        if state.ended {
            return Poll::Ready(Reply::Failed);
        }
        state.waker = Some(context.waker().clone());
        drop(state);
        self.0 = Some(shared);
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.abandon();
        }
    }
}

/// The body of a response of [`AppService`](super::AppService): whole, or in pieces as the handler writes them.
///
/// A handler that fails in the middle ends the body with an error. If the body is dropped, the handler ends at its next
/// piece.
pub struct ResponseBody(Kind);

enum Kind {
    Whole(Bytes),
    Streamed(Arc<Shared>),
}

impl ResponseBody {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::Whole(bytes.into()))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let shared = match &mut self.0 {
            Kind::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                return Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))));
            }
            Kind::Streamed(shared) => shared,
        };
        let mut state = shared.lock();
        if let Some(piece) = state.pieces.pop_front() {
            state.waiting -= piece.len();
            drop(state);
            shared.room.notify_one();
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if state.ended {
            return Poll::Ready(state.error.take().map(Err));
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Kind::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Streamed(_) => SizeHint::default(),
        }
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Kind::Streamed(shared) = &self.0 {
            shared.abandon();
        }
    }
}

impl std::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").field("size", &self.size_hint()).finish()
    }
}

/// The orders of the steps of the threads: `.ci/full loom`.
#[cfg(all(test, gatewire_loom))]
mod models {
    use std::future::poll_fn;

    use loom::future::block_on;

    use super::*;
    use crate::sync::thread;

    #[test]
    fn a_whole_response_arrives() {
        loom::model(|| {
            let (sender, reply) = pair();
            thread::spawn(move || sender.whole(b"{}".to_vec()));
            assert!(matches!(block_on(reply), Reply::Whole(payload) if payload == b"{}"));
        });
    }

    #[test]
    fn a_thread_that_ends_without_a_response_is_noticed() {
        loom::model(|| {
            let (sender, reply) = pair();
            thread::spawn(move || drop(sender));
            assert!(matches!(block_on(reply), Reply::Failed));
        });
    }

    /// Sends two pieces, the second only when the first was taken.
    fn stream(mut sender: Sender) -> io::Result<()> {
        sender.start(b"prelude", b"")?;
        sender.write(&[b'a'; MOST_WAITING])?;
        sender.write(b"b")?;
        sender.end(None);
        Ok(())
    }

    fn body(reply: Waiting) -> ResponseBody {
        match block_on(reply) {
            Reply::Streamed(prelude, body) if prelude == b"prelude" => body,
            _ => panic!("the response is not streamed"),
        }
    }

    fn next(body: &mut ResponseBody) -> Option<usize> {
        let frame = block_on(poll_fn(|context| Pin::new(&mut *body).poll_frame(context)))?;
        frame.unwrap().into_data().ok().map(|data| data.len())
    }

    #[test]
    fn all_pieces_arrive_in_order() {
        loom::model(|| {
            let (sender, reply) = pair();
            let thread = thread::spawn(move || stream(sender));
            let mut body = body(reply);
            assert_eq!([next(&mut body), next(&mut body), next(&mut body)], [Some(MOST_WAITING), Some(1), None]);
            thread.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_thread_does_not_wait_for_room_in_a_response_that_nobody_takes() {
        loom::model(|| {
            let (sender, reply) = pair();
            let thread = thread::spawn(move || stream(sender));
            drop(body(reply));
            assert_eq!(thread.join().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        });
    }
}
