//! gatewire beside `lambda_http`: the same events reach the same service with the same requests, and the same responses
//! leave.
//!
//! The intended differences:
//!
//! | `lambda_http` | gatewire | why |
//! | --- | --- | --- |
//! | an absolute URI, from the `Host` field | path and query, unless `Mount::absolute_uri` is set | servers pass these on; the field can still be read |
//! | the stage of an API in front of the path | the path | no client sent it |
//! | a path as browsers normalise it: `\` is `/`, `/./` is `/` | the path as it was sent | rules match that one |
//! | a blank at the end of such a path is cut off | the blank is kept | the client sent `%20` |
//! | a `%` in a path that an HTTP API has decoded is an escape | a `%` | the client sent `%25` |
//! | the parameters of a query map in the order of a hash table | in the order of the event | |
//! | `x-amzn-trace-id` is that of the invocation | that of the request | that of the invocation is in its context |
//! | a load balancer gets `multiValueHeaders`, and `headers` with the first values | the map that it reads, with all values joined and all cookies | the client gets them all |
//! | text is decoded by the charset of its type, and sent as UTF-8 | sent unchanged | the type stays true |

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::Path;

use futures_util::FutureExt;
use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::{App, EventSource, context::LambdaContext, engine::Worker};
use http::{HeaderMap, HeaderValue, StatusCode};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent, Service};
use serde_json::{Value, json};
use tower::service_fn;

use crate::mix;

/// Returns the request that a service sees, without the parts that may differ.
fn seen(parts: &http::request::Parts, body: &[u8]) -> Value {
    let mut query: Vec<(String, String)> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    // Values of one name stay in their order.
    query.sort_by(|a, b| a.0.cmp(&b.0));
    let mut fields = BTreeMap::<&str, Vec<String>>::new();
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name != "x-amzn-trace-id") {
        fields.entry(name.as_str()).or_default().push(String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    let path = percent_encoding::percent_decode_str(parts.uri.path()).collect::<Vec<u8>>();
    json!({"method": parts.method.as_str(), "path": path, "query": query, "fields": fields, "body": body})
}

/// Returns a response of the kind that the request chooses: every kind of body, and repeated fields.
fn answer(seen: Value) -> http::Response<Vec<u8>> {
    let kind = seen["path"].as_array().map_or(0, Vec::len) + seen["body"].as_array().map_or(0, Vec::len);
    let mut response = http::Response::new(seen.to_string().into_bytes());
    let headers = response.headers_mut();
    headers.insert("x-seen", HeaderValue::from_static("yes"));
    let kinds = ["application/json", "text/plain; charset=utf-8", "application/octet-stream", "image/svg+xml", ""];
    if !kinds[kind % 5].is_empty() {
        headers.insert("content-type", HeaderValue::from_static(kinds[kind % 5]));
    }
    if kind.is_multiple_of(3) {
        headers.append("set-cookie", HeaderValue::from_static("a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT"));
        headers.append("set-cookie", HeaderValue::from_static("b=2"));
    }
    if kind.is_multiple_of(2) {
        *response.status_mut() = StatusCode::CREATED;
    }
    response
}

fn gatewire() -> Worker {
    let service = service_fn(|request: http::Request<gatewire::tower::Body>| async move {
        let (parts, body) = request.into_parts();
        let seen = seen(&parts, &body.into_bytes());
        Ok::<_, Infallible>(answer(seen).map(gatewire::tower::Body::from))
    });
    App::new().fallback_service(service).build().unwrap().worker()
}

/// Handles the event by `lambda_http`, as `lambda_runtime` calls it. The service sees the path without the stage.
fn by_lambda_http(payload: &[u8], stage: Option<&str>) -> Vec<u8> {
    let request: LambdaRequest = serde_json::from_slice(payload).expect("lambda_http reads the event");
    let stage = stage.map(str::to_owned);
    let service = lambda_http::service_fn(move |request: lambda_http::Request| {
        let stage = stage.clone();
        async move {
            let (mut parts, body) = request.into_parts();
            let body = match body {
                lambda_http::Body::Text(text) => text.into_bytes(),
                lambda_http::Body::Binary(bytes) => bytes,
                _ => Vec::new(),
            };
            let path = parts.uri.path().to_owned();
            let path =
                stage.and_then(|stage| path.strip_prefix(&format!("/{stage}")).map(str::to_owned)).unwrap_or(path);
            let path = if path.is_empty() { "/".to_owned() } else { path };
            let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            let target: http::Uri = format!("{path}{query}").parse().unwrap();
            parts.uri = target;
            Ok::<_, Infallible>(answer(seen(&parts, &body)).map(lambda_http::Body::from))
        }
    });
    let mut adapter = Adapter::from(service);
    let future = adapter.call(LambdaEvent::new(request, Context::default()));
    let response = future.now_or_never().expect("nothing to wait for").expect("an infallible service");
    serde_json::to_vec(&response).unwrap()
}

/// Returns a response as the gateway reads it.
fn read(source: EventSource, payload: &[u8]) -> (u16, BTreeMap<String, Vec<String>>, Vec<u8>) {
    let response = HttpResponse::from_payload(source, payload)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(payload)));
    let mut fields = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in response.headers {
        fields.entry(name.to_ascii_lowercase()).or_default().push(value);
    }
    fields.values_mut().for_each(|values| values.sort());
    (response.status, fields, response.body)
}

