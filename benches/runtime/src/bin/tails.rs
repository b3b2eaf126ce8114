//! The tails of many invocations:
//!
//! ```sh
//! cargo build --release -p gatewire-bench-runtime --bin tails --bin floor && target/release/tails
//! ```
//!
//! A clock around `Worker::call` measures the time of the crate alone. Beside it runs a control, a loop of the same length
//! over a little memory: its tail is that of the machine. The same two, the crate and the least work that a client can do,
//! then run as functions against a mock Runtime API, from the event to the response: sockets and the scheduler come on top.
//! All is measured twice, alone and beside a process that sweeps memory on the same CPU.
//!
//! `--count N` is the number of calls and of invocations of each row, `--seconds N` the most time of a row, which then
//! has fewer.

#[path = "../app.rs"]
mod app;
#[allow(dead_code)]
#[path = "../count.rs"]
mod count;
#[allow(dead_code)]
#[path = "../../../../tests/support/mock_api.rs"]
mod mock_api;
#[path = "../routes.rs"]
mod routes;

use std::error::Error;
use std::hint::black_box;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gatewire::EventSource;
use gatewire::context::LambdaContext;
use gatewire::gateway::HttpRequest;
use gatewire::runtime::direct::Direct;
use mock_api::{Faults, Invocation, MockApi};

const EVENT: &[u8] = include_bytes!("../../../../tests/events/rest.json");
const BODY: &str = r#"{\"id\":\"42\"}"#;
/// Calls before the first that is measured.
const WARM_UP: usize = 1000;
/// The most invocations in the queue of the Runtime API.
const ROUND: usize = 2000;
/// The number of pairs in the query that makes buffers grow, and of the times that it comes.
const PAIRS: usize = 20_000;
const LARGE_EVENTS: usize = 4;
/// The memory of the control, in words: about as much as a call reads, code included.
const WORDS: usize = 4096;
/// The memory that the noise sweeps: more than the caches hold.
const SWEPT: usize = 64 << 20;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How much is measured.
#[derive(Clone, Copy)]
struct Effort {
    count: usize,
    time: Duration,
}

/// The measured times, in nanoseconds.
#[derive(Default)]
struct Times {
    all: Vec<u32>,
    /// Those of calls that allocated memory.
    allocating: Vec<u32>,
}

impl Times {
    fn new(effort: Effort) -> Self {
        // Each page is written to before the measurement.
        let mut all = vec![1; effort.count];
        all.clear();
        Self { all, allocating: Vec::with_capacity(effort.count / 100) }
    }

    fn push(&mut self, time: Duration, allocates: bool) {
        let nanoseconds = u32::try_from(time.as_nanos()).unwrap_or(u32::MAX);
        self.all.push(nanoseconds);
        if allocates {
            self.allocating.push(nanoseconds);
        }
    }

    /// Sorts the times, and returns the median.
    fn median(&mut self) -> u32 {
        self.all.sort_unstable();
        self.all[self.all.len() / 2]
    }

