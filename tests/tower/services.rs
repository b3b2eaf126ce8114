//! Services under an app: their requests, their responses, and the handlers that come before them.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Extension;
use axum::response::IntoResponse;
use axum::routing::{any, get};
use bytes::Bytes;
use gatewire::gateway::HttpRequest;
use gatewire::testing::{self, Client};
use gatewire::tower::{Body, Invocation, Mount, Peer, ServiceError};
use gatewire::{App, Cors, EventSource, HttpError, Request, Route, app::Compression, context::LambdaContext};
use http_body::Frame;
use tower::{Service, service_fn};

fn client(app: App) -> Client {
    Client::new(app).unwrap()
}

/// Answers with method, URI, fields and body, unchanged.
fn echo() -> impl Service<http::Request<Body>, Response = http::Response<String>, Error = Infallible, Future: 'static>
+ Clone
+ Send
+ 'static {
    service_fn(|request: http::Request<Body>| {
        let (parts, body) = request.into_parts();
        let mut lines = format!("{} {}\n", parts.method, parts.uri);
        for (name, value) in &parts.headers {
            lines += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
        }
        lines += &format!("\n{}", String::from_utf8_lossy(&body.into_bytes()));
        ready(Ok::<_, Infallible>(http::Response::new(lines)))
    })
}

fn uri(app: App, source: EventSource, request: HttpRequest) -> String {
    let mut worker = app.fallback_service(echo()).build().unwrap().worker();
    let payload = worker.call_blocking(&request.event(source), &LambdaContext::default()).unwrap();
    let response = gatewire::gateway::HttpResponse::from_payload(source, payload).unwrap();
    assert_eq!(response.status, 200, "{:?}", response.text());
    response.text().unwrap().lines().next().unwrap().split_once(' ').unwrap().1.to_owned()
}

// ---- absolute URIs

/// Returns the absolute URI of a request with these fields, or the part of it that a service without hosts sees.
fn absolute(source: EventSource, target: &str, fields: &[(&str, &str)]) -> String {
    let request =
        fields.iter().fold(HttpRequest::new("GET", target), |request, (name, value)| request.header(*name, *value));
    let app = App::new().fallback(Mount::new(echo()).absolute_uri(true));
    let mut worker = app.build().unwrap().worker();
    let payload = worker.call_blocking(&request.event(source), &LambdaContext::default()).unwrap();
    let response = gatewire::gateway::HttpResponse::from_payload(source, payload).unwrap();
    assert_eq!(response.status, 200, "{:?}", response.text());
    response.text().unwrap().lines().next().unwrap().split_once(' ').unwrap().1.to_owned()
}

#[test]
fn an_absolute_uri_has_the_scheme_and_the_host_of_the_client() {
    for source in testing::sources() {
        for host in ["example.com", "example.com:8080", "192.0.2.7", "[2001:db8::1]:443", "xn--bcher-kva.example"] {
            for (fields, scheme) in [
                (&[("Host", host)][..], "https"),
                (&[("Host", host), ("X-Forwarded-Proto", "http")], "http"),
                (&[("Host", host), ("X-Forwarded-Proto", "https")], "https"),
                (&[("Host", host), ("X-Forwarded-Proto", "gopher, http")], "https"),
            ] {
                let uri = absolute(source, "/a%20b?c=d", fields);
                assert_eq!(uri, format!("{scheme}://{host}/a%20b?c=d"), "{source:?}");
            }
        }
    }
}

/// `lambda_http` panics for some of these.
#[test]
fn a_malformed_host_leaves_path_and_query() {
    let odd = [
        "a b",
        "h:99999",
        "h:",
        ":80",
        "h:x",
        "user@h",
        "user:secret@h",
        "[::1",
        "h/x",
        "h?x",
        "h#x",
        "h\\x",
        "h%",
        "\u{e9}",
        "a,b c",
        "//",
        "@",
        "h:80:80",
    ];
    for source in testing::sources() {
        for host in odd {
            let uri = absolute(source, "/a?c=d", &[("Host", host)]);
            assert_eq!(uri, "/a?c=d", "{source:?} {host:?}");
        }
        let long = "h".repeat(70_000);
        assert_eq!(absolute(source, "/a", &[("Host", long.as_str())]), "/a");
    }
}

