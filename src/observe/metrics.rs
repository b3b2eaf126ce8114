//! The settings of the metrics, and the handle with which handlers record their own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::sink::Sink;
use crate::handler::{Record, Request};

/// Metrics in CloudWatch, for [`App::metrics`](crate::App::metrics): documents of the [embedded metric format][format] on
/// standard output, of which CloudWatch makes metrics without a call of its API.
///
/// Each invocation is one document, with the names of Powertools for TypeScript:
///
/// | name | unit | meaning |
/// | --- | --- | --- |
/// | `latency` | milliseconds | from the event to the response |
/// | `fault` | count | 1 for a status of 500 and above, and for a failed invocation |
/// | `error` | count | 1 for a status from 400 to 499 |
///
/// Its dimensions are `service` and `route`, the rule that matched, without the method: `NOT_FOUND` if none did, and
/// `INVALID_EVENT` for an event that is no request. (A path instead of its rule would be a metric of its own, at a price.) `httpMethod`, `path`,
/// `statusCode`, `function_request_id`, `apiGwRequestId`, `apiGwApiId` and `apiGwExtendedRequestId` are metadata: one can
/// search for them in the log. The first invocation of a process has a document more: `ColdStart`, a count of 1 with the
/// dimensions `function_name` and `service`, and those of [`dimension`](Self::dimension).
///
/// ```
/// use gatewire::observe::Metrics;
/// use gatewire::{App, Request};
///
/// fn create(req: Request<'_>) -> (u16, &'static str) {
///     req.metrics().count("Created", 1).dimension("tenant", "blue");
///     (201, "created")
/// }
///
/// let metrics = Metrics::namespace("Shop").service("todos").dimension("stage", "prod");
/// let app = App::new().metrics(metrics).post("/todos", create);
/// # app.build().unwrap();
/// ```
///
/// A document holds 100 metrics, 100 values of each, 30 dimensions and 1 MB: more than that goes to further documents.
///
/// [format]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
#[derive(Clone)]
#[must_use]
pub struct Metrics {
    pub(super) namespace: Box<str>,
    pub(super) service: Option<Box<str>>,
    pub(super) function_name: Option<Box<str>>,
    pub(super) dimensions: Vec<(Box<str>, Box<str>)>,
    pub(super) requests: bool,
    pub(super) cold_starts: bool,
    pub(super) client: bool,
    pub(super) sink: Sink,
}

impl Metrics {
    /// Metrics in a namespace of CloudWatch. An empty one, or one of more than 255 bytes, is an error of
    /// [`build`](crate::App::build).
    pub fn namespace(name: impl Into<String>) -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty()).map(String::into_boxed_str);
        Self {
            namespace: name.into().into_boxed_str(),
            service: variable("POWERTOOLS_SERVICE_NAME"),
            function_name: variable("AWS_LAMBDA_FUNCTION_NAME"),
            dimensions: Vec::new(),
            requests: true,
            cold_starts: true,
            client: false,
            sink: Sink::default(),
        }
    }

    /// Sets the dimension `service`. Without this setting, it is the value of `POWERTOOLS_SERVICE_NAME`, if that is set.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into().into_boxed_str());
        self
    }

    /// Adds a dimension to all documents. Each value of a dimension is a metric of its own: it must not be one that
    /// grows with the number of requests. A dimension that CloudWatch refuses is an error of
    /// [`build`](crate::App::build).
    pub fn dimension(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.dimensions.push((name.into().into_boxed_str(), value.into().into_boxed_str()));
        self
    }

    /// Sets whether there are `latency`, `fault` and `error` of each invocation, with the dimension `route`. On by
    /// default; without them, there is a document only if a handler has recorded something.
    pub fn requests(mut self, on: bool) -> Self {
        self.requests = on;
        self
    }

    /// Sets whether there is a document about a cold start. On by default.
    pub fn cold_starts(mut self, on: bool) -> Self {
        self.cold_starts = on;
        self
    }

    /// Sets whether the client's `userAgent` and `ipAddress` are metadata, as in Powertools. Off by default: they are
    /// personal data in many countries.
    pub fn client(mut self, on: bool) -> Self {
        self.client = on;
        self
    }

    /// Writes documents with a function instead of to standard output, as for tests. It receives all documents of an
    /// invocation, each with its line break.
    pub fn sink(mut self, write: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        self.sink = Sink::Function(Arc::new(write));
        self
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("namespace", &self.namespace)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl<'r> Request<'r> {
    /// Returns the metrics of this request, to record values. If the app has no [`Metrics`], nothing is recorded: so a
    /// handler can be tested without them.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gatewire::Request;
    /// use gatewire::observe::Unit;
    ///
    /// fn handler(req: Request<'_>) -> &'static str {
    ///     req.metrics()
    ///         .count("Created", 1)
    ///         .duration("Saving", Duration::from_micros(1500))
    ///         .add("Size", 812.0, Unit::Bytes)
    ///         .metadata("order", "o-17");
    ///     "created"
    /// }
    /// # let _ = gatewire::App::new().get("/", handler).build().unwrap();
    /// ```
    pub fn metrics(self) -> RequestMetrics<'r> {
        RequestMetrics(self)
    }
}

