//! Documents in the [embedded metric format][format] of CloudWatch: each is one line, within its limits.
//!
//! [format]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

use super::escaped::{push_escaped, push_quoted};
use super::metrics::Unit;
use super::name::OwnName;
use super::samples::{Metric, ROUTE, Samples, VALUE_LIMIT};
use crate::handler::Record;

/// The most metrics of a document, and the most values of a metric in it.
const METRICS_LIMIT: usize = 100;
const VALUES_LIMIT: usize = 100;
/// The most bytes of a document: the format allows 1 MB.
const BYTES_LIMIT: usize = 1_000_000;
/// The most digits of a number, with its comma.
const NUMBER: usize = 25;
/// The most bytes of the definition of a metric and of its member, without the names.
const DEFINITION: usize = 80;

/// Appends the documents that hold all of the samples, each with its line break.
pub(super) fn write_documents(out: &mut Vec<u8>, namespace: &str, millis: u64, samples: &Samples) {
    let metrics = &samples.metrics;
    let most = metrics.iter().map(|metric| metric.count).max().unwrap_or(0);
    // Nearly always one document holds all: a name is written twice, and a byte takes at most six.
    let strings = 12 * (samples.text_size() + namespace.len());
    let bytes = strings + NUMBER * samples.values.len() + DEFINITION * metrics.len();
    if bytes < BYTES_LIMIT - 10_000 && most <= VALUES_LIMIT && metrics.len() <= METRICS_LIMIT {
        if !metrics.is_empty() {
            write_document(out, namespace, millis, samples, metrics, 0);
        }
        return;
    }
    // Each round writes the next values of the metrics that have more.
    let base = base_size(namespace, samples);
    for round in 0..most.div_ceil(VALUES_LIMIT) {
        let mut from = 0;
        while from < metrics.len() {
            let (mut to, mut size, mut count) = (from, base, 0);
            while let Some(metric) = metrics.get(to) {
                let values = values_of(metric, round);
                let own = size_of_metric(samples, metric, values);
                // One metric always fits: names and values have limits.
                if count == METRICS_LIMIT || count > 0 && size + own > BYTES_LIMIT {
                    break;
                }
                if values > 0 {
                    (size, count) = (size + own, count + 1);
                }
                to += 1;
            }
            if count > 0 {
                write_document(out, namespace, millis, samples, &metrics[from..to], round);
            }
            from = to;
        }
    }
}

/// The number of values that a metric has in a round.
fn values_of(metric: &Metric, round: usize) -> usize {
    metric.count.saturating_sub(round * VALUES_LIMIT).min(VALUES_LIMIT)
}

/// At least the length of a string between quotation marks.
fn escaped_size(text: &str) -> usize {
    // The longest escape of a byte has six, as `\u0000`.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        text.len() + 2
    } else {
        text.len() * 6 + 2
    }
}

/// At least the length of a document without metrics.
fn base_size(namespace: &str, samples: &Samples) -> usize {
    let pairs = samples.dimensions.iter().chain(&samples.metadata);
    let pairs = pairs.map(|(name, value)| 2 * escaped_size(samples.get(*name)) + escaped_size(samples.get(*value)) + 4);
    let notes = samples.notes.iter().map(|(name, value)| name.json.len() + escaped_size(samples.get(*value)));
    150 + escaped_size(namespace) + pairs.sum::<usize>() + notes.sum::<usize>()
}

/// At least the length of a metric with so many values.
fn size_of_metric(samples: &Samples, metric: &Metric, values: usize) -> usize {
    2 * escaped_size(samples.get(metric.name)) + DEFINITION + values * NUMBER
}

