//! Publishes the metrics of a worker's invocations.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::client::{source_ip, user_agent};
use super::document::{Form, Measured, write_documents};
use super::metrics::{Metrics, Unit};
use super::name::{OwnName, own};
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

// The notes of a document: what is not a metric and not a dimension.
const REQUEST_ID: OwnName = own!("function_request_id");
const METHOD: OwnName = own!("httpMethod");
const PATH: OwnName = own!("path");
const API_REQUEST_ID: OwnName = own!("apiGwRequestId");
const API_ID: OwnName = own!("apiGwApiId");
const EXTENDED_ID: OwnName = own!("apiGwExtendedRequestId");
const USER_AGENT: OwnName = own!("userAgent");
const ADDRESS: OwnName = own!("ipAddress");
const STATUS: OwnName = own!("statusCode");
const NOTES: [OwnName; 9] =
    [REQUEST_ID, METHOD, PATH, API_REQUEST_ID, API_ID, EXTENDED_ID, USER_AGENT, ADDRESS, STATUS];

/// The metrics of one worker.
pub(super) struct Publisher {
    metrics: Arc<Metrics>,
    /// The document of a request in which nothing is recorded.
    form: Option<Form>,
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
    /// The route of the request, if it waits for the form.
    route: String,
    /// The values of the request, if they wait for the form.
    measured: Option<Measured>,
    /// True if there is something to write.
    ready: bool,
}

impl Publisher {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        let mut samples = settings_of(&metrics);
        samples.keep_dimensions();
        // The form has a place for each note, and a dimension of that name takes its place.
        let has_form = metrics.requests && !NOTES.iter().any(|note| samples.is_dimension(note.plain()));
        let form = if has_form { Form::new(&metrics.namespace, settings_of(&metrics)) } else { None };
        let state = State {
            samples,
            out: Vec::new(),
            begin: Instant::now(),
            begun: false,
            is_cold: false,
            is_request: false,
            status: None,
            route: String::new(),
            measured: None,
            ready: false,
        };
        Self { metrics, form, state: RefCell::new(state) }
    }
}

/// Returns samples with the dimensions of the settings.
fn settings_of(metrics: &Metrics) -> Samples {
    let mut samples = Samples::default();
    if let Some(service) = &metrics.service {
        dimension(&mut samples, SERVICE, service);
    }
    for (name, value) in &metrics.dimensions {
        dimension(&mut samples, name, value);
    }
    samples
}

impl State {
    /// Makes samples of what waits for the form: it has no place for other records.
    fn leave_form(&mut self) {
        if !self.route.is_empty() {
            dimension(&mut self.samples, ROUTE, &self.route);
            self.route.clear();
        }
        if let Some(measured) = self.measured.take() {
            measured.record(&mut self.samples);
        }
    }
}

impl Observer for Publisher {
    fn begin(&self, begin: &Begin<'_>) {
        let state = &mut *self.state.borrow_mut();
        state.samples.restart();
        state.route.clear();
        state.measured = None;
        state.begin = Instant::now();
        (state.begun, state.is_cold, state.status, state.is_request) = (true, begin.cold_start, None, false);
        if self.metrics.requests {
            state.samples.note(REQUEST_ID, begin.lambda.request_id);
        }
    }

    fn record(&self, record: Record<'_>) {
        let state = &mut *self.state.borrow_mut();
        state.leave_form();
        state.samples.has_records = true;
        state.samples.add(record);
    }

    fn request(&self, req: Request<'_>, ids: &Ids<'_>) {
        let (metrics, state) = (&*self.metrics, &mut *self.state.borrow_mut());
        let (status, samples) = (req.exchange.buffer.borrow().status().as_u16(), &mut state.samples);
        state.status = Some(status);
        if !metrics.requests {
            return;
        }
        state.is_request = true;
        let route = req.route().unwrap_or("NOT_FOUND");
        if self.form.is_some() && !samples.has_records && Form::takes(route) {
            state.route.push_str(route);
        } else {
            dimension(samples, ROUTE, route);
        }
        samples.note(METHOD, req.method());
        samples.note(PATH, req.path());
        let mut note = |name, value: Option<&str>| value.into_iter().for_each(|value| samples.note(name, value));
        note(API_REQUEST_ID, ids.request);
        note(API_ID, ids.api);
        note(EXTENDED_ID, ids.extended);
        if metrics.client {
            note(USER_AGENT, user_agent(req, ids));
            note(ADDRESS, source_ip(req, ids));
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
            state.samples.note(STATUS, itoa::Buffer::new().format(status));
        }
        if !state.is_request {
            dimension(&mut state.samples, ROUTE, "INVALID_EVENT");
        }
        let is_in = |from: u16, to: u16| status.is_some_and(|status| (from..to).contains(&status));
        let measured = Measured {
            latency: state.begin.elapsed().as_micros() as f64 / 1000.0,
            fault: status.is_none() || is_in(500, u16::MAX),
            error: is_in(400, 500),
        };
        if state.route.is_empty() {
            measured.record(&mut state.samples);
        } else {
            state.measured = Some(measured);
        }
    }

    fn flush(&self) {
        let (metrics, state) = (&*self.metrics, &mut *self.state.borrow_mut());
        if !std::mem::take(&mut state.ready) {
            return;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        state.out.clear();
        match (&self.form, state.measured) {
            (Some(form), Some(measured)) => form.write(&mut state.out, now, &state.route, measured, &state.samples),
            _ => {
                state.leave_form();
                write_documents(&mut state.out, &metrics.namespace, now, &state.samples);
            }
        }
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::{Value, json};

    use super::*;

    /// A stream records while it is sent, which is after the request was reported.
    #[test]
    fn a_late_record_leaves_the_form() {
        for late in [false, true] {
            let written = Arc::new(Mutex::new(Vec::new()));
            let metrics = Metrics::namespace("N").service("todos").sink({
                let written = Arc::clone(&written);
                move |lines| written.lock().unwrap().extend_from_slice(lines)
            });
            let publisher = Publisher::new(Arc::new(metrics));
            {
                let state = &mut *publisher.state.borrow_mut();
                state.route.push_str("/{id}");
                state.measured = Some(Measured { latency: 1.5, fault: true, error: false });
                state.samples.note(PATH, "/42");
                state.ready = true;
            }
            let (mut names, mut dimensions) = (vec!["latency", "fault", "error"], vec!["service", "route"]);
            if late {
                publisher.record(Record::Value { name: "Late", value: 1.0, unit: "Count", high_resolution: false });
                publisher.record(Record::Dimension { name: "tenant", value: "blue" });
                names.push("Late");
                dimensions.push("tenant");
            }
            publisher.flush();
            let document: Value = serde_json::from_slice(&written.lock().unwrap()).unwrap();
            let directive = &document["_aws"]["CloudWatchMetrics"][0];
            let written_names: Vec<_> =
                directive["Metrics"].as_array().unwrap().iter().map(|one| &one["Name"]).collect();
            assert_eq!((json!(written_names), &directive["Dimensions"]), (json!(names), &json!([dimensions])));
            assert_eq!(
                json!([document["route"], document["latency"], document["fault"], document["error"], document["path"]]),
                json!(["/{id}", [1.5], [1], [0], "/42"])
            );
        }
    }
}
