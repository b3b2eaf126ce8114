//! The bodies of the fuzz targets in `fuzz/`, each with an oracle. `cargo test` replays their corpora.

mod routes;
mod sources;
mod text;
#[cfg(feature = "tower")]
mod tower;
mod wire;

pub use routes::routes;
pub use sources::{respond, sources};
pub use text::{scan, text};
#[cfg(feature = "tower")]
pub use tower::tower;
pub use wire::answers;
#[cfg(feature = "local")]
pub use wire::gateway;

use std::sync::OnceLock;

use serde_json::Value;

use crate::app::App;
use crate::engine::Engine;
use crate::event::{Event, EventError, Fields};
use crate::handler::{Json, LambdaContext, Request};
use crate::json::{Index, check};

/// Decodes a payload; the oracle is `serde_json`: its verdict, and the fields that it reads.
pub fn decode(payload: &[u8]) {
    let wanted = serde_json::from_slice::<Value>(payload);
    assert_eq!(check(payload).is_ok(), wanted.is_ok(), "the verdict of the checker that names faults");
    let (mut index, mut fields) = (Index::new(), Fields::new());
    let event = match Event::decode(&mut index, &mut fields, payload, None) {
        Ok(event) => event,
        Err(EventError::Json(error)) => {
            assert!(error.offset() <= payload.len());
            return assert!(!wanted.is_ok_and(|value| value.is_object()), "{error}");
        }
        Err(_) => return assert!(wanted.is_ok_and(|value| value.is_object())),
    };
    let wanted = wanted.expect("what decodes is JSON");
    let arena = bumpalo::Bump::new();
    let field = |name: &str| wanted[name].as_str();
    let context = &wanted["requestContext"];
    let (method, path) = if context["elb"].is_object() {
        (field("httpMethod"), field("path"))
    } else if context["http"].is_object() {
        (context["http"]["method"].as_str(), field("rawPath"))
    } else if wanted["raw_path"].is_string() {
        (field("method"), field("raw_path").and_then(|target| target.split('?').next()))
    } else if context["serviceNetworkArn"].is_string() {
        (field("method"), field("path").and_then(|target| target.split('?').next()))
    } else {
        (field("httpMethod"), field("path"))
    };
    assert_eq!(Some(event.method().decode(&arena)), method);
    assert_eq!(Some(event.path(&arena)), path);
    assert_eq!(event.body().map(|body| body.decode(&arena)), field("body"));
    match (wanted.get("isBase64Encoded"), wanted.get("is_base64_encoded")) {
        // The last of them counts, which `Value` does not tell; no gateway sends both.
        (Some(_), Some(_)) => {}
        (own, lattice) => assert_eq!(event.is_base64(), own.or(lattice) == Some(&Value::Bool(true))),
    }
    let context = event.context().map(|context| serde_json::from_str::<Value>(context.raw()).expect("a part of JSON"));
    assert_eq!(context.unwrap_or_default(), wanted["requestContext"]);
    // A map of headers as this crate reads it, and as `serde_json` does: of repeated keys it keeps the last.
    let map = if wanted["multiValueHeaders"].as_object().is_some_and(|map| !map.is_empty()) {
        &wanted["multiValueHeaders"]
    } else {
        &wanted["headers"]
    };
    for (name, value) in event.headers(&arena) {
        let known = match &map[name] {
            Value::Array(values) => values.iter().any(|own| own == value),
            own => own == value,
        };
        let repeated = event.headers(&arena).filter(|(other, _)| *other == name).count() > 1;
        assert!(known || repeated, "{name}: {value}");
    }
}

/// Handles a payload with an app that reads everything; whatever comes, the answer is a response or an error.
pub fn engine(payload: &[u8]) {
    let engine = engine_of_all();
    let mut worker = engine.worker();
    match worker.handle(payload, &LambdaContext::default()) {
        Ok(response) => {
            let response: Value = serde_json::from_slice(response).expect("the response is JSON");
            assert!(response["statusCode"].is_u64() && response["isBase64Encoded"].is_boolean(), "{response}");
            if response["body"].as_str().is_some_and(|body| body.starts_with('{')) {
                serde_json::from_str::<Value>(response["body"].as_str().unwrap_or_default()).expect("so is its body");
            }
        }
        Err(error) => assert_ne!(error.error_type(), "Panic", "{error}"),
    }
}

/// An app that reads everything of any request.
fn engine_of_all() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
        App::new().route(methods, "/{path...}", everything).build().expect("the app builds")
    })
}

fn everything(req: Request<'_>) -> Json<Value> {
    let context = req.context();
    Json(serde_json::json!({
        "path": req.path(),
        "params": req.params().collect::<Vec<_>>(),
        "query": req.query_pairs().collect::<Vec<_>>(),
        "headers": req.headers().collect::<Vec<_>>(),
        "cookies": req.cookies().collect::<Vec<_>>(),
        "body": req.body().map_err(|error| error.to_string()),
        "text": req.body_text().map_err(|error| error.to_string()),
        "json": req.body_json::<Value>().map_err(|error| error.to_string()),
        "ip": req.source_ip(),
        "claims": context.authorizer().claims().iter().collect::<Vec<_>>(),
        "certificate": context.client_certificate().and_then(|certificate| certificate.pem()),
    }))
}

#[cfg(test)]
mod tests {
    /// Replays what is in `fuzz/corpus`, and gives how many files there were.
    fn replay(target: &str, body: fn(&[u8])) -> usize {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let files = std::fs::read_dir(folder).expect("the corpus is there");
        files.map(|file| body(&std::fs::read(file.expect("a file").path()).expect("it can be read"))).count()
    }

    type Target = (&'static str, fn(&[u8]));

    #[test]
    #[cfg_attr(miri, ignore = "reads files")]
    fn corpora_are_replayed() {
        let targets: &[Target] = &[
            ("answers", super::answers),
            ("decode", super::decode),
            ("engine", super::engine),
            #[cfg(feature = "local")]
            ("gateway", super::gateway),
            ("respond", super::respond),
            ("routes", super::routes),
            ("scan", super::scan),
            ("sources", super::sources),
            ("text", super::text),
            #[cfg(feature = "tower")]
            ("tower", super::tower),
        ];
        for (target, body) in targets {
            assert!(replay(target, *body) > 0, "{target}");
        }
    }

    /// Without a fuzzer: bytes at random, few of them well-formed.
    #[test]
    #[cfg_attr(miri, ignore = "takes long")]
    fn random_bytes_break_nothing() {
        let mut state = 7_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as usize
        };
        for _ in 0..300 {
            let data: Vec<u8> = (0..next() % 400).map(|_| next() as u8).collect();
            super::routes(&data);
            super::sources(&data);
            super::respond(&data);
            super::answers(&data);
            super::scan(&data);
            super::text(&data);
            #[cfg(feature = "tower")]
            super::tower(&data);
        }
    }
}
