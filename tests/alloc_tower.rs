//! Few heap allocations for an event, by an axum router on gatewire.
//!
//! A separate test program with its own `main`: the allocator counts for the whole process, so nothing may run beside it.

#[path = "../benches/app.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
mod app;
#[path = "../benches/axum_router.rs"]
#[allow(unreachable_pub)]
mod axum_router;
#[path = "support/counting.rs"]
mod counting;
#[path = "../benches/mix.rs"]
#[allow(dead_code, unreachable_pub)]
mod mix;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use counting::allocations_so_far;
use futures_util::FutureExt;
use gatewire::{App, context::LambdaContext};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::{Service, service_fn};

/// The most allocations for an event, in the mean.
const LIMIT: usize = 20;
/// The most for the conversion of request and response: two for the map of the header fields, one for the buffer.
const OWN_LIMIT: usize = 3;
/// axum's features `matched-path` and `original-uri` each put a box into the extensions of a request. The limit is that of
/// a router without them; other tests need them, so they are on here.
const EXTENSIONS: usize = 2;

/// Returns the allocations of the router on gatewire for all events.
fn on_gatewire(router: Router, events: &[mix::Event]) -> usize {
    let mut worker = App::new().fallback_service(router).build().unwrap().worker();
    let context = LambdaContext::default();
    // Buffers reach their final size, and the names of header fields are remembered.
    for _ in 0..2 {
        for event in events {
            let response = worker.call_blocking(event.payload.as_bytes(), &context).unwrap();
            let response: Value = serde_json::from_slice(response).unwrap();
            assert_eq!(response["statusCode"], 200, "{} {response}", event.path);
            assert_eq!(response["body"], json!({ "id": event.id }).to_string());
        }
    }
    let before = allocations_so_far();
    for event in events {
        assert!(worker.call_blocking(event.payload.as_bytes(), &context).is_ok());
    }
    allocations_so_far() - before
}

/// Returns the allocations of the router alone, for requests that are there already.
fn alone(mut router: Router, events: &[mix::Event]) -> usize {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    let keep = service_fn(move |request: http::Request<gatewire::tower::Body>| {
        seen.lock().unwrap().push(request);
        std::future::ready(Ok::<_, Infallible>(http::Response::new(String::new())))
    });
    let mut worker = App::new().fallback_service(keep).build().unwrap().worker();
    for event in events {
        worker.call_blocking(event.payload.as_bytes(), &LambdaContext::default()).unwrap();
    }
    let requests = std::mem::take(&mut *requests.lock().unwrap());
    assert_eq!(requests.len(), events.len());
    let before = allocations_so_far();
    for request in requests {
        let response = router.call(request).now_or_never().unwrap().unwrap();
        assert!(response.into_body().frame().now_or_never().unwrap().is_some());
    }
    allocations_so_far() - before
}

fn main() {
    let events = mix::events();
    let router = || axum_router::router(get(axum_router::one));
    let (all, alone) = (on_gatewire(router(), &events), alone(router(), &events));
    println!("{} events: {all} allocations, {alone} of them by axum", events.len());
    assert!(alone < all, "the router alone has more");
    assert!(all - alone <= OWN_LIMIT * events.len(), "the conversion has more than {OWN_LIMIT} an event");
    assert!(all <= (LIMIT + EXTENSIONS) * events.len(), "all have more than {LIMIT} an event");
}
