//! The rules of HTTP for responses through every gateway: valid statuses, effects of compression, bytes that are text.

#[cfg(feature = "gzip")]
use gatewire::Route;
use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::testing::Client;
use gatewire::{
    App, EventSource, HttpError, Request, Response, Router, StatusCode, Stream,
    context::LambdaContext,
    engine::{Answer, Engine, ResponseSink},
    error::{BuildError, InvalidStatusCode},
    handler::Sink,
};

/// Every gateway.
const SOURCES: [EventSource; 7] = [
    EventSource::RestApi,
    EventSource::HttpApiV1,
    EventSource::HttpApiV2,
    EventSource::FunctionUrl,
    EventSource::Alb,
    EventSource::LatticeV1,
    EventSource::LatticeV2,
];

/// A response as a runtime that can stream receives it.
#[derive(Default)]
struct Pieces(Vec<Vec<u8>>);

impl ResponseSink for Pieces {
    fn start(&mut self, prelude: &[u8], body: &[u8]) -> std::io::Result<()> {
        self.0.extend([prelude.to_vec(), body.to_vec()]);
        Ok(())
    }

    fn write(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.0.push(piece.to_vec());
        Ok(())
    }
}

/// Returns the response that a client gets through a runtime that can stream.
fn answer(engine: &Engine, source: EventSource, request: HttpRequest) -> HttpResponse {
    let (mut worker, mut pieces) = (engine.worker(), Pieces::default());
    let (event, lambda) = (request.event(source), LambdaContext::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    match runtime.block_on(worker.call_streaming(&event, &lambda, &mut pieces)).unwrap() {
        Answer::Whole(payload) => HttpResponse::from_payload(source, payload).unwrap(),
        // The prelude has the form of a response without a body.
        Answer::Streamed => {
            let mut response = HttpResponse::from_payload(source, &pieces.0[0]).unwrap();
            response.body = pieces.0[1..].concat();
            response
        }
    }
}

#[test]
fn a_prefix_and_a_rule_have_one_slash_between_them() {
    let router = || Router::new().get("/", |_: Request| "root").get("/users", |_: Request| "users");
    for (prefix, root) in [("/api", "/api"), ("/api/", "/api/"), ("/api//", "/api//"), ("/", "/"), ("", "/")] {
        let client = Client::new(App::new().include(prefix, router())).unwrap();
        let users = if prefix.len() > 1 { "/api/users" } else { "/users" };
        assert_eq!(client.get(users).send().text(), "users", "{prefix:?}");
        assert_eq!(client.get(root).send().text(), "root", "{prefix:?}");
    }
    let nested = Router::new().include("/b/", Router::new().get(r"\d+", |_: Request| "digits"));
    let client = Client::new(App::new().include("/a/", nested)).unwrap();
    assert_eq!(client.get("/a/b/5").send().text(), "digits");
    assert_eq!(client.get("/a/b5").send().status(), 404);
}

#[test]
fn unreachable_routes_do_not_build() {
    let handler = |_: Request<'_>| "never";
    let said = |app: App| app.build().err().map(|error| error.to_string()).unwrap_or_default();
    let slash = "GET x: a rule starts with `/`";
    assert!(said(App::new().get("x", handler)).starts_with(slash));
    assert!(said(App::new().include("/v1", Router::new().get("x", handler))).starts_with(slash));
    assert!(
        said(App::new().include("v1", Router::new().get("/x", handler))).starts_with("GET v1/x: a rule starts with")
    );
    for rule in ["/:id", "/a/*rest", "/{id}?x=1", "/<int:id>", "/{*rest}", "/a#b"] {
        let error = App::new().get(rule, handler).build().unwrap_err();
        assert!(matches!(error, BuildError::Routes(_)) && error.to_string().starts_with(&format!("GET {rule}: ")));
        let error = App::new().include(rule, Router::new().get("/x", handler)).build();
        assert!(error.is_err(), "{rule} as a prefix");
    }
    for prefix in ["payment/", "/{tenant}"] {
        let error = App::new().strip_prefix(prefix).build().unwrap_err();
        assert!(matches!(error, BuildError::Prefix { .. }) && error.to_string().contains(&format!("{prefix:?}")));
    }
    let client = Client::new(App::new().strip_prefix("/payment/").get("/cards", |_: Request| "cards")).unwrap();
    assert_eq!(client.get("/payment/cards").send().text(), "cards");
}

#[test]
fn only_final_statuses_leave() {
    for code in (0..=1100).chain([u16::MAX]) {
        let valid = (200..600).contains(&code);
        assert_eq!(StatusCode::new(code).is_ok(), valid, "{code}");
    }
    for code in [0, 99, 100, 101, 103, 199, 200, 418, 599, 600, 999, 1000] {
        let app = App::new()
            .get("/response", move |_: Request| Response::new("x").status(code))
            .get("/pair", move |_: Request| (code, "x"))
            .get("/later", move |req: Request| {
                req.response().set_status(code);
                "x"
            })
            .on_error(|error: &InvalidStatusCode, _: Request| (500, error.to_string()));
        let client = Client::new(app).unwrap();
        for path in ["/response", "/pair", "/later"] {
            for source in SOURCES {
                let answer = client.get(path).source(source).send();
                if (200..600).contains(&code) {
                    assert_eq!((answer.status(), answer.text()), (code, "x"), "{path} {source:?}");
                } else {
                    let said = format!("{code} is not the status code of a response: these are 200 to 599");
                    assert_eq!((answer.status(), answer.text()), (500, &*said), "{path} {source:?}");
                }
            }
        }
    }
}

/// A response without a body has no content type, streamed or not.
#[test]
fn no_content_has_no_type() {
    let app = |streaming: bool| {
        App::new()
            .streaming(streaming)
            .automatic_head(true)
            .get("/204", |_: Request| Response::new("text").status(204))
            .get("/304", |_: Request| Response::new("").status(304).header("ETag", "\"v\""))
            .get("/own", |_: Request| Response::new(b"bytes").status(204).content_type("image/png"))
            .get("/stream", |_: Request| Response::new(Stream::new(async |_: Sink<'_>| Ok(()))).status(304))
            .get("/error", |_: Request| HttpError::new(StatusCode::NO_CONTENT, "none"))
            .get("/200", |_: Request| "text")
    };
    for streaming in [false, true] {
        let engine = app(streaming).build().unwrap();
        let send = |method, path, source| answer(&engine, source, HttpRequest::new(method, path));
        for source in SOURCES {
            for path in ["/204", "/304", "/own", "/stream", "/error"] {
                for method in ["GET", "HEAD"] {
                    let answer = send(method, path, source);
                    assert_eq!(answer.header("content-type"), None, "{method} {path} {source:?} {streaming}");
                    assert_eq!(answer.body, b"", "{method} {path} {source:?} {streaming}");
                }
            }
            assert_eq!(send("GET", "/304", source).header("etag"), Some("\"v\""));
            // HEAD has the fields of GET: RFC 9110, 9.3.2.
            assert_eq!(send("HEAD", "/200", source).header("content-type"), Some("text/plain; charset=utf-8"));
        }
    }
}

#[test]
fn bytes_that_are_text_leave_as_text() {
    const TEXT: &str = "{\"a\":\"\u{e9}\n\"}";
    let app = App::new()
        .get("/json", |_: Request| Response::new(TEXT.as_bytes()).content_type("application/json"))
        .get("/svg", |_: Request| Response::new(TEXT.as_bytes().to_vec()).content_type("image/svg+xml"))
        .get("/empty", |_: Request| Response::new(Vec::new()).content_type("text/csv"))
        .get("/latin", |_: Request| Response::new(b"caf\xe9").content_type("text/plain; charset=iso-8859-1"))
        .get("/coded", |_: Request| {
            Response::new(TEXT.as_bytes()).content_type("text/plain").header("Content-Encoding", "x-rot13")
        })
        .get("/png", |_: Request| Response::new(TEXT.as_bytes()).content_type("image/png"))
        .get("/bytes", |_: Request| TEXT.as_bytes());
    let engine = app.build().unwrap();
    let mut worker = engine.worker();
    for source in SOURCES {
        for (path, body, as_text) in [
            ("/json", TEXT.as_bytes(), true),
            ("/svg", TEXT.as_bytes(), true),
            ("/empty", b"", true),
            ("/latin", b"caf\xe9", false),
            ("/coded", TEXT.as_bytes(), false),
            ("/png", TEXT.as_bytes(), false),
            ("/bytes", TEXT.as_bytes(), false),
        ] {
            let event = HttpRequest::new("GET", path).event(source);
            // Twice, because nothing of the first invocation may remain.
            for _ in 0..2 {
                let payload = worker.call_blocking(&event, &LambdaContext::default()).unwrap();
                let json: serde_json::Value = serde_json::from_slice(payload).unwrap();
                assert_eq!(json["isBase64Encoded"], !as_text, "{path} {source:?}");
                assert_eq!(HttpResponse::from_payload(source, payload).unwrap().body, body, "{path} {source:?}");
            }
        }
    }
}

/// A body is decoded once, however often it is read: each call returns the same memory.
#[test]
fn a_body_is_decoded_once() {
    #[derive(serde::Deserialize)]
    struct Named<'r>(&'r str);

    let handler = |req: Request<'_>| {
        let named = || req.body_json::<Named<'_>>().map(|named| named.0.len());
        let before = [named(), named()];
        let (first, text, again) = (req.body().unwrap(), req.body_text().unwrap(), req.body().unwrap());
        assert!(std::ptr::eq(first, again) && std::ptr::eq(first, text.as_bytes()));
        let (first, second) = (req.body_json::<Named<'_>>().unwrap(), req.body_json::<Named<'_>>().unwrap());
        // A parser works on its own copy.
        assert!(first.0 == second.0 && !std::ptr::eq(first.0, second.0));
        assert_eq!([named(), named()], before);
        text.to_owned()
    };
    let app = App::new().post("/", handler).post("/raw", |req: Request| {
        let wrong = [req.body_text().map(str::len), req.body_text().map(str::len)];
        (req.body().map_or(500, |body| if body == b"\xff" { 200 } else { 501 }), format!("{wrong:?}"))
    });
    let client = Client::new(app).unwrap();
    for source in SOURCES {
        for body in ["\"plain\"", "\"a\\n\\u00e9\\\"b\"", "\"\u{e9}\""] {
            for kind in ["application/json", "application/octet-stream"] {
                let answer = client.post("/").header("Content-Type", kind).body(body).source(source).send();
                assert_eq!(answer.text(), body, "{source:?} {kind}");
            }
        }
        let answer = client.post("/raw").body(b"\xff".to_vec()).source(source).send();
        assert_eq!((answer.status(), answer.text()), (200, "[Err(NotUtf8), Err(NotUtf8)]"), "{source:?}");
    }
}

#[test]
fn an_empty_stream_is_padded_on_request() {
    let app = |pad: bool| {
        App::new()
            .streaming(true)
            .pad_empty_streams(pad)
            .automatic_head(true)
            .cors(gatewire::Cors::any())
            .get("/unit", |_: Request| Response::new(()).status(302).header("Location", "/x"))
            .get("/204", |_: Request| StatusCode::NO_CONTENT)
            .get("/stream", |_: Request| Stream::new(async |_: Sink<'_>| Ok(())))
            .get("/text", |_: Request| "text")
    };
    for pad in [false, true] {
        let engine = app(pad).build().unwrap();
        let send = |method, path, source| answer(&engine, source, HttpRequest::new(method, path)).body;
        let body = if pad { &b" "[..] } else { b"" };
        for source in [EventSource::FunctionUrl, EventSource::RestApi] {
            for (method, path) in
                [("GET", "/unit"), ("GET", "/204"), ("GET", "/stream"), ("HEAD", "/text"), ("OPTIONS", "/text")]
            {
                assert_eq!(send(method, path, source), body, "{method} {path} {source:?}");
            }
            assert_eq!(send("GET", "/text", source), b"text");
        }
        // A response that is not streamed stays empty.
        assert_eq!(send("GET", "/unit", EventSource::HttpApiV2), b"");
    }
}

#[test]
fn one_setting_answers_for_methods_without_a_route() {
    let app = || App::new().get("/a", |_: Request| "a");
    let seen = |app: App| {
        let client = Client::new(app).unwrap();
        [client.put("/a"), client.head("/a"), client.options("/a")].map(|request| request.send().status())
    };
    assert_eq!(seen(app()), [404, 404, 404]);
    assert_eq!(seen(app().method_fallbacks(true)), [405, 200, 204]);
    assert_eq!(seen(app().method_fallbacks(true).automatic_head(false)), [405, 405, 204]);
    assert_eq!(seen(app().automatic_head(true).method_fallbacks(false)), [404, 404, 404]);
}

#[cfg(feature = "gzip")]
mod compression {
    use gatewire::app::Compression;

    use super::*;

    fn body() -> String {
        "0123456789".repeat(50)
    }

    type Fields = &'static [(&'static str, &'static str)];

    fn app(status: u16, fields: Fields) -> App {
        App::new().automatic_head(true).compression(Compression::new().vary(true)).route(
            Route::get("/", move |_: Request| {
                let response = Response::new(body()).status(status);
                fields.iter().fold(response, |response, (name, value)| response.append_header(*name, *value))
            })
            .compress(true),
        )
    }

    #[test]
    fn partial_and_no_transform_responses_are_left_alone() {
        let cases: [(u16, Fields); 8] = [
            (206, &[("Content-Range", "bytes 0-499/1000")]),
            (206, &[("Content-Type", "multipart/byteranges; boundary=x")]),
            (200, &[("Content-Range", "bytes 0-499/1000")]),
            (416, &[("content-range", "bytes */1000")]),
            (200, &[("Cache-Control", "no-transform")]),
            (200, &[("Cache-Control", "max-age=1"), ("cache-control", "private, No-Transform")]),
            (200, &[("Content-Encoding", "br")]),
            (200, &[("Content-Encoding", "identity"), ("Content-Encoding", "br")]),
        ];
        for (status, fields) in cases {
            let client = Client::new(app(status, fields)).unwrap();
            let answer = client.get("/").header("Accept-Encoding", "gzip").send();
            assert_eq!(answer.raw_bytes(), body().as_bytes(), "{status} {fields:?}");
            assert_eq!((answer.status(), answer.header("vary")), (status, None), "{status} {fields:?}");
        }
        let route = Route::get("/", |_: Request| body()).compress(true).cache_control("no-transform, max-age=9");
        let client = Client::new(App::new().route(route)).unwrap();
        assert_eq!(client.get("/").header("Accept-Encoding", "gzip").send().header("content-encoding"), None);
    }

    #[test]
    fn fields_describe_the_bytes_that_leave() {
        let fields: Fields = &[
            ("ETag", "\"v1\""),
            ("Content-Length", "500"),
            ("Content-MD5", "x"),
            ("Content-Digest", "sha-256=:x:"),
            ("Repr-Digest", "sha-256=:x:"),
            ("Digest", "sha-256=x"),
            ("Accept-Ranges", "bytes"),
            ("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"),
            ("Cache-Control", "max-age=60"),
        ];
        let client = Client::new(app(200, fields)).unwrap();
        for (encoding, request) in [("gzip", client.get("/")), ("gzip", client.head("/")), ("br", client.get("/"))] {
            let answer = request.header("Accept-Encoding", encoding).send();
            let compressed = encoding == "gzip";
            assert_eq!(answer.header("content-encoding"), compressed.then_some("gzip"));
            assert_eq!(answer.header("etag"), Some(if compressed { "W/\"v1\"" } else { "\"v1\"" }));
            for name in ["content-length", "content-md5", "content-digest", "repr-digest", "digest", "accept-ranges"] {
                assert_eq!(answer.header(name).is_none(), compressed, "{name}");
            }
            assert!(answer.header("last-modified").is_some() && answer.header("cache-control").is_some());
        }
        for (tag, wanted) in [("W/\"v1\"", "W/\"v1\""), ("v1", "v1")] {
            let route = Route::get("/", move |_: Request| Response::new(body()).header("ETag", tag)).compress(true);
            let client = Client::new(App::new().route(route)).unwrap();
            let answer = client.get("/").header("Accept-Encoding", "gzip").send();
            assert_eq!((answer.header("content-encoding"), answer.header("etag")), (Some("gzip"), Some(wanted)));
        }
    }

    #[test]
    fn a_function_url_streams_plain_bytes_by_default() {
        let app = |how: Compression| {
            App::new().streaming(true).compression(how).route(Route::get("/", |_: Request| body()).compress(true))
        };
        let coding = |app: App, source| {
            let request = HttpRequest::new("GET", "/").header("Accept-Encoding", "gzip");
            let answer = answer(&app.build().unwrap(), source, request);
            let coding = answer.header("content-encoding").map(str::to_owned);
            assert_eq!(coding.is_none(), answer.body == body().as_bytes());
            coding
        };
        let (plain, asked) = (Compression::new(), Compression::new().function_url_streams(true));
        assert_eq!(coding(app(plain), EventSource::FunctionUrl), None);
        assert_eq!(coding(app(asked), EventSource::FunctionUrl).as_deref(), Some("gzip"));
        assert_eq!(coding(app(plain), EventSource::RestApi).as_deref(), Some("gzip"));
        // Not streamed.
        assert_eq!(coding(app(plain), EventSource::HttpApiV2).as_deref(), Some("gzip"));
        assert_eq!(coding(app(plain).streaming(false), EventSource::FunctionUrl).as_deref(), Some("gzip"));
    }
}
