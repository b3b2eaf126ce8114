//! User code that misbehaves: in handlers, middleware, destructors, `Display`, `Serialize` and streams. Each invocation
//! gets a response of the right shape or a reported error, and the next event is answered.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::{
    App, Cookie, Cors, Error, EventSource, Html, HttpError, IntoResponse, Json, Reply, Request, Route, Router,
    StatusCode, Stream,
    context::LambdaContext,
    engine::{Answer, ResponseSink, Worker},
    error::{BuildError, Panicked},
    handler::Sink,
};
use serde_json::Value;

fn event(method: &str, path: &str) -> Vec<u8> {
    HttpRequest::new(method, path).event(EventSource::FunctionUrl)
}

fn worker(app: App) -> Worker {
    app.get("/plain", |_: Request<'_>| "plain").build().unwrap().worker()
}

/// Returns the response, or the type and message of the report, and checks that the next event is answered.
fn handle(worker: &mut Worker, method: &str, path: &str) -> Result<HttpResponse, (String, String)> {
    let mut handle = |path: &str| {
        let payload = worker
            .call_blocking(&event(method, path), &LambdaContext::default())
            .map_err(|error| (error.error_type().to_owned(), error.message().to_owned()))?;
        Ok(HttpResponse::from_payload(EventSource::FunctionUrl, payload).expect("the gateway takes it"))
    };
    let outcome = handle(path);
    let next =
        worker.call_blocking(&event("GET", "/plain"), &LambdaContext::default()).expect("the next event is answered");
    assert_eq!(HttpResponse::from_payload(EventSource::FunctionUrl, next).unwrap().body, b"plain");
    outcome
}

fn get(app: App, path: &str) -> Result<HttpResponse, (String, String)> {
    handle(&mut worker(app), "GET", path)
}

fn text(response: &HttpResponse) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

/// The calls that a sink received, and the outcome.
#[derive(Default)]
struct Sent {
    prelude: Option<Value>,
    body: Vec<u8>,
}

impl ResponseSink for Sent {
    fn start(&mut self, prelude: &[u8], body: &[u8]) -> std::io::Result<()> {
        assert!(self.prelude.is_none(), "started twice");
        self.prelude = Some(serde_json::from_slice(prelude).unwrap());
        self.body.extend_from_slice(body);
        Ok(())
    }

    fn write(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.body.extend_from_slice(piece);
        Ok(())
    }
}

fn stream(worker: &mut Worker, path: &str) -> (Sent, Result<(), String>) {
    let (mut sent, event, lambda) = (Sent::default(), event("GET", path), LambdaContext::default());
    let outcome = {
        let mut call = pin!(worker.call_streaming(&event, &lambda, &mut sent));
        let mut polls = (0..1000).map(|_| call.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        let ended = polls.find_map(|polled| match polled {
            Poll::Ready(outcome) => Some(outcome.map_err(|error| error.error_type().to_owned())),
            Poll::Pending => None,
        });
        ended.expect("the call ends").map(|answer| assert_eq!(answer, Answer::Streamed))
    };
    (sent, outcome)
}

/// Panics when it is dropped.
#[derive(Debug)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("on purpose: destructor");
        }
    }
}

/// An error whose destructor or `Display` panics.
#[derive(Debug)]
enum Odd {
    Drop(#[allow(dead_code)] Bomb),
    Display,
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop(_) => f.write_str("odd"),
            Self::Display => panic!("on purpose: display"),
        }
    }
}

impl std::error::Error for Odd {}

#[test]
fn a_kept_value_whose_destructor_panics_fails_the_invocation_and_the_others_are_dropped() {
    let witness = std::sync::Arc::new(());
    let kept = witness.clone();
    let app = App::new().get("/", move |req: Request<'_>| {
        req.set_extension(Bomb);
        req.set_extension(kept.clone());
        "ok"
    });
    let mut worker = worker(app);
    let report = ("Panic".to_owned(), "on purpose: destructor".to_owned());
    assert_eq!(handle(&mut worker, "GET", "/").unwrap_err(), report);
    assert_eq!(std::sync::Arc::strong_count(&witness), 2, "that of the handler alone");
}

