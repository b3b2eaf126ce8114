//! Publishes the metrics of a worker's invocations.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::document::write_documents;
use super::metrics::{Metrics, Unit};
use super::samples::{DIMENSIONS_LIMIT, Samples, VALUE_LIMIT, dimension_fault, name_fault};
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
    /// `None` until there is a response.
    status: Option<u16>,
    /// True if there is something to write.
    ready: bool,
}

impl Publisher {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        let state = State {
            samples: Samples::default(),
            out: Vec::new(),
            begin: Instant::now(),
            begun: false,
            is_cold: false,
            status: None,
            ready: false,
        };
        Self { metrics, state: RefCell::new(state) }
    }
}

impl Observer for Publisher {
    fn begin(&self, begin: &Begin<'_>) {
        let (metrics, state) = (&*self.metrics, &mut *self.state.borrow_mut());
        state.samples.clear();
        state.begin = Instant::now();
        (state.begun, state.is_cold, state.status) = (true, begin.cold_start, None);
        if let Some(service) = &metrics.service {
            dimension(&mut state.samples, "service", service);
        }
        for (name, value) in &metrics.dimensions {
            dimension(&mut state.samples, name, value);
        }
        if metrics.requests {
            dimension(&mut state.samples, "route", "INVALID_EVENT");
            metadata(&mut state.samples, "function_request_id", Some(begin.lambda.request_id));
        }
    }

    fn record(&self, record: Record<'_>) {
        self.state.borrow_mut().samples.add(record);
    }

    fn request(&self, req: Request<'_>) {
        let (metrics, state) = (&*self.metrics, &mut *self.state.borrow_mut());
        let (status, samples) = (req.exchange.draft.borrow().status().as_u16(), &mut state.samples);
        state.status = Some(status);
        if !metrics.requests {
            return;
        }
        dimension(samples, "route", req.route().unwrap_or("NOT_FOUND"));
        metadata(samples, "httpMethod", Some(req.method()));
        metadata(samples, "path", Some(req.path()));
        let context = req.context();
        metadata(samples, "apiGwRequestId", context.request_id());
        metadata(samples, "apiGwApiId", context.api_id());
        metadata(samples, "apiGwExtendedRequestId", context.extended_request_id());
        if metrics.client {
            metadata(samples, "userAgent", req.user_agent());
            metadata(samples, "ipAddress", req.source_ip());
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
            metadata(&mut state.samples, "statusCode", Some(itoa::Buffer::new().format(status)));
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
            dimension(&mut cold, "function_name", metrics.function_name.as_deref().unwrap_or_default());
            dimension(&mut cold, "service", metrics.service.as_deref().unwrap_or_default());
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

fn metadata(samples: &mut Samples, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        samples.add(Record::Metadata { name, value });
    }
}

#[cold]
fn warn(name: &str, reason: &str) {
    log(Level::Warn, "", &format!("the metric or dimension {name:?} was left out: {reason}"));
}
