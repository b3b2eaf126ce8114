//! The access log and the metrics: which lines there are, and what is in them.

#[path = "observe/page.rs"]
mod page;
#[path = "observe/powertools.rs"]
mod powertools;
#[path = "observe/schema.rs"]
mod schema;
// Each test program compiles all of the module and uses a part.
#[allow(dead_code)]
mod support;

use std::fmt;
use std::sync::{Arc, Mutex};

use gatewire::context::LambdaContext;
use gatewire::engine::{Answer, ResponseSink, Worker};
use gatewire::gateway::HttpRequest;
use gatewire::observe::{AccessLog, Metrics, Unit};
use gatewire::testing::{self, Client};
use gatewire::{App, Error, EventSource, HttpError, Request, Stream};
use serde_json::{Value, json};

const LOG_SCHEMA: &str = include_str!("observe/access_log.schema.json");
const EMF_SCHEMA: &str = include_str!("observe/emf.schema.json");

/// The lines that were written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn sink(&self) -> impl Fn(&[u8]) + Send + Sync + 'static {
        let lines = Arc::clone(&self.0);
        move |bytes| {
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(text.ends_with('\n'));
            lines.lock().unwrap().extend(text.lines().map(str::to_owned));
        }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Returns the lines as JSON that keeps to a schema.
    fn take_json(&self, schema: &str) -> Vec<Value> {
        let lines: Vec<Value> = self.take().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.iter().for_each(|line| assert_valid(schema, line));
        lines
    }

    fn take_log(&self) -> Vec<Value> {
        self.take_json(LOG_SCHEMA)
    }

    fn take_metrics(&self) -> Vec<Value> {
        self.take_json(EMF_SCHEMA)
    }
}

fn assert_valid(schema: &str, line: &Value) {
    let faults = schema::faults(&serde_json::from_str(schema).unwrap(), line);
    assert!(faults.is_empty(), "{line}: {faults:#?}");
}

#[derive(Debug)]
struct OutOfStock;

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no more \"tea\"\n")
    }
}

impl std::error::Error for OutOfStock {}

#[derive(Debug)]
struct Outer;

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot sell")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&OutOfStock)
    }
}

struct Tenant(&'static str);

fn app() -> App {
    App::new()
        .get("/todos/{id}", |req: Request| {
            req.set_extension(Tenant("blue"));
            req.reply(req.param("id"))
        })
        .get("/later/{id}", async |req: Request| req.reply(req.param("id")))
        .get("/forbidden", |_: Request| Err::<(), _>(HttpError::forbidden("not yours")))
        .get("/error", |_: Request| Err::<(), _>(Outer))
        .get("/panic", |_: Request| -> &str { panic!("out of luck") })
        .get("/large", |_: Request| "x".repeat(7_000_000))
        .get("/stream", |req: Request| {
            let fails = req.query("fails").is_some();
            Stream::new(async move |mut sink| {
                sink.write("12345").await;
                sink.write("678").await;
                if fails { Err(Error::from(OutOfStock)) } else { Ok(()) }
            })
        })
}

/// The context of the recorded invocation.
fn lambda() -> LambdaContext<'static> {
    let mut lambda = testing::lambda_context();
    lambda.request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72";
    lambda.invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:shop";
    lambda.trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
    lambda
}

fn worker(app: App) -> Worker {
    app.build().unwrap().worker()
}

fn get(target: &str) -> Vec<u8> {
    HttpRequest::new("GET", target).event(EventSource::HttpApiV2)
}

#[test]
fn each_invocation_is_one_line() {
    for source in testing::sources() {
        let lines = Lines::default();
        let mut worker = worker(app().access_log(AccessLog::json().service("todos").sink(lines.sink())));
        for (target, status, route) in [
            ("/todos/7?token=secret", Some(200), Some("/todos/{id}")),
            ("/later/a%20b", Some(200), Some("/later/{id}")),
            ("/forbidden", Some(403), Some("/forbidden")),
            ("/nowhere", Some(404), None),
            ("/error", None, Some("/error")),
            ("/panic", None, Some("/panic")),
            ("/large", None, Some("/large")),
            ("/stream", Some(200), Some("/stream")),
        ] {
            let event = HttpRequest::new("GET", target).header("User-Agent", "secret").event(source);
            let answered = worker.call_blocking(&event, &lambda()).map(<[u8]>::len);
            assert_eq!(lines.take_log(), Vec::<Value>::new(), "it is written after the response");
            finish(worker.after_response());
            let written = lines.take_log();
            let [line] = &written[..] else { panic!("{target}: {written:?}") };
            assert_eq!(line["status"].as_u64(), status, "{line}");
            assert_eq!(line["route"].as_str(), route);
            assert_eq!(line["bytes_in"], event.len());
            assert_eq!(line["bytes_out"].as_u64().map(|length| length as usize), answered.as_ref().ok().copied());
            assert_eq!(line["level"], if status.is_some() { "INFO" } else { "ERROR" });
            assert_eq!(line["source"], format!("{source:?}"));
            assert_eq!(line["path"].as_str().unwrap(), target.split('?').next().unwrap().replace("%20", " "));
            assert_eq!((&line["method"], &line["service"]), (&json!("GET"), &json!("todos")));
            assert!(!line.to_string().contains("secret"), "{line}");
            if let Err(error) = answered {
                assert_eq!(
                    (line["error_type"].as_str(), line["error_message"].as_str()),
                    (Some(error.error_type()), Some(error.message()))
                );
            }
        }
    }
}

