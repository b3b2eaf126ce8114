//! Many invocations of mixed kinds, one after another, in one process: each response is the right one, memory stays flat, no
//! descriptor leaks, and a request of 6 MB does not keep its memory forever.
//!
//! `GATEWIRE_CASES` is the number of invocations through the engine; a 25th of that goes through the direct runtime, with
//! injected faults. A separate test program with its own `main`: the figures are those of a whole process, so nothing may
//! run beside it. `soak engine`, `soak threads` and `soak direct` run its parts.

// Each test program compiles all of the module and uses a part.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

mod direct;
mod traffic;

use std::time::Instant;

use gatewire::{context::LambdaContext, engine::Worker};
use traffic::{Kind, Kinds, Random, digits};

/// The length of a short run: enough to see a leak of 100 bytes for each invocation.
const CASES: usize = 20_000;
/// The allowed change of a process's memory without a leak, since the allocator's reserve varies.
const SLACK_KB: usize = 2 * 1024;

fn main() {
    std::panic::set_hook(Box::new(|info| {
        // The intended panics are many, and none of them is worth a line.
        if !info.to_string().contains("out of luck") {
            eprintln!("{info}");
        }
    }));
    if std::env::var_os(direct::FUNCTION).is_some() {
        return direct::function();
    }
    let cases = std::env::var("GATEWIRE_CASES").map_or(CASES, |cases| cases.parse().expect("a number")).max(100);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let all = !["engine", "threads", "direct"].into_iter().any(asked);
    let mut passed = 0;
    let mut part = |name, body: fn(usize)| {
        if all || asked(name) {
            body(cases);
            passed += 1;
        }
    };
    part("engine", engine);
    part("threads", threads);
    part("direct", direct::soak);
    println!("test result: ok. {passed} passed; 0 failed; 0 ignored");
}

/// The memory and descriptors of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) resident_kb: usize,
    pub(crate) descriptors: usize,
}

impl Usage {
    /// Reads the figures of a process; `None` without `/proc`.
    pub(crate) fn of(process: &str) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let resident_kb = resident.trim().strip_suffix(" kB")?.parse().ok()?;
        let descriptors = std::fs::read_dir(format!("/proc/{process}/fd")).ok()?.count();
        Some(Self { resident_kb, descriptors })
    }
}

/// The time of a measurement, and its result.
pub(crate) type Sample = (String, Option<Usage>);

/// Asserts that no more is in use than before.
pub(crate) fn assert_flat((_, before): &Sample, (when, now): &Sample) {
    let (Some(before), Some(now)) = (before, now) else { return };
    assert!(now.descriptors <= before.descriptors, "{when}: {before:?}, then {now:?}");
    // An emulator or a sanitizer keeps its own records in the same memory.
    if !is_instrumented() {
        assert!(now.resident_kb <= before.resident_kb + SLACK_KB, "{when}: {before:?}, then {now:?}");
    }
}

fn is_instrumented() -> bool {
    cfg!(target_arch = "aarch64") && std::env::var_os("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER").is_some()
        || ["ASAN_OPTIONS", "TSAN_OPTIONS"].iter().any(|name| std::env::var_os(name).is_some())
}

/// Prints the course of memory and descriptors.
pub(crate) fn report(what: &str, samples: &[Sample]) {
    for (when, usage) in samples {
        match usage {
            Some(Usage { resident_kb, descriptors }) => {
                println!("{what}: {when}: {resident_kb} KB resident, {descriptors} descriptors");
            }
            None => println!("{what}: {when}: no /proc"),
        }
    }
}

/// Sends one invocation through the engine, and compares the outcome with the expected one.
fn invoke(worker: &mut Worker, kind: &mut Kind, number: usize) {
    let id = digits(number);
    let lambda = LambdaContext::default().with_request_id(&id);
    match worker.call_blocking(kind.event(number), &lambda) {
        Ok(response) => kind.check(number, Ok(response)),
        Err(error) => kind.check(number, Err((error.error_type(), error.message()))),
    }
}

fn engine(cases: usize) {
    let mut worker = traffic::app().build().unwrap().worker();
    let (mut kinds, mut random) = (Kinds::new(), Random::new(1));
    let mut samples = Vec::new();
    let begin = Instant::now();
    // The first thousands include all kinds, also the large ones, and so grow every buffer to its size.
    let warm = (cases / 10).min(10_000);
    let mut invoked = 0;
    for upto in [warm, cases / 2, cases] {
        while invoked < upto {
            let kind = kinds.choose(&mut random);
            invoke(&mut worker, kinds.get(kind), invoked);
            invoked += 1;
        }
        samples.push((format!("after {invoked}"), Usage::of("self")));
    }
    report("engine", &samples);
    println!("engine: {cases} invocations in {} s", begin.elapsed().as_secs());
    samples[1..].iter().for_each(|sample| assert_flat(&samples[0], sample));
}

/// Runs one engine with a worker on each of several threads, as with concurrent invocations.
fn threads(cases: usize) {
    const THREADS: usize = 4;
    let engine = traffic::app().build().unwrap();
    let begin = Instant::now();
    let each = cases / 10 / THREADS + 1;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let engine = &engine;
            scope.spawn(move || {
                let mut worker = engine.worker();
                let (mut kinds, mut random) = (Kinds::new(), Random::new(thread as u64 + 2));
                for at in 0..each {
                    let kind = kinds.choose(&mut random);
                    invoke(&mut worker, kinds.get(kind), thread * each + at);
                }
            });
        }
    });
    println!("threads: {THREADS} with {each} invocations each in {} s", begin.elapsed().as_secs());
}
