//! The scan with NEON, which every 64-bit ARM has: four registers of 16 bytes.
// Unsafe because it loads through pointers and calls intrinsics.
#![allow(unsafe_code)]

use std::arch::aarch64::*;

use super::algorithm::{BLOCK, Masks, Scan, run};
use crate::json::isa::Neon;

/// See [`super::scan`].
pub(super) fn scan<'a>(isa: Neon, payload: &'a [u8], ends: &mut Vec<u32>) -> Option<Scan<'a>> {
    debug_assert!(std::arch::is_aarch64_feature_detected!("neon"));
    run(isa, payload, ends)
}

impl Masks for Neon {
    type Block = [uint8x16_t; 4];
    /// The smallest and the largest byte of each place.
    type Seen = [uint8x16_t; 2];

    #[inline(always)]
    fn load(self, bytes: &[u8; BLOCK]) -> Self::Block {
        let (quarters, rest) = bytes.as_chunks::<16>();
        debug_assert!(quarters.len() == 4 && rest.is_empty());
        // SAFETY: The quarter has 16 bytes, and the load needs no alignment.
        std::array::from_fn(|at| unsafe { vld1q_u8(quarters[at].as_ptr()) })
    }

    #[inline(always)]
    fn equal(self, block: Self::Block, byte: u8) -> u64 {
        // SAFETY: Every aarch64 target of this module has NEON.
        unsafe { equal(block, byte) }
    }

    #[inline(always)]
    fn control(self, block: Self::Block) -> u64 {
        // SAFETY: as above.
        unsafe { control(block) }
    }

    #[inline(always)]
    fn nothing(self) -> Self::Seen {
        // SAFETY: as above.
        unsafe { [vdupq_n_u8(0xFF), vdupq_n_u8(0)] }
    }

    #[inline(always)]
    fn see(self, seen: Self::Seen, block: Self::Block) -> Self::Seen {
        // SAFETY: as above.
        unsafe { see(seen, block) }
    }

    #[inline(always)]
    fn any_high(self, [_, largest]: Self::Seen) -> bool {
        // SAFETY: as above.
        unsafe { vmaxvq_u8(largest) >= 0x80 }
    }

    #[inline(always)]
    fn any_control(self, [smallest, _]: Self::Seen) -> bool {
        // SAFETY: as above.
        unsafe { vminvq_u8(smallest) < 0x20 }
    }
}

/// Returns one bit for each byte of four masks whose bytes are all ones or zero.
#[inline]
#[target_feature(enable = "neon")]
fn mask(bytes: [uint8x16_t; 4]) -> u64 {
    let bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040_2010_0804_0201));
    // Each byte keeps the bit of its place among eight. Adding neighbours three times gathers eight places in one byte.
    let [a, b, c, d] = bytes.map(|bytes| vandq_u8(bytes, bit));
    let sum = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
    vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)))
}

#[inline]
#[target_feature(enable = "neon")]
fn equal(block: [uint8x16_t; 4], byte: u8) -> u64 {
    let byte = vdupq_n_u8(byte);
    mask(block.map(|bytes| vceqq_u8(bytes, byte)))
}

#[inline]
#[target_feature(enable = "neon")]
fn control(block: [uint8x16_t; 4]) -> u64 {
    let space = vdupq_n_u8(b' ');
    mask(block.map(|bytes| vcltq_u8(bytes, space)))
}

#[inline]
#[target_feature(enable = "neon")]
fn see([smallest, largest]: [uint8x16_t; 2], [a, b, c, d]: [uint8x16_t; 4]) -> [uint8x16_t; 2] {
    [
        vminq_u8(smallest, vminq_u8(vminq_u8(a, b), vminq_u8(c, d))),
        vmaxq_u8(largest, vmaxq_u8(vmaxq_u8(a, b), vmaxq_u8(c, d))),
    ]
}
