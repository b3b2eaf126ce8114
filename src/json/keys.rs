//! The keys of an object, kept for look-ups by name.

use super::cursor::Cursor;
use super::scan::Near;
use super::span::Kind;
use super::text::Text;
use super::value::{Document, Value};
use crate::swar;

/// The keys of one object, in their order. Its memory is used again for the next object.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    keys: Vec<Key>,
    /// True if a key has an escape: only then can keys of different tags have the same value.
    escaped: bool,
}

/// A key, and the place of its member in the document, from which the member is read again.
#[derive(Clone, Copy, Debug)]
struct Key {
    /// See [`tag`]. Few keys of an object have the same, so a look-up reads little else.
    tag: u32,
    /// The offset of the quote before the key.
    pos: u32,
    /// The number of strings that end between there and the end of the document.
    strings: u32,
}

/// The length of a key and its last byte, which are the same for keys that differ only in case. `last` is the quote for an
/// empty key.
#[inline(always)]
const fn tag(length: usize, last: u8) -> u32 {
    (length as u32) << 8 | (last | 0x20) as u32
}

impl Keys {
    /// Forgets the object.
    pub(crate) fn clear(&mut self) {
        self.keys.clear();
        self.escaped = false;
    }

    /// Frees the memory above this number of keys.
    pub(crate) fn shrink_to(&mut self, keys: usize) {
        self.keys.shrink_to(keys);
    }

    /// Adds the keys of an object; none if the value is not an object.
    pub(crate) fn read(&mut self, object: Value<'_>) {
        let near = object.document.escapes.near();
        let mut cursor = object.inside(Kind::Object);
        // Gateways write all members of a map in one form.
        if cursor.byte() == b'"' {
            self.read_common::<true>(&mut cursor, near);
        }
        // It may have reached the end of the object, or a blank.
        if cursor.byte() == b'"' {
            self.read_common::<false>(&mut cursor, near);
        }
        let bytes = cursor.text.as_bytes();
        while cursor.next_element() == b'"' {
            let (pos, strings) = (cursor.pos, cursor.ends.len());
            let Some((key, _)) = cursor.member() else { return };
            let Some(&last) = bytes.get(key.end.wrapping_sub(1)) else { return };
            self.push(bytes, near, pos, key.end, last, strings);
        }
    }

    /// Adds the keys of members in a common minified form, `"key":["text"]` if `IN_LIST` and else `"key":"text"`, up to the
    /// first member in another form. They take half of the instructions that they take in any form.
    #[inline(always)]
    fn read_common<const IN_LIST: bool>(&mut self, cursor: &mut Cursor<'_>, near: Near) {
        const TWO: u32 = 0xFFFF;
        const THREE: u32 = 0xFF_FFFF;
        let bytes = cursor.text.as_bytes();
        // Each quote that is outside strings starts the next string.
        while let Some((&[close, end], after)) = cursor.ends.split_first_chunk()
            && let Some(&[last, ref between @ ..]) = chunk_at::<5>(bytes, close.wrapping_sub(1))
            && let Some(follows) = chunk_at::<4>(bytes, end)
        {
            let (between, follows) = (u32::from_le_bytes(*between), u32::from_le_bytes(*follows));
            let (is_common, has_next, length) = if IN_LIST {
                let is_list =
                    between == u32::from_le_bytes(*b"\":[\"") && follows & TWO == u32::from_le_bytes(*b"\"]\0\0");
                (is_list, follows == u32::from_le_bytes(*b"\"],\""), 2)
            } else {
                (
                    between & THREE == u32::from_le_bytes(*b"\":\"\0"),
                    follows & THREE == u32::from_le_bytes(*b"\",\"\0"),
                    1,
                )
            };
            if !is_common {
                return;
            }
            self.push(bytes, near, cursor.pos, close as usize, last, cursor.ends.len());
            (cursor.ends, cursor.pos) = (after, end as usize + length);
            if !has_next {
                return;
            }
            cursor.pos += 1;
        }
    }

    /// Adds the key between the quotes `open` and `close`, whose last byte is `last`.
    #[inline(always)]
    fn push(&mut self, bytes: &[u8], near: Near, open: usize, close: usize, last: u8, strings: usize) {
        let length = close.wrapping_sub(open + 1);
        if near.reach(length, close) {
            self.escaped |= has_escape(bytes, open, close);
        }
        self.keys.push(Key { tag: tag(length, last), pos: open as u32, strings: strings as u32 });
    }

