//! No heap allocation per invocation: every source, every kind of handler and response, once warm.
//!
//! A separate test program with its own `main`: the allocator counts for the whole process, so nothing may run beside it.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, UNIX_EPOCH};

use counting::allocations_so_far;
#[cfg(feature = "signed-cookies")]
use gatewire::SignedCookies;
use gatewire::app::SecurityHeaders;
use gatewire::app::WebSocket;
use gatewire::authorizer::{Authorizer, AuthorizerRequest, Decision};
use gatewire::context::{Headers, LambdaContext, RequestContext};
use gatewire::engine::{Engine, Worker};
use gatewire::error::{BodyError, FormError, ParamError};
use gatewire::extract::{Claims, Cookies, Extension, Header, Path, Query, RawBody, State, Text, names};
use gatewire::handler::{Message, RawEvent};
use gatewire::handler::{Validators, require_basic, require_bearer};
use gatewire::observe::{AccessLog, Metrics, Unit};
#[cfg(feature = "static-files")]
use gatewire::static_files::{StaticFile, StaticFiles};
use gatewire::{App, Cookie, Cors, Error, Html, HttpError, Json, Request, Response, Route, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(all(feature = "macros", feature = "validate"))]
#[path = "alloc_parts/checked.rs"]
mod checked;
#[path = "support/counting.rs"]
mod counting;

/// There is nothing to check without these features.
#[cfg(not(all(feature = "macros", feature = "validate")))]
mod checked {
    pub(crate) fn add(app: gatewire::App) -> gatewire::App {
        app
    }

    pub(crate) const REQUESTS: &[super::Sent] = &[];
}

/// Lines of the access log and of metrics.
static LINES: AtomicUsize = AtomicUsize::new(0);

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

#[derive(Deserialize, Serialize)]
struct Form<'r> {
    name: &'r str,
    age: u8,
    note: Option<&'r str>,
}

fn form(req: Request<'_>) -> Result<Json<Form<'_>>, FormError> {
    req.form_as().map(Json)
}

/// Name, name of the file, and length.
type PartSummary<'r> = (&'r str, Option<&'r str>, usize);

fn parts(req: Request<'_>) -> Result<Json<[PartSummary<'_>; 2]>, FormError> {
    let form = req.multipart()?;
    let part = |name| form.get(name).map_or(("", None, 0), |part| (part.name, part.file_name, part.bytes.len()));
    Ok(Json([part("title"), part("file")]))
}

#[derive(Deserialize)]
struct Asked<'r> {
    page: Option<u32>,
    q: Option<&'r str>,
}

#[derive(Deserialize)]
struct Claimed<'r> {
    sub: Option<&'r str>,
}

#[derive(Deserialize)]
struct Id<'r> {
    id: &'r str,
}

gatewire::input!(Todo<'r>, Asked<'r>, Claimed<'r>, Id<'r>);

#[derive(Serialize)]
struct Typed<'r> {
    id: u64,
    page: Option<u32>,
    q: Option<&'r str>,
    todo: Todo<'r>,
    state: &'r str,
}

fn typed<'r>(
    Path(id): Path<u64>,
    Query(Asked { page, q }): Query<Asked<'r>>,
    Json(todo): Json<Todo<'r>>,
    State(state): State<&'r String>,
) -> Json<Typed<'r>> {
    Json(Typed { id, page, q, todo, state })
}

async fn typed_later<'r>(
    Path((_, id)): Path<(&'r str, u64)>,
    Query(Asked { page, q }): Query<Asked<'r>>,
    Json(todo): Json<Todo<'r>>,
    State(state): State<&'r String>,
) -> Result<(u16, Json<Typed<'r>>), Error> {
    std::future::ready(()).await;
    Ok((201, Json(Typed { id, page, q, todo, state })))
}

