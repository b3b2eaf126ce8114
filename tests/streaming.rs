//! Responses that are sent while they are made: the bytes on the wire, their time, and the outcome of failures.

// Each test program compiles all of the module and uses a part.
#[allow(dead_code)]
mod support;

use std::cell::Cell;
use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

use base64_simd::STANDARD;
use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::runtime::direct::Direct;
use gatewire::testing::Client;
use gatewire::{
    App, Cookie, Cors, Error, EventSource, HttpError, IntoResponse, Request, Response, Route, Stream,
    app::Compression,
    context::LambdaContext,
    engine::{Answer, ResponseSink},
};
use serde_json::{Value, json};
use support::mock_api::{Cut, Faults, Invocation, MockApi, PATIENCE, Posted};

const NULS: [u8; 8] = [0; 8];

fn event(target: &str) -> Vec<u8> {
    HttpRequest::new("GET", target).header("Origin", "https://a.example").event(EventSource::FunctionUrl)
}

fn counted(_: Request<'_>) -> impl IntoResponse + use<> {
    let body = Stream::new(async |mut sink| {
        let count: usize = sink.request().param_as("count")?;
        for number in 0..count {
            sink.write("").await;
            sink.write(format!("piece {number}\n")).await;
        }
        Ok(())
    });
    Response::new(body)
        .status(203)
        .content_type("text/plain")
        .header("X-One", "1")
        .append_header("X-One", "2")
        .cookie(Cookie::new("a", "b"))
        .cookie(Cookie::new("c", "d"))
}

/// Fails or panics after the given number of pieces.
fn fails(req: Request<'_>) -> impl IntoResponse + use<> {
    let panics = req.query("panics").is_some();
    Stream::new(async move |mut sink| {
        for number in 0..sink.request().param_as("after")? {
            let number: usize = number;
            sink.write(format!("piece {number}")).await;
        }
        if panics {
            panic!("out of luck");
        }
        "x".parse::<u8>()?;
        sink.write("never").await;
        Ok(())
    })
}

