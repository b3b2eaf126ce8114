//! The local gateway over real connections, as a browser or curl uses it.

#![cfg(feature = "local")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use gatewire::authorizer::{Authorizer, AuthorizerRequest, Decision};
use gatewire::runtime::local::Local;
use gatewire::{App, EventSource, Json, Request, Response, RunError, error::BodyError};

#[derive(Debug)]
struct Unhandled;

impl std::fmt::Display for Unhandled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a secret")
    }
}

impl std::error::Error for Unhandled {}

fn app() -> App {
    App::new()
        .get("/hello/{name}", |req: Request| req.reply(Json([req.param("name"), req.query("q").unwrap_or("none")])))
        .post("/echo", |req: Request| -> Result<_, BodyError> { Ok(req.reply(req.body()?)) })
        .post("/length", |req: Request| -> Result<String, BodyError> { Ok(req.body()?.len().to_string()) })
        .get("/later", async |req: Request| {
            tokio::time::sleep(Duration::from_millis(30)).await;
            req.reply(req.source_ip().unwrap_or("unknown"))
        })
        .get("/fails", |_: Request| Err::<(), _>(Unhandled))
        .get("/headers", |_: Request| {
            let cookie = |name: &'static str| gatewire::Cookie::new(name, "1");
            Response::new("x").status(418).header("X-A", "1").cookie(cookie("a")).cookie(cookie("b"))
        })
}

/// Starts a gateway of the source on its own port, until the process ends.
fn serve(source: EventSource) -> String {
    serve_local(Local::new(app().build().unwrap()).source(source).multi_value(true))
}

