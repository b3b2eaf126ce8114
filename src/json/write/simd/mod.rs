//! [`expand_plain`] with vector instructions, without a branch per escape.
//!
//! JSON inside JSON has a quote every few bytes, so a fast search for the next one is not enough: vector instructions also
//! move the bytes between them apart.

// Unsafe because it calls functions for CPU features, which `Isa` proves.
#![allow(unsafe_code)]

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
mod avx2;
#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
mod avx512;
#[cfg(test)]
mod exhaustive;
#[cfg(any(test, kani))]
mod properties;

use super::table::{SLACK, WIDEST, expand_plain};
#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
use crate::json::isa::Avx2;
#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
use crate::json::isa::Avx512;
use crate::json::isa::Isa;

/// [`expand_plain`] by the code for an instruction set.
#[inline]
pub(super) fn expand(isa: Isa, window: &mut [u8], text: &[u8]) -> usize {
    debug_assert!(window.len() >= text.len() * WIDEST + SLACK);
    match isa {
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        Isa::Avx2(_) => {
            debug_assert!(Avx2::is_detected());
            // SAFETY: The value proves that the machine has the features.
            unsafe { avx2::expand(window, text) }
        }
        #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
        Isa::Avx512(_) => {
            debug_assert!(Avx512::is_detected());
            // SAFETY: The value proves that the machine has the features.
            unsafe { avx512::expand(window, text) }
        }
        // NEON has no code of its own yet.
        #[allow(unreachable_patterns)]
        _ => expand_plain(window, text),
    }
}

/// Escapes a string with every instruction set. For the fuzzer, and for tests.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn escape_by_every_isa(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    Isa::all().map(|isa| {
        // The bytes after the room must survive.
        let mut window = vec![b'#'; text.len() * WIDEST + SLACK + 3];
        let (room, after) = window.split_at_mut(text.len() * WIDEST + SLACK);
        let len = expand(isa, room, text);
        assert_eq!(after, b"###", "by {isa:?}");
        window.truncate(len);
        window
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares each instruction set that the machine has with the scalar code.
    fn check(text: &[u8]) {
        let mut expected = vec![0; text.len() * WIDEST + SLACK];
        let expected_len = expand_plain(&mut expected, text);
        for (isa, found) in Isa::all().zip(escape_by_every_isa(text)) {
            let (found, expected) = (found.escape_ascii(), expected[..expected_len].escape_ascii());
            assert_eq!(found.to_string(), expected.to_string(), "by {isa:?}");
        }
    }

    #[test]
    fn every_byte_at_every_place_of_every_length() {
        let lengths = if cfg!(miri) {
            &[1, 33][..]
        } else {
            &[0, 1, 8, 15, 16, 31, 32, 33, 40, 63, 64, 65, 95, 96, 97, 127, 128, 129]
        };
        for &len in lengths {
            for at in 0..len {
                for byte in 0..=255 {
                    let mut text = vec![b'x'; len];
                    text[at] = byte;
                    check(&text);
                }
            }
        }
    }

    #[test]
    fn every_mask_of_every_eight() {
        let step = if cfg!(miri) { 37 } else { 1 };
        for mask in (0..256).step_by(step) {
            for eight in 0..8 {
                for escaped in [b'"', b'\n'] {
                    let mask: u64 = mask << (8 * eight);
                    let text: [u8; 64] =
                        std::array::from_fn(|i| if mask >> i & 1 == 1 { escaped } else { b'A' + i as u8 % 26 });
                    check(&text);
                }
            }
        }
    }

    #[test]
    fn every_offset_and_dense_text() {
        let text: Vec<u8> = (0..400u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for start in 0..text.len().min(64) {
            check(&text[start..]);
        }
        for byte in 0..=255 {
            check(&[byte; 97]);
            check(&[byte; 192]);
        }
    }
}
