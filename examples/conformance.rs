//! The application of the conformance cases. The same application was recorded on Powertools for AWS Lambda (Python).
//!
//! ```sh
//! cargo run --release --example conformance < tests/conformance/cases.jsonl > answers.jsonl
//! python3 tests/conformance/compare.py tests/conformance/cases.jsonl answers.jsonl
//! ```
//!
//! It reads one JSON object a line, `{"id", "app", "source", "event"}`, and writes one a line: `{"id", "response"}` with
//! the response of the function, or `{"id", "error"}` if the invocation failed. The answer to a line that it cannot read is
//! an error too.
//!
//! If `CONFORMANCE_APP` names an app (`plain`, `open`, `cors`, `custom`, `debug`), the program is a function that runs that
//! app: on Lambda, and elsewhere under the local gateway.

use std::collections::{BTreeMap, HashMap};
use std::error::Error as StdError;
use std::fmt;
use std::io::{BufRead, Write};
use std::ops::ControlFlow;

use gatewire::{
    App, Cookie, Cors, Error, EventSource, Html, HttpError, Json, Request, Response, Route, Router, SameSite,
    StatusCode, context::LambdaContext, engine::Worker, error::BodyError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

const LOREM: &str = "The quick brown fox jumps over the lazy dog. ";

// ---- errors: the exceptions that the reference raises ------------------------------------------------------------

macro_rules! errors {
    ($($name:ident),+) => {
        $(
            #[derive(Debug)]
            struct $name(String);

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl StdError for $name {}
        )+
    };
}

errors!(ValueError, KeyError, IndexError, ZeroDivisionError, RuntimeError);

fn raise(req: Request<'_>) -> Result<(), Error> {
    Err(match req.param("kind") {
        "bad-request" => HttpError::bad_request("Missing required parameter").into(),
        "unauthorized" => HttpError::unauthorized("Unauthorized").into(),
        "forbidden" => HttpError::forbidden("Forbidden").into(),
        "not-found" => HttpError::not_found().into(),
        "request-timeout" => HttpError::request_timeout("Too slow").into(),
        "entity-too-large" => HttpError::content_too_large("Too large").into(),
        "internal" => HttpError::internal_server_error("Internal server error").into(),
        "unavailable" => HttpError::service_unavailable("Come back later").into(),
        "service" => HttpError::new(StatusCode::BAD_GATEWAY, "Something went wrong!").into(),
        "service-object" => HttpError::json(StatusCode::CONFLICT, &json!({"code": "CONFLICT", "id": 7}))?.into(),
        "value" => ValueError("name query string must be present".into()).into(),
        "lookup" => KeyError("absent".into()).into(),
        "index" => IndexError("out of range".into()).into(),
        "handler-fails" => ZeroDivisionError("handled by a handler that answers with a service error".into()).into(),
        kind => RuntimeError(format!("nobody handles {kind}")).into(),
    })
}

fn gone() -> Response<'static, Json<Value>> {
    Response::new(Json(json!({"gone": true}))).status(410)
}

fn invalid() -> Response<'static, &'static str> {
    Response::new("Invalid request").status(400).content_type("text/plain")
}

fn with_error_handlers(app: App) -> App {
    app.on_error(|_: &ValueError, _| invalid())
        .on_error(|_: &BodyError, _| invalid())
        .on_error(|_: &KeyError, _| gone())
        .on_error(|_: &IndexError, _| gone())
        .on_error(|_: &ZeroDivisionError, _| {
            Err::<(), _>(HttpError::new(StatusCode::INSUFFICIENT_STORAGE, "from the handler"))
        })
}

// ---- routing -----------------------------------------------------------------------------------------------------

#[derive(Serialize)]
struct Message<T> {
    message: T,
}

