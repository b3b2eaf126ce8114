//! Responses of the crate `http` as the responses of handlers.

use std::borrow::Cow;

use ::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE};
use ::http::response::Parts;
use ::http::{HeaderMap, HeaderName};
use bytes::Bytes;

use crate::handler::{Error, IntoResponse, IntoStatus, Request};
use crate::http::media_type;
use crate::respond::{Head, HeaderError, ResponseBuffer};

/// Writes status and header fields of the response. The gateway counts the length of the body itself, which may be
/// compressed by then; only the response to a `HEAD` request, which has no body, keeps its `Content-Length`.
///
/// A status or a field that must not be sent makes the response an error.
pub(crate) fn write_head(req: Request<'_>, parts: &Parts) {
    let is_head = parts.headers.contains_key(CONTENT_LENGTH) && req.method().eq_ignore_ascii_case("HEAD");
    let written = try_write_head(&mut req.exchange.buffer.borrow_mut(), parts, is_head);
    if let Err(error) = written {
        req.fail(error);
    }
}

fn try_write_head(buffer: &mut ResponseBuffer, parts: &Parts, is_head: bool) -> Result<(), Error> {
    buffer.set_status(parts.status.into_status()?);
    let common = common_type(&parts.headers).filter(|_| buffer.head.get("content-type").is_none());
    if common.is_some() {
        buffer.set_content_type(common);
    }
    Ok(write_headers(&mut buffer.head, &parts.headers, is_head, common.is_some())?)
}

/// The content types that axum sets most: with one of them and no other field, the end of the response is a constant or
/// nearly one.
const COMMON_TYPES: [&str; 4] =
    ["application/json", "text/plain; charset=utf-8", "text/html; charset=utf-8", "application/octet-stream"];

/// Returns the content type of a response if it has one and that is common.
fn common_type(headers: &HeaderMap) -> Option<&'static str> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let own = types.next()?.as_bytes();
    COMMON_TYPES.into_iter().find(|common| common.as_bytes() == own).filter(|_| types.next().is_none())
}

/// Writes the fields, without `Content-Type` if `typed`.
fn write_headers(head: &mut Head, headers: &HeaderMap, with_length: bool, typed: bool) -> Result<(), HeaderError> {
    let mut last: Option<&HeaderName> = None;
    for (name, value) in headers {
        if *name == CONTENT_LENGTH && !with_length || *name == CONTENT_TYPE && typed {
            continue;
        }
        let value = text(value.as_bytes());
        // The map lists the values of a name one after the other. Cookies are added to those of middleware.
        if last == Some(name) || *name == SET_COOKIE {
            head.append(name.as_str(), &value)?;
        } else {
            head.set(name.as_str(), &value)?;
        }
        last = Some(name);
    }
    Ok(())
}

/// Returns a value as a string: if it is not UTF-8, it is read as Latin-1, since the payload of a response can only
/// hold strings.
fn text(value: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// Returns whether a body is text to the client, so that it need not be base64: by its content type, and if it has no
/// content coding.
pub(crate) fn is_text(headers: &HeaderMap) -> bool {
    let encoding = headers.get(CONTENT_ENCODING);
    if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return false;
    }
    // Without a type, the client has only the bytes to go by.
    headers
        .get(CONTENT_TYPE)
        .is_none_or(|value| value == COMMON_TYPES[0] || value.to_str().is_ok_and(media_type::is_textual))
}

/// A complete body.
pub(crate) struct Whole<'b> {
    pub(crate) bytes: &'b [u8],
    /// True if it is to be sent as text if it is UTF-8.
    pub(crate) text: bool,
}

impl IntoResponse for Whole<'_> {
    fn respond(self, req: Request<'_>) {
        let buffer = &mut *req.exchange.buffer.borrow_mut();
        if self.bytes.is_empty() {
            return buffer.set_empty();
        }
        match simdutf8::basic::from_utf8(self.bytes) {
            Ok(text) if self.text => buffer.set_text(text, None),
            _ => buffer.set_bytes(self.bytes, None),
        }
    }
}

/// The response. Its body is sent as text if its content type is textual and it is UTF-8.
///
/// ```
/// use gatewire::testing::Client;
/// use gatewire::{App, Request};
///
/// fn teapot(_: Request<'_>) -> http::Response<&'static str> {
///     let response = http::Response::builder().status(http::StatusCode::IM_A_TEAPOT);
///     response.header(http::header::CONTENT_TYPE, "text/plain").body("short and stout").unwrap()
/// }
///
/// let client = Client::new(App::new().get("/teapot", teapot))?;
/// let response = client.get("/teapot").send();
/// assert_eq!((response.status(), response.text()), (418, "short and stout"));
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
impl<B: Into<Bytes>> IntoResponse for ::http::Response<B> {
    fn respond(self, req: Request<'_>) {
        let (parts, body) = self.into_parts();
        let bytes = body.into();
        Whole { bytes: &bytes, text: is_text(&parts.headers) }.respond(req);
        write_head(req, &parts);
    }
}

/// That status, no body.
impl IntoResponse for ::http::StatusCode {
    fn respond(self, req: Request<'_>) {
        match self.into_status() {
            Ok(status) => status.respond(req),
            Err(error) => req.fail(Error::from(error)),
        }
    }
}

/// The value, with these header fields, which replace others of their names.
impl<T: IntoResponse> IntoResponse for (HeaderMap, T) {
    fn respond(self, req: Request<'_>) {
        self.1.respond(req);
        if req.has_fault() {
            return;
        }
        let written = write_headers(&mut req.exchange.buffer.borrow_mut().head, &self.0, false, false);
        if let Err(error) = written {
            req.fail(Error::from(error));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::HeaderValue;

    #[test]
    fn text_is_recognised_by_its_content_type() {
        let text =
            ["text/html", "TEXT/plain; charset=utf-8", "application/json", "Application/JSON ;x", "image/svg+xml"];
        let binary = ["", "text", "application/octet-stream", "image/png", "application/jsonx", "multipart/form-data"];
        for (kinds, expected) in [(&text[..], true), (&binary[..], false)] {
            for kind in kinds {
                assert_eq!(media_type::is_textual(kind), expected, "{kind}");
            }
        }
        let mut headers = HeaderMap::new();
        assert!(is_text(&headers), "without a type");
        headers.insert("content-encoding", HeaderValue::from_static("gzip"));
        assert!(!is_text(&headers));
        headers.insert("content-encoding", HeaderValue::from_static("identity"));
        headers.insert("content-type", HeaderValue::from_static("text/css"));
        assert!(is_text(&headers));
    }
}
