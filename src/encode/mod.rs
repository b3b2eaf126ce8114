//! Response → payload, in the exact shape of each source.
//!
//! API Gateway and load balancers respond with 502 if a response has a key that they do not know, so each gets its own
//! keys and no other.

mod draft;
mod head;
mod payload;
mod stream;

pub use head::HeaderError;
pub(crate) use head::check_field;

pub(crate) use draft::{Draft, write_json, write_json_with};

#[cfg(feature = "http")]
pub(crate) use head::Head;
#[cfg(not(feature = "http"))]
use head::Head;

use crate::http::header;
use crate::json::write::{self, Plain};
use crate::source::EventSource;

/// The form in which a source takes header fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `multiValueHeaders`: REST APIs, payload 1.0, load balancers that sent them. Cookies are `Set-Cookie` fields.
    Multi,
    /// `headers` with repeated fields joined, and `cookies`: payload 2.0.
    Joined,
    /// `headers` with repeated fields joined, and each cookie under its own name: load balancers that send no
    /// multi-value headers, and version 1 of VPC Lattice.
    Single,
    /// `headers` with repeated fields joined, and a list of cookies if there are several: version 2 of VPC Lattice.
    Listed,
}

/// Completes `draft` for the source of a request whose response is streamed, and returns the parts to send first: the
/// prelude, and the part of the body that is there. `pad`: an empty body becomes one blank.
pub(crate) fn begin_stream(draft: &mut Draft, source: EventSource, pad: bool) -> (&[u8], &[u8]) {
    draft.begin_stream(if source == EventSource::RestApi { Shape::Multi } else { Shape::Joined }, pad)
}

/// Completes `draft` for the source of the request. `multi_value`: the request carried multi-value headers.
pub(crate) fn finish(draft: &mut Draft, source: EventSource, multi_value: bool) -> &[u8] {
    let (shape, absent): (Shape, &[u8]) = match source {
        EventSource::RestApi | EventSource::HttpApiV1 => (Shape::Multi, b"null"),
        EventSource::HttpApiV2 | EventSource::FunctionUrl => (Shape::Joined, b"null"),
        // A load balancer answers 502 if the body is `null`, and VPC Lattice documents a string.
        EventSource::Alb if multi_value => (Shape::Multi, b"\"\""),
        EventSource::Alb | EventSource::LatticeV1 => (Shape::Single, b"\"\""),
        EventSource::LatticeV2 => (Shape::Listed, b"\"\""),
    };
    draft.finish(shape, absent)
}

/// The content type of a JSON body.
const JSON: &str = "application/json";
const CONTENT_TYPE: &str = "Content-Type";
const SET_COOKIE: &str = "Set-Cookie";

