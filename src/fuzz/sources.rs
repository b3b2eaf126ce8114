//! Sends a request through every gateway, and a response back: both must arrive unchanged.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use arbitrary::{Result, Unstructured};
use serde_json::{Value, json};

use crate::app::{App, Route};
use crate::engine::Engine;
use crate::gateway::{HttpRequest, HttpResponse};
use crate::handler::{Html, IntoResponse, Json, LambdaContext, Request, Response};
use crate::http::Cookie;
use crate::source::EventSource;
use crate::testing;

/// A string of characters that are likely to cause faults.
fn text(u: &mut Unstructured<'_>, most: usize) -> Result<String> {
    let odd = [
        '"',
        '\\',
        '/',
        '%',
        '+',
        '&',
        '=',
        ';',
        ' ',
        '\n',
        '\0',
        '\u{7f}',
        '\u{e9}',
        '\u{2028}',
        '\u{1f600}',
        '?',
        '#',
        '.',
        ',',
    ];
    let mut out = String::new();
    for _ in 0..u.int_in_range(0..=most)? {
        out.push(if u.arbitrary()? { *u.choose(&odd)? } else { char::from(u.int_in_range(b'a'..=b'z')?) });
    }
    Ok(out)
}

/// A string that is valid as the value of a header: no control characters, and no blanks around it.
fn field(u: &mut Unstructured<'_>) -> Result<String> {
    let text = text(u, 12)?;
    Ok(text.replace(|character: char| character.is_ascii_control(), "x").trim().to_owned())
}

/// Escapes the characters that must be escaped, and those of the others that the fuzzer chooses.
fn written(u: &mut Unstructured<'_>, text: &str) -> Result<String> {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() && !u.ratio(1_u8, 5_u8)? {
            out.push(byte.into());
        } else {
            out += &if u.arbitrary()? { format!("%{byte:02x}") } else { format!("%{byte:02X}") };
        }
    }
    Ok(out)
}

pub(super) struct Sent {
    pub(super) request: HttpRequest,
    pub(super) expected: Value,
}

pub(super) fn sent(u: &mut Unstructured<'_>) -> Result<Sent> {
    let method = *u.choose(&["GET", "POST", "PUT", "PATCH", "DELETE"])?;
    let (mut path, mut target) = (String::new(), String::new());
    for _ in 0..u.int_in_range(1..=4)? {
        // An HTTP API does not distinguish escaped slashes from separators, and cuts the path at a question mark.
        let segment = text(u, 6)?.replace(['/', '?'], "-");
        path += &format!("/{segment}");
        target += &format!("/{}", written(u, &segment)?);
    }
    // Some gateways keep only the last of repeated names. The names are numbered, so none is repeated.
    let (mut query, mut pairs) = (BTreeMap::new(), Vec::new());
    for index in 0..u.int_in_range(0..=4)? {
        let (name, value) = (format!("{index}{}", text(u, 4)?), text(u, 6)?);
        pairs.push(format!("{}={}", written(u, &name)?, written(u, &value)?));
        query.insert(name, value);
    }
    let mut request = HttpRequest::new(method, &format!("{target}?{}", pairs.join("&")));
    let mut headers = BTreeMap::new();
    for index in 0..u.int_in_range(0..=4)? {
        let (name, value) = (format!("X-Field-{index}"), field(u)?);
        request = request.header(&name, &value);
        headers.insert(name.to_ascii_lowercase(), value);
    }
    let mut cookies = Vec::new();
    for index in 0..u.int_in_range(0..=3)? {
        cookies.push((format!("c{index}"), field(u)?.replace([';', ' '], "-")));
    }
    if !cookies.is_empty() {
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request = request.header("Cookie", pairs.join("; "));
    }
    if u.arbitrary()? {
        request = request.header("Content-Type", *u.choose(&["application/json", "text/plain", "image/png"])?);
    }
    if u.arbitrary()? {
        request = request.stage("dev");
    }
    let body = if u.arbitrary()? { text(u, 40)?.into_bytes() } else { u.bytes(u.len().min(40))?.to_vec() };
    let expected =
        json!({"method": method, "path": path, "query": query, "headers": headers, "cookies": cookies, "body": body});
    Ok(Sent { request: request.body(body), expected })
}

