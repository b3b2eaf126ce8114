//! The reports about invocations: the engine sends them to [`Observers`], and the access log and the metrics are two of
//! those. A program without any contains no code of theirs.

use super::LambdaContext;
use super::exchange::Request;
use crate::arena::{Arena, PinnedFuture};
use crate::event::Ids;
use crate::invocation_error::InvocationError;

/// The observation of one invocation after the other, for one worker. Nothing here may panic.
pub(crate) trait Observer: Send {
    /// An invocation begins.
    fn begin(&self, begin: &Begin<'_>);

    /// The request has a response, or has failed: this is called while it can still be read. It is not called if the
    /// event was not a request.
    fn request(&self, req: Request<'_>, ids: &Ids<'_>);

    /// Returns the identifiers of a request, for all observers. A method, so that only programs with observers contain it.
    fn ids<'r>(&self, req: Request<'r>) -> Ids<'r> {
        req.context().ids()
    }

    /// The invocation ends: with a response of this many bytes, or an error.
    fn end(&self, outcome: Result<usize, &InvocationError>);

    /// Writes what there is to write, once the response has been sent.
    fn flush(&self);

    /// Takes a record that a handler makes.
    fn record(&self, _: Record<'_>) {}

    /// Returns whether failed invocations are written by this observer, so that nobody else has to.
    fn reports_failures(&self) -> bool {
        false
    }
}

/// The start of an invocation.
#[derive(Clone, Copy)]
pub(crate) struct Begin<'a> {
    pub(crate) lambda: &'a LambdaContext<'a>,
    /// The length of the event.
    pub(crate) received: usize,
    pub(crate) cold_start: bool,
}

/// A record for the metrics.
#[derive(Clone, Copy)]
pub(crate) enum Record<'a> {
    Value { name: &'a str, value: f64, unit: &'static str, high_resolution: bool },
    Dimension { name: &'a str, value: &'a str },
    Metadata { name: &'a str, value: &'a str },
}

/// Makes an observer for each worker.
pub(crate) trait Observe: Send + Sync {
    fn observer(&self) -> Box<dyn Observer>;

    /// Returns the fault of the settings, if there is one.
    fn fault(&self) -> Option<String> {
        None
    }

    /// Returns whether failed invocations are written by the observers, so that nobody else has to.
    fn reports_failures(&self) -> bool {
        false
    }
}

/// A hook that runs after the response has been sent.
pub(crate) trait AfterResponse: Send + Sync {
    fn call<'a>(&'a self, arena: &'a Arena) -> PinnedFuture<'a>;
}

/// An async function as such a hook.
pub(crate) struct Hook<F>(pub(crate) F);

impl<F: AsyncFn() + Send + Sync> AfterResponse for Hook<F> {
    fn call<'a>(&'a self, arena: &'a Arena) -> PinnedFuture<'a> {
        arena.pin(async move { (self.0)().await })
    }
}

/// The settings of an app for what is reported about invocations.
#[derive(Default)]
pub(crate) struct Observing {
    pub(crate) observe: Vec<Box<dyn Observe>>,
    pub(crate) after_response: Vec<Box<dyn AfterResponse>>,
}

impl Observing {
    /// Returns whether something happens after a response has been sent.
    pub(crate) fn is_on(&self) -> bool {
        !self.observe.is_empty() || !self.after_response.is_empty()
    }

    /// Returns whether failed invocations are written by an observer.
    pub(crate) fn reports_failures(&self) -> bool {
        self.observe.iter().any(|observe| observe.reports_failures())
    }
}

/// The observers of a worker.
pub(crate) struct Observers(Vec<Box<dyn Observer>>);

impl Observers {
    pub(crate) fn new(observing: &Observing) -> Self {
        Self(observing.observe.iter().map(|observe| observe.observer()).collect())
    }

    #[inline]
    pub(crate) fn begin(&self, lambda: &LambdaContext<'_>, received: usize, cold_start: bool) {
        self.each(|observer| observer.begin(&Begin { lambda, received, cold_start }));
    }

    #[inline]
    pub(crate) fn request(&self, req: Request<'_>) {
        if let Some(first) = self.0.first() {
            let ids = first.ids(req);
            self.each(|observer| observer.request(req, &ids));
        }
    }

    #[inline]
    pub(crate) fn end(&self, length: usize) {
        self.each(|observer| observer.end(Ok(length)));
    }

    /// Reports the end of a failed invocation, and returns its error.
    #[cold]
    pub(crate) fn failed(&self, error: InvocationError) -> InvocationError {
        self.each(|observer| observer.end(Err(&error)));
        error
    }

    #[inline]
    pub(crate) fn flush(&self) {
        self.each(|observer| observer.flush());
    }

    #[inline]
    pub(crate) fn record(&self, record: Record<'_>) {
        self.each(|observer| observer.record(record));
    }

    pub(crate) fn report_failures(&self) -> bool {
        self.0.iter().any(|observer| observer.reports_failures())
    }

    #[inline(always)]
    fn each(&self, call: impl Fn(&dyn Observer)) {
        for observer in &self.0 {
            call(&**observer);
        }
    }
}

/// Lines of an invocation whose worker nobody uses again.
impl Drop for Observers {
    fn drop(&mut self) {
        self.flush();
    }
}
