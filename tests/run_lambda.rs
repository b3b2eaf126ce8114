//! `gatewire::run` and the other ways to run on Lambda, from outside: a process that runs an app, and a Runtime API
//! that hands it invocations.

// Each test program compiles all of the module and uses a part.
#[allow(dead_code)]
mod support;

use std::process::{Child, Command, Stdio};

use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::{App, Cookie, EventSource, IntoResponse, Request, Response, Stream};
use serde_json::{Value, json};
use support::mock_api::{Faults, Framing, Invocation, MockApi, Posted};

/// The runtimes that are compiled in, by the name that is passed to a process.
const RUNTIMES: &[&str] = &[
    "run",
    #[cfg(feature = "tokio")]
    "serve",
    #[cfg(feature = "lambda")]
    "lambda",
];

// ---- the app

fn app() -> App {
    App::new()
        .get("/hello", |req: Request<'_>| format!("hello {}", req.query("name").unwrap_or("you")))
        .post("/echo", |req: Request<'_>| req.body().map(<[u8]>::to_vec).unwrap_or_default())
        .get("/context", |req: Request<'_>| {
            let context = req.lambda();
            gatewire::Json(json!({
                "request_id": context.request_id,
                "deadline_ms": context.deadline_ms,
                "arn": context.invoked_function_arn,
                "trace_id": context.trace_id,
                "client_context": context.client_context,
                "cognito_identity": context.cognito_identity,
                "tenant_id": context.tenant_id,
            }))
        })
        .get("/later", |_: Request<'_>| async {
            // A handler that needs tokio finds its runtime.
            #[cfg(feature = "tokio")]
            tokio::spawn(tokio::time::sleep(std::time::Duration::from_millis(20))).await.unwrap();
            "later"
        })
        .get("/spawn", |_: Request<'_>| {
            #[cfg(feature = "tokio")]
            tokio::spawn(async {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                // The test waits for this file.
                if let Some(gate) = std::env::var_os("GATEWIRE_TEST_GATE") {
                    std::fs::write(gate, "").unwrap();
                }
            });
            "spawned"
        })
        .get("/large", |_: Request<'_>| "x".repeat(6 * 1024 * 1024 + 1))
        .get("/error", |_: Request<'_>| "x".parse::<u8>().map(|_| "a number"))
        .get("/panic", |_: Request<'_>| -> &str { panic!("out of luck") })
        .get("/lost", |_: Request<'_>| Err::<(), _>(Lost(std::io::Error::other("no\tdisk"))))
}

/// An error with a source, and a message of two lines.
#[derive(Debug)]
struct Lost(std::io::Error);

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is\r\n\"lost\" \u{9b}31m")
    }
}

