//! Handles events again and again. `benches/instructions.sh` counts the instructions.
//!
//! `drive EVENT.json N` handles the event N times after a warm-up, `drive mix N` the next N events of the mix, `drive busy N`
//! the 5 KB event with the busy handler, `drive typed N` and `drive untyped N` with handlers that read the same four values, by
//! typed arguments and by the plain accessors, `drive authorizer N` the question of an HTTP API to a Lambda authorizer, which
//! answers with a policy, `drive authorizer_simple N` the same with a simple response, and `drive log N` and `drive metrics N`
//! the event `http` with an access log or metrics. A file `authorizer_*.json` goes to a Lambda authorizer too. `drive PART N`
//! handles events with a handler that uses one part of a request or of a response: see `PARTS`.
//! Without arguments it handles each event once and checks the response, so `cargo test --benches` tests it.

// Shared with benches/peers, where these are modules of a library.
#[allow(unreachable_pub)]
mod app;
#[allow(unreachable_pub)]
mod mix;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::{env, fs};

use gatewire::authorizer::{Authorizer, AuthorizerKind, AuthorizerRequest, Decision};
use gatewire::gateway::HttpRequest;
use gatewire::observe::{AccessLog, Metrics};
use gatewire::{App, Cookie, EventSource, Json, Request, Response, Route, context::LambdaContext, engine::Engine};
use serde_json::Value;

/// The sample events, from the root of the repository, where cargo and `benches/instructions.sh` start this program.
const EVENTS: &str = "tests/events";

/// Enough events for buffers to reach their final size.
const WARM_UP: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds flags of its own.
    let mut arguments = env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    match (arguments.next(), arguments.next(), arguments.next().as_deref()) {
        (Some(what), Some(times), None) => drive(&what, times.parse()?, handle),
        (Some(what), Some(times), Some("marked")) => drive(&what, times.parse()?, handle_marked),
        (None, None, None) => check_all(),
        _ => Err(
            "usage: drive [mix|busy|typed|untyped|authorizer|authorizer_simple|log|metrics|PART|EVENT.json N [marked]]"
                .into(),
        ),
    }
}

fn sample(name: &str) -> Result<Vec<u8>, std::io::Error> {
    fs::read(Path::new(EVENTS).join(name))
}

/// Handles events of an engine, a number of times.
type Handle = fn(&Engine, &[&[u8]], usize) -> Result<(), Box<dyn Error>>;

fn drive(what: &str, times: usize, handle: Handle) -> Result<(), Box<dyn Error>> {
    match what {
        "mix" => {
            let events = mix::events();
            let payloads: Vec<&[u8]> = events.iter().map(|event| event.payload.as_bytes()).collect();
            handle(&app::engine()?, &payloads, times)
        }
        "log" | "metrics" => handle(&observed(what)?, &[&sample("http.json")?], times),
        "busy" => handle(&app::busy_engine()?, &[&sample("rest_browser.json")?], times),
        "typed" | "untyped" => {
            handle(&app::arguments_engine(what == "typed")?, &[&sample("rest_browser.json")?], times)
        }
        "authorizer" => handle(&authorizer(false)?, &[&sample(QUESTION)?], times),
        "authorizer_simple" => handle(&authorizer(true)?, &[&sample(QUESTION)?], times),
        part if PARTS.contains(&part) => {
            let (engine, payload) = part_of(part)?;
            handle(&engine, &[&payload], times)
        }
        file if is_question(Path::new(file)) => handle(&authorizer(false)?, &[&fs::read(file)?], times),
        file => handle(&app::engine()?, &[&fs::read(file)?], times),
    }
}

/// The sample event of an HTTP API for its authorizer.
const QUESTION: &str = "published/authorizer_http_v2.json";

/// Returns whether a file has the question of an API to its authorizer.
fn is_question(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("authorizer_"))
}

