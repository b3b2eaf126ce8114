//! Writes the access log: makes the line of an invocation in three steps, while the data for them is there.

use std::cell::RefCell;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::access_log::{AccessLog, Least};
use super::client::{source_ip, user_agent};
use super::line::{Fields, Line, Verdict};
use super::name::own;
use crate::event::Ids;
use crate::handler::{Begin, Error, Observe, Observer, Panicked, Request};
use crate::invocation_error::{CAUSES_LIMIT, InvocationError, PANIC, ShortName};
use crate::trace_context::Trace;
use crate::unwind::discard;

/// The bytes of a line that are kept.
const KEPT: usize = 16 * 1024;

/// The settings, shared by the workers of an app.
pub(crate) struct Settings(Arc<AccessLog>);

impl Settings {
    pub(crate) fn new(log: AccessLog) -> Self {
        Self(Arc::new(log))
    }
}

impl Observe for Settings {
    fn observer(&self) -> Box<dyn Observer> {
        Box::new(Recorder::new(Arc::clone(&self.0)))
    }

    fn reports_failures(&self) -> bool {
        true
    }
}

/// The access log of one worker.
pub(super) struct Recorder {
    log: Arc<AccessLog>,
    state: RefCell<State>,
}

struct State {
    line: Line,
    phase: Phase,
    begin: Instant,
    /// The hash of the invocation's identifier.
    hash: u64,
    status: Option<u16>,
    /// True if the line is finished and not written.
    ready: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Begun,
}

impl Recorder {
    pub(super) fn new(log: Arc<AccessLog>) -> Self {
        let mut line = Line::new(log.format);
        line.begin();
        line.optional(own!("service"), log.service.as_deref());
        line.keep();
        let state = State { line, phase: Phase::Idle, begin: Instant::now(), hash: 0, status: None, ready: false };
        Self { log, state: RefCell::new(state) }
    }

    fn is_written(&self, is_error: bool, hash: u64) -> bool {
        match self.log.least {
            Least::Never => false,
            Least::Error => is_error,
            // A rate of zero must not take the hash zero.
            Least::Info => is_error || (hash <= self.log.sampled && self.log.sampled != 0),
        }
    }
}

impl Observer for Recorder {
    fn begin(&self, begin: &Begin<'_>) {
        let (log, state) = (&*self.log, &mut *self.state.borrow_mut());
        state.begin = Instant::now();
        state.phase = Phase::Begun;
        state.status = None;
        state.hash = if log.sampled == u64::MAX { 0 } else { hash(begin.lambda.request_id.as_bytes()) };
        let line = &mut state.line;
        line.begin();
        line.boolean(log.names.cold_start, begin.cold_start);
        if let Some(function) = &log.function {
            line.optional(own!("function_name"), function.name.as_deref());
            if let Some(memory) = function.memory {
                line.integer(own!("function_memory_size"), memory);
            }
            line.text(own!("function_arn"), begin.lambda.invoked_function_arn);
        }
        line.text(log.names.request_id, begin.lambda.request_id);
        line.optional(own!("xray_trace_id"), begin.lambda.trace_id.and_then(Trace::root_of));
        line.integer(own!("bytes_in"), begin.received);
    }

    fn request(&self, req: Request<'_>, ids: &Ids<'_>) {
        let (log, state) = (&*self.log, &mut *self.state.borrow_mut());
        let (line, names) = (&mut state.line, log.names);
        line.text(own!("source"), req.source().name());
        line.text(names.method, req.method());
        line.optional(names.route, req.route());
        line.text(names.path, req.path());
        // As `Request::correlation_id`.
        line.optional(own!("correlation_id"), ids.request.or_else(|| req.header("x-amzn-trace-id")));
        if log.source_ip {
            line.optional(names.source_ip, source_ip(req, ids));
        }
        if log.user_agent {
            line.optional(names.user_agent, user_agent(req, ids));
        }
        named(line, "headers", &log.headers, |name| req.header(name));
        named(line, "query", &log.query, |name| req.query(name));
        named(line, "cookies", &log.cookies, |name| req.cookie(name));
        if let Some(add) = &log.add {
            attempt(line, |line| add(req, &mut Fields(line)));
        }
        state.status = Some(req.exchange.buffer.borrow().status().as_u16());
        if let Some(error) = req.error() {
            attempt(line, |line| answered(line, log, error));
        }
    }