/// Runs a future that only yields.
fn finish<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..100 {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("it waits");
}

#[test]
fn errors_have_type_message_and_causes() {
    let lines = Lines::default();
    let client = Client::new(app().access_log(AccessLog::json().sink(lines.sink()))).unwrap();
    client.get("/error").try_send().unwrap_err();
    client.get("/forbidden").send();
    client.get("/panic").try_send().unwrap_err();
    let answering = app().internal_server_errors(true).access_log(AccessLog::json().sink(lines.sink()));
    Client::new(answering).unwrap().get("/error").send();
    let written = lines.take_log();
    let error =
        |line: &Value| json!([line["error_type"], line["error_message"], line["error_causes"], line["error_path"]]);
    assert_eq!(error(&written[0]), json!(["Outer", "cannot sell", ["no more \"tea\"\n"], "observe::Outer"]));
    assert_eq!(error(&written[1]), json!(["HttpError", "not yours", null, null]));
    assert_eq!(error(&written[2]), json!(["Panic", "out of luck", null, null]));
    assert_eq!(error(&written[3]), json!(["Outer", "cannot sell", ["no more \"tea\"\n"], null]));
    assert_eq!((&written[3]["status"], &written[3]["level"]), (&json!(500), &json!("ERROR")));
}

#[test]
fn events_that_are_no_requests_have_a_line() {
    let (lines, metrics) = (Lines::default(), Lines::default());
    let app =
        app().access_log(AccessLog::json().sink(lines.sink())).metrics(Metrics::namespace("N").sink(metrics.sink()));
    let mut worker = worker(app);
    worker.call_blocking(b"{\"Records\":[]}", &lambda()).unwrap_err();
    // The caller does not say when the response is sent: the next call or the end of the worker writes the line.
    worker.call_blocking(b"nonsense", &lambda()).unwrap_err();
    assert_eq!(lines.take_log().len(), 1);
    drop(worker);
    let written = lines.take_log();
    assert_eq!(written.len(), 1);
    assert_eq!((&written[0]["level"], &written[0]["method"]), (&json!("ERROR"), &Value::Null));
    let documents = metrics.take_metrics();
    let routes: Vec<_> = documents.iter().filter(|document| document["latency"].is_array()).collect();
    assert_eq!(routes.len(), 2);
    assert!(routes.iter().all(|document| document["route"] == "INVALID_EVENT" && document["fault"] == json!([1])));
}

#[derive(Default)]
struct Collected(usize);

impl ResponseSink for Collected {
    fn start(&mut self, _: &[u8], body: &[u8]) -> std::io::Result<()> {
        self.write(body)
    }

    fn write(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.0 += piece.len();
        Ok(())
    }
}

#[test]
fn a_stream_has_its_line_after_its_end() {
    let lines = Lines::default();
    let mut worker = worker(app().streaming(true).access_log(AccessLog::json().sink(lines.sink())));
    for (target, message) in [("/stream", "request"), ("/stream?fails", "request failed")] {
        let event = HttpRequest::new("GET", target).event(EventSource::FunctionUrl);
        let mut sink = Collected::default();
        let answered = finish(worker.call_streaming(&event, &lambda(), &mut sink));
        assert_eq!(answered.is_ok(), message == "request");
        assert!(answered.is_err() || answered == Ok(Answer::Streamed));
        finish(worker.after_response());
        let written = lines.take_log();
        assert_eq!((written.len(), sink.0), (1, 8));
        assert_eq!(written[0]["message"], message);
        assert_eq!(written[0]["bytes_out"].as_u64(), (message == "request").then_some(8));
        assert_eq!(written[0]["error_type"].as_str(), (message != "request").then_some("OutOfStock"));
    }
}

