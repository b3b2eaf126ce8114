//! Lazy typed views of a validated document: only the requested values are read a second time.

use bumpalo::Bump;

use super::cursor::{Cursor, NOTHING_OPEN};
use super::scan::Escapes;
use super::span::{Kind, Span};
use super::text::Text;

/// A document that was validated to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document<'a> {
    pub(super) text: &'a str,
    pub(super) ends: &'a [u32],
    pub(super) escapes: Escapes,
    root: Span,
}

impl<'a> Document<'a> {
    /// A document in which nothing is found.
    pub(crate) const EMPTY: Self = Self { text: "", ends: &[], escapes: Escapes::NONE, root: Span::ABSENT };

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

    /// The string at the span of one.
    #[inline]
    pub(crate) fn string(self, span: Span) -> Text<'a> {
        Text::new(self.text.get(span.start() + 1..span.end().saturating_sub(1)).unwrap_or_default())
    }

    /// The value of the string at the span of one: the string itself if it has no escapes, else a copy in the arena.
    #[inline]
    pub(crate) fn decode_string(self, span: Span, arena: &'a Bump) -> &'a str {
        let text = self.string(span);
        if self.escapes.touch(span.start(), span.end()) { text.decode(arena) } else { text.raw() }
    }

    /// The ends of the strings from the place on after which this number of strings end.
    #[inline]
    pub(super) fn ends_from(self, strings: u32) -> &'a [u32] {
        self.ends.get(self.ends.len().saturating_sub(strings as usize)..).unwrap_or_default()
    }

    /// The value at a span of this document. A span of another document leads to a wrong value, but to no panic.
    #[inline]
    pub(crate) const fn value(self, span: Span) -> Value<'a> {
        Value { document: self, span }
    }
}

/// A value of a validated document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    pub(super) document: Document<'a>,
    span: Span,
}

impl<'a> Value<'a> {
    /// The value as written in the document; `null` if it is absent.
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

    /// Returns whether the value is `null` or absent.
    #[inline]
    pub(crate) fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Returns whether a string in the value can have escapes. `false` is certain.
    #[inline]
    pub(crate) fn may_have_escapes(self) -> bool {
        self.document.escapes.touch(self.span.start(), self.span.end())
    }

    /// The boolean, if the value is one.
    #[inline]
    pub(crate) fn as_bool(self) -> Option<bool> {
        match self.raw() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The string, if the value is one.
    #[inline]
    pub(crate) fn as_text(self) -> Option<Text<'a>> {
        Some(Text::new(self.raw().strip_prefix('"')?.strip_suffix('"')?))
    }

