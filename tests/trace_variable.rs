//! The direct runtime sets `_X_AMZN_TRACE_ID` if it is asked to.
//!
//! One test in a program of its own: while the variable is defined, no other thread may use the environment.

#![cfg(unix)]
#![allow(unsafe_code)] // `TraceVariable::define` is unsafe to call

// Each test program compiles all of the module and uses a part.
#[allow(dead_code)]
mod support;

use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::runtime::direct::{Direct, TraceVariable};
use gatewire::{App, EventSource, Request};
use support::mock_api::{Faults, Invocation, MockApi};

const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a";

/// The variable as the AWS SDK reads it.
fn variable() -> String {
    std::env::var("_X_AMZN_TRACE_ID").unwrap_or_else(|_| "no such variable".to_owned())
}

/// Returns what an async and a sync handler read during invocations with these headers, so many of which run at a time.
fn read(at_a_time: usize, direct: impl Fn(Direct) -> Direct, headers: &[Option<&str>]) -> Vec<String> {
    let app = App::new().get("/sync", |_: Request<'_>| variable()).get("/async", async |_: Request<'_>| variable());
    let invocations = headers.iter().enumerate().map(|(number, header)| {
        let target = if number % 2 == 0 { "/sync" } else { "/async" };
        let event = HttpRequest::new("GET", target).event(EventSource::HttpApiV2);
        let field = header.map_or_else(String::new, |header| format!("Lambda-Runtime-Trace-Id: {header}\r\n"));
        Invocation::new(format!("r-{number}"), event).fields(&field)
    });
    let api = MockApi::with_concurrency(invocations.collect(), Faults::default(), at_a_time);
    let runtime = Direct::new(app.build().unwrap(), &api.address.to_string()).unwrap();
    direct(runtime).concurrency(at_a_time).run().unwrap_err();
    let mut posted = api.posted();
    posted.sort_by(|one, other| one.path.cmp(&other.path));
    let text =
        |body: &[u8]| HttpResponse::from_payload(EventSource::HttpApiV2, body).unwrap().text().unwrap().to_owned();
    posted.iter().map(|posted| text(&posted.body)).collect()
}

#[test]
fn handlers_find_the_trace_of_their_invocation_in_the_environment() {
    // SAFETY: this is the only test of the program, and the thread that started it waits for its end.
    let trace = unsafe { TraceVariable::define() };
    assert_eq!(variable(), "");
    let (longest, too_long) = ("x".repeat(1023), "x".repeat(1024));
    let headers = [Some(TRACE), Some("Root=b"), Some(&*longest), None, Some(TRACE), Some(&*too_long), Some("Root=c")];
    let expected = [TRACE, "Root=b", &longest, "", TRACE, "", "Root=c"];
    assert_eq!(read(1, |direct| direct.trace_variable(trace), &headers), expected);
    // There is one such variable, which other changes of the environment leave alone.
    // SAFETY: the threads of the service before have ended or wait for a connection.
    unsafe { std::env::set_var("GATEWIRE_TEST", "x") };
    assert_eq!(std::env::vars().filter(|(name, _)| name == "_X_AMZN_TRACE_ID").count(), 1);
    // SAFETY: as above.
    let same = unsafe { TraceVariable::define() };
    assert_eq!(read(1, |direct| direct.trace_variable(same), &[Some("Root=d")]), ["Root=d"]);
    // Without the setting, and with several invocations at a time, it stays as it is.
    assert_eq!(read(1, |direct| direct, &[Some(TRACE)]), ["Root=d"]);
    // The worker that finds no more events ends the others, so the last responses may be missing.
    let several = read(2, |direct| direct.trace_variable(trace), &[Some(TRACE); 40]);
    assert!(several.len() > 20 && several.iter().all(|value| value == "Root=d"), "{several:?}");
}