fn read(req: Request<'_>) -> Json<Value> {
    let fields = req.headers().map(|(name, value)| (name.to_ascii_lowercase(), value));
    Json(json!({
        "method": req.method(),
        "path": req.path(),
        "query": req.query_pairs().collect::<BTreeMap<_, _>>(),
        "headers": fields.filter(|(name, _)| name.starts_with("x-field-")).collect::<BTreeMap<_, _>>(),
        "cookies": req.cookies().collect::<Vec<_>>(),
        "body": req.body().expect("gateways send valid base64"),
    }))
}

/// The event forms for an input: two of the sixteen, chosen by the bytes of the input. With all of them a run takes eight
/// times as long, and the fuzzer learns little more from it.
pub(super) fn forms(data: &[u8]) -> impl Iterator<Item = (EventSource, bool)> {
    let all = testing::sources().flat_map(|source| [(source, false), (source, true)]).collect::<Vec<_>>();
    let spread = data.iter().fold(0x811c_9dc5_u32, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let first = (spread >> 16) as usize % all.len();
    [first, (first + all.len() / 2) % all.len()].into_iter().map(move |index| all[index])
}

/// A random request must arrive through each gateway as it was sent.
pub fn sources(data: &[u8]) {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
        App::new().on(methods, "/", read).on(methods, "/{path...}", read).build().expect("the app builds")
    });
    let Ok(Sent { request, expected }) = sent(&mut Unstructured::new(data)) else { return };
    let mut worker = engine.worker();
    for (source, multi_value) in forms(data) {
        let event = request.clone().multi_value(multi_value).event(source);
        assert!(serde_json::from_slice::<Value>(&event).is_ok(), "the event is JSON");
        let payload = worker.call_blocking(&event, &LambdaContext::default()).unwrap_or_else(|error| panic!("{error}"));
        let response = HttpResponse::from_payload(source, payload).expect("the gateway takes it");
        let seen: Value = serde_json::from_slice(&response.body).expect("the handler answers with JSON");
        assert_eq!(seen, expected, "{source:?} {multi_value} {request:?}");
    }
}

// ---- responses

#[derive(Clone, Debug)]
enum Body {
    Nothing,
    Text(String),
    Html(String),
    Bytes(Vec<u8>),
    Json(Value),
}

#[derive(Clone, Debug)]
struct Answer {
    body: Body,
    status: u16,
    headers: Vec<(String, String)>,
    cookies: Vec<(String, String)>,
}

fn json_value(u: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    Ok(match u.int_in_range(0..=if depth == 0 { 4 } else { 6 })? {
        0 => Value::Null,
        1 => u.arbitrary::<bool>()?.into(),
        2 => u.arbitrary::<i64>()?.into(),
        3 => u.arbitrary::<f64>()?.into(),
        4 => text(u, 20)?.into(),
        5 => (0..u.int_in_range(0..=4)?).map(|_| json_value(u, depth - 1)).collect::<Result<Vec<_>>>()?.into(),
        _ => {
            let mut map = serde_json::Map::new();
            for _ in 0..u.int_in_range(0..=4)? {
                map.insert(text(u, 6)?, json_value(u, depth - 1)?);
            }
            map.into()
        }
    })
}

fn answer(u: &mut Unstructured<'_>) -> Result<Answer> {
    let body = match u.int_in_range(0..=5)? {
        0 => Body::Nothing,
        1 => Body::Text(text(u, 80)?),
        2 => Body::Html(text(u, 80)?),
        3 => Body::Bytes(u.bytes(u.len().min(80))?.to_vec()),
        _ => Body::Json(json_value(u, 4)?),
    };
    let status = *u.choose(&[200, 201, 204, 302, 304, 404, 418, 500, 599])?;
    let mut fields = |least, most| -> Result<Vec<(String, String)>> {
        let count = u.int_in_range(least..=most)?;
        (0..count).map(|index| Ok((format!("X-{index}{}", text(u, 2)?), text(u, 10)?))).collect()
    };
    Ok(Answer { body, status, headers: fields(0, 4)?, cookies: fields(0, 2)? })
}

