//! axum and tower-http return the same responses directly and behind a gateway of each kind.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{
    DefaultBodyLimit, Extension, Form, MatchedPath, Multipart, OriginalUri, Path, Query, RawQuery, Request, State,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, Sse};
use axum::response::{AppendHeaders, Html, IntoResponse, NoContent, Redirect, Response};
use axum::routing::{any, delete, get, get_service, patch, post, put};
use axum::{Json, Router};
use futures_util::stream;
use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::{App, EventSource, context::LambdaContext};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

#[derive(Debug, Deserialize, Serialize)]
struct Todo {
    title: String,
    #[serde(default)]
    done: bool,
}

#[derive(Clone)]
struct Greeting(&'static str);

async fn multipart(mut form: Multipart) -> Result<String, (StatusCode, String)> {
    let mut lines = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| (error.status(), error.body_text()))? {
        let (name, file) = (field.name().unwrap_or_default().to_owned(), field.file_name().map(str::to_owned));
        let bytes = field.bytes().await.map_err(|error| (error.status(), error.body_text()))?;
        lines.push(format!("{name} {file:?} {bytes:?}"));
    }
    Ok(lines.join("\n"))
}

async fn tag(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-layer", HeaderValue::from_static("ran"));
    response
}

fn pieces(pieces: &'static [&'static str]) -> Body {
    Body::from_stream(stream::iter(
        pieces.iter().map(|piece| Ok::<_, Infallible>(Bytes::from_static(piece.as_bytes()))),
    ))
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(30)).await;
    "late"
}

fn extractors() -> Router<Greeting> {
    Router::new()
        .route("/path/{name}", get(async |Path(name): Path<String>| name))
        .route(
            "/path/{name}/{number}",
            get(async |Path((name, number)): Path<(String, u32)>| format!("{name}{number}")),
        )
        .route("/rest/{*rest}", get(async |Path(rest): Path<String>| rest))
        .route("/query", get(async |Query(query): Query<BTreeMap<String, String>>| Json(query)))
        .route("/typed", get(async |Query(todo): Query<Todo>| Json(todo)))
        .route("/pairs", get(async |Query(query): Query<Vec<(String, String)>>| Json(query)))
        .route("/raw-query", get(async |RawQuery(query): RawQuery| format!("{query:?}")))
        .route("/uri", any(async |uri: Uri, OriginalUri(original): OriginalUri| format!("{uri} {original}")))
        .route("/matched/{id}", get(async |path: MatchedPath| path.as_str().to_owned()))
        .route("/method", any(async |method: Method| method.to_string()))
        .route(
            "/headers",
            get(async |headers: HeaderMap| format!("{:?}", headers.get_all("x-test").iter().collect::<Vec<_>>())),
        )
        .route("/cookies", get(async |headers: HeaderMap| format!("{:?}", headers.get(header::COOKIE))))
        .route("/state", get(async |State(greeting): State<Greeting>| greeting.0))
        .route("/extension", get(async |Extension(number): Extension<u8>| number.to_string()))
        .route("/bytes", post(async |body: Bytes| body))
        .route("/text", post(async |body: String| body))
        .route("/json", post(async |Json(todo): Json<Todo>| Json(todo)))
        .route("/optional", post(async |todo: Option<Json<Todo>>| format!("{:?}", todo.map(|todo| todo.0))))
        .route("/form", post(async |Form(form): Form<HashMap<String, String>>| format!("{:?}", form.get("title"))))
        .route("/multipart", post(multipart))
        .route(
            "/length",
            post(async |headers: HeaderMap, body: Body| {
                let exact = axum::body::HttpBody::size_hint(&body).exact();
                format!("{:?} {exact:?}", headers.get("content-type"))
            }),
        )
        .route("/limited", post(async |body: Bytes| body.len().to_string()).layer(DefaultBodyLimit::max(10)))
        .route("/socket", any(async |socket: WebSocketUpgrade| socket.on_upgrade(async |_| ())))
        .layer(Extension(7_u8))
}