#[test]
fn errors_may_panic_in_display_and_drop() {
    let app = || {
        App::new()
            .get("/drop", |_: Request<'_>| Err::<(), _>(Odd::Drop(Bomb)))
            .get("/display", |_: Request<'_>| Err::<(), _>(Odd::Display))
    };
    assert_eq!(get(app(), "/drop").unwrap_err(), ("Odd".to_owned(), "odd".to_owned()));
    assert_eq!(get(app(), "/display").unwrap_err(), ("Odd".to_owned(), "on purpose: display".to_owned()));
    let handled = || app().on_error(|_: &Odd, _: Request<'_>| (503, "handled"));
    for path in ["/drop", "/display"] {
        assert_eq!(get(handled(), path).unwrap().status, 503);
        assert_eq!(get(app().internal_server_errors(true), path).unwrap_or_else(|_| failed()).status, 500, "{path}");
    }
}

/// Stands in for a report, if not even the line for the log can be written.
fn failed() -> HttpResponse {
    HttpResponse::from_payload(EventSource::FunctionUrl, br#"{"statusCode":500,"body":""}"#).unwrap()
}

#[test]
fn a_panic_payload_may_panic_on_drop() {
    let app = App::new().get("/", |_: Request<'_>| -> &'static str { panic_any(Bomb) });
    assert_eq!(get(app, "/").unwrap_err().0, "Panic");
}

#[test]
fn captures_of_an_unstarted_stream_may_panic_on_drop() {
    let app = App::new().streaming(true).get("/", |_: Request<'_>| {
        let bomb = Bomb;
        let body = Stream::new(async move |mut sink: Sink<'_>| {
            let _bomb = &bomb;
            sink.write("a").await;
            Ok(())
        });
        (204, body)
    });
    let mut worker = worker(app);
    assert_eq!(stream(&mut worker, "/").1, Err("Panic".to_owned()));
    assert_eq!(handle(&mut worker, "GET", "/").unwrap_err().0, "Panic");
}

#[test]
fn a_stream_may_end_with_an_odd_error() {
    let app = App::new()
        .streaming(true)
        .get("/drop", |_: Request<'_>| {
            Stream::new(async |mut sink: Sink<'_>| {
                sink.write("a").await;
                Err(Odd::Drop(Bomb).into())
            })
        })
        .get("/display", |_: Request<'_>| {
            Stream::new(async |mut sink: Sink<'_>| {
                sink.write("a").await;
                Err(Odd::Display.into())
            })
        });
    let mut worker = worker(app);
    for path in ["/drop", "/display"] {
        let (sent, outcome) = stream(&mut worker, path);
        assert_eq!((&sent.body[..], outcome), (&b"a"[..], Err("Odd".to_owned())), "{path}");
        assert_eq!(handle(&mut worker, "GET", path).unwrap_err().0, "Odd");
    }
}

#[test]
fn a_dropped_call_may_have_destructors_that_panic() {
    let app = App::new().get("/", async |req: Request<'_>| {
        let _bomb = Bomb;
        req.set_extension(Bomb);
        std::future::pending::<()>().await;
    });
    let mut worker = worker(app);
    let (event, lambda) = (event("GET", "/"), LambdaContext::default());
    let mut call = Box::pin(worker.call(&event, &lambda));
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(call);
    assert!(worker.call_blocking(&crate::event("GET", "/plain"), &lambda).is_ok());
}

// ---- values that panic, or answer, while they are written

struct Panics;

impl serde::Serialize for Panics {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("on purpose: serialize")
    }
}

fn attempt(req: Request<'_>) {
    let _ = catch_unwind(AssertUnwindSafe(|| req.reply(Json(Panics))));
}

#[test]
fn a_response_can_follow_a_caught_panic_of_serialize() {
    let app = App::new()
        .get("/text", |req: Request<'_>| {
            attempt(req);
            "plain text of the handler"
        })
        .get("/status", |req: Request<'_>| {
            attempt(req);
            (503, "oops")
        })
        .get("/nothing", attempt)
        .get("/bytes", |req: Request<'_>| {
            attempt(req);
            vec![0xff, 2]
        })
        .get("/json", |req: Request<'_>| {
            attempt(req);
            Json("fine")
        })
        .get("/reply", |req: Request<'_>| {
            attempt(req);
            req.reply("fine")
        });
    let mut worker = worker(app);
    let mut body = |path: &str| {
        let response = handle(&mut worker, "GET", path).unwrap();
        (response.status, response.body)
    };
    assert_eq!(body("/text"), (200, b"plain text of the handler".to_vec()));
    assert_eq!(body("/status"), (503, b"oops".to_vec()));
    assert_eq!(body("/nothing"), (200, Vec::new()));
    assert_eq!(body("/bytes"), (200, vec![0xff, 2]));
    assert_eq!(body("/json"), (200, b"\"fine\"".to_vec()));
    assert_eq!(body("/reply"), (200, b"fine".to_vec()));
}