#[test]
fn text_has_the_same_fields() {
    let lines = Lines::default();
    let log = AccessLog::text().service("to dos").fields(|req, fields| {
        fields.text("tenant", req.extension::<Tenant>().map_or("", |tenant| tenant.0));
    });
    let mut worker = worker(app().access_log(log.sink(lines.sink())));
    worker.call_blocking(&get("/todos/a%20b"), &lambda()).unwrap();
    drop(worker);
    let line = lines.take().remove(0);
    let (time, rest) = line.split_at(24);
    assert!(time.ends_with('Z'), "{line}");
    assert!(
        rest.starts_with(" INFO request service=\"to dos\" cold_start=true function_request_id=52fdfc07-"),
        "{line}"
    );
    assert!(
        rest.contains(" source=HttpApiV2 method=GET route=/todos/{id} path=\"/todos/a b\" correlation_id="),
        "{line}"
    );
    assert!(rest.contains(" tenant=blue status=200 duration_ms="), "{line}");
}

#[test]
fn secrets_are_in_the_log_only_if_they_are_named() {
    let request = || {
        HttpRequest::new("GET", "/todos/7?token=hidden&page=2")
            .header("Authorization", "hidden")
            .header("Cookie", "session=hidden; theme=dark")
            .header("X-Api-Key", "hidden")
            .header("X-Version", "3")
            .header("User-Agent", "hidden")
            .source_ip("192.0.2.77")
    };
    for source in testing::sources() {
        let lines = Lines::default();
        for log in [AccessLog::json(), AccessLog::text(), AccessLog::json().open_telemetry_names()] {
            let metrics = Metrics::namespace("N").sink(lines.sink());
            let mut worker = worker(app().access_log(log.function(true).sink(lines.sink())).metrics(metrics));
            worker.call_blocking(&request().event(source), &lambda()).unwrap();
            drop(worker);
            let written = lines.take().concat();
            assert!(!written.contains("hidden") && !written.contains("192.0.2.77"), "{written}");
        }
        let named = AccessLog::json()
            .header("X-Version")
            .header("x-absent")
            .query("page")
            .cookie("theme")
            .user_agent(true)
            .source_ip(true);
        let mut worker = worker(app().access_log(named.sink(lines.sink())));
        worker.call_blocking(&request().event(source), &lambda()).unwrap();
        drop(worker);
        let line = lines.take_log().remove(0);
        assert_eq!(line["headers"], json!({ "x-version": "3" }));
        assert_eq!((&line["query"], &line["cookies"]), (&json!({ "page": "2" }), &json!({ "theme": "dark" })));
        assert_eq!((&line["user_agent"], &line["source_ip"]), (&json!("hidden"), &json!("192.0.2.77")));
    }
}

#[test]
fn a_sample_keeps_the_errors() {
    for (rate, expected) in [(0.0, 0..1), (0.5, 400..600), (1.0, 1000..1001)] {
        let lines = Lines::default();
        let mut worker = worker(app().access_log(AccessLog::json().sample_rate(rate).sink(lines.sink())));
        for number in 0..1000 {
            let request_id = format!("8476a536-e9f4-11e8-9739-{number:012}");
            let mut lambda = lambda();
            lambda.request_id = &request_id;
            worker.call_blocking(&get("/todos/7"), &lambda).unwrap();
        }
        worker.call_blocking(&get("/error"), &lambda()).unwrap_err();
        drop(worker);
        let (errors, others): (Vec<_>, Vec<_>) =
            lines.take_log().into_iter().partition(|line| line["level"] == "ERROR");
        assert_eq!(errors.len(), 1);
        assert!(expected.contains(&others.len()), "{rate}: {}", others.len());
    }
}

#[test]
fn code_of_the_app_that_panics_does_no_harm() {
    let lines = Lines::default();
    let log = AccessLog::json().fields(|_, fields| {
        fields.text("tenant", "half");
        panic!("in the hook");
    });
    let broken = AccessLog::json().sink(|_| panic!("in the sink"));
    let client = Client::new(app().access_log(log.sink(lines.sink())).access_log(broken)).unwrap();
    assert_eq!(client.get("/todos/7").send().text(), "7");
    let line = lines.take_log().remove(0);
    assert_eq!((&line["tenant"], &line["status"]), (&Value::Null, &json!(200)));
}

// ---- metrics

fn document_of<'d>(documents: &'d [Value], metric: &str) -> &'d Value {
    documents.iter().find(|document| document.get(metric).is_some()).unwrap_or_else(|| panic!("no {metric}"))
}

