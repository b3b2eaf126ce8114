//! `gatewire::run` away from Lambda, from outside: a process that runs an app, its environment variables, its
//! output, and a client that speaks HTTP to it over a socket.
#![cfg(feature = "local")]

mod client;
mod server;
mod settings;
mod stop;
mod stream;

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gatewire::{App, Cookie, Cors, Request, Response, StatusCode};
use server::{Server, command};

const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

// ---- the app

static OPENED: AtomicBool = AtomicBool::new(false);

fn app() -> App {
    stream::routes(App::new())
        .automatic_head(true)
        .strip_prefix("/shop")
        .cors(Cors::origins(["http://localhost:3000"]).allow_headers(["X-Trace"]))
        .get("/hello", |req: Request<'_>| format!("hello {}", req.query("name").unwrap_or("you")))
        .post("/echo", |req: Request<'_>| {
            let body = req.body().map(<[u8]>::to_vec).unwrap_or_default();
            Response::new(body).content_type(req.header("content-type").unwrap_or("none").to_owned())
        })
        .get("/event", |req: Request<'_>| req.event().raw().to_owned())
        .get("/cookies", |_: Request<'_>| {
            Response::new("").cookie(Cookie::new("a", "1")).cookie(Cookie::new("b", "2")).header("X-Name", "h\u{e9}")
        })
        .get("/nothing", |_: Request<'_>| StatusCode::NO_CONTENT)
        .get("/early", |_: Request<'_>| (103, "too early"))
        .get("/large", |_: Request<'_>| "x".repeat(PAYLOAD_LIMIT))
        .get("/panic", |_: Request<'_>| -> &str { panic!("out of luck") })
        .get("/lines", |_: Request<'_>| Err::<(), _>(std::io::Error::other("one\r\ntwo")))
        .get("/open", |_: Request<'_>| OPENED.store(true, Ordering::SeqCst))
        .get("/until-stopped", async |req: Request<'_>| {
            eprintln!("begun");
            until_stopped(req).await;
            "done"
        })
        .get("/never", |_: Request<'_>| async {
            eprintln!("begun");
            std::future::pending::<()>().await;
        })
        .get("/block", |_: Request<'_>| -> &str {
            eprintln!("begun");
            loop {
                std::thread::park();
            }
        })
        .get("/wait", |_: Request<'_>| async {
            for _ in 0..4000 {
                if OPENED.load(Ordering::SeqCst) {
                    return "open";
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            "nobody came"
        })
}

/// Waits until the gateway accepts no more connections at the address that the request names.
async fn until_stopped(req: Request<'_>) {
    let address = req.header("x-address").unwrap_or_default();
    while std::net::TcpStream::connect(address).is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Not a test: [`Server`] starts this in a second process.
#[test]
#[ignore = "the other tests start it"]
fn server() {
    if std::env::var_os("GATEWIRE_TEST_SERVER").is_some() {
        gatewire::run(app()).unwrap();
    }
}

// ---- the tests

#[test]
fn answers_and_prints_what_it_does() {
    let server = Server::start(&[]);
    let address = server.address;
    assert_eq!(server.start_line, format!("gatewire: http://{address} plays an HTTP API; Ctrl-C stops it"));
    let answer = server.client().ask("GET", "/hello?name=ada", "");
    assert_eq!((answer.status, answer.text()), (200, "hello ada"));
    let line = server.line_with("GET");
    // The query is not printed, since it may hold secrets. The output is not a terminal, so it has no colours.
    let time = line.strip_prefix("GET /hello 200 ").and_then(|rest| rest.strip_suffix(" ms 9 bytes")).unwrap();
    assert!(time.parse::<f64>().unwrap() >= 0.0);
    assert_eq!(server.client().ask("GET", "/nowhere", "").status, 404);
    assert!(server.line_with("/nowhere").starts_with("GET /nowhere 404 "));
}

#[test]
fn plays_every_gateway() {
    for (name, gateway, keys) in [
        ("rest", "a REST API", &["resource", "httpMethod", "multiValueHeaders"][..]),
        ("http_v1", "an HTTP API (payload 1.0)", &["version", "httpMethod", "multiValueHeaders"]),
        ("http", "an HTTP API", &["rawPath", "rawQueryString"]),
        ("alb", "an Application Load Balancer", &["httpMethod", "queryStringParameters"]),
        ("url", "a Function URL", &["rawPath", "rawQueryString"]),
    ] {
        let server = Server::start(&[("GATEWIRE_SOURCE", name)]);
        assert!(server.start_line.contains(&format!(" plays {gateway};")), "{}", server.start_line);
        let event = server.client().ask("GET", "/event?a=1", "User-Agent: t\u{e9}st\r\n").json();
        for key in keys {
            assert!(event.get(key).is_some(), "{name}: {event}");
        }
        let agent =
            event["headers"].as_object().unwrap().iter().find(|(key, _)| key.eq_ignore_ascii_case("user-agent"));
        assert_eq!(agent.unwrap().1, "t\u{e9}st", "{name}");
        assert_eq!(event.pointer("/requestContext/elb").is_some(), name == "alb");
        assert!(event.to_string().contains("127.0.0.1"), "{name}: {event}");
        // Bytes come back unchanged, text or not.
        let mut client = server.client();
        for body in [&b"plain"[..], b"\xff\x00\xfe", "{\"a\":\"\u{e9}\"}".as_bytes(), b""] {
            let answer = client.post("/echo", "application/octet-stream", body);
            assert_eq!((answer.status, &answer.body[..]), (200, body), "{name}");
            assert_eq!(answer.header("content-type"), Some("application/octet-stream"), "{name}");
        }
    }
}

#[test]
fn keeps_connections_and_their_order() {
    let server = Server::start(&[]);
    let mut client = server.client();
    for name in ["a", "b", "c"] {
        assert_eq!(client.ask("GET", &format!("/hello?name={name}"), "").text(), format!("hello {name}"));
    }
    // Two at once.
    let twice =
        "GET /hello?name=1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hello?name=2 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.write(twice.as_bytes());
    assert_eq!(client.answer(true).text(), "hello 1");
    assert_eq!(client.answer(true).text(), "hello 2");
    // A response to HEAD has no body, which would be read as the next response.
    let head = client.ask("HEAD", "/hello?name=ada", "");
    assert_eq!(head.status, 200);
    assert_eq!(client.ask("GET", "/hello", "").text(), "hello you");
    let nothing = client.ask("GET", "/nothing", "");
    assert_eq!((nothing.status, nothing.header("content-length")), (204, None));
    // A body in chunks.
    client.write(
        b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    assert_eq!(client.answer(true).text(), "abcde");
    let last = client.ask("GET", "/hello", "Connection: close\r\n");
    assert_eq!(last.text(), "hello you");
    assert!(!client.fill(), "the connection is still open");
}

#[test]
fn cookies_and_headers_of_responses_arrive() {
    for source in ["rest", "http_v1", "http", "alb", "url", "lattice", "lattice_v2"] {
        let server = Server::start(&[("GATEWIRE_SOURCE", source)]);
        let answer = server.client().ask("GET", "/cookies", "");
        let cookies = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let cookies: Vec<&str> = cookies.map(|(_, value)| value.split(';').next().unwrap()).collect();
        assert_eq!(cookies, ["a=1", "b=2"], "{source}");
        assert_eq!(answer.header("x-name"), Some("h\u{e9}"), "{source}");
    }
}

#[test]
fn failures_are_those_of_a_gateway() {
    let server = Server::start(&[]);
    let mut client = server.client();
    for (path, why) in [
        ("/panic", "out of luck"),
        ("/large", " Function.ResponseSizeTooLarge: the response has "),
        ("/early", "InvalidStatusCode: 103 is not the status code of a response"),
    ] {
        let answer = client.ask("GET", path, "");
        assert_eq!((answer.status, answer.text()), (502, r#"{"message":"Internal server error"}"#), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        server.line_with(why);
        assert!(server.line_with(path).starts_with(&format!("GET {path} 502 ")));
    }
    assert_eq!(client.ask("GET", "/hello", "").text(), "hello you", "it goes on");
}

#[test]
fn bodies_have_a_limit() {
    let server = Server::start(&[]);
    // The gateway refuses before the client has sent the body.
    let mut client = server.client();
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 6291457\r\n\r\n";
    client.write(head.as_bytes());
    let refusal = client.answer(true);
    assert_eq!((refusal.status, refusal.text()), (413, r#"{"message":"Request Too Long"}"#));
    // The client reads only after it has sent everything, and still gets the response.
    let bytes = vec![b'a'; 3 * PAYLOAD_LIMIT];
    assert_eq!(server.client().post("/echo", "text/plain", &bytes).status, 413);
    // Sent without a length.
    let mut client = server.client();
    client.write(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunk = vec![b'a'; 64 * 1024];
    for _ in 0..=2 * PAYLOAD_LIMIT / chunk.len() {
        client.write(b"10000\r\n");
        client.write(&chunk);
        client.write(b"\r\n");
    }
    client.write(b"0\r\n\r\n");
    assert_eq!(client.answer(true).status, 413);
    assert_eq!(client.ask("GET", "/hello", "").text(), "hello you");
    // The body is short enough, but its payload is too long.
    let bytes = vec![0xff; PAYLOAD_LIMIT - 1024];
    assert_eq!(server.client().post("/echo", "image/png", &bytes).status, 413);
    let bytes = vec![0xff; 1024 * 1024];
    assert_eq!(server.client().post("/echo", "image/png", &bytes).body, bytes);
}

#[test]
fn requests_are_answered_while_others_wait() {
    let server = Server::start(&[]);
    let mut waiting = server.client();
    waiting.write(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // A client that disconnects in the middle does not affect others.
    server.client().write(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    server.client().write(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
    assert_eq!(server.client().ask("GET", "/open", "").status, 200);
    assert_eq!(waiting.answer(true).text(), "open");
}

#[test]
fn invalid_requests_are_refused() {
    let server = Server::start(&[]);
    let ambiguous = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    for request in [
        "GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd".to_owned(),
        "GET /hello HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n".to_owned(),
        "nonsense\r\n\r\n".to_owned(),
        "GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
    ] {
        let mut client = server.client();
        client.write(request.as_bytes());
        assert_eq!(client.answer(true).status, 400, "{request:?}");
    }
    // The chunks count, and the bytes after them are the next request.
    let mut client = server.client();
    client.write(format!("POST /echo HTTP/1.1\r\nHost: localhost\r\n{ambiguous}\r\n2\r\nhi\r\n0\r\n\r\n").as_bytes());
    let answer = client.answer(true);
    assert!(answer.status == 400 || answer.text() == "hi", "{answer:?}");
    let absolute = server.client().ask("GET", "http://localhost/hello?name=x", "");
    assert_eq!(absolute.text(), "hello x");
    // An app with CORS treats every OPTIONS as a preflight.
    assert_eq!(server.client().ask("OPTIONS", "*", "").status, 204);
}

/// Another site can make its name resolve to this machine.
#[test]
fn requests_for_other_hosts_are_refused() {
    let server = Server::start(&[("GATEWIRE_HOSTS", "dev.example,192.0.2.7")]);
    let status = |target: &str, fields: &str| {
        let mut client = server.client();
        client.write(format!("GET {target} HTTP/1.1\r\n{fields}\r\n").as_bytes());
        client.answer(true).status
    };
    for own in ["localhost", "localhost:8080", "127.0.0.1", "[::1]:1", "dev.example", "192.0.2.7:8080"] {
        assert_eq!(status("/hello", &format!("Host: {own}\r\n")), 200, "{own}");
    }
    for other in ["attacker.example", "localhost.attacker.example:8080", "192.0.2.8", "[::2]"] {
        assert_eq!(status("/hello", &format!("Host: {other}\r\n")), 403, "{other}");
        let told = server.line_with("GATEWIRE_HOSTS");
        assert!(told.contains(other.split(":8").next().unwrap().trim_matches(['[', ']'])), "{told}");
    }
    assert_eq!(status("http://attacker.example/hello", "Host: localhost\r\n"), 403);
    for doubtful in ["", "Host:\r\n", "Host: a/b\r\n", "Host: localhost\r\nHost: localhost\r\n", "Host: a, b\r\n"] {
        assert_eq!(status("/hello", doubtful), 400, "{doubtful:?}");
    }
    let mut old = server.client();
    old.write(b"GET /hello HTTP/1.0\r\n\r\n");
    assert!(old.read_to_end().starts_with("HTTP/1.0 200 "));
}

#[test]
fn control_characters_of_paths_are_not_printed() {
    let server = Server::start(&[]);
    server.client().ask("GET", "/\u{9b}31m\u{e9}", "");
    let line = server.line_with("GET /");
    assert!(line.starts_with("GET /\\u{9b}31m\u{e9} 404 "), "{line:?}");
}

#[test]
fn a_failure_is_one_line_in_the_form_that_lambda_is_set_to() {
    let server = Server::start(&[]);
    assert_eq!(server.client().ask("GET", "/lines", "").status, 502);
    let line = server.line_with("gatewire: ");
    let rest = line.strip_prefix("gatewire: ERROR RequestId: local-").unwrap_or_else(|| panic!("{line}"));
    let expected = "std::io::error::Error: one\\r\\ntwo";
    assert_eq!(rest.split_once(' ').unwrap().1, expected);
    assert!(server.line_with("").starts_with("GET /lines 502 "), "nothing in between");

    let server = Server::start(&[("AWS_LAMBDA_LOG_FORMAT", "JSON")]);
    assert_eq!(server.client().ask("GET", "/lines", "").status, 502);
    let line: serde_json::Value = serde_json::from_str(&server.line_with("{")).unwrap();
    assert!(line["requestId"].as_str().unwrap().starts_with("local-"), "{line}");
    assert_eq!(
        (&line["level"], &line["errorType"], &line["errorPath"], &line["message"]),
        (&"ERROR".into(), &"io::Error".into(), &"std::io::error::Error".into(), &"one\r\ntwo".into())
    );
    let time = line["timestamp"].as_str().unwrap();
    assert!(time.len() == 24 && time.as_bytes()[10] == b'T' && time.ends_with('Z'), "{time}");

    let server = Server::start(&[("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", "FATAL")]);
    assert_eq!(server.client().ask("GET", "/lines", "").status, 502);
    assert!(server.line_with("").starts_with("GET /lines 502 "), "a line that is not wanted");
}

#[test]
fn says_why_it_does_not_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (environment, message) in [
        (
            ("GATEWIRE_ADDRESS", address.as_str()),
            format!(
                "cannot listen on {address}: another program listens there already (GATEWIRE_ADDRESS sets another address)"
            ),
        ),
        (("GATEWIRE_ADDRESS", "nonsense"), "cannot listen on nonsense: ".to_owned()),
        (
            ("GATEWIRE_SOURCE", "ftp"),
            r#"GATEWIRE_SOURCE is "ftp", not one of rest, http_v1, http, alb, url"#.to_owned(),
        ),
    ] {
        let output = command(&[environment]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains(&message), "{text}");
    }
}
