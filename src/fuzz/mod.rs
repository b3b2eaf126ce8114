//! The bodies of the fuzz targets in `fuzz/`, each with an oracle. `cargo test` replays their corpora.

mod events;
mod forms;
mod hostile;
mod routes;
mod sources;
mod text;
#[cfg(feature = "tower")]
mod tower;
#[cfg(all(feature = "macros", feature = "validate"))]
mod validation;
mod wire;

pub use events::{authorizer, websocket};
pub use forms::{form, multipart};
pub use hostile::hostile;
pub use routes::routes;
pub use sources::{respond, sources};
pub use text::{scan, text};
#[cfg(feature = "tower")]
pub use tower::tower;
#[cfg(all(feature = "macros", feature = "validate"))]
pub use validation::validation;
pub use wire::answers;
#[cfg(feature = "local")]
pub use wire::gateway;

use std::sync::OnceLock;

use serde_json::Value;

use crate::app::App;
use crate::engine::Engine;
use crate::event::{Event, EventError, Fields, LookupTables, Refused};
use crate::handler::{Json, LambdaContext, Request};
use crate::json::{Index, check};

/// Decodes a payload. The oracle is `serde_json`: its verdict, and the fields that it reads.
pub fn decode(payload: &[u8]) {
    let wanted = serde_json::from_slice::<Value>(payload);
    assert_eq!(check(payload).is_ok(), wanted.is_ok(), "the verdict of the diagnosing checker");
    let (mut index, mut fields) = (Index::new(), Fields::new());
    let (event, refused) = Event::decode(&mut index, &mut fields, payload, None);
    match refused {
        None => {}
        Some(Refused { error: EventError::Json(error), .. }) => {
            assert!(error.offset() <= payload.len());
            return assert!(!wanted.is_ok_and(|value| value.is_object()), "{error}");
        }
        Some(_) => return assert!(wanted.is_ok_and(|value| value.is_object())),
    }
    let wanted = wanted.expect("a decoded payload is JSON");
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
    assert_eq!(Some(event.method(&arena)), method);
    assert_eq!(Some(event.path(&arena)), path);
    assert_eq!(event.body().map(|body| body.decode(&arena)), field("body"));
    match (wanted.get("isBase64Encoded"), wanted.get("is_base64_encoded")) {
        // The last of them counts, which `Value` does not show; no gateway sends both.
        (Some(_), Some(_)) => {}
        (own, lattice) => assert_eq!(event.is_base64(), own.or(lattice) == Some(&Value::Bool(true))),
    }
    let context = event.context().map(|context| serde_json::from_str::<Value>(context.raw()).expect("a part of JSON"));
    assert_eq!(context.unwrap_or_default(), wanted["requestContext"]);
    // Headers as this crate reads them, and as `serde_json` reads them: the last of repeated keys counts.
    let cookies: Vec<_> = wanted["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, value) in event.headers(&arena) {
        let is_value = |own: &Value| match own {
            Value::String(own) => own == value,
            // Numbers keep their notation, which `Value` does not show.
            Value::Number(_) => true,
            Value::Bool(own) => own.to_string() == value,
            _ => false,
        };
        let in_map = |map: &Value| match &map[name] {
            Value::Array(values) => values.iter().any(is_value),
            own => is_value(own),
        };
        let known = in_map(&wanted["multiValueHeaders"]) || in_map(&wanted["headers"]);
        let repeated = event.headers(&arena).filter(|(other, _)| *other == name).count() > 1;
        let joined = name == "cookie" && value == cookies.join("; ");
        assert!(known || repeated || joined, "{name}: {value}");
    }
    // A name with a value in either map is found, and a member of the event itself is not.
    let lookup = LookupTables::default();
    let around: Vec<&str> = wanted.as_object().into_iter().flatten().map(|(name, _)| &**name).collect();
    let named = |pairs: &[(&'_ str, &'_ str)]| pairs.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
    let headers: Vec<_> = event.headers(&arena).collect();
    for name in named(&headers).iter().map(String::as_str).chain(around.iter().copied()) {
        let values: Vec<_> = event.header_values(&lookup, &arena, name).collect();
        let walked = event.headers(&arena).filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        assert_eq!(values, walked.collect::<Vec<_>>(), "{name}");
        assert_eq!(event.header(&lookup, &arena, name), values.last().copied(), "{name}");
    }
    assert_eq!(event.query_list(&arena), event.query(&arena).collect::<Vec<_>>());
    let query: Vec<_> = event.query(&arena).collect();
    for name in named(&query).iter().map(String::as_str).chain(around.iter().copied()) {
        let values: Vec<_> = event.query_values(&lookup, &arena, name).collect();
        let walked = event.query(&arena).filter(|(own, _)| *own == name).map(|(_, value)| value);
        assert_eq!(values, walked.collect::<Vec<_>>(), "{name}");
        assert_eq!(event.query_value(&lookup, &arena, name), values.last().copied(), "{name}");
    }
    for (name, _) in event.cookies(&lookup, &arena) {
        let last = event.cookies(&lookup, &arena).filter(|(own, _)| *own == name).last();
        assert_eq!(event.cookie(&lookup, &arena, name), last.map(|(_, value)| value), "{name}");
    }
}