#[allow(clippy::too_many_arguments)] // eight are the most that a handler takes
fn typed_views<'r>(
    Path(Id { id }): Path<Id<'r>>,
    Header(agent): Header<'r, names::UserAgent>,
    headers: Headers<'r>,
    cookies: Cookies<'r>,
    context: RequestContext<'r>,
    claims: Option<Claims<Claimed<'r>>>,
    Extension(tenant): Extension<&Tenant>,
    _: Result<Path<u64>, ParamError>,
) -> Json<([Option<&'r str>; 6], u32)> {
    let sub = claims.and_then(|Claims(claims)| claims.sub);
    Json(([Some(id), Some(agent), headers.get("host"), cookies.get("a"), context.stage(), sub], tenant.0))
}

async fn typed_body(
    RawBody(raw): RawBody<'_>,
    Text(text): Text<'_>,
    lambda: LambdaContext<'_>,
    req: Request<'_>,
) -> Json<[usize; 4]> {
    Json([raw.len(), text.len(), lambda.request_id.len(), req.path().len()])
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
    app_with_features().access_log(log).access_log(AccessLog::text().sink(count)).metrics(metrics).after_response(
        async || {
            Yield(false).await;
        },
    )
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
        .post("/form", form)
        .post("/parts", parts)
        .post("/typed/{id}", typed)
        .post("/typed/{list}/{id}", typed_later)
        .get("/typed/{id}", typed_views)
        .post("/typed-body", typed_body)
        .post("/typed-closure/{id}", |Path(id): Path<u64>, todo: Option<Json<Todo>>| {
            (200 + u16::from(id == 7), Json(todo.is_some()))
        })
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
        .request_id_header("X-Request-Id")
        .security_headers(SecurityHeaders::new())
        .body_limit(1000)
        .route(Route::post("/small", |_: Request| "never").body_limit(3))
        .get("/bearer", |req: Request| req.reply(Json((req.bearer_token(), req.basic_credentials().is_some()))))
        .include("/guarded", Router::new().before(require_bearer("realm", |_, _| false)).get("/", |_: Request| "never"))
        .include("/staff", Router::new().before(require_basic("realm", |_, _| false)).get("/", |_: Request| "never"))
        .get("/unchanged", |req: Request| match req.not_modified(Validators::etag("\"v1\"")) {
            Some(unchanged) => req.reply(unchanged),
            None => req.reply("changed"),
        })
        .post("/precondition", |req: Request| {
            let current = Validators::last_modified(UNIX_EPOCH + Duration::from_secs(1));
            req.precondition(current).map(|()| req.reply((current, "done")))
        })
        .on_error(|_: &Missing, _: Request| (410, "gone"))
}

/// The same with what features add.
fn app_with_features() -> App {
    let app = app();
    #[cfg(feature = "etag")]
    let app = app
        .route(Route::get("/tagged", |req: Request| req.reply(Json([req.path(); 20]))).etag(true))
        .route(Route::get("/tagged/304", |_: Request| Response::new("x").header("ETag", "\"v1\"")).etag(true));
    #[cfg(feature = "static-files")]
    let app = app.include(
        "/site",
        StaticFiles::new()
            .file("index.html", b"<h1>index</h1>")
            .file("picture.png", &[7u8; 300])
            .file("app.js", StaticFile::new(b"let a").gzip(b"gzip").brotli(b"brotli"))
            .index("index.html")
            .cache_control("no-cache"),
    );
    #[cfg(feature = "signed-cookies")]
    let app = app.state(SignedCookies::new([2; 32]).accept([1; 32])).get("/signed", |req: Request| {
        let cookies = req.state::<SignedCookies>();
        let value = cookies.verify(req, "a");
        req.reply(Response::new(Json(value)).status(if value == Some("b") { 200 } else { 500 }).cookie(cookies.sign(
            req,
            "a",
            value.unwrap_or_default(),
        )))
    });
    app
}

/// Returns a sample event with this method, path and body.
fn event(sample: &str, method: &str, path: &str, body: Option<(&str, bool)>) -> Vec<u8> {
    let mut event: Value = serde_json::from_str(sample).unwrap();
    for (name, value) in [
        ("Origin", "https://www.example.com"),
        ("Accept-Encoding", "br, gzip"),
        ("Authorization", "Basic YWRhOnMzY3IzdA=="),
        ("If-None-Match", "\"v0\", \"v1\""),
        ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Range", "bytes=1-2"),
        ("Cookie", COOKIE),
    ] {
        // Not for files, most of which are sent as a whole.
        if event["headers"].is_object() && (name != "Range" || path.ends_with(".png")) {
            event["headers"][name] = value.into();
        }
        if event["multiValueHeaders"].is_object() && (name != "Range" || path.ends_with(".png")) {
            event["multiValueHeaders"][name] = vec![value].into();
        }
    }
    if event["cookies"].is_array() {
        event["cookies"] = vec![COOKIE].into();
    }
    let content_type = match path {
        "/form" | "/checked-form" => "application/x-www-form-urlencoded",
        "/parts" | "/checked-parts" => "multipart/form-data; boundary=\"x\"",
        _ => "application/json",
    };
    let stage = event["requestContext"]["stage"].as_str().unwrap_or("$default").to_owned();
    if event.get("rawPath").is_some() {
        let in_path = stage != "$default" && event["rawPath"].as_str().unwrap().starts_with(&format!("/{stage}/"));
        event["rawPath"] = if in_path { format!("/{stage}{path}").into() } else { path.into() };
        event["requestContext"]["http"]["method"] = method.into();
        event["rawQueryString"] = "page=2&q=a%20b".into();
    } else if event.get("raw_path").is_some() {
        event["raw_path"] = format!("{path}?page=2&q=a%20b").into();
        event["method"] = method.into();
        event["headers"]["content-type"] = content_type.into();
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
    let fields =
        [("Origin", "https://www.example.com"), ("Accept-Encoding", "br, gzip"), ("Content-Type", content_type)];
    for (name, value) in fields {
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

/// Signed with a key of 32 bytes of 1.
const COOKIE: &str = "a=b.k3qRvEYvQ0Klzp_IERNIFf9V7m3c80sm1PpscsiiUeU";
const TODO: &str = r#"{"title":"say \"hi\"","tags":["a","b\n"],"done":false}"#;
// The same JSON in base64.
const TODO_BASE64: &str = "eyJ0aXRsZSI6InNheSBcImhpXCIiLCJ0YWdzIjpbImEiLCJiXG4iXSwiZG9uZSI6ZmFsc2V9";

const FORM: &str = "name=Ada+Lovelace&age=36&note=%C3%A9%22&unknown=1&note=last";
const FORM_BASE64: &str = "bmFtZT1BZGEmYWdlPTM2Jm5vdGU9JUMzJUE5";
const PARTS: &str = concat!(
    "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nHarbour\r\n",
    "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%22a\\\"b.txt\"\r\n",
    "Content-Type: text/plain\r\n\r\nabc\r\n--x--\r\n",
);
// Another form, with a byte that is not UTF-8.
const PARTS_BASE64: &str =
    "LS14DQpDb250ZW50LURpc3Bvc2l0aW9uOiBmb3JtLWRhdGE7IG5hbWU9ImZpbGUiOyBmaWxlbmFtZT0iYVwiYiINCg0K/w0KLS14LS0=";

/// Method, path, the body with whether it is base64, and the status that the response must have.
type Sent = (&'static str, &'static str, Option<(&'static str, bool)>, u16);

const REQUESTS: &[Sent] = &[
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
    ("POST", "/typed/7", Some((TODO, false)), 200),
    ("POST", "/typed/list/7", Some((TODO_BASE64, true)), 201),
    ("GET", "/typed/8", None, 200),
    ("POST", "/typed-body", Some((TODO_BASE64, true)), 200),
    ("POST", "/typed-closure/7", Some((TODO, false)), 201),
    ("POST", "/typed-closure/8", None, 200),
    ("DELETE", "/hello", None, 405),
    ("POST", "/small", Some((TODO, false)), 413),
    ("POST", "/small", Some((TODO_BASE64, true)), 413),
    ("GET", "/bearer", None, 200),
    ("GET", "/guarded", None, 401),
    ("GET", "/staff", None, 401),
    ("GET", "/unchanged", None, 304),
    ("POST", "/precondition", None, 200),
    #[cfg(feature = "etag")]
    ("GET", "/tagged", None, 200),
    #[cfg(feature = "etag")]
    ("GET", "/tagged/304", None, 304),
    #[cfg(feature = "static-files")]
    ("GET", "/site", None, 200),
    #[cfg(feature = "static-files")]
    ("GET", "/site/app.js", None, 200),
    #[cfg(feature = "static-files")]
    ("GET", "/site/picture.png", None, 206),
    #[cfg(feature = "static-files")]
    ("GET", "/site/nothing.png", None, 404),
    #[cfg(feature = "signed-cookies")]
    ("GET", "/signed", None, 200),
    ("POST", "/form", Some((FORM, false)), 200),
    ("POST", "/form", Some((FORM_BASE64, true)), 200),
    ("POST", "/parts", Some((PARTS, false)), 200),
    ("POST", "/parts", Some((PARTS_BASE64, true)), 200),
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

/// A decision that borrows from the event.
fn decide(req: AuthorizerRequest<'_>) -> Decision<'_> {
    let principal = req.token().or_else(|| req.query("parameter1")).unwrap_or("nobody");
    let decision = Decision::allow(principal).context("arn", req.arn()).context("limit", 7).context("admin", true);
    let decision = decision.context("path", req.path().unwrap_or_default()).only("GET", "/todos/*").only("*", "/a");
    match req.header("header1").or_else(|| req.stage_variables().get("StageVar1")) {
        Some(value) => decision.context("value", value).context("method", req.method().unwrap_or_default()),
        None => decision,
    }
}

async fn decide_later(req: AuthorizerRequest<'_>) -> Result<Decision<'_>, Error> {
    Yield(false).await;
    Ok(decide(req))
}

#[derive(Serialize)]
struct Heard<'r> {
    id: &'r str,
    endpoint: &'r str,
    principal: Option<&'r str>,
    todo: Option<Todo<'r>>,
}

async fn hear(message: Message<'_>) -> Result<Json<Heard<'_>>, Error> {
    Yield(false).await;
    Ok(Json(Heard {
        id: message.connection_id(),
        endpoint: message.endpoint(),
        principal: message.context().authorizer().principal_id(),
        todo: if message.message_id().is_some() { Some(message.body_json()?) } else { None },
    }))
}

fn raw(event: RawEvent<'_>) -> Result<Json<Vec<Value>>, Error> {
    let records = event.json().get("Records").map_or(0, |records| records.items().count());
    if records > 1 { Err(HttpError::conflict("several").into()) } else { Ok(Json(Vec::new())) }
}

/// Events that are not requests, each with a program that answers it.
fn others() -> Vec<(&'static str, Engine, String)> {
    let message = serde_json::json!({
        "requestContext": {
            "routeKey": "todo", "eventType": "MESSAGE", "connectionId": "abc=", "messageId": "7", "stage": "prod",
            "domainName": "example.com", "authorizer": {"principalId": "ada"},
        },
        "body": TODO, "isBase64Encoded": false,
    });
    let app = || {
        let socket = WebSocket::new().wrap(async |req, next| next.run(req).await).connect(hear).disconnect(hear);
        let app = app().websocket(socket.route("todo", hear)).other_events(raw);
        app.build().unwrap_or_else(|error| panic!("{error}"))
    };
    let authorizer = |simple: bool, later: bool| {
        let authorizer = if later { Authorizer::new(decide_later) } else { Authorizer::new(decide) };
        authorizer.simple_responses(simple).build().unwrap_or_else(|error| panic!("{error}"))
    };
    let mut others = vec![
        ("websocket connect", app(), include_str!("events/published/websocket_connect.json").to_owned()),
        ("websocket disconnect", app(), include_str!("events/published/websocket_disconnect.json").to_owned()),
        ("websocket message", app(), message.to_string()),
        ("sqs", app(), include_str!("events/published/sqs.json").to_owned()),
        ("not an object", app(), "[7]".to_owned()),
    ];
    for (name, event) in [
        ("authorizer token", include_str!("events/published/authorizer_token.json")),
        ("authorizer request", include_str!("events/published/authorizer_request.json")),
        ("authorizer http_v1", include_str!("events/published/authorizer_http_v1.json")),
        ("authorizer http_v2", include_str!("events/published/authorizer_http_v2.json")),
        ("authorizer websocket", include_str!("events/published/authorizer_websocket.json")),
    ] {
        for (simple, later) in [(false, false), (false, true), (true, false), (true, true)] {
            others.push((name, authorizer(simple, later), event.to_owned()));
        }
    }
    others
}

fn allocations(worker: &mut Worker, event: &[u8]) -> (usize, String) {
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let lambda = gatewire::testing::lambda_context().with_request_id("id").with_trace_id(trace);
    let before = allocations_so_far();
    let response = worker.call_blocking(event, &lambda);
    let after = allocations_so_far();
    let response = response.map_or_else(|error| error.to_string(), |bytes| String::from_utf8_lossy(bytes).into_owned());
    let before = before + (allocations_so_far() - after);
    let mut ending = std::pin::pin!(worker.after_response());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    while ending.as_mut().poll(&mut context).is_pending() {}
    (allocations_so_far() - before, response)
}

fn main() {
    check(app_with_features());
    assert_eq!(LINES.load(Relaxed), 0);
    check(observed());
    assert!(LINES.load(Relaxed) > 3 * REQUESTS.len() * SAMPLES.len());
}

fn check(app: App) {
    let engine = checked::add(app).build().unwrap_or_else(|error| panic!("{error}"));
    let (mut passed, mut failed) = (0, 0);
    for (name, sample) in SAMPLES {
        let mut worker = engine.worker();
        // An HTTP API decodes the path, so malformed escapes are plain text to it.
        let decodes = name.starts_with("http");
        let events: Vec<_> = REQUESTS
            .iter()
            .chain(checked::REQUESTS)
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
    for (name, engine, event) in others() {
        let mut worker = engine.worker();
        for _ in 0..3 {
            allocations(&mut worker, event.as_bytes());
        }
        let (count, response) = allocations(&mut worker, event.as_bytes());
        if count == 0 && response.starts_with(['{', '[']) {
            passed += 1;
        } else {
            failed += 1;
            println!("{name}: {count} allocations, answer {response}");
        }
    }
    println!("allocations: {passed} passed, {failed} failed");
    assert_eq!(failed, 0);
}