/// Starts a gateway with these settings on its own port, until the process ends.
fn serve_local(local: Local) -> String {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let local = local.address(address.clone());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(local.serve()).unwrap();
    });
    for _ in 0..200 {
        if TcpStream::connect(&address).is_ok() {
            return address;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("nothing listens on {address}");
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Sends bytes on a new connection, and returns the status line, header fields and body of the response.
fn exchange(address: &str, request: &[u8]) -> (String, String, Vec<u8>) {
    let mut stream = connect(address);
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an end of the header");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let (line, fields) = head.split_once("\r\n").unwrap_or((&head, ""));
    (line.to_owned(), fields.to_ascii_lowercase(), answer[end + 4..].to_vec())
}

fn request(method: &str, target: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn every_gateway_answers_alike() {
    for source in [
        EventSource::RestApi,
        EventSource::HttpApiV1,
        EventSource::HttpApiV2,
        EventSource::Alb,
        EventSource::FunctionUrl,
    ] {
        let address = serve(source);
        let get = |target: &str| exchange(&address, &request("GET", target, "", b""));
        let (line, fields, body) = get("/hello/a%20b?q=1%2B1");
        assert_eq!((line.as_str(), body.as_slice()), ("HTTP/1.1 200 OK", &br#"["a b","1+1"]"#[..]), "{source:?}");
        assert!(fields.contains("content-type: application/json"), "{fields}");
        let (line, fields, body) = get("/headers");
        assert_eq!((line.as_str(), body.as_slice()), ("HTTP/1.1 418 I'm a teapot", &b"x"[..]), "{source:?}");
        assert!(fields.contains("set-cookie: a=1") && fields.contains("set-cookie: b=1") && fields.contains("x-a: 1"));
        assert!(get("/nowhere").0.contains(" 404 "));
        assert_eq!(get("/later").2, b"127.0.0.1", "{source:?}");
        let binary: Vec<u8> = (0..=255).collect();
        let echo = exchange(&address, &request("POST", "/echo", "Content-Type: image/png\r\n", &binary));
        assert_eq!(echo.2, binary, "{source:?}");
        let chunked = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert_eq!(exchange(&address, chunked).2, b"abcde");
    }
}

#[test]
fn a_failed_invocation_is_a_502_without_details() {
    let address = serve(EventSource::HttpApiV2);
    let (line, _, body) = exchange(&address, &request("GET", "/fails", "", b""));
    assert_eq!(
        (line.as_str(), body.as_slice()),
        ("HTTP/1.1 502 Bad Gateway", &br#"{"message":"Internal server error"}"#[..])
    );
    assert!(exchange(&address, &request("GET", "/hello/x", "", b"")).0.contains(" 200 "), "the next one is answered");
}

#[test]
fn a_connection_is_kept_and_responses_do_not_wait_for_each_other() {
    let address = serve(EventSource::RestApi);
    let mut slow = connect(&address);
    slow.write_all(b"GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut kept = connect(&address);
    for _ in 0..20 {
        kept.write_all(b"GET /hello/x HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = [0; 1024];
        let length = kept.read(&mut answer).unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200 OK"));
    }
    let mut answer = [0; 1024];
    let length = slow.read(&mut answer).unwrap();
    assert!(answer[..length].ends_with(b"127.0.0.1"));
}

#[test]
fn oversized_and_invalid_requests_are_refused() {
    let address = serve(EventSource::FunctionUrl);
    let fits = exchange(&address, &request("POST", "/length", "Content-Type: text/plain\r\n", &vec![b'x'; 5 << 20]));
    assert_eq!(fits.2, (5 << 20).to_string().as_bytes());
    let chunk = vec![b'x'; 7 << 20];
    let mut stream = connect(&address);
    // The response may come before the gateway has read everything.
    let _ = stream.write_all(&request("POST", "/length", "", &chunk));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&answer));
    for smuggled in [
        &b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"[..],
        b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, identity\r\n\r\nabc",
        b"GET /hello/x HTTP/1.1\r\nHost: localhost\r\nX-A : b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ] {
        let (line, ..) = exchange(&address, smuggled);
        assert!(line.contains(" 400 "), "{line}");
    }
}

#[test]
fn it_stops_on_request() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let local = Local::new(app().build().unwrap()).address(address.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (stop, stopped) = std::sync::mpsc::channel();
    let client = std::thread::spawn({
        let address = address.clone();
        move || {
            let mut slow = (0..200).find_map(|_| {
                std::thread::sleep(Duration::from_millis(10));
                TcpStream::connect(&address).ok()
            });
            let slow = slow.as_mut().expect("somebody listens");
            slow.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            slow.write_all(b"GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            // Another response shows that the request has arrived.
            assert!(exchange(&address, &request("GET", "/hello/x", "", b"")).0.contains(" 200 "));
            stop.send(()).unwrap();
            let mut answer = String::new();
            slow.read_to_string(&mut answer).unwrap();
            assert!(answer.ends_with("127.0.0.1"), "{answer}");
        }
    });
    let told = async {
        while stopped.try_recv().is_err() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    runtime.block_on(local.serve_until(told)).unwrap();
    client.join().unwrap();
    assert!(TcpStream::connect(&address).is_err(), "it listens still");
}

#[test]
fn a_taken_address_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let local = Local::new(app().build().unwrap()).address(address.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(local.serve()).unwrap_err();
    assert!(matches!(error, RunError::Listen { .. }) && error.to_string().contains(&address), "{error}");
}

async fn authorize(req: AuthorizerRequest<'_>) -> Decision<'_> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    match req.token() {
        Some("good") => Decision::allow("ada").context("kind", format!("{:?}", req.kind())),
        Some("broken") => panic!("on purpose"),
        Some(_) => Decision::deny(),
        None => Decision::unauthorized(),
    }
}

#[test]
fn an_authorizer_is_asked_first() {
    let app = || {
        let kind = |req: Request| {
            Json(req.context().authorizer().context("kind").and_then(|kind| kind.as_str()).map(str::to_owned))
        };
        App::new().get("/", kind).build().unwrap()
    };
    for (source, token, kind) in [
        (EventSource::RestApi, false, r#""Request""#),
        (EventSource::RestApi, true, r#""Token""#),
        (EventSource::HttpApiV1, false, r#""HttpApiV1""#),
        (EventSource::HttpApiV2, false, r#""HttpApiV2""#),
        // It has no authorizers, and makes no body of `null`.
        (EventSource::Alb, false, ""),
    ] {
        let authorizer = Authorizer::new(authorize).simple_responses(true).build().unwrap();
        let local = Local::new(app()).source(source).authorizer(authorizer).token_authorizer(token);
        let address = serve_local(local);
        let get = |fields: &str| {
            let (line, _, body) = exchange(&address, &request("GET", "/", fields, b""));
            (line.split(' ').nth(1).unwrap().parse::<u16>().unwrap(), String::from_utf8(body).unwrap())
        };
        assert_eq!(get("Authorization: Bearer good\r\n"), (200, kind.to_owned()), "{source:?}");
        if source == EventSource::Alb {
            continue;
        }
        assert_eq!(get("").0, 401);
        assert_eq!(get("").1, r#"{"message":"Unauthorized"}"#);
        assert_eq!(get("Authorization: Bearer bad\r\n"), (403, r#"{"message":"Forbidden"}"#.to_owned()));
        assert_eq!(get("Authorization: broken\r\n").0, 500, "{source:?}");
    }
}

#[test]
fn an_authorizer_runs_without_an_app() {
    let address = serve_local(Local::new(Authorizer::new(authorize).build().unwrap()));
    let get = |fields: &str| exchange(&address, &request("GET", "/a", fields, b""));
    assert!(get("").0.contains(" 401 "));
    let (line, fields, body) = get("Authorization: good\r\n");
    assert!(line.contains(" 200 ") && fields.contains("content-type: application/json"), "{line} {fields}");
    let decision = String::from_utf8(body).unwrap();
    assert!(decision.starts_with(r#"{"principalId":"ada","policyDocument":"#), "{decision}");
}
