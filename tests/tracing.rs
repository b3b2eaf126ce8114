//! The `tracing` feature: one span for each invocation, with the fields that people filter by.

#![cfg(feature = "tracing")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use gatewire::app::WebSocket;
use gatewire::authorizer::{Authorizer, AuthorizerRequest, Decision};
use gatewire::handler::{Message, RawEvent};
use gatewire::{App, HttpError, Request, context::LambdaContext};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

type Fields = BTreeMap<String, String>;

#[derive(Default)]
struct Seen {
    /// The fields of every span.
    spans: Vec<Fields>,
    /// How many spans are entered now.
    depth: usize,
    /// How many spans were entered when each event happened.
    events: Vec<usize>,
}

#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Seen>>);

struct Visitor<'v>(&'v mut Fields);

impl Visit for Visitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("gatewire") || metadata.target().starts_with("tracing")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut state = self.0.lock().unwrap();
        let mut fields = Fields::new();
        span.record(&mut Visitor(&mut fields));
        state.spans.push(fields);
        Id::from_u64(state.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut Visitor(&mut self.0.lock().unwrap().spans[span.into_u64() as usize - 1]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        let mut state = self.0.lock().unwrap();
        let depth = state.depth;
        state.events.push(depth);
    }

    fn enter(&self, _: &Id) {
        self.0.lock().unwrap().depth += 1;
    }

    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().depth -= 1;
    }
}

#[derive(Debug)]
struct Unhandled;

impl std::fmt::Display for Unhandled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nobody handles it")
    }
}

impl std::error::Error for Unhandled {}

#[test]
fn each_invocation_has_a_span() {
    let app = App::new()
        .get("/todos/{id}", async |req: Request| {
            tracing::info!("in the handler");
            req.reply("x")
        })
        .get("/gone", |_: Request| Err::<(), _>(HttpError::forbidden("no")))
        .get("/fails", |_: Request| Err::<(), _>(Unhandled));
    let mut worker = app.build().unwrap().worker();
    let spans = Spans::default();
    let lambda = gatewire::testing::lambda_context()
        .with_request_id("invocation")
        .with_trace_id("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
    tracing::subscriber::with_default(spans.clone(), || {
        for path in ["/todos/7", "/gone", "/none", "/fails"] {
            let event = format!(r#"{{"httpMethod":"GET","path":"{path}","requestContext":{{"requestId":"r-1"}}}}"#);
            let _ = worker.call_blocking(event.as_bytes(), &lambda);
        }
    });
    let state = spans.0.lock().unwrap();
    let fields = |span: usize, name: &str| state.spans[span].get(name).map(String::as_str);
    assert_eq!(state.spans.len(), 4);
    assert_eq!(fields(0, "http.request.method"), Some("GET"));
    assert_eq!(fields(0, "url.path"), Some("/todos/7"));
    assert_eq!(fields(0, "http.route"), Some("/todos/{id}"));
    assert_eq!(fields(0, "http.response.status_code"), Some("200"));
    assert_eq!(fields(0, "faas.invocation_id"), Some("invocation"));
    assert_eq!(fields(0, "correlation_id"), Some("r-1"));
    assert_eq!(fields(0, "source"), Some("RestApi"));
    assert_eq!((fields(0, "faas.coldstart"), fields(1, "faas.coldstart")), (Some("true"), Some("false")));
    assert_eq!(fields(0, "xray_trace_id"), Some("1-5759e988-bd862e3fe1be46a994272793"));
    assert_eq!(fields(3, "error.message"), Some("nobody handles it"));
    assert_eq!(fields(1, "http.response.status_code"), Some("403"));
    assert_eq!((fields(2, "http.route"), fields(2, "http.response.status_code")), (None, Some("404")));
    assert_eq!((fields(3, "error.type"), fields(3, "http.response.status_code")), (Some("Unhandled"), None));
    // The handler's log lines and the report of the failure are inside of their span.
    assert_eq!((state.events.as_slice(), state.depth), (&[1, 1][..], 0));
}

#[test]
fn each_event_that_is_not_a_request_has_a_span() {
    let socket = WebSocket::new().default(|_: Message| (409, "full"));
    let app = App::new().websocket(socket).other_events(async |_: RawEvent| {
        tracing::info!("in the handler");
        Err::<(), _>(Unhandled)
    });
    let authorizer = Authorizer::new(|_: AuthorizerRequest| Decision::deny());
    let (mut app, mut authorizer) = (app.build().unwrap().worker(), authorizer.build().unwrap().worker());
    let spans = Spans::default();
    let lambda = LambdaContext::default().with_request_id("invocation");
    tracing::subscriber::with_default(spans.clone(), || {
        let message = br#"{"requestContext":{"routeKey":"say","connectionId":"a","requestId":"r-1"}}"#;
        assert!(app.call_blocking(message, &lambda).is_ok());
        assert!(app.call_blocking(b"{}", &lambda).is_err());
        assert!(authorizer.call_blocking(br#"{"type":"TOKEN","methodArn":"arn:a/s/GET/"}"#, &lambda).is_ok());
    });
    let state = spans.0.lock().unwrap();
    let fields = |span: usize, name: &str| state.spans[span].get(name).map(String::as_str);
    assert_eq!(state.spans.len(), 3);
    for (span, kind) in ["websocket", "other", "authorizer"].into_iter().enumerate() {
        assert_eq!((fields(span, "event.kind"), fields(span, "faas.invocation_id")), (Some(kind), Some("invocation")));
    }
    assert_eq!((fields(0, "event.route"), fields(0, "correlation_id")), (Some("say"), Some("r-1")));
    let status = |span| fields(span, "http.response.status_code");
    assert_eq!((status(0), status(1), status(2)), (Some("409"), None, None));
    assert_eq!((fields(1, "error.type"), state.events.as_slice(), state.depth), (Some("Unhandled"), &[1, 1][..], 0));
}

/// The span has the names of the access log's fields, so that a query finds both.
#[test]
fn the_access_log_has_the_names_of_the_span() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let log = gatewire::observe::AccessLog::json()
        .open_telemetry_names()
        .sink(move |line| sink.lock().unwrap().push(serde_json::from_slice::<serde_json::Value>(line).unwrap()));
    let app = App::new()
        .access_log(log)
        .get("/todos/{id}", |_: Request| "x")
        .get("/fails", |_: Request| Err::<(), _>(Unhandled));
    let mut worker = app.build().unwrap().worker();
    let spans = Spans::default();
    let mut lambda = gatewire::testing::lambda_context();
    lambda.request_id = "invocation";
    lambda.trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
    tracing::subscriber::with_default(spans.clone(), || {
        for path in ["/todos/7", "/fails"] {
            let event = format!(r#"{{"httpMethod":"GET","path":"{path}","requestContext":{{"requestId":"r-1"}}}}"#);
            let _ = worker.call_blocking(event.as_bytes(), &lambda);
        }
    });
    drop(worker);
    let (state, lines) = (spans.0.lock().unwrap(), lines.lock().unwrap());
    for (span, line) in state.spans.iter().zip(&*lines) {
        for (name, value) in span {
            let logged = &line[name];
            assert_eq!(logged.as_str().map_or_else(|| logged.to_string(), str::to_owned), *value, "{name}");
        }
    }
    assert_eq!((state.spans.len(), lines.len()), (2, 2));
}