fn write_document(
    out: &mut Vec<u8>,
    namespace: &str,
    millis: u64,
    samples: &Samples,
    metrics: &[Metric],
    round: usize,
) {
    let metrics = || metrics.iter().filter(|metric| values_of(metric, round) > 0);
    out.extend_from_slice(DOCUMENT);
    out.extend_from_slice(itoa::Buffer::new().format(millis).as_bytes());
    out.extend_from_slice(b",\"CloudWatchMetrics\":[{\"Namespace\":");
    push_quoted(out, namespace);
    out.extend_from_slice(b",\"Dimensions\":[[");
    for (number, (name, _)) in samples.dimensions.iter().enumerate() {
        push_comma(out, number);
        push_quoted(out, samples.get(*name));
    }
    out.extend_from_slice(b"]],\"Metrics\":[");
    for (number, metric) in metrics().enumerate() {
        push_comma(out, number);
        out.extend_from_slice(b"{\"Name\":");
        push_quoted(out, samples.get(metric.name));
        out.extend_from_slice(b",\"Unit\":");
        push_quoted(out, metric.unit);
        if metric.high_resolution {
            out.extend_from_slice(b",\"StorageResolution\":1");
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"]}]}");
    for (name, value) in &samples.dimensions {
        push_member(out, samples.get(*name));
        push_quoted(out, samples.get(*value));
    }
    for metric in metrics() {
        push_member(out, samples.get(metric.name));
        push_values(out, samples, metric, round);
    }
    // Without records there are only dimensions of the settings, and metrics whose names no note has.
    let is_recorded = |name: &str| {
        let mut metadata = samples.metadata.iter();
        samples.is_dimension(name)
            || samples.has_records && (samples.is_taken(name) || metadata.any(|(own, _)| samples.get(*own) == name))
    };
    for (name, value) in samples.notes.iter().filter(|(name, _)| !is_recorded(name.plain())) {
        push_note(out, *name, samples.get(*value));
    }
    for (name, value) in &samples.metadata {
        let name = samples.get(*name);
        if !samples.is_taken(name) {
            push_member(out, name);
            push_quoted(out, samples.get(*value));
        }
    }
    out.extend_from_slice(b"}\n");
}

/// The metrics of a request, each of which has one value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) latency: f64,
    pub(super) fault: bool,
    pub(super) error: bool,
}

impl Measured {
    pub(super) fn record(self, samples: &mut Samples) {
        let count = |yes| f64::from(u8::from(yes));
        for (name, value, unit) in [
            ("latency", self.latency, Unit::Milliseconds),
            ("fault", count(self.fault), Unit::Count),
            ("error", count(self.error), Unit::Count),
        ] {
            samples.add(Record::Value { name, value, unit: unit.name(), high_resolution: false });
        }
    }
}

const DOCUMENT: &[u8] = b"{\"_aws\":{\"Timestamp\":";

/// A document of which only the time, the route, the values and the notes differ between requests: nothing was recorded
/// in them.
#[derive(Debug)]
pub(super) struct Form(Box<[u8]>);

impl Form {
    /// Makes the form for all requests with these dimensions. Returns `None` if one of them has the name of a metric, or if
    /// the route is not the last one.
    pub(super) fn new(namespace: &str, dimensions: Samples) -> Option<Self> {
        let (mut samples, mut out) = (dimensions, Vec::new());
        samples.add(Record::Dimension { name: ROUTE, value: "x" });
        Measured { latency: 0.0, fault: false, error: false }.record(&mut samples);
        write_documents(&mut out, namespace, 0, &samples);
        let fixed = out.strip_prefix(DOCUMENT)?.strip_prefix(b"0")?;
        let fixed = fixed.strip_suffix(b",\"route\":\"x\",\"latency\":[0],\"fault\":[0],\"error\":[0]}\n")?;
        Some(Self(fixed.into()))
    }

    /// Returns whether the form takes a route: a dimension must not be blank, and a long one is cut.
    pub(super) fn takes(route: &str) -> bool {
        route.len() <= VALUE_LIMIT && route.as_bytes().first().is_some_and(u8::is_ascii_graphic)
    }