    /// Prints a row of the table.
    fn report(mut self, what: &str, noise: bool) {
        let median = self.median();
        let at = |place: usize| f64::from(self.all[self.all.len() * place / 100_000]) / 1e3;
        let slow = self.all.len() - self.all.partition_point(|time| *time <= 2 * median);
        println!(
            "| {what} | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} | {slow} ({:.4} %) | {} |",
            if noise { "noise" } else { "alone" },
            self.all.len(),
            at(50_000),
            at(99_000),
            at(99_900),
            at(99_990),
            f64::from(self.all[self.all.len() - 1]) / 1e3,
            slow as f64 * 100.0 / self.all.len() as f64,
            self.allocating.len(),
        );
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("function") => return function(),
        Some("noise") => noise(),
        _ => {}
    }
    let number = |flag: &str, or: usize| {
        let given = arguments.windows(2).find(|pair| pair[0] == flag);
        given.map_or(Ok(or), |pair| pair[1].parse())
    };
    if !arguments.iter().any(|argument| argument == "--pinned") {
        // Functions, and the noise, inherit the CPU.
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(std::env::current_exe()?).args(&arguments).arg("--pinned");
        return if command.status()?.success() { Ok(()) } else { Err("measuring has failed".into()) };
    }
    let effort =
        Effort { count: number("--count", 10_000_000)?, time: Duration::from_secs(number("--seconds", 600)? as u64) };
    count::enable();
    println!(
        "Times in microseconds.\n\n\
         | what | beside | number | p50 | p99 | p99.9 | p99.99 | max | above twice the median | allocating |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    );
    for beside in [false, true] {
        let _noise = beside.then(|| Process::start("tails", Some("noise"), None)).transpose()?;
        let mut calls = calls(effort)?;
        let median = calls.median();
        control(effort, median).report("control: a loop of that length", beside);
        calls.report("`Worker::call`", beside);
        functions(effort, "floor", None)?.report("floor: canned bytes, event to response", beside);
        functions(effort, "tails", Some("function"))?.report("direct runtime, event to response", beside);
    }
    Ok(())
}

/// The calls of a worker, with a few large events between them: buffers grow, and shrink later.
fn calls(effort: Effort) -> Result<Times> {
    let mut worker = app::app().build()?.worker();
    let lambda = LambdaContext::default().with_request_id("r-00000000");
    let pairs: String = (0..PAIRS).map(|number| format!("&key{number}=value")).collect();
    let large = HttpRequest::new("GET", &format!("/todos/42?{pairs}")).event(EventSource::RestApi);
    for _ in 0..WARM_UP {
        worker.call_blocking(EVENT, &lambda)?;
    }
    let expected = worker.call_blocking(EVENT, &lambda)?.to_vec();
    assert!(String::from_utf8_lossy(&expected).contains(BODY));
    let (mut times, begin) = (Times::new(effort), Instant::now());
    for number in 1..=effort.count {
        if number % (effort.count / LARGE_EVENTS + 1) == 0 {
            worker.call_blocking(&large, &lambda)?;
        }
        let allocations = count::allocations();
        let called = Instant::now();
        let response = worker.call_blocking(black_box(EVENT), &lambda)?;
        let took = called.elapsed();
        assert!(response.len() == expected.len());
        times.push(took, count::allocations() != allocations);
        if number % 1024 == 0 && begin.elapsed() > effort.time {
            break;
        }
    }
    Ok(times)
}

/// A loop that takes the same time, whose loads depend on each other, and whose only branch is its own.
fn control(effort: Effort, median: u32) -> Times {
    let words: Vec<u64> = (0..WORDS as u64).map(|word| word.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
    let spin = |steps: u64| {
        let mut state = black_box(1u64);
        for _ in 0..steps {
            state = (state ^ words[(state >> 32) as usize % WORDS]).wrapping_mul(6_364_136_223_846_793_005);
        }
        black_box(state);
    };
    let calibrate = |_| {
        let begin = Instant::now();
        spin(100_000);
        begin.elapsed().as_nanos() as u64
    };
    // The least of several, as the noise stretches most.
    let of_steps = (0..50).map(calibrate).min().unwrap_or(1).max(1);
    let steps = u64::from(median) * 100_000 / of_steps;
    let (mut times, begin) = (Times::new(effort), Instant::now());
    for number in 1..=effort.count {
        let called = Instant::now();
        spin(steps);
        times.push(called.elapsed(), false);
        if number % 1024 == 0 && begin.elapsed() > effort.time {
            break;
        }
    }
    times
}

/// The invocations of a function in another process.
fn functions(effort: Effort, program: &str, argument: Option<&str>) -> Result<Times> {
    let invocation = |number: usize| Invocation::new(format!("r-{number:08}"), EVENT);
    let api = MockApi::start((0..WARM_UP).map(invocation).collect(), Faults { waits: true, ..Faults::default() });
    let _function = Process::start(program, argument, Some(&api))?;
    api.wait_for_posts(WARM_UP);
    api.take_posted();
    let (mut times, begin, mut number) = (Times::new(effort), Instant::now(), WARM_UP);
    while times.all.len() < effort.count && begin.elapsed() < effort.time {
        let round = ROUND.min(effort.count - times.all.len());
        api.push((number..number + round).map(invocation));
        number += round;
        api.wait_for_posts(round);
        for posted in api.take_posted() {
            assert!(posted.path.ends_with("/response") && String::from_utf8_lossy(&posted.body).contains(BODY));
            times.push(posted.took, false);
        }
    }
    Ok(times)
}

/// A process beside this one; it ends with the value.
struct Process(Child);

impl Process {
    fn start(program: &str, argument: Option<&str>, api: Option<&MockApi>) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?.with_file_name(program));
        command.args(argument).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(api) = api {
            let mut answer = Vec::new();
            Invocation::new("r-00000000", EVENT).write(&mut answer);
            command
                .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
                .env("BENCH_ANSWER", answer.len().to_string());
        }
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn function() -> Result<()> {
    // It ends when the service does.
    let _ = Direct::from_env(app::app().build()?)?.run();
    Ok(())
}

fn noise() -> ! {
    let mut memory = vec![1u8; SWEPT];
    loop {
        memory.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_mul(3));
        black_box(&memory);
    }
}
