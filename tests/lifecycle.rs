//! The life of a function: the first invocation, what happens after a response, time limits, and the end.

// Each test program compiles all of the module and uses a part.
#[allow(dead_code)]
mod support;

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gatewire::gateway::HttpRequest;
use gatewire::observe::{AccessLog, Metrics};
use gatewire::runtime::direct::Direct;
use gatewire::testing::Client;
use gatewire::{App, EventSource, HttpError, Request, Route, Stream};
use serde_json::Value;
use support::mock_api::{Faults, Invocation, MockApi};

fn get(target: &str) -> Vec<u8> {
    HttpRequest::new("GET", target).event(EventSource::FunctionUrl)
}

fn invocations(targets: &[&str]) -> Vec<Invocation> {
    targets.iter().enumerate().map(|(number, target)| Invocation::new(format!("r-{number}"), get(target))).collect()
}

// ---- the order of response, line, hook and next event

/// The steps that were seen, with the numbers of responses and of requests for an event at that time.
type Steps = Arc<Mutex<Vec<(&'static str, usize, usize)>>>;

fn note(steps: &Steps, api: &OnceLock<MockApi>, what: &'static str) {
    let api = api.get().unwrap();
    // The service records a post before it answers, so nothing is on its way now.
    steps.lock().unwrap().push((what, api.posted().len(), api.asked().len()));
}

fn observed(steps: &Steps, api: &Arc<OnceLock<MockApi>>) -> App {
    let noting = |what| {
        let (steps, api) = (Arc::clone(steps), Arc::clone(api));
        move || note(&steps, &api, what)
    };
    let (line, document, hook) = (noting("line"), noting("document"), noting("hook"));
    let stream = |req: Request<'_>| {
        let fails = req.query("fails").is_some();
        Stream::new(async move |mut sink| {
            sink.write("piece").await;
            if fails { Err(HttpError::forbidden("no").into()) } else { Ok(()) }
        })
    };
    App::new()
        .access_log(AccessLog::json().sink(move |_| line()))
        .metrics(Metrics::namespace("N").sink(move |_| document()))
        .after_response(async move || hook())
        .get("/", |_: Request| "hello")
        .get("/panic", |_: Request| -> &str { panic!("out of luck") })
        .route(Route::get("/stream", stream).streaming(true))
}

/// Runs the app on these requests, and returns the steps.
fn steps_of(targets: &[&str], streaming: bool) -> Vec<(&'static str, usize, usize)> {
    let (steps, api) = (Steps::default(), Arc::new(OnceLock::new()));
    assert!(api.set(MockApi::start(invocations(targets), Faults::default())).is_ok());
    let address = api.get().unwrap().address.to_string();
    let mut app = observed(&steps, &api);
    if streaming {
        app = app.streaming(true);
    }
    let ended = Direct::new(app.build().unwrap(), &address).unwrap().pipelined(true).run().unwrap_err();
    assert!(ended.to_string().contains("Runtime.QueueEmpty"), "{ended}");
    assert_eq!(api.get().unwrap().posted().len(), targets.len());
    steps.lock().unwrap().clone()
}

#[test]
fn lines_and_hooks_come_after_the_response_and_before_the_next_event() {
    let expected: Vec<_> =
        (1..=3).flat_map(|number| ["line", "document", "hook"].map(|what| (what, number, number))).collect();
    assert_eq!(steps_of(&["/", "/", "/"], false), expected);
    assert_eq!(steps_of(&["/stream", "/", "/stream"], true), expected);
}

#[test]
fn the_line_of_a_failure_comes_before_its_report() {
    let failed = [("line", 0, 1), ("document", 0, 1), ("hook", 1, 1)];
    assert_eq!(steps_of(&["/panic"], false), failed);
    assert_eq!(steps_of(&["/stream?fails"], true), failed);
}

#[test]
fn a_hook_that_panics_does_no_harm() {
    let count = Arc::new(AtomicUsize::new(0));
    let second = Arc::clone(&count);
    let app = App::new()
        .get("/", |_: Request| "hello")
        .after_response(async || panic!("in the hook"))
        .after_response(async move || _ = second.fetch_add(1, Ordering::SeqCst));
    let api = MockApi::start(invocations(&["/", "/"]), Faults::default());
    let ended = Direct::new(app.build().unwrap(), &api.address.to_string()).unwrap().run().unwrap_err();
    assert!(ended.to_string().contains("Runtime.QueueEmpty"), "{ended}");
    assert_eq!((api.posted().len(), count.load(Ordering::SeqCst)), (2, 2));
}

