//! The content of a string, and the meaning of its escapes.

use bumpalo::Bump;

use crate::swar;

/// Up to this many bytes, reading each word takes less time than the call of a search.
const SHORT: usize = 32;

/// The bytes between the quotes of a checked string, with their escapes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Text<'a> {
    raw: &'a str,
}

impl<'a> Text<'a> {
    /// `raw` must come from a checked document.
    #[inline(always)]
    pub(super) const fn new(raw: &'a str) -> Self {
        Self { raw }
    }

    /// The string as written in the document.
    #[inline]
    pub(crate) const fn raw(self) -> &'a str {
        self.raw
    }

    /// Returns the offset of the string in `block`, which is a part of the same document, or `None` if it is outside.
    #[cfg(feature = "http")]
    #[inline]
    pub(crate) fn offset_in(self, block: &str) -> Option<usize> {
        let offset = self.raw.as_ptr().addr().checked_sub(block.as_ptr().addr())?;
        (offset + self.raw.len() <= block.len()).then_some(offset)
    }

    /// Returns whether the string has escapes, so that its value differs from its raw form.
    #[inline]
    pub(crate) fn has_escapes(self) -> bool {
        let raw = self.raw.as_bytes();
        if raw.len() <= SHORT { swar::contains_byte(raw, b'\\') } else { memchr::memchr(b'\\', raw).is_some() }
    }

    /// Returns whether the value of the string is `other`.
    #[inline]
    pub(crate) fn eq(self, other: &str) -> bool {
        self.matches(other, |raw, other| raw == other)
    }

    /// Returns whether the value of the string is `other`, without regard to the case of ASCII letters.
    #[inline]
    pub(crate) fn eq_ignore_ascii_case(self, other: &str) -> bool {
        self.matches(other, swar::equal_ignoring_case)
    }

    /// Compares with `same`, which receives pieces of equal length. An escape is longer than its value, so a string of the
    /// length of `other` must have no escapes.
    #[inline(always)]
    fn matches(self, other: &str, same: fn(&[u8], &[u8]) -> bool) -> bool {
        let (raw, other) = (self.raw.as_bytes(), other.as_bytes());
        if raw.len() == other.len() {
            return same(raw, other) && !swar::contains_byte(raw, b'\\');
        }
        raw.len() > other.len() && matches_escaped(raw, other, same)
    }

    /// Returns the value of the string: the raw string itself if it has no escapes, else a copy in the arena.
    #[inline]
    pub(crate) fn decode<'b>(self, arena: &'b Bump) -> &'b str
    where
        'a: 'b,
    {
        if !self.has_escapes() {
            return self.raw;
        }
        // Decoding keeps UTF-8 valid, so the default is never used; the check keeps this code safe.
        simdutf8::basic::from_utf8(self.decode_bytes(arena)).unwrap_or_default()
    }

    /// Returns the value of the string as a new copy in the arena: for parsers that work in place.
    #[inline]
    pub(crate) fn decode_bytes(self, arena: &Bump) -> &mut [u8] {
        let out = arena.alloc_slice_fill_copy(self.raw.len(), 0);
        let length = decode_into(self.raw.as_bytes(), out);
        &mut out[..length]
    }

    /// Appends the decoded text, which is nearly always the raw text.
    #[cfg(feature = "http")]
    #[inline]
    pub(crate) fn append_to(self, out: &mut Vec<u8>) {
        if self.has_escapes() { self.decode_to(out) } else { out.extend_from_slice(self.raw.as_bytes()) }
    }

    /// Appends the value of the string.
    #[inline]
    pub(crate) fn decode_to(self, out: &mut Vec<u8>) {
        unescape(self.raw.as_bytes(), out);
    }
}

/// Appends the value of a checked string, given its content.
pub(crate) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + raw.len(), 0);
    let length = decode_into(raw, &mut out[start..]);
    out.truncate(start + length);
}

/// Returns the value of four hexadecimal digits; `None` if they are not digits.
#[inline]
pub(super) fn hex_unit(digits: &[u8; 4]) -> Option<u32> {
    let mut unit = 0;
    for &byte in digits {
        unit = unit << 4 | char::from(byte).to_digit(16)?;
    }
    Some(unit)
}

