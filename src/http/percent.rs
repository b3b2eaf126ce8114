//! Percent-encoding of [RFC 3986 section 2.1](https://www.rfc-editor.org/rfc/rfc3986#section-2.1), in paths and queries.
//!
//! They differ in the treatment of invalid escapes. A path selects the handler, so nothing in it is guessed: it is
//! malformed. A query is data for the handler, so an invalid escape in it is text.

use std::fmt;
use std::str;

use bumpalo::Bump;
use memchr::{memchr, memchr2, memrchr};

use crate::swar;

/// A path with a `%` without two hexadecimal digits after it, or with escapes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MalformedPath;

impl fmt::Display for MalformedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Malformed path")
    }
}

impl std::error::Error for MalformedPath {}

/// Decodes a path.
///
/// Returns the decoded path, which is `raw` itself if nothing was encoded. Puts the offsets of the slashes that were
/// written as `%2F` into `escaped`: a path is split first and decoded afterwards, so these are characters of their
/// segments. If `encoded` is false, the gateway has already decoded the path, and a `%` in it is a `%`.
pub(crate) fn decode_path<'b>(
    arena: &'b Bump,
    raw: &'b str,
    encoded: bool,
    escaped: &mut Vec<u32>,
) -> Result<&'b str, MalformedPath> {
    escaped.clear();
    if u32::try_from(raw.len()).is_err() {
        return Err(MalformedPath);
    }
    if !encoded || !swar::contains_byte(raw.as_bytes(), b'%') {
        return Ok(raw);
    }

    let decoded = arena.alloc_slice_fill_copy(raw.len(), 0);
    let mut len = 0;
    let mut rest = raw.as_bytes();
    while let [first, after @ ..] = rest {
        let byte;
        (byte, rest) = match first {
            b'%' => (escaped_byte(rest).ok_or(MalformedPath)?, &rest[ESCAPE_LEN..]),
            _ => (*first, after),
        };
        if byte == b'/' && *first == b'%' {
            escaped.push(len as u32);
        }
        decoded[len] = byte;
        len += 1;
    }
    // A separating slash is a whole character, so the path is UTF-8 exactly if each segment is.
    str::from_utf8(&decoded[..len]).map_err(|_| MalformedPath)
}

/// Returns a decoded path as it is shown: its escaped slashes are `%2F` again, so that they cannot be taken for separators.
///
/// `escaped` has the offsets of these slashes, as [`decode_path`] returns them.
pub(crate) fn show_path<'b>(arena: &'b Bump, decoded: &'b str, escaped: &[u32]) -> &'b str {
    if escaped.is_empty() {
        return decoded;
    }
    let length = decoded.len() + escaped.len() * (ESCAPE_LEN - 1);
    let mut shown = bumpalo::collections::String::with_capacity_in(length, arena);
    let mut from = 0;
    for &slash in escaped {
        let slash = slash as usize;
        shown.push_str(&decoded[from..slash]);
        shown.push_str("%2F");
        from = slash + 1;
    }
    shown.push_str(&decoded[from..]);
    shown.into_bump_str()
}

/// Decodes a name or a value of a query in the form of HTML forms: `+` is a space.
///
/// An escape stays unchanged if its byte is not part of a UTF-8 character, and so does a `%` without two hexadecimal digits
/// after it: `%C3%A9%FF%4` is `é%FF%4`.
pub(crate) fn decode_query_component<'b>(arena: &'b Bump, raw: &'b str) -> &'b str {
    if !is_encoded_component(raw) {
        return raw;
    }

    let decoded = arena.alloc_slice_fill_copy(raw.len(), 0);
    let (bytes, mut len, mut at) = (raw.as_bytes(), 0, 0);
    while let Some(&byte) = bytes.get(at) {
        let mut character = [0; 4];
        let width = if byte == b'%' { escaped_character(&bytes[at..], &mut character) } else { 0 };
        if width == 0 {
            // No escape, or an invalid one: its `%` is text, and the next byte is read on its own.
            decoded[len] = if byte == b'+' { b' ' } else { byte };
            len += 1;
            at += 1;
        } else {
            decoded[len..len + width].copy_from_slice(&character[..width]);
            len += width;
            at += width * ESCAPE_LEN;
        }
    }
    str::from_utf8(&decoded[..len]).expect("whole characters replace whole escapes")
}

/// Returns whether decoding can change a name or a value of a query.
#[inline]
pub(crate) fn is_encoded_component(raw: &str) -> bool {
    memchr2(b'%', b'+', raw.as_bytes()).is_some()
}

/// Decodes a name or a value of a form: `+` is a space, and a `%` without two hexadecimal digits after it is text.
///
/// Returns `None` if the decoded bytes are not UTF-8: unlike a query, a form is the input itself, and text in another
/// encoding is not to be taken for something else.
pub(crate) fn decode_form_component<'b>(arena: &'b Bump, raw: &'b str) -> Option<&'b str> {
    if !is_encoded_component(raw) {
        return Some(raw);
    }

    let decoded = arena.alloc_slice_fill_copy(raw.len(), 0);
    let mut len = 0;
    let mut rest = raw.as_bytes();
    while let [first, after @ ..] = rest {
        let escape = if *first == b'%' { escaped_byte(rest) } else { None };
        (decoded[len], rest) = match (first, escape) {
            (_, Some(byte)) => (byte, &rest[ESCAPE_LEN..]),
            (b'+', None) => (b' ', after),
            (byte, None) => (*byte, after),
        };
        len += 1;
    }
    str::from_utf8(&decoded[..len]).ok()
}

/// The length of `%2F`.
const ESCAPE_LEN: usize = 3;