    fn end(&self, outcome: Result<usize, &InvocationError>) {
        let (log, state) = (&*self.log, &mut *self.state.borrow_mut());
        if std::mem::replace(&mut state.phase, Phase::Idle) == Phase::Idle {
            return;
        }
        let status = state.status.filter(|_| outcome.is_ok());
        let is_error = status.is_none_or(|status| status >= 500);
        if !self.is_written(is_error, state.hash) {
            return;
        }
        let line = &mut state.line;
        if let Some(status) = status {
            line.integer(log.names.status, status);
        }
        line.millis(own!("duration_ms"), state.begin.elapsed().as_micros());
        match outcome {
            Ok(length) => line.integer(own!("bytes_out"), length),
            Err(error) => failed(line, log, error),
        }
        let verdict = match outcome {
            Ok(_) if is_error => Verdict::ERROR,
            Ok(_) => Verdict::ANSWERED,
            Err(_) => Verdict::FAILED,
        };
        line.end(verdict, SystemTime::now());
        state.ready = true;
    }

    fn flush(&self) {
        let state = &mut *self.state.borrow_mut();
        if std::mem::take(&mut state.ready) {
            self.log.sink.write(state.line.written());
            state.line.shrink(KEPT);
        }
    }

    fn reports_failures(&self) -> bool {
        true
    }
}

/// Writes an object with the values of these names, if there are any.
fn named<'r>(line: &mut Line, group: &'static str, names: &[Box<str>], get: impl Fn(&str) -> Option<&'r str>) {
    if names.is_empty() {
        return;
    }
    line.object(group, |line| {
        for name in names {
            if let Some(value) = get(name) {
                line.text(&**name, value);
            }
        }
    });
}

/// Runs code of the app that writes fields. If it panics, they are left out.
fn attempt(line: &mut Line, write: impl FnOnce(&mut Line)) {
    let mark = line.mark();
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| write(line))) {
        discard(panic);
        line.undo(mark);
    }
}

/// Writes the error that the response answers.
fn answered(line: &mut Line, log: &AccessLog, error: &Error) {
    let (names, value) = (log.names, error.get());
    if let Some(error) = value.downcast_ref::<InvocationError>() {
        return failed(line, log, error);
    }
    if value.is::<Panicked>() {
        line.text(names.error_type, PANIC);
    } else {
        line.display(names.error_type, &ShortName::of(error.type_name()));
    }
    line.display(names.error_message, value);
    let causes = std::iter::successors(value.source(), |error| error.source()).take(CAUSES_LIMIT);
    list(line, causes);
}

/// Writes the error of a failed invocation.
fn failed(line: &mut Line, log: &AccessLog, error: &InvocationError) {
    line.text(log.names.error_type, error.error_type());
    line.text(log.names.error_message, error.message());
    if error.type_path() != error.error_type() {
        line.text(own!("error_path"), error.type_path());
    }
    list(line, error.causes());
}

/// Writes the causes of an error, if there are any.
fn list<D: Display>(line: &mut Line, causes: impl Iterator<Item = D>) {
    let mut causes = causes.peekable();
    if causes.peek().is_none() {
        return;
    }
    line.begin_list(own!("error_causes"));
    for cause in causes {
        line.item(&cause);
    }
    line.end_list();
}

/// A hash whose bits are spread evenly: FNV-1a, mixed as in SplitMix64.
fn hash(bytes: &[u8]) -> u64 {
    let fnv = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (fnv ^ fnv >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_spread_evenly() {
        let below = |limit: f64| {
            let hashes = (0..10_000).map(|number| hash(format!("8476a536-e9f4-11e8-9739-{number:012}").as_bytes()));
            hashes.filter(|&hash| hash as f64 <= limit * u64::MAX as f64).count()
        };
        for (rate, expected) in [(0.01, 100.0), (0.1, 1000.0), (0.5, 5000.0)] {
            let distance = (below(rate) as f64 - expected).abs();
            assert!(distance < 4.0 * expected.sqrt(), "{rate}: {}", below(rate));
        }
    }
}