impl std::error::Error for Lost {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Streams three pieces and waits after each; fails after the last if the query asks for it.
fn two_steps(req: Request<'_>) -> impl IntoResponse + use<> {
    let fails = req.query("fails").is_some();
    let body = Stream::new(async move |mut sink| {
        for number in 0..3 {
            sink.write(format!("piece {number}\n")).await;
            #[cfg(feature = "tokio")]
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        if fails {
            "x".parse::<u8>()?;
        }
        Ok(())
    });
    Response::new(body)
        .status(203)
        .content_type("text/plain")
        .header("X-One", "1")
        .append_header("X-One", "2")
        .cookie(Cookie::new("a", "b"))
        .cookie(Cookie::new("c", "d"))
}

fn streaming_app() -> App {
    App::new()
        .streaming(true)
        .get("/steps", two_steps)
        .get("/plain", |_: Request<'_>| "plain")
        .get("/empty", |_: Request<'_>| Stream::new(async |_| Ok(())))
        .get("/panic", |_: Request<'_>| -> &str { panic!("out of luck") })
        .get("/large", |_: Request<'_>| {
            Stream::new(async |mut sink| {
                let piece = vec![b'x'; 1_000_000];
                for _ in 0..8 {
                    sink.write(&piece).await;
                }
                Ok(())
            })
        })
        .get("/gate", |_: Request<'_>| {
            Stream::new(async |mut sink| {
                sink.write("first").await;
                // The test creates the file when it has read the first piece.
                let gate = std::env::var("GATEWIRE_TEST_GATE").unwrap_or_default();
                for _ in 0..4000 {
                    if std::path::Path::new(&gate).exists() {
                        break;
                    }
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    #[cfg(feature = "tokio")]
                    tokio::task::yield_now().await;
                }
                sink.write("last").await;
                Ok(())
            })
        })
}

/// Not a test: [`Function`] starts this in a second process.
#[test]
#[ignore = "the other tests start it"]
fn function() {
    let app = match std::env::var("GATEWIRE_TEST_FUNCTION").as_deref() {
        Ok("app") => app(),
        Ok("answered") => app().internal_server_errors(true),
        Ok("streaming") => streaming_app(),
        Ok("clash") => app().get("/hello", |_: Request<'_>| "again"),
        _ => return,
    };
    match std::env::var("GATEWIRE_TEST_RUNTIME").as_deref() {
        #[cfg(feature = "tokio")]
        Ok("run inside") => inside_tokio(async { gatewire::run(app) }),
        #[cfg(feature = "tokio")]
        Ok("direct inside") => inside_tokio(async { gatewire::runtime::direct::run(app) }),
        #[cfg(feature = "lambda")]
        Ok("lambda inside") => inside_tokio(async { gatewire::runtime::lambda::run(app) }),
        #[cfg(feature = "tokio")]
        Ok("serve") => {
            let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            tokio.block_on(gatewire::serve(app)).unwrap();
        }
        #[cfg(all(feature = "tokio", unix))]
        Ok("until SIGTERM") => {
            use tokio::signal::unix::{SignalKind, signal};
            let direct = gatewire::runtime::direct::Direct::from_env(app.build().unwrap()).unwrap();
            let stop = || async {
                signal(SignalKind::terminate()).unwrap().recv().await;
            };
            direct.stop_when(stop).run().unwrap();
        }
        #[cfg(feature = "lambda")]
        Ok("lambda") => gatewire::runtime::lambda::run(app).unwrap(),
        _ => gatewire::run(app).unwrap(),
    }
}

/// Runs `main` as `#[tokio::main]` does.
#[cfg(feature = "tokio")]
fn inside_tokio(main: impl Future<Output = Result<(), gatewire::RunError>>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(main).unwrap();
}

/// Returns a command that runs [`function`] with this address of the Runtime API.
fn command(runtime: &str, app: &str, runtime_api: &str) -> Command {
    let mut command = support::this_program();
    command.args(["function", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("GATEWIRE_TEST_RUNTIME", runtime).env("GATEWIRE_TEST_FUNCTION", app);
    command.env("AWS_LAMBDA_RUNTIME_API", runtime_api);
    command.env("AWS_LAMBDA_FUNCTION_NAME", "f").env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128").env_remove("AWS_LAMBDA_MAX_CONCURRENCY");
    command.env_remove("AWS_LAMBDA_LOG_FORMAT").env_remove("AWS_LAMBDA_LOG_LEVEL").env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

// ---- the function

/// A function in its own process, and its Runtime API. Dropping the value ends it.
struct Function {
    process: Child,
    api: MockApi,
}

impl Function {
    fn start(runtime: &str, scheme: &str, prefix: &str) -> Self {
        let api = MockApi::start(Vec::new(), Faults { waits: true, ..Faults::default() });
        let address = format!("{scheme}{}{prefix}", api.address);
        let process = command(runtime, "app", &address).stderr(Stdio::null()).spawn().unwrap();
        Self { process, api }
    }

    fn streaming(runtime: &str, faults: Faults, variables: &[(&str, &str)]) -> Self {
        let api = MockApi::start(Vec::new(), Faults { waits: true, ..faults });
        let mut command = command(runtime, "streaming", &api.address.to_string());
        let process = command.envs(variables.iter().copied()).stderr(Stdio::null()).spawn().unwrap();
        Self { process, api }
    }

    fn invoke(&self, invocation: Invocation) -> Posted {
        let before = self.api.posted().len();
        self.api.push([invocation]);
        self.api.wait_for_posts(before + 1);
        self.api.posted().swap_remove(before)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn get(target: &str) -> Vec<u8> {
    HttpRequest::new("GET", target).event(EventSource::HttpApiV2)
}

fn json_of(post: &Posted) -> Value {
    serde_json::from_slice(&post.body).unwrap()
}

/// Returns which invocation was answered, and how.
fn what(post: &Posted) -> &str {
    post.path.strip_prefix("invocation/").unwrap()
}

// ---- the tests

#[test]
fn answers_invocations() {
    for runtime in RUNTIMES {
        // The address in the form of Lambda, and in that of emulators.
        for (scheme, prefix) in [("", ""), ("http://", "/.rt/f")] {
            let function = Function::start(runtime, scheme, prefix);
            for (id, name) in [("r-1", "ada"), ("r-2", "bob")] {
                let post = function.invoke(Invocation::new(id, get(&format!("/hello?name={name}"))));
                let line = format!("POST {prefix}/2018-06-01/runtime/invocation/{id}/response HTTP/1.1");
                assert_eq!(post.head.lines().next(), Some(line.as_str()));
                assert_eq!(post.field("lambda-runtime-invocation-id"), Some(format!("inv-{id}").as_str()));
                let response = HttpResponse::from_payload(EventSource::HttpApiV2, &post.body).unwrap();
                assert_eq!((response.status, response.text()), (200, Some(format!("hello {name}").as_str())));
            }
            let post = function.invoke(Invocation::new("r-3", get("/later")));
            assert_eq!(json_of(&post)["body"], "later", "{runtime}");
            assert_eq!(function.api.connections(), 1, "{runtime}");
        }
    }
}

#[test]
fn handlers_see_the_context_of_the_invocation() {
    for runtime in RUNTIMES {
        let function = Function::start(runtime, "", "");
        let full = Invocation::new("r-1", get("/context")).fields(
            "Lambda-Runtime-Deadline-Ms: 4102444800000\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:111122223333:function:f\r\n\
             Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1\r\n\
             Lambda-Runtime-Client-Context: {\"custom\":{\"a\":\"1\"}}\r\n\
             Lambda-Runtime-Cognito-Identity: {\"cognitoIdentityId\":\"i\",\"cognitoIdentityPoolId\":\"p\"}\r\n\
             Lambda-Runtime-Aws-Tenant-Id: blue\r\n",
        );
        let told: Value = serde_json::from_str(json_of(&function.invoke(full))["body"].as_str().unwrap()).unwrap();
        let expected = json!({
            "request_id": "r-1",
            "deadline_ms": 4_102_444_800_000_u64,
            "arn": "arn:aws:lambda:eu-central-1:111122223333:function:f",
            "trace_id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1",
            "client_context": r#"{"custom":{"a":"1"}}"#,
            "cognito_identity": r#"{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}"#,
            "tenant_id": "blue",
        });
        assert_eq!(told, expected);
        // The next invocation sees nothing of it.
        let bare = Invocation::new("r-2", get("/context"));
        let told: Value = serde_json::from_str(json_of(&function.invoke(bare))["body"].as_str().unwrap()).unwrap();
        assert_eq!(told["request_id"], "r-2");
        for key in ["trace_id", "client_context", "cognito_identity", "tenant_id"] {
            assert_eq!(told[key], Value::Null, "{key}");
        }
    }
}

#[test]
fn reports_failed_invocations_and_goes_on() {
    for runtime in RUNTIMES {
        let function = Function::start(runtime, "", "");
        for (payload, error_type, message) in [
            (get("/error"), "ParseIntError", "invalid digit"),
            (get("/panic"), "Panic", "out of luck"),
            (get("/large"), "Function.ResponseSizeTooLarge", "6291556"),
            (b"{\"a\":".to_vec(), "", "JSON"),
            (b"{}".to_vec(), "", ""),
            (b"\xff".to_vec(), "", ""),
            (Vec::new(), "", ""),
            (b"null".to_vec(), "", ""),
        ] {
            let text = String::from_utf8_lossy(&payload).into_owned();
            let post = function.invoke(Invocation::new("r-1", payload));
            assert_eq!(what(&post), "r-1/error", "{text}");
            assert_eq!(post.field("lambda-runtime-invocation-id"), Some("inv-r-1"));
            let error = json_of(&post);
            assert!(error["errorType"].as_str().unwrap().contains(error_type), "{text}: {error}");
            assert!(error["errorMessage"].as_str().unwrap().contains(message), "{text}: {error}");
            assert!(!error["errorType"].as_str().unwrap().is_empty() && error["errorMessage"] != "", "{text}: {error}");

            let post = function.invoke(Invocation::new("r-2", get("/hello")));
            assert_eq!((what(&post), &json_of(&post)["body"]), ("r-2/response", &json!("hello you")));
        }
    }
}

#[test]
fn payloads_may_have_any_size_and_framing() {
    let bytes: Vec<u8> = (0..4_000_000_u32).map(|number| ((number * 7) >> 3) as u8).collect();
    for runtime in RUNTIMES {
        let function = Function::start(runtime, "", "");
        // A payload that does not fit in a small buffer comes in chunks.
        for (length, chunked) in [(1, false), (1000, true), (65_536, false), (65_536, true), (bytes.len(), true)] {
            let request = HttpRequest::new("POST", "/echo").header("Content-Type", "image/png").body(&bytes[..length]);
            let framing = if chunked { Framing::Chunks(1000) } else { Framing::Length };
            let invocation = Invocation::new("r-1", request.event(EventSource::RestApi)).framing(framing);
            let post = function.invoke(invocation);
            assert_eq!(what(&post), "r-1/response");
            let response = HttpResponse::from_payload(EventSource::RestApi, &post.body).unwrap();
            assert!(response.body == bytes[..length], "{length} {chunked}");
        }
    }
}

#[test]
fn runs_as_many_invocations_at_a_time_as_lambda_sets() {
    for runtime in RUNTIMES {
        let api = MockApi::with_concurrency(Vec::new(), Faults { waits: true, ..Faults::default() }, 3);
        let mut command = command(runtime, "app", &api.address.to_string());
        let process = command.env("AWS_LAMBDA_MAX_CONCURRENCY", "3").stderr(Stdio::null()).spawn().unwrap();
        let function = Function { process, api };
        function.api.wait_for_requests(3);
        for number in 0..30 {
            function.api.push([Invocation::new(format!("r-{number}"), get("/later"))]);
        }
        function.api.wait_for_posts(30);
        assert_eq!((function.api.connections(), function.api.unanswered().len()), (3, 0), "{runtime}");
        assert!(function.api.posted().iter().all(|post| json_of(post)["body"] == "later"));
    }
}

/// Waits for the end of a process, and returns its standard error.
fn end_of(mut process: Child) -> (std::process::ExitStatus, String) {
    let begin = std::time::Instant::now();
    while process.try_wait().unwrap().is_none() {
        if begin.elapsed() > support::mock_api::PATIENCE {
            process.kill().unwrap();
            panic!("the process goes on");
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let output = process.wait_with_output().unwrap();
    (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A process of several workers ends with the first worker that ends, even while the others wait for events.
#[test]
fn one_worker_that_ends_ends_the_process() {
    let answer = b"HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nwhy".to_vec();
    for runtime in RUNTIMES {
        let faults = Faults { waits: true, answers: [(4, (answer.clone(), false))].into(), ..Faults::default() };
        let api = MockApi::with_concurrency(Vec::new(), faults, 4);
        let mut command = command(runtime, "app", &api.address.to_string());
        let process = command.env("AWS_LAMBDA_MAX_CONCURRENCY", "4").spawn().unwrap();
        api.wait_for_requests(4);
        api.push([Invocation::new("r-1", get("/hello"))]);
        let (status, text) = end_of(process);
        assert!(!status.success() && text.contains("a response with status 500: why"), "{runtime}: {text}");
    }
}

/// Workers that the system refuses are reported before any event is requested.
#[cfg(all(feature = "tokio", unix))]
#[test]
#[cfg_attr(
    gatewire_emulated,
    ignore = "the emulated process had not ended when the test gave up; the cause is not known"
)]
fn workers_that_cannot_start_fail_the_initialisation() {
    for runtime in RUNTIMES {
        // Too few files for their sockets; a stack that is too large for any machine.
        for limit in ["ulimit -n 40", "export RUST_MIN_STACK=70368744177664"] {
            let api = MockApi::start(Vec::new(), Faults { waits: true, ..Faults::default() });
            let inner = command(runtime, "app", &api.address.to_string());
            let mut outer = Command::new("sh");
            outer.args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]);
            outer.arg(inner.get_program()).args(inner.get_args());
            for (name, value) in inner.get_envs() {
                match value {
                    Some(value) => outer.env(name, value),
                    None => outer.env_remove(name),
                };
            }
            outer.env("AWS_LAMBDA_MAX_CONCURRENCY", "1000");
            let process = outer.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let (status, text) = end_of(process);
            assert!(!status.success(), "{runtime} {limit}: {text}");
            let told: Vec<_> = api.posted().iter().map(|posted| posted.path.clone()).collect();
            assert_eq!((told, api.asked().len()), (vec!["init/error".to_owned()], 0), "{runtime} {limit}: {text}");
        }
    }
}

// ---- what is logged

/// Returns the lines that a function with these variables logs about an invocation of `target`.
fn lines_of(runtime: &str, app: &str, target: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let api = MockApi::start(vec![Invocation::new("r-1", get(target))], Faults::default());
    let mut command = command(runtime, app, &api.address.to_string());
    // The function ends with the error that the queue is empty.
    let (_, text) = end_of(command.envs(variables.iter().copied()).spawn().unwrap());
    assert_eq!(
        api.posted()[0].path,
        if target == "/hello" || app == "answered" { "invocation/r-1/response" } else { "invocation/r-1/error" }
    );
    text.split('\n').map(str::to_owned).collect()
}

#[test]
fn a_failed_invocation_is_one_line() {
    for runtime in RUNTIMES {
        for app in ["app", "answered"] {
            let lines = lines_of(runtime, app, "/lost", &[]);
            let line =
                "gatewire: ERROR RequestId: r-1 run_lambda::Lost: it is\\r\\n\"lost\" \\u{9b}31m; caused by: no\\tdisk";
            assert_eq!(lines.iter().filter(|line| line.contains("r-1")).collect::<Vec<_>>(), [line], "{runtime} {app}");
        }
        let json = [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", "ERROR")];
        let lines = lines_of(runtime, "app", "/lost", &json);
        let lines: Vec<_> = lines.iter().filter(|line| line.contains("r-1")).collect();
        assert_eq!(lines.len(), 1, "{runtime}: {lines:?}");
        let mut line: Value = serde_json::from_str(lines[0]).unwrap();
        let time = line["timestamp"].take();
        assert!(time.as_str().is_some_and(|time| time.len() == 24 && time.ends_with('Z')), "{time}");
        let expected = json!({
            "timestamp": null, "level": "ERROR", "requestId": "r-1", "errorType": "Lost",
            "errorPath": "run_lambda::Lost", "message": "it is\r\n\"lost\" \u{9b}31m", "causes": ["no\tdisk"],
        });
        assert_eq!(line, expected, "{runtime}");
        // The first log level excludes the line, and the second invocation does not fail.
        for (target, variables) in [("/lost", &[("AWS_LAMBDA_LOG_LEVEL", "FATAL")][..]), ("/hello", &[])] {
            let lines = lines_of(runtime, "app", target, variables);
            assert!(!lines.iter().any(|line| line.contains("r-1")), "{runtime} {target}: {lines:?}");
        }
        // The messages about a panic, a payload and a response.
        for (target, expected) in [("/panic", "Panic: out of luck"), ("/large", "Function.ResponseSizeTooLarge: the ")]
        {
            let lines = lines_of(runtime, "app", target, &[]);
            let told = lines.iter().filter(|line| line.contains(&format!("RequestId: r-1 {expected}")));
            assert_eq!(told.count(), 1, "{runtime} {target}: {lines:?}");
        }
    }
}

/// `run` would block the thread of a running runtime, so it returns an error that names the call to use.
#[cfg(feature = "tokio")]
#[test]
fn run_inside_of_a_tokio_runtime_names_what_to_await() {
    for (runtime, instead) in [
        ("run inside", "`gatewire::serve`"),
        ("direct inside", "`gatewire::serve`"),
        #[cfg(feature = "lambda")]
        ("lambda inside", "`gatewire::runtime::lambda::serve`"),
    ] {
        let api = MockApi::start(Vec::new(), Faults::default());
        let (status, text) = end_of(command(runtime, "app", &api.address.to_string()).spawn().unwrap());
        assert!(!status.success() && text.contains(instead) && !text.contains("block_on"), "{text}");
        let posted = api.posted();
        assert_eq!((posted.len(), posted[0].path.as_str()), (1, "init/error"), "{runtime}");
        assert!(json_of(&posted[0])["errorMessage"].as_str().unwrap().contains(instead), "{runtime}");
    }
    // The same holds outside of Lambda.
    let text = end_of(command("run inside", "app", "").env_remove("AWS_LAMBDA_RUNTIME_API").spawn().unwrap()).1;
    assert!(text.contains("`gatewire::serve`") && !text.contains("block_on"), "{text}");
}

// ---- streamed responses

fn url(target: &str) -> Vec<u8> {
    HttpRequest::new("GET", target).event(EventSource::FunctionUrl)
}

/// Returns the prelude, with header names in lower case, and the body.
fn streamed(posted: &Posted) -> (Value, Vec<u8>) {
    assert!(posted.path.ends_with("/response"), "{posted:?}");
    assert_eq!(posted.field("Lambda-Runtime-Function-Response-Mode"), Some("streaming"));
    assert_eq!(posted.field("Content-Type"), Some("application/vnd.awslambda.http-integration-response"));
    assert!(posted.field("Lambda-Runtime-Invocation-Id").is_some());
    let [prelude, delimiter, body @ ..] = &posted.chunks[..] else { panic!("{posted:?}") };
    assert_eq!(delimiter[..], [0; 8]);
    let mut prelude: Value = serde_json::from_slice(prelude).unwrap();
    if let Some(headers) = prelude.get_mut("headers").and_then(Value::as_object_mut) {
        *headers = headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
    }
    (prelude, body.concat())
}

#[test]
fn streams_on_every_runtime() {
    for runtime in RUNTIMES {
        let function = Function::streaming(runtime, Faults::default(), &[]);
        let posted = function.invoke(Invocation::new("r-1", url("/steps")));
        let (prelude, body) = streamed(&posted);
        let expected = json!({
            "statusCode": 203,
            "headers": { "content-type": "text/plain", "x-one": "1, 2" },
            "cookies": ["a=b; Secure", "c=d; Secure"],
        });
        assert_eq!(prelude, expected, "{runtime}");
        assert_eq!(body, b"piece 0\npiece 1\npiece 2\n", "{runtime}");
        assert_eq!(posted.chunks.len(), 5, "each piece leaves by itself: {runtime}");
        for (id, target, status, expected) in
            [("r-2", "/plain", 200, &b"plain"[..]), ("r-3", "/empty", 200, b""), ("r-4", "/nowhere", 404, b"Not found")]
        {
            let (prelude, body) = streamed(&function.invoke(Invocation::new(id, url(target))));
            assert_eq!(prelude["statusCode"], status, "{runtime} {target}");
            let fits = body == expected || status == 404 && String::from_utf8_lossy(&body).contains("Not found");
            assert!(fits, "{runtime} {target}: {body:?}");
        }
        let (_, body) = streamed(&function.invoke(Invocation::new("r-5", url("/large"))));
        assert!(body == vec![b'x'; 8_000_000], "{runtime}: {}", body.len());
        assert_eq!((function.api.posted().len(), function.api.refused().len()), (5, 0), "{runtime}");
    }
}

/// A REST API has its own form for headers, which `lambda_runtime` does not support: there they are joined.
#[test]
fn streams_to_a_rest_api() {
    for runtime in RUNTIMES {
        let function = Function::streaming(runtime, Faults::default(), &[]);
        let event = HttpRequest::new("GET", "/steps").event(EventSource::RestApi);
        let (prelude, body) = streamed(&function.invoke(Invocation::new("r-1", event)));
        let expected = match *runtime {
            "lambda" => json!({
                "statusCode": 203,
                "headers": { "content-type": "text/plain", "x-one": "1, 2" },
                "cookies": ["a=b; Secure", "c=d; Secure"],
            }),
            _ => json!({
                "statusCode": 203,
                "multiValueHeaders": {
                    "Content-Type": ["text/plain"], "X-One": ["1", "2"], "Set-Cookie": ["a=b; Secure", "c=d; Secure"],
                },
            }),
        };
        assert_eq!(prelude, expected, "{runtime}");
        assert_eq!(body, b"piece 0\npiece 1\npiece 2\n", "{runtime}");
    }
}

#[test]
fn gateways_without_streams_get_whole_responses_on_every_runtime() {
    for runtime in RUNTIMES {
        let function = Function::streaming(runtime, Faults::default(), &[]);
        let posted = function.invoke(Invocation::new("r-1", get("/steps")));
        assert_eq!(posted.field("Lambda-Runtime-Function-Response-Mode"), None, "{runtime}");
        let response = HttpResponse::from_payload(EventSource::HttpApiV2, &posted.body).unwrap();
        assert_eq!((response.status, response.text()), (203, Some("piece 0\npiece 1\npiece 2\n")), "{runtime}");
        let failed = function.invoke(Invocation::new("r-2", get("/steps?fails")));
        assert_eq!(failed.path, "invocation/r-2/error", "{runtime}");
    }
}

#[test]
fn the_first_piece_arrives_before_the_last_is_made() {
    for runtime in RUNTIMES {
        let gate = std::env::temp_dir().join(format!("gatewire-gate-{}-{runtime}", std::process::id()));
        let function =
            Function::streaming(runtime, Faults::default(), &[("GATEWIRE_TEST_GATE", gate.to_str().unwrap())]);
        function.api.push([Invocation::new("r-1", url("/gate"))]);
        function.api.wait_for_chunk(b"first");
        assert_eq!(function.api.posted().len(), 0, "{runtime}: the response has no end yet");
        std::fs::write(&gate, "").unwrap();
        function.api.wait_for_posts(1);
        std::fs::remove_file(&gate).unwrap();
        assert_eq!(streamed(&function.api.posted()[0]).1, b"firstlast", "{runtime}");
    }
}

/// The direct runtime reports it in trailers. `lambda_runtime` has no trailers: there the body is cut off, and the
/// failure is reported.
#[test]
fn an_error_in_the_middle_of_a_stream_is_reported() {
    for runtime in RUNTIMES {
        let function = Function::streaming(runtime, Faults::default(), &[]);
        let failed = function.invoke(Invocation::new("r-1", url("/steps?fails")));
        let report = if *runtime == "lambda" {
            function.api.wait_for_chunk(b"piece 2\n");
            assert_eq!(failed.path, "invocation/r-1/error");
            json_of(&failed)
        } else {
            assert_eq!(streamed(&failed).1, b"piece 0\npiece 1\npiece 2\n");
            assert_eq!(failed.trailer("Lambda-Runtime-Function-Error-Type"), Some("Function.ParseIntError"));
            let report = failed.trailer("Lambda-Runtime-Function-Error-Body").unwrap();
            serde_json::from_slice(&base64_simd::STANDARD.decode_to_vec(report).unwrap()).unwrap()
        };
        assert_eq!(report["errorType"], "ParseIntError", "{runtime}");
        assert_eq!(report["errorMessage"], "invalid digit found in string", "{runtime}");
        // An error before the first piece is handled like that of any handler.
        let failed = function.invoke(Invocation::new("r-2", url("/panic")));
        assert_eq!((failed.path.as_str(), &json_of(&failed)["errorType"]), ("invocation/r-2/error", &json!("Panic")));
        let (_, body) = streamed(&function.invoke(Invocation::new("r-3", url("/steps"))));
        assert_eq!(body, b"piece 0\npiece 1\npiece 2\n", "{runtime}");
        assert_eq!(function.api.unanswered(), [""; 0], "{runtime}");
    }
}

/// A service may answer before it has the whole response, and cargo-lambda does.
#[test]
fn a_stream_may_be_answered_early() {
    for runtime in RUNTIMES {
        let function = Function::streaming(runtime, Faults { early: true, ..Faults::default() }, &[]);
        for id in ["r-1", "r-2"] {
            let (_, body) = streamed(&function.invoke(Invocation::new(id, url("/steps"))));
            assert_eq!(body, b"piece 0\npiece 1\npiece 2\n", "{runtime}");
        }
        let (_, body) = streamed(&function.invoke(Invocation::new("r-3", url("/large"))));
        assert!(body == vec![b'x'; 8_000_000], "{runtime}: {}", body.len());
    }
}

/// A service that refuses in the middle of a stream reads no more of it, and hands out the next event.
#[test]
fn a_stream_may_be_refused() {
    for runtime in RUNTIMES {
        let refused = b"HTTP/1.1 410 Gone\r\nContent-Length: 2\r\n\r\n{}".to_vec();
        let faults = Faults { answers: [(1, (refused, false))].into(), ..Faults::default() };
        let api = MockApi::with_concurrency(Vec::new(), Faults { waits: true, ..faults }, 2);
        let mut command = command(runtime, "streaming", &api.address.to_string());
        let function = Function { process: command.stderr(Stdio::null()).spawn().unwrap(), api };
        function.api.push([Invocation::new("r-1", url("/steps")), Invocation::new("r-2", url("/steps"))]);
        function.api.wait_for_posts(1);
        let posted = function.api.posted();
        assert_eq!(posted[0].path, "invocation/r-2/response", "{runtime}");
        assert_eq!(streamed(&posted[0]).1, b"piece 0\npiece 1\npiece 2\n", "{runtime}");
    }
}

#[test]
fn waits_for_the_restored_snapshot() {
    for runtime in RUNTIMES {
        let api = MockApi::start(Vec::new(), Faults { waits: true, ..Faults::default() });
        let mut command = command(runtime, "app", &api.address.to_string());
        let snap_start = command.env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start").stderr(Stdio::null());
        let function = Function { process: snap_start.spawn().unwrap(), api };
        assert_eq!(json_of(&function.invoke(Invocation::new("r-1", get("/hello"))))["body"], "hello you");
        // Connections do not survive the snapshot.
        assert_eq!((function.api.restores(), function.api.connections()), (1, 2), "{runtime}");
    }
}

#[cfg(all(feature = "tokio", unix))]
#[test]
fn ends_at_a_signal_after_the_last_response() {
    let mut function = Function::start("until SIGTERM", "", "");
    let terminate = |function: &Function| {
        let id = function.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    };
    assert_eq!(json_of(&function.invoke(Invocation::new("r-1", get("/later"))))["body"], "later");
    function.api.push([Invocation::new("r-2", get("/later"))]);
    while function.api.unanswered().is_empty() && function.api.posted().len() < 2 {
        std::thread::yield_now();
    }
    terminate(&function);
    assert!(function.process.wait().unwrap().success());
    assert_eq!((function.api.posted().len(), function.api.unanswered().len()), (2, 0));
}

/// Tasks that a handler spawns continue while the next event is awaited, as the connections of HTTP clients must.
#[cfg(feature = "tokio")]
#[test]
fn spawned_tasks_go_on_between_invocations() {
    for runtime in RUNTIMES {
        let gate = std::env::temp_dir().join(format!("gatewire-spawned-{}-{runtime}", std::process::id()));
        let _ = std::fs::remove_file(&gate);
        let api = MockApi::start(Vec::new(), Faults { waits: true, ..Faults::default() });
        let mut command = command(runtime, "app", &api.address.to_string());
        let process = command.env("GATEWIRE_TEST_GATE", &gate).stderr(Stdio::null()).spawn().unwrap();
        let function = Function { process, api };
        assert_eq!(json_of(&function.invoke(Invocation::new("r-1", get("/spawn"))))["body"], "spawned");
        // No second event comes, since it would let the task continue too.
        let begin = std::time::Instant::now();
        while !gate.exists() {
            assert!(begin.elapsed() < support::mock_api::PATIENCE, "{runtime}: the task stands still");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        std::fs::remove_file(&gate).unwrap();
    }
}

#[test]
fn says_why_it_does_not_start() {
    let failed = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for runtime in RUNTIMES {
        // Nothing listens at this address.
        let text = failed(&mut command(runtime, "clash", "127.0.0.1:9"));
        assert!(text.contains("/hello"), "{text}");
        let text = failed(&mut command(runtime, "app", "127.0.0.1:9"));
        assert!(text.contains("the Lambda runtime has ended: "), "{text}");
        // The error is reported to Lambda too.
        for (app, name, value, error_type, message) in [
            ("clash", "X", "", "Function.BuildError", "/hello"),
            ("app", "AWS_LAMBDA_MAX_CONCURRENCY", "-1", "Runtime.InvalidEnvironment", "AWS_LAMBDA_MAX_CONCURRENCY"),
            ("app", "AWS_LAMBDA_MAX_CONCURRENCY", "many", "Runtime.InvalidEnvironment", "AWS_LAMBDA_MAX_CONCURRENCY"),
        ] {
            let api = MockApi::start(Vec::new(), Faults::default());
            let text = failed(command(runtime, app, &api.address.to_string()).env(name, value));
            assert!(text.contains(message), "{text}");
            let posted = api.posted();
            assert_eq!(posted.len(), 1, "{runtime} {app}");
            assert_eq!(posted[0].path, "init/error");
            assert_eq!(posted[0].field("Lambda-Runtime-Function-Error-Type"), Some(error_type));
            let report = json_of(&posted[0]);
            assert_eq!(report["errorType"], error_type);
            assert!(report["errorMessage"].as_str().unwrap().contains(message), "{report}");
        }
    }
}

#[cfg(feature = "lambda")]
#[test]
fn variables_that_lambda_runtime_needs_are_reported() {
    for (name, value, message) in [
        ("AWS_LAMBDA_FUNCTION_VERSION", None, "AWS_LAMBDA_FUNCTION_VERSION is not set"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Some("much"), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE is no number"),
    ] {
        let api = MockApi::start(Vec::new(), Faults::default());
        let mut command = command("lambda", "app", &api.address.to_string());
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
        let output = command.output().unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(&format!("the Lambda runtime has ended: {message}")), "{text}");
        let posted = api.posted();
        assert_eq!((posted.len(), posted[0].path.as_str()), (1, "init/error"));
        assert!(json_of(&posted[0])["errorMessage"].as_str().unwrap().contains(message));
    }
}