// ---- the first invocation

#[test]
fn the_first_invocation_has_its_hook() {
    let count = Arc::new(AtomicUsize::new(0));
    let hook = Arc::clone(&count);
    let app = App::new()
        .on_first_request(async move |req: Request| {
            assert!(req.is_cold_start());
            hook.fetch_add(1, Ordering::SeqCst);
        })
        .get("/", |req: Request| req.is_cold_start().to_string());
    let engine = app.build().unwrap();
    // Two workers of one process: only the first invocation of both is cold.
    for expected in ["true", "false"] {
        let client = Client::from(engine.clone());
        assert_eq!(client.get("/").send().text(), expected);
        assert_eq!(client.get("/nowhere").send().status(), 404);
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

// ---- time limits

fn in_millis(millis: u64) -> u64 {
    (SystemTime::now() + Duration::from_millis(millis)).duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

#[test]
fn a_margin_is_kept_of_the_remaining_time() {
    let left = |deadline_ms, margin| {
        let mut context = gatewire::testing::lambda_context();
        context.deadline_ms = deadline_ms;
        context.remaining_time_with_margin(Duration::from_millis(margin))
    };
    assert_eq!((left(0, 0), left(1, 0)), (None, None));
    assert_eq!(left(in_millis(60_000), 70_000), Some(Duration::ZERO));
    let some = left(in_millis(60_000), 20_000).unwrap();
    assert!((30_000..=40_000).contains(&some.as_millis()), "{some:?}");
}

#[cfg(feature = "tokio")]
mod time_limit {
    use std::time::Instant;

    use gatewire::testing;

    use super::*;

    async fn forever(_: Request<'_>) -> &'static str {
        std::future::pending().await
    }

    async fn brief(req: Request<'_>) -> &str {
        tokio::task::yield_now().await;
        req.path()
    }

    #[test]
    fn a_handler_that_takes_too_long_is_answered_with_504() {
        let begin = Instant::now();
        let app = App::new()
            .route(Route::get("/slow", forever).timeout(Duration::from_millis(5)))
            .route(Route::get("/brief", brief).timeout(Duration::from_secs(100)))
            .route(Route::get("/sync", |_: Request| "sync").timeout(Duration::ZERO))
            .route(Route::get("/endless", brief).timeout(Duration::MAX))
            .after(|req| req.response().set_header("X-After", "1"));
        let client = Client::new(app).unwrap();
        let response = client.get("/slow").send();
        assert_eq!((response.status(), response.header("x-after")), (504, Some("1")));
        assert!(response.text().contains("the handler took too long"), "{}", response.text());
        for path in ["/brief", "/endless"] {
            assert_eq!(client.get(path).send().text(), path);
        }
        assert_eq!(client.get("/sync").send().text(), "sync");
        assert!(begin.elapsed() < Duration::from_secs(50));
    }

    #[test]
    fn a_handler_is_stopped_before_lambda_ends_the_function() {
        let app = App::new()
            .route(Route::get("/slow", forever).timeout(Duration::from_secs(3600)))
            .on_error(|error: &HttpError, _: Request| (503, error.message().to_owned()));
        let client = Client::new(app).unwrap();
        let mut lambda = testing::lambda_context();
        lambda.deadline_ms = in_millis(260);
        let response = client.get("/slow").lambda(lambda).send();
        assert_eq!((response.status(), response.text()), (503, "the handler took too long"));
    }

    #[test]
    fn what_a_handler_holds_is_dropped() {
        let held = Arc::new(());
        let own = Arc::clone(&held);
        let slow = async move |_: Request| {
            let _held = Arc::clone(&own);
            std::future::pending::<()>().await;
        };
        let client = Client::new(App::new().route(Route::get("/", slow).timeout(Duration::from_millis(1)))).unwrap();
        assert_eq!(client.get("/").send().status(), 504);
        assert_eq!(Arc::strong_count(&held), 2);
    }
}

// ---- the end

/// Returns a future that is ready once the service has received so many responses.
#[cfg(feature = "tokio")]
fn answered(
    api: &Arc<OnceLock<MockApi>>,
    count: usize,
) -> impl Fn() -> std::pin::Pin<Box<dyn Future<Output = ()>>> + use<> {
    let api = Arc::clone(api);
    move || {
        let api = Arc::clone(&api);
        Box::pin(std::future::poll_fn(move |context| {
            if api.get().unwrap().posted().len() >= count {
                return std::task::Poll::Ready(());
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        }))
    }
}

#[test]
#[cfg(feature = "tokio")]
fn the_hook_at_the_end_runs_once() {
    for concurrency in [1, 4] {
        let api = Arc::new(OnceLock::new());
        let faults = Faults { waits: true, ..Faults::default() };
        assert!(api.set(MockApi::with_concurrency(invocations(&["/", "/"]), faults, concurrency)).is_ok());
        let app = App::new().get("/", |_: Request| "hello");
        let count = Arc::new(AtomicUsize::new(0));
        let hook = Arc::clone(&count);
        let direct = Direct::new(app.build().unwrap(), &api.get().unwrap().address.to_string()).unwrap();
        let direct = direct
            .concurrency(concurrency)
            .register_extension(true)
            .stop_when(answered(&api, 2))
            .on_shutdown(async move || _ = hook.fetch_add(1, Ordering::SeqCst));
        direct.run().unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 1);
        // It is registered before the first event is requested.
        let extensions = api.get().unwrap().extensions();
        assert_eq!(extensions[0], ("gatewire {\"events\":[]}".to_owned(), 0));
    }
}

#[test]
fn a_service_without_extensions_is_no_obstacle() {
    let api = MockApi::start(invocations(&["/"]), Faults { no_extensions: true, ..Faults::default() });
    let engine = App::new().get("/", |_: Request| "hello").build().unwrap();
    let direct = Direct::new(engine, &api.address.to_string()).unwrap().register_extension(true);
    let ended = direct.run().unwrap_err().to_string();
    assert!(ended.contains("Runtime.QueueEmpty"), "{ended}");
    assert_eq!(api.posted().len(), 1);
}

// ---- whole processes

/// Not a test: [`Function`] starts this in a second process.
#[test]
#[ignore = "the other tests start it"]
fn function() {
    let Ok(runtime) = std::env::var("GATEWIRE_TEST_RUNTIME") else { return };
    let app = App::new()
        .get("/", |_: Request| "hello")
        .get("/error", |_: Request| "x".parse::<u8>().map(|_| "a number"))
        .get("/stream", |req: Request| {
            let fails = req.query("fails").is_some();
            Stream::new(async move |mut sink| {
                sink.write("12345").await;
                if fails { Err("x".parse::<u8>().unwrap_err().into()) } else { Ok(()) }
            })
        })
        .streaming(std::env::var_os("GATEWIRE_TEST_STREAMING").is_some())
        .after_response(async || eprintln!("after the response"))
        .access_log(AccessLog::from_env())
        .metrics(Metrics::namespace("N"));
    let ended = match runtime.as_str() {
        "direct" => gatewire::run(app),
        #[cfg(feature = "lambda")]
        "lambda" => gatewire::runtime::lambda::run(app),
        #[cfg(all(unix, feature = "graceful-shutdown"))]
        "sigterm" => {
            let direct = Direct::from_env(app.build().unwrap()).unwrap().stop_on_sigterm();
            direct.on_shutdown(async || eprintln!("at the end")).run()
        }
        other => panic!("{other}"),
    };
    if let Err(error) = ended {
        eprintln!("ended: {error}");
    }
}

struct Function(Child);

impl Function {
    fn start(api: &MockApi, runtime: &str, streaming: bool) -> Self {
        let mut command = support::this_program();
        command
            .args(["--ignored", "--exact", "function", "--nocapture"])
            .env("GATEWIRE_TEST_RUNTIME", runtime)
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_FUNCTION_NAME", "shop")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env_remove("AWS_LAMBDA_MAX_CONCURRENCY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if streaming {
            command.env("GATEWIRE_TEST_STREAMING", "1");
        }
        Self(command.spawn().unwrap())
    }

    /// Waits for the end, and returns the JSON lines of standard output and the text of standard error.
    fn output(self) -> (Vec<Value>, String) {
        let output = self.0.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap());
        (lines.collect(), String::from_utf8(output.stderr).unwrap())
    }
}

const RUNTIMES: &[&str] = &[
    "direct",
    #[cfg(feature = "lambda")]
    "lambda",
];

#[test]
fn every_runtime_writes_the_lines() {
    for runtime in RUNTIMES {
        for (streaming, targets) in [(false, ["/", "/error"]), (true, ["/stream", "/stream?fails"])] {
            // When there are no more events, the function ends.
            let api = MockApi::start(invocations(&targets), Faults::default());
            let (lines, errors) = Function::start(&api, runtime, streaming).output();
            let log: Vec<_> = lines.iter().filter(|line| line.get("level").is_some()).collect();
            let ids: Vec<_> = log.iter().map(|line| line["function_request_id"].as_str().unwrap()).collect();
            assert_eq!(ids, ["r-0", "r-1"], "{runtime}: {lines:?} {errors}");
            assert_eq!((log[0]["status"].as_u64(), log[1]["status"].as_u64()), (Some(200), None));
            assert_eq!((log[0]["cold_start"].as_bool(), log[1]["cold_start"].as_bool()), (Some(true), Some(false)));
            assert_eq!(log[1]["error_type"], "ParseIntError");
            let metrics = |name: &str| lines.iter().filter(|line| line.get(name).is_some()).count();
            assert_eq!((metrics("latency"), metrics("ColdStart")), (2, 1));
            assert_eq!(errors.matches("after the response").count(), 2, "{errors}");
            // The failure is in the access log, and nowhere else.
            assert!(!errors.contains("ParseIntError"), "{runtime}: {errors}");
        }
    }
}

#[test]
#[cfg(all(unix, feature = "graceful-shutdown"))]
fn sigterm_ends_the_function_in_order() {
    use std::process::Command;
    use std::time::Instant;

    use support::mock_api::PATIENCE;

    let api = MockApi::start(invocations(&["/"]), Faults { waits: true, ..Faults::default() });
    let function = Function::start(&api, "sigterm", false);
    // It waits for its second event.
    api.wait_for_requests(2);
    let process = function.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    let begin = Instant::now();
    let (lines, errors) = function.output();
    assert!(begin.elapsed() < PATIENCE);
    assert!(errors.contains("at the end") && !errors.contains("ended:"), "{errors}");
    assert_eq!(lines.iter().filter(|line| line.get("level").is_some()).count(), 1);
    assert_eq!(api.extensions().len(), 2);
}

#[test]
#[cfg(feature = "local")]
fn the_local_gateway_writes_the_lines() {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Instant;

    use gatewire::runtime::local::Local;
    use support::mock_api::PATIENCE;

    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let hooks = Arc::new(AtomicUsize::new(0));
    let hook = Arc::clone(&hooks);
    let log = AccessLog::json().sink(move |line| sink.lock().unwrap().push(String::from_utf8_lossy(line).into_owned()));
    let app = App::new()
        .access_log(log)
        .after_response(async move || _ = hook.fetch_add(1, Ordering::SeqCst))
        .get("/", |_: Request| "hello")
        .get("/error", |_: Request| "x".parse::<u8>().map(|_| "a number"));
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let local = Local::new(app.build().unwrap()).address(address.to_string());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(local.serve()).unwrap();
    });
    for (number, (target, status)) in [("/", "200"), ("/error", "502")].into_iter().enumerate() {
        let begin = Instant::now();
        let mut stream = loop {
            match TcpStream::connect(address) {
                Ok(stream) => break stream,
                Err(error) => assert!(begin.elapsed() < PATIENCE, "{error}"),
            }
        };
        write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{response}");
        assert_eq!(lines.lock().unwrap().len(), number + 1);
        while hooks.load(Ordering::SeqCst) <= number {
            assert!(begin.elapsed() < PATIENCE);
            std::thread::yield_now();
        }
    }
    assert!(lines.lock().unwrap()[1].contains("\"error_type\":\"ParseIntError\""));
}