/// Records metrics: see [`Request::metrics`].
///
/// Several values of one name are kept all: CloudWatch shows their sum, average and percentiles. The unit and the
/// resolution are those of the last call. A record that CloudWatch would refuse (a name that is empty or has more than
/// 255 bytes, a number that is not finite, a thirty-first dimension) is left out, and a line on standard error says so.
#[derive(Clone, Copy, Debug)]
pub struct RequestMetrics<'r>(Request<'r>);

impl RequestMetrics<'_> {
    /// Records a count.
    pub fn count(self, name: &str, count: u32) -> Self {
        self.add(name, f64::from(count), Unit::Count)
    }

    /// Records a time in milliseconds.
    pub fn millis(self, name: &str, millis: f64) -> Self {
        self.add(name, millis, Unit::Milliseconds)
    }

    /// Records a duration, in milliseconds.
    pub fn duration(self, name: &str, duration: Duration) -> Self {
        self.millis(name, duration.as_secs_f64() * 1000.0)
    }

    /// Records a value.
    pub fn add(self, name: &str, value: f64, unit: Unit) -> Self {
        self.record(Record::Value { name, value, unit: unit.name(), high_resolution: false })
    }

    /// Records a value that CloudWatch keeps by the second (`StorageResolution` 1), at a higher price, instead of by the
    /// minute.
    pub fn add_high_resolution(self, name: &str, value: f64, unit: Unit) -> Self {
        self.record(Record::Value { name, value, unit: unit.name(), high_resolution: true })
    }

    /// Adds a dimension to all metrics of this invocation, those of the crate included.
    pub fn dimension(self, name: &str, value: &str) -> Self {
        self.record(Record::Dimension { name, value })
    }

    /// Adds a value by which the document can be found in the log. It is no dimension, so it costs no metric.
    pub fn metadata(self, name: &str, value: &str) -> Self {
        self.record(Record::Metadata { name, value })
    }

    fn record(self, record: Record<'_>) -> Self {
        self.0.exchange.observers.record(record);
        self
    }
}

/// Declares the units of CloudWatch.
macro_rules! units {
    ($($variant:ident $name:literal),+ $(,)?) => {
        /// The unit of a metric, as [CloudWatch][docs] knows it.
        ///
        /// [docs]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum Unit {
            $(
                #[doc = concat!("`", $name, "`")]
                $variant,
            )+
            /// `None`: a number without a unit.
            #[default]
            None,
        }

        impl Unit {
            /// Returns the name that CloudWatch has for it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::None => "None",
                }
            }
        }
    };
}

units! {
    Seconds "Seconds",
    Microseconds "Microseconds",
    Milliseconds "Milliseconds",
    Bytes "Bytes",
    Kilobytes "Kilobytes",
    Megabytes "Megabytes",
    Gigabytes "Gigabytes",
    Terabytes "Terabytes",
    Bits "Bits",
    Kilobits "Kilobits",
    Megabits "Megabits",
    Gigabits "Gigabits",
    Terabits "Terabits",
    Percent "Percent",
    Count "Count",
    BytesPerSecond "Bytes/Second",
    KilobytesPerSecond "Kilobytes/Second",
    MegabytesPerSecond "Megabytes/Second",
    GigabytesPerSecond "Gigabytes/Second",
    TerabytesPerSecond "Terabytes/Second",
    BitsPerSecond "Bits/Second",
    KilobitsPerSecond "Kilobits/Second",
    MegabitsPerSecond "Megabits/Second",
    GigabitsPerSecond "Gigabits/Second",
    TerabitsPerSecond "Terabits/Second",
    CountPerSecond "Count/Second",
}