impl Shape {
    /// Appends the bytes after a JSON body, from its closing quote on, for a response without header fields of its own,
    /// as most are.
    #[inline(always)]
    fn write_json_only(self, out: &mut Vec<u8>) {
        // Each is a constant: constants are copied without a call.
        match self {
            Self::Multi => out.extend_from_slice(
                br#"","isBase64Encoded":false,"multiValueHeaders":{"Content-Type":["application/json"]}}"#,
            ),
            Self::Joined => out.extend_from_slice(
                br#"","isBase64Encoded":false,"headers":{"Content-Type":"application/json"},"cookies":[]}"#,
            ),
            Self::Single | Self::Listed => {
                out.extend_from_slice(br#"","isBase64Encoded":false,"headers":{"Content-Type":"application/json"}}"#)
            }
        }
    }

    /// Writes the members of the response that hold header fields. `content_type` is one that no field overrides.
    fn write(self, out: &mut Vec<u8>, content_type: Option<&str>, head: &Head, cookies: &Head) {
        match self {
            Self::Multi => multi(out, content_type, head, cookies),
            Self::Joined => {
                joined(out, content_type, head).close(out);
                out.extend_from_slice(b",\"cookies\":");
                // Joined with a comma, cookies could not be told apart: an expiry date contains one too.
                list(out, set_cookies(head, cookies));
            }
            Self::Single => {
                let mut members = joined(out, content_type, head);
                for (index, cookie) in set_cookies(head, cookies).enumerate() {
                    members.key(out, str::from_utf8(&cookie_name(index)).unwrap_or(SET_COOKIE));
                    quoted(out, cookie);
                }
                members.close(out);
            }
            Self::Listed => {
                let mut members = joined(out, content_type, head);
                let mut all = set_cookies(head, cookies);
                match (all.next(), all.next()) {
                    (None, _) => {}
                    (Some(cookie), None) => {
                        members.key(out, SET_COOKIE);
                        quoted(out, cookie);
                    }
                    (Some(first), Some(second)) => {
                        members.key(out, SET_COOKIE);
                        list(out, [first, second].into_iter().chain(all));
                    }
                }
                members.close(out);
            }
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

/// The members of an object that is being written.
struct Members(Separator);

impl Members {
    /// Opens the object that is the value of `key`.
    fn open(out: &mut Vec<u8>, key: &str) -> Self {
        quoted(out, key);
        out.extend_from_slice(b":{");
        Self(Separator(false))
    }

    /// Writes the comma and the key of the next value.
    fn key(&mut self, out: &mut Vec<u8>, key: &str) {
        self.0.next(out);
        quoted(out, key);
        out.push(b':');
    }

    fn close(self, out: &mut Vec<u8>) {
        out.push(b'}');
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

/// Returns the values of all `Set-Cookie` fields: those that were set as headers, and those of cookies.
fn set_cookies<'h>(head: &'h Head, cookies: &'h Head) -> impl Iterator<Item = &'h str> {
    head.values(SET_COOKIE).chain(cookies.values(SET_COOKIE))
}

/// Returns the values of a name that are sent: all, or the last of a field that has one value.
fn values<'h>(head: &'h Head, name: &str) -> impl Iterator<Item = &'h str> {
    let mut values = head.values(name);
    let first = values.next();
    let others = values.next().is_some();
    let skipped = if others && header::has_one_value(name) { head.values(name).count() - 1 } else { 0 };
    let first = first.filter(|_| skipped == 0);
    // Most names have one value: no more are searched for then.
    let rest = others.then(|| head.values(name).skip(skipped.max(1)));
    first.into_iter().chain(rest.into_iter().flatten())
}

fn multi(out: &mut Vec<u8>, content_type: Option<&str>, head: &Head, cookies: &Head) {
    let mut members = Members::open(out, "multiValueHeaders");
    if let Some(content_type) = content_type {
        members.key(out, CONTENT_TYPE);
        list(out, [content_type].into_iter());
    }
    let mut cookies_written = false;
    for name in head.names() {
        members.key(out, name);
        if name.eq_ignore_ascii_case(SET_COOKIE) {
            list(out, set_cookies(head, cookies));
            cookies_written = true;
        } else {
            list(out, values(head, name));
        }
    }
    if !cookies_written && cookies.get(SET_COOKIE).is_some() {
        members.key(out, SET_COOKIE);
        list(out, cookies.values(SET_COOKIE));
    }
    members.close(out);
}

/// Writes `headers` without the cookies: values of a name are joined by a comma, which means the same
/// ([RFC 9110 section 5.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.3)).
fn joined(out: &mut Vec<u8>, content_type: Option<&str>, head: &Head) -> Members {
    let mut members = Members::open(out, "headers");
    if let Some(content_type) = content_type {
        members.key(out, CONTENT_TYPE);
        quoted(out, content_type);
    }
    for name in head.names().filter(|name| !name.eq_ignore_ascii_case(SET_COOKIE)) {
        members.key(out, name);
        out.push(b'"');
        for (index, value) in values(head, name).enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            write::escape::<Plain>(out, value);
        }
        out.push(b'"');
    }
    members
}

/// Returns the name of a cookie by its number: `Set-Cookie`, `set-cookie`, `Set-cookie` and so on. An object has each
/// key once, but names that differ in case are different keys, and the same field to a client.
///
/// There are 512 of them: of more cookies, which no client keeps, the last are sent.
fn cookie_name(index: usize) -> [u8; SET_COOKIE.len()] {
    /// The letters that are in upper case in the first of all names, a bit each: `S` and `C`.
    const USUAL: usize = 0b1001;
    let upper = match index {
        0 => USUAL,
        _ if index <= USUAL => index - 1,
        _ => index,
    };
    let (mut name, mut letter) = (*b"set-cookie", 0);
    for byte in name.iter_mut().filter(|byte| byte.is_ascii_alphabetic()) {
        if upper >> letter & 1 != 0 {
            byte.make_ascii_uppercase();
        }
        letter += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::{Cookie, StatusCode};

    #[test]
    fn a_response_is_the_same_at_once_and_piece_by_piece() {
        for shape in [Shape::Multi, Shape::Joined, Shape::Single, Shape::Listed] {
            let mut pieces = b"\",\"isBase64Encoded\":false,".to_vec();
            shape.write(&mut pieces, Some(JSON), &Head::default(), &Head::default());
            pieces.push(b'}');
            let mut at_once = Vec::new();
            shape.write_json_only(&mut at_once);
            assert_eq!(String::from_utf8_lossy(&at_once), String::from_utf8_lossy(&pieces));
        }
    }

    /// Returns the header members of a response with these fields, and then these cookies.
    fn headers(source: EventSource, multi_value: bool, fields: &[(&str, &str)], cookies: &[&str]) -> serde_json::Value {
        let mut draft = Draft::new();
        fields.iter().for_each(|(name, value)| draft.head.append(name, value).unwrap());
        cookies.iter().for_each(|name| draft.add_cookie(&Cookie::new(*name, "1").secure(false)).unwrap());
        let mut response: serde_json::Value = serde_json::from_slice(finish(&mut draft, source, multi_value)).unwrap();
        let fields = response.as_object_mut().unwrap();
        ["statusCode", "body", "isBase64Encoded"].iter().for_each(|key| drop(fields.remove(*key)));
        response
    }

    #[test]
    fn repeated_fields_are_sent_through_every_gateway() {
        let fields = [("Vary", "Origin"), ("X-A", "1"), ("vary", "Accept"), ("x-a", "2"), ("Vary", "Cookie")];
        let joined = json!({"Vary": "Origin, Accept, Cookie", "X-A": "1, 2"});
        for source in [
            EventSource::HttpApiV2,
            EventSource::FunctionUrl,
            EventSource::Alb,
            EventSource::LatticeV1,
            EventSource::LatticeV2,
        ] {
            assert_eq!(headers(source, false, &fields, &[])["headers"], joined, "{source:?}");
        }
        let lists = json!({"multiValueHeaders": {"Vary": ["Origin", "Accept", "Cookie"], "X-A": ["1", "2"]}});
        for (source, multi_value) in
            [(EventSource::RestApi, false), (EventSource::HttpApiV1, false), (EventSource::Alb, true)]
        {
            assert_eq!(headers(source, multi_value, &fields, &[]), lists, "{source:?}");
        }
    }

    #[test]
    fn the_last_value_of_a_single_valued_field_counts() {
        let fields = [("Content-Type", "text/plain"), ("Location", "/a"), ("content-type", "a/b"), ("LOCATION", "/b")];
        let last = json!({"Content-Type": "a/b", "Location": "/b"});
        for source in [
            EventSource::HttpApiV2,
            EventSource::FunctionUrl,
            EventSource::Alb,
            EventSource::LatticeV1,
            EventSource::LatticeV2,
        ] {
            assert_eq!(headers(source, false, &fields, &[])["headers"], last, "{source:?}");
        }
        let last = json!({"multiValueHeaders": {"Content-Type": ["a/b"], "Location": ["/b"]}});
        for (source, multi_value) in
            [(EventSource::RestApi, false), (EventSource::HttpApiV1, false), (EventSource::Alb, true)]
        {
            assert_eq!(headers(source, multi_value, &fields, &[]), last, "{source:?}");
        }
    }

    #[test]
    fn cookies_are_sent_as_each_gateway_takes_them() {
        let of = |source, multi_value, fields: &[&str], cookies: &[&str]| {
            let fields: Vec<_> = fields.iter().map(|value| ("set-Cookie", *value)).collect();
            headers(source, multi_value, &fields, cookies)
        };
        for source in [EventSource::Alb, EventSource::LatticeV1, EventSource::LatticeV2] {
            assert_eq!(of(source, false, &[], &[]), json!({"headers": {}}));
            assert_eq!(of(source, false, &[], &["a"]), json!({"headers": {"Set-Cookie": "a=1"}}));
            assert_eq!(of(source, false, &["h=1"], &[]), json!({"headers": {"Set-Cookie": "h=1"}}));
        }
        let cased = json!({"headers": {"Set-Cookie": "h=1", "set-cookie": "a=1", "Set-cookie": "b=1"}});
        for source in [EventSource::Alb, EventSource::LatticeV1] {
            assert_eq!(of(source, false, &["h=1"], &["a", "b"]), cased);
        }
        let listed = json!({"headers": {"Set-Cookie": ["h=1", "a=1", "b=1"]}});
        assert_eq!(of(EventSource::LatticeV2, false, &["h=1"], &["a", "b"]), listed);
        let apart = json!({"headers": {}, "cookies": ["h=1", "a=1", "b=1"]});
        for source in [EventSource::HttpApiV2, EventSource::FunctionUrl] {
            assert_eq!(of(source, false, &["h=1"], &["a", "b"]), apart);
        }
        let multi = json!({"multiValueHeaders": {"set-Cookie": ["h=1", "a=1", "b=1"]}});
        for (source, multi_value) in
            [(EventSource::RestApi, false), (EventSource::HttpApiV1, false), (EventSource::Alb, true)]
        {
            assert_eq!(of(source, multi_value, &["h=1"], &["a", "b"]), multi);
        }
    }

    #[test]
    fn every_cookie_has_its_own_name() {
        let names: std::collections::HashSet<_> = (0..512).map(cookie_name).collect();
        assert_eq!(names.len(), 512);
        assert!(names.iter().all(|name| name.eq_ignore_ascii_case(SET_COOKIE.as_bytes())));
        assert_eq!([0, 1, 2].map(cookie_name), [*b"Set-Cookie", *b"set-cookie", *b"Set-cookie"]);
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
        assert_eq!(whole(&mut draft, EventSource::HttpApiV2), none);
        let none = r#"{"statusCode":200,"body":"","isBase64Encoded":false,"headers":{}}"#;
        for source in [EventSource::Alb, EventSource::LatticeV1, EventSource::LatticeV2] {
            assert_eq!(whole(&mut draft, source), none);
        }
        draft.set_text("a\"", Some("text/plain"));
        let text = r#"{"statusCode":200,"body":"a\"","isBase64Encoded":false,"headers":{"Content-Type":"text/plain"}}"#;
        assert_eq!(whole(&mut draft, EventSource::Alb), text);
        draft.set_bytes(b"\xff", None);
        let bytes = r#"{"statusCode":200,"body":"/w==","isBase64Encoded":true,"headers":{}}"#;
        assert_eq!(whole(&mut draft, EventSource::Alb), bytes);
        draft.set_text("a", Some("text/plain"));
        draft.set_status(StatusCode::NO_CONTENT);
        let forbidden = r#"{"statusCode":204,"body":"","isBase64Encoded":false,"headers":{}}"#;
        assert_eq!(whole(&mut draft, EventSource::Alb), forbidden);
    }

    #[test]
    fn a_field_of_the_response_overrides_its_content_type() {
        let mut draft = Draft::new();
        assert_eq!(draft.content_type(), None);
        draft.set_text("a", Some("text/plain"));
        assert_eq!(draft.content_type(), Some("text/plain"));
        draft.head.append("content-Type", "text/html").unwrap();
        assert_eq!(draft.content_type(), Some("text/html"));
    }

    #[test]
    fn vary_names_a_field_once_and_no_field_beside_a_star() {
        let varied = |given: &str, field: &str| {
            let mut draft = Draft::new();
            draft.head.append("Vary", given).unwrap();
            draft.vary(field);
            draft.head.values("vary").map(String::from).collect::<Vec<_>>().join("|")
        };
        assert_eq!(varied("Accept", "Origin"), "Accept|Origin");
        assert_eq!(varied("Accept, origin", "Origin"), "Accept, origin");
        assert_eq!(varied("Accept, *", "Origin"), "Accept, *");
    }
}
