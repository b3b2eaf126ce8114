//! The quote index: scratch that is kept from one document to the next.

use super::diagnose::diagnose;
use super::error::{JsonError, JsonErrorKind};
use super::reader::Reader;
use super::scan::{BLOCK, Path};

/// Positions and indexes are kept as `u32`, and the last block of the scan may reach beyond the payload.
const MAX_PAYLOAD: usize = u32::MAX as usize - BLOCK;

/// Where the unescaped quotes of a document are. Reusable: it grows to the high-water mark and stays there.
#[derive(Debug)]
pub(crate) struct Index {
    /// Never cleared: the scan tells how many entries are of the current document.
    quotes: Vec<u32>,
}

impl Index {
    /// An empty index. Allocates nothing.
    pub(crate) const fn new() -> Self {
        Self { quotes: Vec::new() }
    }

    /// How many quotes fit before the index has to grow.
    pub(crate) fn capacity(&self) -> usize {
        self.quotes.capacity()
    }

    /// Gives memory back, down to room for `quotes`.
    pub(crate) fn shrink_to(&mut self, quotes: usize) {
        self.quotes.truncate(quotes);
        self.quotes.shrink_to(quotes);
    }

    /// Checks all strings of `payload` and its UTF-8, and opens it at its root value.
    pub(crate) fn read<'a>(&'a mut self, payload: &'a [u8]) -> Result<Reader<'a>, JsonError> {
        self.read_with(payload, Path::best())
    }

    /// As [`Self::read`], by a path of the caller's choice: tests drive each one.
    #[inline]
    pub(super) fn read_with<'a>(&'a mut self, payload: &'a [u8], path: Path) -> Result<Reader<'a>, JsonError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(JsonError::new(JsonErrorKind::TooLarge, MAX_PAYLOAD));
        }
        match path.scan(payload, &mut self.quotes) {
            Some(scan) => Ok(Reader::new(scan.text, &self.quotes[..scan.quotes], scan.escapes)),
            None => Err(diagnose(payload, 0)),
        }
    }
}