    /// Appends the document of a request. Of `samples` it has the notes.
    pub(super) fn write(&self, out: &mut Vec<u8>, millis: u64, route: &str, measured: Measured, samples: &Samples) {
        out.extend_from_slice(DOCUMENT);
        out.extend_from_slice(itoa::Buffer::new().format(millis).as_bytes());
        out.extend_from_slice(&self.0);
        out.extend_from_slice(b",\"route\":\"");
        push_escaped(out, route);
        out.extend_from_slice(b"\",\"latency\":[");
        push_number(out, measured.latency);
        let digit = |yes| b'0' + u8::from(yes);
        out.extend_from_slice(b"],\"fault\":[");
        out.push(digit(measured.fault));
        out.extend_from_slice(b"],\"error\":[");
        out.push(digit(measured.error));
        out.push(b']');
        for (name, value) in &samples.notes {
            push_note(out, *name, samples.get(*value));
        }
        out.extend_from_slice(b"}\n");
    }
}

fn push_note(out: &mut Vec<u8>, name: OwnName, value: &str) {
    out.extend_from_slice(name.json.as_bytes());
    push_quoted(out, value);
}

fn push_values(out: &mut Vec<u8>, samples: &Samples, metric: &Metric, round: usize) {
    let mut at = metric.first;
    for _ in 0..round * VALUES_LIMIT {
        at = samples.values[at as usize].next;
    }
    out.push(b'[');
    for number in 0..values_of(metric, round) {
        push_comma(out, number);
        let value = samples.values[at as usize];
        push_number(out, value.value);
        at = value.next;
    }
    out.push(b']');
}

/// Writes a whole number without a fraction.
fn push_number(out: &mut Vec<u8>, value: f64) {
    let whole = value as i64;
    if whole as f64 == value && whole.unsigned_abs() < 1 << 53 {
        out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    } else {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    }
}

fn push_comma(out: &mut Vec<u8>, number: usize) {
    if number > 0 {
        out.push(b',');
    }
}

