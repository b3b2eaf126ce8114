//! The walk over a scanned document: strings by the index of their ends, everything else byte by byte.
//!
//! Each step checks the grammar and returns `None` if it is broken; `diagnose` finds out which rule was broken.

use std::ops::Range;

use super::number;
use super::scan::Escapes;
use super::span::{Kind, Span};
use super::text::unescape;

/// A stack of one bit for each open container, 1 for an object, above a sentinel: nothing is open.
pub(super) const NOTHING_OPEN: u128 = 1;

/// Opens one more container. Returns `None` if 127 are open, the limit of `serde_json`.
#[inline(always)]
pub(super) fn push(open: u128, object: bool) -> Option<u128> {
    has_room(open).then(|| open << 1 | u128::from(object))
}

/// Returns whether one more container may be opened.
#[inline(always)]
const fn has_room(open: u128) -> bool {
    open >> 127 == 0
}

// Common byte sequences. Comparisons of arrays compile to comparisons of words, if they have as many bytes as those.
/// After the closing quote of a key.
const TEXT_FOLLOWS: [u8; 2] = *b":\"";
/// From the closing quote of a key on.
const LIST_FOLLOWS: [u8; 4] = *b"\":[\"";
const NULL_FOLLOWS: [u8; 8] = *b"\":null,\"";
/// After the closing quote of a value.
const KEY_FOLLOWS: [u8; 2] = *b",\"";
/// From the closing quote of a value on.
const LIST_ENDS: [u8; 4] = *b"\"],\"";

/// A place in a scanned document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    /// The closing quotes after `pos`, which is outside strings: the first one is that of the next string.
    pub(super) ends: &'a [u32],
    /// The offset of the next byte.
    pub(super) pos: usize,
}

/// The part of an object that was passed, from a key on.
enum Passed {
    /// A member and the comma after it: another key comes next.
    ToKey,
    /// A member: a comma or the end of the object comes next.
    Value,
    /// Nothing: the member has no common form.
    Nothing,
}

