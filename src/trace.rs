//! The `tracing` feature: one span for each invocation, with the fields that people filter by.
//!
//! Their names are those of the [semantic conventions of OpenTelemetry][names], and those of the access log with
//! `AccessLog::open_telemetry_names` for fields that have no convention. `otel.name` and `otel.kind` are empty: an app that
//! exports spans by the crate `tracing-opentelemetry` may record them.
//!
//! [names]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/

use tracing::Span;
use tracing::field::Empty;

use crate::handler::Request;
use crate::invocation_error::InvocationError;
use crate::respond::ResponseBuffer;
use crate::trace_context::Trace;

/// Creates the span in which a request is handled.
pub(crate) fn span(req: Request<'_>) -> Span {
    tracing::info_span!(
        "request",
        "http.request.method" = req.method(),
        "url.path" = req.path(),
        "http.route" = req.route(),
        "http.response.status_code" = Empty,
        "error.type" = Empty,
        "error.message" = Empty,
        "faas.invocation_id" = req.lambda().request_id,
        "faas.coldstart" = req.is_cold_start(),
        "correlation_id" = req.correlation_id(),
        "xray_trace_id" = req.trace().map(Trace::root),
        // Signed: tracing-opentelemetry makes strings of other integers.
        "bytes_in" = req.exchange.event.text().len() as i64,
        "source" = req.source().name(),
        "otel.name" = Empty,
        "otel.kind" = Empty,
    )
}

/// Creates the span in which an event that is not a request is handled: `route` is that of a message.
pub(crate) fn event_span(req: Request<'_>, kind: &'static str, route: Option<&str>) -> Span {
    tracing::info_span!(
        "event",
        "event.kind" = kind,
        "event.route" = route,
        "http.response.status_code" = Empty,
        "error.type" = Empty,
        "faas.invocation_id" = req.lambda().request_id,
        "correlation_id" = req.context().request_id(),
        "otel.name" = Empty,
        "otel.kind" = Empty,
    )
}

/// Records the outcome in the span.
pub(crate) fn record(span: &Span, outcome: &Result<(), InvocationError>, buffer: &ResponseBuffer) {
    match outcome {
        Ok(()) => {
            span.record("http.response.status_code", i64::from(buffer.status().as_u16()));
        }
        Err(failure) => {
            span.record("error.type", failure.error_type());
            span.record("error.message", failure.message());
            span.in_scope(|| tracing::error!("the invocation has failed: {failure}"));
        }
    }
}