/// An authorizer that reads the token or a header field, and adds to the context.
fn authorizer(simple: bool) -> Result<Engine, Box<dyn Error>> {
    fn decide(req: AuthorizerRequest<'_>) -> Decision<'_> {
        let user = match req.kind() {
            AuthorizerKind::Token => req.token(),
            AuthorizerKind::Request | AuthorizerKind::HttpApiV1 => req.header("headerauth1"),
            _ => req.header("header1"),
        };
        match user {
            Some(user) => Decision::allow(user).context("tenant", "acme"),
            None => Decision::unauthorized(),
        }
    }
    Ok(Authorizer::new(decide).simple_responses(simple).build()?)
}

/// The engine of one route, with an access log or metrics whose lines go nowhere.
fn observed(what: &str) -> Result<Engine, Box<dyn Error>> {
    let app = App::new().get("/todos/{id}", |req: Request<'_>| req.reply(req.param("id")));
    let drop_lines = |lines: &[u8]| _ = black_box(lines);
    Ok(match what {
        "log" => app.access_log(AccessLog::json().service("todos").sink(drop_lines)),
        _ => app.metrics(Metrics::namespace("N").service("todos").sink(drop_lines)),
    }
    .build()?)
}

/// Three cookies of the 5 KB event and of an event of an HTTP API; six parameters of the query, some of them escaped, behind
/// an HTTP API, a REST API and a load balancer; two cookies that are set; a body of 10 KB that is compressed.
const PARTS: [&str; 7] = ["cookies", "cookies_http", "queries", "queries_rest", "queries_alb", "set_cookies", "gzip"];

/// The parameters that the handlers of the `queries` read.
const QUERY: &str = "page=2&size=50&sort=due%20date&q=oat+milk%2C+bread&lang=pt-PT&done=false";

/// An engine whose handler uses one part, and an event for it.
fn part_of(part: &str) -> Result<(Engine, Vec<u8>), Box<dyn Error>> {
    const RULE: &str = "/todos/{id}";
    let query = |source| HttpRequest::new("GET", &format!("/todos/42?{QUERY}")).event(source);
    let read_query = |app: App| {
        app.get(RULE, |req: Request<'_>| {
            req.reply(Json(
                ["page", "size", "sort", "q", "lang", "done"].map(|name| req.query(name).map_or(0, str::len)),
            ))
        })
    };
    let read_cookies = |app: App| {
        app.get(RULE, |req: Request<'_>| {
            req.reply(Json(["theme", "session", "consent"].map(|name| req.cookie(name).map_or(0, str::len))))
        })
    };
    let app = App::new();
    let (app, event) = match part {
        "cookies" => (read_cookies(app), sample("rest_browser.json")?),
        "cookies_http" => (read_cookies(app), sample("http.json")?),
        "queries" => (read_query(app), query(EventSource::HttpApiV2)),
        "queries_rest" => (read_query(app), query(EventSource::RestApi)),
        "queries_alb" => (read_query(app), query(EventSource::Alb)),
        "set_cookies" => {
            let session = || Cookie::new("session", "qdCX8rXLACkuZGVkUcxSdqeJjgaa4ek7").path("/").http_only(true);
            let set = move |_: Request<'_>| {
                Response::new(Json(true)).cookie(session()).cookie(Cookie::new("theme", "dark").max_age(86_400))
            };
            (app.get(RULE, set), sample("rest_browser.json")?)
        }
        _ => {
            let rows: String =
                (0..200).map(|row| format!("{row},{},done with the milk and bread\n", row * row)).collect();
            let report = Route::get(RULE, move |req: Request<'_>| req.reply(&*rows)).compress(true);
            (app.route(report), sample("rest_browser.json")?)
        }
    };
    Ok((app.build()?, event))
}

/// Handles the given number of events, in their order and from the start again, after a warm-up over all of them.
fn handle(engine: &Engine, payloads: &[&[u8]], times: usize) -> Result<(), Box<dyn Error>> {
    let mut worker = engine.worker();
    let warm_up = WARM_UP.next_multiple_of(payloads.len());
    for payload in payloads.iter().cycle().take(warm_up + times) {
        black_box(worker.call_blocking(black_box(payload), &LambdaContext::default())?);
    }
    Ok(())
}

/// As [`handle`], with a call that an emulator recognises around each event.
fn handle_marked(engine: &Engine, payloads: &[&[u8]], times: usize) -> Result<(), Box<dyn Error>> {
    let mut worker = engine.worker();
    let warm_up = WARM_UP.next_multiple_of(payloads.len());
    for (number, payload) in payloads.iter().cycle().take(warm_up + times).enumerate() {
        if number >= warm_up {
            between_events();
        }
        black_box(worker.call_blocking(black_box(payload), &LambdaContext::default())?);
    }
    between_events();
    Ok(())
}

/// Marks the start of an event and the end of the last: see benches/qemu_count.c.
#[inline(never)]
fn between_events() {
    black_box(());
}

