//! The whole response while it is made: the body is written in its final place, and the rest around it last.

use serde::Serialize;

use super::fields::write_fields;
use super::head::{CONTENT_TYPE, Head, SET_COOKIE};
use super::shape::Shape;
use crate::codec::base64;
use crate::http::{Cookie, CookieError, StatusCode, media_type};
use crate::json;
use crate::json::write::{self, Nested, Plain, SerializeError};
use crate::source::EventSource;

/// The content type of a JSON body.
const JSON: &str = "application/json";

/// The beginning of every response. The status is put in when it is final: it always has three digits.
const OPENING: &[u8] = b"{\"statusCode\":200,\"body\":\"";
const STATUS_AT: usize = 14;
/// The offset of the body, after its quote.
const BODY_AT: usize = OPENING.len();

/// The content of the output so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing: `null`.
    None,
    /// Text, escaped.
    Text,
    /// Bytes, in base64.
    Base64,
    /// Nothing: the body is written to `piece` later, as it is.
    Stream,
}

/// The response while it is made. It has no lifetime: it belongs to a worker, which reuses its memory.
///
/// Handlers, middleware and the app change status, head and body in any order, and [`encode`](Self::encode) or
/// [`encode_prelude`](Self::encode_prelude) is called last.
#[derive(Debug)]
pub(crate) struct ResponseBuffer {
    pub(super) out: Vec<u8>,
    /// The status that the response names; if it names none, the status is that of its route, or 200.
    status: Option<StatusCode>,
    /// The status of responses that name none.
    default_status: StatusCode,
    pub(super) body: Body,
    /// The content type that comes with the kind of body; a header that the handler sets overrides it.
    pub(super) content_type: Option<&'static str>,
    pub(crate) head: Head,
    /// Compression on or off; the route decides if this is `None`.
    pub(crate) compress: Option<bool>,
    /// `Set-Cookie` values, which some sources take apart from the headers.
    pub(crate) cookies: Head,
    /// The buffer in which a cookie is put together.
    text: Vec<u8>,
    /// The part of a stream that was written and is not sent yet.
    pub(super) piece: Vec<u8>,
}

impl ResponseBuffer {
    pub(crate) fn new() -> Self {
        let mut buffer = Self {
            out: Vec::with_capacity(1024),
            status: None,
            default_status: StatusCode::OK,
            compress: None,
            body: Body::None,
            content_type: None,
            head: Head::default(),
            cookies: Head::default(),
            text: Vec::new(),
            piece: Vec::new(),
        };
        buffer.clear();
        buffer
    }

    /// Forgets the response: afterwards the buffer is as before a handler runs.
    ///
    /// One field is not part of the response and stays: the default status belongs to the route. The engine sets it for
    /// each invocation, after it has found the route, and an error or a repeated run must not change it.
    pub(crate) fn clear(&mut self) {
        self.out.clear();
        self.out.extend_from_slice(OPENING);
        self.status = None;
        self.compress = None;
        self.body = Body::None;
        self.content_type = None;
        self.head.clear();
        self.cookies.clear();
        self.piece.clear();
    }

    /// Returns the bytes that the output holds.
    pub(crate) fn capacity(&self) -> usize {
        self.out.capacity().max(self.piece.capacity())
    }

