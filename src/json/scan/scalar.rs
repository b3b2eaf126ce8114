//! The scan without vector instructions: eight bytes at a time in a `u64`.

use super::{BLOCK, Isa, Scan};
use crate::words::{splat, zero_marks};

/// What every machine has.
#[derive(Clone, Copy, Debug)]
pub(in crate::json) struct Scalar;

/// One bit for each byte of `words` that is zero.
#[inline(always)]
fn zero_bytes(words: [u64; 8]) -> u64 {
    let mut bits = 0;
    for (at, word) in words.into_iter().enumerate() {
        // The multiplication gathers the eight marks in the highest byte, the first byte's lowest.
        bits |= ((zero_marks(word) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (at * 8);
    }
    bits
}

impl Isa for Scalar {
    type Block = [u64; 8];
    type Seen = Seen;

    #[inline(always)]
    fn load(self, bytes: &[u8; BLOCK]) -> [u64; 8] {
        let (words, _) = bytes.as_chunks::<8>();
        std::array::from_fn(|at| u64::from_le_bytes(words[at]))
    }

    #[inline(always)]
    fn equal(self, block: [u64; 8], byte: u8) -> u64 {
        zero_bytes(block.map(|word| word ^ splat(byte)))
    }

    #[inline(always)]
    fn control(self, block: [u64; 8]) -> u64 {
        zero_bytes(block.map(|word| word & splat(0xE0)))
    }

    #[inline(always)]
    fn nothing(self) -> Seen {
        Seen { high: 0, control: 0 }
    }

    #[inline(always)]
    fn see(self, seen: Seen, block: [u64; 8]) -> Seen {
        block.into_iter().fold(seen, |seen, word| Seen {
            high: seen.high | word,
            control: seen.control | zero_marks(word & splat(0xE0)),
        })
    }

    #[inline(always)]
    fn any_high(self, seen: Seen) -> bool {
        seen.high & splat(0x80) != 0
    }

    #[inline(always)]
    fn any_control(self, seen: Seen) -> bool {
        seen.control != 0
    }
}

/// What is kept of all blocks: the bitwise or of all words, and a mark for each byte below 0x20.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    high: u64,
    control: u64,
}

impl Scalar {
    /// See [`super::Path::scan`].
    pub(super) fn scan<'a>(self, payload: &'a [u8], ends: &mut Vec<u32>) -> Option<Scan<'a>> {
        super::run(self, payload, ends)
    }
}
