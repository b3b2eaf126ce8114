//! Publishes the metrics of a worker's invocations.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::client::{source_ip, user_agent};
use super::document::write_documents;
use super::metrics::{Metrics, Unit};
use super::samples::{DIMENSIONS_LIMIT, ROUTE, SERVICE, Samples, VALUE_LIMIT, dimension_fault, name_fault};
use crate::event::Ids;
use crate::handler::{Begin, Observe, Observer, Record, Request};
use crate::invocation_error::InvocationError;
use crate::log::{Level, log};

/// The bytes of each buffer that are kept.
const KEPT: usize = 64 * 1024;

/// The settings, shared by the workers of an app.
pub(crate) struct Settings(Arc<Metrics>);

impl Settings {
    pub(crate) fn new(metrics: Metrics) -> Self {
        Self(Arc::new(metrics))
    }
}

impl Observe for Settings {
    fn observer(&self) -> Box<dyn Observer> {
        Box::new(Publisher::new(Arc::clone(&self.0)))
    }

    fn fault(&self) -> Option<String> {
        let Metrics { namespace, service, dimensions, .. } = &*self.0;
        if let Some(fault) = name_fault(namespace) {
            return Some(format!("the namespace {namespace:?} of the metrics is refused by CloudWatch: {fault}"));
        }
        let service = service.as_ref().map(|service| ("service", &**service));
        let named = dimensions.iter().map(|(name, value)| (&**name, &**value));
        for (name, value) in service.into_iter().chain(named) {
            let long = (value.len() > VALUE_LIMIT).then_some("its value has more than 1024 bytes");
            if let Some(fault) = dimension_fault(name, value).or(long) {
                return Some(format!("the dimension {name:?} of the metrics is refused by CloudWatch: {fault}"));
            }
        }
        // With `service` and `route`.
        (dimensions.len() > DIMENSIONS_LIMIT - 2)
            .then(|| format!("the metrics have {} dimensions: CloudWatch takes 28 beside its own", dimensions.len()))
    }
}

/// The metrics of one worker.
pub(super) struct Publisher {
    metrics: Arc<Metrics>,
    state: RefCell<State>,
}

struct State {
    samples: Samples,
    out: Vec<u8>,
    begin: Instant,
    begun: bool,
    is_cold: bool,
    /// True if the event was a request.
    is_request: bool,
    /// `None` until there is a response.
    status: Option<u16>,
    /// True if there is something to write.
    ready: bool,
}

impl Publisher {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        let mut samples = Samples::default();
        if let Some(service) = &metrics.service {
            dimension(&mut samples, SERVICE, service);
        }
        for (name, value) in &metrics.dimensions {
            dimension(&mut samples, name, value);
        }
        samples.keep_dimensions();
        let state = State {
            samples,
            out: Vec::new(),
            begin: Instant::now(),
            begun: false,
            is_cold: false,
            is_request: false,
            status: None,
            ready: false,
        };
        Self { metrics, state: RefCell::new(state) }
    }
}

impl Observer for Publisher {
    fn begin(&self, begin: &Begin<'_>) {
        let state = &mut *self.state.borrow_mut();
        state.samples.restart();
        state.begin = Instant::now();
        (state.begun, state.is_cold, state.status, state.is_request) = (true, begin.cold_start, None, false);
        if self.metrics.requests {
            state.samples.note("function_request_id", begin.lambda.request_id);
        }
    }

    fn record(&self, record: Record<'_>) {
        let samples = &mut self.state.borrow_mut().samples;
        samples.has_records = true;
        samples.add(record);
    }

    fn request(&self, req: Request<'_>, ids: &Ids<'_>) {
        let (metrics, state) = (&*self.metrics, &mut *self.state.borrow_mut());
        let (status, samples) = (req.exchange.buffer.borrow().status().as_u16(), &mut state.samples);
        state.status = Some(status);
        if !metrics.requests {
            return;
        }
        state.is_request = true;
        dimension(samples, ROUTE, req.route().unwrap_or("NOT_FOUND"));
        samples.note("httpMethod", req.method());
        samples.note("path", req.path());
        let mut note = |name, value: Option<&str>| value.into_iter().for_each(|value| samples.note(name, value));
        note("apiGwRequestId", ids.request);
        note("apiGwApiId", ids.api);
        note("apiGwExtendedRequestId", ids.extended);
        if metrics.client {
            note("userAgent", user_agent(req, ids));
            note("ipAddress", source_ip(req, ids));
        }
    }

    fn end(&self, outcome: Result<usize, &InvocationError>) {
        let (metrics, state) = (&*self.metrics, &mut *self.state.borrow_mut());
        if !std::mem::take(&mut state.begun) {
            return;
        }
        state.ready = true;
        if !metrics.requests {
            return;
        }
        let status = state.status.filter(|_| outcome.is_ok());
        if let Some(status) = status {
            state.samples.note("statusCode", itoa::Buffer::new().format(status));
        }
        if !state.is_request {
            dimension(&mut state.samples, ROUTE, "INVALID_EVENT");
        }
        let mut add = |name, value, unit: Unit| {
            state.samples.add(Record::Value { name, value, unit: unit.name(), high_resolution: false });
        };
        let is_in = |from: u16, to: u16| status.is_some_and(|status| (from..to).contains(&status));
        let millis = state.begin.elapsed().as_micros() as f64 / 1000.0;
        add("latency", millis, Unit::Milliseconds);
        add("fault", f64::from(u8::from(status.is_none() || is_in(500, u16::MAX))), Unit::Count);
        add("error", f64::from(u8::from(is_in(400, 500))), Unit::Count);
    }

    fn flush(&self) {
        let (metrics, state) = (&*self.metrics, &mut *self.state.borrow_mut());
        if !std::mem::take(&mut state.ready) {
            return;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        state.out.clear();
        write_documents(&mut state.out, &metrics.namespace, now, &state.samples);
        if let Some((name, reason)) = state.samples.refused {
            warn(state.samples.get(name), reason);
        }
        if state.is_cold && metrics.cold_starts {
            let mut cold = Samples::default();
            // An empty value is refused, and so left out.
            dimension(&mut cold, "function_name", metrics.function_name.as_deref().unwrap_or_default());
            dimension(&mut cold, SERVICE, metrics.service.as_deref().unwrap_or_default());
            for (name, value) in &metrics.dimensions {
                dimension(&mut cold, name, value);
            }
            cold.add(Record::Value { name: "ColdStart", value: 1.0, unit: Unit::Count.name(), high_resolution: false });
            write_documents(&mut state.out, &metrics.namespace, now, &cold);
        }
        metrics.sink.write(&state.out);
        state.samples.shrink(KEPT);
        if state.out.capacity() > KEPT {
            state.out.clear();
            state.out.shrink_to(KEPT);
        }
    }
}

fn dimension(samples: &mut Samples, name: &str, value: &str) {
    samples.add(Record::Dimension { name, value });
}

#[cold]
fn warn(name: &str, reason: &str) {
    log(Level::Warn, "", &format!("the metric or dimension {name:?} was left out: {reason}"));
}
