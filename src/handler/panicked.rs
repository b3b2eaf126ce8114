//! Panics of user code, as errors.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::exchange::HandlerCall;
use crate::unwind;

/// A handler, middleware or a destructor has panicked. Error handlers find it like any other error; if none answers it,
/// the invocation fails with the error type `Panic`.
///
/// ```
/// use gatewire::{error::Panicked, App, Request};
///
/// let app = App::new()
///     .get("/", |_: Request| -> &'static str { panic!("on purpose") })
///     .on_error(|_: &Panicked, _: Request| (500, "sorry"));
/// # app.build().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    message: Box<str>,
}

impl Panicked {
    #[cold]
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        Self { message: unwind::message(payload) }
    }

    /// Returns the message of the panic.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Panicked {}

/// A call of user code: a panic of its start, of a poll or of its destructor is caught here.
pub(crate) struct Call<'r>(HandlerCall<'r>);

impl<'r> Call<'r> {
    #[inline]
    pub(crate) fn start(start: impl FnOnce() -> HandlerCall<'r>) -> Result<Self, Panicked> {
        match catch_unwind(AssertUnwindSafe(start)) {
            Ok(call) => Ok(Self(call)),
            Err(panic) => Err(Panicked::new(panic)),
        }
    }

    /// Returns whether the call has ended.
    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.0, HandlerCall::Done)
    }

    #[inline]
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Panicked>> {
        let HandlerCall::Later(future) = &mut self.0 else { return Poll::Ready(Ok(())) };
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(future).poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(self.end()),
            Err(panic) => {
                let panicked = Panicked::new(panic);
                // Its message is the one that counts.
                let _ = self.end();
                Poll::Ready(Err(panicked))
            }
        }
    }

    /// Drops the rest of the call.
    pub(crate) fn end(&mut self) -> Result<(), Panicked> {
        let call = std::mem::replace(&mut self.0, HandlerCall::Done);
        match call {
            HandlerCall::Done => Ok(()),
            HandlerCall::Later(future) => catch_unwind(AssertUnwindSafe(|| drop(future))).map_err(Panicked::new),
        }
    }
}

impl Drop for Call<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_done() {
            let _ = self.end();
        }
    }
}