fn app() -> App {
    App::new()
        .streaming(true)
        .get("/count/{count}", counted)
        .get("/fail/{after}", fails)
        .get("/plain", |_: Request<'_>| "\"plain\"\n")
        .get("/bytes", |_: Request<'_>| [0_u8, 255, 1])
        .get("/nothing", |_: Request<'_>| (204, Stream::new(async |_| panic!("a 204 has no body"))))
        .get("/empty", |_: Request<'_>| Stream::new(async |_| Ok(())))
        .get("/large", |_: Request<'_>| {
            Stream::new(async |mut sink| {
                let piece = vec![b'x'; 1_000_000];
                for _ in 0..8 {
                    sink.write(&piece).await;
                }
                Ok(())
            })
        })
        .automatic_head(true)
        .on_error(|error: &std::num::ParseIntError, _: Request<'_>| (400, error.to_string()))
}

/// Returns the post to the service with this identifier.
fn posted<'p>(posted: &'p [Posted], id: &str) -> &'p Posted {
    let mut found = posted.iter().filter(|posted| posted.path.split('/').nth(1) == Some(id));
    let first = found.next().unwrap_or_else(|| panic!("{id} was not answered: {posted:?}"));
    assert!(found.next().is_none(), "{id} was answered twice");
    first
}

/// Returns the prelude of a streamed response, and its body.
fn streamed(posted: &Posted) -> (Value, Vec<u8>) {
    assert!(posted.path.ends_with("/response"), "{posted:?}");
    assert_eq!(posted.field("Lambda-Runtime-Function-Response-Mode"), Some("streaming"));
    assert_eq!(posted.field("Content-Type"), Some("application/vnd.awslambda.http-integration-response"));
    assert_eq!(posted.field("Content-Length"), None);
    assert!(posted.field("Lambda-Runtime-Invocation-Id").is_some());
    let [prelude, delimiter, body @ ..] = &posted.chunks[..] else { panic!("{posted:?}") };
    assert_eq!(delimiter[..], NULS);
    (serde_json::from_slice(prelude).unwrap(), body.concat())
}

/// Returns the report in the trailers of a response.
fn trailer(posted: &Posted) -> Option<(String, Value)> {
    let class = posted.trailer("Lambda-Runtime-Function-Error-Type")?;
    let report = STANDARD.decode_to_vec(posted.trailer("Lambda-Runtime-Function-Error-Body").unwrap()).unwrap();
    Some((class.to_owned(), serde_json::from_slice(&report).unwrap()))
}

/// Runs the app until the service has no more events.
fn run_on(app: App, invocations: Vec<Invocation>, faults: Faults) -> MockApi {
    let api = MockApi::start(invocations, faults);
    let ended = Direct::new(app.build().unwrap(), &api.address.to_string()).unwrap().run().unwrap_err().to_string();
    assert!(ended.contains("Runtime.QueueEmpty"), "{ended}");
    assert_eq!(api.unanswered().len(), 0, "{:?}", api.unanswered());
    api
}

fn run(targets: &[&str]) -> (MockApi, Vec<Posted>) {
    let invocation = |(number, target): (usize, &&str)| Invocation::new(format!("r-{number}"), event(target));
    let api = run_on(app(), targets.iter().enumerate().map(invocation).collect(), Faults::default());
    let posted = api.posted();
    assert_eq!((posted.len(), api.connections(), api.refused().len()), (targets.len(), 1, 0));
    (api, posted)
}

// ---- nothing breaks

#[test]
fn status_headers_cookies_and_pieces_arrive() {
    let (_, posted) = run(&["/count/3"]);
    let (prelude, body) = streamed(&posted[0]);
    let expected = json!({
        "statusCode": 203,
        "headers": { "Content-Type": "text/plain", "X-One": "1, 2" },
        "cookies": ["a=b; Secure", "c=d; Secure"],
    });
    assert_eq!(prelude, expected);
    assert_eq!(posted[0].chunks[2..], [b"piece 0\n", b"piece 1\n", b"piece 2\n"]);
    assert_eq!(body, b"piece 0\npiece 1\npiece 2\n");
    assert_eq!(posted[0].trailers, "");
}

#[test]
fn a_rest_api_gets_all_values() {
    let event = HttpRequest::new("GET", "/count/1").event(EventSource::RestApi);
    let api = run_on(app(), vec![Invocation::new("r", event)], Faults::default());
    let (prelude, body) = streamed(&api.posted()[0]);
    let headers = json!({
        "Content-Type": ["text/plain"], "X-One": ["1", "2"], "Set-Cookie": ["a=b; Secure", "c=d; Secure"],
    });
    assert_eq!(prelude, json!({ "statusCode": 203, "multiValueHeaders": headers }));
    assert_eq!(body, b"piece 0\n");
}

#[test]
fn buffered_responses_take_the_same_form() {
    let (_, posted) = run(&["/plain", "/bytes", "/nothing", "/empty", "/missing", "/fail/0", "/count/x"]);
    let answers: Vec<_> =
        posted.iter().map(streamed).map(|(prelude, body)| (prelude["statusCode"].clone(), body)).collect();
    let missing = br#"{"statusCode":404,"message":"Not found"}"#.to_vec();
    let digit = b"invalid digit found in string".to_vec();
    let expected = [
        (200, b"\"plain\"\n".to_vec()),
        (200, vec![0, 255, 1]),
        (204, vec![]),
        (200, vec![]),
        (404, missing),
        (400, digit),
    ];
    for (answer, expected) in answers.iter().zip(&expected) {
        assert_eq!((answer.0.as_u64(), &answer.1), (Some(expected.0), &expected.1));
    }
    // A bad parameter that is found before the first piece is the client's fault, as in any handler.
    assert_eq!(answers[6].0, 400);
    assert!(posted.iter().all(|posted| posted.trailers.is_empty()));
}

#[test]
fn a_body_may_be_larger_than_a_buffered_response() {
    let (_, posted) = run(&["/large", "/plain"]);
    let (_, body) = streamed(&posted[0]);
    assert_eq!(body, vec![b'x'; 8_000_000]);
    assert_eq!(streamed(&posted[1]).1, b"\"plain\"\n");
}

#[test]
fn a_head_request_has_no_body() {
    let head = HttpRequest::new("HEAD", "/count/3").event(EventSource::FunctionUrl);
    let plain = HttpRequest::new("HEAD", "/plain").event(EventSource::FunctionUrl);
    let api = run_on(app(), vec![Invocation::new("a", head), Invocation::new("b", plain)], Faults::default());
    let (prelude, body) = streamed(&api.posted()[0]);
    assert_eq!((&prelude["statusCode"], &prelude["headers"]["X-One"], body), (&json!(203), &json!("1, 2"), vec![]));
    assert_eq!(streamed(&api.posted()[1]).1, b"");
}

#[test]
fn the_first_piece_arrives_before_the_last_is_made() {
    let (go_on, wait) = sync_channel::<()>(1);
    let wait: Arc<Mutex<Receiver<()>>> = Arc::new(Mutex::new(wait));
    let app = App::new().streaming(true).get("/", move |_: Request<'_>| {
        let wait = wait.clone();
        Stream::new(async move |mut sink| {
            sink.write("first").await;
            let told = wait.lock().unwrap().recv_timeout(PATIENCE);
            told.map_err(|_| HttpError::internal_server_error("the first piece has not left"))?;
            sink.write("last").await;
            Ok(())
        })
    });
    let api = MockApi::start(vec![Invocation::new("r", event("/"))], Faults::default());
    let direct = Direct::new(app.build().unwrap(), &api.address.to_string()).unwrap();
    let function = std::thread::spawn(move || direct.run());
    api.wait_for_chunk(b"first");
    assert_eq!(api.posted().len(), 0, "the response has no end yet");
    go_on.send(()).unwrap();
    assert!(function.join().unwrap().is_err());
    let posted = api.posted();
    assert_eq!(posted[0].chunks[2..], [&b"first"[..], b"last"]);
    assert_eq!(trailer(&posted[0]), None);
}

/// A producer that waits for another task is woken by it, also between two pieces.
#[cfg(feature = "tokio")]
#[test]
fn other_tasks_go_on_meanwhile() {
    let app = App::new().streaming(true).get("/", async |_: Request<'_>| {
        Stream::new(async |mut sink| {
            for number in 0..20_u8 {
                let made = tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                    [number]
                });
                sink.write(made.await?).await;
            }
            Ok(())
        })
    });
    let api = run_on(app, vec![Invocation::new("r", event("/"))], Faults::default());
    assert_eq!(streamed(&api.posted()[0]).1, (0..20).collect::<Vec<u8>>());
}

