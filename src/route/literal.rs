//! The hash table of literal segments: one for all nodes, with open addressing.

use crate::swar;

/// An edge over a literal segment to `child`. No edge leads to the root, so a child of 0 is a free slot.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    key: Key,
    tag: u64,
    /// The start of the segment's bytes in the blob.
    bytes: u32,
    child: u32,
}

#[derive(Debug)]
pub(super) struct Literals {
    /// Their number is a power of two; at most half of them are taken.
    slots: Box<[Entry]>,
    /// Reduces a hash to a slot: the upper bits of a product depend on all bits of its factors.
    shift: u32,
    blob: Vec<u8>,
}

impl Literals {
    /// Creates an empty table with room for `count` segments.
    pub(super) fn new(count: usize) -> Self {
        let slots = (count * 2 + 2).next_power_of_two();
        let shift = u64::BITS - slots.trailing_zeros();
        Self { slots: vec![Entry::default(); slots].into(), shift, blob: Vec::new() }
    }

    /// The child of `node` over `segment`.
    pub(super) fn get(&self, node: u32, segment: &[u8]) -> Option<u32> {
        self.get_by_key(node, key(segment), segment.len(), || segment)
    }

    /// [`Self::get`] for callers that have the key and the length: hardly any lookup needs the segment.
    #[inline(always)]
    pub(super) fn get_by_key<'s>(
        &self,
        node: u32,
        key: Key,
        length: usize,
        segment: impl FnOnce() -> &'s [u8],
    ) -> Option<u32> {
        let tag = tag(node, length);
        let entry = self.slots.get(self.home(key, tag))?;
        // Nearly all lookups end in the first slot.
        let same = (entry.key.first ^ key.first) | (entry.key.last ^ key.last) | (entry.tag ^ tag);
        if same == 0 && length <= Key::WHOLE {
            return Some(entry.child).filter(|child| *child != 0);
        }
        if entry.child == 0 {
            return None;
        }
        self.search(key, tag, segment())
    }

    #[inline(never)]
    fn search(&self, key: Key, tag: u64, segment: &[u8]) -> Option<u32> {
        self.find(key, tag, segment).ok()
    }

    /// Adds an edge that is not in the table yet.
    pub(super) fn insert(&mut self, node: u32, segment: &[u8], child: u32) {
        let (key, tag) = (key(segment), tag(node, segment.len()));
        if let Err(free) = self.find(key, tag, segment) {
            let bytes = self.blob.len() as u32;
            self.blob.extend_from_slice(segment);
            self.slots[free] = Entry { key, tag, bytes, child };
        }
    }

    /// The child, or the free slot that ends the search.
    #[inline(always)]
    fn find(&self, key: Key, tag: u64, segment: &[u8]) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut at = self.home(key, tag);
        loop {
            let entry = &self.slots[at & mask];
            if entry.child == 0 {
                return Err(at & mask);
            }
            if entry.key == key && entry.tag == tag {
                let start = entry.bytes as usize;
                if segment.len() <= Key::WHOLE || self.blob.get(start..start + segment.len()) == Some(segment) {
                    return Ok(entry.child);
                }
            }
            at += 1;
        }
    }

    /// The slot where the search starts.
    #[inline(always)]
    fn home(&self, key: Key, tag: u64) -> usize {
        ((key.last ^ key.first.rotate_left(23) ^ tag.rotate_left(40)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift)
            as usize
    }
}

/// A node and the length of a segment.
#[inline(always)]
const fn tag(node: u32, length: usize) -> u64 {
    (length as u64) << 32 | node as u64
}

/// The key of a segment. Among segments of the same length it is unique up to [`Key::WHOLE`] bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The first eight bytes if the segment has more than eight, else 0.
    pub(super) first: u64,
    /// The last eight bytes, or all bytes of a shorter segment, followed by zeros.
    pub(super) last: u64,
}

impl Key {
    const WHOLE: usize = 16;
}

#[inline]
pub(super) fn key(segment: &[u8]) -> Key {
    match (segment.first_chunk(), segment.last_chunk()) {
        (Some(first), Some(last)) => {
            let first = if segment.len() == 8 { 0 } else { u64::from_le_bytes(*first) };
            Key { first, last: u64::from_le_bytes(*last) }
        }
        _ => Key { first: 0, last: swar::load_partial(segment) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_short_segments_differ() {
        let mut seen = std::collections::HashSet::new();
        for text in ["", "a", "b", "ab", "ba", "abc", "acb", "abcd", "abce", "abcde", "abcdf", "abcdefgh", "abcdefgi"] {
            assert!(seen.insert((text.len(), key(text.as_bytes()))), "{text}");
        }
    }

    #[test]
    fn an_edge_is_found_by_node_and_whole_segment() {
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