fn compare(worker: &mut Worker, source: EventSource, payload: &[u8]) {
    let event: Value = serde_json::from_slice(payload).unwrap();
    let stage = event["requestContext"]["stage"].as_str().filter(|stage| *stage != "$default");
    let own = worker
        .call_blocking(payload, &LambdaContext::default())
        .unwrap_or_else(|error| panic!("{error} {event}"))
        .to_vec();
    let own = read(source, &own);
    let mut theirs = read(source, &by_lambda_http(payload, stage));
    if source == EventSource::Alb && event["multiValueHeaders"].is_null() {
        // The load balancer reads one value for each name, so repeated fields are joined here, and `lambda_http` loses them.
        // Cookies are sent under names that differ in case.
        let joined = theirs.1.iter_mut().filter(|(name, _)| *name != "set-cookie");
        joined.for_each(|(_, values)| *values = vec![values.join(", ")]);
    }
    let shown = |(status, fields, body): &(u16, BTreeMap<String, Vec<String>>, Vec<u8>)| {
        format!("{status} {fields:?} {}", String::from_utf8_lossy(body))
    };
    assert!(own == theirs, "{source:?}\nown    {}\ntheirs {}\n{event}", shown(&own), shown(&theirs));
}

/// Returns the source if `lambda_http` knows it.
fn source_of(event: &Value) -> Option<EventSource> {
    let context = &event["requestContext"];
    if context["elb"].is_object() {
        Some(EventSource::Alb)
    } else if context["http"].is_object() {
        let domain = context["domainName"].as_str().unwrap_or_default();
        Some(if domain.contains(".lambda-url.") { EventSource::FunctionUrl } else { EventSource::HttpApiV2 })
    } else if event["httpMethod"].is_string() && event["version"].is_null() {
        Some(EventSource::RestApi)
    } else {
        None
    }
}

#[test]
fn the_mix_of_events_reads_the_same() {
    let mut worker = gatewire();
    for event in mix::events() {
        let source = match event.sender {
            mix::Sender::Rest => EventSource::RestApi,
            mix::Sender::Http => EventSource::HttpApiV2,
            mix::Sender::Alb => EventSource::Alb,
        };
        compare(&mut worker, source, event.payload.as_bytes());
    }
}

#[test]
fn the_samples_read_the_same() {
    let mut worker = gatewire();
    let mut compared = Vec::new();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let payload = fs::read(&path).unwrap();
        if let Some(source) = source_of(&serde_json::from_slice(&payload).unwrap()) {
            compare(&mut worker, source, &payload);
            compared.push(path);
        }
    }
    assert!(compared.len() >= 10, "{compared:?}");
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 32) % end as u64) as usize
    }

    fn text(&mut self, characters: &[char], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| characters[self.below(characters.len())]).collect()
    }
}

fn encoded(random: &mut Random, text: &str) -> String {
    let escape = |byte: u8| format!("%{byte:02X}");
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() && random.below(4) > 0 {
                char::from(byte).to_string()
            } else {
                escape(byte)
            }
        })
        .collect()
}