impl<'a> Cursor<'a> {
    /// The byte at the cursor; 0 at the end, since no value and no separator starts with 0.
    #[inline(always)]
    pub(super) fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.pos).copied().unwrap_or(0)
    }

    /// Passes white space and returns the byte after it.
    #[inline(always)]
    pub(super) fn skip_space(&mut self) -> u8 {
        loop {
            match self.byte() {
                b' ' | b'\n' | b'\r' | b'\t' => self.pos += 1,
                byte => return byte,
            }
        }
    }

    /// Passes the string that starts here: the byte is a quote.
    #[inline(always)]
    fn string(&mut self) -> Option<()> {
        debug_assert_eq!(self.byte(), b'"');
        let (&close, after) = self.ends.split_first()?;
        self.ends = after;
        self.pos = close as usize + 1;
        Some(())
    }

    /// Passes the key that starts here and the colon after it, and returns the first byte of the value.
    #[inline(always)]
    fn key(&mut self) -> Option<u8> {
        let (&close, after) = self.ends.split_first()?;
        self.ends = after;
        // Minified.
        if let Some(&[_, b':', first, _]) = self.bytes_at(close as usize)
            && first > b' '
        {
            self.pos = close as usize + 2;
            return Some(first);
        }
        self.pos = close as usize + 1;
        self.colon()
    }

    /// Passes the colon between a key and its value, and returns the first byte of the value.
    #[inline(always)]
    fn colon(&mut self) -> Option<u8> {
        match self.bytes_at(self.pos) {
            // Minified.
            Some(&[b':', first]) if first > b' ' => {
                self.pos += 1;
                Some(first)
            }
            _ => {
                if self.skip_space() != b':' {
                    return None;
                }
                self.pos += 1;
                Some(self.skip_space())
            }
        }
    }

    /// Passes the separator after a member. Returns `true` at the next key, and `false` at the end of the object, which is
    /// passed too.
    #[inline(always)]
    fn next_member(&mut self) -> Option<bool> {
        // Minified: the quote after the comma is outside strings, so it opens the next one.
        if self.bytes_at(self.pos) == Some(b",\"") {
            self.pos += 1;
            return Some(true);
        }
        let separator = self.skip_space();
        self.pos += 1;
        match separator {
            b',' => {
                self.skip_space();
                self.at_key().map(|()| true)
            }
            b'}' => Some(false),
            _ => None,
        }
    }

    /// Consumes the value that starts here, inside the containers that are `open`.
    #[inline(always)]
    pub(super) fn value(&mut self, open: u128) -> Option<Span> {
        self.value_of(self.byte(), open)
    }

    /// Consumes the value that starts here with the byte `first`.
    #[inline(always)]
    fn value_of(&mut self, first: u8, open: u128) -> Option<Span> {
        let begin = self.begin();
        match first {
            b'"' => self.string()?,
            b'{' | b'[' => self.container(open)?,
            _ => self.scalar()?,
        }
        Some(begin.until(self.pos))
    }

    /// The span of the value that begins here, without its end.
    #[inline(always)]
    pub(super) const fn begin(&self) -> Span {
        Span::new(self.pos as u32, self.pos as u32, self.ends.len() as u32)
    }

    /// Walks the container that starts here to its end.
    #[inline(always)]
    fn container(&mut self, open: u128) -> Option<()> {
        (self.ends, self.pos) = walk(self.text, self.ends, self.pos, open)?;
        Some(())
    }

    /// Consumes a literal or a number.
    #[inline(always)]
    fn scalar(&mut self) -> Option<()> {
        self.pos += scalar_length(self.text, self.pos)?;
        Some(())
    }

    /// Walks the object that starts here to its end, and shows its members to `visitor`.
    #[inline(always)]
    pub(super) fn object<V: Visitor>(&mut self, open: u128, escapes: Escapes, visitor: &mut V) -> Option<Span> {
        let begin = self.begin();
        (self.ends, self.pos) = visit(self.text, self.ends, self.pos, open, escapes, visitor)?;
        Some(begin.until(self.pos))
    }

    /// Consumes the member whose key starts here, of a valid object, and also the comma after it if that costs nothing.
    /// Returns the offsets of the key, without its quotes, and the span of the value.
    #[inline(always)]
    pub(super) fn member(&mut self) -> Option<(Range<usize>, Span)> {
        let (&close, after) = self.ends.split_first()?;
        let key = self.pos + 1..close as usize;
        let value = close + 2;
        let value = Span::new(value, value, after.len() as u32);
        let span = match self.common_member(NOTHING_OPEN) {
            Passed::ToKey => value.until(self.pos - 1),
            Passed::Value => value.until(self.pos),
            Passed::Nothing => {
                let first = self.key()?;
                self.value_of(first, NOTHING_OPEN)?
            }
        };
        Some((key, span))
    }

    /// Passes the comma between two elements of a valid container, and returns the byte after it.
    #[inline(always)]
    pub(super) fn next_element(&mut self) -> u8 {
        let byte = self.skip_space();
        if byte != b',' {
            return byte;
        }
        self.pos += 1;
        self.skip_space()
    }

    /// From a key on: passes the members of common forms, up to the end of a value, or to the first byte of a value that
    /// is still to be walked. `open` includes the object.
    #[inline(always)]
    fn members(&mut self, open: u128) -> Option<Option<u8>> {
        self.at_key()?;
        loop {
            match self.common_member(open) {
                Passed::ToKey => {}
                Passed::Value => return Some(None),
                Passed::Nothing => return self.key().map(Some),
            }
        }
    }

    /// Checks that a key starts here.
    #[inline(always)]
    fn at_key(&self) -> Option<()> {
        (self.byte() == b'"').then_some(())
    }

    /// Passes a member of a common minified form: `"key":"text",`, `"key":["text"],` or `"key":null,`. Most members of a
    /// gateway's event have one of these.
    ///
    /// A quote of the form that is outside strings starts the next string. `open` includes the object: there may be no room
    /// for a list.
    #[inline(always)]
    fn common_member(&mut self, open: u128) -> Passed {
        let Some((&[close, end], after)) = self.ends.split_first_chunk() else {
            return Passed::Nothing;
        };
        let Some(from_key_end) = self.bytes_at::<8>(close as usize) else {
            return Passed::Nothing;
        };
        let [_, first, second, ..] = *from_key_end;
        if [first, second] == TEXT_FOLLOWS {
            self.ends = after;
            if self.bytes_at::<3>(end as usize).is_some_and(|[_, after @ ..]| *after == KEY_FOLLOWS) {
                self.pos = end as usize + 2;
                return Passed::ToKey;
            }
            self.pos = end as usize + 1;
            return Passed::Value;
        }
        if from_key_end.first_chunk() == Some(&LIST_FOLLOWS)
            && self.bytes_at(end as usize) == Some(&LIST_ENDS)
            && has_room(open)
        {
            self.ends = after;
            self.pos = end as usize + 3;
            return Passed::ToKey;
        }
        if *from_key_end == NULL_FOLLOWS {
            self.ends = &self.ends[1..];
            self.pos = close as usize + 7;
            return Passed::ToKey;
        }
        Passed::Nothing
    }

    /// The `N` bytes from `at` on.
    #[inline(always)]
    fn bytes_at<const N: usize>(&self, at: usize) -> Option<&'a [u8; N]> {
        // Offsets fit 32 bits, so the sum does not overflow: one comparison.
        let at = at as u32 as usize;
        self.text.as_bytes().get(at..at + N)?.first_chunk()
    }
}

