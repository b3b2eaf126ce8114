//! A decoded body, kept until the next event.

use std::cell::{Cell, OnceCell};
use std::fmt;

use crate::codec::base64;
use crate::json::Text;

/// The body of one event, decoded once, in memory that the next event uses again.
#[derive(Default)]
pub(super) struct Decoded {
    bytes: OnceCell<Vec<u8>>,
    /// The memory, while nothing is in it.
    spare: Cell<Vec<u8>>,
    /// True once a caller has decoded the body into its own memory.
    copied: Cell<bool>,
}

impl Decoded {
    /// Decodes `text`, which is base64 if `is_base64`; `None` if it is malformed. `text` must be the same for one
    /// event.
    pub(super) fn get(&self, text: Text<'_>, is_base64: bool) -> Option<&[u8]> {
        if let Some(bytes) = self.bytes.get() {
            return Some(bytes);
        }
        let mut bytes = self.spare.take();
        bytes.clear();
        if !decode(text, is_base64, &mut bytes) {
            self.spare.set(bytes);
            return None;
        }
        Some(self.bytes.get_or_init(|| bytes))
    }

    /// Returns whether this is the first caller that wants the body in its own memory: it decodes the body itself,
    /// which costs nothing extra. Later callers copy the result of [`get`](Self::get).
    pub(super) fn is_first_copy(&self) -> bool {
        self.bytes.get().is_none() && !self.copied.replace(true)
    }

    /// The body, if it was decoded before.
    fn known(&self) -> Option<&[u8]> {
        self.bytes.get().map(Vec::as_slice)
    }

    /// Forgets the event.
    pub(super) fn clear(&mut self) {
        if let Some(bytes) = self.bytes.take() {
            self.spare.set(bytes);
        }
        self.copied.set(false);
    }

    /// The number of bytes that it keeps.
    pub(super) fn capacity(&mut self) -> usize {
        self.bytes.get().map_or(0, Vec::capacity).max(self.spare.get_mut().capacity())
    }

    /// Frees the memory above this number of bytes.
    pub(super) fn shrink_to(&mut self, bytes: usize) {
        let spare = self.spare.get_mut();
        spare.clear();
        spare.shrink_to(bytes);
    }
}

fn decode(text: Text<'_>, is_base64: bool, into: &mut Vec<u8>) -> bool {
    if !is_base64 {
        text.decode_to(into);
        return true;
    }
    if !text.has_escapes() {
        return base64::decode_append(into, text.raw().as_bytes()).is_ok();
    }
    text.decode_to(into);
    let length = base64::decode_in_place(into);
    into.truncate(length.unwrap_or(0));
    length.is_ok()
}

/// Only the length: a body may hold secrets.
impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded").field("length", &self.known().map(<[u8]>::len)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Index;

    #[test]
    fn a_body_is_decoded_once_and_its_memory_is_used_again() {
        let mut decoded = Decoded::default();
        let payload = br#"{"plain":"a\nb","base64":"aGVsbG8=","escaped":"aGVs\/w==","wrong":"a","more":"aGk="}"#;
        let mut index = Index::new();
        let root = index.read(payload).unwrap().root();
        let text = |key: &str| root.get(key).unwrap().as_text().unwrap();
        let cases: [(&str, bool, Option<&[u8]>); 6] = [
            ("plain", false, Some(b"a\nb")),
            ("base64", true, Some(b"hello")),
            ("escaped", true, Some(b"hel\xff")),
            ("wrong", true, None),
            ("more", true, Some(b"hi")),
            ("base64", false, Some(b"aGVsbG8=")),
        ];
        for (key, is_base64, expected) in cases {
            assert_eq!(decoded.known(), None);
            let first = decoded.get(text(key), is_base64);
            assert_eq!(first, expected, "{key}");
            let again = decoded.get(text(key), is_base64);
            assert_eq!(first.map(<[u8]>::as_ptr), again.map(<[u8]>::as_ptr), "{key}");
            assert_eq!(decoded.known(), expected, "{key}");
            decoded.clear();
        }
        assert!(decoded.capacity() >= 8);
        decoded.shrink_to(0);
        assert_eq!(decoded.capacity(), 0);
    }
}
