//! The pieces of an object that is written by hand, such as the envelope of a response.

use super::escape::{Level, escape};

/// Appends a string with its quotes.
#[inline]
pub(crate) fn push_string<L: Level>(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2 * L::QUOTE.len());
    out.extend_from_slice(L::QUOTE);
    escape::<L>(out, text);
    out.extend_from_slice(L::QUOTE);
}

/// Appends a key of an object, with its quotes and colon.
#[inline]
pub(crate) fn push_key<L: Level>(out: &mut Vec<u8>, key: &str) {
    out.reserve(key.len() + L::QUOTE.len() + L::KEY_END.len());
    out.extend_from_slice(L::QUOTE);
    escape::<L>(out, key);
    out.extend_from_slice(L::KEY_END);
}

/// Appends an integer in decimal. Digits read the same at every level.
#[inline]
pub(crate) fn push_int(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a finite float in the shortest form that reads back as the same value.
#[inline]
pub(super) fn push_float(out: &mut Vec<u8>, finite: impl zmij::Float) {
    out.extend_from_slice(zmij::Buffer::new().format_finite(finite).as_bytes());
}