/// Handles a payload with an app that reads everything. The result must be a valid response or an error, never a panic.
pub fn engine(payload: &[u8]) {
    let engine = engine_of_all();
    let mut worker = engine.worker();
    match worker.call_blocking(payload, &LambdaContext::default()) {
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
        App::new().on(methods, "/{path...}", everything).build().expect("the app builds")
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
    /// Documents that are nearly those that the handler takes: words of the format, put together at random.
    #[test]
    #[cfg(all(feature = "macros", feature = "validate"))]
    #[cfg_attr(miri, ignore = "takes long")]
    fn documents_that_are_nearly_valid() {
        let keys = [
            "firstName",
            "priority",
            "prio",
            "tags",
            "next",
            "pet",
            "prices",
            "pair",
            "ratio",
            "mode",
            "kind",
            "other",
        ];
        let values = [
            "null",
            "1",
            "0",
            "-1",
            "300",
            "1.5",
            "0.25",
            "\"ab\"",
            "\"\"",
            "\"a much longer name\"",
            "true",
            "[]",
            "{}",
            "[\"a\",\"\"]",
            "[1,2,3,4]",
            "[\"a\",\"b\",\"c\",\"d\"]",
            "[true,[1,2]]",
            "[true,[1]]",
            "{\"kind\":\"cat\",\"lives\":3}",
            "{\"kind\":\"cat\",\"lives\":12}",
            "{\"kind\":\"dog\",\"x\":1}",
            "{\"kind\":\"cow\"}",
            "{\"a\":1.5,\"b\":\"x\"}",
            "\"A\"",
            "{\"B\":256}",
            "{\"C\":{\"of\":\"xy\"}}",
            "{\"firstName\":\"ab\"}",
            "{\"firstName\":\"a\",\"priority\":1}",
        ];
        let queries = [
            "page=1",
            "page=0",
            "page=x",
            "",
            "page=1&ids=1&ids=2",
            "page=1&ids=1&ids=x&ids=3",
            "ids=1&ids=2&ids=3&page=70000",
        ];
        let mut state = 5_u64;
        let mut next = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as usize % below
        };
        for _ in 0..3_000 {
            let mut members: Vec<String> = (0..next(5))
                .map(|_| format!("\"{}\":{}", keys[next(keys.len())], values[next(values.len())]))
                .collect();
            if next(4) > 0 {
                members.push("\"firstName\":\"ada\"".to_owned());
            }
            if next(2) > 0 {
                members.push("\"priority\":3".to_owned());
            }
            let data = format!("{}\0{{{}}}", queries[next(queries.len())], members.join(","));
            super::validation(data.as_bytes());
        }
    }

    /// Replays the files in `fuzz/corpus`, and returns their number.
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
            ("authorizer", super::authorizer),
            ("decode", super::decode),
            ("engine", super::engine),
            ("form", super::form),
            #[cfg(feature = "local")]
            ("gateway", super::gateway),
            ("hostile", super::hostile),
            ("multipart", super::multipart),
            ("respond", super::respond),
            ("routes", super::routes),
            ("scan", super::scan),
            ("sources", super::sources),
            ("text", super::text),
            #[cfg(feature = "tower")]
            ("tower", super::tower),
            #[cfg(all(feature = "macros", feature = "validate"))]
            ("validation", super::validation),
            ("websocket", super::websocket),
        ];
        for (target, body) in targets {
            assert!(replay(target, *body) > 0, "{target}");
        }
    }

    /// Random scripts, most of which misbehave somewhere.
    #[test]
    fn user_code_that_misbehaves_breaks_nothing() {
        let cases = std::env::var("GATEWIRE_CASES").map_or(20_000, |cases| cases.parse().expect("a number"));
        let cases = if cfg!(miri) { 150 } else { cases };
        let mut state = 11_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as usize
        };
        for _ in 0..cases {
            let data: Vec<u8> = (0..next() % 60).map(|_| next() as u8).collect();
            super::hostile(&data);
        }
    }

    /// Without a fuzzer: the corpora with bytes cut out, put in and changed, many of them still JSON.
    #[test]
    #[cfg_attr(miri, ignore = "reads files")]
    fn mutated_events_break_nothing() {
        let cases = std::env::var("GATEWIRE_CASES").map_or(2_000, |cases| cases.parse().expect("a number"));
        let mut state = 5_u64;
        let mut next = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as usize % below.max(1)
        };
        let words = [
            "null",
            "\"requestContext\"",
            "\"connectionId\"",
            "\"type\"",
            "\"methodArn\"",
            "{}",
            "[]",
            "\"",
            ",",
            "*",
            "/",
        ];
        let targets: [Target; 2] = [("authorizer", super::authorizer), ("websocket", super::websocket)];
        for (target, body) in targets {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
            let files = std::fs::read_dir(folder).expect("the corpus is there");
            let mut seeds: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
            seeds.sort();
            for _ in 0..cases {
                let mut event = std::fs::read(&seeds[next(seeds.len())]).expect("it can be read");
                for _ in 0..=next(3) {
                    let (from, word) = (next(event.len()), words[next(words.len())].as_bytes());
                    let end = (from + next(12)).min(event.len());
                    event.splice(from..end, word.iter().copied());
                }
                body(&event);
            }
        }
    }

    /// Without a fuzzer: random bytes, few of them well-formed.
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
            super::form(&data);
            super::multipart(&data);
            super::routes(&data);
            super::sources(&data);
            super::respond(&data);
            super::hostile(&data);
            super::answers(&data);
            super::scan(&data);
            super::text(&data);
            #[cfg(feature = "tower")]
            super::tower(&data);
            #[cfg(all(feature = "macros", feature = "validate"))]
            super::validation(&data);
        }
    }
}
