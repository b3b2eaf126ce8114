//! The settings of the access log.

use std::fmt;
use std::sync::Arc;

use super::line::{Fields, Format};
use super::name::{OwnName, own};
use super::sink::Sink;
use crate::handler::Request;

/// A hook that adds fields to a line.
pub(super) type AddFields = dyn for<'r> Fn(Request<'r>, &mut Fields<'_>) + Send + Sync;

/// An access log: one line about each invocation, for [`App::access_log`](crate::App::access_log).
///
/// ```
/// use gatewire::observe::AccessLog;
/// use gatewire::{App, Request};
///
/// let log = AccessLog::json().service("todos").user_agent(true).header("x-api-version").sample_rate(0.1);
/// let app = App::new().access_log(log).get("/", |_: Request| "hello");
/// # app.build().unwrap();
/// ```
///
/// | field | meaning | with [`open_telemetry_names`](Self::open_telemetry_names) |
/// | --- | --- | --- |
/// | `level` | `INFO`; `ERROR` for a status of 500 and above, and for a failed invocation | |
/// | `message` | `request`, or `request failed` | |
/// | `timestamp` | when the response was ready, in UTC with milliseconds | |
/// | `service` | [`service`](Self::service) | |
/// | `cold_start` | whether it is the first invocation of the process | `faas.coldstart` |
/// | `function_request_id` | the identifier of the invocation | `faas.invocation_id` |
/// | `xray_trace_id` | the root of the X-Ray trace | |
/// | `bytes_in`, `bytes_out` | the length of the event, and of the response's payload or the body that was streamed | |
/// | `source` | the [kind of gateway](crate::EventSource) | |
/// | `method`, `route`, `path` | the request; `route` is the rule that matched | `http.request.method`, `http.route`, `url.path` |
/// | `correlation_id` | [`Request::correlation_id`] | |
/// | `status`, `duration_ms` | the response, and the time from the event to the response | `http.response.status_code` |
/// | `error_type`, `error_message`, `error_path`, `error_causes` | the error that was answered, or that failed the invocation | `error.type`, `error.message` |
///
/// A field without a value is left out. The first names are those of Powertools where it has the field. The query, header
/// fields and cookies are only in the line if they are [named](Self::header).
///
/// [Lambda's settings][logging] are kept: with `AWS_LAMBDA_LOG_LEVEL` at `WARN` or `ERROR` only lines of the level
/// `ERROR` are written, and none with `FATAL`. The line has the form that Lambda's JSON format requires, an object with
/// `level` and a `timestamp` of RFC 3339, so that its filters apply.
///
/// With an access log, a failed invocation is this line, on standard output, and not the line on standard error that
/// [there is without one](crate::runtime#what-is-logged).
///
/// [logging]: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
#[derive(Clone)]
#[must_use]
pub struct AccessLog {
    pub(super) format: Format,
    pub(super) names: &'static Names,
    pub(super) service: Option<Box<str>>,
    pub(super) function: Option<Function>,
    pub(super) least: Least,
    /// Lines up to this hash of the request are written.
    pub(super) sampled: u64,
    pub(super) user_agent: bool,
    pub(super) source_ip: bool,
    pub(super) headers: Vec<Box<str>>,
    pub(super) query: Vec<Box<str>>,
    pub(super) cookies: Vec<Box<str>>,
    pub(super) add: Option<Arc<AddFields>>,
    pub(super) sink: Sink,
}

/// The lines that the environment asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Least {
    Info,
    Error,
    Never,
}

impl Least {
    pub(super) fn of(level: Option<&str>) -> Self {
        let is = |name: &str| level.is_some_and(|level| level.eq_ignore_ascii_case(name));
        if is("FATAL") {
            Self::Never
        } else if is("ERROR") || is("WARN") {
            Self::Error
        } else {
            Self::Info
        }
    }
}

/// The function, as the environment describes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    pub(super) name: Option<String>,
    pub(super) memory: Option<u32>,
}

/// The names of the fields that have two.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) cold_start: OwnName,
    pub(super) request_id: OwnName,
    pub(super) method: OwnName,
    pub(super) route: OwnName,
    pub(super) path: OwnName,
    pub(super) status: OwnName,
    pub(super) user_agent: OwnName,
    pub(super) source_ip: OwnName,
    pub(super) error_type: OwnName,
    pub(super) error_message: OwnName,
}

static POWERTOOLS: Names = Names {
    cold_start: own!("cold_start"),
    request_id: own!("function_request_id"),
    method: own!("method"),
    route: own!("route"),
    path: own!("path"),
    status: own!("status"),
    user_agent: own!("user_agent"),
    source_ip: own!("source_ip"),
    error_type: own!("error_type"),
    error_message: own!("error_message"),
};

/// Those of <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>, as in the span of the feature `tracing`.
static OPEN_TELEMETRY: Names = Names {
    cold_start: own!("faas.coldstart"),
    request_id: own!("faas.invocation_id"),
    method: own!("http.request.method"),
    route: own!("http.route"),
    path: own!("url.path"),
    status: own!("http.response.status_code"),
    user_agent: own!("user_agent.original"),
    source_ip: own!("client.address"),
    error_type: own!("error.type"),
    error_message: own!("error.message"),
};

impl AccessLog {
    /// An access log of JSON objects, one a line.
    pub fn json() -> Self {
        Self::new(Format::Json)
    }

    /// An access log of text: time, level and message, and then `name=value` for each field. A value with a blank or a
    /// quotation mark is a JSON string.
    pub fn text() -> Self {
        Self::new(Format::Text)
    }

