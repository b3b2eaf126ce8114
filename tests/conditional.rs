//! Entity tags and conditional requests, by RFC 9110 section 13.

use std::time::{Duration, UNIX_EPOCH};

use gatewire::handler::Validators;
use gatewire::testing::{self, Client, TestResponse};
use gatewire::{App, Error, Reply, Request};

const TAG: &str = "\"v7\"";
const CHANGED: u64 = 784_111_777;
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

fn page<'a>(req: Request<'_>) -> Validators<'a> {
    let changed = UNIX_EPOCH + Duration::from_secs(CHANGED) + Duration::from_millis(999);
    match req.param("kind") {
        "tag" => Validators::etag(TAG),
        "weak" => Validators::etag("W/\"v7\""),
        "date" => Validators::last_modified(changed),
        "both" => Validators::etag(TAG).and_last_modified(changed),
        "malformed" => Validators::etag("v7"),
        _ => Validators::missing(),
    }
}

fn explicit() -> Client {
    fn read(req: Request<'_>) -> Reply {
        match req.not_modified(page(req)) {
            Some(unchanged) => req.reply(unchanged),
            None => req.reply((page(req), "the page")),
        }
    }
    fn write(req: Request<'_>) -> Result<&'static str, Error> {
        req.precondition(page(req))?;
        Ok("written")
    }
    let app = App::new().on(["GET", "HEAD"], "/{kind}", read).on(["PUT", "DELETE"], "/{kind}", write);
    Client::new(app).unwrap()
}

fn ask(client: &Client, method: &str, path: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = client.request(method, path);
    fields.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send()
}

#[test]
fn reads_are_answered_with_304_if_the_client_has_the_page() {
    let client = explicit();
    for (path, name, value, status) in [
        ("/tag", "If-None-Match", "\"v7\"", 304),
        ("/tag", "If-None-Match", "W/\"v7\"", 304),
        ("/weak", "If-None-Match", "\"v7\"", 304),
        ("/tag", "If-None-Match", "\"v6\", \"v7\"", 304),
        ("/tag", "If-None-Match", "*", 304),
        ("/tag", "If-None-Match", "\"v6\"", 200),
        ("/tag", "If-None-Match", "v7", 200),
        ("/malformed", "If-None-Match", "v7", 200),
        ("/missing", "If-None-Match", "*", 200),
        ("/date", "If-None-Match", "\"v7\"", 200),
        ("/date", "If-Modified-Since", DATE, 304),
        ("/date", "If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT", 304),
        ("/date", "If-Modified-Since", AFTER, 304),
        ("/date", "If-Modified-Since", BEFORE, 200),
        ("/date", "If-Modified-Since", "yesterday", 200),
        ("/tag", "If-Modified-Since", AFTER, 200),
        // A condition for changes does not count here.
        ("/tag", "If-Match", "\"v6\"", 200),
    ] {
        for method in ["GET", "HEAD"] {
            let response = ask(&client, method, path, &[(name, value)]);
            assert_eq!(response.status(), status, "{method} {path} {name}: {value}");
        }
    }
    // The tag counts if there are both.
    let fields = |tag, date| [("If-None-Match", tag), ("If-Modified-Since", date)];
    assert_eq!(ask(&client, "GET", "/both", &fields("\"v6\"", AFTER)).status(), 200);
    assert_eq!(ask(&client, "GET", "/both", &fields("\"v7\"", BEFORE)).status(), 304);
}

#[test]
fn changes_are_refused_with_412_unless_their_conditions_hold() {
    let client = explicit();
    for (path, name, value, status) in [
        ("/tag", "If-Match", "\"v7\"", 200),
        ("/tag", "If-Match", "\"v6\", \"v7\"", 200),
        ("/tag", "If-Match", "*", 200),
        ("/tag", "If-Match", "\"v6\"", 412),
        ("/tag", "If-Match", "W/\"v7\"", 412),
        ("/weak", "If-Match", "W/\"v7\"", 412),
        ("/tag", "If-Match", "v7", 412),
        ("/missing", "If-Match", "*", 412),
        ("/missing", "If-Match", "\"v7\"", 412),
        ("/tag", "If-None-Match", "*", 412),
        ("/tag", "If-None-Match", "\"v7\"", 412),
        ("/tag", "If-None-Match", "\"v6\"", 200),
        ("/missing", "If-None-Match", "*", 200),
        ("/date", "If-Unmodified-Since", DATE, 200),
        ("/date", "If-Unmodified-Since", AFTER, 200),
        ("/date", "If-Unmodified-Since", BEFORE, 412),
        ("/date", "If-Unmodified-Since", "yesterday", 200),
        ("/tag", "If-Unmodified-Since", BEFORE, 200),
        ("/date", "If-Modified-Since", DATE, 200),
        ("/tag", "X-Other", "1", 200),
    ] {
        for method in ["PUT", "DELETE"] {
            let response = ask(&client, method, path, &[(name, value)]);
            assert_eq!(response.status(), status, "{method} {path} {name}: {value}");
        }
    }
    let fields = |tag, date| [("If-Match", tag), ("If-Unmodified-Since", date)];
    assert_eq!(ask(&client, "PUT", "/both", &fields("\"v7\"", BEFORE)).status(), 200);
    assert_eq!(ask(&client, "PUT", "/both", &fields("\"v6\"", AFTER)).status(), 412);
    let refused = ask(&client, "PUT", "/tag", &[("If-Match", "\"v6\"")]);
    assert_eq!(refused.text(), r#"{"statusCode":412,"message":"The resource has changed"}"#);
}

#[test]
fn repeated_fields_are_one_list() {
    let client = explicit();
    for source in testing::sources() {
        for multi_value in [false, true] {
            let request = client.get("/tag").source(source).multi_value(multi_value);
            let response = request.header("If-None-Match", "\"v6\"").header("If-None-Match", "\"v7\"").send();
            // A load balancer without multi-value headers forwards only the last.
            assert_eq!(response.status(), 304, "{source:?}");
        }
    }
}

#[test]
fn responses_get_the_validators() {
    let client = explicit();
    let response = ask(&client, "GET", "/both", &[]);
    assert_eq!((response.header("etag"), response.header("last-modified")), (Some(TAG), Some(DATE)));
    let response = ask(&client, "GET", "/both", &[("If-None-Match", TAG)]);
    assert_eq!((response.header("etag"), response.header("last-modified")), (Some(TAG), None));
    let response = ask(&client, "GET", "/date", &[("If-Modified-Since", DATE)]);
    assert_eq!((response.status(), response.header("last-modified")), (304, Some(DATE)));
    let app = App::new().get("/", |req: Request| req.reply((Validators::etag("a\r\nb"), "")));
    let error = Client::new(app).unwrap().get("/").try_send().unwrap_err();
    assert!(error.message().contains("ETag"), "{error}");
}

#[cfg(feature = "etag")]
mod automatic {
    use gatewire::engine::{Answer, ResponseSink};
    use gatewire::{
        Cookie, Cors, EventSource, HttpError, Json, Response, Route, StatusCode, Stream, context::LambdaContext,
    };

    use super::*;

    fn app() -> App {
        App::new()
            .etag(true)
            .cors(Cors::any())
            .method_fallbacks(true)
            .get("/text/{text}", |req: Request| req.reply(req.param("text")))
            .get("/json", |_: Request| Json([1, 2]))
            .get("/bytes", |_: Request| vec![0u8, 255])
            .get("/empty", |_: Request| ())
            .get("/own", |_: Request| Response::new("own").header("ETag", TAG))
            .get("/dated", |_: Request| Response::new("dated").header("Last-Modified", DATE))
            .get("/created", |_: Request| (201, "created"))
            .get("/refused", |_: Request| Err::<(), _>(HttpError::forbidden("no")))
            .post("/text", |_: Request| "posted")
            .route(Route::get("/off", |_: Request| "off").etag(false))
            .route(
                Route::get("/cached", |_: Request| {
                    Response::new("cached")
                        .header("Content-Language", "en")
                        .header("Content-Location", "/there")
                        .header("Vary", "Accept")
                        .header("Expires", AFTER)
                        .header("X-Own", "1")
                        .cookie(Cookie::new("a", "b"))
                })
                .cache_control("max-age=60"),
            )
            .fallback(|_: Request| "fallback")
    }

    #[test]
    fn a_body_has_one_tag_and_other_bodies_have_others() {
        let client = Client::new(app()).unwrap();
        for source in testing::sources() {
            let tag = |path: &str| client.get(path).source(source).send().header("etag").map(str::to_owned);
            let tags: Vec<_> = ["/text/a", "/text/b", "/text/aa", "/json", "/bytes", "/elsewhere"].map(tag).into();
            assert!(
                tags.iter().all(|tag| tag.as_ref().is_some_and(|tag| tag.starts_with("W/\"") && tag.ends_with('"')))
            );
            assert_eq!(tags.iter().collect::<std::collections::HashSet<_>>().len(), tags.len());
            assert_eq!(tag("/text/a"), tags[0]);
            assert_eq!(tag("/own").as_deref(), Some(TAG));
            for path in ["/off", "/created", "/refused", "/empty"] {
                assert_eq!(tag(path), None, "{source:?} {path}");
            }
            assert_eq!(client.post("/text").source(source).send().header("etag"), None);
            assert_eq!(client.head("/text/a").source(source).send().header("etag"), tags[0].as_deref());
        }
    }

    #[test]
    fn a_client_that_has_the_body_gets_304() {
        let client = Client::new(app()).unwrap();
        for source in testing::sources() {
            for path in ["/text/a", "/json", "/bytes", "/own", "/elsewhere"] {
                let tag = client.get(path).source(source).send().header("etag").unwrap().to_owned();
                for method in ["GET", "HEAD"] {
                    let again = client.request(method, path).source(source).header("If-None-Match", &tag).send();
                    assert_eq!((again.status(), again.bytes(), again.header("etag")), (304, &b""[..], Some(&*tag)));
                    assert_eq!(again.header("content-type"), None);
                    let other = client.request(method, path).source(source).header("If-None-Match", "\"x\"").send();
                    assert_eq!(other.status(), 200);
                }
            }
            let since =
                |date: &str| client.get("/dated").source(source).header("If-Modified-Since", date).send().status();
            assert_eq!([since(DATE), since(BEFORE)], [304, 200]);
            let posted = client.post("/text").source(source).header("If-None-Match", "*").send();
            assert_eq!(posted.status(), 200);
            let refused = client.get("/refused").source(source).header("If-None-Match", "*").send();
            assert_eq!(refused.status(), 403);
        }
    }

    #[test]
    fn a_304_keeps_the_fields_that_a_cache_needs() {
        let client = Client::new(app()).unwrap();
        let response = client.get("/cached").header("If-None-Match", "*").header("Origin", "https://a.example").send();
        assert_eq!(response.status(), 304);
        for (name, value) in [
            ("cache-control", Some("max-age=60")),
            ("content-location", Some("/there")),
            ("vary", Some("Accept")),
            ("expires", Some(AFTER)),
            ("x-own", Some("1")),
            ("access-control-allow-origin", Some("*")),
            ("content-language", None),
            ("content-type", None),
        ] {
            assert_eq!(response.header(name), value, "{name}");
        }
        assert!(response.header("etag").is_some());
        assert_eq!(response.cookies(), ["a=b; Secure"]);
    }

    #[test]
    fn middleware_sees_the_response_before_it_becomes_304() {
        let app = app().after(|req| {
            let status = req.response().status().as_u16().to_string();
            req.response().set_header("X-Status", status);
        });
        let response = Client::new(app).unwrap().get("/json").header("If-None-Match", "*").send();
        assert_eq!((response.status(), response.header("x-status")), (304, Some("200")));
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn compressed_bodies_have_weak_tags_and_their_304_too() {
        use gatewire::app::Compression;
        let long = |_: Request<'_>| Response::new("row,".repeat(500)).header("ETag", TAG);
        let app = app().compress(true).compression(Compression::new().vary(true)).get("/long", long);
        let client = Client::new(app).unwrap();
        let sent = |fields: &[(&str, &str)]| {
            let response = ask(&client, "GET", "/long", fields);
            let header = |name: &str| response.header(name).map(str::to_owned);
            (response.status(), header("etag"), header("content-encoding"), header("vary"))
        };
        let some = |text: &str| Some(text.to_owned());
        let vary = some("Accept-Encoding");
        let gzip = ("Accept-Encoding", "gzip");
        assert_eq!(sent(&[gzip]), (200, some("W/\"v7\""), some("gzip"), vary.clone()));
        assert_eq!(sent(&[]), (200, some(TAG), None, vary.clone()));
        for tag in [TAG, "W/\"v7\""] {
            assert_eq!(sent(&[gzip, ("If-None-Match", tag)]), (304, some("W/\"v7\""), None, vary.clone()));
        }
        // An automatic tag is the same whether or not the body is compressed.
        let tag = |fields: &[(&str, &str)]| ask(&client, "GET", "/json", fields).header("etag").map(str::to_owned);
        assert_eq!(tag(&[gzip]), tag(&[]));
    }

    #[derive(Default)]
    struct Sent(Vec<Vec<u8>>);

    impl ResponseSink for Sent {
        fn start(&mut self, prelude: &[u8], body: &[u8]) -> std::io::Result<()> {
            self.0.extend([prelude.to_vec(), body.to_vec()]);
            Ok(())
        }

        fn write(&mut self, piece: &[u8]) -> std::io::Result<()> {
            self.0.push(piece.to_vec());
            Ok(())
        }
    }

    #[test]
    fn a_body_that_is_sent_while_it_is_made_has_no_tag() {
        let stream = |_: Request<'_>| {
            Stream::new(async |mut sink| {
                sink.write("piece").await;
                Ok(())
            })
        };
        let engine = app().streaming(true).get("/stream", stream).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let send = |path: &str| {
            let request = gatewire::gateway::HttpRequest::new("GET", path).header("If-None-Match", "*");
            let (event, lambda) = (request.event(EventSource::FunctionUrl), LambdaContext::default());
            let (mut worker, mut sent) = (engine.worker(), Sent::default());
            let answer = runtime.block_on(worker.call_streaming(&event, &lambda, &mut sent)).unwrap();
            assert_eq!(answer, Answer::Streamed);
            (String::from_utf8(sent.0[0].clone()).unwrap(), sent.0[1..].concat())
        };
        let (prelude, body) = send("/stream");
        assert!(prelude.starts_with(r#"{"statusCode":200,"#) && !prelude.contains("ETag"), "{prelude}");
        assert_eq!(body, b"piece");
        // A body that is there as a whole has one, even if it is sent in the streamed form.
        let (prelude, body) = send("/json");
        assert!(prelude.starts_with(r#"{"statusCode":304,"#) && prelude.contains("ETag"), "{prelude}");
        assert_eq!(body, b"");
    }

    #[test]
    fn a_304_of_the_handler_stays_one() {
        let app = App::new().etag(true).get("/", |_: Request| Response::new(()).status(StatusCode::NOT_MODIFIED));
        let response = Client::new(app).unwrap().get("/").send();
        assert_eq!((response.status(), response.header("etag")), (304, None));
    }
}
