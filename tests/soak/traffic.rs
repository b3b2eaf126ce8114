//! Numbered invocations of every kind: each response holds the number of its invocation, so that one that belongs to
//! another invocation, or to none, is noticed.

use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::{App, Cookie, EventSource, HttpError, Json, Request, Response, StatusCode, app::Compression};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The length of a body that becomes 6 MB of base64.
const LARGE_BODY: usize = 6 * 1024 * 1024 * 3 / 4;
/// The placeholder in the events for the number of the invocation.
const PLACE: &str = "9876543210";

/// A seeded generator, so that a failed run can be repeated.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as usize % limit
    }
}

pub(crate) fn digits(number: usize) -> String {
    format!("{number:010}")
}

#[derive(Deserialize, Serialize)]
struct Todo<'r> {
    title: &'r str,
    number: &'r str,
    done: bool,
}

fn echo(req: Request<'_>) -> Response<'_, Json<serde_json::Value>> {
    let number = req.param("number");
    let seen =
        json!([number, req.query("page"), req.header("x-number"), req.cookie("number"), req.lambda().request_id]);
    Response::new(Json(seen)).header("X-Number", number).cookie(Cookie::new("seen", number))
}

async fn later(req: Request<'_>) -> Json<(&str, &str)> {
    let mut pending = true;
    std::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::take(&mut pending) { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    Json((req.param("number"), req.lambda().request_id))
}

fn todo(req: Request<'_>) -> Result<Json<Todo<'_>>, gatewire::Error> {
    let Todo { title, number, .. } = req.body_json()?;
    Ok(Json(Todo { title, number, done: true }))
}

fn long_text(number: &str) -> String {
    format!("{number} of many, and then some more; ").repeat(150)
}

fn bytes(number: &str) -> Vec<u8> {
    number.bytes().cycle().zip(0_u8..=255).map(|(digit, at)| digit ^ at).collect()
}

fn digest(req: Request<'_>) -> Result<String, gatewire::Error> {
    let body = req.body()?;
    let sum: u64 = body.iter().map(|&byte| u64::from(byte)).sum();
    Ok(format!("{} {} {sum}", req.param("number"), body.len()))
}

pub(crate) fn app() -> App {
    App::new()
        .compression(Compression::new().threshold(1000))
        .get("/echo/{number}", echo)
        .get("/later/{number}", later)
        .post("/todos/{number}", todo)
        .get("/text/{number}", |req: Request<'_>| Response::new(long_text(req.param("number"))).compress(true))
        .get("/bytes/{number}", |req: Request<'_>| bytes(req.param("number")))
        .post("/digest/{number}", digest)
        // No built-in class: the regex is compiled on first use.
        .get(if cfg!(feature = "regex") { "/code/{code:[a-z]{3}-\\d+}" } else { "/code/{code}" }, |req: Request<'_>| {
            req.reply(req.param("code"))
        })
        .get("/conflict/{number}", |req: Request<'_>| -> Result<&'static str, HttpError> {
            Err(HttpError::new(StatusCode::CONFLICT, format!("taken by {}", req.param("number"))))
        })
        .get("/fails/{number}", |req: Request<'_>| format!("x{}", req.param("number")).parse::<u64>().map(|_| "none"))
        .get("/panics/{number}", |req: Request<'_>| -> &str { panic!("out of luck: {}", req.param("number")) })
}

/// The expected outcome of an invocation.
pub(crate) enum Outcome {
    Answer(u16, Vec<u8>),
    /// The type of the error, and a part of its message.
    Failure(&'static str, String),
}

/// Invocations that differ only in their number.
pub(crate) struct Kind {
    source: EventSource,
    event: Vec<u8>,
    /// The places of the number in the event.
    places: Vec<usize>,
    outcome: fn(&str) -> Outcome,
}

impl Kind {
    fn new(request: &HttpRequest, source: EventSource, outcome: fn(&str) -> Outcome) -> Self {
        Self::of_event(request.event(source), source, outcome)
    }

    fn of_event(event: Vec<u8>, source: EventSource, outcome: fn(&str) -> Outcome) -> Self {
        let places = event.windows(PLACE.len()).enumerate().filter(|(_, window)| *window == PLACE.as_bytes());
        let places = places.map(|(at, _)| at).collect();
        Self { source, event, places, outcome }
    }

    /// Returns the event with this number.
    pub(crate) fn event(&mut self, number: usize) -> &[u8] {
        let digits = digits(number);
        for &at in &self.places {
            self.event[at..at + PLACE.len()].copy_from_slice(digits.as_bytes());
        }
        &self.event
    }

    /// Compares the response, or the type and message of the error, with the expected outcome.
    pub(crate) fn check(&self, number: usize, came: Result<&[u8], (&str, &str)>) {
        let number = digits(number);
        match ((self.outcome)(&number), came) {
            (Outcome::Answer(status, body), Ok(payload)) => {
                let response = HttpResponse::from_payload(self.source, payload).unwrap();
                let own = plain(&response);
                assert_eq!((response.status, own == body), (status, true), "{number}: {:?}", response.text());
                let header = response.header("x-number");
                assert!(header.is_none_or(|own| own == number), "{number}: {header:?}");
            }
            (Outcome::Failure(error_type, part), Err((own_type, message))) => {
                assert!(own_type == error_type && message.contains(&part), "{number}: {own_type}: {message}");
            }
            (_, came) => panic!("{number}: {:?}", came.map(String::from_utf8_lossy)),
        }
    }
}

/// Returns the body, decompressed if needed.
fn plain(response: &HttpResponse) -> Vec<u8> {
    if response.header("content-encoding").is_none() {
        return response.body.clone();
    }
    let mut text = vec![0; 64 * 1024];
    let length = libdeflater::Decompressor::new().gzip_decompress(&response.body, &mut text).unwrap();
    text.truncate(length);
    text
}

/// Every kind behind every gateway.
pub(crate) struct Kinds {
    all: Vec<Kind>,
    /// The index of the first large or noisy kind; the last of all is the largest.
    rare: usize,
}

impl Kinds {
    pub(crate) fn new() -> Self {
        let mut all: Vec<Kind> = gatewire::testing::sources().flat_map(common).collect();
        let rare = all.len();
        let post = |length| HttpRequest::new("POST", &format!("/digest/{PLACE}")).body(vec![0xff; length]);
        let panics = HttpRequest::new("GET", &format!("/panics/{PLACE}"));
        for source in gatewire::testing::sources() {
            all.push(Kind::new(&post(100_000), source, |n| {
                Outcome::Answer(200, format!("{n} 100000 25500000").into_bytes())
            }));
            all.push(Kind::new(&panics, source, |n| Outcome::Failure("Panic", format!("out of luck: {n}"))));
        }
        all.push(Kind::new(&post(LARGE_BODY), EventSource::HttpApiV2, |n| {
            Outcome::Answer(200, format!("{n} {LARGE_BODY} {}", LARGE_BODY * 0xff).into_bytes())
        }));
        assert!(all[all.len() - 1].event.len() > 6 * 1024 * 1024);
        Self { all, rare }
    }

    /// Chooses a kind other than the largest; one of 500 is rare.
    pub(crate) fn choose(&self, random: &mut Random) -> usize {
        match random.below(500) {
            0 => self.rare + random.below(self.largest() - self.rare),
            _ => random.below(self.rare),
        }
    }

    /// Returns the index of the request of 6 MB, which its handler reads and decodes.
    pub(crate) fn largest(&self) -> usize {
        self.all.len() - 1
    }

    pub(crate) fn get(&mut self, index: usize) -> &mut Kind {
        &mut self.all[index]
    }
}

fn common(source: EventSource) -> Vec<Kind> {
    let get = |path: &str| HttpRequest::new("GET", &format!("/{path}/{PLACE}"));
    let full = HttpRequest::new("GET", &format!("/echo/{PLACE}?page={PLACE}"));
    let full = full.header("X-Number", PLACE).header("Cookie", format!("a=b; number={PLACE}"));
    let json = format!(r#"{{"title":"milk & \u00e9ggs","number":"{PLACE}","done":false}}"#);
    let post =
        HttpRequest::new("POST", &format!("/todos/{PLACE}")).header("Content-Type", "application/json").body(json);
    let code = HttpRequest::new("GET", &format!("/code/abc-{PLACE}"));
    let binary: Vec<u8> = (0..=255).collect();
    let binary = HttpRequest::new("POST", &format!("/digest/{PLACE}")).body(binary);
    let mut truncated = full.event(source);
    truncated.pop();
    // The responses are written by hand here, so that the code under test does not produce its own expectations.
    vec![
        Kind::new(&full, source, |n| Outcome::Answer(200, format!(r#"["{n}","{n}","{n}","{n}","{n}"]"#).into_bytes())),
        Kind::new(&get("later"), source, |n| Outcome::Answer(200, format!(r#"["{n}","{n}"]"#).into_bytes())),
        Kind::new(&post, source, |n| {
            Outcome::Answer(200, format!(r#"{{"title":"milk & éggs","number":"{n}","done":true}}"#).into_bytes())
        }),
        Kind::new(&get("text").header("Accept-Encoding", "gzip"), source, |n| {
            Outcome::Answer(200, long_text(n).into_bytes())
        }),
        Kind::new(&get("text"), source, |n| Outcome::Answer(200, long_text(n).into_bytes())),
        Kind::new(&get("bytes"), source, |n| Outcome::Answer(200, bytes(n))),
        Kind::new(&binary, source, |n| Outcome::Answer(200, format!("{n} 256 32640").into_bytes())),
        Kind::new(&code, source, |n| Outcome::Answer(200, format!("abc-{n}").into_bytes())),
        Kind::new(&get("nowhere"), source, |_| {
            Outcome::Answer(404, br#"{"statusCode":404,"message":"Not found"}"#.to_vec())
        }),
        Kind::new(&get("conflict"), source, |n| {
            Outcome::Answer(409, format!(r#"{{"statusCode":409,"message":"taken by {n}"}}"#).into_bytes())
        }),
        Kind::new(&get("fails"), source, |_| Outcome::Failure("ParseIntError", "invalid digit".to_owned())),
        Kind::of_event(truncated, source, |_| Outcome::Failure("Gatewire.MalformedPayload", "JSON".to_owned())),
    ]
}
