//! Handlers, middleware, error handlers, destructors and bodies that misbehave by a script, at every place.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::{Pin, pin};
use std::sync::Once;
use std::task::{Context, Poll, Waker};

use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::Value;

use crate::app::{App, Route, Router};
use crate::engine::{Answer, ResponseSink, Worker};
use crate::gateway::{HttpRequest, HttpResponse};
use crate::handler::{
    Error, HttpError, IntoResponse, Json, LambdaContext, Next, Reply, Request, Response, Sink, Stream,
};
use crate::http::Cookie;
use crate::source::EventSource;

thread_local! {
    /// The rest of the script, the next byte last.
    static SCRIPT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

fn next() -> u8 {
    // An exhausted script does nothing: 255 is harmless at every place.
    SCRIPT.with_borrow_mut(|script| script.pop().unwrap_or(255))
}

/// Runs a script. The outcome is a payload of the right shape or a reported error, no panic comes out, and the next
/// event is answered, no matter what user code does.
pub fn hostile(data: &[u8]) {
    silence();
    SCRIPT.set(data.iter().rev().copied().take(256).collect());
    let source = [EventSource::FunctionUrl, EventSource::RestApi, EventSource::Alb, EventSource::HttpApiV2]
        [usize::from(next() % 4)];
    let mut worker = app().build().expect("the app builds").worker();
    let method = if next().is_multiple_of(8) { "HEAD" } else { "GET" };
    let path = ["/sync", "/async", "/inner/sync", "/inner/async", "/none", "/%"][usize::from(next() % 6)];
    let event = HttpRequest::new(method, path).event(source);
    QUIET.set(true);
    let mut sink = Pieces::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| call(&mut worker, &event, &mut sink)));
    QUIET.set(false);
    match outcome.unwrap_or_else(|_| panic!("a panic came out")) {
        // Dropped half-way: there is no outcome to check.
        None => {}
        Some(Err(error)) => assert!(!error.0.is_empty(), "{error:?}"),
        Some(Ok(None)) => check_prelude(sink.started.as_deref().expect("it was started")),
        Some(Ok(Some(payload))) => {
            assert!(sink.started.is_none(), "a response both streamed and whole");
            check_whole(source, &payload);
        }
    }
    SCRIPT.set(Vec::new());
    let event = HttpRequest::new("GET", "/plain").event(EventSource::FunctionUrl);
    let response = worker.call_blocking(&event, &LambdaContext::default()).expect("the next event is answered");
    let response = HttpResponse::from_payload(EventSource::FunctionUrl, response).expect("a response");
    assert_eq!((response.status, &response.body[..]), (200, &b"plain"[..]));
}

/// The panics that the script asks for are not printed.
fn silence() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
}

type Outcome = Result<Option<Vec<u8>>, (String, String)>;

/// Calls the worker, for a while; `None` if the call was dropped half-way.
fn call(worker: &mut Worker, event: &[u8], sink: &mut Pieces) -> Option<Outcome> {
    let lambda = LambdaContext::default();
    let patience = if next().is_multiple_of(16) { usize::from(next() % 4) } else { 10_000 };
    let mut call = pin!(worker.call_streaming(event, &lambda, sink));
    for _ in 0..=patience {
        if let Poll::Ready(outcome) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(match outcome {
                Ok(Answer::Whole(payload)) => Ok(Some(payload.to_vec())),
                Ok(Answer::Streamed) => Ok(None),
                Err(error) => Err((error.error_type().to_owned(), error.message().to_owned())),
            });
        }
    }
    assert!(patience < 10_000, "the call does not end");
    None
}

#[derive(Default)]
struct Pieces {
    started: Option<Vec<u8>>,
    pieces: usize,
}

impl ResponseSink for Pieces {
    fn start(&mut self, prelude: &[u8], _: &[u8]) -> io::Result<()> {
        assert!(self.started.is_none(), "started twice");
        self.started = Some(prelude.to_vec());
        Ok(())
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        assert!(self.started.is_some() && !piece.is_empty());
        self.pieces += 1;
        if self.pieces == 9 { Err(io::Error::other("the client is gone")) } else { Ok(()) }
    }
}