fn routing(app: App) -> App {
    app.get("/hello", |_: Request| Json(Message { message: "hello universe" }))
        .get("/hello/<name>", |req: Request| {
            req.reply(Json(Message { message: format_args!("hello {}", req.param("name")) }))
        })
        .get("/studies/<study_id>", |req: Request| Json(json!({"route": "dynamic", "study_id": req.param("study_id")})))
        .get("/studies/fetch", |_: Request| Json(json!({"route": "static"})))
        .get("/todos/<todo_id>/<status>", |req: Request| {
            Json(json!({"todo_id": req.param("todo_id"), "status": req.param("status")}))
        })
        .on(["GET", "PUT", "PATCH", "DELETE"], "/todos/<todo_id>", |req: Request| {
            Json(json!({"method": req.method(), "todo_id": req.param("todo_id")}))
        })
        .post("/todos", create_todo)
        .on(["PUT", "POST"], "/multi", |req: Request| Json(json!({"method": req.method()})))
        .head("/head", |_: Request| Response::new("").content_type("text/plain").header("X-Head", "yes"))
        .get(r"/items/\d+", |req: Request| Json(json!({"numbered": req.path()})))
        .get("/between/.+/end", |req: Request| Json(json!({"between": req.path()})))
        .get("/any/.+", |req: Request| Json(json!({"path_received": req.path()})))
}

fn create_todo(req: Request<'_>) -> Result<(u16, Json<Value>), Error> {
    match req.body_json()? {
        Value::Object(mut document) if document.contains_key("title") => {
            Ok((201, Json(json!({"created": document.remove("title")}))))
        }
        _ => Err(HttpError::bad_request("title is required").into()),
    }
}

// ---- the request -------------------------------------------------------------------------------------------------

#[derive(Serialize)]
struct Inspected<'r> {
    method: &'r str,
    path: &'r str,
    query_name: Option<&'r str>,
    query: BTreeMap<&'r str, Vec<&'r str>>,
    user_agent: Option<&'r str>,
    x_custom: Option<&'r str>,
    cookies: BTreeMap<&'r str, &'r str>,
    body: Option<&'r str>,
}

fn inspect(req: Request<'_>) -> Result<Json<Inspected<'_>>, Error> {
    let mut query = BTreeMap::<_, Vec<_>>::new();
    for (name, value) in req.query_pairs() {
        query.entry(name).or_default().push(value);
    }
    Ok(Json(Inspected {
        method: req.method(),
        path: req.path(),
        query_name: req.query("name"),
        query,
        user_agent: req.header("User-Agent"),
        x_custom: req.header("X-CUSTOM"),
        cookies: req.cookies().collect(),
        body: if req.has_body() { Some(req.body_text()?) } else { None },
    }))
}

fn echo(req: Request<'_>) -> Result<Json<Value>, BodyError> {
    Ok(Json(json!({"json": req.body_json::<Value>()?})))
}

fn requests(app: App) -> App {
    app.on(["GET", "POST", "PUT", "PATCH", "DELETE"], "/inspect", inspect).post("/echo", echo)
}

// ---- responses ---------------------------------------------------------------------------------------------------

fn plain<'a, B>(body: B) -> Response<'a, B> {
    Response::new(body).content_type("text/plain")
}

fn cookies(_: Request<'_>) -> Response<'static, &'static str> {
    // 2030-01-02 03:04:05 UTC
    let expires = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_893_553_445);
    let theme = Cookie::new("theme", "dark")
        .path("/")
        .domain("example.com")
        .secure(false)
        .http_only(true)
        .max_age(3600)
        .expires(expires)
        .same_site(SameSite::Strict)
        .attribute("Priority=High");
    plain("with cookies").cookie(Cookie::new("session_id", "12345")).cookie(theme)
}

fn decimal(_: Request<'_>) -> Json<Value> {
    Json(json!({"message": "Example", "second": rust_decimal::Decimal::new(10001, 2)}))
}

fn pixels() -> Vec<u8> {
    (0..=255).collect()
}

fn responses(app: App) -> App {
    app.get("/responses/teapot", |_: Request| {
        Response::new(Json(Message { message: "I'm a teapot" })).status(418).header("X-Custom", "X-Value")
    })
    .get("/responses/cookies", cookies)
    .get("/responses/one-cookie", |_: Request| plain("with one cookie").cookie(Cookie::new("gone", "").max_age(-1)))
    .get("/responses/multi-header", |_: Request| {
        plain("with headers").header("X-Multi", "first").append_header("X-Multi", "second").header("X-Single", "only")
    })
    .get("/responses/content-type-header", |_: Request| plain("a,b\n1,2\n").header("Content-Type", "text/csv"))
    .get("/responses/none", |_: Request| (204, ()))
    .get("/responses/null", |_: Request| Json(()))
    .get("/responses/list", |_: Request| Json(json!([1, 2.5, "three", null, true, {"four": [4]}])))
    .get("/responses/html", |_: Request| Html("<h1>h\u{e9}llo \u{4e16}\u{754c}</h1>"))
    .get("/responses/unicode", |_: Request| {
        Json(json!({
            "quote": "a \"quoted\" \\ back\\slash / slash",
            "control": "\0\u{1}\u{8}\t\n\u{c}\r\u{1f}\u{7f}",
            "text": "h\u{e9}llo \u{4e16}\u{754c} \u{1f600} \u{2028}",
        }))
    })
    .get("/responses/decimal", decimal)
    .get("/responses/numbers", |_: Request| {
        Json(json!({
            "zero": 0, "negative": -17, "big": 9_007_199_254_740_993_u64, "small": 0.1, "large": 1e22, "exact": 5.0,
        }))
    })
    .get("/responses/binary", |_: Request| pixels())
    .get("/responses/json-object", |_: Request| (202, Json(json!({"accepted": true}))))
}