// ---- precedence

#[test]
fn rules_win_and_the_service_gets_the_rest() {
    let router = Router::new().fallback(any(async |method: http::Method| format!("axum {method}")));
    let app = App::new()
        .get("/new", |_: Request| "new")
        .post("/new/{id}", |_: Request| "posted")
        .method_not_allowed(true)
        .fallback_service(router);
    let client = client(app);
    assert_eq!(client.get("/new").send().text(), "new");
    assert_eq!(client.post("/new").send().text(), "axum POST", "in the place of 405");
    assert_eq!(client.get("/new/7").send().text(), "axum GET");
    assert_eq!(client.post("/new/7").send().text(), "posted");
    assert_eq!(client.get("/old").send().text(), "axum GET");
    assert_eq!(client.options("/new").send().text(), "axum OPTIONS");
    assert_eq!(client.request("PURGE", "/x").send().text(), "axum PURGE");
}

#[test]
fn preflights_are_those_of_an_app_with_cors() {
    let router = Router::new().route("/", get(async || "axum").options(async || "own options"));
    let origin = |client: &Client, method: &str| {
        let response = client.request(method, "/").header("Origin", "https://example.com").send();
        let allowed = response.header("access-control-allow-origin").map(str::to_owned);
        (response.status(), response.text().to_owned(), allowed)
    };
    let with = client(App::new().cors(Cors::origins(["https://example.com"])).fallback_service(router.clone()));
    assert_eq!(origin(&with, "OPTIONS").0, 204);
    assert_eq!(origin(&with, "GET"), (200, "axum".to_owned(), Some("https://example.com".to_owned())));
    let without = client(App::new().fallback_service(router));
    assert_eq!(origin(&without, "OPTIONS"), (200, "own options".to_owned(), None));
}

#[test]
fn middleware_is_around_the_service() {
    let router = Router::new().route("/", get(async || [("x-own", "axum")]));
    let app = App::new()
        .wrap(async |req, next| {
            let reply = next.run(req).await?;
            req.response().set_header("X-Seen", req.response().header("x-own").unwrap_or("nothing"));
            Ok(reply)
        })
        .after(|req| req.response().set_header("X-After", "ran"))
        .fallback_service(router);
    let response = client(app).get("/").send();
    assert_eq!((response.header("x-seen"), response.header("x-after")), (Some("axum"), Some("ran")));
}

#[test]
fn settings_of_the_app_hold_for_services_too() {
    let router = || Router::new().fallback(async |body: String| body);
    let app = App::new()
        .body_limit(4)
        .request_id_header("X-Request-Id")
        .security_headers(gatewire::app::SecurityHeaders::new())
        .nest_service("/nested", router())
        .fallback_service(router());
    let client = client(app);
    for path in ["/nested/a", "/elsewhere"] {
        let response = client.post(path).body("1234").send();
        assert_eq!((response.status(), response.text()), (200, "1234"), "{path}");
        assert!(response.header("x-request-id").is_some() && response.header("x-frame-options").is_some());
        assert_eq!(client.post(path).body("12345").send().status(), 413, "{path}");
    }
}

#[test]
#[cfg(feature = "gzip")]
fn responses_are_compressed_if_the_mount_sets_it() {
    let text = "compress me, please. ".repeat(100);
    let router = |text: String| Router::new().route("/", get(move || async move { text }));
    let app = App::new().compression(Compression::new()).fallback(Mount::new(router(text.clone())).compress(true));
    let response = client(app).get("/").header("Accept-Encoding", "gzip").send();
    assert_eq!((response.header("content-encoding"), response.text()), (Some("gzip"), text.as_str()));
    let plain = client(App::new().fallback_service(router(text))).get("/").header("Accept-Encoding", "gzip").send();
    assert_eq!(plain.header("content-encoding"), None);
}

