//! A JSON object, written member by member.

use crate::json::write::{Plain, push_int, push_key, push_string};

/// An object that is being written. Keys come in the order of the calls.
pub(super) struct Object {
    out: Vec<u8>,
}

impl Object {
    /// The JSON of the object that `fill` writes.
    pub(super) fn json(fill: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut object = Self { out: vec![b'{'] };
        fill(&mut object);
        object.out.push(b'}');
        object.out
    }

    fn key(&mut self, key: &str) {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        push_key::<Plain>(&mut self.out, key);
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        push_string::<Plain>(&mut self.out, text);
    }

    /// A string, or `null`.
    pub(super) fn nullable(&mut self, key: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(key, text),
            None => self.null(key),
        }
    }

    pub(super) fn null(&mut self, key: &str) {
        self.key(key);
        self.out.extend_from_slice(b"null");
    }

    pub(super) fn bool(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(super) fn int(&mut self, key: &str, value: u64) {
        self.key(key);
        push_int(&mut self.out, value);
    }

    /// A value that is JSON already.
    pub(super) fn json_value(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
    }

    pub(super) fn texts(&mut self, key: &str, texts: &[impl AsRef<str>]) {
        self.key(key);
        self.out.push(b'[');
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            push_string::<Plain>(&mut self.out, text.as_ref());
        }
        self.out.push(b']');
    }

    pub(super) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Self)) {
        self.key(key);
        self.out.push(b'{');
        fill(self);
        self.out.push(b'}');
    }
}
