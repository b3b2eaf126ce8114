//! The scan with NEON, which every 64-bit ARM has: four registers of 16 bytes.
//!
//! The registers hold every fourth byte of a block: so four comparisons become the 64 bits of a mask by four shifts with
//! insertion and one narrowing, in the order of the bytes. Pairwise additions would do the same for registers of adjacent
//! bytes, but the compiler takes each apart into three instructions.
// Unsafe because it loads through pointers, calls intrinsics, and names one instruction.
#![allow(unsafe_code)]

use std::arch::aarch64::*;
use std::arch::asm;

use super::algorithm::{BLOCK, Masks, STEP, Scan, run, store};
use crate::json::isa::Neon;

/// See [`super::scan`].
pub(super) fn scan<'a>(isa: Neon, payload: &'a [u8], ends: &mut Vec<u32>) -> Option<Scan<'a>> {
    debug_assert!(std::arch::is_aarch64_feature_detected!("neon"));
    run(isa, payload, ends)
}

impl Masks for Neon {
    /// The bytes 0, 4, 8, … of the block, the bytes 1, 5, 9, … and so on.
    type Block = uint8x16x4_t;
    /// The smallest byte of each place as a signed number: control characters and bytes of other than ASCII are below 0x20.
    type Seen = int8x16_t;

    #[inline(always)]
    fn load(self, bytes: &[u8; BLOCK]) -> Self::Block {
        // SAFETY: The block has 64 bytes, and the load needs no alignment.
        unsafe { vld4q_u8(bytes.as_ptr()) }
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
        unsafe { vdupq_n_s8(i8::MAX) }
    }

    #[inline(always)]
    fn see(self, seen: Self::Seen, block: Self::Block) -> Self::Seen {
        // SAFETY: as above.
        unsafe { see(seen, block) }
    }

    #[inline(always)]
    fn any_high(self, smallest: Self::Seen) -> bool {
        // SAFETY: as above.
        unsafe { vminvq_s8(smallest) < 0 }
    }

    #[inline(always)]
    fn any_control(self, smallest: Self::Seen, payload: &[u8]) -> bool {
        // SAFETY: as above.
        unsafe { vminvq_s8(smallest) < 0x20 && (vminvq_s8(smallest) >= 0 || contains_control(payload)) }
    }

    /// As the default, but with the bits reversed once: there is an instruction that counts leading zeros only.
    #[inline(always)]
    fn write_positions(self, bits: u64, start: u32, out: &mut [u32; BLOCK]) -> usize {
        let count = bits.count_ones() as usize;
        let mut bits = bits.reverse_bits();
        let mut write = |positions: &mut [u32]| {
            for position in positions {
                let at = bits.leading_zeros();
                store(position, start + at);
                bits &= !(1_u64 << 63).wrapping_shr(at);
            }
        };
        write(&mut out[..STEP]);
        if count > STEP {
            write(&mut out[STEP..2 * STEP]);
            if count > 2 * STEP {
                write(&mut out[2 * STEP..count]);
            }
        }
        count
    }
}

/// Returns whether the payload has a control character. Needed only if it also has bytes of other than ASCII.
#[inline(never)]
fn contains_control(payload: &[u8]) -> bool {
    payload.iter().fold(u8::MAX, |smallest, byte| smallest.min(*byte)) < b' '
}

/// Returns one bit for each byte of four masks whose bytes are all ones or zero.
#[inline]
#[target_feature(enable = "neon")]
fn mask(a: uint8x16_t, b: uint8x16_t, c: uint8x16_t, d: uint8x16_t) -> u64 {
    // From the highest bit down, a byte holds the bits of b and a, then of d, c, b and a, and then these four twice.
    let four = insert::<2>(insert::<1>(d, c), insert::<1>(b, a));
    let twice = insert::<4>(four, four);
    // Of two neighbours, the upper half of the first and the lower half of the second are adjacent.
    let bits = vshrn_n_u16::<4>(vreinterpretq_u16_u8(twice));
    vget_lane_u64::<0>(vreinterpret_u64_u8(bits))
}

/// Returns bytes with the first `BITS` bits of `upper`, and after these the first bits of `lower`.
#[inline]
#[target_feature(enable = "neon")]
fn insert<const BITS: u8>(mut upper: uint8x16_t, lower: uint8x16_t) -> uint8x16_t {
    // The intrinsic `vsriq_n_u8` is a pair of operations to the compiler. It sees that the bytes are all ones or zero, and
    // makes three instructions of what is one: an event took 5 % more instructions.
    // SAFETY: The instruction only reads and writes the two registers, and every aarch64 target of this module has it.
    unsafe {
        asm!(
            "sri {upper:v}.16b, {lower:v}.16b, #{bits}",
            upper = inlateout(vreg) upper,
            lower = in(vreg) lower,
            bits = const BITS,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    upper
}

#[inline]
#[target_feature(enable = "neon")]
fn equal(uint8x16x4_t(a, b, c, d): uint8x16x4_t, byte: u8) -> u64 {
    let byte = vdupq_n_u8(byte);
    mask(vceqq_u8(a, byte), vceqq_u8(b, byte), vceqq_u8(c, byte), vceqq_u8(d, byte))
}

#[inline]
#[target_feature(enable = "neon")]
fn control(uint8x16x4_t(a, b, c, d): uint8x16x4_t) -> u64 {
    let space = vdupq_n_u8(b' ');
    mask(vcltq_u8(a, space), vcltq_u8(b, space), vcltq_u8(c, space), vcltq_u8(d, space))
}

#[inline]
#[target_feature(enable = "neon")]
fn see(smallest: int8x16_t, uint8x16x4_t(a, b, c, d): uint8x16x4_t) -> int8x16_t {
    let [a, b, c, d] = [a, b, c, d].map(|bytes| vreinterpretq_s8_u8(bytes));
    vminq_s8(smallest, vminq_s8(vminq_s8(a, b), vminq_s8(c, d)))
}
