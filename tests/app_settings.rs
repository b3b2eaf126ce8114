//! Settings for every response and every request: the identifier of the request, security headers, body limits, and the
//! check of CORS.

use std::ops::ControlFlow;

use gatewire::app::SecurityHeaders;
use gatewire::error::{BodyError, BuildError};
use gatewire::testing::{self, Client, TestResponse};
use gatewire::{
    App, Cors, EventSource, HttpError, Json, Request, Response, Route, Router, Stream, context::LambdaContext,
};

/// One route for each way in which a response is made.
fn every_outcome() -> App {
    App::new()
        .method_fallbacks(true)
        .cors(Cors::any())
        .internal_server_errors(true)
        .get("/text", |_: Request| "text")
        .get("/json", |_: Request| Json([1]))
        .get("/none", |_: Request| gatewire::StatusCode::NO_CONTENT)
        .get("/stream", |_: Request| {
            Stream::new(async |mut sink| {
                sink.write("piece").await;
                Ok(())
            })
        })
        .get("/refused", |_: Request| Err::<(), _>(HttpError::forbidden("no")))
        .get("/failed", |_: Request| Err::<(), _>(std::fmt::Error))
        .get("/body", |req: Request| req.body_json::<u8>().map(Json))
        .before(|req| match req.query("stop") {
            Some(_) => ControlFlow::Break(req.reply((429, "stop"))),
            None => ControlFlow::Continue(()),
        })
}

/// Method, path and status.
const OUTCOMES: &[(&str, &str, u16)] = &[
    ("GET", "/text", 200),
    ("HEAD", "/text", 200),
    ("GET", "/json", 200),
    ("GET", "/none", 204),
    ("GET", "/stream", 200),
    ("GET", "/refused", 403),
    ("GET", "/failed", 500),
    ("GET", "/body", 400),
    ("GET", "/text?stop=1", 429),
    ("GET", "/nowhere", 404),
    ("PUT", "/text", 405),
    ("OPTIONS", "/text", 204),
];

fn for_every_outcome(app: impl Fn(App) -> App, check: impl Fn(EventSource, &TestResponse)) {
    let client = Client::new(app(every_outcome())).unwrap();
    for source in testing::sources() {
        for &(method, target, status) in OUTCOMES {
            let lambda = LambdaContext::default().with_request_id("of-lambda");
            let response = client.request(method, target).source(source).lambda(lambda).send();
            assert_eq!(response.status(), status, "{source:?} {method} {target}");
            check(source, &response);
        }
    }
}

#[test]
fn every_response_carries_the_identifier_of_the_request() {
    for_every_outcome(
        |app| app.request_id_header("X-Request-Id"),
        |source, response| {
            let ids = response.header_all("x-request-id");
            let [id] = *ids else { panic!("{source:?}: {ids:?}") };
            let has_none = matches!(source, EventSource::Alb | EventSource::LatticeV1 | EventSource::LatticeV2);
            assert_eq!(id == "of-lambda", has_none, "{source:?} {id}");
            assert!(!id.is_empty());
        },
    );
}

#[test]
fn the_identifier_is_that_which_handlers_see() {
    let app = App::new()
        .request_id_header("X-Request-Id")
        .get("/seen", |req: Request| req.reply(req.request_id().unwrap_or_default()))
        .get("/own", |_: Request| Response::new("").header("x-request-id", "mine"));
    let client = Client::new(app).unwrap();
    let response = client.get("/seen").send();
    assert_eq!(response.header("x-request-id"), Some(response.text()));
    assert_eq!(client.get("/own").send().header_all("x-request-id"), ["mine"]);
    let absent = client.get("/own").source(EventSource::Alb).lambda(LambdaContext::default()).send();
    assert_eq!(absent.header_all("x-request-id"), ["mine"]);
}

