//! An executor for one future, for callers that have no executor.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

/// Wakes the thread that polls.
struct Unpark {
    thread: Thread,
    /// The thread's own token is not enough: a future that blocks the thread while it is polled may take that.
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Polls a future until it is ready; the thread sleeps in between. A future that is ready at once costs nothing.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    thread_local! {
        // Made once, so that waiting allocates nothing either.
        static UNPARK: (Arc<Unpark>, Waker) = {
            let unpark = Arc::new(Unpark { thread: std::thread::current(), woken: AtomicBool::new(false) });
            (unpark.clone(), Waker::from(unpark))
        };
    }
    let mut future = pin!(future);
    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return output;
    }
    let (unpark, waker) = UNPARK.with(Clone::clone);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            // A call around this one, on the same thread, may have been woken meanwhile.
            unpark.woken.store(true, Ordering::Release);
            return output;
        }
        while !unpark.woken.swap(false, Ordering::Acquire) {
            std::thread::park();
        }
    }
}