/// A request that both read alike: no name occurs twice in the query, since `lambda_http` groups them.
fn request(random: &mut Random) -> HttpRequest {
    const ODD: &[char] =
        &['a', 'b', 'z', '0', ' ', '%', '+', '&', '=', '"', '\u{e9}', '\u{1f600}', ';', ',', '~', '\''];
    let method = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"][random.below(6)];
    let mut target = String::new();
    for _ in 0..=random.below(4) {
        let segment = format!("s{}e", random.text(ODD, 6).replace('%', "x"));
        target += &format!("/{}", encoded(random, &segment));
    }
    for number in 0..random.below(5) {
        let (name, value) = (format!("{number}{}", random.text(ODD, 4)), random.text(ODD, 8));
        let separator = if number == 0 { '?' } else { '&' };
        target += &format!("{separator}{}={}", encoded(random, &name), encoded(random, &value));
    }
    let mut request =
        HttpRequest::new(method, &target).header("Host", "example.com").stage(["dev", "$default"][random.below(2)]);
    for number in 0..random.below(6) {
        let name = ["Accept", "X-Custom", "user-agent", "X-Forwarded-For", "If-None-Match", "x-custom-other"][number];
        request = request.header(name, random.text(ODD, 20).trim());
    }
    if random.below(3) == 0 {
        request = request.header("Cookie", "a=1; b=2");
    }
    let kind = ["application/json", "text/plain", "image/png"][random.below(3)];
    if random.below(2) == 0 {
        let body = random.text(ODD, 60);
        request = request.header("Content-Type", kind).body(body);
    } else if random.below(2) == 0 {
        let body: Vec<u8> = (0..random.below(60)).map(|_| random.below(256) as u8).collect();
        request = request.header("Content-Type", kind).body(body);
    }
    request
}

#[test]
fn five_thousand_generated_events_read_the_same() {
    let mut worker = gatewire();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for round in 0..1250 {
        let request = request(&mut random).multi_value(round % 2 == 0);
        for source in [EventSource::RestApi, EventSource::HttpApiV2, EventSource::Alb, EventSource::FunctionUrl] {
            compare(&mut worker, source, &request.event(source));
        }
    }
}

/// Returns scheme and authority of the URI that a service sees, by gatewire with absolute URIs and by `lambda_http`.
fn origins(worker: &mut Worker, source: EventSource, payload: &[u8]) -> [String; 2] {
    let own = worker.call_blocking(payload, &LambdaContext::default()).unwrap().to_vec();
    let request: LambdaRequest = serde_json::from_slice(payload).expect("lambda_http reads the event");
    let service = lambda_http::service_fn(async |request: lambda_http::Request| {
        Ok::<_, Infallible>(http::Response::new(lambda_http::Body::from(origin(request.uri()))))
    });
    let answer = Adapter::from(service).call(LambdaEvent::new(request, Context::default()));
    let answer = answer.now_or_never().expect("nothing to wait for").expect("an infallible service");
    [own, serde_json::to_vec(&answer).unwrap()]
        .map(|payload| HttpResponse::from_payload(source, &payload).unwrap().text().unwrap().to_owned())
}

fn origin(uri: &http::Uri) -> String {
    format!("{:?} {:?}", uri.scheme_str(), uri.authority())
}

#[test]
fn absolute_uris_have_the_scheme_and_the_host_that_lambda_http_gives_them() {
    let service = service_fn(async |request: http::Request<gatewire::tower::Body>| {
        Ok::<_, Infallible>(http::Response::new(origin(request.uri())))
    });
    let mount = gatewire::tower::Mount::new(service).absolute_uri(true);
    let mut worker = App::new().fallback(mount).build().unwrap().worker();
    let mut with_host = 0;
    let mix = mix::events().into_iter().map(|event| event.payload.into_bytes());
    let samples = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events")).unwrap();
    let samples =
        samples.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    for payload in mix.chain(samples.map(|path| fs::read(path).unwrap())) {
        let event: Value = serde_json::from_slice(&payload).unwrap();
        let Some(source) = source_of(&event) else { continue };
        // `lambda_http` finds no host in the fields with several values that a load balancer sends.
        if event["headers"].is_null() {
            continue;
        }
        let [own, theirs] = origins(&mut worker, source, &payload);
        assert_eq!(own, theirs, "{source:?} {}", String::from_utf8_lossy(&payload));
        with_host += usize::from(own.contains("Some"));
    }
    assert!(with_host > 600, "{with_host}");
}

/// gatewire sends text unchanged, whereas `lambda_http` decodes it by the charset of its type, and sends UTF-8 with the
/// type unchanged.
#[test]
fn a_charset_is_kept() {
    let headers = HeaderMap::from_iter([(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=iso-8859-1"),
    )]);
    let service = service_fn(move |_: http::Request<gatewire::tower::Body>| {
        let mut response = http::Response::new(gatewire::tower::Body::from(vec![b'h', 0xe9]));
        *response.headers_mut() = headers.clone();
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let mut worker = App::new().fallback_service(service).build().unwrap().worker();
    let payload = worker
        .call_blocking(&HttpRequest::new("GET", "/").event(EventSource::HttpApiV2), &LambdaContext::default())
        .unwrap();
    let response = HttpResponse::from_payload(EventSource::HttpApiV2, payload).unwrap();
    assert_eq!(response.body, [b'h', 0xe9]);
}
