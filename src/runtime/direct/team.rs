//! Workers on separate threads: they begin together, and the first that fails ends all of them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
#[cfg(feature = "tokio")]
use std::task::{Context, Poll, Waker};

use super::super::RunError;
use crate::sync::{Arc, Condvar, Mutex, MutexGuard, thread};

/// The state that the workers share.
pub(super) struct Team {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Workers that have not been made yet. None begins before all have.
    preparing: usize,
    running: usize,
    /// Workers that were not stopped.
    serving: usize,
    /// True if no worker takes a further event.
    over: bool,
    result: Option<Result<(), RunError>>,
    #[cfg(feature = "tokio")]
    waker: Option<Waker>,
}

/// The workers, for the thread that waits for their end. If it is dropped before, they end after the invocations in
/// flight.
pub(super) struct Workers(Arc<Team>);

/// The way in which the workers have ended.
pub(super) struct Ended {
    pub(super) result: Result<(), RunError>,
    /// True if any of them has begun.
    pub(super) begun: bool,
}

impl Team {
    /// Says that one worker is ready to begin, and waits for the others; returns whether it must begin.
    pub(super) fn is_to_begin(&self) -> bool {
        let mut state = self.state();
        state.preparing -= 1;
        self.changed.notify_all();
        while state.preparing > 0 && !state.over {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.over
    }

    /// Returns whether no worker is to take a further event.
    pub(super) fn is_over(&self) -> bool {
        self.state().over
    }

    /// Says that one worker was stopped; returns whether it was the last.
    pub(super) fn stopped(&self) -> bool {
        let mut state = self.state();
        state.serving -= 1;
        state.serving == 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the end of a worker.
    fn end(&self, result: Result<(), RunError>) {
        let mut state = self.state();
        state.running -= 1;
        if result.is_err() || state.running == 0 {
            state.over = true;
            state.result.get_or_insert(result);
        }
        #[cfg(feature = "tokio")]
        if state.has_ended()
            && let Some(waker) = state.waker.take()
        {
            waker.wake();
        }
        self.changed.notify_all();
    }
}

impl State {
    /// Returns whether there is nothing to wait for. Before they have begun, workers end soon, and free their
    /// resources of the system: the report of the reason may need them.
    fn has_ended(&self) -> bool {
        self.result.is_some() && (self.preparing == 0 || self.running == 0)
    }

    fn take_ended(&mut self) -> Option<Ended> {
        if !self.has_ended() {
            return None;
        }
        Some(Ended { result: self.result.take()?, begun: self.preparing == 0 })
    }
}

impl Workers {
    /// Starts threads that do `work` each.
    pub(super) fn start(count: usize, work: impl Fn(&Team) -> Result<(), RunError> + Send + Sync + 'static) -> Self {
        let state = State {
            preparing: count,
            running: count,
            serving: count,
            over: false,
            result: None,
            #[cfg(feature = "tokio")]
            waker: None,
        };
        let (team, work) = (Arc::new(Team { state: Mutex::new(state), changed: Condvar::new() }), Arc::new(work));
        for number in 1..=count {
            let thread = thread::Builder::new().name(format!("gatewire-{number}"));
            let (own, work) = (Arc::clone(&team), Arc::clone(&work));
            let spawned = thread.spawn(move || {
                let worked = catch_unwind(AssertUnwindSafe(|| work(&own)));
                own.end(worked.unwrap_or_else(|panic| Err(panicked(panic))));
            });
            if let Err(error) = spawned {
                let why = format!("thread {number} of {count} for workers cannot be started: {error}");
                // This one and those after it never became workers; the ends of the others have been counted already.
                team.state().running -= count - number;
                team.end(Err(RunError::Io(std::io::Error::new(error.kind(), why))));
                break;
            }
        }
        Self(team)
    }

    /// Waits until all have ended, or one has failed.
    pub(super) fn wait(&self) -> Ended {
        let mut state = self.0.state();
        loop {
            if let Some(ended) = state.take_ended() {
                return ended;
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// [`wait`](Self::wait) for tasks.
    #[cfg(feature = "tokio")]
    pub(super) fn poll_wait(&self, context: &mut Context<'_>) -> Poll<Ended> {
        let mut state = self.0.state();
        match state.take_ended() {
            Some(ended) => Poll::Ready(ended),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.state().over = true;
        self.0.changed.notify_all();
    }
}

#[cold]
fn panicked(panic: Box<dyn Any + Send>) -> RunError {
    let message = panic.downcast_ref::<&'static str>().copied().or_else(|| panic.downcast_ref().map(String::as_str));
    let error = RunError::Lambda(format!("a worker has panicked: {}", message.unwrap_or("no message")).into());
    // To drop it could panic again.
    std::mem::forget(panic);
    error
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_first_failure_ends_the_wait_for_all() {
        let count = AtomicUsize::new(0);
        let workers = Workers::start(3, move |team| {
            assert!(team.is_to_begin());
            if count.fetch_add(1, Ordering::SeqCst) == 1 {
                return Err(RunError::Lambda("broken".into()));
            }
            // The others end only because they are told to.
            while !team.is_over() {
                std::thread::yield_now();
            }
            Ok(())
        });
        let ended = workers.wait();
        assert!(ended.begun && ended.result.unwrap_err().to_string().contains("broken"));
    }

    /// A payload of a panic whose destructor panics too.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }

    #[test]
    fn a_panic_is_a_failure_whatever_its_payload() {
        for number in 0..2 {
            let workers = Workers::start(2, move |team| {
                team.is_to_begin();
                if number == 0 { std::panic::resume_unwind(Box::new(Bomb)) } else { panic!("out of {}", "luck") }
            });
            let error = workers.wait().result.unwrap_err().to_string();
            assert!(error.contains(["no message", "out of luck"][number]), "{error}");
        }
    }

    #[test]
    fn none_begins_if_one_cannot_be_made() {
        static BEGUN: AtomicUsize = AtomicUsize::new(0);
        let made = AtomicUsize::new(0);
        let workers = Workers::start(3, move |team| {
            if made.fetch_add(1, Ordering::SeqCst) == 2 {
                return Err(RunError::NoRuntime);
            }
            if team.is_to_begin() {
                BEGUN.fetch_add(1, Ordering::SeqCst);
            }
            Ok(())
        });
        let ended = workers.wait();
        assert!(!ended.begun && ended.result.is_err());
        assert_eq!(BEGUN.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn all_have_ended_when_none_has_failed() {
        static ENDED: AtomicUsize = AtomicUsize::new(0);
        let workers = Workers::start(4, |team| {
            assert!(team.is_to_begin());
            ENDED.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        assert!(workers.wait().result.is_ok());
        assert_eq!(ENDED.load(Ordering::SeqCst), 4);
    }
}

/// The orders of the steps of the threads: `.ci/full loom`.
#[cfg(all(test, gatewire_loom))]
mod models {
    use super::*;
    use crate::sync::atomic::{AtomicUsize, Ordering};

    fn fails() -> Result<(), RunError> {
        Err(RunError::Lambda("broken".into()))
    }

    /// Works until another worker has failed.
    fn serve(team: &Team) -> Result<(), RunError> {
        while !team.is_over() {
            thread::yield_now();
        }
        Ok(())
    }

    #[test]
    fn the_first_failure_ends_the_wait_and_the_others() {
        loom::model(|| {
            let numbers = AtomicUsize::new(0);
            let workers = Workers::start(2, move |team| {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                // The other may have failed before this one sees that all are ready.
                let begins = team.is_to_begin();
                assert!(begins || number == 0);
                if number == 1 { fails() } else { serve(team) }
            });
            let ended = workers.wait();
            assert!(ended.begun && ended.result.is_err());
        });
    }

    #[test]
    fn none_begins_if_one_cannot_be_made() {
        loom::model(|| {
            let numbers = AtomicUsize::new(0);
            let workers = Workers::start(2, move |team| {
                if numbers.fetch_add(1, Ordering::Relaxed) == 1 {
                    return fails();
                }
                assert!(!team.is_to_begin());
                Ok(())
            });
            let ended = workers.wait();
            assert!(!ended.begun && ended.result.is_err());
        });
    }

    #[test]
    fn workers_end_if_nobody_waits_any_more() {
        loom::model(|| {
            drop(Workers::start(2, |team| {
                if team.is_to_begin() && !team.is_over() {
                    thread::yield_now();
                }
                Ok(())
            }));
        });
    }

    #[test]
    fn the_last_that_is_stopped_is_the_last() {
        loom::model(|| {
            let last = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&last);
            let workers = Workers::start(2, move |team| {
                assert!(team.is_to_begin());
                count.fetch_add(usize::from(team.stopped()), Ordering::Relaxed);
                Ok(())
            });
            assert!(workers.wait().result.is_ok());
            assert_eq!(last.load(Ordering::Relaxed), 1);
        });
    }

    #[cfg(feature = "tokio")]
    #[test]
    fn a_task_is_woken_when_all_have_ended() {
        loom::model(|| {
            let workers = Workers::start(2, |team| {
                assert!(team.is_to_begin());
                Ok(())
            });
            let ended = loom::future::block_on(std::future::poll_fn(|context| workers.poll_wait(context)));
            assert!(ended.begun && ended.result.is_ok());
        });
    }
}