/// Reads one escape, from its backslash on, and returns its value and the rest. A surrogate pair is one escape.
///
/// A checked string has no invalid escapes. Even for an invalid one, the value takes no more bytes than the escape.
fn escape(raw: &[u8]) -> (char, &[u8]) {
    let plain = match raw.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{C}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(raw),
        Some(&other) => char::from(other),
        None => '\\',
    };
    (plain, raw.get(2..).unwrap_or_default())
}

/// [`escape`] for `\u`.
fn unicode_escape(raw: &[u8]) -> (char, &[u8]) {
    let unit = |at| raw.get(at..)?.first_chunk().and_then(hex_unit);
    let (code, length) = match unit(2) {
        Some(high @ 0xD800..0xDC00) => {
            let low = unit(8).unwrap_or(0);
            (0x1_0000 + ((high & 0x3FF) << 10) + (low & 0x3FF), 12)
        }
        Some(unit) => (unit, 6),
        None => (b'u'.into(), 2),
    };
    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), raw.get(length..).unwrap_or_default())
}

/// Returns whether `raw`, which is longer than `other`, has the value `other`.
#[inline(never)]
fn matches_escaped(mut raw: &[u8], mut other: &[u8], same: fn(&[u8], &[u8]) -> bool) -> bool {
    while let Some(clean) = memchr::memchr(b'\\', raw) {
        let (character, rest) = escape(&raw[clean..]);
        let mut utf8 = [0; 4];
        let utf8 = character.encode_utf8(&mut utf8).as_bytes();
        let Some((head, tail)) = other.split_at_checked(clean + utf8.len()) else {
            return false;
        };
        if !same(&raw[..clean], &head[..clean]) || !same(utf8, &head[clean..]) {
            return false;
        }
        (raw, other) = (rest, tail);
    }
    raw.len() == other.len() && same(raw, other)
}

/// The value of an escape by its letter; 0 if the value is not a single byte.
static UNESCAPED: [u8; 256] = {
    let mut table = [0; 256];
    let pairs = [b"\"\"", b"\\\\", b"//", b"b\x08", b"f\x0C", b"n\n", b"r\r", b"t\t"];
    let mut at = 0;
    while at < pairs.len() {
        table[pairs[at][0] as usize] = pairs[at][1];
        at += 1;
    }
    table
};

/// Writes the value of `raw` to the front of `out`, which is as long as `raw`, and returns its length.
fn decode_into(raw: &[u8], out: &mut [u8]) -> usize {
    let (mut at, mut length) = (0, 0);
    while at < raw.len() {
        if let (Some(from), Some(to)) = (raw[at..].first_chunk(), out[length..].first_chunk_mut()) {
            let (read, written) = decode_some(from, to);
            at += read;
            length += written;
            if read != 0 {
                continue;
            }
        }
        if raw[at] == b'\\' {
            let (character, rest) = escape(&raw[at..]);
            length += character.encode_utf8(&mut out[length..]).len();
            at = raw.len() - rest.len();
        } else {
            out[length] = raw[at];
            at += 1;
            length += 1;
        }
    }
    length
}

/// Decodes eight bytes without an escape, or the bytes up to the first escape and that escape. Returns the number of bytes
/// read and written: 0 if a `\u` escape comes first.
///
/// In JSON inside JSON, escapes are a few bytes apart, at distances that no processor predicts. So no branch depends on the
/// distance.
#[inline(always)]
fn decode_some(from: &[u8; 16], to: &mut [u8; 16]) -> (usize, usize) {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
    let (words, _) = from.as_chunks::<8>();
    to[..8].copy_from_slice(&words[0]);
    let word = u64::from_le_bytes(words[0]) ^ BACKSLASHES;
    // The lowest zero byte gets its highest bit. Bytes above it may get theirs by mistake.
    let zero = word.wrapping_sub(ONES) & !word & HIGH;
    if zero == 0 {
        return (8, 8);
    }
    let clean = zero.trailing_zeros() as usize / 8;
    match UNESCAPED[usize::from(from[clean + 1])] {
        0 => (clean, clean),
        byte => {
            to[clean] = byte;
            (clean + 2, clean + 1)
        }
    }
}
