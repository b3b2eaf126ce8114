//! Response → payload: each source's exact shape.
//!
//! API Gateway and load balancers answer 502 to a response with a key that they do not know, so each gets its own keys
//! and no other.

mod draft;
mod head;
mod stream;

pub use head::HeaderError;

pub(crate) use draft::{Draft, write_json, write_json_with};

#[cfg(feature = "http")]
pub(crate) use head::Head;
#[cfg(not(feature = "http"))]
use head::Head;

use crate::json::write::{self, Plain};
use crate::source::Source;

/// The form in which a source takes header fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `multiValueHeaders`: REST APIs, payload 1.0, load balancers that sent them. Cookies are `Set-Cookie` fields.
    Multi,
    /// `headers` with repeated fields joined, and `cookies`: payload 2.0, VPC Lattice.
    Joined,
    /// `headers` with one value for a name: load balancers that send no multi-value headers. The last value counts.
    Single,
}

/// Completes `draft` for the source of a request whose response is streamed, and gives what leaves first: the prelude, and
/// what there is of the body.
pub(crate) fn begin_stream(draft: &mut Draft, source: Source) -> (&[u8], &[u8]) {
    draft.begin_stream(if source == Source::Rest { Shape::Multi } else { Shape::Joined })
}

/// Completes `draft` for the source of the request. `multi_value`: the request carried multi-value headers.
pub(crate) fn finish(draft: &mut Draft, source: Source, multi_value: bool) -> &[u8] {
    let (shape, absent): (Shape, &[u8]) = match source {
        Source::Rest | Source::HttpV1 => (Shape::Multi, b"null"),
        Source::Http | Source::FunctionUrl | Source::LatticeV1 | Source::LatticeV2 => (Shape::Joined, b"null"),
        // A load balancer answers 502 where the body is `null`.
        Source::Alb if multi_value => (Shape::Multi, b"\"\""),
        Source::Alb => (Shape::Single, b"\"\""),
    };
    draft.finish(shape, absent)
}

/// The content type of a JSON body.
const JSON: &str = "application/json";
const CONTENT_TYPE: &str = "Content-Type";
const SET_COOKIE: &str = "Set-Cookie";

impl Shape {
    /// What follows a JSON body, from its closing quote on, where the response has no header fields of its own: most
    /// responses are that.
    #[inline(always)]
    fn write_json_only(self, out: &mut Vec<u8>) {
        // Each a constant of its own: those are copied without a call.
        match self {
            Self::Multi => out.extend_from_slice(
                br#"","isBase64Encoded":false,"multiValueHeaders":{"Content-Type":["application/json"]}}"#,
            ),
            Self::Joined => out.extend_from_slice(
                br#"","isBase64Encoded":false,"headers":{"Content-Type":"application/json"},"cookies":[]}"#,
            ),
            Self::Single => {
                out.extend_from_slice(br#"","isBase64Encoded":false,"headers":{"Content-Type":"application/json"}}"#)
            }
        }
    }

    /// Writes the members of the response that hold header fields. `content_type` is the one that no field overrides.
    fn write(self, out: &mut Vec<u8>, content_type: Option<&str>, head: &Head, cookies: &Head) {
        match self {
            Self::Multi => multi(out, content_type, head, cookies),
            Self::Joined => joined(out, content_type, head, cookies),
            Self::Single => single(out, content_type, head, cookies),
        }
    }
}

/// Writes a comma before every item but the first.
struct Separator(bool);

impl Separator {
    fn next(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.0, true) {
            out.push(b',');
        }
    }
}

fn quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    write::escape::<Plain>(out, text);
    out.push(b'"');
}

fn list<'h>(out: &mut Vec<u8>, values: impl Iterator<Item = &'h str>) {
    out.push(b'[');
    let mut separator = Separator(false);
    for value in values {
        separator.next(out);
        quoted(out, value);
    }
    out.push(b']');
}

fn multi(out: &mut Vec<u8>, content_type: Option<&str>, head: &Head, cookies: &Head) {
    out.extend_from_slice(b"\"multiValueHeaders\":{");
    let mut separator = Separator(false);
    if let Some(content_type) = content_type {
        separator.next(out);
        quoted(out, CONTENT_TYPE);
        out.push(b':');
        list(out, [content_type].into_iter());
    }
    let mut cookies_written = false;
    for name in head.names() {
        separator.next(out);
        quoted(out, name);
        out.push(b':');
        if name.eq_ignore_ascii_case(SET_COOKIE) {
            list(out, head.values(name).chain(cookies.values(SET_COOKIE)));
            cookies_written = true;
        } else {
            list(out, head.values(name));
        }
    }
    if !cookies_written && cookies.get(SET_COOKIE).is_some() {
        separator.next(out);
        quoted(out, SET_COOKIE);
        out.push(b':');
        list(out, cookies.values(SET_COOKIE));
    }
    out.push(b'}');
}

