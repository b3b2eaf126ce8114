//! The local gateway against requests that two readers could take for different ones: request smuggling.
//!
//! The app sees as many requests as RFC 9112 finds in the bytes. If that is ambiguous, the connection ends, so that no
//! later byte is taken for a request.
#![cfg(feature = "local")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use gatewire::{App, Request, Response};

// Each test program compiles all of the module and uses a part.
#[allow(dead_code)]
mod support;

/// The longest wait in these tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// Returns the request as seen, so that the responses show how the bytes were split.
fn saw(req: Request<'_>) -> String {
    let body = req.body_text().unwrap_or("not text");
    let header = |name| req.header(name).unwrap_or("-");
    format!("[{} {} {:?} x={} cl={}]", req.method(), req.path(), body, header("x"), header("content-length"))
}

/// Not a test: [`Server`] starts this in a second process.
#[test]
#[ignore = "the other tests start it"]
fn server() {
    if std::env::var_os("GATEWIRE_TEST_SERVER").is_some() {
        let framing = |req: Request<'_>| {
            let response = Response::new(saw(req)).header("Content-Length", "1").header("Transfer-Encoding", "chunked");
            response.header("Connection", "close")
        };
        let app = App::new().get("/framing", framing).get("/{path...}", saw).post("/{path...}", saw);
        gatewire::run(app).unwrap();
    }
}

