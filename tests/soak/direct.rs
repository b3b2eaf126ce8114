//! The direct runtime, in a second process, against a Runtime API that loses connections and sends invalid answers.

use std::process::{Child, Stdio};
use std::time::Instant;

use crate::support::mock_api::{Cut, Faults, Framing, Invocation, MockApi, Posted};
use crate::traffic::{Kind, Kinds, Random, digits};
use crate::{Usage, assert_flat, report, support};

/// The environment variable that makes this program the function.
pub(crate) const FUNCTION: &str = "GATEWIRE_TEST_FUNCTION";
/// The largest number of invocations in the queue: responses are checked, and dropped, before more follow.
const ROUND: usize = 500;
/// One of this many exchanges fails.
const FAULT_IN: usize = 40;
const GARBAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n";
const STRAY: &[u8] = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: stray\r\nContent-Length: 2\r\n\r\n{}";

pub(crate) fn function() {
    // The runtime ends with an error when the service is gone.
    let _ = gatewire::run(crate::traffic::app());
}

struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The faults, planned before the start: the service counts exchanges, and each fault costs a known number of them.
#[derive(Default)]
struct Plan {
    faults: Faults,
    /// For each invocation, whether its event gets lost after its head.
    lost: Vec<bool>,
    injected: usize,
}

impl Plan {
    fn new(cases: usize) -> Self {
        let (mut plan, mut random, mut exchange) = (Self::default(), Random::new(99), 0);
        for _ in 0..cases {
            exchange += plan.next(exchange, &mut random);
            exchange += plan.post(exchange, &mut random);
        }
        plan
    }

    /// Plans a request for an event; returns the number of exchanges that it takes.
    fn next(&mut self, exchange: usize, random: &mut Random) -> usize {
        let fault = random.below(3 * FAULT_IN);
        self.injected += usize::from(fault < 3);
        self.lost.push(fault == 2);
        match fault {
            0 => self.faults.cuts.push(Cut::Request { exchange, after: random.below(60) }),
            1 => drop(self.faults.answers.insert(exchange, (GARBAGE.to_vec(), true))),
            // The head arrives, with the identifier of the event.
            2 => {
                self.faults.cuts.push(Cut::Answer { exchange, after: 330 + random.below(100) });
                return 1;
            }
            _ => return 1,
        }
        2
    }

    /// Plans a post of the outcome; returns the number of exchanges that it takes.
    fn post(&mut self, exchange: usize, random: &mut Random) -> usize {
        let fault = random.below(4 * FAULT_IN);
        self.injected += usize::from(fault < 4);
        match fault {
            0 => self.faults.cuts.push(Cut::Request { exchange, after: random.below(150) }),
            1 => self.faults.cuts.push(Cut::Answer { exchange, after: random.below(30) }),
            2 => drop(self.faults.answers.insert(exchange, (GARBAGE.to_vec(), true))),
            // The runtime drops the connection, and repeats nothing.
            3 => {
                self.faults.extra.insert(exchange, STRAY.to_vec());
                return 1;
            }
            _ => return 1,
        }
        2
    }
}

/// Returns an invocation of this kind, with a random framing.
fn invocation(kind: &mut Kind, number: usize, lost: bool, random: &mut Random) -> Invocation {
    let framing = match random.below(20) {
        0..4 if !lost => Framing::Chunks(100 + random.below(5000)),
        4 if !lost => Framing::Close,
        _ => Framing::Length,
    };
    Invocation::new(digits(number), kind.event(number)).framing(framing)
}

fn check(kind: &Kind, number: usize, lost: bool, posted: &Posted) {
    let path = |what| format!("invocation/{}/{what}", digits(number));
    if posted.path == path("response") && !lost {
        return kind.check(number, Ok(&posted.body));
    }
    assert_eq!(posted.path, path("error"));
    let report: serde_json::Value = serde_json::from_slice(&posted.body).unwrap();
    let text = |name: &str| report[name].as_str().unwrap_or_default();
    if lost {
        assert_eq!(posted.field("Lambda-Runtime-Function-Error-Type"), Some("Runtime.LostPayload"), "{report}");
    } else {
        kind.check(number, Err((text("errorType"), text("errorMessage"))));
    }
}

pub(crate) fn soak(cases: usize) {
    let cases = (cases / 25).max(100);
    let begin = Instant::now();
    let Plan { faults, lost, injected } = Plan::new(cases);
    let api = MockApi::start(Vec::new(), Faults { waits: true, ..faults });
    let mut command = support::this_program();
    command.env(FUNCTION, "direct").env("AWS_LAMBDA_RUNTIME_API", api.address.to_string());
    command.env_remove("AWS_LAMBDA_MAX_CONCURRENCY").stdin(Stdio::null());
    let function = Function(command.spawn().unwrap());
    let process = function.0.id().to_string();
    let (mut kinds, mut random) = (Kinds::new(), Random::new(7));
    let (mut samples, mut number) = (Vec::new(), 0);
    while number < cases {
        // Rounds end at the points of measurement.
        let ends = [cases / 10, cases / 2, cases / 2 + 1, cases, number + ROUND];
        let round: Vec<(usize, usize)> = (number..ends.into_iter().filter(|&end| end > number).min().unwrap_or(cases))
            .map(|at| (at, if at == cases / 2 { kinds.largest() } else { kinds.choose(&mut random) }))
            .collect();
        for &(at, kind) in &round {
            api.push([invocation(kinds.get(kind), at, lost[at], &mut random)]);
        }
        api.wait_for_posts(round.len());
        let posted = api.take_posted();
        assert_eq!(posted.len(), round.len());
        for (&(at, kind), posted) in round.iter().zip(&posted) {
            check(kinds.get(kind), at, lost[at], posted);
        }
        number += round.len();
        if ends[..4].contains(&number) {
            // The process then has the connection on which it waits.
            api.wait_for_requests(number + 1);
            samples.push((format!("after {number}"), Usage::of(&process)));
        }
    }
    report("direct", &samples);
    let (connections, seconds) = (api.connections(), begin.elapsed().as_secs());
    println!("direct: {cases} invocations, {injected} faults, {connections} connections in {seconds} s");
    assert_eq!((api.unanswered(), connections > injected / 2), (Vec::new(), true));
    // The third sample was taken right after a request of 6 MB, only for the report.
    [1, 3].iter().for_each(|&at| assert_flat(&samples[0], &samples[at]));
}