fn check_all() -> Result<(), Box<dyn Error>> {
    let engine = app::engine()?;
    let mut events = 0;
    for entry in fs::read_dir(EVENTS)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let payload = fs::read(&path)?;
        let expected = if payload_creates(&payload)? { app::NO_ID } else { "42" };
        assert_eq!(answer(&engine, &payload)?, serde_json::json!({ "id": expected }), "{}", path.display());
        events += 1;
    }
    assert!(events > 0, "no sample events");
    let busy = answer(&app::busy_engine()?, &sample("rest_browser.json")?)?;
    assert_eq!((&busy["fields"], &busy["lang"]), (&"title".into(), &"pt".into()));
    for is_typed in [true, false] {
        let read = answer(&app::arguments_engine(is_typed)?, &sample("rest_browser.json")?)?;
        assert_eq!((&read["id"], &read["lang"]), (&"42".into(), &"pt".into()));
    }
    check_parts()?;
    check_authorizer()?;
    let mix = mix::events();
    for event in &mix {
        let expected = serde_json::json!({ "id": event.id });
        assert_eq!(answer(&engine, event.payload.as_bytes())?, expected, "{:?} {}", event.sender, event.path);
    }
    let mean = mix.iter().map(|event| event.payload.len()).sum::<usize>() / mix.len();
    println!("{events} sample events answered, and {} of {mean} bytes in the mean that are mixed", mix.len());
    Ok(())
}

/// Checks what the handlers of the parts have read.
fn check_parts() -> Result<(), Box<dyn Error>> {
    for (part, lengths) in [
        ("cookies", &[4, 32, 0][..]),
        ("cookies_http", &[4, 32, 0]),
        ("queries", &[1, 2, 8, 15, 5, 5]),
        ("queries_rest", &[1, 2, 8, 15, 5, 5]),
        ("queries_alb", &[1, 2, 8, 15, 5, 5]),
    ] {
        let (engine, event) = part_of(part)?;
        assert_eq!(answer(&engine, &event)?, serde_json::json!(lengths), "{part}");
    }
    let (engine, event) = part_of("set_cookies")?;
    assert_eq!(answer(&engine, &event)?, true);
    let (engine, event) = part_of("gzip")?;
    let response = engine.worker().call_blocking(&event, &LambdaContext::default())?.to_vec();
    let response: Value = serde_json::from_slice(&response)?;
    assert_eq!(response["isBase64Encoded"], true);
    Ok(())
}

/// Checks the decision about each question of the samples.
fn check_authorizer() -> Result<(), Box<dyn Error>> {
    let mut worker = authorizer(false)?.worker();
    let mut questions = 0;
    for entry in fs::read_dir(Path::new(EVENTS).join("published"))? {
        let path = entry?.path();
        if is_question(&path) {
            let decision = worker.call_blocking(&fs::read(&path)?, &LambdaContext::default())?;
            let decision: Value = serde_json::from_slice(decision)?;
            let effect = &decision["policyDocument"]["Statement"][0]["Effect"];
            assert_eq!(
                (effect, &decision["context"]["tenant"]),
                (&"Allow".into(), &"acme".into()),
                "{}",
                path.display()
            );
            questions += 1;
        }
    }
    assert!(questions > 0, "no questions");
    let mut worker = authorizer(true)?.worker();
    let decision = worker.call_blocking(&sample(QUESTION)?, &LambdaContext::default())?;
    assert_eq!(decision, br#"{"isAuthorized":true,"context":{"tenant":"acme"}}"#);
    Ok(())
}

/// Returns the body of a response whose status is 200.
fn answer(engine: &Engine, payload: &[u8]) -> Result<Value, Box<dyn Error>> {
    let mut worker = engine.worker();
    let response: Value = serde_json::from_slice(worker.call_blocking(payload, &LambdaContext::default())?)?;
    assert_eq!(response["statusCode"], 200, "{response}");
    Ok(serde_json::from_str(response["body"].as_str().unwrap_or_default())?)
}

/// Returns whether the event asks for a new todo: a POST to a path without an id, from any gateway.
fn payload_creates(payload: &[u8]) -> Result<bool, serde_json::Error> {
    let event: Value = serde_json::from_slice(payload)?;
    Ok([&event["path"], &event["rawPath"]].iter().any(|path| *path == "/todos"))
}