#[test]
fn a_plain_handler_may_be_the_fallback() {
    let app = App::new().get("/", |_: Request| "root").not_found(|_: Request| "not found").fallback(
        async |req: Request<'_>| {
            tokio::task::yield_now().await;
            match req.path() {
                "/missing" => Err(HttpError::not_found()),
                path => Ok((202, format!("{} {path}", req.method()))),
            }
        },
    );
    let client = client(app);
    assert_eq!(client.get("/").send().text(), "root");
    let response = client.delete("/").send();
    assert_eq!((response.status(), response.text()), (202, "DELETE /"));
    let missing = client.get("/missing").send();
    assert_eq!((missing.status(), missing.text()), (404, "not found"));
    assert_eq!(client.get("/%zz").source(EventSource::RestApi).send().status(), 400);
}

#[test]
fn a_service_may_be_the_handler_of_a_route() {
    let app = App::new().route(Route::get("/a/{id}", Mount::new(echo())).status(201).cache_control("no-store"));
    let response = client(app).get("/a/b%20c?d=e").send();
    // The service chooses the status, and sees the whole path.
    assert_eq!((response.status(), response.header("cache-control")), (200, Some("no-store")));
    assert!(response.text().starts_with("GET /a/b%20c?d=e\n"), "{}", response.text());
}

// ---- below a prefix

#[test]
fn a_nested_service_sees_the_path_without_its_prefix() {
    let nested =
        || App::new().nest_service("/api", echo()).nest_service("/api/v2", Router::new().fallback(async || "v2"));
    for source in testing::sources() {
        let client = client(nested().get("/api/rule", |_: Request| "rule").fallback_service(Router::new()));
        let first = |target: &str| {
            let response = client.get(target).source(source).send();
            let line = response.text().lines().next().unwrap_or_default().to_owned();
            (response.status(), line)
        };
        let is = |target: &str, line: &str| assert_eq!(first(target), (200, line.to_owned()), "{source:?} {target}");
        is("/api", "GET /");
        is("/api/", "GET /");
        is("/api/a/b", "GET /a/b");
        is("/api/a%20b?c=d", "GET /a%20b?c=d");
        is("/api/rule", "rule");
        is("/api/v2", "v2");
        is("/api/v2/x", "v2");
        is("/api/v20", "GET /v20");
        assert_eq!(first("/apis").0, 404, "{source:?}");
        assert_eq!(first("/").0, 404, "{source:?}");
    }
    // An encoded slash does not separate segments, as in rules.
    let client = client(nested());
    assert_eq!(client.get("/api%2Fx").source(EventSource::RestApi).send().status(), 404);
    assert!(client.get("/%61pi/x%2Fy").source(EventSource::RestApi).send().text().starts_with("GET /x%2Fy\n"));
}

#[test]
fn a_prefix_with_a_trailing_slash_matches_only_with_it() {
    let client = client(App::new().nest_service("/files/", echo()));
    assert_eq!(client.get("/files").send().status(), 404);
    assert!(client.get("/files/").send().text().starts_with("GET /\n"));
    assert!(client.get("/files/a").send().text().starts_with("GET /a\n"));
}

#[test]
fn invalid_prefixes_do_not_build() {
    for prefix in ["", "/", "api", "/{id}", "/a//b", "/*"] {
        let error = App::new().nest_service(prefix, echo()).build().unwrap_err().to_string();
        assert!(error.starts_with(&format!("no service can be put below {prefix:?}: ")), "{error}");
    }
    let twice = App::new().nest_service("/a", echo()).nest_service("/a", echo()).build().unwrap_err();
    assert_eq!(twice.to_string(), "no service can be put below \"/a\": there is one already");
}

// ---- the request

