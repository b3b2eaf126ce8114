//! Growth of the cost with the work: each case is one point of a line, `growth-WHAT/SIZE`.

use std::fmt::Write;
use std::hint::black_box;

use criterion::Criterion;
use gatewire::internals::{Encoder, Routes};
use gatewire_benches::borrowed::Response;
use gatewire_benches::samples::{self, Sample};
use gatewire_benches::{Handle, app, assert_answer, bodies, borrowed, gatewire, lambda_http, routes};

use crate::{Case, GATEWIRE};

pub(crate) fn benches(criterion: &mut Criterion) {
    for bytes in [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 6 << 20] {
        // The event around the body has a size too; the smallest event has nearly no body.
        let around = samples::sample("http_lambda_authorizer").payload.len();
        let mut body = bodies::json(bytes);
        body.truncate((0..=bytes.saturating_sub(around)).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0));
        let sample = samples::with_body("http_lambda_authorizer", "event", &body);
        whole(criterion, &format!("growth-bytes/{bytes}"), &sample);
    }
    for count in [0, 5, 10, 20, 50, 100, 200] {
        whole(criterion, &format!("growth-headers/{count}"), &with_headers(count));
    }
    for count in [1, 3, 10, 30, 100, 300, 1000, 3000] {
        rules(criterion, count);
    }
    for count in [1, 2, 4, 8, 15, 30, 60] {
        segments(criterion, count);
    }
    for percent in [0, 1, 5, 10, 25, 50, 75, 100] {
        escapes(criterion, percent);
    }
}

fn whole(criterion: &mut Criterion, name: &str, sample: &Sample) {
    let mut case = Case::bytes(criterion, name, sample.payload.len());
    let engine = app::engine().expect("the app builds");
    let mut measure = |name: &str, engine: &mut dyn Handle| {
        assert_answer(engine.handle(&sample.payload), sample.id, name);
        case.engine(name, || {
            black_box(engine.handle(black_box(&sample.payload)));
        });
    };
    measure(GATEWIRE, &mut gatewire(&engine));
    measure("borrowed serde + matchit", &mut borrowed::borrowed());
    measure("lambda_http + axum", &mut lambda_http::axum());
}

/// A REST event with the given number of header fields, in both maps, as REST APIs send them.
fn with_headers(count: usize) -> Sample {
    let (mut single, mut multi) = (String::new(), String::new());
    for at in 0..count {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(single, r#"{comma}"X-Field-{at}":"a value of some length {at}""#);
        let _ = write!(multi, r#"{comma}"X-Field-{at}":["a value of some length {at}"]"#);
    }
    let payload = format!(
        r#"{{"resource":"/{{proxy+}}","path":"/todos/42","httpMethod":"GET","headers":{{{single}}},"multiValueHeaders":{{{multi}}},"queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":null,"stageVariables":null,"requestContext":{{"httpMethod":"GET","path":"/prod/todos/42","stage":"prod","requestId":"82946759-1055-490c-a902-10360d1fb39c","identity":{{"sourceIp":"203.0.113.77"}},"domainName":"a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com","apiId":"a1b2c3d4e5"}},"body":null,"isBase64Encoded":false}}"#
    );
    Sample { payload: payload.into_bytes(), ..samples::sample("rest") }
}

/// One look-up among the given number of rules, and their compilation.
fn rules(criterion: &mut Criterion, count: usize) {
    let table = routes::table(count);
    let paths = routes::mixed_paths(&table, 600);
    let build = || Routes::build(black_box(&table).iter().map(String::as_str));
    let mut own = build().expect("a table of rules");
    let matchit = routes::matchit(&table);
    assert!(paths.iter().all(|path| own.find(path).is_some() && matchit.at(path).is_ok()));
    let mut case = Case::elements(criterion, &format!("growth-rules/{count}"), paths.len());
    case.engine(GATEWIRE, || {
        paths.iter().for_each(|path| {
            black_box(own.find(black_box(path)));
        });
    });
    case.engine("matchit", || {
        paths.iter().for_each(|path| {
            let _ = black_box(matchit.at(black_box(path)));
        });
    });
    drop(case);
    let mut case = Case::elements(criterion, &format!("growth-build/{count}"), 1);
    case.engine(GATEWIRE, || build().ok());
    case.engine("matchit", || routes::matchit(black_box(&table)));
}

/// A path with the given number of segments, every third one a parameter: matchit takes at most 26 in a rule.
fn segments(criterion: &mut Criterion, count: usize) {
    let (mut rules, mut path, mut rule) = (Vec::new(), String::new(), String::new());
    for at in 0..count {
        if at % 3 != 1 {
            let _ = write!(rule, "/part{at}");
            let _ = write!(path, "/part{at}");
        } else {
            let _ = write!(rule, "/{{p{at}}}");
            let _ = write!(path, "/value-{at}");
        }
        rules.push(rule.clone());
    }
    let mut own = Routes::build(rules.iter().map(String::as_str)).expect("rules");
    let matchit = routes::matchit(&rules);
    assert_eq!(own.find(&path).map(|(rule, _)| rule as usize), Some(count - 1));
    assert_eq!(matchit.at(&path).map(|found| *found.value), Ok(count - 1));
    let mut case = Case::elements(criterion, &format!("growth-segments/{count}"), 1);
    case.engine(GATEWIRE, || {
        black_box(own.find(black_box(&path)));
    });
    case.engine("matchit", || {
        let _ = black_box(matchit.at(black_box(&path)));
    });
}

/// A response of 100 KB in which the given percentage of bytes must be escaped.
fn escapes(criterion: &mut Criterion, percent: usize) {
    let body = bodies::escaped(100 << 10, percent);
    let (mut encoder, mut out) = (Encoder::default(), Vec::new());
    let mut case = Case::bytes(criterion, &format!("growth-escapes/{percent}"), body.len());
    let response: serde_json::Value = serde_json::from_slice(encoder.text(&body)).expect("a response is JSON");
    assert_eq!(response["body"], body);
    case.engine(GATEWIRE, || {
        black_box(encoder.text(black_box(&body)));
    });
    case.engine("serde_json, Vec kept", || {
        out.clear();
        serde_json::to_writer(&mut out, &Response::json(black_box(&body))).expect("JSON");
        black_box(&out);
    });
}
