//! A validating pull reader: the caller asks for the keys of the objects that matter, all else is checked on the way.

use super::cursor::{Cursor, NOTHING_OPEN, push};
use super::diagnose::{check, diagnose};
use super::error::{JsonError, JsonErrorKind};
use super::text::Text;
use super::value::{Document, Kind, Span};

/// Reads a scanned document once, from its root value on.
///
/// Whatever the caller does not ask for is consumed, and checked, by the next call that gets past it.
pub(crate) struct Reader<'a> {
    cursor: Cursor<'a>,
    /// The objects that were entered.
    open: u128,
    next: Next,
    escapes: bool,
}

/// What the cursor stands before, white space aside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A value's first byte: no white space.
    Value,
    /// The first key of an object, or its end.
    FirstKey,
    /// A comma and a key, or the end of the object; at the root the end of the document.
    Rest,
}

impl<'a> Reader<'a> {
    /// A reader at the root value of a text whose strings have been checked.
    #[inline]
    pub(super) fn new(text: &'a str, quotes: &'a [u32], escapes: bool) -> Self {
        let mut cursor = Cursor { text, quotes, pos: 0, quote: 0 };
        cursor.skip_space();
        Self { cursor, open: NOTHING_OPEN, next: Next::Value, escapes }
    }

    /// Whether a string of the document has an escape: if not, every text is what it says.
    #[inline]
    pub(crate) const fn has_escapes(&self) -> bool {
        self.escapes
    }

    /// The kind of the value that comes, told by its first byte.
    #[inline]
    pub(crate) fn peek(&self) -> Result<Kind, JsonError> {
        match Kind::of(self.cursor.byte()) {
            Some(kind) if self.next == Next::Value => Ok(kind),
            _ => Err(self.fault()),
        }
    }

    /// The byte offset of the value that comes.
    #[inline]
    pub(crate) const fn offset(&self) -> usize {
        self.cursor.pos
    }

    /// As [`Self::object`]; [`Self::leave`] makes the object's span of what it gives.
    #[inline]
    pub(crate) fn enter(&mut self) -> Result<Span, JsonError> {
        let begin = Span::new(self.cursor.pos as u32, self.cursor.pos as u32, self.cursor.quote as u32);
        self.object()?;
        Ok(begin)
    }

    /// The span of the object that began at `begin` and that [`Self::next_key`] has just left.
    #[inline]
    pub(crate) const fn leave(&self, begin: Span) -> Span {
        begin.until(self.cursor.pos)
    }

    /// Enters the object that comes. A value of another kind is an error, and stays unread.
    #[inline]
    pub(crate) fn object(&mut self) -> Result<(), JsonError> {
        if self.peek()? != Kind::Object {
            return Err(diagnose_type(self.cursor.text, self.cursor.pos));
        }
        self.open = push(self.open, true).ok_or_else(|| self.fault())?;
        self.cursor.pos += 1;
        self.next = Next::FirstKey;
        Ok(())
    }

    /// The next key of the innermost object that was entered; `None` leaves that object. A value that was not taken is
    /// passed.
    #[inline]
    pub(crate) fn next_key(&mut self) -> Result<Option<Text<'a>>, JsonError> {
        if self.next == Next::Value {
            self.value()?;
        }
        if self.open == NOTHING_OPEN {
            return Ok(None);
        }
        let mut byte = self.cursor.skip_space();
        if byte == b'}' {
            self.cursor.pos += 1;
            self.open >>= 1;
            self.next = Next::Rest;
            return Ok(None);
        }
        if self.next == Next::Rest {
            if byte != b',' {
                return Err(self.fault());
            }
            self.cursor.pos += 1;
            byte = self.cursor.skip_space();
        }
        self.next = Next::Value;
        match self.cursor.key() {
            Some(key) if byte == b'"' => Ok(Some(key)),
            _ => Err(self.fault()),
        }
    }

    /// Consumes the value that comes, and says where it is.
    #[inline]
    pub(crate) fn value(&mut self) -> Result<Span, JsonError> {
        if self.next != Next::Value {
            return Err(self.fault());
        }
        self.next = Next::Rest;
        self.cursor.value(self.open).ok_or_else(|| self.fault())
    }

    /// Consumes all that was not read. Only white space may follow the root value.
    #[inline]
    pub(crate) fn finish(mut self) -> Result<Document<'a>, JsonError> {
        while self.open != NOTHING_OPEN || self.next == Next::Value {
            self.next_key()?;
        }
        self.cursor.skip_space();
        if self.cursor.pos != self.cursor.text.len() {
            return Err(self.fault());
        }
        Ok(Document::new(self.cursor.text, self.cursor.quotes))
    }

    /// The first fault of the document; for calls out of turn on a good one, the place where they happened.
    #[cold]
    #[inline(never)]
    fn fault(&self) -> JsonError {
        diagnose(self.cursor.text.as_bytes(), self.cursor.pos)
    }
}

/// What is wrong with a document that has another value than an object at `offset`: a fault of grammar comes first.
#[cold]
#[inline(never)]
fn diagnose_type(text: &str, offset: usize) -> JsonError {
    check(text.as_bytes()).err().unwrap_or_else(|| JsonError::new(JsonErrorKind::WrongType, offset))
}
