//! The cost that the access log and the metrics add to an event, beside `tracing-subscriber` and `metrics_cloudwatch_embedded`.
//!
//! Without arguments it measures all of them in turn, 60 times, and prints the least time of each and its heap allocations.
//! `WHAT N` handles the event N times after a warm-up, for callgrind: the difference of two runs counts its instructions.
//!
//! The event is `tests/events/http.json`. Lines go to a function that drops them, so the system call of each line is not included.

#[path = "../../../tests/support/counting.rs"]
mod counting;

use std::hint::black_box;
use std::io;
use std::time::{Duration, Instant};

use counting::allocations_so_far;
use gatewire::context::{LambdaContext, Trace};
use gatewire::engine::Worker;
use gatewire::observe::{AccessLog, Metrics};
use gatewire::{App, Request};
use metrics_cloudwatch_embedded::{Builder, Collector};

const EVENT: &[u8] = include_bytes!("../../../tests/events/http.json");
const PASSES: usize = 60;
const EVENTS: usize = 1000;

/// Drops lines.
struct Nowhere;

impl io::Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(black_box(bytes).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn drop_lines(lines: &[u8]) {
    black_box(lines);
}

/// The fields of the access log, as an event of `tracing`. `tracing-subscriber` adds the level and the time. The length of the
/// response is not known yet, so that of the event stands for it.
fn trace(req: Request<'_>, begin: Instant) {
    let bytes = EVENT.len();
    tracing::info!(
        service = "todos",
        cold_start = req.is_cold_start(),
        function_request_id = req.lambda().request_id,
        xray_trace_id = req.trace().map(Trace::root),
        bytes_in = bytes,
        source = "HttpApiV2",
        method = req.method(),
        route = req.route(),
        path = req.path(),
        correlation_id = req.correlation_id(),
        status = req.response().status().as_u16(),
        duration_ms = begin.elapsed().as_secs_f64() * 1000.0,
        bytes_out = bytes,
        "request"
    );
}

/// The metrics of an invocation, with the names, dimensions and metadata of ours.
fn measure(collector: &Collector, req: Request<'_>, begin: Instant) {
    let (route, status) = (req.route().unwrap_or("NOT_FOUND").to_owned(), req.response().status().as_u16());
    metrics::histogram!("latency", "route" => route.clone()).record(begin.elapsed().as_secs_f64() * 1000.0);
    metrics::counter!("fault", "route" => route.clone()).increment(u64::from(status >= 500));
    metrics::counter!("error", "route" => route).increment(u64::from((400..500).contains(&status)));
    collector.set_property("function_request_id", req.lambda().request_id);
    collector.set_property("httpMethod", req.method());
    collector.set_property("path", req.path());
    collector.set_property("statusCode", status.to_string());
    collector.set_property("apiGwRequestId", req.correlation_id().unwrap_or_default());
    collector.set_property("apiGwApiId", req.context().api_id().unwrap_or_default());
    collector.flush(Nowhere).expect("nothing is written");
}

const SUBJECTS: [&str; 8] = [
    "nothing",
    "log, JSON",
    "log, text",
    "log, with client",
    "metrics",
    "log and metrics",
    "tracing-subscriber",
    "embedded",
];

fn app(subject: &str, collector: &'static Collector) -> App {
    let app = App::new().get("/todos/{id}", |req: Request<'_>| req.reply(req.param("id")));
    let log = || AccessLog::json().service("todos").sink(drop_lines);
    let own = || Metrics::namespace("N").service("todos").sink(drop_lines);
    match subject {
        "log, JSON" => app.access_log(log()),
        "log, text" => app.access_log(AccessLog::text().service("todos").sink(drop_lines)),
        "log, with client" => app.access_log(log().user_agent(true).source_ip(true)),
        "metrics" => app.metrics(own()),
        "log and metrics" => app.access_log(log()).metrics(own()),
        "tracing-subscriber" => app.after(|req| trace(req, black_box(Instant::now()))),
        "embedded" => app.after(|req| measure(collector, req, black_box(Instant::now()))),
        _ => app,
    }
}

fn handle(worker: &mut Worker, lambda: &LambdaContext<'_>, times: usize) {
    for _ in 0..times {
        black_box(worker.call_blocking(black_box(EVENT), lambda).expect("a response"));
    }
}

fn main() {
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_writer(|| Nowhere).finish();
    tracing::subscriber::set_global_default(lines).expect("the first subscriber");
    // Without it, metrics of zero are left out, and ours are not.
    let collector = Builder::new().cloudwatch_namespace("N").with_dimension("service", "todos").emit_zeros(true).init();
    let collector = collector.expect("the first recorder");
    let lambda = LambdaContext::default()
        .with_request_id("8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .with_trace_id("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
    let worker = |subject| app(subject, collector).build().expect("an engine").worker();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [subject, times] = &arguments[..] {
        assert!(SUBJECTS.contains(&&**subject), "there are {SUBJECTS:?}");
        let mut worker = worker(subject);
        return handle(&mut worker, &lambda, 32 + times.parse::<usize>().expect("a number of events"));
    }
    let mut workers = SUBJECTS.map(worker);
    let mut least = [Duration::MAX; SUBJECTS.len()];
    let mut allocations = [0; SUBJECTS.len()];
    for _ in 0..PASSES {
        for ((worker, least), allocations) in workers.iter_mut().zip(&mut least).zip(&mut allocations) {
            handle(worker, &lambda, 10);
            let (before, begin) = (allocations_so_far(), Instant::now());
            handle(worker, &lambda, EVENTS);
            *least = begin.elapsed().min(*least);
            *allocations = allocations_so_far() - before;
        }
    }
    let nanos = |time: Duration| time.as_nanos() as f64 / EVENTS as f64;
    println!("| | ns of an event | ns more | heap allocations |\n| --- | ---: | ---: | ---: |");
    for ((subject, time), allocations) in SUBJECTS.iter().zip(least).zip(allocations) {
        let (time, nothing) = (nanos(time), nanos(least[0]));
        println!("| {subject} | {time:.0} | {:.0} | {:.1} |", time - nothing, allocations as f64 / EVENTS as f64);
    }
}
