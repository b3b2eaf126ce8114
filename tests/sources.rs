//! The same HTTP request reads the same through every gateway, except for the parts that a gateway drops. The same
//! returned value becomes the same HTTP response.
//!
//! `GATEWIRE_CASES` is the number of random requests, and of random responses.

use std::collections::BTreeMap;

use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::{App, Cookie, EventSource, Json, Request, Response, context::LambdaContext, engine::Worker};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const SOURCES: [(EventSource, bool); 8] = [
    (EventSource::RestApi, false),
    (EventSource::HttpApiV1, false),
    (EventSource::HttpApiV2, false),
    (EventSource::FunctionUrl, false),
    (EventSource::Alb, false),
    (EventSource::Alb, true),
    (EventSource::LatticeV1, false),
    (EventSource::LatticeV2, false),
];

/// Returns whether the gateway passes on only the last of repeated headers.
fn keeps_last_header((source, multi_value): (EventSource, bool)) -> bool {
    source == EventSource::Alb && !multi_value || source == EventSource::LatticeV1
}

/// Returns whether the gateway passes on only the last of repeated query parameters.
fn keeps_last_parameter((source, multi_value): (EventSource, bool)) -> bool {
    source == EventSource::Alb && !multi_value
}

/// Names with all their values, in order.
type Groups = BTreeMap<String, Vec<String>>;

fn add(groups: &mut Groups, name: &str, value: &str) {
    groups.entry(name.to_owned()).or_default().push(value.to_owned());
}

fn joined(groups: Groups, separator: &str) -> BTreeMap<String, String> {
    groups.into_iter().map(|(name, values)| (name, values.join(separator))).collect()
}

// ---- what a handler reads

/// Returns everything that a request has, except the trace id, which differs, and `X-Forwarded-For`, to which load
/// balancers append. Repeated headers are compared in the joined form of some gateways, and cookies also one by one.
fn read(req: Request<'_>) -> Value {
    let (mut query, mut headers) = (Groups::new(), Groups::new());
    req.query_pairs().for_each(|(name, value)| add(&mut query, name, value));
    let uncompared = ["x-amzn-trace-id", "x-forwarded-for", "cookie"];
    // The `Cookie` field exists and holds the same, however the gateway sends cookies.
    let fields = req.headers().filter(|(name, _)| name.eq_ignore_ascii_case("cookie")).map(|(_, value)| value);
    assert_eq!(fields.collect::<Vec<_>>(), req.header_all("cookie").collect::<Vec<_>>());
    assert_eq!(req.header("Cookie"), req.header_all("cookie").last());
    let pairs = req.header_all("cookie").flat_map(|field| field.split(';')).filter_map(|pair| pair.split_once('='));
    let pairs: Vec<_> = pairs.map(|(name, value)| (name.trim(), value.trim())).collect();
    assert_eq!(pairs, req.cookies().collect::<Vec<_>>());
    for (name, value) in req.headers().filter(|(name, _)| !uncompared.contains(&&*name.to_ascii_lowercase())) {
        add(&mut headers, &name.to_ascii_lowercase(), value);
    }
    for (name, values) in &headers {
        assert_eq!(req.header(&name.to_uppercase()), values.last().map(String::as_str), "{name}");
    }
    json!({
        "method": req.method(),
        "path": req.path(),
        "query": query,
        "headers": joined(headers, ","),
        "cookies": req.cookies().collect::<Vec<_>>(),
        "body": req.body().unwrap(),
        "text": req.body_text().ok(),
        "source_ip": req.source_ip(),
        // Payload 2.0 has an empty string if the client sent no query.
        "user_agent": req.user_agent(),
    })
}