fn push_member(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    push_quoted(out, name);
    out.push(b':');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::observe::name::own;

    fn documents(samples: &Samples) -> Vec<Value> {
        let mut out = Vec::new();
        write_documents(&mut out, "N", 7, samples);
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.len() <= BYTES_LIMIT));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn value(name: &str, value: f64) -> Record<'_> {
        Record::Value { name, value, unit: "Count", high_resolution: false }
    }

    #[test]
    fn a_document_has_definitions_and_values() {
        let mut samples = Samples::default();
        samples.add(Record::Dimension { name: "service", value: "todos" });
        samples.add(value("A", 1.0));
        samples.add(value("A", 2.5));
        samples.add(Record::Value { name: "B", value: -0.1, unit: "Milliseconds", high_resolution: true });
        samples.add(Record::Metadata { name: "id", value: "z\"" });
        samples.add(Record::Metadata { name: "A", value: "a metric has this name" });
        let expected = json!([{
            "_aws": { "Timestamp": 7, "CloudWatchMetrics": [{
                "Namespace": "N",
                "Dimensions": [["service"]],
                "Metrics": [
                    { "Name": "A", "Unit": "Count" },
                    { "Name": "B", "Unit": "Milliseconds", "StorageResolution": 1 },
                ],
            }]},
            "service": "todos", "A": [1, 2.5], "B": [-0.1], "id": "z\"",
        }]);
        assert_eq!(Value::from(documents(&samples)), expected);
    }

    #[test]
    fn large_documents_are_divided() {
        let mut samples = Samples::default();
        // Each byte of the names takes six.
        for number in 0..100_u32 {
            let name = format!("{number:03}{}", "\u{1}".repeat(250));
            for _ in 0..100 {
                samples.add(value(&name, f64::MIN_POSITIVE));
            }
        }
        for number in 0..29 {
            samples.add(Record::Dimension { name: &format!("d{number}"), value: &"\u{1}".repeat(1000) });
        }
        for number in 0..100 {
            samples.add(Record::Metadata { name: &format!("m{number}"), value: &"\u{1}".repeat(1000) });
        }
        let documents = documents(&samples);
        assert!(documents.len() > 1);
        let metrics =
            documents.iter().map(|one| one["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().len());
        assert_eq!(metrics.sum::<usize>(), 100);
    }

    #[test]
    fn a_dimension_with_the_name_of_a_metric_has_no_form() {
        for (name, has_form) in
            [("service", true), ("latency", false), ("fault", false), ("error", false), (ROUTE, true)]
        {
            let mut samples = Samples::default();
            samples.add(Record::Dimension { name, value: "x" });
            assert_eq!(Form::new("N", samples).is_some(), has_form, "{name}");
        }
        let mut samples = Samples::default();
        samples.add(Record::Dimension { name: ROUTE, value: "x" });
        samples.add(Record::Dimension { name: "last", value: "x" });
        assert!(Form::new("N", samples).is_none());
    }

    proptest! {
        /// The form of a request writes what the general way writes.
        #[test]
        fn a_form_is_the_document(
            namespace in ".{1,20}",
            dimensions in proptest::collection::vec((".{0,5}", ".{0,5}"), 0..4),
            route in prop_oneof![Just(String::new()), ".{0,5}", "/.{0,1200}"],
            notes in proptest::collection::vec("(?s).{0,40}", 0..3),
            millis in any::<u64>(), micros in 0..1_000_000_u32, fault in any::<bool>(), error in any::<bool>(),
        ) {
            let with_dimensions = || {
                let mut samples = Samples::default();
                for (name, value) in &dimensions {
                    samples.add(Record::Dimension { name, value });
                }
                samples
            };
            let form = Form::new(&namespace, with_dimensions());
            prop_assume!(form.is_some() && Form::takes(&route));
            let mut samples = with_dimensions();
            for note in &notes {
                samples.note(own!("path"), note);
            }
            let measured = Measured { latency: f64::from(micros) / 1000.0, fault, error };
            let (mut quick, mut general) = (Vec::new(), Vec::new());
            form.unwrap().write(&mut quick, millis, &route, measured, &samples);
            samples.add(Record::Dimension { name: ROUTE, value: &route });
            measured.record(&mut samples);
            write_documents(&mut general, &namespace, millis, &samples);
            prop_assert_eq!(String::from_utf8(quick), String::from_utf8(general));
        }

        /// All values arrive, in their order, whatever the division.
        #[test]
        fn no_value_is_lost(counts in proptest::collection::vec(prop_oneof![9 => 0..3_usize, 1 => 0..350_usize], 0..220)) {
            let mut samples = Samples::default();
            for (name, &count) in counts.iter().enumerate() {
                for number in 0..count {
                    samples.add(value(&format!("metric {name}"), number as f64));
                }
            }
            let mut seen = vec![Vec::new(); counts.len()];
            for document in documents(&samples) {
                let metrics = document["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
                prop_assert!((1..=100).contains(&metrics.len()));
                for metric in metrics {
                    let name = metric["Name"].as_str().unwrap();
                    let values = document[name].as_array().unwrap();
                    prop_assert!((1..=100).contains(&values.len()));
                    let number: usize = name["metric ".len()..].parse().unwrap();
                    seen[number].extend(values.iter().map(|value| value.as_u64().unwrap() as usize));
                }
            }
            for (seen, count) in seen.into_iter().zip(counts) {
                prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
            }
        }

        #[test]
        fn any_number_is_read_back(number in any::<f64>()) {
            prop_assume!(number.is_finite());
            let mut out = Vec::new();
            push_number(&mut out, number);
            let text = String::from_utf8(out).unwrap();
            prop_assert_eq!(text.parse::<f64>().unwrap(), number);
            prop_assert!(text.len() < NUMBER, "{}", text);
        }
    }
}