/// Answers the request while it is written.
struct Answers<'r>(Request<'r>, u8);

impl serde::Serialize for Answers<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            0 => _ = self.0.reply("inner"),
            1 => _ = self.0.reply(Json([1, 2])),
            2 => Json("inner").respond(self.0),
            3 => {
                let body = Stream::new(async |mut sink: Sink<'_>| {
                    sink.write("inner").await;
                    Ok(())
                });
                _ = self.0.reply(body);
            }
            4 => _ = self.0.reply(Json(Answers(self.0, 0))),
            _ => attempt(self.0),
        }
        serializer.serialize_str("outer \u{e9}")
    }
}

#[test]
fn a_value_that_answers_while_it_is_written_is_the_response() {
    for kind in 0..6 {
        for ascii in [false, true] {
            let app =
                App::new().ascii_json(ascii).get("/", move |req: Request<'_>| req.reply(Json(Answers(req, kind))));
            let response = get(app, "/").unwrap();
            let wanted = if ascii { r#""outer \u00e9""# } else { "\"outer \u{e9}\"" };
            assert_eq!((response.status, text(&response)), (200, wanted), "{kind} {ascii}");
        }
    }
}

// ---- faults of a stream's producer, and of the configuration

fn producing(spoil: fn(Request<'_>)) -> App {
    App::new().on_any_error(|error, _| (502, error.to_string())).get("/", move |_: Request<'_>| {
        Stream::new(async move |mut sink: Sink<'_>| {
            spoil(sink.request());
            sink.write("piece").await;
            sink.write("another").await;
            Ok(())
        })
    })
}

#[test]
fn a_fault_before_the_first_piece_is_an_error_of_the_handler() {
    let faults: [fn(Request<'_>); 4] = [
        |req| req.response().add_cookie(&Cookie::new("a", "b;c")),
        |req| req.response().set_status(1000),
        |req| req.response().set_header("X-A", "a\r\nb"),
        |req| Err::<(), _>(std::fmt::Error).respond(req),
    ];
    for spoil in faults {
        let (sent, outcome) = stream(&mut worker(producing(spoil).streaming(true)), "/");
        assert_eq!(outcome, Ok(()));
        assert_eq!(sent.prelude.unwrap()["statusCode"], 502);
        assert!(!sent.body.is_empty() && !sent.body.ends_with(b"another"));
        assert_eq!(get(producing(spoil), "/").unwrap().status, 502);
    }
}

#[test]
fn a_producer_that_sets_a_status_without_a_body_sends_none() {
    let app = || producing(|req| req.response().set_status(204));
    let (sent, outcome) = stream(&mut worker(app().streaming(true)), "/");
    assert_eq!((outcome, &sent.body[..]), (Ok(()), &b""[..]));
    assert_eq!(sent.prelude.unwrap()["statusCode"], 204);
    let response = get(app(), "/").unwrap();
    assert_eq!((response.status, &response.body[..]), (204, &b""[..]));
}

#[test]
fn a_stream_may_reply_with_another_stream() {
    let app = || {
        App::new().get("/", |_: Request<'_>| {
            Stream::new(async |sink: Sink<'_>| {
                let second = Stream::new(async |mut sink: Sink<'_>| {
                    sink.write("second").await;
                    Ok(())
                });
                let _ = sink.request().reply((201, second));
                Ok(())
            })
        })
    };
    let (sent, outcome) = stream(&mut worker(app().streaming(true)), "/");
    assert_eq!((outcome, &sent.body[..], &sent.prelude.unwrap()["statusCode"]), (Ok(()), &b"second"[..], &201.into()));
    assert_eq!((get(app(), "/").unwrap().status, &get(app(), "/").unwrap().body[..]), (201, &b"second"[..]));
}

#[test]
fn invalid_header_values_do_not_build() {
    let fine = |_: Request<'_>| "x";
    for app in [
        App::new().cors(Cors::origins(["https://a.example\r\nX: y"])),
        App::new().cors(Cors::any().allow_headers(["X-A\n"])),
        App::new().cors(Cors::any().expose_headers(["X-\0"])),
        App::new().route(Route::get("/", fine).cache_control("max-age=1\r\n")),
    ] {
        let error = app.build().unwrap_err();
        assert!(matches!(error, BuildError::Header { .. }), "{error}");
        assert!(error.to_string().contains("control character"), "{error}");
    }
}

// ---- middleware sees the responses to errors