// ---- something breaks

#[test]
fn an_error_in_the_middle_is_reported_in_trailers() {
    let (_, posted) = run(&["/fail/2", "/plain", "/fail/2?panics", "/plain"]);
    let (prelude, body) = streamed(&posted[0]);
    assert_eq!((prelude["statusCode"].as_u64(), &body[..]), (Some(200), &b"piece 0piece 1"[..]));
    let (class, report) = trailer(&posted[0]).unwrap();
    assert_eq!(class, "Function.ParseIntError");
    let expected = json!({
        "errorType": "ParseIntError", "errorMessage": "invalid digit found in string", "stackTrace": [],
    });
    assert_eq!(report, expected);
    assert_eq!(streamed(&posted[1]).1, b"\"plain\"\n");

    assert_eq!(streamed(&posted[2]).1, b"piece 0piece 1");
    let (class, report) = trailer(&posted[2]).unwrap();
    assert_eq!((&class[..], &report["errorMessage"]), ("Function.Panic", &json!("out of luck")));
    assert_eq!(streamed(&posted[3]).1, b"\"plain\"\n");
}

#[test]
fn an_error_before_the_first_piece_is_handled_like_any_other() {
    let (_, posted) = run(&["/fail/0", "/fail/0?panics", "/plain"]);
    // An error handler answers the first one.
    let (prelude, body) = streamed(&posted[0]);
    assert_eq!((prelude["statusCode"].as_u64(), &body[..]), (Some(400), &b"invalid digit found in string"[..]));
    assert_eq!(posted[1].path, "invocation/r-1/error");
    assert_eq!(posted[1].field("Lambda-Runtime-Function-Error-Type"), Some("Function.Panic"));
    assert_eq!(posted[1].field("Lambda-Runtime-Function-Response-Mode"), None);
    assert_eq!(streamed(&posted[2]).1, b"\"plain\"\n");
}

