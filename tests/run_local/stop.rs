//! How the local gateway ends.

use crate::server::Server;

#[test]
fn ctrl_c_and_sigterm_end_it_at_once_if_nothing_is_in_flight() {
    for signal in ["INT", "TERM"] {
        let mut server = Server::start(&[]);
        // A browser leaves connections open: one that it may use again, and one that it has not used yet.
        let mut kept = server.client();
        assert_eq!(kept.ask("GET", "/hello", "").text(), "hello you");
        let _unused = server.client();
        server.signal(signal);
        let status = server.end();
        assert!(status.success(), "{signal}: {status}");
        let lines = server.last_lines();
        assert!(!lines.iter().any(|line| line.contains("in flight for")), "{signal}: it waited: {lines:?}");
        // The address is free for the next process, as under `cargo watch`, in spite of the earlier connections.
        let again = Server::start(&[("GATEWIRE_ADDRESS", &server.address.to_string())]);
        assert_eq!(again.client().ask("GET", "/hello", "").text(), "hello you");
    }
}

#[test]
fn requests_in_flight_are_answered_and_no_others() {
    let mut server = Server::start(&[]);
    let mut slow = server.client();
    let address = server.address;
    slow.write(format!("GET /until-stopped HTTP/1.1\r\nHost: localhost\r\nX-Address: {address}\r\n\r\n").as_bytes());
    server.line_with("begun");
    server.signal("INT");
    let answer = slow.answer(true);
    assert_eq!((answer.status, answer.text()), (200, "done"));
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(server.end().success());
    assert!(std::net::TcpStream::connect(server.address).is_err(), "it listens still");
}

#[test]
fn the_second_ctrl_c_does_not_wait() {
    // The handler waits, or blocks its thread.
    for path in ["/never", "/block"] {
        let mut server = Server::start(&[]);
        let mut stuck = server.client();
        stuck.write(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
        server.line_with("begun");
        server.signal("INT");
        server.line_with("gatewire: stopping");
        assert!(server.process.try_wait().unwrap().is_none(), "{path}: it ended at the first");
        server.signal("INT");
        assert_eq!(server.end().code(), Some(130), "{path}");
        assert_eq!(server.last_lines(), [""; 0], "{path}: it waited");
    }
}

#[test]
fn a_request_that_never_ends_is_dropped() {
    let line = gives_up_on("/never", 0);
    assert!(line.starts_with("gatewire: requests were in flight"), "{line}");
}

#[test]
fn a_handler_that_blocks_is_dropped() {
    let line = gives_up_on("/block", 130);
    assert!(line.starts_with("gatewire: a handler blocks"), "{line}");
}

/// Returns the message if a request to the path does not end, and asserts the exit code.
fn gives_up_on(path: &str, code: i32) -> String {
    let mut server = Server::start(&[]);
    let mut stuck = server.client();
    stuck.write(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
    server.line_with("begun");
    server.signal("TERM");
    server.line_with("gatewire: stopping");
    assert_eq!(server.end().code(), Some(code), "{path}");
    server.line_with("gatewire:")
}