impl Answer {
    /// Returns whether it is valid, without the code of the crate.
    fn is_fine(&self) -> bool {
        let token = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c));
        let clean = |value: &str| !value.chars().any(|c| c.is_ascii_control() && c != '\t');
        self.headers.iter().all(|(name, value)| token(name) && clean(value))
            && self.cookies.iter().all(|(name, value)| token(name) && clean(value) && !value.contains([';', '\t']))
    }

    fn bytes(&self) -> Vec<u8> {
        if matches!(self.status, 204 | 304) {
            return Vec::new();
        }
        match &self.body {
            Body::Nothing => Vec::new(),
            Body::Text(text) | Body::Html(text) => text.clone().into_bytes(),
            Body::Bytes(bytes) => bytes.clone(),
            Body::Json(value) => serde_json::to_vec(value).expect("a value is JSON"),
        }
    }

    fn respond_with(&self, req: Request<'_>, body: impl IntoResponse) {
        let mut response = Response::new(body).status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        self.cookies
            .iter()
            .fold(response, |response, (name, value)| response.cookie(Cookie::new(name, value)))
            .respond(req);
    }
}

impl IntoResponse for Answer {
    fn respond(self, req: Request<'_>) {
        match &self.body {
            Body::Nothing => self.respond_with(req, ()),
            Body::Text(text) => self.respond_with(req, text.clone()),
            Body::Html(text) => self.respond_with(req, Html(text.clone())),
            Body::Bytes(bytes) => self.respond_with(req, bytes.clone()),
            Body::Json(value) => self.respond_with(req, Json(value)),
        }
    }
}

thread_local! {
    static NEXT: RefCell<Option<Answer>> = const { RefCell::new(None) };
}

/// A random response must reach the client of each gateway byte by byte, or be refused.
pub fn respond(data: &[u8]) {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        let next = |_: Request<'_>| NEXT.with_borrow(|next| next.clone().expect("it was set"));
        App::new().route(Route::get("/", next)).build().expect("the app builds")
    });
    let Ok(answer) = answer(&mut Unstructured::new(data)) else { return };
    NEXT.set(Some(answer.clone()));
    let mut worker = engine.worker();
    for (source, multi_value) in forms(data) {
        let event = HttpRequest::new("GET", "/").multi_value(multi_value).event(source);
        match worker.call_blocking(&event, &LambdaContext::default()) {
            Ok(payload) => {
                assert!(answer.is_fine(), "{answer:?} left");
                compare(&answer, source, payload);
            }
            Err(error) => {
                assert!(!answer.is_fine(), "{error}: {answer:?}");
                assert!(["HeaderError", "CookieError"].contains(&error.error_type()), "{error}");
            }
        }
    }
}

fn compare(answer: &Answer, source: EventSource, payload: &[u8]) {
    assert!(serde_json::from_slice::<Value>(payload).is_ok(), "the response is JSON");
    let http = HttpResponse::from_payload(source, payload).expect("the gateway takes it");
    assert_eq!(http.status, answer.status);
    // A load balancer takes the body `null` for no body.
    assert!(
        http.body == answer.bytes() || source == EventSource::Alb && answer.bytes() == b"null",
        "{source:?} {answer:?}"
    );
    for (name, value) in &answer.headers {
        // The last value of a name counts: names may differ only in case.
        let last = answer.headers.iter().rfind(|(other, _)| other.eq_ignore_ascii_case(name));
        assert!(last.is_some_and(|(_, last)| last != value || http.header(name) == Some(value)), "{source:?} {name}");
    }
    // No gateway loses a cookie.
    let cookies: Vec<_> = http.header_all("set-cookie").collect();
    let wanted: Vec<_> = answer.cookies.iter().map(|(name, value)| format!("{name}={value}; Secure")).collect();
    assert_eq!(cookies, wanted, "{source:?}");
}
