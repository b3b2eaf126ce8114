//! `gatewire::run` on Lambda, from outside: a process that runs an app, and a Runtime API that hands it invocations.
#![cfg(feature = "lambda")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::{App, Request, Source};
use serde_json::{Value, json};

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

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
            tokio::time::sleep(Duration::from_millis(20)).await;
            "later"
        })
        .get("/error", |_: Request<'_>| "x".parse::<u8>().map(|_| "a number"))
        .get("/panic", |_: Request<'_>| -> &str { panic!("out of luck") })
}

/// No test: what [`Function`] starts in a process of its own.
#[test]
#[ignore = "the other tests start it"]
fn function() {
    match std::env::var("GATEWIRE_TEST_FUNCTION").as_deref() {
        Ok("app") => gatewire::run(app()).unwrap(),
        Ok("clash") => gatewire::run(app().get("/hello", |_: Request<'_>| "again")).unwrap(),
        _ => {}
    }
}

/// This program once more; through the emulator, where it is run by one.
fn this_program() -> Command {
    let program = std::env::current_exe().unwrap();
    let emulator = std::env::var_os("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER");
    match emulator.filter(|_| cfg!(target_arch = "aarch64")) {
        Some(emulator) => {
            let mut command = Command::new(emulator);
            command.arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// A command that runs [`function`] where the Runtime API has this address.
fn command(app: &str, runtime_api: &str) -> Command {
    let mut command = this_program();
    command.args(["function", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("GATEWIRE_TEST_FUNCTION", app).env("AWS_LAMBDA_RUNTIME_API", runtime_api);
    command.env("AWS_LAMBDA_FUNCTION_NAME", "f").env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128").env_remove("AWS_LAMBDA_MAX_CONCURRENCY");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

// ---- the Runtime API

/// What a function is handed.
struct Invocation {
    id: &'static str,
    /// Lines of headers beside the required ones.
    headers: String,
    payload: Vec<u8>,
    chunked: bool,
}

impl Invocation {
    fn new(id: &'static str, payload: impl Into<Vec<u8>>) -> Self {
        Self { id, headers: String::new(), payload: payload.into(), chunked: false }
    }

    fn bytes(&self) -> Vec<u8> {
        let Self { id, headers, payload, .. } = self;
        let mut bytes = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: {id}\r\n\
             Lambda-Runtime-Deadline-Ms: 4102444800000\r\nLambda-Runtime-Invocation-Id: inv-{id}\r\n{headers}"
        )
        .into_bytes();
        if self.chunked {
            bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            for chunk in payload.chunks(1000) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        } else {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", payload.len()).as_bytes());
            bytes.extend_from_slice(payload);
        }
        bytes
    }
}

/// What a function posts.
#[derive(Debug)]
struct Post {
    path: String,
    head: String,
    body: Vec<u8>,
}

impl Post {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The path below that of the Runtime API.
    fn what(&self) -> &str {
        self.path.split_once("/2018-06-01/runtime/invocation/").unwrap().1
    }
}

/// A function in a process of its own, and the Runtime API that it talks to. It ends with the value.
struct Function {
    process: Child,
    invocations: Sender<Invocation>,
    posts: Receiver<Post>,
    connections: Arc<AtomicUsize>,
}

impl Function {
    fn start(scheme: &str, prefix: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let (invocations, queue) = channel();
        let (sender, posts) = channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let (queue, count) = (Arc::new(Mutex::new(queue)), Arc::clone(&connections));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                count.fetch_add(1, Ordering::SeqCst);
                let (queue, sender) = (Arc::clone(&queue), sender.clone());
                std::thread::spawn(move || connection(stream, &queue, &sender));
            }
        });
        let process = command("app", &format!("{scheme}{address}{prefix}")).stderr(Stdio::null()).spawn().unwrap();
        Self { process, invocations, posts, connections }
    }

    fn invoke(&self, invocation: Invocation) -> Post {
        self.invocations.send(invocation).unwrap();
        self.posts.recv_timeout(PATIENCE).expect("the function posts nothing")
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves one connection of a function until it closes.
fn connection(mut stream: TcpStream, queue: &Mutex<Receiver<Invocation>>, posts: &Sender<Post>) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::new();
    while let Some(post) = read_request(&mut stream, &mut buffer) {
        let answer = if post.head.starts_with("GET ") {
            assert!(post.path.ends_with("/2018-06-01/runtime/invocation/next"), "{}", post.path);
            // The test is over where there are none left.
            let Ok(invocation) = queue.lock().unwrap().recv() else { return };
            invocation.bytes()
        } else {
            if posts.send(post).is_err() {
                return;
            }
            b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n"
                .to_vec()
        };
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Post> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        fill(stream, buffer)?;
    };
    let head = String::from_utf8(buffer.drain(..end + 4).collect()).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let length = field(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    while buffer.len() < length {
        fill(stream, buffer)?;
    }
    Some(Post { path, head, body: buffer.drain(..length).collect() })
}

fn fill(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let mut more = vec![0; 65536];
    let length = match stream.read(&mut more) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        read => read.unwrap_or(0),
    };
    buffer.extend_from_slice(&more[..length]);
    (length > 0).then_some(())
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn get(target: &str) -> Vec<u8> {
    HttpRequest::new("GET", target).event(Source::Http)
}

// ---- the tests

#[test]
fn answers_invocations() {
    // The address as it is on Lambda, and as emulators have it.
    for (scheme, prefix) in [("", ""), ("http://", "/.rt/f")] {
        let function = Function::start(scheme, prefix);
        for (id, name) in [("r-1", "ada"), ("r-2", "bob")] {
            let post = function.invoke(Invocation::new(id, get(&format!("/hello?name={name}"))));
            assert_eq!(post.path, format!("{prefix}/2018-06-01/runtime/invocation/{id}/response"));
            assert_eq!(field(&post.head, "lambda-runtime-invocation-id"), Some(format!("inv-{id}").as_str()));
            let response = HttpResponse::from_payload(Source::Http, &post.body).unwrap();
            assert_eq!((response.status, response.text()), (200, Some(format!("hello {name}").as_str())));
        }
        let post = function.invoke(Invocation::new("r-3", get("/later")));
        assert_eq!(post.json()["body"], "later");
        assert_eq!(function.connections.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn tells_handlers_about_the_invocation() {
    let function = Function::start("", "");
    let full = Invocation {
        headers: "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:111122223333:function:f\r\n\
                  Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1\r\n\
                  Lambda-Runtime-Client-Context: {\"custom\":{\"a\":\"1\"}}\r\n\
                  Lambda-Runtime-Cognito-Identity: {\"cognitoIdentityId\":\"i\",\"cognitoIdentityPoolId\":\"p\"}\r\n\
                  Lambda-Runtime-Aws-Tenant-Id: blue\r\n"
            .to_owned(),
        ..Invocation::new("r-1", get("/context"))
    };
    let told: Value = serde_json::from_str(function.invoke(full).json()["body"].as_str().unwrap()).unwrap();
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
    // Nothing of it is left for the next.
    let bare = function.invoke(Invocation::new("r-2", get("/context")));
    let told: Value = serde_json::from_str(bare.json()["body"].as_str().unwrap()).unwrap();
    assert_eq!(told["request_id"], "r-2");
    for key in ["trace_id", "client_context", "cognito_identity", "tenant_id"] {
        assert_eq!(told[key], Value::Null, "{key}");
    }
}

#[test]
fn reports_failed_invocations_and_goes_on() {
    let function = Function::start("", "");
    for (payload, error_type, message) in [
        (get("/error"), "ParseIntError", "invalid digit"),
        (get("/panic"), "Panic", "out of luck"),
        (b"{\"a\":".to_vec(), "", "JSON"),
        (b"{}".to_vec(), "", ""),
        (b"\xff".to_vec(), "", ""),
        (Vec::new(), "", ""),
        (b"null".to_vec(), "", ""),
    ] {
        let text = String::from_utf8_lossy(&payload).into_owned();
        let post = function.invoke(Invocation::new("r-1", payload));
        assert_eq!(post.what(), "r-1/error", "{text}");
        assert_eq!(field(&post.head, "lambda-runtime-invocation-id"), Some("inv-r-1"));
        let error = post.json();
        assert!(error["errorType"].as_str().unwrap().contains(error_type), "{text}: {error}");
        assert!(error["errorMessage"].as_str().unwrap().contains(message), "{text}: {error}");
        assert!(!error["errorType"].as_str().unwrap().is_empty() && error["errorMessage"] != "", "{text}: {error}");

        let post = function.invoke(Invocation::new("r-2", get("/hello")));
        assert_eq!((post.what(), &post.json()["body"]), ("r-2/response", &json!("hello you")));
    }
}

#[test]
fn payloads_of_any_size_and_framing() {
    let function = Function::start("", "");
    let bytes: Vec<u8> = (0..4_000_000_u32).map(|number| ((number * 7) >> 3) as u8).collect();
    // What does not fit in a small buffer comes in chunks.
    for (length, chunked) in [(1, false), (1000, true), (65_536, false), (65_536, true), (bytes.len(), true)] {
        let request = HttpRequest::new("POST", "/echo").header("Content-Type", "image/png").body(&bytes[..length]);
        let payload = request.event(Source::Rest);
        let post = function.invoke(Invocation { chunked, ..Invocation::new("r-1", payload) });
        assert_eq!(post.what(), "r-1/response");
        let response = HttpResponse::from_payload(Source::Rest, &post.body).unwrap();
        assert!(response.body == bytes[..length], "{length} {chunked}");
    }
}

#[test]
fn says_why_it_does_not_start() {
    let failed = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    // Nobody listens there: what is wrong is said before.
    let text = failed(&mut command("clash", "127.0.0.1:9"));
    assert!(text.contains("/hello"), "{text}");
    let text = failed(command("app", "127.0.0.1:9").env_remove("AWS_LAMBDA_FUNCTION_VERSION"));
    assert!(text.contains("the Lambda runtime has ended: AWS_LAMBDA_FUNCTION_VERSION is not set"), "{text}");
    let text = failed(command("app", "127.0.0.1:9").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much"));
    assert!(text.contains("AWS_LAMBDA_FUNCTION_MEMORY_SIZE is no number"), "{text}");
    let text = failed(&mut command("app", "127.0.0.1:9"));
    assert!(text.contains("the Lambda runtime has ended: "), "{text}");
}
