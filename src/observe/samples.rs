//! The metrics of one invocation: names, values, dimensions and metadata, in memory that is kept.

use super::name::OwnName;
use crate::handler::Record;

/// The most dimensions of a document.
pub(super) const DIMENSIONS_LIMIT: usize = 30;
/// The most bytes of a name.
const NAME_LIMIT: usize = 255;
/// The most bytes of the name of a dimension.
const DIMENSION_NAME_LIMIT: usize = 250;
/// The most bytes of the value of a dimension.
pub(super) const VALUE_LIMIT: usize = 1024;
/// The most metadata of an invocation, and the most bytes of their names and values: escaped, they leave room in a
/// document of 1 MB.
const METADATA_LIMIT: usize = 100;
const METADATA_BYTES: usize = 64 * 1024;
/// The largest magnitude that CloudWatch takes: 2 to the power of 360.
const LARGEST: f64 = f64::from_bits((1023 + 360) << 52);

/// The dimensions of this crate.
pub(super) const ROUTE: &str = "route";
pub(super) const SERVICE: &str = "service";

/// A range of the kept text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Metric {
    pub(super) name: Span,
    pub(super) unit: &'static str,
    pub(super) high_resolution: bool,
    pub(super) count: usize,
    /// The values form a list: an index of `values`.
    pub(super) first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) value: f64,
    pub(super) next: u32,
}

/// The records of one invocation.
#[derive(Debug, Default)]
pub(super) struct Samples {
    text: String,
    pub(super) metrics: Vec<Metric>,
    pub(super) values: Vec<Value>,
    pub(super) dimensions: Vec<(Span, Span)>,
    pub(super) metadata: Vec<(Span, Span)>,
    metadata_bytes: usize,
    /// Metadata of this crate.
    pub(super) notes: Vec<(OwnName, Span)>,
    /// The bytes of text and the number of dimensions that all invocations share.
    kept: (usize, usize),
    /// True if the handler has recorded something, whose names may be those of notes.
    pub(super) has_records: bool,
    /// The first record that CloudWatch would refuse, and why.
    pub(super) refused: Option<(Span, &'static str)>,
}

impl Samples {
    /// Makes the dimensions that are there those of all invocations.
    pub(super) fn keep_dimensions(&mut self) {
        self.kept = (self.text.len(), self.dimensions.len());
        self.refused = None;
    }

    /// Begins an invocation.
    pub(super) fn restart(&mut self) {
        let (bytes, dimensions) = self.kept;
        self.text.truncate(bytes);
        self.dimensions.truncate(dimensions);
        self.metrics.clear();
        self.values.clear();
        self.metadata.clear();
        self.metadata_bytes = 0;
        self.notes.clear();
        self.refused = None;
        self.has_records = false;
    }

    /// Frees the memory that many records took.
    pub(super) fn shrink(&mut self, bytes: usize) {
        if self.text.capacity() + self.values.capacity() * size_of::<Value>() > bytes {
            self.restart();
            self.text.shrink_to(bytes / 4);
            self.values.shrink_to(64);
            self.metrics.shrink_to(16);
        }
    }

    /// The bytes of all strings.
    pub(super) fn text_size(&self) -> usize {
        self.text.len()
    }

    /// Adds metadata of this crate.
    pub(super) fn note(&mut self, name: OwnName, value: &str) {
        let value = self.keep(value, 4 * VALUE_LIMIT);
        self.notes.push((name, value));
    }

    pub(super) fn get(&self, span: Span) -> &str {
        &self.text[span.start as usize..span.end as usize]
    }

    fn keep(&mut self, text: &str, limit: usize) -> Span {
        let end = match text.len() <= limit {
            true => text.len(),
            false => (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0),
        };
        let start = self.text.len() as u32;
        self.text.push_str(&text[..end]);
        Span { start, end: self.text.len() as u32 }
    }

    /// Adds a record. One that CloudWatch would refuse is left out and noted.
    pub(super) fn add(&mut self, record: Record<'_>) {
        let (name, refused) = match record {
            Record::Value { name, value, unit, high_resolution } => {
                (name, self.add_value(name, value, unit, high_resolution))
            }
            Record::Dimension { name, value } => (name, self.add_dimension(name, value)),
            Record::Metadata { name, value } => (name, self.add_metadata(name, value)),
        };
        if let Some(reason) = refused
            && self.refused.is_none()
        {
            let name = self.keep(name, NAME_LIMIT);
            self.refused = Some((name, reason));
        }
    }

