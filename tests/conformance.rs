//! The recorded cases: responses of Powertools for AWS Lambda (Python) to the same events, with the intended
//! differences. `tests/conformance/README.md` says where they come from.

#[allow(dead_code, unreachable_pub)] // its `main`, and the items that are public for this test
#[path = "../examples/conformance.rs"]
mod example;

use serde_json::Value;

/// Returns the response's body without base64, and JSON as a value.
fn content(response: &Value) -> Value {
    let Some(body) = response["body"].as_str() else { return response["body"].clone() };
    let header = |name: &str| {
        let mut fields =
            ["headers", "multiValueHeaders"].iter().filter_map(|place| response[place].as_object()).flatten();
        let value = fields.rfind(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        value.and_then(|value| value.as_str().or(value[0].as_str())).unwrap_or_default().to_owned()
    };
    let mut bytes = body.as_bytes().to_vec();
    if response["isBase64Encoded"] == true {
        bytes = base64_simd::STANDARD.decode_to_vec(&bytes).expect("base64");
    }
    if header("content-encoding") == "gzip" {
        let mut plain = vec![0; 1 << 20];
        let length = libdeflater::Decompressor::new().gzip_decompress(&bytes, &mut plain).expect("gzip");
        bytes = plain[..length].to_vec();
    }
    if header("content-type").starts_with("application/json") && !bytes.is_empty() {
        return serde_json::from_slice(&bytes).expect("a JSON body");
    }
    bytes.into()
}

/// The keys that a source's response may have: REST APIs and load balancers answer 502 to any other.
fn known_keys(source: &str) -> &'static [&'static str] {
    match source {
        "rest" => &["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"],
        "alb" => &["statusCode", "statusDescription", "headers", "multiValueHeaders", "body", "isBase64Encoded"],
        "lattice" | "lattice_v2" => &["statusCode", "statusDescription", "headers", "body", "isBase64Encoded"],
        _ => &["statusCode", "headers", "cookies", "body", "isBase64Encoded"],
    }
}

/// Returns whether the values in `got`, grouped by name in any case, end with those in `want`: to a load balancer without
/// multi-value headers the reference sends only the last of repeated fields.
fn ends_alike(want: &Value, got: &Value) -> bool {
    let grouped = |headers: &Value| {
        let mut groups = std::collections::BTreeMap::<String, Vec<String>>::new();
        for (name, value) in headers.as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().to_owned();
            groups.entry(name.to_ascii_lowercase()).or_default().push(value);
        }
        groups
    };
    let (want, got) = (grouped(want), grouped(got));
    want.keys().eq(got.keys())
        && want.iter().all(|(name, values)| {
            let (value, own) = (&values[0], &got[name]);
            let joined = name != "set-cookie" && own.last().is_some_and(|own| own.ends_with(&format!(", {value}")));
            own.contains(value) || joined
        })
}

