//! The hash table of literal segments: one for all nodes, open addressing.

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

    /// The child of `node` over `segment`. Out of line: the walk keeps its state in registers then.
    #[inline(never)]
    pub(super) fn get(&self, node: u32, segment: &[u8]) -> Option<u32> {
        self.find(node, segment).ok()
    }

    /// Adds an edge that is not there yet.
    pub(super) fn insert(&mut self, node: u32, segment: &[u8], child: u32) {
        if let Err(free) = self.find(node, segment) {
            let bytes = self.blob.len() as u32;
            self.blob.extend_from_slice(segment);
            self.slots[free] = Entry { key: key(segment), node, length: segment.len() as u32, bytes, child };
        }
    }

    /// The child, or the free slot that ends the search.
    #[inline(always)]
    fn find(&self, node: u32, segment: &[u8]) -> Result<u32, usize> {
        let key = key(segment);
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
    let length = segment.len();
    if let (Some(first), Some(last)) = (segment.first_chunk::<8>(), segment.last_chunk::<8>()) {
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        return if length == 8 { first } else { first ^ last.rotate_left(23) };
    }
    if let (Some(first), Some(last)) = (segment.first_chunk::<4>(), segment.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    match segment {
        [] => 0,
        _ => u64::from(segment[0]) | u64::from(segment[length / 2]) << 8 | u64::from(segment[length - 1]) << 16,
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