    fn add_value(&mut self, name: &str, value: f64, unit: &'static str, high_resolution: bool) -> Option<&'static str> {
        if !(-LARGEST..=LARGEST).contains(&value) {
            return Some("its value is not a number, or too large");
        }
        // These two may become dimensions later.
        if name == ROUTE || name == SERVICE || self.is_dimension(name) {
            return Some("it is a dimension too");
        }
        if let Some(fault) = name_fault(name) {
            return Some(fault);
        }
        let at = self.values.len() as u32;
        self.values.push(Value { value, next: u32::MAX });
        match self.metrics.iter().position(|metric| self.get(metric.name) == name) {
            Some(known) => {
                let metric = &mut self.metrics[known];
                self.values[metric.last as usize].next = at;
                // As in Powertools, the last call decides.
                *metric = Metric { unit, high_resolution, last: at, count: metric.count + 1, ..*metric };
            }
            None => {
                let name = self.keep(name, NAME_LIMIT);
                self.metrics.push(Metric { name, unit, high_resolution, count: 1, first: at, last: at });
            }
        }
        None
    }

    fn add_dimension(&mut self, name: &str, value: &str) -> Option<&'static str> {
        if let Some(fault) = dimension_fault(name, value) {
            return Some(fault);
        }
        if self.metrics.iter().any(|metric| self.get(metric.name) == name) {
            return Some("it is a metric too");
        }
        let known = self.dimensions.iter().position(|(own, _)| self.get(*own) == name);
        if known.is_none() && self.dimensions.len() == DIMENSIONS_LIMIT {
            return Some("there are 30 dimensions already");
        }
        let entry = (self.keep(name, NAME_LIMIT), self.keep(value, VALUE_LIMIT));
        match known {
            Some(known) => self.dimensions[known] = entry,
            None => self.dimensions.push(entry),
        }
        None
    }

    fn add_metadata(&mut self, name: &str, value: &str) -> Option<&'static str> {
        if let Some(fault) = name_fault(name) {
            return Some(fault);
        }
        let known = self.metadata.iter().position(|(own, _)| self.get(*own) == name);
        if known.is_none() && self.metadata.len() == METADATA_LIMIT {
            return Some("there are 100 metadata already");
        }
        self.metadata_bytes += name.len() + value.len().min(4 * VALUE_LIMIT);
        if self.metadata_bytes > METADATA_BYTES {
            return Some("the metadata have more than 64 KB");
        }
        let entry = (self.keep(name, NAME_LIMIT), self.keep(value, 4 * VALUE_LIMIT));
        match known {
            Some(known) => self.metadata[known] = entry,
            None => self.metadata.push(entry),
        }
        None
    }

    pub(super) fn is_dimension(&self, name: &str) -> bool {
        self.dimensions.iter().any(|(own, _)| self.get(*own) == name)
    }

    /// Returns whether a name is that of a metric or a dimension, which metadata must not repeat.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.is_dimension(name) || self.metrics.iter().any(|metric| self.get(metric.name) == name)
    }
}

/// Returns why CloudWatch would refuse a name.
pub(super) fn name_fault(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        return Some("its name is empty");
    }
    if name.len() > NAME_LIMIT {
        return Some("its name has more than 255 bytes");
    }
    (name == "_aws").then_some("the name is reserved")
}

/// Returns why CloudWatch would refuse a dimension.
pub(super) fn dimension_fault(name: &str, value: &str) -> Option<&'static str> {
    if let Some(fault) = name_fault(name) {
        return Some(fault);
    }
    if name.len() > DIMENSION_NAME_LIMIT {
        return Some("the name of a dimension must not have more than 250 bytes");
    }
    value.trim().is_empty().then_some("the value of a dimension must not be empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, value: f64) -> Record<'_> {
        Record::Value { name, value, unit: "Count", high_resolution: false }
    }

    #[test]
    fn values_of_one_name_are_one_metric() {
        let mut samples = Samples::default();
        for _ in 0..2 {
            for number in 0..3 {
                samples.add(value("A", f64::from(number)));
                samples.add(value("B", 7.0));
            }
            samples.add(Record::Value { name: "A", value: 3.0, unit: "Bytes", high_resolution: true });
            assert_eq!(samples.metrics.len(), 2);
            let Metric { unit, high_resolution, count, first, .. } = samples.metrics[0];
            assert_eq!((unit, high_resolution, count), ("Bytes", true, 4));
            let next = |at: &u32| Some(samples.values[*at as usize].next).filter(|&next| next != u32::MAX);
            let all = std::iter::successors(Some(first), next).map(|at| samples.values[at as usize].value);
            assert_eq!(all.collect::<Vec<_>>(), [0.0, 1.0, 2.0, 3.0]);
            samples.restart();
        }
    }

    #[test]
    fn records_that_cloudwatch_would_refuse_are_left_out() {
        let long = "x".repeat(256);
        for (record, reason) in [
            (value("", 1.0), "empty"),
            (value(&long, 1.0), "255"),
            (value("_aws", 1.0), "reserved"),
            (value("A", f64::NAN), "number"),
            (value("A", f64::INFINITY), "number"),
            (value("A", 1e109), "large"),
            (value("D", 1.0), "dimension too"),
            (Record::Dimension { name: "M", value: "x" }, "metric too"),
            (Record::Dimension { name: "E", value: " " }, "empty"),
            (Record::Metadata { name: " ", value: "x" }, "empty"),
        ] {
            let mut samples = Samples::default();
            samples.add(value("M", 1.0));
            samples.add(Record::Dimension { name: "D", value: "x" });
            samples.add(record);
            let (_, why) = samples.refused.unwrap();
            assert!(why.contains(reason), "{why}");
            assert_eq!((samples.metrics.len(), samples.dimensions.len(), samples.metadata.len()), (1, 1, 0));
        }
    }
}