#[test]
fn the_uri_is_that_of_the_client() {
    let request = |target: &str| HttpRequest::new("GET", target).stage("dev");
    for source in testing::sources() {
        let is =
            |target: &str, expected: &str| assert_eq!(uri(App::new(), source, request(target)), expected, "{source:?}");
        is("/", "/");
        is("/a/b", "/a/b");
        is("/a%20b/%C3%A9?x=1", "/a%20b/%C3%A9?x=1");
        is("/100%25/a%23b", "/100%25/a%23b");
        is("/a?x=%26%3D%2B&y=a%20b", "/a?x=%26%3D%2B&y=a%20b");
    }
    // The URI as the client wrote it, if the event has it.
    for source in [
        EventSource::RestApi,
        EventSource::Alb,
        EventSource::FunctionUrl,
        EventSource::LatticeV1,
        EventSource::LatticeV2,
    ] {
        assert_eq!(uri(App::new(), source, request("/%7e/a%2fb/{c}")), "/%7e/a%2fb/{c}", "{source:?}");
    }
    for source in [EventSource::HttpApiV2, EventSource::FunctionUrl, EventSource::LatticeV1] {
        assert_eq!(uri(App::new(), source, request("/?a+b=%7e&&c")), "/?a+b=%7e&&c", "{source:?}");
    }
}

#[test]
fn characters_outside_of_a_uri_are_escaped() {
    for (path, expected) in [
        ("/a b", "/a%20b"),
        ("/\u{e9}", "/%C3%A9"),
        ("/a#b", "/a%23b"),
        ("a", "/a"),
        ("", "/"),
        ("//a", "//a"),
        ("/<\n>", "/%3C%0A%3E"),
    ] {
        for (query, raw) in [("", ""), ("x=a b\u{e9}#\"<>", "?x=a%20b%C3%A9%23%22%3C%3E")] {
            let event = serde_json::json!({
                "version": "2.0", "rawPath": path, "rawQueryString": query, "headers": {},
                "requestContext": {"http": {"method": "GET"}, "domainName": "x.lambda-url.x"}
            });
            let mut worker = App::new().fallback_service(echo()).build().unwrap().worker();
            let payload = worker.call_blocking(event.to_string().as_bytes(), &LambdaContext::default()).unwrap();
            let response: serde_json::Value = serde_json::from_slice(payload).unwrap();
            let line = format!("GET {expected}{raw}\n");
            assert!(response["body"].as_str().unwrap().starts_with(&line), "{line} {response}");
        }
    }
}

#[test]
fn prefixes_of_the_app_are_removed_before_the_service() {
    for source in testing::sources() {
        let request = HttpRequest::new("GET", "/payment/a%20b/c?d=e");
        assert_eq!(uri(App::new().strip_prefix("/payment"), source, request.clone()), "/a%20b/c?d=e", "{source:?}");
    }
    let request = HttpRequest::new("GET", "/v1/a%2Fb");
    assert_eq!(uri(App::new().strip_prefix("/v1"), EventSource::RestApi, request), "/a%2Fb");
}

#[test]
fn fields_and_cookies_are_those_of_the_client() {
    for source in testing::sources() {
        let client = client(App::new().fallback_service(echo()));
        let request =
            client.post("/").source(source).multi_value(true).header("X-Custom-Name", "a").header("Accept", "*/*");
        let response =
            request.header("Cookie", "a=1; b=2").header("Content-Type", "text/plain").body("h\u{e9}\"").send();
        for line in ["x-custom-name: a\n", "accept: */*\n", "cookie: a=1; b=2\n", "content-type: text/plain\n"] {
            assert!(response.text().contains(line), "{source:?} {line}: {}", response.text());
        }
        assert!(response.text().ends_with("\n\nh\u{e9}\""), "{}", response.text());
        assert_eq!(response.text().matches("cookie").count(), 1);
    }
}