#[test]
fn an_identifier_that_would_split_the_response_is_left_out() {
    let engine = App::new().request_id_header("X-Request-Id").get("/", |_: Request| "").build().unwrap();
    for (id, sent) in [(r"a\r\nX-Evil: 1", false), ("a", true), ("", false)] {
        let event = format!(r#"{{"httpMethod":"GET","path":"/","requestContext":{{"requestId":"{id}"}}}}"#);
        let lambda = LambdaContext::default();
        let mut worker = engine.worker();
        let payload = worker.call_blocking(event.as_bytes(), &lambda).unwrap();
        let payload = String::from_utf8(payload.to_vec()).unwrap();
        assert_eq!(payload.contains("X-Request-Id"), sent, "{payload}");
        assert!(!payload.contains("Evil"), "{payload}");
    }
}

#[test]
fn every_response_carries_the_security_headers() {
    for_every_outcome(
        |app| {
            app.security_headers(
                SecurityHeaders::new().set("Permissions-Policy", "camera=()").without("referrer-policy"),
            )
        },
        |source, response| {
            for (name, value) in [
                ("strict-transport-security", "max-age=31536000; includeSubDomains"),
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("content-security-policy", "frame-ancestors 'none'"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("x-permitted-cross-domain-policies", "none"),
                ("permissions-policy", "camera=()"),
            ] {
                assert_eq!(response.header_all(name), [value], "{source:?} {name}");
            }
            assert_eq!(response.header("referrer-policy"), None);
        },
    );
}

#[test]
fn fields_of_handlers_and_of_middleware_stay() {
    let app = App::new()
        .security_headers(SecurityHeaders::new())
        .after(|req| req.response().set_header("X-Frame-Options", "SAMEORIGIN"))
        .get("/", |_: Request| Response::new("").header("content-security-policy", "default-src 'self'"));
    let response = Client::new(app).unwrap().get("/").send();
    assert_eq!(response.header_all("x-frame-options"), ["SAMEORIGIN"]);
    assert_eq!(response.header_all("content-security-policy"), ["default-src 'self'"]);
    assert_eq!(response.header_all("x-content-type-options"), ["nosniff"]);
}

#[test]
fn fields_that_no_response_could_carry_do_not_build() {
    for app in [
        App::new().request_id_header("X Request"),
        App::new().request_id_header(""),
        App::new().security_headers(SecurityHeaders::new().set("X-A", "1\r\nX-B: 2")),
        App::new().security_headers(SecurityHeaders::empty().set("X:A", "1")),
    ] {
        let error = app.build().unwrap_err();
        assert!(matches!(error, BuildError::Header { .. }), "{error}");
    }
}

// ---- body limits

fn limited() -> App {
    let length = |req: Request<'_>| req.reply(req.body().map(|body| body.len().to_string()));
    App::new()
        .body_limit(10)
        .post("/ten", length)
        .route(Route::post("/three", length).body_limit(3))
        .route(Route::post("/any", length).body_limit(usize::MAX))
        .include("/router", Router::new().post("/ten", length))
        .fallback(length)
}

#[test]
fn a_body_above_the_limit_does_not_reach_the_handler() {
    let client = Client::new(limited()).unwrap();
    for source in testing::sources() {
        for (path, limit) in
            [("/ten", 10), ("/three", 3), ("/router/ten", 10), ("/elsewhere", 10), ("/any", usize::MAX)]
        {
            for length in 0..=40 {
                for content_type in ["text/plain", "application/octet-stream"] {
                    // Each character is an escape of several bytes in the event, or a byte of base64.
                    let body = vec![b'\n'; length];
                    let response =
                        client.post(path).source(source).header("Content-Type", content_type).body(body).send();
                    let expected = if length <= limit { 200 } else { 413 };
                    assert_eq!(response.status(), expected, "{source:?} {path} {length} {content_type}");
                    match expected {
                        200 => assert_eq!(response.text(), length.to_string()),
                        _ => assert_eq!(response.text(), r#"{"statusCode":413,"message":"Content Too Large"}"#),
                    }
                }
            }
        }
    }
}

#[test]
fn the_limit_counts_bytes_and_not_characters() {
    let client = Client::new(limited()).unwrap();
    assert_eq!(client.post("/ten").header("Content-Type", "text/plain").body("éééé12").send().status(), 200);
    assert_eq!(client.post("/ten").header("Content-Type", "text/plain").body("éééé123").send().status(), 413);
}

#[test]
fn middleware_and_error_handlers_see_a_body_above_the_limit() {
    let app = limited()
        .before(|req| match req.header("authorization") {
            Some(_) => ControlFlow::Continue(()),
            None => ControlFlow::Break(req.reply((401, "who are you?"))),
        })
        .after(|req| {
            let status = req.response().status().as_u16().to_string();
            req.response().set_header("X-Status", status);
        })
        .on_error(|error: &HttpError, _: Request| (error.status(), "too long"));
    let client = Client::new(app).unwrap();
    assert_eq!(client.post("/three").body("12345").send().status(), 401);
    let response = client.post("/three").header("Authorization", "x").body("12345").send();
    assert_eq!((response.status(), response.text(), response.header("x-status")), (413, "too long", Some("413")));
}

#[test]
fn a_malformed_body_above_the_limit_is_an_error_of_the_client() {
    let engine = limited().on_error(|_: &BodyError, _: Request| (400, "malformed")).build().unwrap();
    let event =
        br#"{"httpMethod":"POST","path":"/three","requestContext":{},"body":"!!!!!!!!","isBase64Encoded":true}"#;
    let lambda = LambdaContext::default();
    let mut worker = engine.worker();
    let payload = worker.call_blocking(event, &lambda).unwrap();
    assert!(payload.starts_with(br#"{"statusCode":400,"body":"malformed""#));
}

// ---- CORS

#[test]
fn cors_settings_that_no_browser_would_match_do_not_build() {
    for (cors, advice) in [
        (Cors::origins(["https://example.com/"]), "write `https://example.com`"),
        (Cors::origins(["https://example.com/app"]), "without the part after the host"),
        (Cors::any().allow_credentials(true), "name the origins, or leave `allow_credentials` out"),
        (Cors::any().allow_headers(["X-A", "X-A"]), "name it once"),
    ] {
        let error = App::new().cors(cors).get("/", |_: Request| "").build().unwrap_err();
        assert!(matches!(error, BuildError::Cors { .. }) && error.to_string().contains(advice), "{error}");
    }
    App::new()
        .cors(Cors::origins(["https://a.example", "http://localhost:3000"]).allow_credentials(true))
        .build()
        .unwrap();
}
