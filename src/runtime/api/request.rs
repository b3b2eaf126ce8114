//! The requests of a function, in bytes.

use std::io::Write;

use super::address::Address;

/// The name of this client. The service records that of the first request.
const USER_AGENT: &str = concat!("gatewire/", env!("CARGO_PKG_VERSION"));

/// The name of the internal extension.
const EXTENSION: &str = "gatewire";

/// Requests to one address. The constant parts are written once.
#[derive(Debug)]
pub(in crate::runtime) struct Requests {
    next: Vec<u8>,
    restore: Vec<u8>,
    /// The prefix of the Extensions API's paths.
    extension: String,
    /// The start of every `POST`, up to the prefix of the Runtime API's paths.
    start: Vec<u8>,
    /// The end of every request line, and the fields that all heads have.
    common: Vec<u8>,
}

impl Requests {
    pub(in crate::runtime) fn new(address: &Address) -> Self {
        let Address { authority, prefix } = address;
        let base = format!("{prefix}/2018-06-01/runtime");
        let common = format!(" HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {USER_AGENT}\r\n");
        Self {
            next: format!("GET {base}/invocation/next{common}\r\n").into_bytes(),
            extension: format!("{prefix}/2020-01-01/extension"),
            restore: format!("GET {base}/restore/next{common}\r\n").into_bytes(),
            start: format!("POST {base}/").into_bytes(),
            common: common.into_bytes(),
        }
    }

    /// The request for the next event.
    pub(in crate::runtime) fn next(&self) -> &[u8] {
        &self.next
    }

    /// The request that waits until the snapshot is restored, and so reports that the function is ready for a snapshot.
    pub(in crate::runtime) fn restore(&self) -> &[u8] {
        &self.restore
    }

    /// Returns the request that registers an internal extension for no events.
    pub(in crate::runtime) fn register(&self) -> Vec<u8> {
        let mut out = format!("POST {}/register", self.extension).into_bytes();
        out.extend_from_slice(&self.common);
        let body = r#"{"events":[]}"#;
        let length = body.len();
        // Writing to a `Vec` does not fail.
        let _ = write!(out, "Lambda-Extension-Name: {EXTENSION}\r\nContent-Type: application/json\r\n");
        let _ = write!(out, "Content-Length: {length}\r\n\r\n{body}");
        out
    }

    /// Returns the request of an extension for its next event.
    pub(in crate::runtime) fn extension_next(&self, identifier: &str) -> Vec<u8> {
        let mut out = format!("GET {}/event/next", self.extension).into_bytes();
        out.extend_from_slice(&self.common);
        let _ = write!(out, "Lambda-Extension-Identifier: {identifier}\r\n\r\n");
        out
    }

    /// Writes the head of a response of `length` bytes.
    pub(in crate::runtime) fn response(&self, out: &mut Vec<u8>, id: &[u8], invocation: Option<&[u8]>, length: usize) {
        self.begin(out, &[b"invocation/", id, b"/response"], "application/json");
        Self::end(out, invocation, length);
    }

    /// Writes the head of a streamed response: an HTTP response, in chunks.
    pub(in crate::runtime) fn stream(&self, out: &mut Vec<u8>, id: &[u8], invocation: Option<&[u8]>) {
        let content_type = "application/vnd.awslambda.http-integration-response";
        self.begin(out, &[b"invocation/", id, b"/response"], content_type);
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
        self.begin(out, &[b"invocation/", id, b"/error"], "application/json");
        Self::class(out, class);
        Self::end(out, invocation, length);
    }

    /// Writes the head of a report of `length` bytes: the function does not start.
    pub(in crate::runtime) fn init_error(&self, out: &mut Vec<u8>, class: &str, length: usize) {
        self.begin(out, &[b"init/error"], "application/json");
        Self::class(out, class);
        Self::end(out, None, length);
    }

    fn begin(&self, out: &mut Vec<u8>, path: &[&[u8]], content_type: &str) {
        out.clear();
        out.extend_from_slice(&self.start);
        for part in path {
            out.extend_from_slice(part);
        }
        out.extend_from_slice(&self.common);
        out.extend_from_slice(b"Content-Type: ");
        out.extend_from_slice(content_type.as_bytes());
        out.extend_from_slice(b"\r\n");
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