    /// Returns the number of the first key from number `from` on that has this name. The document is that of the object.
    pub(crate) fn next(&self, document: Document<'_>, from: usize, name: &str, ignores_case: bool) -> Option<usize> {
        let tag = tag_of(name);
        let mut keys = self.keys.iter().enumerate().skip(from);
        keys.find_map(|(number, key)| {
            let named = (key.tag == tag || self.escaped) && self.is_named(document, *key, name, ignores_case);
            named.then_some(number)
        })
    }

    /// Returns the number of the last key before number `before` that has this name. The document is that of the object.
    #[inline(always)]
    pub(crate) fn previous(
        &self,
        document: Document<'_>,
        before: usize,
        name: &str,
        ignores_case: bool,
    ) -> Option<usize> {
        let tag = tag_of(name);
        let mut keys = self.keys.get(..before).unwrap_or(&self.keys);
        loop {
            let number = if self.escaped { keys.len().checked_sub(1)? } else { last_of(keys, tag)? };
            let key;
            (keys, key) = (&keys[..number], keys[number]);
            if self.is_named(document, key, name, ignores_case) {
                return Some(number);
            }
        }
    }

    /// Returns the string that is the value of a key, or the only one in a list that is: gateways write single values in
    /// both forms. The flag is true if the string may have escapes. `None` if the member has none of the common forms.
    #[inline]
    pub(crate) fn text<'a>(&self, document: Document<'a>, number: usize) -> Option<(Text<'a>, bool)> {
        let key = self.keys.get(number)?;
        let bytes = document.text.as_bytes();
        let (&[close, end], _) = document.ends_from(key.strings).split_first_chunk()?;
        let start = match chunk_at::<4>(bytes, close)? {
            b"\":[\"" if chunk_at(bytes, end) == Some(b"\"]") => close as usize + 4,
            [_, b':', b'"', _] => close as usize + 3,
            _ => return None,
        };
        let end = end as usize;
        Some((Text::new(document.text.get(start..end)?), document.escapes.touch(start, end)))
    }

    /// Returns the value of a key.
    pub(crate) fn value<'a>(&self, document: Document<'a>, number: usize) -> Option<Value<'a>> {
        let Key { pos, strings, .. } = *self.keys.get(number)?;
        let mut cursor = Cursor { text: document.text, ends: document.ends_from(strings), pos: pos as usize };
        let (_, span) = cursor.member()?;
        Some(document.value(span))
    }

    #[inline(never)]
    fn is_named(&self, document: Document<'_>, key: Key, name: &str, ignores_case: bool) -> bool {
        let Some(&close) = document.ends_from(key.strings).first() else { return false };
        let own = document.text.get(key.pos as usize + 1..close as usize);
        own.is_some_and(|own| self.same(own, name, ignores_case))
    }

    /// Returns whether a key, as it stands in the document, has this name.
    #[inline(always)]
    fn same(&self, key: &str, name: &str, ignores_case: bool) -> bool {
        if self.escaped {
            let key = Text::new(key);
            return if ignores_case { key.eq_ignore_ascii_case(name) } else { key.eq(name) };
        }
        // Only the tags are known to be the same.
        key.len() == name.len()
            && if ignores_case { swar::equal_ignoring_case(key.as_bytes(), name.as_bytes()) } else { key == name }
    }
}

/// Returns the number of the last key with this tag.
#[inline(always)]
fn last_of(keys: &[Key], tag: u32) -> Option<usize> {
    // Four at a time take half of the instructions.
    let (first, fours) = keys.as_rchunks::<4>();
    for (number, four) in fours.iter().enumerate().rev() {
        if four.iter().any(|key| key.tag == tag) {
            let place = four.iter().rposition(|key| key.tag == tag)?;
            return Some(first.len() + 4 * number + place);
        }
    }
    first.iter().rposition(|key| key.tag == tag)
}

/// Returns whether the key between two quotes has a backslash.
#[cold]
#[inline(never)]
fn has_escape(bytes: &[u8], open: usize, close: usize) -> bool {
    bytes.get(open + 1..close).is_some_and(|key| swar::contains_byte(key, b'\\'))
}

