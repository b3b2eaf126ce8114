//! Responses that leave the local gateway while they are made.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gatewire::{App, Cookie, IntoResponse, Request, Response, Route, Stream};

use crate::server::{PATIENCE, Server};

static LET_GO: AtomicUsize = AtomicUsize::new(0);
static DROPPED: AtomicUsize = AtomicUsize::new(0);

/// Counts how often its owner is dropped.
struct Witness;

impl Drop for Witness {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::SeqCst);
    }
}

/// Writes one piece, waits until it is released, and writes another or fails.
fn two_steps(req: Request<'_>) -> impl IntoResponse + use<> {
    let fails = req.query("fails").is_some();
    let body = Stream::new(async move |mut sink| {
        sink.write("first,").await;
        let before = LET_GO.load(Ordering::SeqCst);
        for _ in 0..2000 {
            if LET_GO.load(Ordering::SeqCst) > before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sink.write("second").await;
        if fails {
            "x".parse::<u8>()?;
        }
        Ok(())
    });
    Response::new(body).status(203).header("X-One", "1").cookie(Cookie::new("a", "1")).cookie(Cookie::new("b", "2"))
}

pub(crate) fn routes(app: App) -> App {
    app.route(Route::get("/stream/steps", two_steps).streaming(true))
        .get("/stream/let-go", |_: Request<'_>| {
            LET_GO.fetch_add(1, Ordering::SeqCst);
        })
        .route(
            Route::get("/stream/endless", |_: Request<'_>| {
                Stream::new(async |mut sink| {
                    let _witness = Witness;
                    let piece = vec![b'x'; 100_000];
                    loop {
                        sink.write(&piece).await;
                    }
                })
            })
            .streaming(true),
        )
        .route(
            Route::get("/stream/until-stopped", |_: Request<'_>| {
                Stream::new(async |mut sink| {
                    sink.write("first,").await;
                    crate::until_stopped(sink.request()).await;
                    sink.write("second").await;
                    Ok(())
                })
            })
            .streaming(true),
        )
        .get("/stream/dropped", |_: Request<'_>| DROPPED.load(Ordering::SeqCst).to_string())
        .route(
            Route::get("/stream/large/{megabytes}", |_: Request<'_>| {
                Stream::new(async |mut sink| {
                    let piece = vec![b'x'; 100_000];
                    for _ in 0..sink.request().param_as::<usize>("megabytes")? * 10 {
                        sink.write(&piece).await;
                    }
                    Ok(())
                })
            })
            .streaming(true),
        )
}

const STEPS: &[u8] = b"GET /stream/steps HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[test]
fn the_first_piece_arrives_before_the_last_is_made() {
    for source in ["url", "rest"] {
        let server = Server::start(&[("GATEWIRE_SOURCE", source)]);
        let mut client = server.client();
        client.write(STEPS);
        let head = client.read_until("\r\n\r\n").to_lowercase();
        assert!(head.starts_with("http/1.1 203 "), "{head}");
        for line in ["transfer-encoding: chunked", "x-one: 1", "set-cookie: a=1", "set-cookie: b=2"] {
            assert!(head.contains(&format!("\r\n{line}")), "{head}");
        }
        assert!(!head.contains("content-length"), "{head}");
        assert_eq!(client.read_until("first,\r\n"), "6\r\nfirst,\r\n");
        // Other requests are answered meanwhile, and the handler continues.
        assert_eq!(server.client().ask("GET", "/stream/let-go", "").status, 200);
        assert_eq!(client.read_until("\r\n0\r\n\r\n"), "6\r\nsecond\r\n0\r\n\r\n");
        assert!(server.line_with("/stream/steps").ends_with(" ms 12 bytes"));
        // The connection stays usable.
        assert_eq!(client.ask("GET", "/hello", "").text(), "hello you");
    }
}

#[test]
fn an_error_in_the_middle_cuts_the_connection() {
    let server = Server::start(&[("GATEWIRE_SOURCE", "url")]);
    let mut client = server.client();
    client.write(b"GET /stream/steps?fails HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.read_until("first,\r\n");
    assert_eq!(server.client().ask("GET", "/stream/let-go", "").status, 200);
    assert_eq!(client.read_to_end(), "6\r\nsecond\r\n", "what was written, and no end");
    let why = server.line_with("gatewire: ");
    assert!(why.contains("ParseIntError: invalid digit"), "{why}");
    let line = server.line_with("/stream/steps");
    assert!(line.starts_with("GET /stream/steps 203 ") && line.ends_with(", cut off"), "{line}");
    assert_eq!(server.client().ask("GET", "/hello", "").text(), "hello you");
}

/// A load balancer and an HTTP API have no streams: they wait, and an error fails the whole response.
#[test]
fn other_gateways_answer_as_a_whole() {
    for source in ["http", "alb"] {
        let server = Server::start(&[("GATEWIRE_SOURCE", source)]);
        let mut client = server.client();
        client.write(STEPS);
        // The response does not come before the handler is released, which has no effect until the handler has begun.
        let (answered, is_answered) = std::sync::mpsc::channel();
        let pusher = std::thread::spawn({
            let mut other = server.client();
            move || {
                while is_answered.recv_timeout(Duration::from_millis(5)).is_err() {
                    other.ask("GET", "/stream/let-go", "");
                }
            }
        });
        let answer = client.answer(true);
        answered.send(()).unwrap();
        assert_eq!((answer.status, answer.text()), (203, "first,second"), "{source}");
        pusher.join().unwrap();
    }
}

#[test]
fn a_client_that_goes_away_drops_the_handler() {
    let server = Server::start(&[("GATEWIRE_SOURCE", "url")]);
    let mut client = server.client();
    client.write(b"GET /stream/endless HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.read_until("\r\n\r\n");
    assert_eq!(server.client().ask("GET", "/stream/dropped", "").text(), "0");
    drop(client);
    let dropped = || server.client().ask("GET", "/stream/dropped", "").text() == "1";
    let begin = Instant::now();
    while !dropped() {
        assert!(begin.elapsed() < PATIENCE, "the handler goes on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The body is larger than a buffered Lambda response, and than the buffer of the gateway.
#[test]
fn a_large_body_is_streamed() {
    let server = Server::start(&[("GATEWIRE_SOURCE", "rest")]);
    let mut client = server.client();
    client.write(b"GET /stream/large/20 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    client.read_until("\r\n\r\n");
    let body = client.read_to_end();
    assert_eq!(body.bytes().filter(|&byte| byte == b'x').count(), 20_000_000);
    assert!(body.ends_with("\r\n0\r\n\r\n"));
    assert!(server.line_with("/stream/large").ends_with(" 20000000 bytes"));
    // A parameter that is not a number fails before the first piece, so the response is an ordinary one.
    assert_eq!(server.client().ask("GET", "/stream/large/x", "").status, 400);
}

/// A response in flight is sent to its end when the gateway stops.
#[test]
fn stopping_waits_for_the_last_piece() {
    let mut server = Server::start(&[("GATEWIRE_SOURCE", "url")]);
    let mut client = server.client();
    let address = server.address;
    client.write(
        format!("GET /stream/until-stopped HTTP/1.1\r\nHost: localhost\r\nX-Address: {address}\r\n\r\n").as_bytes(),
    );
    client.read_until("first,\r\n");
    server.signal("TERM");
    assert_eq!(client.read_to_end(), "6\r\nsecond\r\n0\r\n\r\n");
    assert!(server.end().success());
}
