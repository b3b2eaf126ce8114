//! The requests of a function, in bytes.

use std::io::Write;
use std::ops::Range;

use super::address::Address;

/// The name of this client. The service records that of the first request.
const USER_AGENT: &str = concat!("gatewire/", env!("CARGO_PKG_VERSION"));

/// The name of the internal extension.
const EXTENSION: &str = "gatewire";

/// The start of the Runtime API's paths, after the prefix of the address.
const RUNTIME: &str = "/2018-06-01/runtime/";

/// The start of the Extensions API's paths, likewise.
const EXTENSIONS: &str = "/2020-01-01/extension/";

/// Requests to one address.
///
/// The request for the next event is written once, before anything else is sent. It has all parts that the other requests
/// share, so a start allocates only one buffer for them.
#[derive(Debug)]
pub(in crate::runtime) struct Requests {
    next: Vec<u8>,
    /// The place in `next` of the prefix of the address.
    prefix: Range<usize>,
    /// The place of the end of the request line, and of the fields that all heads have.
    common: Range<usize>,
}

impl Requests {
    pub(in crate::runtime) fn new(address: &Address) -> Self {
        let Address { authority, prefix } = address;
        let (method, path) = ("GET ", "invocation/next");
        let parts = [
            method,
            prefix,
            RUNTIME,
            path,
            " HTTP/1.1\r\nHost: ",
            authority,
            "\r\nUser-Agent: ",
            USER_AGENT,
            "\r\n\r\n",
        ];
        let next = parts.concat().into_bytes();
        let end = method.len() + prefix.len();
        let common = end + RUNTIME.len() + path.len()..next.len() - "\r\n".len();
        Self { next, prefix: method.len()..end, common }
    }

    /// The request for the next event.
    pub(in crate::runtime) fn next(&self) -> &[u8] {
        &self.next
    }

    /// Returns the request that waits until the snapshot is restored, and so reports that the function is ready for a
    /// snapshot.
    pub(in crate::runtime) fn restore(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.line(&mut out, "GET ", &[RUNTIME.as_bytes(), b"restore/next"]);
        out.extend_from_slice(b"\r\n");
        out
    }

    /// Returns the request that registers an internal extension for no events.
    pub(in crate::runtime) fn register(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.line(&mut out, "POST ", &[EXTENSIONS.as_bytes(), b"register"]);
        let body = r#"{"events":[]}"#;
        let length = body.len();
        // Writing to a `Vec` does not fail.
        let _ = write!(out, "Lambda-Extension-Name: {EXTENSION}\r\nContent-Type: application/json\r\n");
        let _ = write!(out, "Content-Length: {length}\r\n\r\n{body}");
        out
    }

    /// Returns the request of an extension for its next event.
    pub(in crate::runtime) fn extension_next(&self, identifier: &str) -> Vec<u8> {
        let mut out = Vec::new();
        self.line(&mut out, "GET ", &[EXTENSIONS.as_bytes(), b"event/next"]);
        let _ = write!(out, "Lambda-Extension-Identifier: {identifier}\r\n\r\n");
        out
    }

    /// Writes the head of a response of `length` bytes.
    pub(in crate::runtime) fn response(&self, out: &mut Vec<u8>, id: &[u8], invocation: Option<&[u8]>, length: usize) {
        self.begin(out, &[RUNTIME.as_bytes(), b"invocation/", id, b"/response"], "application/json");
        Self::end(out, invocation, length);
    }

    /// Writes the head of a streamed response: an HTTP response, in chunks.
    pub(in crate::runtime) fn stream(&self, out: &mut Vec<u8>, id: &[u8], invocation: Option<&[u8]>) {
        let content_type = "application/vnd.awslambda.http-integration-response";
        self.begin(out, &[RUNTIME.as_bytes(), b"invocation/", id, b"/response"], content_type);
        out.extend_from_slice(b"Lambda-Runtime-Function-Response-Mode: streaming\r\n");
        Self::identify(out, invocation);
        out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        out.extend_from_slice(
            b"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n",
        );
    }

    /// Writes the head of a report of `length` bytes: the invocation has failed with an error of this class.
    pub(in crate::runtime) fn error(
        &self,
        out: &mut Vec<u8>,
        id: &[u8],
        invocation: Option<&[u8]>,
        class: &str,
        length: usize,
    ) {
        self.begin(out, &[RUNTIME.as_bytes(), b"invocation/", id, b"/error"], "application/json");
        Self::class(out, class);
        Self::end(out, invocation, length);
    }