/// The `N` bytes from `at` on.
#[inline(always)]
fn chunk_at<const N: usize>(bytes: &[u8], at: u32) -> Option<&[u8; N]> {
    // This is one comparison if an offset has 64 bits.
    bytes.get(at as usize..(at as usize).checked_add(N)?)?.first_chunk()
}

/// Returns the [`tag`] of a key with this value and without escapes.
#[inline(always)]
fn tag_of(name: &str) -> u32 {
    tag(name.len(), name.as_bytes().last().copied().unwrap_or(b'"'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::Index;

    fn same(key: Text<'_>, name: &str, ignores_case: bool) -> bool {
        if ignores_case { key.eq_ignore_ascii_case(name) } else { key.eq(name) }
    }

    /// Compares the look-ups of a name with a walk over all members, of a document and of a map within one.
    fn check(map: &str, name: &str) {
        check_in(map, name, |root| Some(root));
        check_in(&format!("{{\"m\":{map},\"a\":\"y\",\"b\":[\"z\"],\"ab\":false}}"), name, |root| root.get("m"));
        check_in(&format!("[{map},\"a\",\"b\"]"), name, |root| root.items().next());
    }

    fn check_in(payload: &str, name: &str, map: fn(Value<'_>) -> Option<Value<'_>>) {
        let mut index = Index::new();
        let document = index.read(payload.as_bytes()).expect(payload);
        let map = map(document.root()).expect(payload);
        let mut keys = Keys::default();
        keys.read(map);
        for ignores_case in [false, true] {
            let named: Vec<(usize, &str)> = map
                .entries()
                .enumerate()
                .filter(|(_, (key, _))| same(*key, name, ignores_case))
                .map(|(number, (_, value))| (number, value.raw()))
                .collect();
            let count = map.entries().count();
            for (number, wanted) in &named {
                assert_eq!(keys.value(document, *number).map(Value::raw), Some(*wanted), "{payload}");
                let Some((text, escaped)) = keys.text(document, *number) else { continue };
                assert!(escaped || !text.has_escapes(), "{payload}");
                let forms = [format!("\"{}\"", text.raw()), format!("[\"{}\"]", text.raw())];
                assert!(forms.iter().any(|form| form == wanted), "{text:?} of {wanted} in {payload}");
            }
            for number in (0..=count).chain([usize::MAX]) {
                let expected = named.iter().map(|(own, _)| *own).find(|own| *own >= number);
                assert_eq!(
                    keys.next(document, number, name, ignores_case),
                    expected,
                    "{name:?} from {number}: {payload}"
                );
                let expected = named.iter().map(|(own, _)| *own).rfind(|own| *own < number);
                let found = keys.previous(document, number, name, ignores_case);
                assert_eq!(found, expected, "{name:?} before {number}: {payload}");
            }
        }
    }

    const NAMES: [&str; 12] = ["", "a", "A", "b", "ab", "aB", "a\\\\", "\\u0061", "ab\\n", "x-a", "X-A", "{}"];
    const VALUES: [&str; 9] = [
        "\"1\"",
        "[\"2\"]",
        "\"\"",
        "[]",
        "[\"3\",\"4\"]",
        "null",
        "5",
        "{\"a\":\"6\"}",
        "[\"a\\\"\",{\"b\":[\"]\"]}]",
    ];

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: super::super::tests::cases(),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn members_are_found_as_by_a_walk(
            members in prop::collection::vec((prop::sample::select(&NAMES[..]), prop::sample::select(&VALUES[..])), 0..12),
            colon in prop::sample::select(&[":", ":", " :", ": "][..]),
            comma in prop::sample::select(&[",", ",", ", ", "\n,"][..]),
            end in prop::sample::select(&["", "", " "][..]),
            common in any::<bool>(),
        ) {
            // Gateways write all members of a map in one form.
            let common = common.then(|| members.first().map_or("1", |(_, value)| value));
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("\"{name}\"{colon}{}", common.unwrap_or(value)))
                .collect();
            let payload = format!("{{{}{end}}}", members.join(comma));
            for name in ["", "a", "ab", "AB", "a\\", "x-a", "ab\n", "{}", "1"] {
                check(&payload, name);
            }
        }
    }

    #[test]
    fn keys_of_other_values_are_none() {
        for payload in ["[\"a\",\"b\"]", "\"a\"", "null", "{}", "[{\"a\":1}]"] {
            check(payload, "a");
        }
    }
}