#[test]
fn each_invocation_is_measured_by_its_rule() {
    let lines = Lines::default();
    let metrics = Metrics::namespace("Shop").service("todos").dimension("stage", "prod").sink(lines.sink());
    let mut worker = worker(app().metrics(metrics));
    for (target, route, fault, error) in [
        ("/todos/7", "/todos/{id}", 0, 0),
        ("/forbidden", "/forbidden", 0, 1),
        ("/nowhere", "NOT_FOUND", 0, 1),
        ("/error", "/error", 1, 0),
        ("/large", "/large", 1, 0),
    ] {
        let _ = worker.call_blocking(&get(target), &lambda());
        finish(worker.after_response());
        let documents = lines.take_metrics();
        let document = document_of(&documents, "latency");
        assert_eq!(document["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Shop");
        assert_eq!(document["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["service", "stage", "route"]]));
        assert_eq!(json!([document["service"], document["stage"], document["route"]]), json!(["todos", "prod", route]));
        assert_eq!((&document["fault"], &document["error"]), (&json!([fault]), &json!([error])), "{target}");
        assert!(document["latency"][0].as_f64().unwrap() >= 0.0);
        assert_eq!((&document["httpMethod"], &document["path"]), (&json!("GET"), &json!(target)));
        assert_eq!(document["statusCode"].is_string(), fault == 0);
        // Only the first invocation has another document.
        assert_eq!(documents.len(), if target == "/todos/7" { 2 } else { 1 });
        if let Some(cold) = documents.iter().find(|document| document.get("ColdStart").is_some()) {
            assert_eq!((&cold["ColdStart"], &cold["service"]), (&json!([1]), &json!("todos")));
        }
    }
}

#[test]
fn handlers_record_more_than_one_document_holds() {
    let lines = Lines::default();
    let metrics = Metrics::namespace("Shop").requests(false).cold_starts(false).sink(lines.sink());
    let app = App::new().metrics(metrics).get("/none", |_: Request| "x").get("/", |req: Request| {
        for number in 0..150 {
            for value in 0..130 {
                req.metrics().add(&format!("metric {number}"), f64::from(value), Unit::Bytes);
            }
        }
        "x"
    });
    let client = Client::new(app).unwrap();
    client.get("/none").send();
    assert_eq!(lines.take_metrics(), Vec::<Value>::new());
    client.get("/").send();
    // 150 metrics are two documents, and so are their values beyond a hundred.
    let documents = lines.take_metrics();
    assert_eq!(documents.len(), 4);
    let values = documents.iter().flat_map(|document| document["metric 149"].as_array()).flatten();
    assert_eq!(values.map(|value| value.as_u64().unwrap()).collect::<Vec<_>>(), (0..130).collect::<Vec<_>>());
}

/// serde_json keeps the last of two members of one name, so this counts them in the text.
#[test]
fn a_dimension_takes_the_place_of_a_note_of_its_name() {
    let notes = ["function_request_id", "httpMethod", "path", "apiGwRequestId", "apiGwApiId", "statusCode"];
    for name in notes {
        for records in [false, true] {
            let lines = Lines::default();
            let metrics = Metrics::namespace("N").dimension(name, "mine").cold_starts(false).sink(lines.sink());
            let app = App::new().metrics(metrics).get("/todos/{id}", move |req: Request| {
                if records {
                    req.metrics().count("Read", 1);
                }
                req.reply("todo")
            });
            let mut worker = worker(app);
            worker.call_blocking(&get("/todos/7"), &lambda()).unwrap();
            drop(worker);
            let written = lines.take().concat();
            assert_eq!(written.matches(&format!("\"{name}\":")).count(), 1, "{written}");
            assert!(written.contains(&format!("\"{name}\":\"mine\"")), "{written}");
        }
    }
}

#[test]
fn an_app_without_metrics_records_nothing() {
    let client = Client::new(App::new().get("/", |req: Request| {
        req.metrics().count("Created", 1).dimension("a", "b").metadata("c", "d");
        "x"
    }));
    assert_eq!(client.unwrap().get("/").send().text(), "x");
}

#[test]
fn settings_that_cloudwatch_refuses_are_errors_of_the_build() {
    for (metrics, part) in [
        (Metrics::namespace(""), "namespace"),
        (Metrics::namespace("x".repeat(256)), "255"),
        (Metrics::namespace("N").service(" "), "\"service\""),
        (Metrics::namespace("N").dimension("", "x"), "empty"),
        (Metrics::namespace("N").dimension("d".repeat(251), "x"), "250"),
        (Metrics::namespace("N").dimension("d", "x".repeat(1025)), "1024"),
        ((0..29).fold(Metrics::namespace("N"), |metrics, n| metrics.dimension(n.to_string(), "x")), "29 dimensions"),
    ] {
        let error = App::new().metrics(metrics).build().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