    /// Writes the head of a report of `length` bytes: the function does not start.
    pub(in crate::runtime) fn init_error(&self, out: &mut Vec<u8>, class: &str, length: usize) {
        self.begin(out, &[RUNTIME.as_bytes(), b"init/error"], "application/json");
        Self::class(out, class);
        Self::end(out, None, length);
    }

    fn begin(&self, out: &mut Vec<u8>, path: &[&[u8]], content_type: &str) {
        self.line(out, "POST ", path);
        out.extend_from_slice(b"Content-Type: ");
        out.extend_from_slice(content_type.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// Writes the request line for a path below the prefix of the address, and the fields that all heads have.
    fn line(&self, out: &mut Vec<u8>, method: &str, path: &[&[u8]]) {
        out.clear();
        out.extend_from_slice(method.as_bytes());
        out.extend_from_slice(&self.next[self.prefix.clone()]);
        for part in path {
            out.extend_from_slice(part);
        }
        out.extend_from_slice(&self.next[self.common.clone()]);
    }

    fn class(out: &mut Vec<u8>, class: &str) {
        out.extend_from_slice(b"Lambda-Runtime-Function-Error-Type: ");
        out.extend_from_slice(class.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    fn identify(out: &mut Vec<u8>, invocation: Option<&[u8]>) {
        if let Some(invocation) = invocation {
            // With this field, the service can detect the response to another invocation.
            out.extend_from_slice(b"Lambda-Runtime-Invocation-Id: ");
            out.extend_from_slice(invocation);
            out.extend_from_slice(b"\r\n");
        }
    }

    fn end(out: &mut Vec<u8>, invocation: Option<&[u8]>, length: usize) {
        Self::identify(out, invocation);
        // Writing to a `Vec` does not fail.
        let _ = write!(out, "Content-Length: {length}\r\n\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(address: &str) -> Requests {
        Requests::new(&Address::parse(address).unwrap())
    }

    fn text(request: &[u8]) -> String {
        let version = concat!("gatewire/", env!("CARGO_PKG_VERSION"));
        String::from_utf8(request.to_vec()).unwrap().replace(version, "gatewire/VERSION").replace("\r\n", "|")
    }

    #[test]
    fn requests_without_a_body() {
        let own = requests("127.0.0.1:9001");
        let common = "Host: 127.0.0.1:9001|User-Agent: gatewire/VERSION|";
        assert_eq!(text(own.next()), format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1|{common}|"));
        assert_eq!(text(&own.restore()), format!("GET /2018-06-01/runtime/restore/next HTTP/1.1|{common}|"));
        assert_eq!(
            text(&own.register()),
            format!(
                "POST /2020-01-01/extension/register HTTP/1.1|{common}Lambda-Extension-Name: gatewire|\
                 Content-Type: application/json|Content-Length: 13||{{\"events\":[]}}"
            )
        );
        assert_eq!(
            text(&own.extension_next("e-1")),
            format!("GET /2020-01-01/extension/event/next HTTP/1.1|{common}Lambda-Extension-Identifier: e-1||")
        );
    }

    #[test]
    fn paths_begin_with_the_prefix_of_the_address() {
        let own = requests("http://localhost/.rt/f");
        let common = "Host: localhost:80|User-Agent: gatewire/VERSION|";
        assert_eq!(text(own.next()), format!("GET /.rt/f/2018-06-01/runtime/invocation/next HTTP/1.1|{common}|"));
        let mut head = b"an earlier head".to_vec();
        own.response(&mut head, b"r-1", Some(b"inv-1"), 7);
        assert_eq!(
            text(&head),
            format!(
                "POST /.rt/f/2018-06-01/runtime/invocation/r-1/response HTTP/1.1|{common}Content-Type: application/json|\
                 Lambda-Runtime-Invocation-Id: inv-1|Content-Length: 7||"
            )
        );
        own.init_error(&mut head, "Runtime.InitError", 2);
        assert_eq!(
            text(&head),
            format!(
                "POST /.rt/f/2018-06-01/runtime/init/error HTTP/1.1|{common}Content-Type: application/json|\
                 Lambda-Runtime-Function-Error-Type: Runtime.InitError|Content-Length: 2||"
            )
        );
    }
}