fn check_prelude(prelude: &[u8]) {
    let prelude: Value = serde_json::from_slice(prelude).expect("the prelude is JSON");
    check_status(prelude["statusCode"].as_u64());
    check_fields(&prelude);
}

fn check_whole(source: EventSource, payload: &[u8]) {
    let response: Value = serde_json::from_slice(payload).expect("the response is JSON");
    check_status(response["statusCode"].as_u64());
    check_fields(&response);
    HttpResponse::from_payload(source, payload).expect("the gateway takes it");
}

fn check_status(status: Option<u64>) {
    assert!(status.is_some_and(|status| (100..1000).contains(&status)), "{status:?}");
}

fn check_fields(response: &Value) {
    let text = format!("{}{}{}", response["headers"], response["multiValueHeaders"], response["cookies"]);
    assert!(!text.contains("\\r") && !text.contains("\\n") && !text.contains("evil"), "{text}");
}

fn app() -> App {
    let switch = next();
    let on = |bit: u8| switch >> bit & 1 == 1;
    let inner = Router::new()
        .wrap(wrap)
        .on_error(|error: &io::Error, req: Request<'_>| on_error(error, req))
        .get("/sync", sync)
        .route(Route::get("/async", handler).wrap(wrap).after(act).compress(on(7)));
    let mut app = App::new()
        .wrap(wrap)
        .after(act)
        .before(|req| {
            act(req);
            if next().is_multiple_of(16) {
                return std::ops::ControlFlow::Break(req.reply("no further"));
            }
            std::ops::ControlFlow::Continue(())
        })
        .streaming(on(0))
        .internal_server_errors(on(1))
        .ascii_json(on(2))
        .automatic_head(on(3))
        .debug(false)
        .on_error(|error: &Odd, req: Request<'_>| on_error(error, req))
        .get("/sync", sync)
        .get("/async", handler)
        .get("/plain", |_: Request<'_>| "plain")
        .include("/inner", inner);
    if on(4) {
        app = app.on_any_error(on_error);
    }
    if on(5) {
        app = app.not_found(|req| {
            act(req);
            outcome(req)
        });
    }
    if on(6) {
        app = app.serializer(|value, out| {
            act_alone();
            serde_json::to_writer(out, value).map_err(Into::into)
        });
    }
    app
}

fn sync(req: Request<'_>) -> Result<Reply, Error> {
    act(req);
    act(req);
    outcome(req)
}

async fn handler(req: Request<'_>) -> Result<Reply, Error> {
    let _bomb = Bomb::maybe();
    act(req);
    rest().await;
    act(req);
    outcome(req)
}

async fn wrap<'r>(req: Request<'r>, next_layer: Next<'r>) -> Result<Reply, Error> {
    let _bomb = Bomb::maybe();
    act(req);
    let result = match next() % 8 {
        0 => outcome(req),
        1 => {
            let _ = next_layer.run(req).await;
            next_layer.run(req).await
        }
        2 => {
            let mut running = next_layer.run(req);
            let _ = Pin::new(&mut running).poll(&mut Context::from_waker(Waker::noop()));
            std::mem::forget(running);
            outcome(req)
        }
        3 => {
            let mut running = next_layer.run(req);
            let _ = Pin::new(&mut running).poll(&mut Context::from_waker(Waker::noop()));
            drop(running);
            next_layer.run(req).await
        }
        4 => {
            let first = next_layer.run(req).await;
            let _ = next_layer.run(req).await;
            first
        }
        _ => next_layer.run(req).await,
    };
    let _ = (req.response().status(), req.error().map(|error| error.downcast_ref::<Odd>().is_some()));
    act(req);
    result
}

fn on_error(error: &(dyn std::error::Error + 'static), req: Request<'_>) -> Result<Reply, Error> {
    if next().is_multiple_of(4) {
        let _ = error.to_string();
    }
    act(req);
    outcome(req)
}

fn outcome(req: Request<'_>) -> Result<Reply, Error> {
    match next() % 12 {
        0 => Err(HttpError::not_found().into()),
        1 => Err(HttpError::bad_request("evil\r\nno").into()),
        2 => Err(Odd(Bomb::maybe(), next()).into()),
        11 => Err(io::Error::other("evil").into()),
        4 => Ok(req.reply(Json(Nested(req)))),
        5 => Ok(req.reply((u16::from(next()) * 4, "status"))),
        6 => Ok(req.reply(Response::new(stream()).status(u16::from(next()) * 4))),
        7 => Ok(req.reply(vec![0xff, next()])),
        8 => panic!("outcome"),
        9 => Ok(req.reply((204, stream()))),
        10 => Ok(req.reply(Response::new("x").header("X-A", "b\r\nevil: c"))),
        _ => Ok(req.reply("fine")),
    }
}

/// Carries out the script on a request.
fn act(req: Request<'_>) {
    match next() % 24 {
        0 => panic!("act"),
        1 => panic_any(Bomb),
        2 => req.response().set_header("X-Set", "fine"),
        3 => req.response().set_header("X-Set", "a\r\nevil: b"),
        4 => req.response().append_header("evil name", "b"),
        5 => req.response().add_cookie(&Cookie::new("a", "b;evil")),
        6 => req.response().add_cookie(&Cookie::new("a", "b")),
        7 => req.response().set_status(u16::from(next()) * 8),
        8 => _ = req.reply("early"),
        9 => Json(Nested(req)).respond(req),
        10 => stream().respond(req),
        11 => req.set_extension(Bomb),
        12 => _ = catch_unwind(AssertUnwindSafe(|| act(req))),
        13 => _ = catch_unwind(AssertUnwindSafe(|| req.reply(Json(Nested(req))))),
        14 => Err::<(), _>(Error::from(Odd(Bomb::maybe(), next()))).respond(req),
        15 => _ = req.body_json::<Value>(),
        16 => req.response().set_header("Content-Type", "text/html"),
        _ => {}
    }
}

/// The same without a request.
fn act_alone() {
    match next() % 8 {
        0 => panic!("alone"),
        1 => panic_any(Bomb),
        2 => drop(Bomb::maybe()),
        _ => {}
    }
}

fn stream() -> impl IntoResponse {
    let captured = Bomb::maybe();
    Stream::new(async move |mut sink: Sink<'_>| {
        let _captured = &captured;
        for _ in 0..next() % 6 {
            act(sink.request());
            sink.write(&[b'p'; 3][..usize::from(next() % 4)]).await;
        }
        act(sink.request());
        match next() % 8 {
            0 => Err(Odd(Bomb::maybe(), next()).into()),
            1 => Err(HttpError::not_found().into()),
            _ => Ok(()),
        }
    })
}

/// A value that runs the script while it is written.
struct Nested<'r>(Request<'r>);

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        act(self.0);
        if next().is_multiple_of(8) {
            return Err(S::Error::custom("evil"));
        }
        serializer.serialize_str("nested \u{e9}")
    }
}

/// Panics when it is dropped.
#[derive(Debug)]
struct Bomb;

impl Bomb {
    fn maybe() -> Option<Self> {
        next().is_multiple_of(8).then(|| Self)
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        // A second panic while one unwinds would abort, whatever this crate does.
        if !std::thread::panicking() {
            panic_any("bomb");
        }
    }
}

/// An error whose message or destructor may panic.
#[derive(Debug)]
struct Odd(#[allow(dead_code)] Option<Bomb>, u8);

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 % 4 {
            0 => panic!("display"),
            1 => Err(fmt::Error),
            _ => f.write_str("odd"),
        }
    }
}

impl std::error::Error for Odd {}

async fn rest() {
    let mut rests = next() % 3;
    poll_fn(|context| {
        if rests == 0 {
            return Poll::Ready(());
        }
        rests -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
