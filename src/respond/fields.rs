//! Writes the header fields and cookies of a response in the shape of its source.

use super::head::{CONTENT_TYPE, Head, SET_COOKIE};
use super::shape::Shape;
use crate::http::header;
use crate::json::write::{self, Plain};

/// Writes the members of the response that hold header fields. `content_type` is one that no field overrides.
pub(super) fn write_fields(shape: Shape, out: &mut Vec<u8>, content_type: Option<&str>, head: &Head, cookies: &Head) {
    match shape {
        Shape::Multi => multi(out, content_type, head, cookies),
        Shape::Joined => {
            joined(out, content_type, head).close(out);
            out.extend_from_slice(b",\"cookies\":");
            // Joined with a comma, cookies could not be told apart: an expiry date contains one too.
            list(out, set_cookies(head, cookies));
        }
        Shape::Single => {
            let mut members = joined(out, content_type, head);
            for (index, cookie) in set_cookies(head, cookies).enumerate() {
                members.key(out, str::from_utf8(&cookie_name(index)).unwrap_or(SET_COOKIE));
                quoted(out, cookie);
            }
            members.close(out);
        }
        Shape::Listed => {
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
    head.values(SET_COOKIE).chain(all_values(cookies))
}

/// Returns the values of all fields: those of the cookies have one name.
fn all_values(cookies: &Head) -> impl Iterator<Item = &str> {
    cookies.iter().map(|(_, value)| value)
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
    if !cookies_written && !cookies.is_empty() {
        members.key(out, SET_COOKIE);
        list(out, all_values(cookies));
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
    use super::*;

    #[test]
    fn a_response_is_the_same_at_once_and_piece_by_piece() {
        for shape in [Shape::Multi, Shape::Joined, Shape::Single, Shape::Listed] {
            let mut pieces = b"\",\"isBase64Encoded\":false,".to_vec();
            write_fields(shape, &mut pieces, Some("application/json"), &Head::default(), &Head::default());
            pieces.push(b'}');
            let mut at_once = Vec::new();
            shape.write_json_only(&mut at_once);
            assert_eq!(String::from_utf8_lossy(&at_once), String::from_utf8_lossy(&pieces));
        }
    }

    #[test]
    fn every_cookie_has_its_own_name() {
        let names: std::collections::HashSet<_> = (0..512).map(cookie_name).collect();
        assert_eq!(names.len(), 512);
        assert!(names.iter().all(|name| name.eq_ignore_ascii_case(SET_COOKIE.as_bytes())));
        assert_eq!([0, 1, 2].map(cookie_name), [*b"Set-Cookie", *b"set-cookie", *b"Set-cookie"]);
    }
}