/// An error handler that panics on the error of a stream fails only that invocation.
#[test]
fn a_panic_on_the_error_of_a_stream_fails_one_invocation() {
    let app = App::new()
        .streaming(true)
        .get("/", |_: Request<'_>| Stream::new(async |_| Err("x".parse::<u8>().unwrap_err().into())))
        .get("/plain", |_: Request<'_>| "plain")
        .on_error(|_: &std::num::ParseIntError, _: Request<'_>| -> &str { panic!("and so am I") });
    let invocations = vec![Invocation::new("a", event("/")), Invocation::new("b", event("/plain"))];
    let api = run_on(app, invocations, Faults::default());
    let posted = api.posted();
    assert_eq!(posted[0].field("Lambda-Runtime-Function-Error-Type"), Some("Function.Panic"));
    assert_eq!(streamed(&posted[1]).1, b"plain");
}

/// An error handler may answer with a stream; if that one fails too, the invocation fails.
#[test]
fn error_handlers_may_stream() {
    for fails in [false, true] {
        let app = App::new()
            .streaming(true)
            .get("/", |_: Request<'_>| Stream::new(async |_| Err("x".parse::<u8>().unwrap_err().into())))
            .on_error(move |_: &std::num::ParseIntError, _: Request<'_>| {
                let body = Stream::new(async move |mut sink| {
                    if fails {
                        "y".parse::<u8>()?;
                    }
                    sink.write("sorry").await;
                    Ok(())
                });
                (503, body)
            });
        let api = run_on(app, vec![Invocation::new("r", event("/"))], Faults::default());
        let posted = api.posted();
        if fails {
            assert_eq!(posted[0].field("Lambda-Runtime-Function-Error-Type"), Some("Function.StreamError"));
        } else {
            let (prelude, body) = streamed(&posted[0]);
            assert_eq!((prelude["statusCode"].as_u64(), &body[..]), (Some(503), &b"sorry"[..]));
        }
    }
}

#[test]
fn a_connection_may_be_lost_at_each_byte_of_a_stream() {
    let mut lost = 0;
    for after in 0..2000 {
        let invocations = vec![Invocation::new("a", event("/count/3")), Invocation::new("b", event("/count/1"))];
        let cuts = vec![Cut::Request { exchange: 1, after }];
        let api = run_on(app(), invocations, Faults { cuts, ..Faults::default() });
        let all = api.posted();
        assert_eq!(streamed(posted(&all, "b")).1, b"piece 0\n", "{after}");
        let first = posted(&all, "a");
        if first.path.ends_with("/error") {
            let class = first.field("Lambda-Runtime-Function-Error-Type");
            assert_eq!(class, Some("Runtime.StreamLost"), "{after}");
            lost += 1;
        } else {
            assert_eq!(streamed(first).1, b"piece 0\npiece 1\npiece 2\n", "{after}");
            // The whole request was read, so there was nothing to cut.
            if api.connections() == 1 {
                break;
            }
        }
    }
    assert!((400..2000).contains(&lost), "{lost}");
}

/// Unrequested bytes are not taken for the answer to a response.
#[test]
fn bytes_after_the_event_are_ignored() {
    let accepted = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_vec();
    let faults = Faults { extra: [(0, accepted)].into(), ..Faults::default() };
    let api =
        run_on(app(), vec![Invocation::new("a", event("/count/1")), Invocation::new("b", event("/plain"))], faults);
    let all = api.posted();
    assert_eq!(all.len(), 2);
    assert_eq!(streamed(posted(&all, "b")).1, b"\"plain\"\n");
    let first = posted(&all, "a");
    assert!(first.path.ends_with("/error") || streamed(first).1 == b"piece 0\n", "{first:?}");
}

/// The service refuses a response in each of its ways.
#[test]
fn responses_may_be_refused() {
    let refused = |status: u16, close: bool| {
        let body = "{\"errorMessage\":\"no\",\"errorType\":\"No\"}";
        let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        (answer.into_bytes(), close)
    };
    for (status, close) in [(400, false), (410, true), (413, false)] {
        let api = MockApi::with_concurrency(
            vec![Invocation::new("a", event("/count/3")), Invocation::new("b", event("/count/1"))],
            Faults { answers: [(1, refused(status, close))].into(), ..Faults::default() },
            2,
        );
        let direct = Direct::new(app().build().unwrap(), &api.address.to_string()).unwrap();
        let ended = direct.run().unwrap_err().to_string();
        assert!(ended.contains("Runtime.QueueEmpty"), "{status}: {ended}");
        assert_eq!(streamed(posted(&api.posted(), "b")).1, b"piece 0\n", "{status}");
    }
}

/// Accepts the start and a number of pieces, and no more.
struct Full {
    room: usize,
    pieces: Vec<Vec<u8>>,
}

impl ResponseSink for Full {
    fn start(&mut self, _: &[u8], body: &[u8]) -> io::Result<()> {
        self.write(body)
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.room = self.room.checked_sub(1).ok_or(io::ErrorKind::BrokenPipe)?;
        self.pieces.push(piece.to_vec());
        Ok(())
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..100_000 {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("it has no end");
}

#[test]
fn a_producer_that_nobody_reads_is_dropped() {
    struct Witness;
    thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });
    impl Drop for Witness {
        fn drop(&mut self) {
            DROPPED.set(DROPPED.get() + 1);
        }
    }
    let app = app().get("/endless", |_: Request<'_>| {
        let witness = Witness;
        Stream::new(async move |mut sink| {
            let _witness = witness;
            loop {
                sink.write("on and on").await;
            }
        })
    });
    let mut worker = app.build().unwrap().worker();
    let mut sink = Full { room: 3, pieces: Vec::new() };
    let error = block_on(worker.call_streaming(&event("/endless"), &LambdaContext::default(), &mut sink)).unwrap_err();
    assert_eq!(error.error_type(), "Gatewire.StreamLost");
    assert_eq!((sink.pieces.len(), DROPPED.get()), (3, 1));
    // A buffered response ends at the size limit of the gateways.
    let error = worker.call_blocking(&event("/endless"), &LambdaContext::default()).unwrap_err();
    assert_eq!((error.error_type(), DROPPED.get()), ("Function.ResponseSizeTooLarge", 2));
    // The worker still works.
    let mut sink = Full { room: 3, pieces: Vec::new() };
    let answer = block_on(worker.call_streaming(&event("/count/2"), &LambdaContext::default(), &mut sink)).unwrap();
    assert_eq!((answer, sink.pieces.concat()), (Answer::Streamed, b"piece 0\npiece 1\n".to_vec()));
}

// ---- streams of other crates

/// Yields the numbers up to three, waits before each, and may fail after the last.
#[cfg(feature = "futures")]
struct Numbers {
    number: u8,
    waited: bool,
    fails: bool,
}

#[cfg(feature = "futures")]
impl futures_core::Stream for Numbers {
    type Item = Result<String, std::num::ParseIntError>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        use std::task::Poll;
        self.waited = !self.waited;
        if self.waited {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.number += 1;
        match self.number {
            number @ 1..=3 => Poll::Ready(Some(Ok(format!("{number} ")))),
            4 if self.fails => Poll::Ready(Some("x".parse::<u8>().map(|_| String::new()))),
            _ => Poll::Ready(None),
        }
    }
}

#[cfg(feature = "futures")]
#[test]
fn a_stream_of_another_crate_leaves_piece_by_piece() {
    let numbers = |req: Request<'_>| {
        let fails = req.query("fails").is_some();
        Stream::from_stream(Numbers { number: 0, waited: false, fails })
    };
    let app = || App::new().streaming(true).get("/", numbers);
    let invocations = vec![Invocation::new("a", event("/")), Invocation::new("b", event("/?fails"))];
    let api = run_on(app(), invocations, Faults::default());
    let all = api.posted();
    assert_eq!(all[0].chunks[2..], [b"1 ", b"2 ", b"3 "]);
    assert_eq!(trailer(&all[0]), None);
    assert_eq!(streamed(&all[1]).1, b"1 2 3 ");
    assert_eq!(trailer(&all[1]).unwrap().0, "Function.ParseIntError");
    // Without streaming, it becomes one body.
    let client = Client::new(app()).unwrap();
    assert_eq!(client.get("/").source(EventSource::HttpApiV2).send().text(), "1 2 3 ");
}

// ---- the settings

/// The same handlers, buffered: by `Worker::call`, and for gateways without streams.
#[test]
fn buffered_handlers_return_the_same_bodies() {
    let client = Client::new(app()).unwrap();
    for source in gatewire::testing::sources() {
        let response = client.get("/count/3").source(source).send();
        assert_eq!((response.status(), response.text()), (203, "piece 0\npiece 1\npiece 2\n"), "{source:?}");
        assert_eq!(response.header("content-type"), Some("text/plain"));
        let response = client.get("/fail/2").source(source).send();
        assert_eq!((response.status(), response.text()), (400, "invalid digit found in string"), "{source:?}");
        let response = client.get("/empty").source(source).send();
        assert_eq!((response.status(), response.text()), (200, ""), "{source:?}");
        assert_eq!(client.get("/nothing").source(source).send().status(), 204);
        assert_eq!(client.request("HEAD", "/count/3").source(source).send().text(), "");
    }
    let binary = App::new().get("/", |_: Request<'_>| {
        Stream::new(async |mut sink| {
            // A character that is split between two pieces is text; these bytes are not.
            sink.write([0xc3]).await;
            sink.write([0xff]).await;
            Ok(())
        })
    });
    let mut worker = binary.build().unwrap().worker();
    let payload = worker.call_blocking(&event("/"), &LambdaContext::default()).unwrap();
    let response = HttpResponse::from_payload(EventSource::FunctionUrl, payload).unwrap();
    assert_eq!(response.body, [0xc3, 0xff]);
}

