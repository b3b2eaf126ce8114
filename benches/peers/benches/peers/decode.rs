//! Decoding alone, with the whole payload validated.

use std::hint::black_box;

use criterion::Criterion;
use gatewire::internals::Decoder;
use gatewire_benches::borrowed::Event;
use gatewire_benches::json::{Borrowed, BorrowedSonic, SimdTape};
use gatewire_benches::{mix, samples};
use serde::de::IgnoredAny;

use crate::{Case, GATEWIRE};

pub(crate) fn benches(criterion: &mut Criterion) {
    let mix: Vec<Vec<u8>> = mix::events().into_iter().map(|event| event.payload.into_bytes()).collect();
    measure(&mut Case::elements(criterion, "decode/mix", mix.len()), &mix);
    let small = ["alb", "http", "rest", "rest_browser"].map(samples::sample);
    for sample in small.into_iter().chain(samples::large()) {
        let payload = sample.payload;
        measure(&mut Case::bytes(criterion, &format!("decode/{}", sample.name), payload.len()), &[payload]);
    }
}

fn measure(case: &mut Case<'_>, payloads: &[Vec<u8>]) {
    /// Reads every payload once and checks that this succeeds, then reads all of them over and over.
    fn all<T>(case: &mut Case<'_>, name: &str, payloads: &[Vec<u8>], mut read: impl FnMut(&[u8]) -> Option<T>) {
        assert!(payloads.iter().all(|payload| read(payload).is_some()), "{name}");
        case.engine(name, || {
            for payload in payloads {
                black_box(read(black_box(payload)));
            }
        });
    }
    let mut decoder = Decoder::default();
    all(case, GATEWIRE, payloads, |payload| decoder.decode(payload).ok());
    let mut tape = SimdTape::default();
    all(case, "simd-json tape, kept", payloads, |payload| Some(tape.parse(payload)).filter(|nodes| *nodes > 10));
    all(case, "serde_json IgnoredAny", payloads, |payload| serde_json::from_slice::<IgnoredAny>(payload).ok());
    all(case, "serde_json Value", payloads, |payload| serde_json::from_slice::<serde_json::Value>(payload).ok());
    // The types borrow from the payload, so their values are read here.
    all(case, "serde_json borrowed, raw", payloads, |payload| {
        let event: Event = serde_json::from_slice(payload).ok()?;
        Some(event.has_body())
    });
    all(case, "serde_json borrowed, fields", payloads, |payload| {
        let event: Borrowed = serde_json::from_slice(payload).ok()?;
        event.headers.map(|headers| headers.len())
    });
    all(case, "sonic-rs borrowed, fields", payloads, |payload| {
        let event: BorrowedSonic = sonic_rs::from_slice(payload).ok()?;
        event.headers.map(|headers| headers.len())
    });
}