    /// An access log in the format that `AWS_LAMBDA_LOG_FORMAT` names: [`json`](Self::json) on functions whose log format
    /// is JSON, else [`text`](Self::text).
    pub fn from_env() -> Self {
        let is_json = std::env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("JSON"));
        if is_json { Self::json() } else { Self::text() }
    }

    fn new(format: Format) -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            format,
            names: &POWERTOOLS,
            service: variable("POWERTOOLS_SERVICE_NAME").map(String::into_boxed_str),
            function: None,
            least: Least::of(variable("AWS_LAMBDA_LOG_LEVEL").as_deref()),
            sampled: u64::MAX,
            user_agent: false,
            source_ip: false,
            headers: Vec::new(),
            query: Vec::new(),
            cookies: Vec::new(),
            add: None,
            sink: Sink::default(),
        }
    }

    /// Sets the field `service`. Without this setting, it is the value of `POWERTOOLS_SERVICE_NAME`, if that is set.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into().into_boxed_str());
        self
    }

    /// Sets whether lines have `function_name`, `function_memory_size` and `function_arn`, as those of Powertools have.
    /// Off by default: the name of the log group has the function's already.
    pub fn function(mut self, on: bool) -> Self {
        self.function = on.then(|| Function {
            name: std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok(),
            memory: std::env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok().and_then(|size| size.parse().ok()),
        });
        self
    }

    /// Names the fields by the semantic conventions of OpenTelemetry, as the span of the feature `tracing` does: see the
    /// table above.
    pub fn open_telemetry_names(mut self) -> Self {
        self.names = &OPEN_TELEMETRY;
        self
    }

    /// Sets whether lines have the client's `user_agent`. Off by default.
    pub fn user_agent(mut self, on: bool) -> Self {
        self.user_agent = on;
        self
    }

    /// Sets whether lines have the client's address, `source_ip`. Off by default: it is personal data in many countries.
    pub fn source_ip(mut self, on: bool) -> Self {
        self.source_ip = on;
        self
    }

    /// Adds the last value of a header field, in the object `headers`. No header field is in the log unless it is named
    /// here: **`Authorization` and others are secrets.**
    pub fn header(mut self, name: &str) -> Self {
        self.headers.push(name.to_ascii_lowercase().into());
        self
    }

    /// Adds the last value of a query parameter, in the object `query`. No parameter is in the log unless it is named
    /// here: links with a token in the query are common.
    pub fn query(mut self, name: &str) -> Self {
        self.query.push(name.into());
        self
    }

    /// Adds the value of a cookie, in the object `cookies`. No cookie is in the log unless it is named here.
    pub fn cookie(mut self, name: &str) -> Self {
        self.cookies.push(name.into());
        self
    }

    /// Writes a part of the lines only, from 0 (none) to 1 (all, the default). Lines of the level `ERROR` are always
    /// written. A hash of the invocation's identifier decides, so that the same invocation has the same decision
    /// everywhere.
    ///
    /// # Panics
    /// If the rate is not between 0 and 1.
    pub fn sample_rate(mut self, rate: f64) -> Self {
        assert!((0.0..=1.0).contains(&rate), "the sample rate {rate} is not between 0 and 1");
        // The cast saturates.
        self.sampled = if rate == 0.0 { 0 } else { (rate * u64::MAX as f64) as u64 };
        self
    }

    /// Adds fields with a function, which is called for each request when its response is finished: it may read the
    /// request, the response, and what middleware has left. If it panics, its fields are left out.
    ///
    /// ```
    /// use gatewire::App;
    /// use gatewire::observe::AccessLog;
    ///
    /// struct Tenant(String);
    ///
    /// let log = AccessLog::json().fields(|req, fields| {
    ///     if let Some(Tenant(name)) = req.extension() {
    ///         fields.text("tenant", name);
    ///     }
    /// });
    /// # App::new().access_log(log).build().unwrap();
    /// ```
    pub fn fields<F>(mut self, add: F) -> Self
    where
        F: for<'r> Fn(Request<'r>, &mut Fields<'_>) + Send + Sync + 'static,
    {
        self.add = Some(Arc::new(add));
        self
    }

    /// Writes lines with a function instead of to standard output, as for tests. It receives one line at a time, with its
    /// line break.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    ///
    /// use gatewire::observe::AccessLog;
    /// use gatewire::{App, Request, testing::Client};
    ///
    /// let lines = Arc::new(Mutex::new(String::new()));
    /// let log = AccessLog::text().sink({
    ///     let lines = Arc::clone(&lines);
    ///     move |line| lines.lock().unwrap().push_str(std::str::from_utf8(line).unwrap())
    /// });
    /// let client = Client::new(App::new().access_log(log).get("/{name}", |_: Request| "hello"))?;
    /// client.get("/ada").send();
    /// assert!(lines.lock().unwrap().contains("method=GET route=/{name} path=/ada"));
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn sink(mut self, write: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        self.sink = Sink::Function(Arc::new(write));
        self
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog")
            .field("format", &self.format)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_which_lines_there_are() {
        for (level, least) in [
            (None, Least::Info),
            (Some("TRACE"), Least::Info),
            (Some("INFO"), Least::Info),
            (Some("warn"), Least::Error),
            (Some("ERROR"), Least::Error),
            (Some("FATAL"), Least::Never),
        ] {
            assert_eq!(Least::of(level), least, "{level:?}");
        }
    }

    #[test]
    #[should_panic(expected = "between 0 and 1")]
    fn a_rate_above_one_is_refused() {
        let _ = AccessLog::json().sample_rate(1.5);
    }
}
