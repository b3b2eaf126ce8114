//! Requests as services get them: they are valid for any event, and nothing is lost.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use arbitrary::Unstructured;
use serde_json::{Value, json};

use super::sources::{Sent, forms, sent};
use crate::app::App;
use crate::engine::Engine;
use crate::gateway::HttpResponse;
use crate::handler::{LambdaContext, Request};
use crate::http::percent::{QueryPairs, decode_path, decode_query_component, show_path};
use crate::tower::Body;

/// Names and values, sorted.
type Pairs = Vec<(String, String)>;

/// The parts of a request that this crate reads: the service has to see the same.
#[derive(Debug, PartialEq)]
struct View {
    method: String,
    path: String,
    query: Pairs,
    fields: Pairs,
    body: Vec<u8>,
}

thread_local! {
    static EXPECTED: RefCell<Option<View>> = const { RefCell::new(None) };
}

fn sorted(mut pairs: Pairs) -> Pairs {
    pairs.sort();
    pairs
}

fn owned<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> Pairs {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The view of this crate; cookies in a separate list are one field.
fn expected(req: Request<'_>) -> Option<View> {
    let mut fields: Pairs = req.headers().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let list: Vec<String> = req
        .event()
        .get("cookies")
        .into_iter()
        .flat_map(|list| list.items().filter_map(|c| Some(c.as_str()?.to_owned())).collect::<Vec<_>>())
        .collect();
    if !list.is_empty() {
        fields.retain(|(name, _)| name != "cookie");
        fields.push(("cookie".to_owned(), list.join("; ")));
    }
    let path = if req.path().starts_with('/') { req.path().to_owned() } else { format!("/{}", req.path()) };
    Some(View {
        method: req.method().to_owned(),
        path,
        query: owned(req.query_pairs()),
        fields: sorted(fields),
        body: req.body().ok()?.to_vec(),
    })
}

/// The view of the service.
fn seen(request: http::Request<Body>) -> View {
    let (parts, body) = request.into_parts();
    let uri: http::Uri = parts.uri.to_string().parse().expect("a URI that is written is one");
    assert_eq!(uri, parts.uri);
    assert!(uri.scheme().is_none() && uri.authority().is_none() && uri.path().starts_with('/'), "{uri}");
    let arena = bumpalo::Bump::new();
    let mut escaped = Vec::new();
    let path = decode_path(&arena, uri.path(), true, &mut escaped).expect("a path that can be decoded");
    let path = show_path(&arena, path, &escaped);
    let decode = |text| decode_query_component(&arena, text);
    let query = QueryPairs::new(uri.query().unwrap_or_default()).map(|(name, value)| (decode(name), decode(value)));
    let text = |value: &http::HeaderValue| String::from_utf8(value.as_bytes().to_vec()).expect("it was text");
    let fields = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let query = owned(query);
    View {
        method: parts.method.to_string(),
        path: path.to_owned(),
        query,
        fields: sorted(fields),
        body: body.into_bytes().to_vec(),
    }
}

/// Compares, and answers with its view.
#[derive(Clone)]
struct Echo;

impl tower_service::Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let seen = seen(request);
        EXPECTED.with_borrow_mut(|expected| assert_eq!(Some(&seen), expected.as_ref()));
        let cookies = seen.fields.iter().filter(|(name, _)| name == "cookie").flat_map(|(_, list)| list.split("; "));
        let cookies: Vec<_> = cookies.filter_map(|pair| pair.split_once('=')).collect();
        let named = seen.fields.iter().filter(|(name, _)| name.starts_with("x-field-")).cloned();
        let answer = json!({
            "method": seen.method,
            "path": seen.path,
            "query": seen.query.iter().cloned().collect::<BTreeMap<_, _>>(),
            "headers": named.collect::<BTreeMap<_, _>>(),
            "cookies": cookies,
            "body": seen.body,
        });
        ready(Ok(http::Response::new(Body::from(answer.to_string()))))
    }
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let note = |req: Request<'_>| {
            EXPECTED.set(expected(req));
            ControlFlow::Continue(())
        };
        App::new().before(note).fallback_service(Echo).build().expect("the app builds")
    })
}

/// Bytes as an event, and as a request through a gateway: a service sees the request as it was sent, or nothing.
pub fn tower(data: &[u8]) {
    let mut worker = engine().worker();
    match worker.call_blocking(data, &LambdaContext::default()) {
        Ok(response) => {
            assert!(serde_json::from_slice::<Value>(response).is_ok_and(|answer| answer["statusCode"].is_u64()))
        }
        Err(error) => assert_ne!(error.error_type(), "Panic", "{error}"),
    }
    let Ok(Sent { request, expected }) = sent(&mut Unstructured::new(data)) else { return };
    for (source, multi_value) in forms(data) {
        let event = request.clone().multi_value(multi_value).event(source);
        let payload = worker.call_blocking(&event, &LambdaContext::default()).unwrap_or_else(|error| panic!("{error}"));
        let response = HttpResponse::from_payload(source, payload).expect("the gateway takes it");
        let seen: Value = serde_json::from_slice(&response.body).unwrap_or_else(|_| panic!("{response:?} {request:?}"));
        assert_eq!(seen, expected, "{source:?} {multi_value} {request:?}");
    }
}