    /// The text of a string, and that of a number or a boolean as it stands in the document.
    #[inline]
    pub(crate) fn as_scalar_text(self) -> Option<Text<'a>> {
        match self.kind() {
            Kind::String => self.as_text(),
            Kind::Number | Kind::Bool => Some(Text::new(self.raw())),
            Kind::Null | Kind::Array | Kind::Object => None,
        }
    }

    /// Returns whether an object may have a member of this name, in any case. `false` is certain, and needs no walk.
    #[inline]
    pub(crate) fn may_have(self, name: &str) -> bool {
        let Document { text, escapes, .. } = self.document;
        if escapes.touch(self.span.start(), self.span.end()) && memchr::memchr(b'\\', self.raw().as_bytes()).is_some() {
            return true;
        }
        self.string_ends().any(|end| ends_with_string(text.as_bytes(), end, name))
    }

    /// Returns whether a quick scan finds a member with this name and text in it, or in an object inside: `false`
    /// proves nothing.
    pub(crate) fn shows(self, name: &str, value: &str) -> bool {
        let text = self.document.text.as_bytes();
        let mut ends = self.string_ends();
        ends.any(|end| ends_with_string(text, end, name))
            && ends.next().is_some_and(|end| ends_with_string(text, end, value))
    }

    /// The ends of the strings in it, keys included: each at its closing quote.
    #[inline]
    fn string_ends(self) -> impl Iterator<Item = usize> {
        let ends = self.document.ends;
        let behind = ends.len().saturating_sub(self.span.strings());
        let own = ends.get(behind..).unwrap_or_default();
        own.iter().map(|end| *end as usize).take_while(move |end| *end < self.span.end())
    }

    /// The string, if the value is one, or a list without spaces that holds just one string: gateways write single values
    /// in both forms.
    #[inline]
    pub(crate) fn as_single_text(self) -> Option<Text<'a>> {
        let Document { text, ends, .. } = self.document;
        let first = ends.len().checked_sub(self.span.strings())?;
        let close = *ends.get(first)? as usize;
        // The distance between the end of its first string and its own end decides between the two forms.
        let open = match self.span.end().wrapping_sub(close) {
            1 => self.span.start(),
            2 if text.get(self.span.start()..)?.starts_with("[\"") => self.span.start() + 1,
            _ => return None,
        };
        text.get(open + 1..close).map(Text::new)
    }

    /// The number, if it is written as an integer that fits. As in `serde_json`, `-0` is not an integer.
    pub(crate) fn as_i64(self) -> Option<i64> {
        self.raw().parse().ok().filter(|&number| number != 0 || self.raw() == "0")
    }

    /// The number, if it is written as an integer that fits.
    pub(crate) fn as_u64(self) -> Option<u64> {
        self.raw().parse().ok()
    }

    /// The nearest `f64`, if the value is a number.
    pub(crate) fn as_f64(self) -> Option<f64> {
        // A number just within the range of `serde_json`'s arithmetic may round to infinity.
        self.raw().parse::<f64>().ok().map(|number| number.clamp(f64::MIN, f64::MAX))
    }

    /// The value of a key, if the value is an object with that key. The last of equal keys counts.
    pub(crate) fn get(self, key: &str) -> Option<Self> {
        self.entries().filter(|(name, _)| name.eq(key)).last().map(|(_, value)| value)
    }

    /// All keys and values in the order of the document, equal keys included; empty if the value is not an object.
    #[inline]
    pub(crate) fn entries(self) -> Entries<'a> {
        Entries { cursor: self.inside(Kind::Object), escapes: self.document.escapes }
    }

    /// Returns whether the value is an object with at least one member.
    #[inline]
    pub(crate) fn has_members(self) -> bool {
        self.kind() == Kind::Object && self.inside(Kind::Object).next_element() == b'"'
    }

    /// The elements; empty if the value is not an array.
    #[inline]
    pub(crate) fn items(self) -> Items<'a> {
        Items { cursor: self.inside(Kind::Array), escapes: self.document.escapes }
    }

    /// Returns a cursor after the bracket of a container of `kind`, or at the end of the document.
    #[inline]
    pub(super) fn inside(self, kind: Kind) -> Cursor<'a> {
        let Document { text, ends, .. } = self.document;
        let pos = if self.kind() == kind { self.span.start() + 1 } else { text.len() };
        let first = ends.len().saturating_sub(self.span.strings());
        Cursor { text, ends: &ends[first..], pos }
    }
}

/// Returns whether the string that ends at a quote is this text, written without escapes, in any case.
#[inline(always)]
fn ends_with_string(document: &[u8], end: usize, text: &str) -> bool {
    let start = end.wrapping_sub(text.len());
    document.get(start.wrapping_sub(1)) == Some(&b'"')
        && document.get(start..end).is_some_and(|own| own.eq_ignore_ascii_case(text.as_bytes()))
}

/// The members of an object: see [`Value::entries`].
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    cursor: Cursor<'a>,
    escapes: Escapes,
}

impl<'a> Entries<'a> {
    /// [`Iterator::next`] without a call, so that the parts of the value stay in registers.
    #[inline(always)]
    pub(crate) fn advance(&mut self) -> Option<(Text<'a>, Value<'a>)> {
        if self.cursor.next_element() != b'"' {
            return None;
        }
        let (text, ends) = (self.cursor.text, self.cursor.ends);
        let (name, span) = self.cursor.member()?;
        Some((Text::new(text.get(name)?), Document::new(text, ends, self.escapes, span).root()))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Text<'a>, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.advance()
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