/// Walks the object that starts at `pos` to its end, and shows `visitor` the members that it may want. `escapes` are the
/// blocks in which keys may have escapes. Like [`walk`], it takes and returns a cursor in parts.
#[inline(never)]
fn visit<'a, V: Visitor>(
    text: &'a str,
    ends: &'a [u32],
    pos: usize,
    base: u128,
    escapes: Escapes,
    visitor: &mut V,
) -> Option<(&'a [u32], usize)> {
    let mut here = Cursor { text, ends, pos };
    let open = push(base, true)?;
    here.pos += 1;
    if here.skip_space() == b'}' {
        here.pos += 1;
        return Some((here.ends, here.pos));
    }
    here.at_key()?;
    let near = escapes.near();
    loop {
        let start = here.pos + 1;
        let close = *here.ends.first()? as usize;
        let key = here.text.as_bytes().get(start..close)?;
        let field = if V::KEY_FILTER == u64::MAX || V::KEY_FILTER & key_bit(key) != 0 { V::field(key) } else { None };
        if let Some(field) = field {
            show(&mut here, field, open, escapes, visitor)?;
        } else if near.reach(key.len(), close) && has_escapes(key) {
            here = escaped_member(key, here, open, escapes, visitor)?;
        } else {
            match here.common_member(open) {
                Passed::ToKey => continue,
                Passed::Value => {}
                Passed::Nothing => {
                    let first = here.key()?;
                    here.value_of(first, open)?;
                }
            }
        }
        if !here.next_member()? {
            return Some((here.ends, here.pos));
        }
    }
}

/// Shows the member whose key starts here to `visitor`.
#[inline(always)]
fn show<V: Visitor>(
    here: &mut Cursor<'_>,
    field: V::Field,
    open: u128,
    escapes: Escapes,
    visitor: &mut V,
) -> Option<()> {
    let first = here.key()?;
    if first == b'"' {
        let begin = here.begin();
        here.string()?;
        return visitor.text(field, begin.until(here.pos));
    }
    visitor.member(field, Member { cursor: here, first, open, escapes })
}

#[cold]
#[inline(never)]
fn has_escapes(key: &[u8]) -> bool {
    key.contains(&b'\\')
}

/// Passes a member whose key has escapes, or shows it to `visitor`.
#[cold]
#[inline(never)]
fn escaped_member<'a, V: Visitor>(
    key: &[u8],
    mut here: Cursor<'a>,
    open: u128,
    escapes: Escapes,
    visitor: &mut V,
) -> Option<Cursor<'a>> {
    let mut meaning = Vec::new();
    unescape(key, &mut meaning);
    match V::field(&meaning) {
        Some(field) => show(&mut here, field, open, escapes, visitor)?,
        None => {
            let first = here.key()?;
            here.value_of(first, open)?;
        }
    }
    Some(here)
}

/// Walks the container that starts at `pos` to its end. Takes and returns a cursor in parts: a whole cursor would be
/// passed in memory, and the caller would keep it there.
#[inline(never)]
fn walk<'a>(text: &'a str, ends: &'a [u32], pos: usize, base: u128) -> Option<(&'a [u32], usize)> {
    let mut here = Cursor { text, ends, pos };
    let mut open = base;
    let mut byte = here.byte();
    'value: loop {
        match byte {
            b'"' => here.string()?,
            b'{' | b'[' => {
                let object = byte == b'{';
                let inside = push(open, object)?;
                here.pos += 1;
                byte = here.skip_space();
                // In ASCII the closing bracket is the opening one plus two.
                if byte == if object { b'}' } else { b']' } {
                    here.pos += 1;
                } else {
                    open = inside;
                    if !object {
                        continue 'value;
                    }
                    if let Some(first) = here.members(open)? {
                        byte = first;
                        continue 'value;
                    }
                }
            }
            _ => here.scalar()?,
        }
        while open != base {
            let object = open & 1 == 1;
            match here.skip_space() {
                b',' => {
                    here.pos += 1;
                    byte = here.skip_space();
                    if !object {
                        continue 'value;
                    }
                    if let Some(first) = here.members(open)? {
                        byte = first;
                        continue 'value;
                    }
                }
                b'}' if object => {
                    here.pos += 1;
                    open >>= 1;
                }
                b']' if !object => {
                    here.pos += 1;
                    open >>= 1;
                }
                _ => return None,
            }
        }
        return Some((here.ends, here.pos));
    }
}

