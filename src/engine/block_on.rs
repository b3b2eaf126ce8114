//! An executor for one future, for callers that have no executor.

use std::future::Future;
use std::pin::pin;
// That of std also in models: a waker is made of it.
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::thread::{self, Thread};
use crate::sync::thread_local;

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

/// Wakes the call of [`block_on`] around one that ends: the inner one may have taken a wake-up that was meant for both.
struct PassOn<'u>(&'u Unpark);

impl Drop for PassOn<'_> {
    fn drop(&mut self) {
        self.0.woken.store(true, Ordering::Release);
    }
}

/// Polls a future until it is ready; the thread sleeps in between. A future that is ready at once costs nothing.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    thread_local! {
        // Made once, so that waiting allocates nothing either.
        static UNPARK: (Arc<Unpark>, Waker) = {
            let unpark = Arc::new(Unpark { thread: thread::current(), woken: AtomicBool::new(false) });
            (unpark.clone(), Waker::from(unpark))
        };
    }
    let mut future = pin!(future);
    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return output;
    }
    let (unpark, waker) = UNPARK.with(Clone::clone);
    // Also if the future panics.
    let _pass_on = PassOn(&unpark);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        // Not a swap: its write of `false`, if nobody has woken, may come after the wake-up in the model of loom.
        while unpark.woken.compare_exchange(true, false, Ordering::Acquire, Ordering::Relaxed).is_err() {
            thread::park();
        }
    }
}

/// The orders of the steps of the threads: `.ci/full loom`.
#[cfg(all(test, gatewire_loom))]
mod models {
    use std::future::poll_fn;

    use super::*;
    use crate::sync::{Arc, Mutex};

    /// Something that happens once, on another thread.
    #[derive(Clone, Default)]
    struct Event(Arc<Mutex<(bool, Option<Waker>)>>);

    impl Event {
        fn happens(&self) {
            let mut state = self.0.lock().unwrap();
            state.0 = true;
            let waker = state.1.take();
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        }

        fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
            let mut state = self.0.lock().unwrap();
            if state.0 {
                return Poll::Ready(());
            }
            state.1 = Some(context.waker().clone());
            Poll::Pending
        }
    }

    #[test]
    fn a_wake_up_ends_the_wait() {
        loom::model(|| {
            let event = Event::default();
            let other = event.clone();
            thread::spawn(move || other.happens());
            block_on(poll_fn(|context| event.poll(context)));
        });
    }

    #[test]
    fn a_future_may_block_the_thread_while_it_is_polled() {
        loom::model(|| {
            let (outer, inner) = (Event::default(), Event::default());
            let others = (outer.clone(), inner.clone());
            thread::spawn(move || {
                others.0.happens();
                others.1.happens();
            });
            let mut polls = 0;
            block_on(poll_fn(|context| {
                let result = outer.poll(context);
                polls += 1;
                // The first poll has no waker yet.
                if polls == 2 {
                    block_on(poll_fn(|context| inner.poll(context)));
                }
                result
            }));
        });
    }

    #[test]
    fn several_threads_may_wake() {
        loom::model(|| {
            let events = [Event::default(), Event::default()];
            for event in events.clone() {
                thread::spawn(move || event.happens());
            }
            block_on(poll_fn(|context| match events.each_ref().map(|event| event.poll(context)) {
                [Poll::Ready(()), Poll::Ready(())] => Poll::Ready(()),
                _ => Poll::Pending,
            }));
        });
    }
}
