//! The scan without vector instructions: eight bytes at a time in a `u64`.

use super::algorithm::{BLOCK, Masks, Scan, run};
use crate::json::isa::Scalar;
use crate::swar::{splat, zero_marks};

/// See [`super::scan`].
pub(super) fn scan<'a>(isa: Scalar, payload: &'a [u8], ends: &mut Vec<u32>) -> Option<Scan<'a>> {
    run(isa, payload, ends)
}

/// Returns one bit for each byte of `words`, set if the byte is zero.
#[inline(always)]
fn zero_bytes(words: [u64; 8]) -> u64 {
    let mut bits = 0;
    for (at, word) in words.into_iter().enumerate() {
        // The multiplication gathers the eight marks in the highest byte, the first byte's mark lowest.
        bits |= ((zero_marks(word) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (at * 8);
    }
    bits
}

impl Masks for Scalar {
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
    fn any_control(self, seen: Seen, _: &[u8]) -> bool {
        seen.control != 0
    }
}

/// The summary of all blocks: the bitwise OR of all words, and a mark for each byte below 0x20.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    high: u64,
    control: u64,
}