fn answers() -> Router<Greeting> {
    Router::new()
        .route("/empty", get(async || ()))
        .route("/no-content", delete(async || NoContent))
        .route("/created", put(async || (StatusCode::CREATED, [("location", "/answers/1")], "made")))
        .route("/teapot", get(async || StatusCode::IM_A_TEAPOT))
        .route("/html", get(async || Html("<p>h\u{e9}</p>")))
        .route("/png", get(async || ([(header::CONTENT_TYPE, "image/png")], vec![0x89, b'P', 0, 255])))
        .route("/svg", get(async || ([(header::CONTENT_TYPE, "image/svg+xml")], "<svg/>")))
        .route("/latin", get(async || ([(header::CONTENT_TYPE, "text/plain; charset=iso-8859-1")], vec![b'h', 0xe9])))
        .route("/untyped", get(async || Response::new(Body::from("plain"))))
        .route("/twice", get(async || (AppendHeaders([("x-a", "1"), ("x-a", "2")]), "twice")))
        .route("/cookies", get(async || (AppendHeaders([("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2")]), "set")))
        .route("/redirect", get(async || Redirect::to("/answers/html")))
        .route("/moved", get(async || Redirect::permanent("/answers/html")))
        .route("/temporary", post(async || Redirect::temporary("/x")))
        .route("/error", get(async || Err::<(), _>((StatusCode::BAD_GATEWAY, "broken"))))
        .route("/result", get(async || Ok::<_, StatusCode>(Json([1, 2]))))
        .route("/stream", get(async || pieces(&["one", "", "two", "three"])))
        .route("/one-piece", get(async || pieces(&["only"])))
        .route(
            "/events",
            get(async || {
                Sse::new(stream::iter(
                    [1, 2].map(|number| Ok::<_, Infallible>(Event::default().data(number.to_string()))),
                ))
            }),
        )
        .route("/large", get(async || "x".repeat(100_000)))
}

