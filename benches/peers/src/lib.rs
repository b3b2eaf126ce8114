//! gatewire beside its peers: the same events, the same thirty routes, the same responses.
//!
//! Peers are driven as their documentation says, and with every benefit: no executor (their futures are ready at once),
//! an empty Lambda context, no `tracing` subscriber, and no network. Each engine takes the payload of an event and returns
//! the payload of the response. `lambda_http` reads events as `lambda_runtime` does.

#[path = "../../app.rs"]
pub mod app;
#[path = "../../axum_router.rs"]
pub mod axum_router;
pub mod bodies;
pub mod borrowed;
pub mod events;
pub mod json;
pub mod lambda_http;
#[path = "../../mix.rs"]
pub mod mix;
pub mod routes;
pub mod samples;
pub mod typed;

use gatewire::{App, Json, Request, Response, context::LambdaContext, engine::Engine, error::BodyError};
use serde_json::Value;

pub use axum_router::Todo;

/// Payload in, response out: each engine decides where it keeps the response.
pub trait Handle {
    fn handle(&mut self, payload: &[u8]) -> &[u8];
}

/// gatewire, with the memory of one worker.
pub fn gatewire(engine: &Engine) -> impl Handle + use<> {
    struct Worker(gatewire::engine::Worker);
    impl Handle for Worker {
        fn handle(&mut self, payload: &[u8]) -> &[u8] {
            self.0.call_blocking(payload, &LambdaContext::default()).expect("the event is handled")
        }
    }
    Worker(engine.worker())
}

/// gatewire with an app that reads bodies: `PUT` is answered with the body, `POST` with its length.
pub fn gatewire_bodies() -> impl Handle {
    let echo = |request: Request<'_>| {
        let body = request.body_text()?;
        Ok::<_, BodyError>(request.reply(Response::new(body).content_type("application/json")))
    };
    let length = |request: Request<'_>| Ok::<_, BodyError>(request.reply(Json(request.body()?.len())));
    let app = App::new().put("/todos/{id}", echo).post("/todos/{id}", length);
    gatewire(&app.build().expect("an app of one route builds"))
}

/// An engine that returns an owned response, kept until the next one.
struct Owned<F> {
    handle: F,
    response: Vec<u8>,
}

impl<F: FnMut(&[u8]) -> Vec<u8>> Handle for Owned<F> {
    fn handle(&mut self, payload: &[u8]) -> &[u8] {
        self.response = (self.handle)(payload);
        &self.response
    }
}

fn owned(handle: impl FnMut(&[u8]) -> Vec<u8>) -> impl Handle {
    Owned { handle, response: Vec::new() }
}

/// Sets the environment variable of the peers: REST APIs and payload 1.0 name a stage, which is in no route.
pub fn prepare_environment() {
    // SAFETY: this is called first in `main`, before any other thread exists.
    unsafe { std::env::set_var("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true") };
}

/// Fails unless a response has the status 200 and the body `{"id":…}`.
pub fn assert_answer(response: &[u8], id: &str, what: &str) {
    assert_eq!(body_of(response, what), serde_json::json!({ "id": id }), "{what}");
}

/// The JSON body of a response, whose status must be 200.
pub fn body_of(response: &[u8], what: &str) -> Value {
    let response: Value = serde_json::from_slice(response).expect("a response is JSON");
    assert_eq!(response["statusCode"], 200, "{what}: {response}");
    serde_json::from_str(response["body"].as_str().expect("a body that is text")).expect("a body that is JSON")
}