#[test]
fn a_route_decides_for_itself() {
    let page = |_: Request<'_>| "page";
    let apps = [
        (App::new(), [false, false, true]),
        (App::new().streaming(false), [false, false, true]),
        (App::new().streaming(true), [true, false, true]),
    ];
    for (app, expected) in apps {
        let app = app
            .get("/app", page)
            .route(Route::get("/no", page).streaming(false))
            .route(Route::get("/yes", page).streaming(true));
        let mut worker = app.build().unwrap().worker();
        for (target, expected) in ["/app", "/no", "/yes"].into_iter().zip(expected) {
            for source in gatewire::testing::sources() {
                let can = matches!(source, EventSource::RestApi | EventSource::FunctionUrl);
                let mut sink = Full { room: 1, pieces: Vec::new() };
                let event = HttpRequest::new("GET", target).event(source);
                let context = LambdaContext::default();
                let answer = block_on(worker.call_streaming(&event, &context, &mut sink)).unwrap();
                assert_eq!(answer == Answer::Streamed, expected && can, "{target} {source:?}");
                assert_eq!(sink.pieces.len(), usize::from(expected && can));
            }
        }
    }
}

#[test]
fn middleware_cors_and_compression_apply_to_streams() {
    let text = "compress me ".repeat(200);
    let expected = text.clone();
    let app = App::new()
        .streaming(true)
        .cors(Cors::any())
        .compression(Compression::new().function_url_streams(true))
        .after(|req| req.response().set_header("X-After", "1"))
        .wrap(async |req, next| {
            let reply = next.run(req).await?;
            req.response().set_header("X-Wrap", "1");
            Ok::<_, Error>(reply)
        })
        .route(
            Route::get("/stream", |_: Request<'_>| {
                Stream::new(async |mut sink| {
                    sink.request().response().set_header("X-Late", "1");
                    sink.write("a").await;
                    sink.request().response().set_header("X-Too-Late", "1");
                    Ok(())
                })
            })
            .compress(true),
        )
        .route(Route::get("/plain", move |_: Request<'_>| text.clone()).compress(true));
    let event = |target: &str| {
        let request = HttpRequest::new("GET", target).header("Accept-Encoding", "gzip");
        request.header("Origin", "https://a.example").event(EventSource::FunctionUrl)
    };
    let invocations = vec![Invocation::new("a", event("/stream")), Invocation::new("b", event("/plain"))];
    let api = run_on(app, invocations, Faults::default());
    let all = api.posted();
    let (prelude, body) = streamed(&all[0]);
    assert_eq!(body, b"a");
    let headers = &prelude["headers"];
    for name in ["X-After", "X-Wrap", "X-Late"] {
        assert_eq!(headers[name], "1", "{name}: {headers}");
    }
    assert_eq!(headers["Access-Control-Allow-Origin"], "*");
    assert!(headers.get("X-Too-Late").is_none() && headers.get("Content-Encoding").is_none(), "{headers}");
    let (prelude, body) = streamed(&all[1]);
    if cfg!(feature = "gzip") {
        assert_eq!((&prelude["headers"]["Content-Encoding"], &body[..2]), (&json!("gzip"), &[0x1f, 0x8b][..]));
        assert!(body.len() < expected.len() / 2);
    } else {
        assert_eq!(body, expected.as_bytes());
    }
}
