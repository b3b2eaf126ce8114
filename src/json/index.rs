//! The index of strings: memory that is kept from one document to the next.

use super::cursor::{Cursor, NOTHING_OPEN, Visitor};
use super::diagnose::{MAX_PAYLOAD, check};
use super::error::{JsonError, JsonErrorKind};
use super::isa::Isa;
use super::scan::{Escapes, scan};
use super::span::Span;
use super::value::Document;

/// The positions of a document's closing quotes. Reusable: it grows to the high-water mark and stays there.
#[derive(Debug)]
pub(crate) struct Index {
    /// Never cleared: the scan returns the number of entries for the current document.
    ends: Vec<u32>,
}

impl Index {
    /// An empty index. Allocates nothing.
    pub(crate) const fn new() -> Self {
        Self { ends: Vec::new() }
    }

    /// The number of strings that fit before the index has to grow.
    pub(crate) fn capacity(&self) -> usize {
        self.ends.capacity()
    }

    /// Frees memory, down to room for `strings` strings.
    pub(crate) fn shrink_to(&mut self, strings: usize) {
        self.ends.truncate(strings);
        self.ends.shrink_to(strings);
    }

    /// Validates a document and opens it.
    pub(crate) fn read<'a>(&'a mut self, payload: &'a [u8]) -> Result<Document<'a>, JsonError> {
        self.read_with(payload, Isa::best())
    }

    /// [`Self::read`] with a given instruction set: tests use each one.
    pub(super) fn read_with<'a>(&'a mut self, payload: &'a [u8], isa: Isa) -> Result<Document<'a>, JsonError> {
        let walk = |cursor: &mut Cursor<'a>, _| cursor.value(NOTHING_OPEN);
        self.walk(payload, isa, walk).ok_or_else(|| fault(payload))
    }

    /// [`Self::read`] for a document that is an object. Shows its members to `visitor` on the way.
    ///
    /// Returns `None` if the document is malformed or not an object, or if the visitor ends the walk.
    pub(crate) fn visit<'a>(&'a mut self, payload: &'a [u8], visitor: &mut impl Visitor) -> Option<Document<'a>> {
        self.walk(payload, Isa::best(), |cursor, escapes| {
            if cursor.byte() != b'{' {
                return None;
            }
            cursor.object(NOTHING_OPEN, escapes, visitor)
        })
    }

    /// Checks all strings and the UTF-8 of `payload`, lets `root` consume the root value, and checks that nothing follows.
    #[inline(always)]
    fn walk<'a>(
        &'a mut self,
        payload: &'a [u8],
        isa: Isa,
        root: impl FnOnce(&mut Cursor<'a>, Escapes) -> Option<Span>,
    ) -> Option<Document<'a>> {
        if payload.len() > MAX_PAYLOAD {
            return None;
        }
        let scan = scan(isa, payload, &mut self.ends)?;
        let ends = self.ends.get(..scan.strings)?;
        let mut cursor = Cursor { text: scan.text, ends, pos: 0 };
        cursor.skip_space();
        let root = root(&mut cursor, scan.escapes)?;
        cursor.skip_space();
        (cursor.pos == payload.len()).then(|| Document::new(scan.text, ends, scan.escapes, root))
    }
}

/// Returns the fault in a payload that was refused.
#[cold]
fn fault(payload: &[u8]) -> JsonError {
    // The fast path and the plain one agree, as tests check. The default keeps the code free of panics.
    check(payload).err().unwrap_or_else(|| JsonError::new(JsonErrorKind::UnexpectedByte, 0))
}
