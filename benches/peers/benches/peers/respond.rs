//! Writing a response alone: its body is a string of the response's JSON.

use std::hint::black_box;

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use criterion::Criterion;
use gatewire::internals::Encoder;
use gatewire_benches::bodies::{self, Item};
use gatewire_benches::borrowed::Response;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::{Case, GATEWIRE};

const SIZES: [(&str, usize); 3] = [("10 KB", 10 << 10), ("100 KB", 100 << 10), ("1 MB", 1 << 20)];

pub(crate) fn benches(criterion: &mut Criterion) {
    text(criterion, "tiny", r#"{"message":"hello universe"}"#);
    for (name, bytes) in SIZES {
        text(criterion, name, &bodies::json(bytes));
        values(criterion, name, bytes);
        binary(criterion, name, &bodies::noise(bytes));
    }
}

/// Writes responses to a `Vec` that is reused.
struct Kept<F> {
    out: Vec<u8>,
    write: F,
}

/// Body in, response out.
trait Respond<B: ?Sized> {
    fn respond(&mut self, body: &B) -> &[u8];
}

impl<B: ?Sized, F: FnMut(&mut Vec<u8>, &B)> Respond<B> for Kept<F> {
    fn respond(&mut self, body: &B) -> &[u8] {
        self.out.clear();
        (self.write)(&mut self.out, body);
        &self.out
    }
}

fn kept<B: ?Sized, F: FnMut(&mut Vec<u8>, &B)>(write: F) -> Kept<F> {
    Kept { out: Vec::new(), write }
}

impl Respond<str> for Encoder {
    fn respond(&mut self, body: &str) -> &[u8] {
        self.text(body)
    }
}

impl Respond<Vec<Item>> for Encoder {
    fn respond(&mut self, body: &Vec<Item>) -> &[u8] {
        self.json(body).expect("items are JSON")
    }
}

impl Respond<[u8]> for Encoder {
    fn respond(&mut self, body: &[u8]) -> &[u8] {
        self.bytes(body)
    }
}

/// Checks that the response carries the text, then measures.
fn measure<B: ?Sized>(case: &mut Case<'_>, name: &str, mut engine: impl Respond<B>, body: &B, text: &str) {
    let response: Value = serde_json::from_slice(engine.respond(body)).expect("a response is JSON");
    assert!(response["body"] == text, "{name}");
    case.engine(name, || {
        black_box(engine.respond(black_box(body)));
    });
}

/// The response that `aws_lambda_events` makes of a body; it owns the body.
fn typed(body: Body, encoded: bool) -> Vec<u8> {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = 200;
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.body = Some(body);
    response.is_base64_encoded = encoded;
    serde_json::to_vec(&response).expect("a response is JSON")
}

/// A body that is JSON already.
fn text(criterion: &mut Criterion, name: &str, body: &str) {
    let case = &mut Case::bytes(criterion, &format!("respond/JSON text, {name}"), body.len());
    measure(case, GATEWIRE, Encoder::default(), body, body);
    let serde = |out: &mut Vec<u8>, body: &str| serde_json::to_writer(out, &Response::json(body)).expect("JSON");
    measure(case, "serde_json, Vec kept", kept(serde), body, body);
    let sonic = |out: &mut Vec<u8>, body: &str| sonic_rs::to_writer(out, &Response::json(body)).expect("JSON");
    measure(case, "sonic-rs, Vec kept", kept(sonic), body, body);
    let events = |out: &mut Vec<u8>, body: &str| *out = typed(Body::Text(body.to_owned()), false);
    measure(case, "aws_lambda_events", kept(events), body, body);
}

/// A body that is a value, to be written as JSON first.
fn values(criterion: &mut Criterion, name: &str, bytes: usize) {
    let (items, text) = (bodies::items(bytes), &bodies::json(bytes));
    let case = &mut Case::bytes(criterion, &format!("respond/value, {name}"), text.len());
    measure(case, GATEWIRE, Encoder::default(), &items, text);
    let mut body = Vec::new();
    let serde = |out: &mut Vec<u8>, items: &Vec<Item>| {
        body.clear();
        serde_json::to_writer(&mut body, items).expect("items are JSON");
        let body = std::str::from_utf8(&body).expect("JSON is text");
        serde_json::to_writer(out, &Response::json(body)).expect("JSON");
    };
    measure(case, "serde_json, Vec kept", kept(serde), &items, text);
    let mut body = Vec::new();
    let sonic = |out: &mut Vec<u8>, items: &Vec<Item>| {
        body.clear();
        sonic_rs::to_writer(&mut body, items).expect("items are JSON");
        let body = std::str::from_utf8(&body).expect("JSON is text");
        sonic_rs::to_writer(out, &Response::json(body)).expect("JSON");
    };
    measure(case, "sonic-rs, Vec kept", kept(sonic), &items, text);
    let events = |out: &mut Vec<u8>, items: &Vec<Item>| {
        *out = typed(Body::Text(serde_json::to_string(items).expect("items are JSON")), false);
    };
    measure(case, "aws_lambda_events", kept(events), &items, text);
}

/// A body of bytes, which is sent as base64.
fn binary(criterion: &mut Criterion, name: &str, body: &[u8]) {
    let text = &STANDARD.encode(body);
    let case = &mut Case::bytes(criterion, &format!("respond/binary, {name}"), body.len());
    measure(case, GATEWIRE, Encoder::default(), body, text);
    let mut encoded = String::new();
    let serde = |out: &mut Vec<u8>, body: &[u8]| {
        encoded.clear();
        STANDARD.encode_string(body, &mut encoded);
        let response = Response { is_base64_encoded: true, ..Response::json(&encoded) };
        serde_json::to_writer(out, &response).expect("JSON");
    };
    measure(case, "serde_json + base64, kept", kept(serde), body, text);
    let events = |out: &mut Vec<u8>, body: &[u8]| *out = typed(Body::Binary(body.to_vec()), true);
    measure(case, "aws_lambda_events", kept(events), body, text);
}
