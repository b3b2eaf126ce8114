//! Handles one event of `gatewire_benches::typed` with one engine: `typed ENGINE CASE N`, where the engine is `gatewire` or
//! `axum`, or for the case `file` `multipart` or `multer`, which read the body alone. valgrind counts the instructions and the allocations of N events; without arguments every engine handles every
//! event once, and the responses are compared.

use std::env;
use std::hint::black_box;

use gatewire_benches::{Handle, typed};

fn engine(name: &str) -> Box<dyn Handle> {
    match name {
        "gatewire" => Box::new(typed::gatewire()),
        "axum" => Box::new(typed::axum()),
        _ => panic!("no engine {name}"),
    }
}

/// The multipart readers alone: gatewire's, and multer with the whole body as one piece of a stream, its best case.
fn read_alone(name: &str, times: usize) {
    let body = typed::parts(100 << 10);
    let (mut forms, shared) = (gatewire::internals::Forms::default(), bytes::Bytes::from(body.clone()));
    for _ in 0..times {
        let size: usize = match name {
            "multipart" => {
                let parts = forms.multipart(black_box(&body), typed::BOUNDARY).expect("the form is well-formed");
                parts.map(|part| part.name.len() + part.bytes.len()).sum()
            }
            _ => typed::with_multer(black_box(&shared)),
        };
        assert_eq!(size, (100 << 10) + 13);
    }
}

fn main() {
    gatewire_benches::prepare_environment();
    // Cargo adds flags of its own.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [name, case, times] = &arguments[..] {
        if ["multipart", "multer"].contains(&&**name) {
            return read_alone(name, times.parse().expect("a number of forms"));
        }
        let (mut engine, event) = (engine(name), typed::event(case));
        for _ in 0..times.parse().expect("a number of events") {
            black_box(engine.handle(black_box(&event)));
        }
        return;
    }
    for (case, status) in typed::CASES {
        let event = typed::event(case);
        let answers = ["gatewire", "axum"].map(|name| {
            let mut engine = engine(name);
            let answer: serde_json::Value = serde_json::from_slice(engine.handle(&event)).expect("a response is JSON");
            assert_eq!(answer["statusCode"], status, "{name}, {case}: {answer}");
            answer["body"].as_str().unwrap_or_default().to_owned()
        });
        if status == 200 {
            assert_eq!(answers[0], answers[1], "{case}");
        }
    }
    println!("{} cases, the same responses", typed::CASES.len());
}