fn fails() -> App {
    App::new()
        .get("/ok", |_: Request<'_>| "ok")
        .get("/http", |_: Request<'_>| Err::<(), _>(HttpError::forbidden("no")))
        .get("/async", async |_: Request<'_>| Err::<(), _>(HttpError::forbidden("no")))
        .get("/handled", |_: Request<'_>| Err::<(), _>(std::fmt::Error))
        .get("/unhandled", |_: Request<'_>| Err::<(), _>(std::io::Error::other("x")))
        .get("/n/{n}", |req: Request<'_>| req.param_as::<u8>("n").map(|n| n.to_string()))
        .get("/panic", |_: Request<'_>| -> String { panic!("on purpose") })
        .post("/post", |_: Request<'_>| "posted")
        .on_error(|error: &std::fmt::Error, _| (409, Html(format!("<h1>{error}</h1>"))))
        .method_not_allowed(true)
        .internal_server_errors(true)
}

const ANSWERS: [(&str, u16); 10] = [
    ("/ok", 200),
    ("/http", 403),
    ("/async", 403),
    ("/handled", 409),
    ("/unhandled", 500),
    ("/n/x", 400),
    ("/panic", 500),
    ("/none", 404),
    ("/post", 405),
    ("/%", 400),
];

#[test]
fn every_layer_sees_the_response_that_leaves() {
    let app = fails().after(|req| req.response().set_header("X-After", req.response().status().to_string())).wrap(
        async |req, next| {
            let reply = next.run(req).await?;
            req.response().set_header("X-Wrap", req.response().status().to_string());
            req.response().set_header("X-Error", if req.error().is_some() { "yes" } else { "no" });
            Ok(reply)
        },
    );
    let mut worker = worker(app);
    for (path, status) in ANSWERS {
        let response = handle(&mut worker, "GET", path).unwrap();
        assert_eq!(response.status, status, "{path}");
        for name in ["X-After", "X-Wrap"] {
            assert_eq!(response.header(name), Some(&*status.to_string()), "{path} {name}");
        }
        assert_eq!(response.header("X-Error"), Some(if status == 200 { "no" } else { "yes" }), "{path}");
    }
}

#[test]
fn every_layer_sees_responses_of_debug_mode() {
    let app = App::new()
        .debug(true)
        .get("/", |_: Request<'_>| Err::<(), _>(std::fmt::Error))
        .after(|req| req.response().set_header("X-Status", req.response().status().to_string()));
    assert_eq!(get(app, "/").unwrap().header("X-Status"), Some("500"));
}

#[test]
fn an_unhandled_error_leaves_next_unchanged() {
    let app = || {
        App::new()
            .wrap(async |req, next| {
                let outcome = next.run(req).await;
                let error = outcome.unwrap_err();
                assert_eq!(req.response().status(), StatusCode::INTERNAL_SERVER_ERROR);
                assert!(req.error().is_none(), "it has no answer");
                if error.downcast_ref::<Panicked>().is_some() {
                    return Ok(req.reply((503, "caught")));
                }
                Err(error)
            })
            .after(|_| panic!("there is no answer"))
            .get("/io", |_: Request<'_>| Err::<(), _>(std::io::Error::other("x")))
            .get("/panic", async |_: Request<'_>| -> &'static str { panic!("on purpose") })
    };
    let worker = |app: App| app.build().unwrap().worker();
    let lambda = LambdaContext::default();
    let failure = worker(app()).call_blocking(&event("GET", "/io"), &lambda).unwrap_err();
    assert_eq!(failure.message(), "x");
    let mut caught = worker(app());
    let caught = caught.call_blocking(&event("GET", "/panic"), &lambda).unwrap();
    assert_eq!(HttpResponse::from_payload(EventSource::FunctionUrl, caught).unwrap().status, 503);
}

#[test]
fn error_handlers_are_asked_once() {
    static ASKED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let app = App::new()
        .wrap(async |req, next| next.run(req).await)
        .wrap(async |req, next| next.run(req).await)
        .on_error(|_: &std::fmt::Error, _| -> Result<(), std::fmt::Error> {
            ASKED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Err(std::fmt::Error)
        })
        .get("/", |_: Request<'_>| Err::<(), _>(std::fmt::Error));
    assert_eq!(get(app, "/").unwrap_err().0, "fmt::Error");
    assert_eq!(ASKED.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[test]
fn errors_of_inner_middleware_are_settled_before_the_outer_one_sees_them() {
    let app = App::new()
        .wrap(async |req, next| {
            let reply = next.run(req).await?;
            req.response().append_header("X-Outer", req.response().status().to_string());
            Ok(reply)
        })
        .wrap(async |_, _| -> Result<Reply, Error> { Err(HttpError::unauthorized("who are you?").into()) })
        .after(|req| req.response().set_header("bad name", "x"))
        .get("/", |_: Request<'_>| "ok");
    let response = get_only(app, "/");
    assert_eq!((response.status, response.header("X-Outer")), (401, Some("401")));
}

/// Like [`get`] without the check of the next event, which the app does not answer.
fn get_only(app: App, path: &str) -> HttpResponse {
    let mut worker = app.build().unwrap().worker();
    let payload = worker.call_blocking(&event("GET", path), &LambdaContext::default()).unwrap();
    HttpResponse::from_payload(EventSource::FunctionUrl, payload).unwrap()
}

#[test]
fn a_fault_of_middleware_is_treated_like_one_of_a_handler() {
    let app = App::new()
        .after(|req| req.response().set_header("X-Outer", req.response().status().to_string()))
        .after(|req| req.response().set_header("bad name", "x"))
        .on_error(|error: &gatewire::error::HeaderError, _| (502, error.to_string()))
        .get("/", |_: Request<'_>| "ok");
    let response = get_only(app, "/");
    assert_eq!((response.status, response.header("X-Outer")), (502, Some("502")));
    assert!(text(&response).contains("bad name"));
}

#[test]
fn an_error_that_middleware_drops_is_reported_without_a_response() {
    let app = App::new()
        .wrap(async |req, next| {
            let first = next.run(req).await;
            let second = next.run(req).await;
            assert!(first.is_ok() && second.is_err());
            first
        })
        .get("/", |req: Request<'_>| {
            if req.extension::<()>().is_some() {
                return Err(std::fmt::Error);
            }
            req.set_extension(());
            Ok("ok")
        });
    let mut worker = app.build().unwrap().worker();
    let failure = worker.call_blocking(&event("GET", "/"), &LambdaContext::default()).unwrap_err();
    assert_eq!(failure.error_type(), "Gatewire.NoAnswer");
}

#[test]
fn a_not_found_handler_sees_the_error_that_it_replaces() {
    let app = App::new()
        .not_found(|req| req.reply(req.error().map(|error| format!("mine: {error}")).unwrap_or_default()))
        .get("/own", |_: Request<'_>| Err::<(), _>(HttpError::new(StatusCode::NOT_FOUND, "no such todo")));
    let mut worker = worker(app);
    for (path, wanted) in [("/own", "mine: no such todo"), ("/none", "mine: Not found")] {
        let response = handle(&mut worker, "GET", path).unwrap();
        assert_eq!((response.status, text(&response)), (404, wanted));
    }
}

#[test]
fn panics_have_handlers_like_errors() {
    let app = fails().on_error(|panic: &Panicked, _| (503, panic.message().to_owned()));
    let response = get(app, "/panic").unwrap();
    assert_eq!((response.status, text(&response)), (503, "on purpose"));
    let app = fails().on_error(|_: &Panicked, _| -> &'static str { panic!("me too") });
    assert_eq!(get(app, "/panic").unwrap().status, 500);
}

// ---- each router's own state and error handlers

fn counted(n: u32) -> Router {
    Router::new()
        .state(n)
        .on_error(move |_: &std::num::ParseIntError, _: Request<'_>| (400, format!("router {n}")))
        .get("/", |req: Request<'_>| req.state::<u32>().to_string())
        .get("/{n}", |req: Request<'_>| req.param("n").parse::<u32>().map(|n| n.to_string()))
}

#[test]
fn a_route_finds_its_own_router_first_then_outwards_then_the_others() {
    let reads = |req: Request<'_>| format!("{} {}", req.state::<u32>(), req.state::<&'static str>());
    let app = App::new()
        .state("app")
        .include("/a", counted(1))
        .include("/b", counted(2).include("/c", Router::new().state("c").get("/", reads)))
        .include("/d", Router::new().get("/", reads).include("/e", counted(5)))
        .get("/own", reads);
    let mut worker = worker(app);
    let mut body = |path: &str| text(&handle(&mut worker, "GET", path).unwrap()).to_owned();
    assert_eq!((body("/a"), body("/b")), ("1".to_owned(), "2".to_owned()));
    assert_eq!((body("/a/x"), body("/b/x")), ("router 1".to_owned(), "router 2".to_owned()));
    assert_eq!(body("/b/c"), "2 c");
    assert_eq!(body("/d/e"), "5");
    // Neither the router nor the app has a number, so that of the router added last counts.
    assert_eq!((body("/d"), body("/own")), ("5 app".to_owned(), "5 app".to_owned()));
}

#[test]
fn a_router_included_twice_is_two_routers() {
    let shared = counted(3);
    let mut worker = worker(App::new().state(9_u32).include("/a", shared.clone()).include("/b", shared));
    for path in ["/a", "/b"] {
        assert_eq!(text(&handle(&mut worker, "GET", path).unwrap()), "3");
    }
}

#[test]
fn two_of_a_type_in_one_router_do_not_build() {
    let says = |app: App, part: &str| {
        let error = app.build().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    says(App::new().state(1_u32).state(2_u32), "u32");
    says(App::new().include("/a", Router::new().state("a").state("b")), "str");
    says(counted_app().on_error(|_: &std::fmt::Error, _| "b"), "fmt::Error");
    says(App::new().not_found(|_| "a").not_found(|_| "b"), "not_found");
    says(App::new().on_any_error(|_, _| "a").on_any_error(|_, _| "b"), "on_any_error");
    assert!(App::new().state(1_u32).include("/a", counted(1)).build().is_ok());
}

fn counted_app() -> App {
    App::new().on_error(|_: &std::fmt::Error, _| "a")
}

// ---- user code that looks at the response, or panics, where only data is expected

/// Changes and reads the response when it is asked for its text.
struct Looks<'r>(Request<'r>);

impl AsRef<str> for Looks<'_> {
    fn as_ref(&self) -> &str {
        self.0.response().set_header("X-Looked", "yes");
        assert_eq!(self.0.response().status(), StatusCode::OK);
        "text"
    }
}

impl From<Looks<'_>> for std::borrow::Cow<'static, str> {
    fn from(looks: Looks<'_>) -> Self {
        looks.as_ref().to_owned().into()
    }
}

#[test]
fn conversions_to_text_may_look_at_the_response() {
    let app = App::new()
        .get("/html", |req: Request<'_>| req.reply(Html(Looks(req))))
        .get("/name", |req: Request<'_>| req.reply(([(Looks(req), "text")], "body")))
        .get("/value", |req: Request<'_>| req.reply(([("Text", Looks(req))], "body")))
        .get("/set", |req: Request<'_>| req.response().set_header("Text", Looks(req)))
        .get("/append", |req: Request<'_>| req.response().append_header("Text", Looks(req)));
    let mut worker = worker(app);
    for path in ["/html", "/name", "/value", "/set", "/append"] {
        let response = handle(&mut worker, "GET", path).unwrap();
        let named = response.header("text").unwrap_or_else(|| text(&response)).to_owned();
        assert_eq!((response.status, &*named), (200, "text"), "{path}");
    }
}

/// An error whose source panics, is the error itself, or goes away when it was asked for.
#[derive(Debug)]
enum Sourced {
    Panics,
    Itself,
    Once(std::sync::atomic::AtomicBool),
}

impl fmt::Display for Sourced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sourced")
    }
}

impl std::error::Error for Sourced {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Panics => panic!("on purpose: source"),
            Self::Itself => Some(self),
            Self::Once(asked) => (!asked.swap(true, std::sync::atomic::Ordering::Relaxed))
                .then_some(&fmt::Error as &dyn std::error::Error),
        }
    }
}

fn sourced(kind: &str) -> Error {
    let error = match kind {
        "panics" => Sourced::Panics,
        "itself" => Sourced::Itself,
        _ => Sourced::Once(false.into()),
    };
    Error::from_pointer(Box::<dyn std::error::Error + Send + Sync>::from(error))
}

#[test]
fn sources_that_panic_or_never_end() {
    let app = || {
        App::new()
            .get("/plain-one", |_: Request<'_>| Err::<(), _>(Sourced::Panics))
            .get("/behind/{kind}", |req: Request<'_>| Err::<(), _>(sourced(req.param("kind"))))
    };
    let report = |path: &str, app: App| get(app, path).unwrap_err().0;
    assert_eq!(report("/plain-one", app()), "Sourced");
    assert_eq!(report("/behind/panics", app()), "Error");
    assert_eq!(report("/behind/itself", app()), "Error");
    // The handler of what the sources do not have is looked for in all of them.
    assert_eq!(report("/behind/panics", app().on_error(|_: &fmt::Error, _| "found")), "Error");
    for path in ["/plain-one", "/behind/panics", "/behind/itself"] {
        assert_eq!(get(app().on_error(|_: &Sourced, _| (503, "found")), path).unwrap().status, 503, "{path}");
        assert_eq!(get(app().on_any_error(|_, _| (502, "any")), path).unwrap().status, 502, "{path}");
        assert_eq!(get(app().debug(true), path).unwrap().status, 500, "{path}");
        assert_eq!(get(app().internal_server_errors(true), path).unwrap().status, 500, "{path}");
    }
}

#[test]
fn a_pointer_that_panics_when_it_is_followed() {
    struct Broken;
    impl std::ops::Deref for Broken {
        type Target = dyn std::error::Error + Send + Sync;
        fn deref(&self) -> &Self::Target {
            panic!("on purpose: pointer")
        }
    }
    let app = || App::new().get("/", |_: Request<'_>| Err::<(), _>(Error::from_pointer(Broken)));
    assert_eq!(get(app(), "/").unwrap_err(), ("Error".to_owned(), "on purpose: pointer".to_owned()));
    assert_eq!(get(app().internal_server_errors(true), "/").unwrap().status, 500);
}

#[test]
fn a_source_that_goes_away_leaves_the_error_unanswered() {
    let app = || App::new().get("/", |_: Request<'_>| Err::<(), _>(sourced("once")));
    let app = || app().on_error(|_: &fmt::Error, _| "found");
    assert_eq!(get(app(), "/").unwrap_err(), ("Error".to_owned(), "sourced".to_owned()));
    assert_eq!(get(app().internal_server_errors(true), "/").unwrap().status, 500);
}

#[test]
fn an_error_whose_answer_has_failed_is_not_the_error_of_the_next_answer() {
    let app = App::new()
        .wrap(async |req, next| match next.run(req).await {
            Ok(reply) => Ok(reply),
            Err(error) => Ok(req.reply((502, format!("{error}, {:?}", req.error().map(ToString::to_string))))),
        })
        .on_error(|_: &fmt::Error, _| Err::<(), _>(std::io::Error::other("raised")))
        .get("/", |_: Request<'_>| Err::<(), _>(fmt::Error));
    let response = get_only(app, "/");
    assert_eq!((response.status, text(&response)), (502, "raised, None"));
}

// ---- runs that middleware repeats, and streams that change their mind

/// Fails, or answers with a status and a field, until it is called again.
enum Tried {
    Busy,
    Fine,
}

impl IntoResponse for Tried {
    fn respond(self, req: Request<'_>) {
        match self {
            Self::Busy => (503, [("X-First", "yes")], "busy").respond(req),
            Self::Fine => "fine".respond(req),
        }
    }
}

#[test]
fn nothing_of_a_run_is_left_in_the_one_that_repeats_it() {
    let is_first = |req: Request<'_>| {
        let first = req.extension::<()>().is_none();
        req.set_extension(());
        first
    };
    let fails = move |req: Request<'_>| match is_first(req) {
        true => Err(HttpError::service_unavailable("busy")),
        false => Ok("fine"),
    };
    let app = App::new()
        .wrap(async |req, next| {
            let reply = next.run(req).await?;
            match req.response().status().as_u16() {
                503 => next.run(req).await,
                _ => Ok(reply),
            }
        })
        .after(|req| req.response().append_header("X-Status", req.response().status().to_string()))
        .get("/answers", move |req: Request<'_>| if is_first(req) { Tried::Busy } else { Tried::Fine })
        .get("/fails", fails)
        .fallback(fails);
    let mut worker = worker(app);
    for path in ["/answers", "/fails", "/none"] {
        let response = handle(&mut worker, "GET", path).unwrap();
        assert_eq!((response.status, text(&response)), (200, "fine"), "{path}");
        assert_eq!((response.header("X-First"), response.header("X-Status")), (None, Some("200")), "{path}");
    }
}

/// A stream that replies with text or with another stream, after a piece or before any, and goes on to write.
fn undecided(after_a_piece: bool, with_stream: bool) -> App {
    App::new().get("/", move |_: Request<'_>| {
        Stream::new(async move |mut sink: Sink<'_>| {
            if after_a_piece {
                sink.write("first").await;
            }
            if with_stream {
                let second = Stream::new(async |mut sink: Sink<'_>| {
                    sink.write("second").await;
                    Ok(())
                });
                let _ = sink.request().reply((201, second));
            } else {
                let _ = sink.request().reply((201, "second"));
            }
            sink.write("late").await;
            sink.write("later").await;
            Ok(())
        })
    })
}

#[test]
fn a_stream_that_has_replied_writes_nothing_into_that_answer() {
    for with_stream in [false, true] {
        let (sent, outcome) = stream(&mut worker(undecided(false, with_stream).streaming(true)), "/");
        assert_eq!((outcome, &sent.body[..]), (Ok(()), &b"second"[..]));
        assert_eq!(sent.prelude.unwrap()["statusCode"], 201);
        for after_a_piece in [false, true] {
            let response = get(undecided(after_a_piece, with_stream), "/").unwrap();
            assert_eq!((response.status, text(&response)), (201, "second"));
        }
    }
}

#[test]
fn a_stream_that_replies_after_its_answer_has_begun_is_reported() {
    for with_stream in [false, true] {
        let (sent, outcome) = stream(&mut worker(undecided(true, with_stream).streaming(true)), "/");
        assert_eq!((outcome, &sent.body[..]), (Err("Gatewire.StreamError".to_owned()), &b"first"[..]));
    }
}

#[test]
fn a_wake_that_comes_while_the_handler_blocks_its_thread_is_not_lost() {
    let app = App::new().get("/", async |_: Request<'_>| {
        let woken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let mut polls = 0;
        std::future::poll_fn(|context| {
            polls += 1;
            if woken.load(std::sync::atomic::Ordering::SeqCst) {
                return Poll::Ready(());
            }
            if polls == 1 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let (woken, waker) = (woken.clone(), context.waker().clone());
            let waking = std::thread::spawn(move || {
                woken.store(true, std::sync::atomic::Ordering::SeqCst);
                waker.wake();
            });
            waking.join().unwrap();
            // Takes the token of the thread, as whatever blocks in the standard library may do.
            std::thread::park();
            Poll::Pending
        })
        .await;
        "woken"
    });
    assert_eq!(text(&get(app, "/").unwrap()), "woken");
}

#[test]
fn an_answer_in_place_of_that_for_not_found_has_its_own_status() {
    let app = |status: bool| {
        App::new().not_found(move |req| if status { req.reply((410, "gone")) } else { req.reply("not here") }).wrap(
            async |req, next| {
                let reply = next.run(req).await?;
                match req.response().status().as_u16() {
                    404 if req.path() == "/page" => Ok(req.reply("the page")),
                    _ => Ok(reply),
                }
            },
        )
    };
    let mut plain = worker(app(false));
    let mut answer =
        |path: &str| handle(&mut plain, "GET", path).map(|response| (response.status, response.body)).unwrap();
    assert_eq!(answer("/page"), (200, b"the page".to_vec()));
    assert_eq!(answer("/other"), (404, b"not here".to_vec()));
    assert_eq!(get(app(true), "/other").unwrap().status, 410);
}

#[test]
fn nothing_of_a_run_that_was_dropped_half_way_is_left_in_the_one_that_repeats_it() {
    type Spoil = fn(Request<'_>);
    let spoils: [Spoil; 3] = [
        |req| _ = req.reply((503, [("X-First", "yes")], "busy")),
        |req| req.response().set_status(1000),
        |req| Err::<(), _>(fmt::Error).respond(req),
    ];
    for spoil in spoils {
        let app = App::new()
            .wrap(async |req, next| {
                {
                    let mut first = pin!(next.run(req));
                    std::future::poll_fn(|context| Poll::Ready(_ = first.as_mut().poll(context))).await;
                }
                next.run(req).await
            })
            .get("/", async move |req: Request<'_>| {
                if req.extension::<()>().is_none() {
                    req.set_extension(());
                    spoil(req);
                    std::future::pending::<()>().await;
                }
                "fine"
            })
            .get("/plain", |_: Request<'_>| "plain");
        let response = get_only(app, "/");
        assert_eq!((response.status, response.header("X-First"), text(&response)), (200, None, "fine"));
    }
}

#[test]
fn a_run_that_was_dropped_half_way_has_answered_no_error() {
    let app = App::new()
        .wrap(async |req, next| {
            {
                let mut first = pin!(next.run(req));
                std::future::poll_fn(|context| Poll::Ready(_ = first.as_mut().poll(context))).await;
            }
            Ok(req.reply((504, format!("{}", req.error().is_some()))))
        })
        .wrap(async |req, next| {
            let _ = next.run(req).await;
            assert!(req.error().is_some());
            std::future::pending().await
        })
        .get("/", |_: Request<'_>| Err::<(), _>(HttpError::forbidden("no")));
    let response = get_only(app, "/");
    assert_eq!((response.status, text(&response)), (504, "false"));
}