/// `lambda_http` panics on these events, or fails the invocation.
#[test]
fn hostile_events_are_answered() {
    let alb = |headers: &str, rest: &str| {
        format!(
            r#"{{"requestContext":{{"elb":{{}}}},"httpMethod":"GET","path":"/a","queryStringParameters":{{}},"headers":{{{headers}}}{rest}}}"#
        )
    };
    let cases = [
        (alb(r#""host":"a b""#, ""), 200),
        (alb(r#""host":"h:99999""#, ""), 200),
        (alb(r#""host":"[::1""#, ""), 200),
        (alb(r#""x-a":"line\nbreak""#, ""), 400),
        (alb(r#""x a":"b""#, ""), 400),
        (alb(r#""":"b""#, ""), 400),
        (alb("", r#","body":"not base64!","isBase64Encoded":true"#), 400),
        (alb("", r#","body":"aGk\u003d","isBase64Encoded":true"#), 200),
        (alb("", "").replace("GET", "G T"), 400),
        (alb("", "").replace("GET", ""), 400),
        (alb("", "").replace("/a", "/%zz"), 400),
        (alb("", "").replace("/a", "/%ff"), 400),
        (alb("", "").replace("/a", &format!("/{}", "a".repeat(70_000))), 414),
        (alb("", "").replace("/a", &format!("/{}", "a".repeat(65_533))), 200),
        (alb(&(0..30_000).map(|n| format!(r#""x-{n}":"v""#)).collect::<Vec<_>>().join(","), ""), 431),
    ];
    let engine = App::new()
        .fallback_service(service_fn(async |_: http::Request<Body>| {
            Ok::<_, Infallible>(http::Response::new(Body::empty()))
        }))
        .build()
        .unwrap();
    let mut worker = engine.worker();
    for (event, status) in cases {
        let payload = worker.call_blocking(event.as_bytes(), &LambdaContext::default()).unwrap();
        let response: serde_json::Value = serde_json::from_slice(payload).unwrap();
        assert_eq!(response["statusCode"], status, "{:.200} {response}", event);
    }
}

#[test]
fn a_bad_body_goes_to_the_error_handlers() {
    let app = App::new()
        .on_error(|error: &gatewire::error::BodyError, _: Request| (422, error.to_string()))
        .fallback_service(echo());
    let mut worker = app.build().unwrap().worker();
    let event = br#"{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/","headers":{},"body":"!","isBase64Encoded":true}"#;
    let payload = worker.call_blocking(event, &LambdaContext::default()).unwrap();
    assert!(payload.starts_with(br#"{"statusCode":422,"body":"the body is not valid base64""#));
}

#[test]
fn extensions_are_present_if_they_are_requested() {
    async fn seen(invocation: Option<Extension<Invocation>>, peer: Option<Extension<Peer>>) -> String {
        let Some(Extension(invocation)) = invocation else { return format!("{peer:?}") };
        let method = invocation.with_context(|context| context.source_ip().map(str::to_owned));
        format!(
            "{:?} {:?} {} {method:?} {:?}",
            invocation.source(),
            invocation.stage(),
            invocation.lambda().request_id,
            peer.map(|Extension(Peer(ip))| ip)
        )
    }
    let router = || Router::new().route("/", get(seen));
    let without = client(App::new().fallback_service(router())).get("/").send();
    assert_eq!(without.text(), "None");
    let with = client(App::new().fallback(Mount::new(router()).extensions(true)));
    let rest = with.get("/").source_ip("192.0.2.7").source(EventSource::RestApi).send();
    assert_eq!(
        rest.text(),
        r#"RestApi Some("prod") 79b4f56e-95b1-4643-9700-2807f4e68189 Some("192.0.2.7") Some(192.0.2.7)"#
    );
    let alb = with.get("/").source_ip("2001:db8::7").source(EventSource::Alb).send();
    assert_eq!(alb.text(), "Alb None 79b4f56e-95b1-4643-9700-2807f4e68189 None Some(2001:db8::7)");
}

// ---- the response

/// A body of the given frames, then an error if there is one.
struct Frames(Vec<Frame<Bytes>>, Option<&'static str>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if !self.0.is_empty() {
            return Poll::Ready(Some(Ok(self.0.remove(0))));
        }
        Poll::Ready(self.1.take().map(|error| Err(error.into())))
    }
}

fn data(bytes: &'static [u8]) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(bytes))
}

fn answering<B, F>(answer: F) -> App
where
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    F: Fn() -> http::Response<B> + Clone + Send + 'static,
{
    App::new().fallback_service(service_fn(move |_: http::Request<Body>| ready(Ok::<_, Infallible>(answer()))))
}

fn payload(app: App) -> String {
    let event = HttpRequest::new("GET", "/").event(EventSource::RestApi);
    let mut worker = app.build().unwrap().worker();
    String::from_utf8(worker.call_blocking(&event, &LambdaContext::default()).unwrap().to_vec()).unwrap()
}

#[test]
fn frames_are_put_together_and_trailers_dropped() {
    let trailers =
        || Frame::trailers(http::HeaderMap::from_iter([(http::header::EXPIRES, http::HeaderValue::from_static("x"))]));
    let is = |frames: fn() -> Vec<Frame<Bytes>>, body: &str| {
        let payload =
            payload(answering(move || http::Response::new(Frames([frames(), vec![trailers()]].concat_frames(), None))));
        assert_eq!(
            payload,
            format!(r#"{{"statusCode":200,"body":{body},"isBase64Encoded":false,"multiValueHeaders":{{}}}}"#)
        );
    };
    is(Vec::new, "null");
    is(|| vec![data(b"")], "null");
    is(|| vec![data(b"a\"")], r#""a\"""#);
    is(|| vec![data(b"a"), data(b""), data(b"b"), data(b"\xc3"), data(b"\xa9")], "\"ab\u{e9}\"");
}

trait Concat {
    fn concat_frames(self) -> Vec<Frame<Bytes>>;
}

impl Concat for [Vec<Frame<Bytes>>; 2] {
    fn concat_frames(self) -> Vec<Frame<Bytes>> {
        self.into_iter().flatten().collect()
    }
}

#[test]
fn text_is_sent_as_text_and_the_rest_as_base64() {
    let encoded = |content_type: Option<&'static str>, encoding: Option<&'static str>, body: &'static [u8]| {
        let payload = payload(answering(move || {
            let mut response = http::Response::new(Frames(vec![data(body)], None));
            for (name, value) in [("content-type", content_type), ("content-encoding", encoding)] {
                if let Some(value) = value {
                    response.headers_mut().insert(name, http::HeaderValue::from_static(value));
                }
            }
            response
        }));
        payload.contains(r#""isBase64Encoded":true"#)
    };
    assert!(!encoded(Some("text/plain"), None, b"a"));
    assert!(!encoded(Some("application/problem+json"), None, b"{}"));
    assert!(!encoded(None, None, b"a"));
    assert!(encoded(None, None, b"\xff"));
    assert!(encoded(Some("text/plain; charset=iso-8859-1"), None, b"\xe9"));
    assert!(encoded(Some("application/octet-stream"), None, b"a"));
    assert!(encoded(Some("text/plain"), Some("br"), b"a"));
}

#[test]
fn fields_are_kept_with_any_value() {
    let payload = payload(answering(|| {
        let mut response = http::Response::new(Body::from("x"));
        let headers = response.headers_mut();
        headers.insert("x-latin", http::HeaderValue::from_bytes(b"caf\xe9").unwrap());
        headers.insert("x-utf8", http::HeaderValue::from_bytes("caf\u{e9}\"".as_bytes()).unwrap());
        headers.insert("content-length", http::HeaderValue::from_static("1"));
        headers.append("x-two", http::HeaderValue::from_static("1"));
        headers.append("x-two", http::HeaderValue::from_static("2"));
        response
    }));
    let response: serde_json::Value = serde_json::from_str(&payload).unwrap();
    let expected = serde_json::json!({"x-latin": ["caf\u{e9}"], "x-utf8": ["caf\u{e9}\""], "x-two": ["1", "2"]});
    assert_eq!(response["multiValueHeaders"], expected);
}

#[test]
fn oversized_bodies_are_not_collected() {
    struct Endless(Arc<AtomicUsize>);
    impl http_body::Body for Endless {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'a'; 1 << 20])))))
        }
    }
    let polled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&polled);
    let app = answering(move || http::Response::new(Endless(Arc::clone(&count))));
    let event = HttpRequest::new("GET", "/").event(EventSource::RestApi);
    let error = app.build().unwrap().worker().call_blocking(&event, &LambdaContext::default()).unwrap_err();
    assert_eq!(error.error_type(), "Function.ResponseSizeTooLarge");
    assert!(polled.load(Ordering::Relaxed) < 10);
}

// ---- failures

#[derive(Clone, Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is broken")
    }
}

impl StdError for Broken {}

type BoxError = Box<dyn StdError + Send + Sync>;

fn failing(error: fn() -> BoxError) -> App {
    App::new().fallback_service(service_fn(move |_: http::Request<Body>| {
        ready(Err::<http::Response<Body>, BoxError>(error()))
    }))
}

#[test]
fn an_error_of_the_service_is_treated_like_one_of_a_handler() {
    let event = HttpRequest::new("GET", "/").event(EventSource::RestApi);
    let error = failing(|| Broken.into())
        .build()
        .unwrap()
        .worker()
        .call_blocking(&event, &LambdaContext::default())
        .unwrap_err();
    assert_eq!((error.error_type(), error.message()), ("ServiceError", "it is broken"));
    let app = failing(|| Broken.into())
        .on_error(|error: &ServiceError, _: Request| (503, format!("{} {}", error.get().is::<Broken>(), error)));
    let response = client(app).get("/").send();
    assert_eq!((response.status(), response.text()), (503, "true it is broken"));
    let app = failing(|| Broken.into()).on_any_error(|error, _: Request| (500, error.to_string()));
    assert_eq!(client(app).get("/").send().text(), "it is broken");
    assert_eq!(client(failing(|| Broken.into()).internal_server_errors(true)).get("/").send().status(), 500);
    let response = client(failing(|| HttpError::unauthorized("who are you?").into())).get("/").send();
    assert_eq!(response.status(), 401, "an error that is an answer");
}

#[test]
fn an_error_of_the_body_is_treated_like_one_of_a_handler() {
    for frames in [0, 1, 2] {
        let app =
            answering(move || http::Response::new(Frames((0..frames).map(|_| data(b"a")).collect(), Some("cut"))))
                .on_error(|error: &ServiceError, _: Request| (503, error.to_string()));
        let response = client(app).get("/").send();
        assert_eq!((response.status(), response.text()), (503, "cut"), "{frames}");
    }
}

#[test]
fn a_panic_fails_one_invocation() {
    let router = Router::new()
        .route("/panic", get(async || -> &'static str { panic!("in axum") }))
        .route(
            "/later",
            get(async || -> &'static str {
                tokio::task::yield_now().await;
                panic!("later")
            }),
        )
        .route("/", get(async || "fine"));
    let mut worker = App::new().fallback_service(router).build().unwrap().worker();
    for (path, message) in [("/panic", "in axum"), ("/later", "later")] {
        let event = HttpRequest::new("GET", path).event(EventSource::HttpApiV2);
        let error = worker.call_blocking(&event, &LambdaContext::default()).unwrap_err();
        assert_eq!((error.error_type(), error.message()), ("Panic", message));
        let event = HttpRequest::new("GET", "/").event(EventSource::HttpApiV2);
        assert!(
            worker
                .call_blocking(&event, &LambdaContext::default())
                .unwrap()
                .starts_with(br#"{"statusCode":200,"body":"fine""#)
        );
    }
}

/// A service that counts its calls: it may be called only when it is ready.
#[derive(Default)]
struct Polite {
    ready: bool,
    polls: u32,
}

impl Clone for Polite {
    fn clone(&self) -> Self {
        // A clone does not get the reservation.
        Self::default()
    }
}

impl Service<http::Request<Body>> for Polite {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.polls += 1;
        if self.polls < 3 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<Body>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called before it was ready");
        Box::pin(async {
            // Not `Send`: calls stay on the thread that begins them.
            let local = std::rc::Rc::new(());
            poll_fn(|_| Poll::Ready(())).await;
            drop(local);
            Ok(http::Response::new(Body::from("ready")))
        })
    }
}

#[test]
fn readiness_is_awaited_on_the_clone_that_is_called() {
    let client = client(App::new().fallback_service(Polite::default()));
    for _ in 0..3 {
        assert_eq!(client.get("/").send().text(), "ready");
    }
}

#[test]
fn an_error_of_readiness_is_an_error_of_the_service() {
    #[derive(Clone)]
    struct Never;
    impl Service<http::Request<Body>> for Never {
        type Response = http::Response<Body>;
        type Error = BoxError;
        type Future = std::future::Ready<Result<http::Response<Body>, BoxError>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Ready(Err(Broken.into()))
        }
        fn call(&mut self, _: http::Request<Body>) -> Self::Future {
            unreachable!("it is never ready")
        }
    }
    let app = App::new().fallback_service(Never).on_error(|_: &ServiceError, _: Request| (503, "never"));
    assert_eq!(client(app).get("/").send().status(), 503);
}

/// Layers of tower, whose error type is a box.
#[tokio::test]
async fn layers_of_tower_work() {
    use std::time::Duration;
    let slow = service_fn(async |_: http::Request<Body>| {
        tokio::time::sleep(Duration::from_secs(30)).await;
        Ok::<_, Infallible>(http::Response::new(Body::empty()))
    });
    let service =
        tower::ServiceBuilder::new().load_shed().concurrency_limit(1).timeout(Duration::from_millis(5)).service(slow);
    let app = App::new().fallback_service(service).on_error(|error: &ServiceError, _: Request| {
        let elapsed = error.get().is::<tower::timeout::error::Elapsed>();
        (504, elapsed.to_string())
    });
    let mut worker = app.build().unwrap().worker();
    for _ in 0..2 {
        let event = HttpRequest::new("GET", "/").event(EventSource::HttpApiV2);
        let payload = worker.call(&event, &LambdaContext::default()).await.unwrap();
        assert!(payload.starts_with(br#"{"statusCode":504,"body":"true""#));
    }
}

#[test]
fn types_of_the_crate_http_are_responses() {
    let app = App::new()
        .get("/response", |_: Request| {
            http::Response::builder().status(201).header("x-a", "b").body(vec![0xff_u8]).unwrap()
        })
        .get("/status", |_: Request| http::StatusCode::ACCEPTED)
        .get("/both", |_: Request| (http::StatusCode::CONFLICT, "both"))
        .get("/map", |_: Request| (http::HeaderMap::from_iter([(http::header::ETAG, "\"1\"".parse().unwrap())]), "map"))
        .get("/axum", |_: Request| {
            // Bodies that have all bytes already.
            http::Response::new(Bytes::from_static(b"bytes"))
        })
        .get("/request/{id}", |req: Request| -> Result<_, gatewire::Error> {
            let request = req.to_http()?;
            let agent = request.headers().get(http::header::ACCEPT).map(|value| value.to_str().unwrap().to_owned());
            Ok(format!("{} {} {agent:?}", request.method(), request.uri()))
        });
    let client = client(app);
    let response = client.get("/response").send();
    assert_eq!((response.status(), response.header("x-a"), response.bytes()), (201, Some("b"), &[0xff_u8][..]));
    assert_eq!(client.get("/status").send().status(), 202);
    assert_eq!(client.get("/both").send().status(), 409);
    assert_eq!(client.get("/map").send().header("etag"), Some("\"1\""));
    assert_eq!(client.get("/axum").send().text(), "bytes");
    let request = client.get("/request/7?a=b").header("Accept", "x/y").send();
    assert_eq!(request.text(), "GET /request/7?a=b Some(\"x/y\")");
    let _ = "axum".into_response();
}
