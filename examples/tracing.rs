//! Log lines in JSON and spans of OpenTelemetry, from the span that each invocation has with the feature `tracing`.
//!
//! ```sh
//! cargo run --example tracing --features tracing
//! curl -i localhost:8080/todos/7 -H "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
//! ```
//!
//! Each line of the handler has the fields of the request, and the span that is exported continues the trace of the client. Here
//! the exporter prints the spans. On Lambda, take `opentelemetry-otlp`, which sends them to a collector, such as the one in the
//! layer of AWS Distro for OpenTelemetry.

use std::collections::HashMap;
use std::ops::ControlFlow;

use gatewire::{App, Error, HttpError, Reply, Request};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter};
use tracing::{Subscriber, info, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn read(req: Request<'_>) -> Result<&str, Error> {
    match req.param("id") {
        "0" => {
            warn!(id = 0, "no such todo");
            Err(HttpError::not_found().into())
        }
        id => {
            info!(id, "found a todo");
            Ok(id)
        }
    }
}

/// Makes the span of the invocation a part of the trace of the client, or else of the trace of X-Ray. The decision whether it is
/// sampled is that of the caller.
fn continue_trace(req: Request<'_>) -> ControlFlow<Reply> {
    let span = tracing::Span::current();
    // The name of a span must not vary with the path: it is the rule.
    span.record("otel.name", format!("{} {}", req.method(), req.route().unwrap_or("no route")));
    span.record("otel.kind", "server");
    if let Some(parent) = req.traceparent() {
        let carrier = HashMap::from([("traceparent".to_owned(), parent.to_string())]);
        let context = TraceContextPropagator::new().extract(&carrier);
        if let Err(error) = span.set_parent(context) {
            warn!(%error, "the span does not continue the trace");
        }
    }
    ControlFlow::Continue(())
}

/// Spans wait in memory until they are flushed.
fn provider(exporter: impl SpanExporter + 'static) -> SdkTracerProvider {
    SdkTracerProvider::builder().with_batch_exporter(exporter).build()
}

fn subscriber<W>(provider: &SdkTracerProvider, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // `level` and `timestamp` at the top, as Lambda's log format JSON requires.
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(writer);
    // A span that has been activated can no longer get a parent.
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("todos")).with_context_activation(false);
    tracing_subscriber::registry().with(lines).with(spans)
}

fn app(provider: SdkTracerProvider) -> App {
    App::new()
        .before(continue_trace)
        .get("/todos/{id}", read)
        // The client has its response, and Lambda has not frozen the process yet.
        .after_response(async move || {
            if let Err(error) = provider.force_flush() {
                warn!(%error, "spans were not sent");
            }
        })
}

fn main() -> Result<(), gatewire::RunError> {
    let provider = provider(opentelemetry_stdout::SpanExporter::default());
    subscriber(&provider, std::io::stdout).init();
    gatewire::run(app(provider))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use gatewire::testing::Client;
    use opentelemetry::trace::SpanKind;
    use opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData};
    use serde_json::{Value, json};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Sends a request for each path, and returns the lines and the spans.
    fn observe(requests: &[(&str, &str)]) -> (Vec<Value>, Vec<SpanData>) {
        let (lines, exporter) = (Lines::default(), InMemorySpanExporter::default());
        let provider = provider(exporter.clone());
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(&provider, move || writer.clone()), || {
            let client = Client::new(app(provider.clone())).unwrap();
            for (path, traceparent) in requests {
                client.get(path).header("traceparent", *traceparent).send();
            }
        });
        // The hook has sent the spans, and a provider that is dropped forgets them.
        let spans = exporter.get_finished_spans().unwrap();
        let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), spans)
    }

    fn attribute(span: &SpanData, name: &str) -> Option<String> {
        span.attributes.iter().find(|attribute| attribute.key.as_str() == name).map(|found| found.value.to_string())
    }

    #[test]
    fn lines_and_spans_have_the_fields_of_the_request() {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let (lines, spans) = observe(&[("/todos/7", trace), ("/todos/0", trace)]);
        assert_eq!((lines.len(), spans.len()), (2, 2));
        assert_eq!(
            (&lines[0]["level"], &lines[0]["message"], &lines[0]["id"]),
            (&json!("INFO"), &json!("found a todo"), &json!("7"))
        );
        assert_eq!((&lines[1]["level"], &lines[1]["span"]["url.path"]), (&json!("WARN"), &json!("/todos/0")));
        assert!(lines[0]["timestamp"].as_str().unwrap().ends_with('Z'));
        for (line, (span, status)) in lines.iter().zip(spans.iter().zip(["200", "404"])) {
            assert_eq!(line["span"]["http.route"], "/todos/{id}");
            assert_eq!(attribute(span, "http.route").as_deref(), Some("/todos/{id}"));
            assert_eq!(attribute(span, "url.path").as_deref(), line["span"]["url.path"].as_str());
            assert_eq!(attribute(span, "http.response.status_code").as_deref(), Some(status));
            assert_eq!(attribute(span, "faas.invocation_id").as_deref(), line["span"]["faas.invocation_id"].as_str());
            assert_eq!((&*span.name, &span.span_kind), ("GET /todos/{id}", &SpanKind::Server));
            assert_eq!(span.span_context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
            assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
        }
    }

    #[test]
    fn a_trace_that_is_not_sampled_is_not_exported() {
        let (lines, spans) = observe(&[("/todos/7", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")]);
        assert_eq!((lines.len(), spans.len()), (1, 0));
    }
}
