//! The response that a test gets.

use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use crate::gateway::HttpResponse;
use crate::handler::JsonParser;
use crate::http::header;
use crate::source::EventSource;

/// The response to a [`TestRequest`](super::TestRequest), as the client behind the gateway gets it.
///
/// ```
/// use gatewire::testing::Client;
/// use gatewire::{App, Cookie, Json, Request, Response};
///
/// let client = Client::new(App::new().get("/todos", |_: Request| {
///     Response::new(Json(["milk", "bread"])).header("X-Total", "2").cookie(Cookie::new("seen", "yes"))
/// }))?;
/// let response = client.get("/todos").send();
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.header("x-total"), Some("2"));
/// assert_eq!(response.cookies(), ["seen=yes; Secure"]);
/// assert_eq!(response.text(), r#"["milk","bread"]"#);
/// assert_eq!(response.json::<Vec<String>>(), ["milk", "bread"]);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TestResponse {
    http: HttpResponse,
    payload: String,
    /// The body without its content encodings, decoded on demand.
    decoded: OnceLock<Vec<u8>>,
}

impl TestResponse {
    #[track_caller]
    pub(super) fn read(source: EventSource, payload: Vec<u8>) -> Self {
        let payload = match String::from_utf8(payload) {
            Ok(payload) => payload,
            Err(error) => panic!("the response is not UTF-8: {error}"),
        };
        match HttpResponse::from_payload(source, payload.as_bytes()) {
            Ok(http) => Self { http, payload, decoded: OnceLock::new() },
            Err(error) => panic!("the gateway ({source:?}) would not take the response: {error}\n{payload}"),
        }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.http.status
    }

    /// The last value of a header field; its name is compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.http.header(name)
    }

    /// All values of a header field, in their order.
    pub fn header_all(&self, name: &str) -> Vec<&str> {
        self.http.header_all(name).collect()
    }

    /// Names and values of all header fields, in their order, cookies among them.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.http.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The cookies that are set: the values of the `Set-Cookie` fields.
    pub fn cookies(&self) -> Vec<&str> {
        self.header_all("set-cookie")
    }

    /// The body that the handler returned, without base64 and compression (`gzip` and `deflate`).
    ///
    /// # Panics
    /// If the body does not match its `Content-Encoding`, or that is another than these. In a build without the feature
    /// `gzip` no app compresses, and only [`raw_bytes`](Self::raw_bytes) reads a body that a handler has compressed
    /// itself.
    #[track_caller]
    pub fn bytes(&self) -> &[u8] {
        // Not inside the cell's closure, which would lose the caller's line.
        if self.decoded.get().is_none() {
            let encodings = self.header_all("content-encoding");
            let mut body = self.http.body.clone();
            // The encoding that was applied last is removed first.
            for encoding in encodings.iter().flat_map(|field| field.split(',')).rev().map(str::trim) {
                match decode(encoding, &body) {
                    Ok(plain) => body = plain,
                    Err(reason) => panic!("the body cannot be decoded from `Content-Encoding: {encoding}`: {reason}"),
                }
            }
            self.decoded.get_or_init(|| body);
        }
        self.decoded.get().map_or(&[], Vec::as_slice)
    }

    /// The body as the client receives it: the gateway has decoded base64, and compression is still on.
    pub fn raw_bytes(&self) -> &[u8] {
        &self.http.body
    }

    /// The body as text.
    ///
    /// # Panics
    /// If it is not UTF-8, and as [`bytes`](Self::bytes) does.
    #[track_caller]
    pub fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes()) {
            Ok(text) => text,
            Err(error) => panic!("the body is not text: {error}"),
        }
    }

    /// The body as a value, read from JSON. A `serde_json::Value` can be indexed and compared to `json!`.
    ///
    /// # Panics
    /// If the body is not JSON, or of another type; and as [`bytes`](Self::bytes) does.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        match JsonParser::default().parse::<T>(&mut self.bytes().to_vec()) {
            Ok(value) => value,
            Err(error) => {
                let (expected, body) = (std::any::type_name::<T>(), String::from_utf8_lossy(self.bytes()));
                panic!("the body cannot be read as {expected}: {error}\nstatus {}: {body}", self.status())
            }
        }
    }

    /// The response as the function returned it to the gateway: JSON.
    pub fn payload(&self) -> &str {
        &self.payload
    }
}

/// The bytes without one encoding.
fn decode(encoding: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    // Names of encodings are compared like those of headers.
    let is = |name| header::same_name(encoding, name);
    if is("identity") || is("") {
        Ok(bytes.to_vec())
    } else if is("gzip") || is("x-gzip") {
        inflate(bytes, true)
    } else if is("deflate") {
        inflate(bytes, false)
    } else {
        Err("this kit knows `gzip` and `deflate`".to_owned())
    }
}

#[cfg(feature = "gzip")]
fn inflate(bytes: &[u8], is_gzip: bool) -> Result<Vec<u8>, String> {
    use libdeflater::{DecompressionError, Decompressor};

    // DEFLATE makes at most 1032 bytes of one.
    let most = bytes.len().saturating_mul(1032).saturating_add(64);
    let mut decompressor = Decompressor::new();
    let mut out = vec![0; bytes.len().saturating_mul(4).max(1024)];
    loop {
        let result = match is_gzip {
            true => decompressor.gzip_decompress(bytes, &mut out),
            false => decompressor.zlib_decompress(bytes, &mut out),
        };
        match result {
            Ok(length) => {
                out.truncate(length);
                return Ok(out);
            }
            Err(DecompressionError::InsufficientSpace) if out.len() < most => {
                out.resize(out.len().saturating_mul(2), 0)
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

#[cfg(not(feature = "gzip"))]
fn inflate(_: &[u8], _: bool) -> Result<Vec<u8>, String> {
    Err("that requires the feature `gzip`; `raw_bytes` returns the body unchanged".to_owned())
}
