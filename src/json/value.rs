//! Lazy typed views of a validated document: what is not asked for is never looked at again.

use super::cursor::{Cursor, NOTHING_OPEN};
use super::scan::Escapes;
use super::span::{Kind, Place, Span};
use super::text::Text;
use crate::swar;

/// A document that has been validated to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document<'a> {
    text: &'a str,
    ends: &'a [u32],
    escapes: Escapes,
    root: Span,
}

impl<'a> Document<'a> {
    #[inline(always)]
    pub(super) const fn new(text: &'a str, ends: &'a [u32], escapes: Escapes, root: Span) -> Self {
        Self { text, ends, escapes, root }
    }

    /// The whole document.
    #[inline]
    pub(crate) const fn text(self) -> &'a str {
        self.text
    }

    /// The root value.
    #[inline]
    pub(crate) const fn root(self) -> Value<'a> {
        self.value(self.root)
    }

    /// The text at a place of this very document.
    #[inline]
    pub(crate) fn text_at(self, Place { start, end, .. }: Place) -> Text<'a> {
        Text::new(self.text.get(start as usize..end as usize).unwrap_or_default())
    }

    /// The value at a span of this very document. A span of another one gives nonsense, but no panic.
    #[inline]
    pub(crate) const fn value(self, span: Span) -> Value<'a> {
        Value { document: self, span }
    }
}

/// A value of a validated document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    document: Document<'a>,
    span: Span,
}

impl<'a> Value<'a> {
    /// The value as it stands in the document; `null` where it is absent.
    #[inline]
    pub(crate) fn raw(self) -> &'a str {
        if self.span.is_absent() {
            return "null";
        }
        self.document.text.get(self.span.start()..self.span.end()).unwrap_or("null")
    }

    /// The type of the value.
    #[inline]
    pub(crate) fn kind(self) -> Kind {
        Kind::of(self.raw().as_bytes().first().copied().unwrap_or(b'n')).unwrap_or(Kind::Null)
    }

    /// Whether it is `null`, or absent.
    #[inline]
    pub(crate) fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The truth value, if it is one.
    #[inline]
    pub(crate) fn as_bool(self) -> Option<bool> {
        match self.raw() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The text, if it is a string.
    #[inline]
    pub(crate) fn as_text(self) -> Option<Text<'a>> {
        Some(Text::new(self.raw().strip_prefix('"')?.strip_suffix('"')?))
    }

    /// The text, if it is a string, or a list with just that and no space in it, as gateways write single values.
    #[inline]
    pub(crate) fn as_single_text(self) -> Option<Text<'a>> {
        let Document { text, ends, .. } = self.document;
        let behind = ends.len().checked_sub(self.span.strings())?;
        let close = *ends.get(behind)? as usize;
        // How far its first string ends from its own end tells which of the two it is.
        let open = match self.span.end().wrapping_sub(close) {
            1 => self.span.start(),
            2 if text.get(self.span.start()..)?.starts_with("[\"") => self.span.start() + 1,
            _ => return None,
        };
        text.get(open + 1..close).map(Text::new)
    }

    /// The number, if it is written as an integer that fits. As with `serde_json`, `-0` is no integer.
    pub(crate) fn as_i64(self) -> Option<i64> {
        self.raw().parse().ok().filter(|&number| number != 0 || self.raw() == "0")
    }

    /// The number, if it is written as an integer that fits.
    pub(crate) fn as_u64(self) -> Option<u64> {
        self.raw().parse().ok()
    }

    /// The nearest `f64`, if it is a number.
    pub(crate) fn as_f64(self) -> Option<f64> {
        // What serde_json's arithmetic finds just in range may round to infinity.
        self.raw().parse::<f64>().ok().map(|number| number.clamp(f64::MIN, f64::MAX))
    }

    /// The value of a key, if it is an object that has it. Of equal keys the last counts.
    pub(crate) fn get(self, key: &str) -> Option<Self> {
        self.entries().filter(|(name, _)| name.eq(key)).last().map(|(_, value)| value)
    }

    /// Keys and values in the order of the document, equal keys and all; none if it is not an object.
    #[inline]
    pub(crate) fn entries(self) -> Entries<'a> {
        Entries { cursor: self.inside(Kind::Object), escapes: self.document.escapes }
    }

    /// Whether it is an object that is not empty.
    #[inline]
    pub(crate) fn has_members(self) -> bool {
        self.kind() == Kind::Object && self.inside(Kind::Object).next_element() == b'"'
    }

    /// Appends where the keys and the values of an object stand; nothing if it is none.
    pub(crate) fn places(self, places: &mut Vec<(Place, Span)>) {
        let mut cursor = self.inside(Kind::Object);
        while cursor.next_element() == b'"'
            && let Some((name, value)) = cursor.member()
        {
            let (start, end) = (name.start as u32, name.end as u32);
            let escaped = self.document.escapes.touch(name.start, name.end)
                && self.document.text.as_bytes().get(name).is_some_and(|name| swar::contains_byte(name, b'\\'));
            places.push((Place { start, end, escaped }, value));
        }
    }

    /// The elements; none if it is not an array.
    #[inline]
    pub(crate) fn items(self) -> Items<'a> {
        Items { cursor: self.inside(Kind::Array), escapes: self.document.escapes }
    }

    /// A cursor behind the bracket of a container of `kind`, or at the end of the document.
    #[inline]
    fn inside(self, kind: Kind) -> Cursor<'a> {
        let Document { text, ends, .. } = self.document;
        let pos = if self.kind() == kind { self.span.start() + 1 } else { text.len() };
        let behind = ends.len().saturating_sub(self.span.strings());
        Cursor { text, ends: &ends[behind..], pos }
    }
}

/// The members of an object: see [`Value::entries`].
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    cursor: Cursor<'a>,
    escapes: Escapes,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Text<'a>, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.next_element() != b'"' {
            return None;
        }
        let (text, ends) = (self.cursor.text, self.cursor.ends);
        let (name, span) = self.cursor.member()?;
        Some((Text::new(text.get(name)?), Document::new(text, ends, self.escapes, span).root()))
    }
}

/// The elements of an array: see [`Value::items`].
#[derive(Clone, Debug)]
pub(crate) struct Items<'a> {
    cursor: Cursor<'a>,
    escapes: Escapes,
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self.cursor.next_element() {
            b']' => None,
            _ => take_value(&mut self.cursor, self.escapes),
        }
    }
}

#[inline(always)]
fn take_value<'a>(cursor: &mut Cursor<'a>, escapes: Escapes) -> Option<Value<'a>> {
    let (text, ends) = (cursor.text, cursor.ends);
    let span = cursor.value(NOTHING_OPEN)?;
    Some(Document::new(text, ends, escapes, span).root())
}
