//! The verdict on broken payloads equals that of `serde_json` for every mutation of an event, without a panic.
//!
//! `GATEWIRE_CASES` is the number of mutations of each sample.

use gatewire::{App, Request, context::LambdaContext, engine::Worker, error::InvocationError};

const SAMPLES: &[(&str, &str)] = &[
    ("rest", include_str!("events/rest.json")),
    ("rest_browser", include_str!("events/rest_browser.json")),
    ("rest_post", include_str!("events/rest_post.json")),
    ("rest_10k", include_str!("events/rest_10k.json")),
    ("http_v1", include_str!("events/http_v1.json")),
    ("http", include_str!("events/http.json")),
    ("http_lambda_authorizer", include_str!("events/http_lambda_authorizer.json")),
    ("http_iam", include_str!("events/http_iam.json")),
    ("alb", include_str!("events/alb.json")),
    ("alb_multi", include_str!("events/alb_multi.json")),
    ("url", include_str!("events/url.json")),
    ("url_base64", include_str!("events/url_base64.json")),
    ("lattice", include_str!("events/lattice.json")),
    ("lattice_v2", include_str!("events/lattice_v2.json")),
];

fn cases(default: u64) -> u64 {
    std::env::var("GATEWIRE_CASES").ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

/// Answers every request after reading everything that it has.
fn worker() -> Worker {
    let app = App::new().on(["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path...}", |req: Request| {
        let headers = req.headers().count() + req.query_pairs().count() + req.cookies().count();
        let _ = (req.body(), req.body_text(), req.body_json::<serde_json::Value>(), req.source_ip());
        let _ = (req.context().authorizer().claims().iter().count(), req.context().client_certificate());
        req.reply(headers.to_string())
    });
    app.build().unwrap().worker()
}

/// Returns whether the engine accepted the payload as JSON, even if it is not an event.
fn is_json(result: Result<&[u8], InvocationError>) -> bool {
    match result {
        Ok(response) => {
            serde_json::from_slice::<serde_json::Value>(response).expect("the response is JSON");
            true
        }
        Err(error) => {
            assert_ne!(error.error_type(), "Panic", "{error}");
            error.error_type() != "Gatewire.MalformedPayload"
        }
    }
}

/// Compares the verdict on a payload with that of `serde_json`. An array or a scalar is JSON, but not an event.
fn check(worker: &mut Worker, payload: &[u8]) {
    let wanted = serde_json::from_slice::<serde_json::Value>(payload);
    let got = is_json(worker.call_blocking(payload, &LambdaContext::default()));
    let wanted = wanted.is_ok_and(|value| value.is_object());
    assert_eq!(got, wanted, "{}", String::from_utf8_lossy(payload));
}

/// SplitMix64: small, seeded, and random enough to choose places.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Pieces of JSON, and bytes that JSON must not contain.
const ALPHABET: &[u8] = b"\"\\{}[]:,0123456789-+.eEntrufalsbdhx/ \t\n\r\0\x01\x1f\x7f\x80\xc3\xa9\xed\xa0\xff";

fn mutate(random: &mut Random, payload: &mut Vec<u8>) {
    for _ in 0..1 + random.below(3) {
        let at = random.below(payload.len());
        let byte = ALPHABET[random.below(ALPHABET.len())];
        match random.below(6) {
            0 => payload[at] = byte,
            1 => payload.insert(at, byte),
            2 => {
                payload.remove(at);
            }
            3 => payload[at] ^= 1 << random.below(8),
            4 => {
                let end = (at + 1 + random.below(40)).min(payload.len());
                let slice = payload[at..end].to_vec();
                let to = random.below(payload.len());
                payload.splice(to..to, slice);
            }
            _ => {
                let end = (at + 1 + random.below(40)).min(payload.len());
                payload.drain(at..end);
            }
        }
        if payload.is_empty() {
            payload.push(byte);
        }
    }
}

#[test]
fn the_samples_are_answered() {
    let mut worker = worker();
    for (name, sample) in SAMPLES {
        let response = worker.call_blocking(sample.as_bytes(), &LambdaContext::default());
        assert!(response.is_ok_and(|response| response.starts_with(b"{\"statusCode\":200,")), "{name}");
        check(&mut worker, sample.as_bytes());
    }
}

#[test]
fn every_truncation_is_rejected() {
    let mut worker = worker();
    for (name, sample) in SAMPLES {
        for length in 0..sample.len() {
            let error = worker.call_blocking(&sample.as_bytes()[..length], &LambdaContext::default()).unwrap_err();
            assert_eq!(error.error_type(), "Gatewire.MalformedPayload", "{name} up to {length}: {error}");
        }
        let after = worker.call_blocking(sample.as_bytes(), &LambdaContext::default());
        assert!(after.is_ok(), "the next event is answered");
    }
}

#[test]
fn mutations_get_the_verdict_of_serde_json() {
    let mut worker = worker();
    let number = cases(if cfg!(debug_assertions) { 300 } else { 5_000 });
    for (index, (_, sample)) in SAMPLES.iter().enumerate() {
        for case in 0..number {
            let mut payload = sample.as_bytes().to_vec();
            mutate(&mut Random(case << 8 | index as u64), &mut payload);
            check(&mut worker, &payload);
        }
    }
}

#[test]
fn errors_say_what_and_where() {
    let mut worker = worker();
    for (payload, error_type, message) in [
        (&b"{\"a\":01}"[..], "Gatewire.MalformedPayload", "byte 6"),
        (b"[]", "Gatewire.MalformedPayload", "not a proxy event"),
        (b"{}", "Gatewire.UnknownEvent", "not a proxy event"),
        (br#"{"httpMethod":7}"#, "Gatewire.UnknownEvent", "httpMethod of the event, at byte 14, is not a string"),
        (br#"{"requestContext":{"http":{}},"rawPath":"/"}"#, "Gatewire.UnknownEvent", "no method"),
    ] {
        let error = worker.call_blocking(payload, &LambdaContext::default()).unwrap_err();
        assert_eq!(error.error_type(), error_type, "{error}");
        assert!(error.message().contains(message), "{error}");
    }
}