fn joined(out: &mut Vec<u8>, content_type: Option<&str>, head: &Head, cookies: &Head) {
    out.extend_from_slice(b"\"headers\":{");
    let mut separator = Separator(false);
    if let Some(content_type) = content_type {
        separator.next(out);
        quoted(out, CONTENT_TYPE);
        out.push(b':');
        quoted(out, content_type);
    }
    for name in head.names().filter(|name| !name.eq_ignore_ascii_case(SET_COOKIE)) {
        separator.next(out);
        quoted(out, name);
        out.extend_from_slice(b":\"");
        for (index, value) in head.values(name).enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            write::escape::<Plain>(out, value);
        }
        out.push(b'"');
    }
    out.extend_from_slice(b"},\"cookies\":");
    // Joined with a comma they would be lost: an expiry date has one too.
    list(out, head.values(SET_COOKIE).chain(cookies.values(SET_COOKIE)));
}

fn single(out: &mut Vec<u8>, content_type: Option<&str>, head: &Head, cookies: &Head) {
    out.extend_from_slice(b"\"headers\":{");
    let mut separator = Separator(false);
    let cookie = cookies.get(SET_COOKIE).filter(|_| head.get(SET_COOKIE).is_none());
    let first = cookie.map(|cookie| (SET_COOKIE, cookie));
    let second = content_type.map(|content_type| (CONTENT_TYPE, content_type));
    let own = head.names().map(|name| (name, head.get(name).unwrap_or_default()));
    for (name, value) in first.into_iter().chain(second).chain(own) {
        separator.next(out);
        quoted(out, name);
        out.push(b':');
        quoted(out, value);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::StatusCode;

    #[test]
    fn what_is_written_at_once_is_what_is_written_piece_by_piece() {
        for shape in [Shape::Multi, Shape::Joined, Shape::Single] {
            let mut pieces = b"\",\"isBase64Encoded\":false,".to_vec();
            shape.write(&mut pieces, Some(JSON), &Head::default(), &Head::default());
            pieces.push(b'}');
            let mut at_once = Vec::new();
            shape.write_json_only(&mut at_once);
            assert_eq!(String::from_utf8_lossy(&at_once), String::from_utf8_lossy(&pieces));
        }
    }

    #[test]
    fn a_response_is_whole_with_every_kind_of_body() {
        let whole = |draft: &mut Draft, source| {
            let text = String::from_utf8(finish(draft, source, false).to_vec()).unwrap();
            draft.clear();
            text
        };
        let mut draft = Draft::new();
        draft.set_status(StatusCode::NOT_FOUND);
        let none = r#"{"statusCode":404,"body":null,"isBase64Encoded":false,"headers":{},"cookies":[]}"#;
        assert_eq!(whole(&mut draft, Source::Http), none);
        let none = r#"{"statusCode":200,"body":"","isBase64Encoded":false,"headers":{}}"#;
        assert_eq!(whole(&mut draft, Source::Alb), none);
        draft.set_text("a\"", Some("text/plain"));
        let text = r#"{"statusCode":200,"body":"a\"","isBase64Encoded":false,"headers":{"Content-Type":"text/plain"}}"#;
        assert_eq!(whole(&mut draft, Source::Alb), text);
        draft.set_bytes(b"\xff", None);
        let bytes = r#"{"statusCode":200,"body":"/w==","isBase64Encoded":true,"headers":{}}"#;
        assert_eq!(whole(&mut draft, Source::Alb), bytes);
        draft.set_text("a", Some("text/plain"));
        draft.set_status(StatusCode::NO_CONTENT);
        let forbidden = r#"{"statusCode":204,"body":"","isBase64Encoded":false,"headers":{}}"#;
        assert_eq!(whole(&mut draft, Source::Alb), forbidden);
    }

    #[test]
    fn a_field_of_the_answer_has_the_last_word_on_its_content_type() {
        let mut draft = Draft::new();
        assert_eq!(draft.content_type(), None);
        draft.set_text("a", Some("text/plain"));
        assert_eq!(draft.content_type(), Some("text/plain"));
        draft.head.append("content-Type", "text/html");
        assert_eq!(draft.content_type(), Some("text/html"));
    }

    #[test]
    fn vary_names_a_field_once_and_none_beside_a_star() {
        let varied = |given: &str, field: &str| {
            let mut draft = Draft::new();
            draft.head.append("Vary", given);
            draft.vary(field);
            draft.head.values("vary").map(String::from).collect::<Vec<_>>().join("|")
        };
        assert_eq!(varied("Accept", "Origin"), "Accept|Origin");
        assert_eq!(varied("Accept, origin", "Origin"), "Accept, origin");
        assert_eq!(varied("Accept, *", "Origin"), "Accept, *");
    }
}
