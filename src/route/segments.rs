//! The segments of a path in which every slash separates: their ends, and the keys for their lookup.
//!
//! Segment lengths are unpredictable, so the code for paths of common length never branches on them. There is one form of
//! the path for each order of length; a lookup uses one form for the whole path.

use super::literal::Key;
use super::slashes::slashes;
use crate::swar;

/// The segments of a path that does not end with a slash: each segment starts within the path.
pub(super) trait Segments: Copy {
    /// Returns the end of the segment that starts at `start`, which is within the path.
    fn end(self, start: usize) -> usize;

    /// Returns the key of the segment from `start` to `end`.
    fn key(self, start: usize, end: usize) -> Key;
}

/// A path of fewer than eight bytes.
#[derive(Clone, Copy)]
pub(super) struct WordPath {
    word: u64,
    /// The highest bit of each byte that is a slash, and of the byte after the path.
    ends: u64,
}

impl WordPath {
    pub(super) const BELOW: usize = 8;

    #[inline(always)]
    pub(super) fn new(path: &[u8]) -> Self {
        debug_assert!(path.len() < Self::BELOW);
        let word = swar::load_partial(path);
        Self { word, ends: swar::equal_marks(word, b'/') | 0x80 << (path.len() * 8 % 64) }
    }
}

impl Segments for WordPath {
    #[inline(always)]
    fn end(self, start: usize) -> usize {
        start + (self.ends >> (start * 8 % 64)).trailing_zeros() as usize / 8
    }

    #[inline(always)]
    fn key(self, start: usize, end: usize) -> Key {
        Key { first: 0, last: last_of(self.word << ((8 - end) * 8 % 64), end - start) }
    }
}

/// A path of eight to 63 bytes.
#[derive(Clone, Copy)]
pub(super) struct MaskPath<'p> {
    path: &'p [u8],
    /// One bit for each byte that is a slash, and for the byte after the path.
    ends: u64,
}

impl<'p> MaskPath<'p> {
    pub(super) const BELOW: usize = super::slashes::MOST;

    #[inline(always)]
    pub(super) fn new(path: &'p [u8]) -> Self {
        debug_assert!((WordPath::BELOW..Self::BELOW).contains(&path.len()));
        Self { path, ends: slashes(path) | 1 << (path.len() % Self::BELOW) }
    }

    /// Returns the eight bytes from `at` on, which are within the path. From this form the compiler makes one load.
    #[inline(always)]
    fn eight(self, at: usize) -> u64 {
        let Some(last) = self.path.len().checked_sub(8) else { return 0 };
        if at > last { 0 } else { u64::from_le_bytes(std::array::from_fn(|i| self.path[at + i])) }
    }
}

impl Segments for MaskPath<'_> {
    #[inline(always)]
    fn end(self, start: usize) -> usize {
        start + (self.ends >> (start % Self::BELOW)).trailing_zeros() as usize
    }

    #[inline(always)]
    fn key(self, start: usize, end: usize) -> Key {
        let length = end - start;
        // The eight bytes before the end, with zeros for those before the path.
        let last = self.eight(end.max(8) - 8) << ((8 - end.min(8)) * 8 % 64);
        // A short segment needs no first bytes, but a branch would often be mispredicted: a mask clears them.
        let first = self.eight(start.min(self.path.len().wrapping_sub(8))) & u64::from(length > 8).wrapping_neg();
        Key { first, last: last_of(last, length) }
    }
}

/// A path of any length.
#[derive(Clone, Copy)]
pub(super) struct LongPath<'p>(pub(super) &'p [u8]);

impl Segments for LongPath<'_> {
    #[inline(always)]
    fn end(self, start: usize) -> usize {
        start + memchr::memchr(b'/', &self.0[start..]).unwrap_or(self.0.len() - start)
    }

    #[inline(always)]
    fn key(self, start: usize, end: usize) -> Key {
        super::literal::key(&self.0[start..end])
    }
}

/// Returns the last `length` bytes of a word, or all eight.
#[inline(always)]
fn last_of(word: u64, length: usize) -> u64 {
    let shift = 64 - length.min(8) * 8;
    if shift == 64 { 0 } else { word >> shift }
}

#[cfg(test)]
mod tests {
    use super::super::literal::key;
    use super::*;

    fn check(segments: impl Segments, path: &str) {
        let mut start = 1;
        for piece in path[1..].split('/') {
            let end = segments.end(start);
            assert_eq!(end, start + piece.len(), "{path} from {start}");
            assert_eq!(segments.key(start, end), key(piece.as_bytes()), "{path} from {start}");
            start = end + 1;
        }
    }

    #[test]
    fn segments_are_those_between_slashes() {
        let pieces = [
            "",
            "a",
            "to",
            "todo",
            "todos",
            "seven-b",
            "eight-by",
            "nine-byte",
            "sixteen-bytes-is",
            "more than sixteen bytes",
        ];
        let mut seen = [0; 3];
        for first in pieces {
            for second in pieces.into_iter().step_by(if cfg!(miri) { 4 } else { 1 }) {
                for third in pieces.iter().filter(|piece| !piece.is_empty()) {
                    for path in [format!("/{first}/{second}/{third}"), format!("/{first}/{third}"), format!("/{third}")]
                    {
                        check(LongPath(path.as_bytes()), &path);
                        seen[0] += 1;
                        if path.len() < WordPath::BELOW {
                            check(WordPath::new(path.as_bytes()), &path);
                            seen[1] += 1;
                        } else if path.len() < MaskPath::BELOW {
                            check(MaskPath::new(path.as_bytes()), &path);
                            seen[2] += 1;
                        }
                    }
                }
            }
        }
        assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
    }

    #[test]
    fn every_length_with_slashes_anywhere() {
        for len in (2..MaskPath::BELOW).step_by(if cfg!(miri) { 12 } else { 1 }) {
            for at in (1..len - 1).step_by(if cfg!(miri) { 9 } else { 1 }) {
                for second in [at + 1, at + 4, at + 8, at + 9, at + 17] {
                    let mut path = vec![b'/'];
                    path.extend((1..len).map(|at| b'a' + at as u8 % 26));
                    path[at] = b'/';
                    if second < len - 1 {
                        path[second] = b'/';
                    }
                    let text = std::str::from_utf8(&path).unwrap();
                    if len < WordPath::BELOW {
                        check(WordPath::new(&path), text);
                    } else {
                        check(MaskPath::new(&path), text);
                    }
                }
            }
        }
    }
}