fn worker() -> Worker {
    let app = App::new().on(METHODS, "/", |req: Request<'_>| Json(read(req)));
    app.on(METHODS, "/{path...}", |req: Request<'_>| Json(read(req))).build().unwrap().worker()
}

fn send(worker: &mut Worker, request: &HttpRequest, source: (EventSource, bool)) -> Value {
    let event = request.clone().multi_value(source.1).event(source.0);
    let payload = worker.call_blocking(&event, &LambdaContext::default()).unwrap_or_else(|error| panic!("{error}"));
    let response = HttpResponse::from_payload(source.0, payload).unwrap();
    assert_eq!(response.status, 200, "{source:?}: {:?} to {request:?}", response.text());
    serde_json::from_slice(&response.body).unwrap()
}

// ---- what a client sends

/// A string, and one way to write it in a target.
#[derive(Clone, Debug)]
struct Written {
    text: String,
    encoded: String,
}

#[derive(Clone, Debug)]
struct Sent {
    method: &'static str,
    path: Vec<Written>,
    query: Vec<(Written, Written)>,
    headers: Vec<(&'static str, String)>,
    cookies: Vec<Vec<(String, Option<String>)>>,
    content_type: Option<&'static str>,
    user_agent: Option<String>,
    body: Vec<u8>,
    stage: Option<&'static str>,
}

impl Sent {
    fn request(&self) -> HttpRequest {
        let path: String = self.path.iter().map(|segment| format!("/{}", segment.encoded)).collect();
        let pairs = self.query.iter().map(|(name, value)| match value.encoded.as_str() {
            // A name without `=` has an empty value.
            "" if !name.encoded.is_empty() => name.encoded.clone(),
            value => format!("{}={value}", name.encoded),
        });
        let target = format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"));
        let mut request = HttpRequest::new(self.method, &target).source_ip("2001:db8::7").body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        for cookies in &self.cookies {
            let written = cookies.iter().map(|(name, value)| match value {
                Some(value) => format!("{name}={value}"),
                None => name.clone(),
            });
            request = request.header("Cookie", written.collect::<Vec<_>>().join("; "));
        }
        for (name, value) in [("Content-Type", self.content_type), ("User-Agent", self.user_agent.as_deref())] {
            request = if let Some(value) = value { request.header(name, value) } else { request };
        }
        if let Some(stage) = self.stage { request.stage(stage) } else { request }
    }

    /// Returns the value that a handler should read if the request comes from `source`.
    fn expected(&self, source: (EventSource, bool)) -> Value {
        let (mut query, mut headers) = (Groups::new(), Groups::new());
        self.query.iter().for_each(|(name, value)| add(&mut query, &name.text, &value.text));
        for (name, value) in self.headers.iter().filter(|(name, _)| *name != "X-Forwarded-For") {
            add(&mut headers, &name.to_ascii_lowercase(), value);
        }
        let own = [("content-type", self.content_type), ("user-agent", self.user_agent.as_deref())];
        let gateway = [("x-forwarded-port", Some("443")), ("x-forwarded-proto", Some("https"))];
        for (name, value) in own.into_iter().chain(gateway) {
            value.into_iter().for_each(|value| add(&mut headers, name, value));
        }
        let mut cookies = self.cookies.as_slice();
        let keep_last = |groups: &mut Groups| {
            groups.values_mut().for_each(|values| drop(values.drain(..values.len() - 1)));
        };
        if keeps_last_header(source) {
            cookies = &cookies[cookies.len().saturating_sub(1)..];
            keep_last(&mut headers);
        }
        if keeps_last_parameter(source) {
            keep_last(&mut query);
        }
        // HTTP APIs decode the path, so an escaped slash is an ordinary one; other sources keep the difference.
        let decodes = matches!(source.0, EventSource::HttpApiV2 | EventSource::HttpApiV1);
        let shown = |text: &str| if decodes { text.to_owned() } else { text.replace('/', "%2F") };
        let path: String = self.path.iter().map(|segment| format!("/{}", shown(&segment.text))).collect();
        json!({
            "method": self.method,
            "path": if path.is_empty() { "/" } else { &path },
            "query": query,
            "headers": joined(headers, ","),
            "cookies": cookies.iter().flatten().filter(|(_, value)| value.is_some()).collect::<Vec<_>>(),
            "body": self.body,
            "text": std::str::from_utf8(&self.body).ok(),
            "source_ip": "2001:db8::7",
            "user_agent": self.user_agent.as_deref(),
        })
    }
}

/// Writes every byte as an escape, with digits in upper or in lower case.
fn escaped(text: &str, upper: bool) -> String {
    text.bytes().map(|byte| if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") }).collect()
}

/// A string of several pieces, each written in one of its ways; `extra` has written pieces and their meanings.
fn written(extra: &'static [(&'static str, &'static str)], length: std::ops::Range<usize>) -> BoxedStrategy<Written> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9._~-]".prop_map(|text| Written { encoded: text.clone(), text }),
        2 => (any::<char>(), any::<bool>())
            .prop_filter("cuts the path of an HTTP API, or parts segments", |(c, _)| !matches!(c, '?' | '/'))
            .prop_map(|(c, upper)| Written { encoded: escaped(&c.to_string(), upper), text: c.to_string() }),
        2 => select(extra).prop_map(|(encoded, text)| Written { encoded: encoded.to_owned(), text: text.to_owned() }),
    ];
    let join = |pieces: Vec<Written>| Written {
        text: pieces.iter().map(|piece| piece.text.as_str()).collect(),
        encoded: pieces.iter().map(|piece| piece.encoded.as_str()).collect(),
    };
    prop::collection::vec(piece, length).prop_map(join).boxed()
}

fn query() -> impl Strategy<Value = Vec<(Written, Written)>> {
    // A load balancer treats two spellings of one name as different names, so each name has one spelling here.
    let name = prop_oneof![
        3 => select(&["a", "tag", ""][..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let name = name.prop_map(|text| Written { encoded: escaped(&text, true), text });
    let forms = &[("+", " "), ("%20", " "), ("%2B", "+"), ("=", "="), (",", ","), ("%zz", "%zz"), ("%FF", "%FF")];
    prop::collection::vec((name, written(forms, 0..5)), 0..6)
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let names = &["X-Tag", "x-tag", "X-TAG", "Accept", "x-other", "X-Forwarded-For"];
    prop::collection::vec((select(&names[..]), "[ -~é\t]{0,8}"), 0..6)
}

fn cookies() -> impl Strategy<Value = Vec<Vec<(String, Option<String>)>>> {
    let cookie = ("[a-zA-Z_]{1,4}", prop::option::weighted(0.9, r#"[!-:<-~]{0,6}"#));
    prop::collection::vec(prop::collection::vec(cookie, 0..4), 0..3)
}

fn body() -> impl Strategy<Value = (Option<&'static str>, Vec<u8>)> {
    let types = [None, Some("text/plain; charset=utf-8"), Some("application/json"), Some("application/octet-stream")];
    let text = prop_oneof![any::<String>(), any::<(String, u8)>().prop_map(|(text, n)| json!([text, n]).to_string())];
    let body = prop_oneof![
        1 => Just(Vec::new()),
        2 => text.prop_map(String::into_bytes),
        1 => any::<Vec<u8>>(),
    ];
    (select(types.to_vec()), body)
}

fn sent() -> impl Strategy<Value = Sent> {
    let forms = &[("%20", " "), ("x%2Fy", "x/y"), ("+", "+"), ("%25", "%"), ("%2541", "%41"), (":@!$", ":@!$")];
    let path = prop::collection::vec(written(forms, 1..6), 0..4);
    let stage = select(vec![None, Some("dev")]);
    let agent = prop::option::of("[!-~]{1,8}");
    (select(&METHODS[..]), path, query(), headers(), cookies(), body(), agent, stage).prop_map(
        |(method, path, query, headers, cookies, (content_type, body), user_agent, stage)| Sent {
            method,
            path,
            query,
            headers,
            cookies,
            content_type,
            user_agent,
            body,
            stage,
        },
    )
}

fn config() -> ProptestConfig {
    let default = if cfg!(miri) { 2 } else { 200 };
    let cases = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    // Miri has no file system to store failures in.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn a_request_reads_the_same_behind_every_gateway() {
    let worker = std::cell::RefCell::new(worker());
    proptest!(config(), |(sent in sent())| {
        let request = sent.request();
        for source in SOURCES {
            let event = request.clone().multi_value(source.1).event(source.0);
            let got = send(&mut worker.borrow_mut(), &request, source);
            prop_assert_eq!(got, sent.expected(source), "{:?}: {}", source, String::from_utf8_lossy(&event));
        }
    });
}

// ---- responses

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    cookies: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// Returns the HTTP response that the gateway makes of the payload.
    fn response(&self, source: (EventSource, bool)) -> HttpResponse {
        let own = self.clone();
        let app = App::new().get("/", move |_: Request| {
            let mut response = Response::new(own.body.clone()).status(own.status);
            for (name, value) in own.headers.clone() {
                response = response.append_header(name, value);
            }
            for (name, value) in own.cookies.clone() {
                response = response.cookie(Cookie::new(name, value));
            }
            response
        });
        let event = HttpRequest::new("GET", "/").multi_value(source.1).event(source.0);
        let mut worker = app.build().unwrap().worker();
        let payload = worker.call_blocking(&event, &LambdaContext::default()).unwrap();
        HttpResponse::from_payload(source.0, payload).unwrap_or_else(|error| {
            panic!("{source:?}: {error}: {}", String::from_utf8_lossy(payload));
        })
    }
}

fn answer() -> impl Strategy<Value = Answer> {
    let header = (select(&["X-Tag", "x-tag", "Vary", "Etag"][..]).prop_map(str::to_owned), "[!-~é]([ -~]{0,6}[!-~])?");
    let headers = prop::collection::vec(header, 0..5);
    let cookies = prop::collection::vec(("[a-z]{1,3}", "[!-:<-~]{0,6}"), 0..3);
    let body = prop_oneof![any::<String>().prop_map(String::into_bytes), any::<Vec<u8>>()];
    (200u16..600, headers, cookies, body).prop_filter_map("has no body", |(status, headers, cookies, body)| {
        (status != 204 && status != 304).then_some(Answer { status, headers, cookies, body })
    })
}

#[test]
fn a_return_value_is_the_same_response_behind_every_gateway() {
    proptest!(config(), |(answer in answer())| {
        let mut expected = Groups::new();
        answer.headers.iter().for_each(|(name, value)| add(&mut expected, &name.to_lowercase(), value));
        let all_cookies: Vec<_> = answer.cookies.iter().map(|(name, value)| format!("{name}={value}; Secure")).collect();
        for source in SOURCES {
            let (mut expected, cookies) = (expected.clone(), all_cookies.as_slice());
            // The last value leaves if a field can have only one.
            if let Some(values) = expected.get_mut("etag") {
                values.drain(..values.len() - 1);
            }
            let response = answer.response(source);
            prop_assert_eq!((response.status, &response.body), (answer.status, &answer.body), "{:?}", source);
            let (mut headers, mut own_cookies) = (Groups::new(), Vec::new());
            for (name, value) in &response.headers {
                match name.to_lowercase().as_str() {
                    "set-cookie" => own_cookies.push(value.clone()),
                    "content-type" => prop_assert_eq!(value, "application/octet-stream"),
                    name => add(&mut headers, name, value),
                }
            }
            prop_assert_eq!(joined(headers, ", "), joined(expected, ", "), "{:?}: {:?}", source, response);
            prop_assert_eq!(own_cookies.as_slice(), cookies, "{:?}: {:?}", source, response);
        }
    });
}

// ---- payloads for load balancers and VPC Lattice

/// Returns the payload of the response to a request.
fn answered(app: App, request: HttpRequest, source: (EventSource, bool)) -> Value {
    let event = request.multi_value(source.1).event(source.0);
    let mut worker = app.build().unwrap().worker();
    serde_json::from_slice(worker.call_blocking(&event, &LambdaContext::default()).unwrap()).unwrap()
}

/// A cache that does not know that responses vary by origin would serve one origin's response to another.
#[test]
fn both_fields_that_a_response_varies_by_leave_through_every_gateway() {
    for source in SOURCES {
        let app = App::new()
            .cors(gatewire::Cors::origins(["https://a.example", "https://b.example"]).vary(true))
            .get("/v", |_: Request| Response::new("x").header("Vary", "Accept-Encoding"));
        let event = HttpRequest::new("GET", "/v").header("Origin", "https://a.example").multi_value(source.1);
        let mut worker = app.build().unwrap().worker();
        let event = event.event(source.0);
        let payload = worker.call_blocking(&event, &LambdaContext::default()).unwrap();
        let response = HttpResponse::from_payload(source.0, payload).unwrap();
        let vary = response.header_all("vary").collect::<Vec<_>>().join(", ");
        assert_eq!(vary, "Accept-Encoding, Origin", "{source:?}");
    }
}

#[test]
fn multi_value_headers_in_the_event_choose_the_form_for_a_load_balancer() {
    for (key, wanted) in [
        (r#""multiValueHeaders":{},"#, "multiValueHeaders"),
        (r#""multiValueHeaders":{"a":["b"]},"#, "multiValueHeaders"),
        (r#""multiValueHeaders":{},"headers":{"a":"b"},"#, "multiValueHeaders"),
        (r#""multiValueHeaders":null,"#, "headers"),
        (r#""headers":{},"#, "headers"),
        ("", "headers"),
    ] {
        let event = format!(r#"{{"httpMethod":"GET","path":"/",{key}"requestContext":{{"elb":{{}}}}}}"#);
        let mut worker = App::new().get("/", |_: Request| "x").build().unwrap().worker();
        let payload = worker.call_blocking(event.as_bytes(), &LambdaContext::default()).unwrap();
        let response: Value = serde_json::from_slice(payload).unwrap();
        let kinds = ["headers", "multiValueHeaders"].into_iter().filter(|kind| response.get(kind).is_some());
        assert_eq!(kinds.collect::<Vec<_>>(), [wanted], "{key}");
    }
}

#[test]
fn an_absent_body_has_the_form_that_each_gateway_expects() {
    for source in SOURCES {
        let response = answered(App::new().get("/", |_: Request| ()), HttpRequest::new("GET", "/"), source);
        let is_text = matches!(source.0, EventSource::Alb | EventSource::LatticeV1 | EventSource::LatticeV2);
        assert_eq!(response["body"], if is_text { json!("") } else { Value::Null }, "{source:?}");
    }
}

/// A load balancer treats `null` as no body, compressed or not.
#[test]
fn a_body_of_null_is_the_same_compressed_or_not() {
    for source in SOURCES {
        let app = || App::new().route(gatewire::Route::get("/", |_: Request| Json(())).compress(true));
        for encodings in ["identity", "gzip", "x-gzip"] {
            let request = HttpRequest::new("GET", "/").header("Accept-Encoding", encodings);
            let response = answered(app(), request, source);
            let payload = HttpResponse::from_payload(source.0, response.to_string().as_bytes()).unwrap();
            if source.0 == EventSource::Alb {
                assert_eq!((&response["body"], payload.header("content-encoding")), (&json!(""), None), "{encodings}");
                assert_eq!(response["isBase64Encoded"], false);
            } else if encodings == "identity" || cfg!(not(feature = "gzip")) {
                assert_eq!(payload.text(), Some("null"), "{source:?}");
            } else {
                assert_eq!(payload.header("content-encoding"), Some("gzip"), "{source:?} {encodings}");
            }
        }
    }
}
