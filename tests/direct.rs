//! The direct runtime against a Runtime API: requests, responses, and what happens if a connection or the service breaks.

// Each test program compiles all of the module and uses a part.
#[allow(dead_code)]
mod support;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gatewire::authorizer::{Authorizer, AuthorizerKind, AuthorizerRequest, Decision};
use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::runtime::direct::Direct;
use gatewire::{App, EventSource, Request, RunError, context::LambdaContext, engine::Engine};
use support::mock_api::{Cut, Faults, Framing, Invocation, MockApi, PATIENCE, Posted};

const SIX_MEGABYTES: usize = 6 * 1024 * 1024 + 100;

fn engine() -> Engine {
    App::new()
        .get("/echo/{text}", |req: Request<'_>| req.reply(req.param("text")))
        .get("/later/{text}", async |req: Request<'_>| req.reply(req.param("text")))
        .post("/length", |req: Request<'_>| req.body().map_or(0, <[u8]>::len).to_string())
        .get("/bytes/{length}", |req: Request<'_>| "x".repeat(req.param("length").parse().unwrap_or(0)))
        .get("/context", |req: Request<'_>| format!("{:?}", req.lambda()))
        .get("/panic", |_: Request<'_>| -> &str { panic!("out of luck") })
        .get("/error", |_: Request<'_>| "x".parse::<u8>().map(|_| "a number"))
        .build()
        .unwrap()
}

fn get(target: &str) -> Vec<u8> {
    HttpRequest::new("GET", target).event(EventSource::HttpApiV2)
}

/// Returns an invocation whose response must hold its identifier.
fn echo(id: &str) -> Invocation {
    Invocation::new(id, get(&format!("/echo/{id}")))
}

fn echoes(count: usize) -> Vec<Invocation> {
    (0..count).map(|number| echo(&format!("r-{number}"))).collect()
}

/// Runs the app until the service has no more events; returns the service, and the error that ended the runtime.
fn run(invocations: Vec<Invocation>, faults: Faults, pipelined: bool) -> (MockApi, String) {
    let api = MockApi::start(invocations, faults);
    let direct = Direct::new(engine(), &api.address.to_string()).unwrap().pipelined(pipelined);
    let ended = direct.run().unwrap_err().to_string();
    (api, ended)
}

fn text(posted: &Posted) -> String {
    assert!(posted.path.ends_with("/response"), "{posted:?}");
    let response = HttpResponse::from_payload(EventSource::HttpApiV2, &posted.body).unwrap();
    response.text().unwrap().to_owned()
}

/// Asserts that everything posted is the response to the invocation with that identifier, or a report of it.
fn assert_own_answers(api: &MockApi, context: &dyn std::fmt::Debug) {
    let mut seen = HashMap::new();
    for posted in api.posted() {
        let id = posted.path.split('/').nth(1).unwrap().to_owned();
        if posted.path.ends_with("/response") {
            assert_eq!(text(&posted), id, "{context:?}");
        }
        *seen.entry(id).or_insert(0) += 1;
    }
    assert!(seen.values().all(|&count| count == 1), "{context:?}: {seen:?}");
}

fn paths(api: &MockApi) -> Vec<String> {
    api.posted().into_iter().map(|posted| posted.path).collect()
}

fn is_end(ended: &str) -> bool {
    ended.contains("status 500") && ended.contains("Runtime.QueueEmpty")
}

// ---- nothing breaks

#[test]
fn many_invocations_use_one_connection() {
    for pipelined in [false, true] {
        let invocations = echoes(2000);
        let (api, ended) = run(invocations, Faults::default(), pipelined);
        assert!(is_end(&ended), "{ended}");
        assert_eq!((api.connections(), api.posted().len()), (1, 2000));
        assert_own_answers(&api, &pipelined);
    }
}

#[test]
fn handlers_see_the_context_of_the_invocation() {
    let full = "lambda-runtime-DEADLINE-ms:4102444800000\r\n\
                Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:111122223333:function:f\r\n\
                Lambda-Runtime-Trace-Id: Root=1-5bef4de7;Sampled=1\r\n\
                Lambda-Runtime-Client-Context: {\"custom\":{\"a\":\"1\"}}\r\n\
                Lambda-Runtime-Cognito-Identity: {\"cognitoIdentityId\":\"i\"}\r\n\
                Lambda-Runtime-Aws-Tenant-Id:   blue \r\n";
    let (first, second) = (Invocation::new("r-1", get("/context")), Invocation::new("r-2", get("/context")));
    let (api, _) = run(vec![first.fields(full), second.fields("")], Faults::default(), false);
    let expected = LambdaContext::default()
        .with_request_id("r-1")
        .with_deadline_ms(4_102_444_800_000)
        .with_invoked_function_arn("arn:aws:lambda:eu-central-1:111122223333:function:f")
        .with_trace_id("Root=1-5bef4de7;Sampled=1")
        .with_client_context("{\"custom\":{\"a\":\"1\"}}")
        .with_cognito_identity("{\"cognitoIdentityId\":\"i\"}")
        .with_tenant_id("blue");
    assert_eq!(text(&api.posted()[0]), format!("{expected:?}"));
    // The next invocation sees nothing of it.
    let bare = LambdaContext::default().with_request_id("r-2");
    assert_eq!(text(&api.posted()[1]), format!("{bare:?}"));
}

#[test]
fn takes_addresses_with_scheme_and_path() {
    for prefix in ["", "/.rt", "/.rt/function/"] {
        let api = MockApi::start(echoes(2), Faults::default());
        let direct = Direct::new(engine(), &format!("http://{}{prefix}", api.address)).unwrap();
        assert!(is_end(&direct.run().unwrap_err().to_string()));
        assert_eq!(paths(&api), ["invocation/r-0/response", "invocation/r-1/response"]);
    }
    let refused = Direct::new(engine(), "https://localhost:1").unwrap_err();
    assert!(matches!(&refused, RunError::Environment { name: "AWS_LAMBDA_RUNTIME_API", .. }), "{refused}");
}

#[test]
fn events_may_have_every_size_and_framing() {
    let mut invocations = Vec::new();
    let mut expected = Vec::new();
    for length in [0, 1, 1000, 2047, 2048, 16_384, 100_000, 4_000_000] {
        let body = "x".repeat(length);
        let payload = HttpRequest::new("POST", "/length").body(body.as_bytes()).event(EventSource::HttpApiV2);
        for framing in
            [Framing::Length, Framing::Chunks(1), Framing::Chunks(1000), Framing::Chunks(65_536), Framing::Close]
        {
            // A million chunks would only be slow.
            if framing == Framing::Chunks(1) && length > 100_000 {
                continue;
            }
            let id = format!("r-{}", invocations.len());
            invocations.push(Invocation::new(id, payload.clone()).framing(framing));
            expected.push(length.to_string());
        }
    }
    let (api, ended) = run(invocations, Faults::default(), false);
    assert!(is_end(&ended), "{ended}");
    assert_eq!(api.posted().iter().map(text).collect::<Vec<_>>(), expected);
}

#[test]
fn failures_are_reported_and_the_next_event_is_handled() {
    let alb = HttpRequest::new("GET", "/bytes/1048576").event(EventSource::Alb);
    let cases = [
        (get("/error"), "ParseIntError", "Function.ParseIntError", "invalid digit"),
        (get("/panic"), "Panic", "Function.Panic", "out of luck"),
        (b"{\"a\":".to_vec(), "Gatewire.MalformedPayload", "Function.MalformedPayload", "JSON"),
        (b"{}".to_vec(), "Gatewire.UnknownEvent", "Function.UnknownEvent", "not a proxy event"),
        (Vec::new(), "Gatewire.MalformedPayload", "Function.MalformedPayload", "JSON"),
        (get("/bytes/6291457"), "Function.ResponseSizeTooLarge", "Function.ResponseSizeTooLarge", "6291556"),
        (alb, "Function.ResponseSizeTooLarge", "Function.ResponseSizeTooLarge", "1048576"),
    ];
    let mut invocations = Vec::new();
    for (payload, ..) in &cases {
        invocations.push(Invocation::new(format!("r-{}", invocations.len()), payload.clone()));
        invocations.push(echo(&format!("r-{}", invocations.len())));
    }
    let (api, ended) = run(invocations, Faults::default(), false);
    assert!(is_end(&ended), "{ended}");
    assert_eq!(api.connections(), 1);
    for (number, (pair, (_, error_type, class, message))) in api.posted().chunks(2).zip(&cases).enumerate() {
        assert_eq!(pair[0].path, format!("invocation/r-{}/error", 2 * number));
        assert_eq!(pair[0].field("Lambda-Runtime-Function-Error-Type"), Some(*class));
        let report: serde_json::Value = serde_json::from_slice(&pair[0].body).unwrap();
        assert_eq!(report["errorType"], *error_type);
        assert!(report["errorMessage"].as_str().unwrap().contains(message), "{report}");
        assert_eq!(text(&pair[1]), format!("r-{}", 2 * number + 1));
    }
}

/// API Gateway answers 401 if the message of the error is exactly this, and compares all of it.
#[test]
fn decisions_are_responses_and_unauthorized_is_an_error() {
    let decide = |req: AuthorizerRequest| match req.token() {
        Some("good") => Decision::allow("ada"),
        _ => Decision::unauthorized(),
    };
    let asked = |id: &str, token: &str| {
        let request = HttpRequest::new("GET", "/").header("Authorization", token);
        Invocation::new(id, request.authorizer_event(AuthorizerKind::Token))
    };
    let api = MockApi::start(vec![asked("a", "bad"), asked("b", "Bearer good")], Faults::default());
    let direct = Direct::new(Authorizer::new(decide).build().unwrap(), &api.address.to_string()).unwrap();
    assert!(is_end(&direct.run().unwrap_err().to_string()));
    assert_eq!(paths(&api), ["invocation/a/error", "invocation/b/response"]);
    let posted: Vec<serde_json::Value> =
        api.posted().iter().map(|posted| serde_json::from_slice(&posted.body).unwrap()).collect();
    assert_eq!(posted[0]["errorMessage"], "Unauthorized");
    assert_eq!(posted[1]["principalId"], "ada");
}

#[test]
fn the_largest_response_is_sent() {
    // The rest of a response takes 100 bytes and more.
    let (api, _) = run(vec![Invocation::new("r-1", get("/bytes/6291300"))], Faults::default(), false);
    let posted = api.posted();
    assert!((6_291_300..=SIX_MEGABYTES).contains(&posted[0].body.len()));
    assert_eq!(text(&posted[0]).len(), 6_291_300);
}

#[test]
fn several_invocations_run_at_a_time() {
    let api = MockApi::with_concurrency(echoes(500), Faults::default(), 4);
    let direct = Direct::new(engine(), &api.address.to_string()).unwrap().concurrency(4);
    assert!(is_end(&direct.run().unwrap_err().to_string()));
    assert_own_answers(&api, &"several");
    assert_eq!((api.posted().len(), api.connections(), api.unanswered().len()), (500, 4, 0));
}

/// Returns how a runtime of several workers ends if the service has no events until all of them have asked.
fn run_several(workers: usize, faults: Faults, set: impl FnOnce(Direct) -> Direct) -> String {
    let api = MockApi::with_concurrency(Vec::new(), Faults { waits: true, ..faults }, workers);
    let direct = set(Direct::new(engine(), &api.address.to_string()).unwrap().concurrency(workers));
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(direct.run().unwrap_err().to_string()));
    api.wait_for_requests(workers);
    api.push([echo("r-1")]);
    // All but one of the workers still wait for an event.
    end.recv_timeout(PATIENCE).expect("it goes on with fewer workers")
}

#[test]
fn the_first_worker_that_fails_ends_the_runtime() {
    let answer = b"HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nwhy".to_vec();
    let faults = Faults { answers: HashMap::from([(4, (answer, false))]), ..Faults::default() };
    let ended = run_several(4, faults, |direct| direct);
    assert!(ended.contains("a response with status 500: why"), "{ended}");
}

#[test]
fn a_panic_that_escapes_one_of_several_workers_ends_the_runtime() {
    let polls = std::sync::Arc::new(AtomicUsize::new(0));
    let ended = run_several(4, Faults::default(), |direct| {
        direct.stop_when(move || {
            let polls = polls.clone();
            // Each worker is polled when it begins to wait; the fifth poll is after the event.
            std::future::poll_fn(move |_| match polls.fetch_add(1, Ordering::SeqCst) {
                ..4 => std::task::Poll::Pending,
                _ => panic!("out of luck"),
            })
        })
    });
    assert!(ended.contains("a worker has panicked: out of luck"), "{ended}");
}

#[test]
fn many_invocations_run_at_a_time() {
    let api = MockApi::with_concurrency(echoes(640), Faults::default(), 64);
    let direct = Direct::new(engine(), &api.address.to_string()).unwrap().concurrency(64);
    // The first worker that finds the queue empty ends all of them, so some responses may still be on their way.
    assert!(is_end(&direct.run().unwrap_err().to_string()));
    assert_own_answers(&api, &"many");
    assert!(api.posted().len() > 640 - 64);
}

#[test]
fn stops_when_asked_to() {
    let stopped = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let api = MockApi::start(echoes(10), Faults::default());
    let (flag, stop) = (stopped.clone(), stopped);
    let app = App::new().get("/echo/{text}", move |req: Request<'_>| {
        flag.store(req.param("text") == "r-2", std::sync::atomic::Ordering::SeqCst);
        req.reply(req.param("text"))
    });
    let direct = Direct::new(app.build().unwrap(), &api.address.to_string()).unwrap().stop_when(move || {
        let stop = stop.clone();
        std::future::poll_fn(move |_| match stop.load(std::sync::atomic::Ordering::SeqCst) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        })
    });
    direct.run().unwrap();
    // The invocation in flight is answered.
    assert_eq!(paths(&api).last().unwrap(), "invocation/r-2/response");
}

#[test]
fn runs_on_another_executor() {
    let api = MockApi::start(vec![Invocation::new("r-1", get("/later/r-1"))], Faults::default());
    let direct = Direct::new(engine(), &api.address.to_string()).unwrap();
    let ended = direct.run_on(|mut future| {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while future.as_mut().poll(&mut context).is_pending() {}
    });
    assert!(is_end(&ended.unwrap_err().to_string()));
    assert_own_answers(&api, &"executor");
    let dropped = direct.run_on(|_| {}).unwrap_err();
    assert!(dropped.to_string().contains("dropped"), "{dropped}");
}

// ---- the connection is lost

/// Cuts the exchanges of two invocations at every byte.
#[test]
fn a_connection_may_be_lost_at_each_byte() {
    // The first exchange of either kind has the longest head; the others are like it.
    let (mut request, mut answered, mut ended_early, mut reported) = (0, 0, 0, 0);
    for exchange in 0..2 {
        for after in 0..2000 {
            let cut = Cut::Request { exchange, after };
            let (api, ended) = run(echoes(2), Faults { cuts: vec![cut], ..Faults::default() }, false);
            assert!(is_end(&ended), "{cut:?}: {ended}");
            assert_own_answers(&api, &cut);
            assert_eq!((api.posted().len(), api.unanswered().len()), (2, 0), "{cut:?}");
            // The whole request was read, so there was nothing to cut.
            if api.connections() == 1 {
                break;
            }
            request += 1;
        }
    }
    for exchange in 0..2 {
        for after in 0..4000 {
            let cut = Cut::Answer { exchange, after };
            let (api, ended) = run(echoes(2), Faults { cuts: vec![cut], ..Faults::default() }, false);
            assert_own_answers(&api, &cut);
            if is_end(&ended) {
                assert_eq!((api.posted().len(), api.unanswered().len()), (2, 0), "{cut:?}");
                answered += 1;
                for report in api.posted().iter().filter(|posted| posted.path.ends_with("/error")) {
                    assert_eq!(report.field("Lambda-Runtime-Function-Error-Type"), Some("Runtime.LostPayload"));
                    assert_eq!(report.path, "invocation/r-0/error");
                    reported += 1;
                }
            } else {
                // An event was lost before its identifier arrived: that ends the process, and so fails the invocation.
                assert!(exchange == 0 && ended.contains("status 403"), "{cut:?}: {ended}");
                ended_early += 1;
            }
            if api.posted().iter().all(|posted| posted.path.ends_with("/response")) && after > 600 {
                break;
            }
        }
    }
    // The cuts were at the intended places.
    let counts = [request, answered, ended_early, reported];
    assert!(counts.iter().zip([300, 600, 100, 300]).all(|(&count, least)| count > least), "{counts:?}");
}

#[test]
fn a_connection_may_be_lost_at_each_byte_of_one_write() {
    for exchange in 0..3 {
        for after in (0..700).step_by(7) {
            for cut in [Cut::Request { exchange, after }, Cut::Answer { exchange, after }] {
                let (api, ended) = run(echoes(3), Faults { cuts: vec![cut], ..Faults::default() }, true);
                assert_own_answers(&api, &cut);
                let lost = api.unanswered().len();
                // The event was handed out on a connection that then died. The option has this risk; the loss is reported.
                assert!(is_end(&ended) && lost == 0 || lost == 1 && ended.contains("status 403"), "{cut:?}: {ended}");
            }
        }
    }
}

#[test]
fn attempts_end_if_the_connection_is_lost_repeatedly() {
    // The response arrives with the fourth attempt.
    let cuts = (1..4).map(|exchange| Cut::Request { exchange, after: 60 }).collect();
    let (api, ended) = run(echoes(2), Faults { cuts, ..Faults::default() }, false);
    assert!(is_end(&ended), "{ended}");
    assert_eq!((api.posted().len(), api.connections()), (2, 4));
    // The runtime gives up in the end.
    let cuts = (1..40).map(|exchange| Cut::Request { exchange, after: 60 }).collect();
    let (api, ended) = run(echoes(2), Faults { cuts, ..Faults::default() }, false);
    assert!(ended.contains("the connection to the Runtime API was lost"), "{ended}");
    assert_eq!((api.posted().len(), api.connections()), (0, 5));
    // Nothing listens at this address: the system never assigns port 1, not even to another test.
    let ended = Direct::new(engine(), "127.0.0.1:1").unwrap().run().unwrap_err().to_string();
    assert!(ended.contains("the connection to the Runtime API was lost"), "{ended}");
}

#[test]
fn a_response_that_arrived_is_not_posted_twice() {
    // The service has the response, but its acknowledgement is lost.
    let (api, ended) =
        run(echoes(2), Faults { cuts: vec![Cut::Answer { exchange: 1, after: 0 }], ..Faults::default() }, false);
    assert!(is_end(&ended), "{ended}");
    assert_own_answers(&api, &"arrived");
    assert_eq!((api.posted().len(), api.refused()), (2, vec![400]));
}

// ---- answers that are odd, late or missing

#[test]
fn answers_may_come_in_pieces_and_late() {
    for piece in 1..=5 {
        for pipelined in [false, true] {
            let invocations = vec![echo("r-0"), echo("r-1").framing(Framing::Chunks(7)), echo("r-2")];
            let (api, ended) = run(invocations, Faults { piece, ..Faults::default() }, pipelined);
            assert!(is_end(&ended), "{ended}");
            assert_own_answers(&api, &piece);
            assert_eq!((api.posted().len(), api.connections()), (3, 1));
        }
    }
    let delay = (0..6).map(|exchange| (exchange, Duration::from_millis(30))).collect();
    let (api, ended) = run(echoes(3), Faults { delay, ..Faults::default() }, false);
    assert!(is_end(&ended), "{ended}");
    assert_eq!((api.posted().len(), api.connections()), (3, 1));
}

fn replaced(exchange: usize, answer: impl Into<Vec<u8>>, close: bool) -> Faults {
    Faults { answers: HashMap::from([(exchange, (answer.into(), close))]), ..Faults::default() }
}

#[test]
fn failed_requests_for_events_are_repeated_or_end_the_runtime() {
    // The first answer is not an event; the next attempt gets one.
    for answer in [
        "",
        "\r\n\r\n",
        "garbage\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a b\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ] {
        let (api, ended) = run(echoes(2), replaced(0, answer, true), false);
        assert!(is_end(&ended), "{answer:?}: {ended}");
        assert_own_answers(&api, &answer);
        assert_eq!(api.posted().len(), 2, "{answer:?}");
    }
    // A head that never ends.
    let (api, ended) =
        run(echoes(1), replaced(0, "HTTP/1.1 200 OK\r\n".to_owned() + &"A: b\r\n".repeat(20_000), true), false);
    assert!(is_end(&ended), "{ended}");
    assert_eq!(api.posted().len(), 1);
    // The service refuses, so a second attempt is of no use.
    for status in [400, 403, 404, 500, 503] {
        let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 3\r\n\r\nwhy");
        let (api, ended) = run(echoes(1), replaced(0, answer, false), false);
        assert!(ended.contains(&format!("status {status}: why")), "{ended}");
        assert_eq!((api.posted().len(), api.asked().len()), (0, 0));
    }
    // Events without an identifier, without end.
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec();
    let answers = (0..40).map(|exchange| (exchange, (answer.clone(), false))).collect();
    let (_, ended) = run(echoes(1), Faults { answers, ..Faults::default() }, false);
    assert!(ended.contains("Lambda-Runtime-Aws-Request-Id"), "{ended}");
}

#[test]
fn a_truncated_event_is_reported() {
    for (answer, message) in [
        ("Content-Length: 100\r\n\r\n{", "lost"),
        ("Content-Length: 17000000\r\n\r\n{", "more than"),
        ("Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n{", "more than"),
        ("Transfer-Encoding: chunked\r\n\r\n3\r\n{}", "lost"),
        ("Transfer-Encoding: chunked\r\n\r\nx\r\n{}", "a chunk"),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r-9\r\n{answer}");
        // This service did not hand out the event, so it accepts any report.
        let mut faults = replaced(0, answer.as_str(), true);
        faults.answers.insert(1, (b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_vec(), false));
        let (api, ended) = run(echoes(2), faults, false);
        assert!(is_end(&ended), "{answer:?}: {ended}");
        assert_eq!(api.posted().len(), 2, "{answer:?} {message}");
    }
}

#[test]
fn refused_responses_are_skipped_repeated_or_end_the_runtime() {
    for status in [400, 403, 404, 410, 413, 429] {
        let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\n{{}}");
        let api = MockApi::with_concurrency(echoes(2), replaced(1, answer, false), 2);
        let ended = Direct::new(engine(), &api.address.to_string()).unwrap().run().unwrap_err().to_string();
        assert!(is_end(&ended), "{status}: {ended}");
        assert_eq!(paths(&api), ["invocation/r-1/response"], "{status}");
        assert_eq!(api.connections(), 1);
    }
    for status in [500, 502] {
        let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 3\r\n\r\nwhy");
        let (api, ended) = run(echoes(2), replaced(1, answer, false), false);
        assert!(ended.contains(&format!("status {status}: why")), "{ended}");
        assert_eq!(api.asked().len(), 1);
    }
    // These answers do not say whether the response has arrived.
    for answer in ["", "garbage\r\n\r\n", "HTTP/1.1 202", "HTTP/1.1 202 Accepted\r\nContent-Length: x\r\n\r\n"] {
        let (api, ended) = run(echoes(2), replaced(1, answer, true), false);
        assert!(is_end(&ended), "{answer:?}: {ended}");
        assert_own_answers(&api, &answer);
        assert_eq!(api.posted().len(), 2, "{answer:?}");
    }
}

#[test]
fn an_unrequested_answer_is_ignored() {
    // Bytes after the answer to a response would be taken for the next event.
    let stray = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: stray\r\nContent-Length: 2\r\n\r\n{}".to_vec();
    for exchange in [0, 1] {
        let faults = Faults { extra: HashMap::from([(exchange, stray.clone())]), ..Faults::default() };
        let (api, ended) = run(echoes(3), faults, false);
        assert!(is_end(&ended), "{ended}");
        assert_own_answers(&api, &exchange);
        assert_eq!((api.posted().len(), api.refused().len()), (3, 0), "{exchange}");
    }
}

/// Odd fields that leave no doubt about the identifier of the event.
#[test]
fn events_with_odd_fields_are_answered() {
    let deadline = |value: &str| format!("Lambda-Runtime-Deadline-Ms: {value}\r\n");
    for fields in [
        deadline("1"),
        deadline("-5e99"),
        deadline("99999999999999999999999"),
        format!("Lambda-Runtime-Client-Context: {}\r\n", "a".repeat(60_000)),
        "Lambda-Runtime-Trace-Id: a\u{1}\u{1b}[31m\r\n".to_owned(),
        "X: \u{1}\u{ff}\r\n".to_owned(),
    ] {
        let (api, ended) = run(vec![echo("r-0").fields(&fields), echo("r-1")], Faults::default(), false);
        assert!(is_end(&ended), "{fields:.80}: {ended}");
        assert_eq!(paths(&api), ["invocation/r-0/response", "invocation/r-1/response"], "{fields:.80}");
    }
    // The service may choose any identifier, and may repeat it.
    let (api, ended) = run((0..50).map(|_| echo("same")).collect(), Faults::default(), false);
    assert!(is_end(&ended), "{ended}");
    assert_eq!(paths(&api), vec!["invocation/same/response"; 50]);
}

/// An event is not answered if its response could be taken for that to another event; the next event is.
#[test]
fn events_without_a_usable_identifier_are_skipped() {
    let doubtful = [
        echo("r-9").fields("Lambda-Runtime-Aws-Request-Id: r-8\r\n"),
        Invocation::new("../../restore", get("/echo/a")),
        Invocation::new("a\rb", get("/echo/a")),
        Invocation::new("a?b", get("/echo/a")),
        echo("r-9").fields(&format!("X: {}\r\n", "a".repeat(70_000))),
    ];
    for invocation in doubtful {
        let context = format!("{invocation:.300?}");
        let api = MockApi::with_concurrency(vec![invocation, echo("good")], Faults::default(), 2);
        let ended = Direct::new(engine(), &api.address.to_string()).unwrap().run().unwrap_err().to_string();
        assert!(is_end(&ended), "{context}: {ended}");
        assert_eq!(paths(&api), ["invocation/good/response"], "{context}");
    }
}

/// Answers in other forms of HTTP are still events, whatever comes before and after them.
#[test]
fn events_may_have_other_forms_of_http() {
    let event = get("/echo/r-9");
    let answer = |line: &str, length: usize| {
        let head = format!("HTTP/1.{line}\r\nLambda-Runtime-Aws-Request-Id: r-9\r\nContent-Length: {length}\r\n\r\n");
        [head.as_bytes(), &event].concat()
    };
    let interim = "1 103 Early Hints\r\n\r\nHTTP/1.";
    for (answer, close, status) in [
        (answer("0 200 OK", event.len()), true, "response"),
        (answer("0 200 OK", event.len()), false, "response"),
        (answer(&format!("{}1 200 OK", interim.repeat(5)), event.len()), false, "response"),
        // The length decides. The bytes after it do not make a second event.
        (answer("1 200 OK", event.len() - 5), false, "error"),
        (answer("1 200 OK", event.len() + 50), true, "error"),
    ] {
        let context = String::from_utf8_lossy(&answer).into_owned();
        let mut faults = replaced(0, answer, close);
        // The service did not hand out this event, so it notes every post about it as refused.
        faults.answers.insert(1, (b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_vec(), false));
        let api = MockApi::start(echoes(1), faults);
        let ended = Direct::new(engine(), &api.address.to_string()).unwrap().run().unwrap_err().to_string();
        assert!(is_end(&ended), "{context}: {ended}");
        let seen = api.request_lines();
        assert!(seen[1].contains(&format!("/invocation/r-9/{status} ")), "{context}: {seen:?}");
        assert_eq!(paths(&api), ["invocation/r-0/response"], "{context}");
    }
}

#[test]
fn the_runtime_asks_again_after_an_empty_answer() {
    let answers = (0..6).map(|exchange| (exchange, (b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), false))).collect();
    let (api, ended) = run(echoes(1), Faults { answers, ..Faults::default() }, false);
    assert!(is_end(&ended), "{ended}");
    assert_eq!((api.posted().len(), api.connections()), (1, 1));
}

/// The runtime gives up on a service that never recovers.
#[test]
fn the_runtime_gives_up_on_a_service_that_never_recovers() {
    for answer in ["", "SIP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\0: \x7f\r\nContent-Length: 2\r\n\r\n{}"] {
        let answers = (0..40).map(|exchange| (exchange, (answer.as_bytes().to_vec(), true))).collect();
        let (api, ended) = run(echoes(1), Faults { answers, ..Faults::default() }, false);
        assert!(!is_end(&ended) && api.posted().is_empty(), "{answer:?}: {ended}");
        assert_eq!(api.connections(), 5, "{answer:?}");
    }
    // Bodies and heads that never end.
    let chunk = [b"100000\r\n", &vec![b'a'; 0x10_0000][..], b"\r\n"].concat();
    let body = [
        &b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a\r\nTransfer-Encoding: chunked\r\n\r\n"[..],
        &chunk.repeat(20),
    ]
    .concat();
    let head = [&b"HTTP/1.1 200 OK\r\nX: "[..], &vec![b'a'; 1 << 20]].concat();
    let interims = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100);
    for answer in [body, head, interims] {
        let mut faults = replaced(0, answer, false);
        faults.answers.insert(1, (b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_vec(), false));
        let api = MockApi::with_concurrency(echoes(3), faults, 2);
        let ended = Direct::new(engine(), &api.address.to_string()).unwrap().run().unwrap_err().to_string();
        assert!(is_end(&ended), "{ended}");
        assert!(api.posted().len() >= 2, "{:?}", paths(&api));
    }
}

#[test]
fn answers_may_have_any_byte_changed() {
    let event = get("/echo/r-9");
    let mut valid = format!(
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r-9\r\nLambda-Runtime-Deadline-Ms: 1\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        event.len()
    )
    .into_bytes();
    valid.extend_from_slice(&event);
    valid.extend_from_slice(b"\r\n0\r\n\r\n");
    let accepted = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    // The engine has its own tests for most of the payload.
    let heads: Vec<usize> = (0..valid.len()).filter(|&at| at < 170 || at > valid.len() - 10).collect();
    let cases =
        heads.into_iter().map(|at| (0, &valid[..], at)).chain((0..accepted.len()).map(|at| (1, &accepted[..], at)));
    for (exchange, answer, at) in cases {
        for byte in [0, b'\n', b'9', 0xff] {
            let mut answer = answer.to_vec();
            answer[at] = byte;
            // The runtime ends and mixes nothing up, whatever the changed byte means.
            let (api, ended) = run(echoes(1), replaced(exchange, answer, true), false);
            assert!(!ended.contains("panicked"), "{exchange} {at} {byte}: {ended}");
            assert_own_answers(&api, &(exchange, at, byte));
        }
    }
}
