//! A function as it runs in production: access log, metrics, traces for the AWS SDK, a limit of time, and hooks that send what
//! the client need not wait for. It is for Unix, since the variable of the trace is.
//!
//! ```sh
//! cargo run --example production --features graceful-shutdown
//! curl -i localhost:8080/orders -d '{"item":"tea","count":2}' -H 'content-type: application/json'
//! curl -i localhost:8080/orders/slow
//! ```
//!
//! The gateway on your machine shows the lines of the log and the metrics. On Lambda, `examples/deploy/production.yaml` turns on
//! the log format JSON and tracing. The manual has a page about it, `gatewire::manual::production`.

#![allow(unsafe_code)] // `TraceVariable::define` is unsafe to call

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gatewire::app::SecurityHeaders;
use gatewire::observe::{AccessLog, Metrics};
use gatewire::runtime::direct::{Direct, TraceVariable};
use gatewire::{App, Error, HttpError, Request, Route};
use serde::Deserialize;

/// Messages that are sent after the response. A real function would have the client of a queue here.
#[derive(Default)]
struct Outbox {
    waiting: Mutex<Vec<String>>,
}

impl Outbox {
    fn add(&self, message: String) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    async fn send(&self) {
        let messages = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for message in messages {
            // Standard output has whole lines of JSON alone.
            eprintln!("sent: {message}");
        }
    }
}

#[derive(Deserialize)]
struct Order<'r> {
    item: &'r str,
    count: u32,
}

fn create(req: Request<'_>) -> Result<(u16, &'static str), Error> {
    let Order { item, count } = req.body_json()?;
    if count == 0 {
        return Err(HttpError::bad_request("an order has at least one item").into());
    }
    req.metrics().count("Ordered", count);
    req.state::<Arc<Outbox>>().add(format!("{count} {item}"));
    Ok((201, "ordered"))
}

/// A call of a service that does not answer.
async fn slow(_: Request<'_>) -> &'static str {
    tokio::time::sleep(Duration::from_secs(3600)).await;
    "late"
}

fn app(outbox: Arc<Outbox>) -> App {
    let sending = Arc::clone(&outbox);
    App::new()
        .state(outbox)
        .access_log(AccessLog::json().service("orders"))
        .metrics(Metrics::namespace("Shop").service("orders"))
        .request_id_header("X-Request-Id")
        .security_headers(SecurityHeaders::new())
        .body_limit(64 * 1024)
        .post("/orders", create)
        // Before the limits of the function (10 s in the template) and of the gateway, so that the client gets 504 and the log
        // has a line.
        .route(Route::get("/orders/slow", slow).timeout(Duration::from_secs(2)))
        .after_response(async move || sending.send().await)
}

fn main() -> Result<(), gatewire::RunError> {
    let outbox = Arc::new(Outbox::default());
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return gatewire::run(app(outbox));
    }
    // SAFETY: `main` has just begun, and no other thread has been started.
    let trace = unsafe { TraceVariable::define() };
    Direct::from_env(app(Arc::clone(&outbox)).build()?)?
        .trace_variable(trace)
        // These two take an extension, which Lambda starts with the program: nothing is to be deployed for it.
        .stop_on_sigterm()
        .on_shutdown(async move || outbox.send().await)
        .run()
}

#[cfg(test)]
mod tests {
    use gatewire::testing::Client;
    use serde_json::json;

    use super::*;

    #[test]
    fn orders_are_sent_after_the_response() {
        let outbox = Arc::new(Outbox::default());
        let client = Client::new(app(Arc::clone(&outbox))).unwrap();
        let response = client.post("/orders").json(&json!({"item": "tea", "count": 2})).send();
        assert_eq!((response.status(), response.text()), (201, "ordered"));
        assert!(response.header("x-request-id").is_some() && response.header("x-content-type-options").is_some());
        assert!(outbox.waiting.lock().unwrap().is_empty());
        assert_eq!(client.post("/orders").json(&json!({"item": "tea", "count": 0})).send().status(), 400);
        assert_eq!(client.post("/orders").body("x".repeat(65 * 1024)).send().status(), 413);
    }

    #[test]
    fn a_slow_handler_has_a_response() {
        let client = Client::new(app(Arc::default())).unwrap();
        assert_eq!(client.get("/orders/slow").send().status(), 504);
    }
}