/// A process with the app behind the local gateway. Dropping the value ends it.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(source: &str) -> Self {
        let mut command = support::this_program();
        command.args(["server", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
        command.env_remove("AWS_LAMBDA_RUNTIME_API").env("GATEWIRE_TEST_SERVER", "1");
        command.env("GATEWIRE_SOURCE", source).env("GATEWIRE_ADDRESS", "127.0.0.1:0");
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = std::io::BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
        // The pipe must not fill up.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        Self { process, address: address.to_owned() }
    }

    /// Sends only these bytes on a connection; returns the codes of the status lines and the whole output.
    fn send(&self, bytes: &[u8]) -> (Vec<String>, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        // A server that has already closed the connection counts as an answer too.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut piece) {
            answer.extend_from_slice(&piece[..length]);
        }
        let text = String::from_utf8_lossy(&answer).into_owned();
        let codes = text.match_indices("HTTP/1.").map(|(at, _)| text[at + 9..at + 12].to_owned()).collect();
        (codes, text)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the requests that the app saw, in order.
fn seen(text: &str) -> Vec<&str> {
    text.split('[').skip(1).map(|rest| rest.split(']').next().unwrap_or_default()).collect()
}

/// The request that follows each attempt.
const SECOND: &str = "GET /second HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[test]
fn ambiguous_requests_end_the_connection() {
    let server = Server::start("http");
    for (line, field, body) in [
        // Lengths that differ, or are invalid.
        ("POST /a HTTP/1.1", "Content-Length: 3\r\nContent-Length: 4", "abc"),
        ("POST /a HTTP/1.1", "Content-Length: 3, 3", "abc"),
        ("POST /a HTTP/1.1", "Content-Length: +3", "abc"),
        ("POST /a HTTP/1.1", "Content-Length: -3", "abc"),
        ("POST /a HTTP/1.1", "Content-Length: 0x3", "abc"),
        ("POST /a HTTP/1.1", "Content-Length: 99999999999999999999", "abc"),
        // Fields that another reader may see, or read differently: blanks, folded lines, stray carriage returns, NUL.
        ("POST /a HTTP/1.1", "Content-Length : 3", "abc"),
        ("POST /a HTTP/1.1", " Content-Length: 3", "abc"),
        ("POST /a HTTP/1.1", "X: 1\r\n Content-Length: 3", "abc"),
        ("POST /a HTTP/1.1", "X: 1\r\n\tfolded", ""),
        ("POST /a HTTP/1.1", "X: 1\rContent-Length: 3", "abc"),
        ("POST /a HTTP/1.1", "X: 1\0", ""),
        // Transfer codings that do not end with chunks, or are written so that readers overlook them.
        ("POST /a HTTP/1.1", "Transfer-Encoding: xchunked", "0\r\n\r\n"),
        // Codings that the gateway does not decode.
        ("POST /a HTTP/1.1", "Transfer-Encoding: gzip, chunked", "0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding: chunked, chunked", "0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        // A second `Host` field.
        ("GET /a HTTP/1.1", "Host: localhost", ""),
        ("GET /a HTTP/1.1", "host: attacker.example", ""),
        ("POST /a HTTP/1.1", "Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding:\x0bchunked", "0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding : chunked", "0\r\n\r\n"),
        ("POST /a HTTP/1.0", "Connection: keep-alive\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        // Sizes of chunks.
        ("POST /a HTTP/1.1", "Transfer-Encoding: chunked", "0x3\r\nabc\r\n0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding: chunked", "-3\r\nabc\r\n0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding: chunked", "\r\nabc\r\n0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding: chunked", "ffffffffffffffff0\r\nabc\r\n0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding: chunked", "3\nabc\r\n0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding: chunked", "3\r\nabcXX0\r\n\r\n"),
        ("POST /a HTTP/1.1", "Transfer-Encoding: chunked", "3;x=\ny\r\nabc\r\n0\r\n\r\n"),
        // Request lines.
        ("GET /a", "X: 1", ""),
        ("GET /a HTTP/1.1 x", "X: 1", ""),
        ("GET /a b HTTP/1.1", "X: 1", ""),
        ("GET  /a HTTP/1.1", "X: 1", ""),
        ("GET /a HTTP/9.1", "X: 1", ""),
        ("GET /a\0 HTTP/1.1", "X: 1", ""),
        ("GE(T /a HTTP/1.1", "X: 1", ""),
    ] {
        let (codes, text) =
            server.send(format!("{line}\r\nHost: localhost\r\n{field}\r\n\r\n{body}{SECOND}").as_bytes());
        assert_eq!((&codes[..], seen(&text)), (&["400".to_owned()][..], vec![]), "{line} {field:?} {body:?}");
    }
}

#[test]
fn chunks_win_over_a_length_and_the_connection_ends() {
    let server = Server::start("http");
    for fields in
        ["Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 300"]
    {
        let body = "4\r\nabcd\r\n0\r\n\r\n";
        let (codes, text) =
            server.send(format!("POST /a HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n\r\n{body}{SECOND}").as_bytes());
        // RFC 9112, section 6.3. The app does not see the ignored length.
        assert_eq!((&codes[..], seen(&text)), (&["200".to_owned()][..], vec!["POST /a \"abcd\" x=- cl=-"]), "{fields}");
    }
}

#[test]
fn unambiguous_requests_are_split_at_their_ends() {
    let second = "GET /second \"\" x=- cl=-";
    for source in ["http", "rest", "alb"] {
        let server = Server::start(source);
        for (request, first) in [
            (
                "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc",
                "POST /a \"abc\" x=- cl=3",
            ),
            (
                "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
                "POST /a \"abc\" x=- cl=3",
            ),
            ("GET /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", "GET /a \"abc\" x=- cl=3"),
            (
                "POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                "POST /a \"abc\" x=- cl=-",
            ),
            // Trailers after the chunks are not fields of the request.
            (
                "POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX: late\r\n\r\n",
                "POST /a \"abc\" x=- cl=-",
            ),
            // The path of a target in absolute form, without the fragment.
            ("GET http://localhost:1/a HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /a \"\" x=- cl=-"),
            ("GET /a#b HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /a \"\" x=- cl=-"),
            // The gateway upgrades to no other protocol.
            (
                "GET /a HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
                "GET /a \"\" x=- cl=-",
            ),
        ] {
            let (codes, text) = server.send(format!("{request}{SECOND}").as_bytes());
            assert_eq!((codes.len(), seen(&text)), (2, vec![first, second]), "{source} {request:?}: {text}");
        }
    }
}

#[test]
fn only_the_gateway_frames_a_response() {
    let server = Server::start("http");
    let request = format!("GET /framing HTTP/1.1\r\nHost: localhost\r\n\r\n{SECOND}");
    let (codes, text) = server.send(request.as_bytes());
    assert_eq!((codes.len(), seen(&text).len()), (2, 2), "{text}");
    let head = text.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
    assert_eq!(head.matches("content-length").count(), 1, "{text}");
    assert!(!head.contains("transfer-encoding") && !head.contains("connection: close"), "{text}");
}
