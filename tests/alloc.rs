//! No heap allocation per invocation: every source, every kind of handler and response, once warm.
//!
//! A separate test program with its own `main`: the allocator counts for the whole process, so nothing may run beside it.

#![allow(unsafe_code)] // a global allocator is unsafe to implement

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gatewire::observe::{AccessLog, Metrics, Unit};
use gatewire::{
    App, Cookie, Cors, Error, Html, HttpError, Json, Request, Response, Route, Router, engine::Worker, error::BodyError,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
/// Lines of the access log and of metrics.
static LINES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Serialize)]
struct Seen<'r> {
    id: &'r str,
    agent: Option<&'r str>,
    page: Option<&'r str>,
    source_ip: Option<&'r str>,
}

#[derive(Deserialize, Serialize)]
struct Todo<'r> {
    #[serde(borrow)]
    title: &'r str,
    tags: Few<'r>,
    done: bool,
}

#[derive(Deserialize, Serialize)]
struct Few<'r>(#[serde(borrow)] &'r str, #[serde(borrow)] &'r str);

struct Tenant(u32);

#[derive(Debug)]
struct Missing(u32);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {}", self.0)
    }
}

impl std::error::Error for Missing {}

fn seen(req: Request<'_>) -> Json<Seen<'_>> {
    Json(Seen {
        id: req.param("id"),
        agent: req.header("user-agent"),
        page: req.query("page"),
        source_ip: req.source_ip(),
    })
}

async fn seen_later(req: Request<'_>) -> Json<Seen<'_>> {
    Yield(false).await;
    seen(req)
}

/// Returns `Pending` once, so that the future must be stored.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    }
}

fn create(req: Request<'_>) -> Result<(u16, Json<Todo<'_>>), BodyError> {
    Ok((201, Json(req.body_json()?)))
}

fn context(req: Request<'_>) -> Json<[Option<&str>; 8]> {
    let context = req.context();
    Json([
        context.account_id(),
        context.time(),
        context.authorizer().claim("sub"),
        context.identity().user_arn(),
        context.client_certificate().and_then(|certificate| certificate.subject_dn()),
        req.stage_variables().get("color"),
        context.service_network_arn(),
        context.identity().principal_org_id(),
    ])
}

/// The app with an access log and metrics, whose lines are counted.
fn observed() -> App {
    let count = |lines: &[u8]| _ = LINES.fetch_add(lines.split(|&byte| byte == b'\n').count() - 1, Relaxed);
    let log = AccessLog::json()
        .service("todos")
        .function(true)
        .user_agent(true)
        .source_ip(true)
        .header("origin")
        .query("page")
        .cookie("session")
        .fields(|req, fields| _ = fields.text("tenant", req.path()).integer("n", 7).display("shown", &req.method()))
        .sink(count);
    let metrics = Metrics::namespace("Shop").service("todos").dimension("stage", "prod").client(true).sink(count);
    app().access_log(log).access_log(AccessLog::text().sink(count)).metrics(metrics).after_response(async || {
        Yield(false).await;
    })
}

/// Records metrics, and continues a trace.
fn measured(req: Request<'_>) -> Response<'_, String> {
    for number in 0..120 {
        req.metrics().add("Size", f64::from(number), Unit::Bytes).millis("Time", 1.5);
    }
    req.metrics().count("Read", 1).dimension("tenant", req.method()).metadata("path", req.path());
    let sampled = req.traceparent().is_some_and(|parent| parent.is_sampled());
    Response::new(String::new()).status(if sampled { 200 } else { 203 })
}

fn app() -> App {
    let nested = Router::new()
        .wrap(async |req, next| {
            let reply = next.run(req).await?;
            req.response().set_header("X-Wrapped", req.route().unwrap_or_default());
            Ok(reply)
        })
        .get("/{id}", seen);
    let cors = Cors::origins(["https://www.example.com"]).expose_headers(["x-a"]).max_age(60).allow_credentials(true);
    App::new()
        .cors(cors.vary(true))
        .after(|req| req.response().set_header("X-After", "1"))
        .before(|req| match req.query("stop") {
            Some(_) => ControlFlow::Break(req.reply((429, "stop"))),
            None => ControlFlow::Continue(()),
        })
        .method_not_allowed(true)
        .strip_prefix("/stripped")
        .route(
            Route::get("/compressed", |req: Request| req.reply(Json([req.path(); 20])))
                .compress(true)
                .cache_control("max-age=60")
                .status(203),
        )
        .route(Route::get("/compressed/binary", |req: Request| req.reply(&[7u8; 3000][..])).compress(true))
        .wrap(async |req, next| {
            req.set_extension(Tenant(7));
            next.run(req).await
        })
        .get("/tenant", |req: Request| req.reply(Json(req.extension::<Tenant>().map(|tenant| tenant.0))))
        .state(String::from("shared"))
        .get("/hello", |_: Request| "hello")
        .get("/measured", measured)
        .route(Route::get("/limited/{id}", seen_later).timeout(std::time::Duration::from_secs(60)))
        .get("/hello/{id}", seen)
        .get("/later/{id}", seen_later)
        .get(r"/items/{id:\d+}", seen)
        .get(r"/engine/{id:(a|b)*c}", seen)
        .get("/any/.+", |req: Request| req.reply(req.path()))
        .get("/files/{id...}", |req: Request| req.reply(Html(req.param("id"))))
        .get("/state", |req: Request| req.reply(req.state::<String>().as_str()))
        .get("/context", context)
        .get("/binary", |req: Request| req.reply(&[0u8, 159, 146, 150][..]))
        .get("/full", |_: Request| {
            Response::new(Json([1, 2]))
                .status(202)
                .header("X-A", "1")
                .append_header("X-A", "2")
                .cookie(Cookie::new("session", "1").path("/").http_only(true))
        })
        .get("/closure/{id}", async |req: Request| req.reply(Json(&[req.param("id")])))
        .get("/missing", |_: Request| Err::<(), _>(Missing(1)))
        .get("/forbidden", |_: Request| Err::<(), _>(Error::from(HttpError::forbidden("no"))))
        .post("/todos", create)
        .post("/text", |req: Request| req.reply(req.body_text()))
        .post("/again", |req: Request| {
            let lengths = [req.body().map_or(0, <[u8]>::len), req.body_text().map_or(0, str::len)];
            let todos = [req.body_json::<Todo<'_>>(), req.body_json()];
            req.reply(Json((lengths, todos.map(|todo| todo.is_ok()))))
        })
        .get("/svg", |req: Request| req.reply(Response::new(&b"<svg/>"[..]).content_type("image/svg+xml")))
        .route(
            Route::get("/compressed/tagged", |req: Request| {
                req.reply(Response::new(Json([req.path(); 20])).header("ETag", "\"v1\"").header("Content-MD5", "x"))
            })
            .compress(true),
        )
        .include("/nested", nested)
        .on_error(|_: &Missing, _: Request| (410, "gone"))
}

/// Returns a sample event with this method, path and body.
fn event(sample: &str, method: &str, path: &str, body: Option<(&str, bool)>) -> Vec<u8> {
    let mut event: Value = serde_json::from_str(sample).unwrap();
    let stage = event["requestContext"]["stage"].as_str().unwrap_or("$default").to_owned();
    if event.get("rawPath").is_some() {
        let in_path = stage != "$default" && event["rawPath"].as_str().unwrap().starts_with(&format!("/{stage}/"));
        event["rawPath"] = if in_path { format!("/{stage}{path}").into() } else { path.into() };
        event["requestContext"]["http"]["method"] = method.into();
        event["rawQueryString"] = "page=2&q=a%20b".into();
    } else if event.get("raw_path").is_some() {
        event["raw_path"] = format!("{path}?page=2&q=a%20b").into();
        event["method"] = method.into();
        event["is_base64_encoded"] = body.is_some_and(|(_, encoded)| encoded).into();
        event["body"] = body.map_or("", |(text, _)| text).into();
        return serde_json::to_vec(&event).unwrap();
    } else if event.get("method").is_some() {
        event["path"] = path.into();
        event["method"] = method.into();
    } else {
        let in_path =
            event.get("version").is_some() && event["path"].as_str().unwrap().starts_with(&format!("/{stage}/"));
        event["path"] = if in_path { format!("/{stage}{path}").into() } else { path.into() };
        event["httpMethod"] = method.into();
    }
    for (name, value) in [("Origin", "https://www.example.com"), ("Accept-Encoding", "br, gzip")] {
        if event["headers"].is_object() {
            event["headers"][name] = value.into();
        }
        if event["multiValueHeaders"].is_object() {
            event["multiValueHeaders"][name] = vec![value].into();
        }
    }
    event["body"] = body.map_or(Value::Null, |(text, _)| text.into());
    event["isBase64Encoded"] = body.is_some_and(|(_, encoded)| encoded).into();
    serde_json::to_vec(&event).unwrap()
}

const TODO: &str = r#"{"title":"say \"hi\"","tags":["a","b\n"],"done":false}"#;
// The same JSON in base64.
const TODO_BASE64: &str = "eyJ0aXRsZSI6InNheSBcImhpXCIiLCJ0YWdzIjpbImEiLCJiXG4iXSwiZG9uZSI6ZmFsc2V9";

/// Method, path, the body with whether it is base64, and the status that the response must have.
type Asked = (&'static str, &'static str, Option<(&'static str, bool)>, u16);

const REQUESTS: &[Asked] = &[
    ("GET", "/hello", None, 200),
    ("GET", "/hello/ada", None, 200),
    ("GET", "/measured", None, 200),
    ("GET", "/limited/ada", None, 200),
    ("GET", "/hello/a%20b%2Fc", None, 200),
    ("GET", "/later/ada", None, 200),
    ("GET", "/items/17", None, 200),
    ("GET", "/items/x", None, 404),
    ("GET", "/engine/ababc", None, 200),
    ("GET", "/any/route/at/all", None, 200),
    ("GET", "/files/a/b/c.txt", None, 200),
    ("GET", "/state", None, 200),
    ("GET", "/context", None, 200),
    ("GET", "/binary", None, 200),
    ("GET", "/full", None, 202),
    ("GET", "/closure/x", None, 200),
    ("GET", "/compressed", None, 203),
    ("GET", "/compressed/binary", None, 200),
    ("GET", "/stripped/tenant", None, 200),
    ("OPTIONS", "/hello", None, 204),
    ("GET", "/svg", None, 200),
    ("GET", "/compressed/tagged", None, 200),
    ("POST", "/again", Some((TODO, false)), 200),
    ("POST", "/again", Some((TODO_BASE64, true)), 200),
    ("GET", "/missing", None, 410),
    ("GET", "/forbidden", None, 403),
    ("GET", "/nested/x", None, 200),
    ("GET", "/nowhere", None, 404),
    ("GET", "/%zz", None, 400),
    ("POST", "/todos", Some((TODO, false)), 201),
    ("POST", "/todos", Some((TODO_BASE64, true)), 201),
    ("POST", "/text", Some((TODO, false)), 200),
    ("POST", "/text", Some((TODO_BASE64, true)), 200),
    ("DELETE", "/hello", None, 405),
];

const SAMPLES: &[(&str, &str)] = &[
    ("rest", include_str!("events/rest.json")),
    ("rest_browser", include_str!("events/rest_browser.json")),
    ("http_v1", include_str!("events/http_v1.json")),
    ("http", include_str!("events/http.json")),
    ("alb", include_str!("events/alb.json")),
    ("alb_multi", include_str!("events/alb_multi.json")),
    ("url", include_str!("events/url.json")),
    ("lattice", include_str!("events/lattice.json")),
    ("lattice_v2", include_str!("events/lattice_v2.json")),
];

fn allocations(worker: &mut Worker, event: &[u8]) -> (usize, String) {
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let mut lambda = gatewire::testing::lambda_context();
    lambda.request_id = "id";
    lambda.trace_id = Some(trace);
    let before = ALLOCATIONS.load(Relaxed);
    let response = worker.call_blocking(event, &lambda);
    let after = ALLOCATIONS.load(Relaxed);
    let response = response.map_or_else(|error| error.to_string(), |bytes| String::from_utf8_lossy(bytes).into_owned());
    let before = before + (ALLOCATIONS.load(Relaxed) - after);
    let mut ending = std::pin::pin!(worker.after_response());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    while ending.as_mut().poll(&mut context).is_pending() {}
    (ALLOCATIONS.load(Relaxed) - before, response)
}

fn main() {
    check(app());
    assert_eq!(LINES.load(Relaxed), 0);
    check(observed());
    assert!(LINES.load(Relaxed) > 3 * REQUESTS.len() * SAMPLES.len());
}

fn check(app: App) {
    let engine = app.build().unwrap_or_else(|error| panic!("{error}"));
    let (mut passed, mut failed) = (0, 0);
    for (name, sample) in SAMPLES {
        let mut worker = engine.worker();
        // An HTTP API decodes the path, so malformed escapes are plain text to it.
        let decodes = name.starts_with("http");
        let events: Vec<_> = REQUESTS
            .iter()
            .map(|&(method, path, body, status)| {
                let status = if decodes && path == "/%zz" { 404 } else { status };
                // A gateway that decodes the path would have turned this segment into two.
                let path = if decodes && path.contains("%2F") { "/hello/a b" } else { path };
                (method, path, status, event(sample, method, path, body))
            })
            .collect();
        for _ in 0..3 {
            for (.., event) in &events {
                allocations(&mut worker, event);
            }
        }
        for (method, path, status, event) in &events {
            let (count, response) = allocations(&mut worker, event);
            let answered = response.starts_with(&format!("{{\"statusCode\":{status},"));
            if count == 0 && answered {
                passed += 1;
            } else {
                failed += 1;
                println!("{name} {method} {path}: {count} allocations, answer {response}");
            }
        }
    }
    println!("allocations: {passed} passed, {failed} failed");
    assert_eq!(failed, 0);
}