/// Returns the response with its `Set-Cookie` fields among the cookies, and an empty string for an absent body. Responses
/// to VPC Lattice are compared with the reference in this form.
fn apart(response: &Value) -> Value {
    let mut response = response.clone();
    let mut cookies = response["cookies"].as_array().cloned().unwrap_or_default();
    let headers = response["headers"].as_object().cloned().unwrap_or_default();
    let (set, others): (Vec<_>, Vec<_>) =
        headers.into_iter().partition(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    for (_, value) in set {
        match value {
            Value::Array(values) => cookies.extend(values),
            value => cookies.push(value),
        }
    }
    response["headers"] = others.into_iter().collect::<serde_json::Map<_, _>>().into();
    response["cookies"] = cookies.into();
    response["body"] = response["body"].as_str().unwrap_or_default().into();
    response
}

/// Returns the first difference between the recorded case and the response.
fn difference(case: &Value, answer: &Value) -> Option<String> {
    if let Some(error) = case.get("error") {
        let (want, got) = (&error["errorMessage"], &answer["error"]["errorMessage"]);
        return (want != got).then(|| format!("error: want {want}, got {answer}"));
    }
    let (want, got) = (&case["response"], &answer["response"]);
    let Some(keys) = got.as_object() else { return Some(format!("want a response, got {answer}")) };
    let known = known_keys(case["source"].as_str().unwrap());
    if let Some(key) = keys.keys().find(|key| !known.contains(&key.as_str())) {
        return Some(format!("unknown key {key}"));
    }
    let is_lattice = case["source"].as_str().is_some_and(|source| source.starts_with("lattice"));
    let (want, got) = if is_lattice { (&apart(want), &apart(got)) } else { (want, got) };
    let empty = |value: &Value| {
        value.is_null()
            || value.as_object().is_some_and(|o| o.is_empty())
            || value.as_array().is_some_and(|a| a.is_empty())
    };
    for place in ["statusCode", "isBase64Encoded", "headers", "multiValueHeaders", "cookies"] {
        let alike = match (place, case["source"].as_str()) {
            ("headers", Some("alb")) => ends_alike(&want[place], &got[place]),
            _ => want[place] == got[place] || empty(&want[place]) && empty(&got[place]),
        };
        if !alike {
            return Some(format!("{place}: want {}, got {}", want[place], got[place]));
        }
    }
    if case["compare"] == "shape" {
        return got["body"].as_str().is_none_or(str::is_empty).then(|| "body: want one, got none".to_owned());
    }
    // Order counts if the app sorts the keys.
    if case["app"] == "custom" && !is_sorted(got["body"].as_str().unwrap_or_default()) {
        return Some(format!("the keys of {} are not sorted", got["body"]));
    }
    let (want, got) = (content(want), content(got));
    (want != got).then(|| format!("body: want {want}, got {got}"))
}

/// Returns whether the keys of all objects in `text` are sorted. `serde_json` sorts them, so its output is then the same.
fn is_sorted(text: &str) -> bool {
    serde_json::from_str::<Value>(text)
        .map_or(true, |value| serde_json::to_string(&value).is_ok_and(|sorted| sorted == text))
}

/// Runs the cases of `groups`, each with the given source and with `auto`.
fn run(cases: &str, groups: &[&str]) {
    let mut lines = example::Lines::default();
    let (mut count, mut failed) = (0, Vec::new());
    for line in cases.lines() {
        let mut case: Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap().to_owned();
        // The case needs a feature that is not compiled in.
        let is_left_out = (cfg!(not(feature = "gzip")) && id.contains("compress/"))
            || (cfg!(not(feature = "regex")) && case["app"] == "custom");
        if is_left_out || !groups.iter().any(|group| id.starts_with(group)) {
            continue;
        }
        let source = case["source"].clone();
        for auto in [false, true] {
            case["source"] = if auto { "auto".into() } else { source.clone() };
            let answer = serde_json::from_str(&lines.answer(case.to_string().as_bytes())).unwrap();
            case["source"] = source.clone();
            count += 1;
            failed.extend(difference(&case, &answer).map(|what| format!("{id}, auto {auto}: {what}")));
        }
    }
    assert!(count > 0, "there are cases of {groups:?}");
    assert!(failed.is_empty(), "{} of {count} differ:\n{}", failed.len(), failed.join("\n"));
}

const CASES: &str = include_str!("conformance/cases.jsonl");

/// One test for each group of cases.
macro_rules! groups {
    ($($(#[$condition:meta])* $name:ident: $($group:literal),+;)+) => {
        $(#[test]
        $(#[$condition])*
        fn $name() {
            run(CASES, &[$($group),+]);
        })+
    };
}

groups! {
    routing: "routing/", "stage/";
    requests: "request/";
    responses: "responses/";
    errors: "errors/";
    contexts: "context/";
    #[cfg(feature = "gzip")]
    compression: "compress/";
    caching: "cache/";
    cors: "cors/";
    middleware: "middleware/";
    #[cfg(feature = "regex")]
    customised: "custom/";
}

/// Runs all groups, since there are fewer of these cases.
#[test]
fn lattice() {
    run(include_str!("conformance/cases-lattice.jsonl"), &[""]);
}

#[test]
fn generated() {
    run(include_str!("conformance/generated.jsonl"), &[""]);
    run(include_str!("conformance/generated-lattice.jsonl"), &[""]);
}

#[test]
fn a_bad_line_is_answered() {
    let mut lines = example::Lines::default();
    for line in ["", "{", "{}", "[1]", "7", "\u{feff}", r#"{"id":1,"app":"plain","source":"nowhere","event":{}}"#] {
        let answer: Value = serde_json::from_str(&lines.answer(line.as_bytes())).unwrap();
        assert!(answer["error"]["errorMessage"].is_string(), "{line:?}");
    }
    let half: Value = serde_json::from_str(&lines.answer(br#"{"id":"half","app":7}"#)).unwrap();
    assert_eq!(half["id"], "half");
    let line = r#"{"id":"x","app":"plain","source":"auto","event":{"no":"event"}}"#;
    let answer: Value = serde_json::from_str(&lines.answer(line.as_bytes())).unwrap();
    assert_eq!((&answer["id"], answer["error"]["errorType"].as_str()), (&"x".into(), Some("Gatewire.UnknownEvent")));
}
