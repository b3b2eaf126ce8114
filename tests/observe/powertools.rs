//! Lines and documents beside those that Powertools for Python and for TypeScript write for the same inputs, field by field.
//! `powertools.py` and `powertools.mjs` have recorded them.

use std::collections::BTreeMap;

use gatewire::observe::{AccessLog, Metrics, Unit};
use gatewire::{App, HttpError, Request};
use serde_json::{Value, json};

use super::{EMF_SCHEMA, Lines, OutOfStock, assert_valid, document_of, lambda, support, worker};

fn read(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn python() -> Vec<Value> {
    read(include_str!("powertools.jsonl"))
}

/// Runs a test of this module in a process of the environment that both have: `shop` with 128 MB. Returns whether this is it.
fn in_environment(test: &str) -> bool {
    const VARIABLE: &str = "GATEWIRE_TEST_POWERTOOLS";
    if std::env::var_os(VARIABLE).is_some() {
        return true;
    }
    let output = support::this_program()
        .args(["--exact", &format!("powertools::{test}"), "--nocapture"])
        .envs([(VARIABLE, "1"), ("AWS_LAMBDA_FUNCTION_NAME", "shop"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    false
}

/// Records what the handlers of both scripts do.
fn sell(req: Request<'_>) -> &'static str {
    req.metrics()
        .dimension("tenant", "blue \u{2028} \"sky\"")
        .count("Created", 1)
        .count("Created", 2)
        .add_high_resolution("Saving", 1.5, Unit::Milliseconds)
        .metadata("order", "o-17");
    "x"
}

/// The event and the handlers of `powertools.py`.
fn recorded() -> (Vec<Value>, Vec<Value>) {
    let (log, documents) = (Lines::default(), Lines::default());
    let app = App::new()
        .access_log(AccessLog::json().service("todos").function(true).sink(log.sink()))
        .metrics(Metrics::namespace("Shop").service("todos").sink(documents.sink()))
        .get("/todos/{id}", sell)
        .get("/sold/out", |_: Request| Err::<(), _>(OutOfStock));
    let mut worker = worker(app);
    for path in ["/todos/7", "/sold/out"] {
        let event = json!({
            "httpMethod": "GET", "path": path,
            "requestContext": { "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef" },
        });
        let _ = worker.call_blocking(event.to_string().as_bytes(), &lambda());
    }
    drop(worker);
    (log.take_log(), documents.take_metrics())
}

#[test]
fn lines_have_the_fields_of_powertools() {
    if !in_environment("lines_have_the_fields_of_powertools") {
        return;
    }
    let (lines, _) = recorded();
    assert_eq!(lines.len(), 2);
    for (line, theirs) in lines.iter().zip(&python()[..2]) {
        for (name, value) in theirs.as_object().unwrap() {
            let own = match name.as_str() {
                // The place in the code is the same for all requests.
                "location" => continue,
                // Lambda requires RFC 3339, which Powertools does not write by default.
                "timestamp" => {
                    assert!(value.as_str().unwrap().contains(','));
                    continue;
                }
                // Powertools sets it again for each line of the first invocation, here it is the second.
                "cold_start" if line["level"] == "ERROR" => continue,
                // A Rust error has no stack.
                "exception" => continue,
                "exception_name" => &line["error_type"],
                "stack_trace" => {
                    assert_eq!(line["error_message"], value["value"]);
                    continue;
                }
                name => &line[name],
            };
            assert_eq!(own, value, "{name}");
        }
        // The access log has these on top. The error of the script has no request.
        let added = ["bytes_in", "bytes_out", "source", "duration_ms"];
        if line["level"] == "INFO" {
            let names = line.as_object().unwrap().keys().filter(|name| !added.contains(&name.as_str()));
            assert_eq!(
                names.collect::<Vec<_>>(),
                theirs.as_object().unwrap().keys().filter(|name| *name != "location").collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn documents_are_those_of_powertools_for_python() {
    if !in_environment("documents_are_those_of_powertools_for_python") {
        return;
    }
    let (_, documents) = recorded();
    let python = python();
    let theirs = Document::of(document_of(&python[2..], "Created"));
    let mut ours = Document::of(document_of(&documents, "Created"));
    // Python has no such middleware: these are those of TypeScript.
    ours.metrics.retain(|name, _| !matches!(name.as_str(), "latency" | "fault" | "error"));
    let metadata =
        ["latency", "fault", "error", "function_request_id", "httpMethod", "path", "statusCode", "apiGwRequestId"];
    ours.members.retain(|name, _| !metadata.contains(&name.as_str()));
    assert_eq!(ours, theirs);
    let cold = |documents| Document::of(document_of(documents, "ColdStart"));
    assert_eq!(cold(&documents), cold(&python[2..]));
}

/// A document, without what has no meaning: the order of dimensions, metrics and members, and whether one value is a list.
#[derive(Debug, PartialEq)]
struct Document {
    namespace: Value,
    dimensions: Vec<String>,
    /// The definitions, by their names.
    metrics: BTreeMap<String, Value>,
    /// The values of dimensions, metrics and metadata.
    members: BTreeMap<String, Member>,
}

#[derive(Debug, PartialEq)]
enum Member {
    Text(String),
    Numbers(Vec<f64>),
}

impl Document {
    fn of(document: &Value) -> Self {
        assert_valid(EMF_SCHEMA, document);
        let [directive] = &document["_aws"]["CloudWatchMetrics"].as_array().unwrap()[..] else { panic!("{document}") };
        let [dimensions] = &directive["Dimensions"].as_array().unwrap()[..] else { panic!("{document}") };
        let mut dimensions: Vec<_> =
            dimensions.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        dimensions.sort();
        let metrics = directive["Metrics"].as_array().unwrap().iter();
        let members = document.as_object().unwrap().iter().filter(|(name, _)| *name != "_aws");
        let document = Self {
            namespace: directive["Namespace"].clone(),
            dimensions,
            metrics: metrics.map(|metric| (metric["Name"].as_str().unwrap().to_owned(), metric.clone())).collect(),
            members: members.map(|(name, value)| (name.clone(), Member::of(value))).collect(),
        };
        let named = document.metrics.keys().chain(&document.dimensions);
        named.for_each(|name| assert!(document.members.contains_key(name), "{name} has no value"));
        document
    }
}

impl Member {
    fn of(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.clone()),
            Value::Number(number) => Self::Numbers(vec![number.as_f64().unwrap()]),
            Value::Array(numbers) => Self::Numbers(numbers.iter().map(|number| number.as_f64().unwrap()).collect()),
            other => panic!("{other}"),
        }
    }
}

/// The handlers of `powertools.mjs`.
fn shop(lines: &Lines) -> App {
    let metrics =
        Metrics::namespace("Shop").service("todos").dimension("stage", "prod").client(true).sink(lines.sink());
    App::new()
        .metrics(metrics)
        // As there, each error has a response.
        .internal_server_errors(true)
        .get("/todos/{id}", sell)
        .get("/refused", |_: Request| Err::<(), _>(HttpError::bad_request("no")))
        .get("/broken", |_: Request| Err::<(), _>(OutOfStock))
}

/// Returns the name that a route of Powertools has here: `GET /todos/:id` is `/todos/{id}`.
fn rule(route: &str) -> String {
    let path = route.split_once(' ').map_or(route, |(_, path)| path);
    let segment =
        |segment: &str| segment.strip_prefix(':').map_or_else(|| segment.to_owned(), |name| format!("{{{name}}}"));
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[test]
fn documents_are_those_of_powertools_for_typescript() {
    if !in_environment("documents_are_those_of_powertools_for_typescript") {
        return;
    }
    let recorded = read(include_str!("powertools_typescript.jsonl"));
    assert_eq!(recorded.len(), 16);
    let lines = Lines::default();
    // Each sample event begins with a cold start.
    for requests in recorded.chunks(4) {
        let sample =
            format!("{}/tests/events/{}.json", env!("CARGO_MANIFEST_DIR"), requests[0]["event"].as_str().unwrap());
        let sample = std::fs::read_to_string(sample).unwrap();
        let mut worker = worker(shop(&lines));
        for request in requests {
            let event = sample.replace("/todos/42", request["path"].as_str().unwrap());
            worker.call_blocking(event.as_bytes(), &lambda()).unwrap();
            super::finish(worker.after_response());
            let mut ours: Vec<_> = lines.take_metrics().iter().map(Document::of).collect();
            let mut theirs: Vec<_> = request["documents"].as_array().unwrap().iter().map(Document::of).collect();
            // The document of a cold start is the last here, and the first there.
            ours.sort_by_key(|document| document.metrics.keys().next().cloned());
            theirs.sort_by_key(|document| document.metrics.keys().next().cloned());
            for document in &mut ours {
                document.members.remove("function_request_id");
            }
            for document in &mut theirs {
                if let Some(Member::Text(route)) = document.members.get_mut("route") {
                    *route = rule(route);
                }
            }
            // Times differ, and both are there.
            for document in ours.iter_mut().chain(&mut theirs) {
                if let Some(Member::Numbers(times)) = document.members.get_mut("latency") {
                    assert!(times.len() == 1 && times[0] >= 0.0);
                    times[0] = 0.0;
                }
            }
            assert_eq!(ours, theirs, "{request}");
        }
    }
}