/// Decodes the escape at the start of `text`, which begins with a `%`.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    let [_, high, low] = *text.first_chunk::<ESCAPE_LEN>()?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(high)? << 4 | digit(low)?) as u8)
}

/// Reads the character that the escapes at the start of `text` encode into `character`. Returns the number of its bytes,
/// and so of its escapes: 0 if they do not encode a character.
fn escaped_character(text: &[u8], character: &mut [u8; 4]) -> usize {
    let Some(first) = escaped_byte(text) else { return 0 };
    if first < 0x80 {
        character[0] = first;
        return 1;
    }
    let width = match first {
        ..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    };
    for (byte, escape) in character.iter_mut().zip(text.chunks(ESCAPE_LEN)).take(width) {
        match escape {
            [b'%', ..] => *byte = escaped_byte(escape).unwrap_or(0xff),
            _ => return 0,
        }
    }
    if str::from_utf8(&character[..width]).is_ok() { width } else { 0 }
}

/// The pairs of a raw query, still encoded: `a=1&b` is `("a", "1")` and `("b", "")`.
///
/// Empty pieces between two `&` are left out. A piece is split at its first `=`.
#[derive(Clone, Debug)]
pub(crate) struct QueryPairs<'a> {
    rest: &'a str,
}

impl<'a> QueryPairs<'a> {
    /// `query` comes without its `?`.
    pub(crate) fn new(query: &'a str) -> Self {
        Self { rest: query }
    }
}

impl<'a> Iterator for QueryPairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (piece, rest) = split_at_byte(self.rest, b'&');
            self.rest = rest;
            if !piece.is_empty() {
                return Some(split_at_byte(piece, b'='));
            }
        }
        None
    }
}

/// Returns the decoded value of the last pair of a raw query that has this decoded name.
pub(crate) fn last_value<'b>(arena: &'b Bump, query: &'b str, name: &str) -> Option<&'b str> {
    let mut rest = query;
    loop {
        let end = memrchr(b'&', rest.as_bytes());
        let piece = &rest[end.map_or(0, |end| end + 1)..];
        if may_start_with(piece, name) {
            let (own, value) = split_at_byte(piece, b'=');
            if decode_query_component(arena, own) == name {
                return Some(decode_query_component(arena, value));
            }
        }
        rest = &rest[..end?];
    }
}

/// Returns whether a piece of a raw query can be a pair of this name, by its first byte: decoding changes that byte only if
/// it belongs to an escape. An empty piece is no pair.
fn may_start_with(piece: &str, name: &str) -> bool {
    match piece.as_bytes().first() {
        None => false,
        Some(b'%' | b'+') => true,
        Some(b'=') => name.is_empty(),
        first => first == name.as_bytes().first(),
    }
}

/// Splits `text` at the first occurrence of an ASCII byte. Without one, returns all of `text` and an empty string.
fn split_at_byte(text: &str, byte: u8) -> (&str, &str) {
    match memchr(byte, text.as_bytes()) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    }
}

/// Appends `text`, with all characters escaped except the unreserved ones: for names and values of a query.
pub(crate) fn encode_component(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

/// Appends an encoded path or query, and escapes the characters that a request target cannot hold.
#[cfg(feature = "http")]
fn escape(out: &mut Vec<u8>, text: &str, allowed: &[bool; 256]) {
    if text.bytes().all(|byte| allowed[usize::from(byte)]) {
        return out.extend_from_slice(text.as_bytes());
    }
    for byte in text.bytes() {
        if allowed[usize::from(byte)] {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

/// Appends the path of a gateway that forwards it encoded.
#[cfg(feature = "http")]
pub(crate) fn escape_path(out: &mut Vec<u8>, path: &str) {
    escape(out, path, &ENCODED_PATH);
}

/// Appends a query that is encoded already.
#[cfg(feature = "http")]
pub(crate) fn escape_query(out: &mut Vec<u8>, query: &str) {
    escape(out, query, &ENCODED_QUERY);
}

/// Appends a path that has been decoded. `escaped` has the offsets of slashes that do not separate segments.
#[cfg(feature = "http")]
pub(crate) fn encode_path(out: &mut Vec<u8>, path: &str, escaped: &[u32]) {
    let mut from = 0;
    for &slash in escaped {
        let slash = slash as usize;
        let (Some(before), Some("/")) = (path.get(from..slash), path.get(slash..slash + 1)) else { continue };
        escape(out, before, &DECODED_PATH);
        out.extend_from_slice(b"%2F");
        from = slash + 1;
    }
    escape(out, path.get(from..).unwrap_or_default(), &DECODED_PATH);
}

/// The characters that a decoded path holds unescaped:
/// [RFC 3986 section 3.3](https://www.rfc-editor.org/rfc/rfc3986#section-3.3).
#[cfg(feature = "http")]
static DECODED_PATH: [bool; 256] = allowed(b"-._~!$&'()*+,;=:@/");
/// The characters that the crate http accepts besides letters and digits: a server forwards them too.
#[cfg(feature = "http")]
static ENCODED_PATH: [bool; 256] = allowed(b"!\"$%&'()*+,-./:;=@[\\]^_{|}~");
#[cfg(feature = "http")]
static ENCODED_QUERY: [bool; 256] = allowed(b"!$%&'()*+,-./:;=?@[\\]^_`{|}~");

#[cfg(feature = "http")]
const fn allowed(symbols: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < symbols.len() {
        table[symbols[at] as usize] = true;
        at += 1;
    }
    table
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(any(test, kani))]
mod properties;
#[cfg(test)]
#[path = "percent_tests.rs"]
mod tests;
