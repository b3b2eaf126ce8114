//! The whole path: payload in, response out.

use std::hint::black_box;

use criterion::Criterion;
use gatewire_benches::mix::{self, Sender};
use gatewire_benches::samples::{self, Format, Sample};
use gatewire_benches::{Handle, app, assert_answer, bodies, body_of, borrowed, events, gatewire, lambda_http};
use serde_json::Value;

use crate::{Case, GATEWIRE};

/// The router of "lambda_http + axum", without `lambda_http`.
const AXUM_ON_GATEWIRE: &str = "axum on gatewire";

pub(crate) fn benches(criterion: &mut Criterion) {
    mixed(criterion);
    busy(criterion);
    typed(criterion);
    read_bodies(criterion);
    for sample in samples::samples().into_iter().chain(samples::large()) {
        one(criterion, &sample);
    }
}

/// Checks the response, then measures.
fn measure(case: &mut Case<'_>, name: &str, mut engine: impl Handle, sample: &Sample) {
    assert_answer(engine.handle(&sample.payload), sample.id, &format!("{name}, {}", sample.name));
    case.engine(name, || {
        black_box(engine.handle(black_box(&sample.payload)));
    });
}

fn one(criterion: &mut Criterion, sample: &Sample) {
    let engine = app::engine().expect("the app builds");
    let mut case = Case::bytes(criterion, &format!("whole/{}", sample.name), sample.payload.len());
    measure(&mut case, GATEWIRE, gatewire(&engine), sample);
    if sample.lambda_http_reads() {
        measure(&mut case, "lambda_http + axum", lambda_http::axum(), sample);
        measure(&mut case, "lambda_http + match", lambda_http::matching(), sample);
    }
    measure(&mut case, AXUM_ON_GATEWIRE, lambda_http::axum_on_gatewire(), sample);
    measure(&mut case, "aws_lambda_events + matchit", events::matchit(sample.format), sample);
    measure(&mut case, "borrowed serde + matchit", borrowed::borrowed(), sample);
}

/// Measures all events once, in their order; the throughput has their number.
fn mixed(criterion: &mut Criterion) {
    let events = mix::events();
    let engine = app::engine().expect("the app builds");
    let mut case = Case::elements(criterion, "whole/mix", events.len());
    mixed_one(&mut case, GATEWIRE, &events, gatewire(&engine));
    mixed_one(&mut case, AXUM_ON_GATEWIRE, &events, lambda_http::axum_on_gatewire());
    mixed_one(&mut case, "lambda_http + axum", &events, lambda_http::axum());
    mixed_one(&mut case, "lambda_http + match", &events, lambda_http::matching());
    mixed_one(&mut case, "aws_lambda_events + matchit", &events, BySender::new());
    mixed_one(&mut case, "borrowed serde + matchit", &events, borrowed::borrowed());
}

fn mixed_one(case: &mut Case<'_>, name: &str, events: &[mix::Event], mut engine: impl HandleMixed) {
    for event in events {
        assert_answer(engine.handle_mixed(event), &event.id, &format!("{name}, {}", event.path));
    }
    case.engine(name, || {
        for event in events {
            black_box(engine.handle_mixed(black_box(event)));
        }
    });
}

/// Takes events of several senders.
trait HandleMixed {
    fn handle_mixed(&mut self, event: &mix::Event) -> &[u8];
}

impl<H: Handle> HandleMixed for H {
    fn handle_mixed(&mut self, event: &mix::Event) -> &[u8] {
        self.handle(event.payload.as_bytes())
    }
}

/// An engine for each sender, because a function has one gateway.
struct BySender([Box<dyn Handle>; 3]);

impl BySender {
    fn new() -> Self {
        Self([Format::V1, Format::V2, Format::Alb].map(|format| Box::new(events::matchit(format)) as Box<dyn Handle>))
    }
}

impl HandleMixed for BySender {
    fn handle_mixed(&mut self, event: &mix::Event) -> &[u8] {
        let sender = match event.sender {
            Sender::Rest => 0,
            Sender::Http => 1,
            Sender::Alb => 2,
        };
        self.0[sender].handle(event.payload.as_bytes())
    }
}

fn busy(criterion: &mut Criterion) {
    let sample = samples::sample("rest_browser");
    let engine = app::busy_engine().expect("the app builds");
    let mut case = Case::bytes(criterion, "whole/busy", sample.payload.len());
    let expected = body_of(gatewire(&engine).handle(&sample.payload), GATEWIRE);
    let mut measure = |name: &str, engine: &mut dyn Handle| {
        assert_eq!(body_of(engine.handle(&sample.payload), name), expected, "{name}");
        case.engine(name, || {
            black_box(engine.handle(black_box(&sample.payload)));
        });
    };
    measure(GATEWIRE, &mut gatewire(&engine));
    measure(AXUM_ON_GATEWIRE, &mut lambda_http::busy_axum_on_gatewire());
    measure("lambda_http + axum", &mut lambda_http::busy_axum());
    measure("borrowed serde + matchit", &mut borrowed::busy());
}

/// Handlers that read four values by typed arguments, and one that reads them by the accessors.
fn typed(criterion: &mut Criterion) {
    let sample = samples::sample("rest_browser");
    let [by_accessors, by_arguments] = [false, true].map(|typed| app::arguments_engine(typed).expect("the app builds"));
    let mut case = Case::bytes(criterion, "arguments/rest_browser", sample.payload.len());
    let expected = body_of(gatewire(&by_accessors).handle(&sample.payload), GATEWIRE);
    let mut measure = |name: &str, engine: &mut dyn Handle| {
        assert_eq!(body_of(engine.handle(&sample.payload), name), expected, "{name}");
        case.engine(name, || {
            black_box(engine.handle(black_box(&sample.payload)));
        });
    };
    measure(GATEWIRE, &mut gatewire(&by_arguments));
    measure("gatewire, by accessors", &mut gatewire(&by_accessors));
    measure(AXUM_ON_GATEWIRE, &mut lambda_http::typed_axum_on_gatewire());
    measure("lambda_http + axum", &mut lambda_http::typed_axum());
}

/// Bodies that the handler reads: `echo` sends the body back, `length` its length.
fn read_bodies(criterion: &mut Criterion) {
    for (size, bytes) in [("10KB", 10 << 10), ("1MB", 1 << 20)] {
        let body = bodies::json(bytes);
        let length = Value::from(body.len());
        let body = serde_json::from_str(&body).expect("items are JSON");
        for (work, method, expected) in [("echo", "PUT", body), ("length", "POST", length)] {
            let sample = samples::sent(method, bytes);
            let mut case = Case::bytes(criterion, &format!("bodies/{work}+{size}"), sample.payload.len());
            let mut measure = |name: &str, engine: &mut dyn Handle| {
                assert!(body_of(engine.handle(&sample.payload), name) == expected, "{name}, {work} of {size}");
                case.engine(name, || {
                    black_box(engine.handle(black_box(&sample.payload)));
                });
            };
            measure(GATEWIRE, &mut gatewire_benches::gatewire_bodies());
            measure(AXUM_ON_GATEWIRE, &mut lambda_http::bodies_axum_on_gatewire());
            measure("lambda_http + axum", &mut lambda_http::bodies_axum());
        }
    }
}