// ---- state and routers -------------------------------------------------------------------------------------------

struct Tenant(&'static str);
struct Region(&'static str);

fn users() -> Router {
    Router::new()
        .state(Region("eu-west-1"))
        .get("/", |_: Request| Json(json!({"users": ["ada", "grace"]})))
        .get("/<username>", |req: Request| Json(json!({"user": req.param("username")})))
}

fn health() -> Router {
    Router::new().get("/health", |_: Request| Json(json!({"status": "OK"})))
}

fn routers(app: App) -> App {
    app.state(Tenant("acme"))
        .get("/context", |req: Request| {
            let (tenant, region) = (req.find_state::<Tenant>(), req.find_state::<Region>());
            Json(json!({"tenant": tenant.map(|tenant| tenant.0), "region": region.map(|region| region.0)}))
        })
        .include("/users", users())
        .include("", health())
}

// ---- compression, caching, CORS by route ---------------------------------------------------------------------------

#[derive(Serialize)]
struct Text<T> {
    text: T,
}

fn lorem() -> String {
    LOREM.repeat(40)
}

fn answers(app: App) -> App {
    app.route(Route::get("/compress/json", |_: Request| Json(Text { text: lorem() })).compress(true))
        .route(Route::get("/compress/binary", |_: Request| pixels().repeat(8)).compress(true))
        .route(Route::get("/compress/off", |_: Request| plain(lorem()).compress(false)).compress(true))
        .get("/compress/on", |_: Request| plain(lorem()).compress(true))
        .route(Route::get("/compress/nothing", |_: Request| (304, ())).compress(true))
        .route(Route::get("/cache/ok", |_: Request| Json(json!({"cached": true}))).cache_control("max-age=600"))
        .route(Route::get("/cache/error", |_: Request| plain("not cached").status(418)).cache_control("max-age=600"))
        .route(Route::get("/cors/off", |_: Request| Json(json!({"cors": "off"}))).cors(false))
        .route(Route::post("/cors/on", |_: Request| Json(json!({"cors": "on"}))).cors(true))
}

// ---- middleware ----------------------------------------------------------------------------------------------------

fn middleware(app: App) -> App {
    let stamped = Route::get("/middleware/stamped", |_: Request| Json(json!({"stamped": true})))
        .wrap(async |req, next| {
            let reply = next.run(req).await?;
            let inner = req.response().header("X-Stamp").unwrap_or("none");
            req.response().set_header("X-Stamp", format!("{inner},outer"));
            Ok(reply)
        })
        .after(|req| req.response().set_header("X-Stamp", "inner"));
    let gated = Route::get("/middleware/gated", |_: Request| Json(json!({"gated": true}))).before(|req| {
        match req.header("authorization") {
            Some(_) => ControlFlow::Continue(()),
            None => ControlFlow::Break(req.reply(plain("who are you?").status(401))),
        }
    });
    app.route(stamped).route(gated)
}

// ---- the variants --------------------------------------------------------------------------------------------------

fn strict_cors() -> Cors {
    Cors::origins(["https://www.example.com", "https://dev.example.com"])
        .allow_headers(["x-custom-request-header"])
        .expose_headers(["x-exposed-response-header"])
        .max_age(100)
        .allow_credentials(true)
}

fn custom() -> App {
    App::new()
        .strip_prefix("/payment")
        .strip_prefix_regex("^/v[0-9]+")
        // The keys of `serde_json` values are sorted.
        .serializer(|value, out| Ok(serde_json::to_writer(out, &serde_json::to_value(value)?)?))
        .not_found(|_| plain("I'm a teapot!").status(418))
        .after(|req| req.response().set_header("X-Everywhere", "yes"))
}

/// Returns the app that a line names.
fn build(name: &str) -> Option<App> {
    let app = match name {
        "plain" => App::new(),
        "open" => App::new().cors(Cors::any()),
        "cors" => App::new().cors(strict_cors()),
        "custom" => custom(),
        "debug" => App::new().debug(true),
        _ => return None,
    };
    let app = with_error_handlers(app.get("/errors/<kind>", raise));
    Some(middleware(routers(answers(responses(requests(routing(app)))))))
}

// ---- lines -------------------------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct Line<'l> {
    id: Value,
    app: String,
    source: String,
    #[serde(borrow)]
    event: &'l RawValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    error_type: String,
    error_message: String,
}

impl Failure {
    fn new(error_type: &str, error_message: impl ToString) -> Self {
        Self { error_type: error_type.to_owned(), error_message: error_message.to_string() }
    }
}

/// Answers lines, with a worker for every pair of app and source so far.
#[derive(Default, Debug)]
pub struct Lines {
    workers: HashMap<(String, String), Worker>,
}

impl Lines {
    /// Returns the answer to one line.
    pub fn answer(&mut self, line: &[u8]) -> String {
        let (id, outcome) = match serde_json::from_slice::<Line<'_>>(line) {
            Ok(line) => (line.id.clone(), self.run(&line)),
            Err(error) => (id_of(line), Err(Failure::new("BadLine", error))),
        };
        let mut answer = BTreeMap::from([("id", serde_json::to_value(id).unwrap_or_default())]);
        match outcome {
            Ok(response) => return format!("{{\"id\":{},\"response\":{response}}}", answer["id"]),
            Err(failure) => answer.insert("error", serde_json::to_value(failure).unwrap_or_default()),
        };
        serde_json::to_string(&answer).unwrap_or_default()
    }

    fn run(&mut self, line: &Line<'_>) -> Result<String, Failure> {
        let key = (line.app.clone(), line.source.clone());
        let worker = match self.workers.entry(key) {
            std::collections::hash_map::Entry::Occupied(worker) => worker.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(worker(&line.app, &line.source)?),
        };
        let context = LambdaContext::default()
            .with_request_id("52fdfc07-2182-154f-163f-5f0f9a621d72")
            .with_invoked_function_arn("arn:aws:lambda:eu-west-1:123456789012:function:conformance");
        match worker.call_blocking(line.event.get().as_bytes(), &context) {
            Ok(response) => Ok(String::from_utf8_lossy(response).into_owned()),
            Err(failure) => Err(Failure::new(failure.error_type(), failure.message())),
        }
    }
}