/// Returns the length of the literal or the number at `pos`.
#[inline(always)]
fn scalar_length(text: &str, pos: usize) -> Option<usize> {
    const NULL: u32 = u32::from_le_bytes(*b"null");
    const TRUE: u32 = u32::from_le_bytes(*b"true");
    const FALS: u32 = u32::from_le_bytes(*b"fals");
    let rest = text.as_bytes().get(pos..)?;
    Some(match rest.first_chunk().map(|word| u32::from_le_bytes(*word)) {
        Some(NULL | TRUE) => 4,
        Some(FALS) if rest.get(4) == Some(&b'e') => 5,
        _ => match number::short_length(rest) {
            Some(length) => length,
            None => number::length(rest).ok()?,
        },
    })
}

/// Receives the members of an object that it wants, in the order of the document, repeated keys included.
pub(crate) trait Visitor {
    /// The fields that keys can name.
    type Field: Copy;

    /// A filter that lets through the wanted keys: the [`key_filter`] of their names. Most other keys are passed unseen.
    const KEY_FILTER: u64;

    /// Returns the field that a key names, its escapes resolved; `None` for an unwanted key. No name has a backslash.
    fn field(key: &[u8]) -> Option<Self::Field>;

    /// Receives a member whose value is a string, which is consumed already. `None` ends the walk.
    fn text(&mut self, field: Self::Field, span: Span) -> Option<()>;

    /// Receives a member whose value is no string, and consumes that by a method of `member`. `None` ends the walk.
    fn member(&mut self, field: Self::Field, member: Member<'_, '_>) -> Option<()>;
}

/// Returns the [`Visitor::KEY_FILTER`] for these keys.
///
/// # Panics
/// If a key is empty: it would never be shown.
pub(crate) const fn key_filter(keys: &[&str]) -> u64 {
    let (mut filter, mut at) = (0, 0);
    while at < keys.len() {
        assert!(!keys[at].is_empty());
        filter |= key_bit(keys[at].as_bytes());
        at += 1;
    }
    filter
}

/// Returns one of 64 bits, chosen by the length of a key and its first byte. In the `requestContext` of all gateways, no
/// unwanted field shares a bit with a wanted one.
#[inline(always)]
pub(crate) const fn key_bit(key: &[u8]) -> u64 {
    match key {
        [first, ..] => 1 << (key.len().wrapping_mul(3).wrapping_add(*first as usize) % 64),
        [] => 0,
    }
}

/// A member of an object, whose value [`Visitor::member`] has to consume.
pub(crate) struct Member<'m, 'a> {
    cursor: &'m mut Cursor<'a>,
    /// The first byte of the value.
    first: u8,
    open: u128,
    escapes: Escapes,
}

impl Member<'_, '_> {
    /// The kind of the value, by its first byte; `None` if no value starts with that byte.
    #[inline(always)]
    pub(crate) fn kind(&self) -> Option<Kind> {
        Kind::of(self.first)
    }

    /// The byte offset of the value.
    #[inline(always)]
    pub(crate) const fn offset(&self) -> usize {
        self.cursor.pos
    }

    /// Consumes the value and returns its span.
    #[inline(always)]
    pub(crate) fn take(self) -> Option<Span> {
        self.cursor.value_of(self.first, self.open)
    }

    /// Consumes the value, an object, and shows its members to a visitor. Returns `None` if the value is not an object.
    #[inline(always)]
    pub(crate) fn visit<V: Visitor>(self, visitor: &mut V) -> Option<Span> {
        if self.kind() != Some(Kind::Object) {
            return None;
        }
        self.cursor.object(self.open, self.escapes, visitor)
    }
}
