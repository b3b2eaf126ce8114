//! The data of an invocation that the engine, middleware and handlers share. The files above this one implement what
//! they do with it.

use std::cell::{Cell, RefCell};
use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::LambdaContext;
use super::error::Error;
use super::json_body::JsonParser;
use super::observer::Observers;
use super::shared::{Scope, Shared};
use crate::arena::{Arena, PinnedFuture, Values};
use crate::event::{Event, LookupTables};
use crate::respond::ResponseBuffer;

/// A request: one pointer, which is `Copy`. All that it lends lives as long as the invocation.
///
/// It reads the same behind every gateway: path and query are decoded once, whether or not the gateway did it, repeated
/// headers and parameters are kept where the gateway keeps them, and names of headers are compared without regard to
/// case. Nothing is decoded before it is read.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    pub(crate) exchange: &'r Exchange<'r>,
}

/// One request and the response to it, while the invocation lasts.
pub(crate) struct Exchange<'r> {
    pub(crate) event: Event<'r>,
    pub(crate) lambda: &'r LambdaContext<'r>,
    pub(crate) arena: &'r Arena,
    pub(crate) lookup: &'r LookupTables,
    /// The decoded path without the stage, in which escaped slashes are `%2F`.
    pub(crate) path: &'r str,
    /// The path that rules see, without prefixes, and the offsets of slashes in it that were encoded.
    #[cfg(feature = "http")]
    pub(crate) routed: (&'r str, &'r [u32]),
    /// True if the response is sent while it is made.
    #[cfg(feature = "tower")]
    pub(crate) streams: bool,
    /// True if the arguments of the handler are checked.
    #[cfg(feature = "validate")]
    pub(crate) validates: Cell<bool>,
    /// True if errors are not answered, but fail the invocation: the event is neither a request nor a message.
    pub(crate) fails: bool,
    /// The rule that matched, the names of its parameters and the places of their values in the string that was
    /// matched.
    pub(crate) route: Option<Matched<'r>>,
    pub(crate) shared: &'r Shared,
    /// The state and the error handlers that the route finds.
    pub(crate) scope: &'r Scope,
    pub(crate) buffer: &'r RefCell<ResponseBuffer>,
    pub(crate) json: &'r JsonParser,
    /// Values that middleware has left for inner layers, and the errors that were answered.
    pub(crate) values: Values<'r>,
    /// Starts the producer of the body, if the response says that the body is a stream.
    pub(crate) producer: Cell<Option<Start>>,
    pub(crate) fault: RefCell<Fault>,
    /// True if the last response is the response to an error. That error is the last of its type in `values`.
    pub(crate) answered: Cell<bool>,
    /// `true` once a run of the handler has ended or was dropped, so that the next one repeats it.
    pub(crate) ended: Cell<bool>,
    /// True in the first invocation of the process.
    pub(crate) cold_start: bool,
    pub(crate) observers: &'r Observers,
}

/// The route that a request matched.
#[derive(Clone, Copy)]
pub(crate) struct Matched<'r> {
    pub(crate) rule: &'r str,
    /// Ranges of the rule.
    pub(crate) names: &'r [(u32, u32)],
    pub(crate) values: &'r [(u32, u32)],
    /// The string that the values are parts of: the path without prefixes.
    pub(crate) text: &'r str,
}

impl<'r> Matched<'r> {
    /// Returns names and values of the parameters.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'r str, &'r str)> + use<'r> {
        let Matched { rule, names, values, text } = *self;
        let part = |text: &'r str, &(start, end): &(u32, u32)| &text[start as usize..end as usize];
        names.iter().zip(values).map(move |(name, value)| (part(rule, name), part(text, value)))
    }
}

/// The state of the error that is not answered yet.
#[derive(Default)]
pub(crate) enum Fault {
    #[default]
    None,
    /// The handler, or the code that wrote its response, has failed.
    Pending(Error),
    /// [`Next::run`](super::Next::run) has returned the error to middleware, which has not responded otherwise yet.
    Returned,
}

impl Fault {
    pub(super) fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

/// An error that was answered, as `Request::error` finds it among the values.
pub(super) struct Answered(pub(super) Error);

/// How far a call has come: a sync handler has finished when it returns, an async one goes on in the arena.
pub(crate) enum HandlerCall<'r> {
    Done,
    Later(PinnedFuture<'r>),
}

impl Future for HandlerCall<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match &mut *self {
            HandlerCall::Done => Poll::Ready(()),
            HandlerCall::Later(future) => Pin::new(future).poll(context),
        }
    }
}

/// Starts the producer of a response. It is only a function, so that nothing in it has a lifetime: the request could
/// not hold a value that borrows from the request.
pub(crate) type Start = for<'r> fn(Request<'r>) -> HandlerCall<'r>;

/// An error handler, its error type erased.
pub(super) type ErrorHandler =
    std::sync::Arc<dyn for<'e, 'r> Fn(&'e (dyn StdError + 'static), Request<'r>) + Send + Sync>;

impl Request<'_> {
    /// Stores the error of the handler; the response so far is forgotten.
    #[cold]
    pub(crate) fn fail(self, error: Error) {
        self.exchange.buffer.borrow_mut().clear();
        self.set_fault(Fault::Pending(error));
    }

    /// Stores the error of a producer. The response so far stays: part of it may have been sent.
    #[cold]
    pub(super) fn fail_stream(self, error: Error) {
        self.set_fault(Fault::Pending(error));
    }

    pub(super) fn set_fault(self, fault: Fault) {
        // Dropped after the borrow: the destructor of an error may do anything, even read the response.
        let before = self.exchange.fault.replace(fault);
        drop(before);
    }

    /// Forgets the answer and the error of an earlier run that middleware repeats.
    #[cold]
    pub(super) fn forget_run(self) {
        self.exchange.buffer.borrow_mut().clear();
        self.set_fault(Fault::None);
    }

    /// Takes the error that is not answered yet.
    pub(crate) fn take_pending(self) -> Option<Error> {
        match self.exchange.fault.borrow_mut().take() {
            Fault::Pending(error) => Some(error),
            Fault::None | Fault::Returned => None,
        }
    }

    /// Returns whether an error is not answered yet.
    #[inline]
    pub(crate) fn has_fault(self) -> bool {
        !matches!(*self.exchange.fault.borrow(), Fault::None)
    }
}