/// Returns the identifier of a line that is not a valid case, if it has one.
fn id_of(line: &[u8]) -> Value {
    let line = serde_json::from_slice::<Value>(line).unwrap_or_default();
    line.get("id").cloned().unwrap_or_default()
}

fn worker(app: &str, source: &str) -> Result<Worker, Failure> {
    let source = match source {
        "auto" => None,
        "rest" => Some(EventSource::RestApi),
        "http" => Some(EventSource::HttpApiV2),
        "alb" => Some(EventSource::Alb),
        "url" => Some(EventSource::FunctionUrl),
        "lattice" => Some(EventSource::LatticeV1),
        "lattice_v2" => Some(EventSource::LatticeV2),
        _ => return Err(Failure::new("BadLine", format_args!("unknown source {source:?}"))),
    };
    let mut app = build(app).ok_or_else(|| Failure::new("BadLine", format_args!("unknown app {app:?}")))?;
    if let Some(source) = source {
        app = app.source(source);
    }
    Ok(app.build().map_err(|error| Failure::new("BuildError", error))?.worker())
}

fn main() -> Result<(), Box<dyn StdError>> {
    if let Ok(name) = std::env::var("CONFORMANCE_APP") {
        let app = build(&name).ok_or_else(|| format!("CONFORMANCE_APP is {name:?}, which is no app"))?;
        return Ok(gatewire::run(app)?);
    }
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let (mut lines, mut line) = (Lines::default(), Vec::new());
    while input.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            writeln!(output, "{}", lines.answer(&line))?;
        }
        line.clear();
    }
    Ok(output.flush()?)
}
