//! Any value that a handler returns becomes a response of the shape that the source expects, or an error.

use std::sync::Mutex;

use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::{
    App, Cookie, EventSource, Html, IntoResponse, Json, Request, Response, Route, context::LambdaContext,
    engine::Worker,
};
use proptest::prelude::*;
use serde_json::Value;

/// A value that a handler returns.
#[derive(Clone, Debug)]
struct Answer {
    body: Body,
    status: Option<u16>,
    headers: Vec<(String, String, bool)>,
    cookies: Vec<(String, String)>,
    compress: bool,
}

#[derive(Clone, Debug)]
enum Body {
    Nothing,
    Text(String),
    Html(String),
    Bytes(Vec<u8>),
    Json(Value),
}

impl IntoResponse for Answer {
    fn respond(self, req: Request<'_>) {
        match self.body.clone() {
            Body::Nothing => self.around(()).respond(req),
            Body::Text(text) => self.around(text).respond(req),
            Body::Html(text) => self.around(Html(text)).respond(req),
            Body::Bytes(bytes) => self.around(bytes).respond(req),
            Body::Json(value) => self.around(Json(value)).respond(req),
        }
    }
}

impl Answer {
    fn around<B>(self, body: B) -> Response<'static, B> {
        let mut response = Response::new(body).compress(self.compress);
        if let Some(status) = self.status {
            response = response.status(status);
        }
        for (name, value, append) in self.headers {
            response = if append { response.append_header(name, value) } else { response.header(name, value) };
        }
        self.cookies.into_iter().fold(response, |response, (name, value)| response.cookie(Cookie::new(name, value)))
    }

    /// Returns whether it is a valid response: names are tokens, and nothing holds a control character.
    fn is_fine(&self) -> bool {
        let token = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
        };
        let clean = |text: &str| text.chars().all(|c| c == '\t' || !c.is_ascii_control());
        self.status.is_none_or(|status| (200..600).contains(&status))
            && self.headers.iter().all(|(name, value, _)| token(name) && clean(value))
            && self.cookies.iter().all(|(name, value)| token(name) && clean(value) && !value.contains(['\t', ';']))
    }

    /// The bytes that the client gets.
    fn bytes(&self) -> Vec<u8> {
        if self.status.is_some_and(|status| matches!(status, 204 | 304)) {
            return Vec::new();
        }
        match &self.body {
            Body::Nothing => Vec::new(),
            Body::Text(text) | Body::Html(text) => text.clone().into_bytes(),
            Body::Bytes(bytes) => bytes.clone(),
            Body::Json(value) => value.to_string().into_bytes(),
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,20}",
        any::<String>(),
        proptest::collection::vec(prop_oneof![Just('"'), Just('\\'), Just('\n'), Just('\0'), any::<char>()], 0..40)
            .prop_map(|chars| chars.into_iter().collect()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..5).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn answer() -> impl Strategy<Value = Answer> {
    let body = prop_oneof![
        Just(Body::Nothing),
        text().prop_map(Body::Text),
        text().prop_map(Body::Html),
        proptest::collection::vec(any::<u8>(), 0..100).prop_map(Body::Bytes),
        value().prop_map(Body::Json),
    ];
    let name = prop_oneof![9 => "[A-Za-z][A-Za-z-]{0,8}", 2 => Just("Content-Type".to_owned()), 1 => text()];
    let value = || prop_oneof![9 => "[ -~\u{e9}]{0,12}", 1 => text()];
    let status = prop_oneof![3 => Just(None), 6 => (200u16..600).prop_map(Some), 1 => any::<u16>().prop_map(Some)];
    let headers = proptest::collection::vec((name, value(), any::<bool>()), 0..6);
    let cookies = proptest::collection::vec(("[a-z]{1,5}", prop_oneof![9 => "[ -:<-~]{0,12}", 1 => text()]), 0..3);
    (body, status, headers, cookies, any::<bool>()).prop_map(|(body, status, headers, cookies, compress)| Answer {
        body,
        status,
        headers,
        cookies,
        compress,
    })
}

static NEXT: Mutex<Option<Answer>> = Mutex::new(None);

fn worker() -> Worker {
    let handler = |_: Request| NEXT.lock().unwrap().clone().expect("it was set");
    App::new().route(Route::get("/", handler)).build().unwrap().worker()
}

/// The keys that a response has, in any order.
fn shape(source: EventSource, multi_value: bool) -> &'static [&'static str] {
    match source {
        EventSource::RestApi | EventSource::HttpApiV1 => {
            &["body", "isBase64Encoded", "multiValueHeaders", "statusCode"]
        }
        EventSource::Alb if multi_value => &["body", "isBase64Encoded", "multiValueHeaders", "statusCode"],
        EventSource::Alb => &["body", "headers", "isBase64Encoded", "statusCode"],
        _ => &["body", "cookies", "headers", "isBase64Encoded", "statusCode"],
    }
}

const SOURCES: [(EventSource, bool); 6] = [
    (EventSource::RestApi, false),
    (EventSource::HttpApiV1, false),
    (EventSource::HttpApiV2, false),
    (EventSource::Alb, false),
    (EventSource::Alb, true),
    (EventSource::FunctionUrl, false),
];

fn check(worker: &mut Worker, answer: &Answer) -> Result<(), TestCaseError> {
    *NEXT.lock().unwrap() = Some(answer.clone());
    for (source, multi_value) in SOURCES {
        let request = HttpRequest::new("GET", "/").header("Accept-Encoding", "gzip").multi_value(multi_value);
        let payload = match worker.call_blocking(&request.event(source), &LambdaContext::default()) {
            Ok(payload) => payload,
            Err(error) => {
                prop_assert!(!answer.is_fine(), "{error}");
                prop_assert_ne!(error.error_type(), "Panic");
                continue;
            }
        };
        prop_assert!(answer.is_fine(), "{}", String::from_utf8_lossy(payload));
        let response: Value = serde_json::from_slice(payload).expect("JSON");
        let mut keys: Vec<_> = response.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.sort_unstable();
        prop_assert_eq!(keys, shape(source, multi_value));
        let http = HttpResponse::from_payload(source, payload).expect("the gateway takes it");
        prop_assert_eq!(http.status, answer.status.unwrap_or(200));
        if http.header("content-encoding") == Some("gzip")
            && !answer.headers.iter().any(|(name, ..)| name.eq_ignore_ascii_case("content-encoding"))
        {
            let mut plain = vec![0; 1 << 16];
            let length = libdeflater::Decompressor::new().gzip_decompress(&http.body, &mut plain).expect("gzip");
            prop_assert_eq!(&plain[..length], answer.bytes());
        } else if !(source == EventSource::Alb && http.body.is_empty() && answer.bytes() == b"null") {
            prop_assert_eq!(&http.body, &answer.bytes());
        }
    }
    Ok(())
}

#[test]
fn every_return_value_becomes_a_response_or_an_error() {
    let cases = std::env::var("GATEWIRE_CASES").ok().and_then(|number| number.parse().ok()).unwrap_or(500);
    let mut worker = worker();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let worker = std::cell::RefCell::new(&mut worker);
    runner.run(&answer(), |answer| check(&mut worker.borrow_mut(), &answer)).unwrap_or_else(|error| panic!("{error}"));
}
