//! Properties of every block of 64 bytes, as functions that random tests and Kani harnesses call.
//!
//! Kani was not run by the authors. `cargo kani` runs the harnesses, of the scalar path alone, as Kani does not execute vector
//! instructions.

use super::algorithm::{BLOCK, Masks};

/// The masks and the summary of a block are those of its bytes, one by one.
pub(super) fn masks_are_those_of_the_bytes<I: Masks>(isa: I, bytes: &[u8; BLOCK], wanted: u8) {
    let block = isa.load(bytes);
    let (equal, control) = (isa.equal(block, wanted), isa.control(block));
    let (mut any_high, mut any_control) = (false, false);
    for (at, &byte) in bytes.iter().enumerate() {
        assert_eq!(equal >> at & 1 == 1, byte == wanted);
        assert_eq!(control >> at & 1 == 1, byte < 0x20);
        any_high |= byte >= 0x80;
        any_control |= byte < 0x20;
    }
    let seen = isa.see(isa.nothing(), block);
    assert_eq!((isa.any_high(seen), isa.any_control(seen, bytes)), (any_high, any_control));
}

/// Each bit becomes the parity of the bits up to it.
pub(super) fn prefix_xor_is_the_parity<I: Masks>(isa: I, bits: u64) {
    let (found, mut parity) = (isa.prefix_xor(bits), 0);
    for at in 0..64 {
        parity ^= bits >> at & 1;
        assert_eq!(found >> at & 1, parity);
    }
}

/// The positions of the set bits are written, in their order, and their number is returned.
pub(super) fn positions_are_those_of_the_bits<I: Masks>(isa: I, bits: u64, start: u32) {
    let mut out = [0; BLOCK];
    let count = isa.write_positions(bits, start, &mut out);
    assert_eq!(count, bits.count_ones() as usize);
    let mut written = out.iter();
    for at in 0..64 {
        if bits >> at & 1 == 1 {
            assert_eq!(written.next(), Some(&(start + at)));
        }
    }
}

#[cfg(kani)]
mod proofs {
    use super::*;
    use crate::json::isa::Scalar;

    #[kani::proof]
    #[kani::unwind(65)]
    fn masks() {
        masks_are_those_of_the_bytes(Scalar, &kani::any(), kani::any());
    }

    #[kani::proof]
    #[kani::unwind(65)]
    fn parity() {
        prefix_xor_is_the_parity(Scalar, kani::any());
    }

    #[kani::proof]
    #[kani::unwind(65)]
    fn positions() {
        let start: u32 = kani::any();
        kani::assume(start <= u32::MAX - 64);
        positions_are_those_of_the_bits(Scalar, kani::any(), start);
    }
}
