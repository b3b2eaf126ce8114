//! No heap allocation per invocation in the whole process under the direct runtime, once warm, and one connection.
//!
//! The function is this program in a second process, so that allocations of the Runtime API do not count. Its responses
//! say how many allocations there were so far.

#![allow(unsafe_code)] // `TraceVariable::define` is unsafe to call

#[path = "support/counting.rs"]
mod counting;
// Each test program compiles all of the module and uses a part.
#[allow(dead_code)]
mod support;

use std::process::{Child, Stdio};

use counting::allocations_so_far;
use gatewire::gateway::HttpRequest;
use gatewire::observe::{AccessLog, Metrics};
use gatewire::runtime::direct::Direct;
use gatewire::{App, EventSource, Json, Request, Stream};
use serde_json::Value;
use support::mock_api::{Faults, Framing, Invocation, MockApi};

fn count(req: Request<'_>) -> Json<(&str, usize)> {
    Json((req.param("name"), allocations_so_far()))
}

/// Returns `Pending` once, so that the executor must poll again.
async fn count_later(req: Request<'_>) -> Json<(&str, usize)> {
    let mut pending = true;
    std::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::take(&mut pending) { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    count(req)
}

/// Streams small and large pieces, one of which holds the count.
fn stream(_: Request<'_>) -> impl gatewire::IntoResponse + use<> {
    const LARGE: &[u8] = &[b' '; 10_000];
    let captured = [7_u8; 100];
    Stream::new(async move |mut sink| {
        sink.write("[\"ada\",").await;
        sink.write(LARGE).await;
        let mut digits = [0; 20];
        let digits = decimal(allocations_so_far(), &mut digits);
        sink.write(digits).await;
        sink.write(if captured[99] == 7 { "]" } else { "" }).await;
        Ok(())
    })
}

/// Writes a number in digits, without an allocation.
fn decimal(mut number: usize, into: &mut [u8; 20]) -> &[u8] {
    let mut at = into.len();
    loop {
        at -= 1;
        into[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &into[at..];
        }
    }
}

fn app() -> App {
    App::new()
        .get("/count/{name}", count)
        .get("/later/{name}", count_later)
        .post("/count/{name}", count)
        .get("/stream/{name}", stream)
        .get("/missing", |req: Request<'_>| req.reply((404, Json(("missing", allocations_so_far())))))
}

/// Returns events of several gateways in turn, in one piece and in chunks.
fn invocations(count: usize) -> Vec<Invocation> {
    let events = [
        (HttpRequest::new("GET", "/count/ada?page=2"), EventSource::HttpApiV2),
        (HttpRequest::new("GET", "/later/ada"), EventSource::RestApi),
        (HttpRequest::new("POST", "/count/ada").body(&b"{\"title\":\"x\"}".repeat(500)[..]), EventSource::FunctionUrl),
        (HttpRequest::new("GET", "/stream/ada"), EventSource::FunctionUrl),
        (HttpRequest::new("GET", "/stream/ada"), EventSource::RestApi),
        (HttpRequest::new("GET", "/missing"), EventSource::Alb),
    ]
    .map(|(request, source)| request.event(source));
    let framings = [Framing::Length, Framing::Chunks(1000)];
    let invocation = |number: usize| {
        let event = events[number % events.len()].clone();
        let trace = format!(
            "Lambda-Runtime-Deadline-Ms: 4102444800000\r\nLambda-Runtime-Trace-Id: Root=1-5759e988-{number:024x};Sampled=1\r\n"
        );
        let invocation = Invocation::new(format!("r-{number:08}"), event).fields(&trace);
        invocation.framing(framings[number / events.len() % framings.len()])
    };
    (0..count).map(invocation).collect()
}

struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const WARM_UP: usize = 100;
const COUNTED: usize = 2000;

fn check(mode: &str) {
    let api = MockApi::start(invocations(WARM_UP + COUNTED), Faults { waits: true, ..Faults::default() });
    let mut command = support::this_program();
    command.env("GATEWIRE_TEST_FUNCTION", mode).env("AWS_LAMBDA_RUNTIME_API", api.address.to_string());
    command.env_remove("AWS_LAMBDA_MAX_CONCURRENCY").stdin(Stdio::null());
    command.stdout(Stdio::null());
    let _function = Function(command.spawn().unwrap());
    api.wait_for_posts(WARM_UP + COUNTED);
    let counts: Vec<u64> = api
        .posted()
        .iter()
        .map(|posted| {
            let body: Value = if let [_prelude, _delimiter, body @ ..] = &posted.chunks[..] {
                assert_eq!(posted.trailers, "");
                serde_json::from_slice(&body.concat()).unwrap()
            } else {
                let response: Value = serde_json::from_slice(&posted.body).unwrap();
                serde_json::from_str(response["body"].as_str().unwrap()).unwrap()
            };
            body[1].as_u64().unwrap()
        })
        .collect();
    let streamed = api.posted().iter().filter(|posted| !posted.chunks.is_empty()).count();
    assert_eq!(streamed > 0, mode == "streaming", "{streamed}");
    let allocations = counts[counts.len() - 1] - counts[WARM_UP];
    println!("{mode}: {allocations} allocations in {COUNTED} invocations, {} connections", api.connections());
    assert_eq!((allocations, api.connections()), (0, 1));
}

fn main() {
    let Ok(mode) = std::env::var("GATEWIRE_TEST_FUNCTION") else {
        for mode in ["run", "one write", "own executor", "streaming", "observed", "trace variable"] {
            check(mode);
        }
        return;
    };
    let direct = || Direct::from_env(app().build().unwrap()).unwrap();
    let ended = match mode.as_str() {
        "one write" => direct().pipelined(true).run(),
        "streaming" => gatewire::run(app().streaming(true)),
        "observed" => {
            let metrics = Metrics::namespace("Shop").service("todos");
            gatewire::run(app().access_log(AccessLog::json()).metrics(metrics).after_response(async || {}))
        }
        #[cfg(unix)]
        "trace variable" => {
            // SAFETY: `main` has just begun, and no other thread has been started.
            let variable = unsafe { gatewire::runtime::direct::TraceVariable::define() };
            direct().trace_variable(variable).run()
        }
        "own executor" => direct().run_on(|mut future| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            while future.as_mut().poll(&mut context).is_pending() {}
        }),
        _ => gatewire::run(app()),
    };
    ended.unwrap();
}
