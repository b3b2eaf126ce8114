//! The hash table of literal segments: one for all nodes, open addressing.

use crate::words;

/// An edge: from `node` over a literal segment to `child`. No edge leads to the root, so a child of 0 is a free slot.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    key: u64,
    node: u32,
    length: u32,
    /// Where the segment's bytes start in the blob.
    bytes: u32,
    child: u32,
}

#[derive(Debug)]
pub(super) struct Literals {
    /// A power of two, at most half of them taken.
    slots: Box<[Entry]>,
    /// Brings a hash down to a slot: the upper bits of a product depend on all bits of its factors.
    shift: u32,
    blob: Vec<u8>,
}

impl Literals {
    /// An empty table with room for `count` segments.
    pub(super) fn new(count: usize) -> Self {
        let slots = (count * 2 + 2).next_power_of_two();
        let shift = u64::BITS - slots.trailing_zeros();
        Self { slots: vec![Entry::default(); slots].into(), shift, blob: Vec::new() }
    }

    /// The child of `node` over `segment`.
    pub(super) fn get(&self, node: u32, segment: &[u8]) -> Option<u32> {
        self.find(node, key(segment), segment).ok()
    }

    /// As [`Self::get`], for those who have the key. Out of line: the walk keeps its state in registers then.
    #[inline(never)]
    pub(super) fn get_by_key(&self, node: u32, key: u64, segment: &[u8]) -> Option<u32> {
        self.find(node, key, segment).ok()
    }

    /// Adds an edge that is not there yet.
    pub(super) fn insert(&mut self, node: u32, segment: &[u8], child: u32) {
        let key = key(segment);
        if let Err(free) = self.find(node, key, segment) {
            let bytes = self.blob.len() as u32;
            self.blob.extend_from_slice(segment);
            self.slots[free] = Entry { key, node, length: segment.len() as u32, bytes, child };
        }
    }

    /// The child, or the free slot that ends the search.
    #[inline(always)]
    fn find(&self, node: u32, key: u64, segment: &[u8]) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut at = (hash(key, node, segment.len()) >> self.shift) as usize;
        loop {
            let entry = &self.slots[at & mask];
            if entry.child == 0 {
                return Err(at & mask);
            }
            if entry.key == key && entry.node == node && entry.length as usize == segment.len() {
                // Up to eight bytes, the key and the length are the segment.
                let start = entry.bytes as usize;
                if segment.len() <= 8 || self.blob.get(start..start + segment.len()) == Some(segment) {
                    return Ok(entry.child);
                }
            }
            at += 1;
        }
    }
}

/// Eight bytes that tell segments of the same length apart: fully if they have up to eight bytes.
#[inline]
pub(super) fn key(segment: &[u8]) -> u64 {
    match (segment.first_chunk(), segment.last_chunk()) {
        (Some(first), Some(last)) => long_key(u64::from_le_bytes(*first), u64::from_le_bytes(*last), segment.len()),
        _ => words::partial(segment),
    }
}

/// The key of a segment of eight bytes or more, by its first and its last eight.
#[inline]
const fn long_key(first: u64, last: u64, length: usize) -> u64 {
    if length == 8 { first } else { first ^ last.rotate_left(23) }
}

/// The segments of a path all of whose slashes separate.
///
/// Eight bytes at a time tell both where a segment ends and its key; most segments have no more. No branch asks for their
/// lengths, which in paths are not to be predicted.
#[derive(Clone, Copy)]
pub(super) struct Segments<'p> {
    path: &'p [u8],
    /// The whole path where it has less than eight bytes.
    short: u64,
}

impl<'p> Segments<'p> {
    /// `path` does not end with a slash.
    #[inline(always)]
    pub(super) fn new(path: &'p [u8]) -> Self {
        Self { path, short: if path.len() < 8 { words::partial(path) } else { 0 } }
    }

    /// The end of the segment that starts at `start`, and its key.
    #[inline(always)]
    pub(super) fn segment(self, start: usize) -> (usize, u64) {
        let word = self.window(start);
        let slashes = words::equal_marks(word, b'/');
        if slashes != 0 {
            let bits = slashes.trailing_zeros() & !7;
            (start + bits as usize / 8, word & !(u64::MAX << bits))
        } else if self.path.len() - start <= 8 {
            (self.path.len(), word)
        } else {
            self.long_segment(start, word)
        }
    }

    /// As [`Self::segment`], where that has eight bytes or more, `first` the first of them.
    #[inline]
    fn long_segment(self, start: usize, first: u64) -> (usize, u64) {
        let mut at = start + 8;
        let end = loop {
            if at >= self.path.len() {
                break self.path.len();
            }
            if let Some(place) = words::places(words::equal_marks(self.window(at), b'/')).next() {
                break at + place;
            }
            at += 8;
        };
        let last = self.path.get(..end).and_then(<[u8]>::last_chunk).map_or(0, |last| u64::from_le_bytes(*last));
        (end, long_key(first, last, end - start))
    }

    /// The eight bytes from `start` on, with zeros behind the end of the path.
    #[inline(always)]
    fn window(self, start: usize) -> u64 {
        // The last eight bytes serve for all places in them.
        let from = start.min(self.path.len().wrapping_sub(8));
        match self.path.get(from..).and_then(<[u8]>::first_chunk) {
            Some(bytes) => u64::from_le_bytes(*bytes) >> ((start - from) * 8 % 64),
            None => self.short >> (start * 8 % 64),
        }
    }
}

/// Mixes the parts of an edge's name.
#[inline]
fn hash(key: u64, node: u32, length: usize) -> u64 {
    (key ^ u64::from(node).rotate_left(40) ^ (length as u64) << 24).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_short_segments_apart() {
        let mut seen = std::collections::HashSet::new();
        for text in ["", "a", "b", "ab", "ba", "abc", "acb", "abcd", "abce", "abcde", "abcdf", "abcdefgh", "abcdefgi"] {
            assert!(seen.insert((text.len(), key(text.as_bytes()))), "{text}");
        }
    }

    #[test]
    fn segments_are_those_between_slashes() {
        let pieces =
            ["", "a", "todos", "seven-b", "eight-by", "nine-byte", "sixteen-bytes-is", "more than sixteen bytes"];
        for first in pieces {
            for second in pieces {
                for third in pieces.iter().filter(|piece| !piece.is_empty()) {
                    let path = format!("/{first}/{second}/{third}");
                    let segments = Segments::new(path.as_bytes());
                    let mut start = 1;
                    for piece in [first, second, third] {
                        let found = segments.segment(start);
                        assert_eq!(found, (start + piece.len(), key(piece.as_bytes())), "{path} from {start}");
                        start = found.0 + 1;
                    }
                }
            }
        }
    }

    #[test]
    fn an_edge_is_found_by_node_and_whole_text() {
        let texts = ["", "a", "todos", "twelve-bytes", "twelve-Bytes", "the first eight and the last eight are equal"];
        let mut literals = Literals::new(texts.len() * 2);
        for node in [0, 7] {
            for (index, text) in texts.iter().enumerate() {
                assert_eq!(literals.get(node, text.as_bytes()), None);
                literals.insert(node, text.as_bytes(), node + index as u32 + 1);
            }
        }
        for node in [0, 7] {
            for (index, text) in texts.iter().enumerate() {
                assert_eq!(literals.get(node, text.as_bytes()), Some(node + index as u32 + 1));
            }
        }
        assert_eq!(literals.get(0, b"the first EIGHT and the last eight are equal"), None);
        assert_eq!(literals.get(1, b"a"), None);
    }
}