fn layers() -> Router<Greeting> {
    let limited = ServiceBuilder::new().layer(RequestBodyLimitLayer::new(8));
    Router::new()
        .route("/tagged", get(async || "tagged").layer(middleware::from_fn(tag)))
        .route(
            "/slow",
            get(slow).layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(5))),
        )
        .route("/compressed", get(async || "compress me, please. ".repeat(40)).layer(CompressionLayer::new()))
        .route("/cors", get(async || "shared").layer(CorsLayer::permissive()))
        .route("/small", post(async |body: Bytes| body).layer(limited))
        .route("/panic", get(async || -> &'static str { panic!("caught by a layer") }).layer(CatchPanicLayer::new()))
        .route("/traced", get(async || "traced").layer(TraceLayer::new_for_http()))
        .route(
            "/header",
            get(async || "set")
                .layer(SetResponseHeaderLayer::overriding(header::SERVER, HeaderValue::from_static("axum"))),
        )
        .route(
            "/id",
            get(async || "id").layer(
                ServiceBuilder::new()
                    .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                    .layer(PropagateRequestIdLayer::x_request_id()),
            ),
        )
        .route_service(
            "/service",
            get_service(service_fn(async |request: Request| {
                Ok::<_, Infallible>(request.uri().path().to_owned().into_response())
            })),
        )
}

fn router() -> Router {
    let api = Router::new()
        .route("/", get(async || "api root"))
        .route(
            "/users/{id}",
            get(async |Path(id): Path<String>, uri: Uri| format!("{id} {uri}")).patch(async || "patched"),
        )
        .fallback(async |uri: Uri| (StatusCode::NOT_FOUND, format!("no api at {uri}")));
    Router::new()
        .route("/", get(async || "root").post(async || "posted"))
        .route("/patch", patch(async || "patch"))
        .nest("/extract", extractors())
        .nest("/answers", answers())
        .nest("/layers", layers())
        .nest("/api", api)
        .nest_service(
            "/nested",
            service_fn(async |request: Request| Ok::<_, Infallible>(request.uri().to_string().into_response())),
        )
        .method_not_allowed_fallback(async |method: Method| (StatusCode::METHOD_NOT_ALLOWED, format!("no {method}")))
        .fallback(async |method: Method, uri: Uri| (StatusCode::NOT_FOUND, format!("nothing for {method} {uri}")))
        .with_state(Greeting("hello"))
}

/// A request, and the sources that it is sent through: not every gateway passes on everything.
struct Case {
    method: &'static str,
    target: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: Vec<u8>,
    sources: fn(EventSource) -> bool,
}

const fn anywhere(_: EventSource) -> bool {
    true
}

/// Returns false for HTTP APIs, which decode the path.
const fn keeps_escapes(source: EventSource) -> bool {
    !matches!(source, EventSource::HttpApiV2 | EventSource::HttpApiV1)
}

/// Returns false for sources that parse the query and write it again.
const fn keeps_query(source: EventSource) -> bool {
    matches!(source, EventSource::HttpApiV2 | EventSource::FunctionUrl | EventSource::LatticeV1)
}

/// Returns whether repeated fields stay separate.
const fn keeps_fields(source: EventSource) -> bool {
    matches!(source, EventSource::RestApi | EventSource::HttpApiV1 | EventSource::Alb | EventSource::LatticeV2)
}

fn case(method: &'static str, target: &'static str) -> Case {
    Case { method, target, headers: &[], body: Vec::new(), sources: anywhere }
}

impl Case {
    fn at(mut self, sources: fn(EventSource) -> bool) -> Self {
        self.sources = sources;
        self
    }

    fn with(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];
const TEXT: &[(&str, &str)] = &[("content-type", "text/plain")];
const PARTS: &[(&str, &str)] = &[("content-type", "multipart/form-data; boundary=XX")];

fn reading() -> Vec<Case> {
    let parts = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XX\r\nContent-Disposition: form-data; \
                 name=\"f\"; filename=\"f.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n\0\u{ff}\r\n--XX--\r\n";
    vec![
        case("GET", "/extract/path/ada"),
        case("GET", "/extract/path/a%20b%C3%A9"),
        case("GET", "/extract/path/a%2Fb").at(keeps_escapes),
        case("GET", "/extract/path/100%25"),
        case("GET", "/extract/path/a+b"),
        case("GET", "/extract/path/ada/7"),
        case("GET", "/extract/path/ada/seven"),
        case("GET", "/extract/path/"),
        case("GET", "/extract/rest/a/b//c"),
        case("GET", "/extract/query?a=1&b=%20x%26y&c="),
        case("GET", "/extract/query"),
        case("GET", "/extract/query?a=1&a=2"),
        case("GET", "/extract/pairs?a=1&a=2&b=3"),
        case("GET", "/extract/typed?title=milk&done=true"),
        case("GET", "/extract/typed?done=maybe"),
        case("GET", "/extract/raw-query?b=%7e&a=x+y&&flag").at(keeps_query),
        case("GET", "/extract/raw-query"),
        case("GET", "/extract/uri?x=1"),
        case("GET", "/extract/matched/12"),
        case("PURGE", "/extract/method"),
        case("OPTIONS", "/extract/method"),
        case("GET", "/extract/headers").with(&[("x-test", "one, two")]),
        case("GET", "/extract/headers").with(&[("x-test", "one"), ("X-Test", "two")]).at(keeps_fields),
        case("GET", "/extract/headers"),
        case("GET", "/extract/cookies").with(&[("cookie", "a=1; b=\"2\"")]),
        case("GET", "/extract/state"),
        case("GET", "/extract/extension"),
        case("POST", "/extract/bytes").body(vec![0, 159, 146, 150]),
        case("POST", "/extract/bytes"),
        case("POST", "/extract/text").with(TEXT).body("h\u{e9} \"\\\n"),
        case("POST", "/extract/text").body(vec![0xff]),
        case("POST", "/extract/json").with(JSON).body(r#"{"title":"milk"}"#),
        case("POST", "/extract/json").with(JSON).body(r#"{"title":7}"#),
        case("POST", "/extract/json").with(JSON).body("{"),
        case("POST", "/extract/json").body(r#"{"title":"milk"}"#),
        case("POST", "/extract/json").with(JSON),
        case("POST", "/extract/optional"),
        case("POST", "/extract/optional").with(JSON).body(r#"{"title":"x","done":true}"#),
        case("POST", "/extract/form").with(FORM).body("title=a+b%26&x=1"),
        case("POST", "/extract/form").with(TEXT).body("title=x"),
        case("POST", "/extract/multipart").with(PARTS).body(parts),
        case("POST", "/extract/multipart").with(PARTS).body("--XX\r\nbroken"),
        case("POST", "/extract/multipart").body("x"),
        case("POST", "/extract/length").with(TEXT).body("12345"),
        case("POST", "/extract/limited").body("0123456789"),
        case("POST", "/extract/limited").body("0123456789x"),
        case("POST", "/extract/bytes").with(TEXT).body("x".repeat(3 << 20)),
        case("GET", "/extract/socket").with(&[("upgrade", "websocket"), ("sec-websocket-version", "13")]),
        case("GET", "/extract/socket"),
        case("GET", "/extract/json"),
        case("GET", "/extract/missing"),
    ]
}

fn answering() -> Vec<Case> {
    vec![
        case("GET", "/"),
        case("POST", "/"),
        case("DELETE", "/"),
        case("HEAD", "/"),
        case("GET", "/nowhere?x=1"),
        case("POST", "/patch"),
        case("PATCH", "/patch"),
        case("GET", "/answers/empty"),
        case("DELETE", "/answers/no-content"),
        case("PUT", "/answers/created"),
        case("GET", "/answers/teapot"),
        case("GET", "/answers/html"),
        case("HEAD", "/answers/html"),
        case("GET", "/answers/png"),
        case("GET", "/answers/svg"),
        case("GET", "/answers/latin"),
        case("GET", "/answers/untyped"),
        case("GET", "/answers/twice"),
        case("GET", "/answers/cookies"),
        case("GET", "/answers/redirect"),
        case("GET", "/answers/moved"),
        case("POST", "/answers/temporary"),
        case("GET", "/answers/error"),
        case("GET", "/answers/result"),
        case("GET", "/answers/stream"),
        case("GET", "/answers/one-piece"),
        case("GET", "/answers/events"),
        case("GET", "/answers/large"),
        case("GET", "/layers/tagged"),
        case("GET", "/layers/slow"),
        case("GET", "/layers/compressed").with(&[("accept-encoding", "gzip")]),
        case("GET", "/layers/compressed"),
        case("GET", "/layers/cors").with(&[("origin", "https://example.com")]),
        case("OPTIONS", "/layers/cors")
            .with(&[("origin", "https://example.com"), ("access-control-request-method", "GET")]),
        case("POST", "/layers/small").body("12345678"),
        case("POST", "/layers/small").body("123456789"),
        case("GET", "/layers/panic"),
        case("GET", "/layers/traced"),
        case("GET", "/layers/header"),
        case("GET", "/layers/id").with(&[("x-request-id", "given")]),
        case("GET", "/layers/service"),
        case("GET", "/api"),
        case("GET", "/api/"),
        case("GET", "/api/users/7?x=1"),
        case("PATCH", "/api/users/7"),
        case("DELETE", "/api/users/7"),
        case("GET", "/api/nowhere"),
        case("GET", "/nested/a/b?c=d"),
        case("GET", "/nested"),
        case("GET", "/nestedx"),
    ]
}

/// A response: status, fields with their values joined, body.
type Seen = (u16, BTreeMap<String, String>, Vec<u8>);

fn fields<'f>(pairs: impl Iterator<Item = (&'f str, &'f [u8])>) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::<String, String>::new();
    for (name, value) in pairs.filter(|(name, _)| !["content-length", "date"].contains(name)) {
        let value = String::from_utf8_lossy(value);
        let joined = fields.entry(name.to_owned()).or_default();
        let separator = if joined.is_empty() { "" } else { ", " };
        *joined += &format!("{separator}{value}");
    }
    fields
}

async fn directly(router: Router, case: &Case) -> Seen {
    let mut request = http::Request::builder().method(case.method).uri(case.target);
    for (name, value) in case.headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(Body::from(case.body.clone())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let fields = fields(parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
    (parts.status.as_u16(), fields, body.collect().await.unwrap().to_bytes().to_vec())
}

fn event(case: &Case, source: EventSource) -> Vec<u8> {
    let request = HttpRequest::new(case.method, case.target).multi_value(true).body(case.body.clone());
    case.headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).event(source)
}

async fn behind(app: App, case: &Case, source: EventSource) -> Seen {
    let mut worker = app.build().unwrap().worker();
    let payload = worker.call(&event(case, source), &LambdaContext::default()).await.unwrap();
    let response = HttpResponse::from_payload(source, payload).unwrap();
    let pairs: Vec<_> =
        response.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_bytes())).collect();
    let fields = fields(pairs.iter().map(|(name, value)| (name.as_str(), *value)));
    (response.status, fields, response.body)
}

/// The error with which axum refuses a WebSocket depends on state of hyper's connection, which no gateway has.
#[tokio::test(flavor = "current_thread")]
async fn responses_are_those_of_axum_behind_every_gateway() {
    let cases: Vec<Case> = reading().into_iter().chain(answering()).collect();
    assert!(cases.len() >= 60);
    let mut compared = 0;
    for case in &cases {
        let expected = directly(router(), case).await;
        for source in gatewire::testing::sources().filter(|source| (case.sources)(*source)) {
            let app = App::new().fallback_service(router());
            let seen = behind(app, case, source).await;
            assert!(
                seen == expected,
                "{source:?}: {} {}\nexpected {:?}\nseen     {:?}",
                case.method,
                case.target,
                shown(&expected),
                shown(&seen)
            );
            compared += 1;
        }
    }
    assert!(compared > 600, "{compared}");
}

/// The same with responses that leave while they are made.
#[tokio::test(flavor = "current_thread")]
async fn streamed_responses_are_those_of_axum() {
    for case in reading().iter().chain(&answering()) {
        let expected = directly(router(), case).await;
        for source in
            [EventSource::FunctionUrl, EventSource::RestApi].into_iter().filter(|source| (case.sources)(*source))
        {
            let mut worker = App::new().streaming(true).fallback_service(router()).build().unwrap().worker();
            let mut sink = Pieces::default();
            let payload = event(case, source);
            let answer = worker.call_streaming(&payload, &LambdaContext::default(), &mut sink).await.unwrap();
            assert_eq!(answer, gatewire::engine::Answer::Streamed);
            let head = HttpResponse::from_payload(source, &sink.prelude).unwrap();
            let pairs: Vec<_> = head.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.as_bytes())).collect();
            let seen = (head.status, fields(pairs.iter().map(|(n, v)| (n.as_str(), *v))), sink.body.concat());
            assert!(seen == expected, "{source:?} {}: {:?} {:?}", case.target, shown(&expected), shown(&seen));
            if case.target == "/answers/stream" {
                assert_eq!(sink.body, [&b"one"[..], b"two", b"three"]);
            }
        }
    }
}

#[derive(Default)]
struct Pieces {
    prelude: Vec<u8>,
    body: Vec<Vec<u8>>,
}

impl gatewire::engine::ResponseSink for Pieces {
    fn start(&mut self, prelude: &[u8], body: &[u8]) -> std::io::Result<()> {
        self.prelude = prelude.to_vec();
        if body.is_empty() { Ok(()) } else { self.write(body) }
    }

    fn write(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.body.push(piece.to_vec());
        Ok(())
    }
}

fn shown((status, fields, body): &Seen) -> String {
    let length = body.len();
    format!("{status} {fields:?} {length} {}", String::from_utf8_lossy(&body[..length.min(200)]))
}