    /// Shrinks the buffers that a large response has made grow.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        self.out.shrink_to(bytes);
        self.piece.shrink_to(bytes);
        self.head.shrink(bytes);
        self.cookies.shrink(bytes);
    }

    /// Adds a cookie to those that the response sets.
    pub(crate) fn add_cookie(&mut self, cookie: &Cookie<'_>) -> Result<(), CookieError> {
        self.text.clear();
        cookie.write(&mut self.text)?;
        // A cookie checks itself. Their number is not bounded: they are only read once.
        self.cookies.append_checked(SET_COOKIE, std::str::from_utf8(&self.text).unwrap_or_default());
        Ok(())
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status.unwrap_or(self.default_status)
    }

    pub(crate) fn set_status(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// Sets the status, unless the response names one.
    pub(crate) fn set_status_if_none(&mut self, status: StatusCode) {
        self.status.get_or_insert(status);
    }

    /// Sets the status of responses that name none, for one invocation.
    pub(crate) fn set_default_status(&mut self, status: StatusCode) {
        self.default_status = status;
    }

    /// Adds a field to `Vary`, unless it is there.
    pub(crate) fn vary(&mut self, field: &str) {
        let is_there =
            |value: &str| value.split(',').any(|own| own.trim().eq_ignore_ascii_case(field) || own.trim() == "*");
        if !self.head.values("vary").any(is_there) {
            self.head.append_checked("Vary", field);
        }
    }

    /// Replaces the content of `into` with the decoded body, and returns its length.
    ///
    /// Compression, a streamed prelude and the check of text read the body back. Only these pay for it: every other body
    /// is written once, in its final place.
    pub(crate) fn read_body(&self, into: &mut Vec<u8>) -> usize {
        into.clear();
        match self.body {
            Body::None | Body::Stream => {}
            Body::Text => json::unescape(&self.out[BODY_AT..], into),
            Body::Base64 => {
                into.extend_from_slice(&self.out[BODY_AT..]);
                // The engine has encoded it: it cannot be malformed.
                let length = base64::decode_in_place(into).unwrap_or(0);
                into.truncate(length);
            }
        }
        into.len()
    }

    /// Replaces the body with bytes; its content type stays.
    #[cfg(feature = "gzip")]
    pub(crate) fn replace_with_bytes(&mut self, bytes: &[u8]) {
        self.set_bytes(bytes, self.content_type);
    }

    /// Sets the content type of the body, which a field of the response overrides.
    #[cfg(feature = "http")]
    pub(crate) fn set_content_type(&mut self, content_type: Option<&'static str>) {
        self.content_type = content_type;
    }

    /// Returns the body in the form that the event takes, escaped or in base64; `None` if there is none.
    #[cfg(feature = "etag")]
    pub(crate) fn encoded_body(&self) -> Option<&[u8]> {
        matches!(self.body, Body::Text | Body::Base64).then(|| &self.out[BODY_AT..])
    }

    /// Makes the response one without a body that says that the stored one is still valid: status 304, without the fields
    /// that describe the body ([RFC 9110 section 15.4.5](https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5)).
    pub(crate) fn set_not_modified(&mut self) {
        self.set_status(StatusCode::NOT_MODIFIED);
        for name in [
            "Content-Encoding",
            "Content-Language",
            "Content-Length",
            "Content-MD5",
            "Content-Digest",
            "Repr-Digest",
            "Digest",
            "Content-Range",
            "Content-Type",
        ] {
            self.head.remove(name);
        }
        if self.head.get("etag").is_some() {
            self.head.remove("Last-Modified");
        }
        self.set_empty();
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.head.get("content-type").or(self.content_type)
    }

    pub(super) fn begin(&mut self, body: Body, content_type: Option<&'static str>) {
        if self.out.len() < BODY_AT {
            // The output is taken, since a value is writing itself: a response that is made meanwhile gets its own.
            self.out.clear();
            self.out.extend_from_slice(OPENING);
        }
        self.out.truncate(BODY_AT);
        self.body = body;
        self.content_type = content_type;
    }

    /// Removes the body, and so the content type.
    pub(crate) fn set_empty(&mut self) {
        self.begin(Body::None, None);
    }

    pub(crate) fn set_text(&mut self, text: &str, content_type: Option<&'static str>) {
        self.begin(Body::Text, content_type);
        write::escape::<Plain>(&mut self.out, text);
    }

    pub(crate) fn set_bytes(&mut self, bytes: &[u8], content_type: Option<&'static str>) {
        self.begin(Body::Base64, content_type);
        base64::encode_append(&mut self.out, bytes);
    }

    /// Removes the body and keeps the fields about it, for the response to a `HEAD` request.
    pub(crate) fn drop_body(&mut self) {
        self.begin(Body::Text, self.content_type);
    }

    /// Takes the output while a value writes itself to it: the value may call anything.
    pub(crate) fn take_output(&mut self) -> Vec<u8> {
        self.begin(Body::None, None);
        std::mem::take(&mut self.out)
    }

    /// Puts the output back, with a JSON body in it or, where `written` is false, with none.
    pub(crate) fn restore_output(&mut self, mut out: Vec<u8>, written: bool) {
        if written {
            (self.body, self.content_type) = (Body::Text, Some(JSON));
        } else {
            out.truncate(BODY_AT);
        }
        self.out = out;
    }

    /// Writes characters of a JSON body that are not ASCII as `\u` escapes: they are only in strings.
    pub(crate) fn escape_non_ascii(&mut self) {
        if self.out[BODY_AT..].is_ascii() {
            return;
        }
        let body = String::from_utf8_lossy(&self.out[BODY_AT..]).into_owned();
        self.out.truncate(BODY_AT);
        for character in body.chars() {
            if character.is_ascii() {
                self.out.push(character as u8);
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                // The backslash is escaped once more, since the body is a string of the response.
                self.out.extend_from_slice(format!("\\\\u{unit:04x}").as_bytes());
            }
        }
    }

    /// Removes a JSON body of `null`, for a source that takes it as no body.
    pub(crate) fn drop_null(&mut self) {
        if self.body == Body::Text && &self.out[BODY_AT..] == b"null" && self.is_json() {
            self.out.truncate(BODY_AT);
            self.body = Body::None;
        }
    }

    /// Encodes the response in the shape that the source of the request takes, and returns its bytes. `multi_value`: the
    /// request carried multi-value headers.
    pub(crate) fn encode(&mut self, source: EventSource, multi_value: bool) -> &[u8] {
        let (shape, absent) = Shape::of(source, multi_value);
        self.drop_forbidden();
        self.unwrap_text();
        let status = self.status().as_u16();
        if status != 200 {
            let digits = [status / 100, status / 10 % 10, status % 10].map(|digit| b'0' + digit as u8);
            self.out[STATUS_AT..STATUS_AT + 3].copy_from_slice(&digits);
        }
        if self.body == Body::Text && self.content_type == Some(JSON) && self.head.is_empty() && self.cookies.is_empty()
        {
            shape.write_json_only(&mut self.out);
            return &self.out;
        }
        if matches!(self.body, Body::None | Body::Stream) {
            self.out.truncate(BODY_AT - 1);
            self.out.extend_from_slice(absent);
        } else {
            self.out.push(b'"');
        }
        let encoded = self.body == Body::Base64;
        self.out.extend_from_slice(if encoded {
            b",\"isBase64Encoded\":true,"
        } else {
            b",\"isBase64Encoded\":false,"
        });
        let content_type = self.content_type.filter(|_| self.head.get("content-type").is_none());
        write_fields(shape, &mut self.out, content_type, &self.head, &self.cookies);
        self.out.push(b'}');
        &self.out
    }

    /// Removes the body that the status forbids, and its content type.
    pub(super) fn drop_forbidden(&mut self) {
        if !self.status().forbids_body() {
            return;
        }
        if self.out.len() > BODY_AT {
            self.begin(Body::Text, None);
        }
        self.content_type = None;
        self.head.remove(CONTENT_TYPE);
    }

    /// Makes text of bytes that are text by their content type and are UTF-8: a REST API without configured binary
    /// types passes base64 on as it is.
    fn unwrap_text(&mut self) {
        if self.body != Body::Base64 || !self.content_type().is_some_and(media_type::is_textual) || self.is_encoded() {
            return;
        }
        // Nothing of a stream is left in this buffer.
        let mut bytes = std::mem::take(&mut self.piece);
        self.read_body(&mut bytes);
        if let Ok(text) = simdutf8::basic::from_utf8(&bytes) {
            self.set_text(text, self.content_type);
        }
        bytes.clear();
        self.piece = bytes;
    }

    /// Returns whether the body has a content coding.
    pub(crate) fn is_encoded(&self) -> bool {
        self.head.values("content-encoding").any(|coding| !coding.trim().eq_ignore_ascii_case("identity"))
    }

    fn is_json(&self) -> bool {
        self.content_type().is_some_and(|kind| kind.starts_with("application/json"))
    }
}

/// Appends a value to the output of a buffer, as JSON inside the JSON of the response.
pub(crate) fn write_json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), SerializeError> {
    write::to_json::<Nested, T>(out, value)
}

/// The same with a custom serialiser: it appends JSON to a buffer, which is checked to be UTF-8.
pub(crate) fn write_json_with(
    out: &mut Vec<u8>,
    serialize: impl FnOnce(&mut Vec<u8>) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
) -> Result<(), SerializeError> {
    let mut json = Vec::new();
    serialize(&mut json).map_err(serde::ser::Error::custom)?;
    write::escape::<Plain>(out, std::str::from_utf8(&json).map_err(serde::ser::Error::custom)?);
    Ok(())
}
