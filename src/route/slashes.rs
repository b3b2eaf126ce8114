//! The positions of the slashes in a path: one bit for each byte, sixteen bytes at a time.
//!
//! A loop that searches for the end of a segment costs a mispredicted branch if lengths vary, as those of identifiers do. A
//! mask needs no such loop.
// Unsafe because it loads through pointers and calls intrinsics. They belong to the target: there is nothing to detect.
#![allow(unsafe_code)]

use crate::swar;

/// The number of bytes that [`slashes`] can take.
pub(super) const MOST: usize = 64;

/// Returns the positions of the slashes in `path`, the lowest bit for the first byte. `path` has at most [`MOST`] bytes.
#[inline(always)]
pub(super) fn slashes(path: &[u8]) -> u64 {
    debug_assert!(path.len() <= MOST);
    if let Some(last) = path.len().checked_sub(16) {
        // Always four loads, which overlap if the path is short: no branch depends on the length.
        let part = |at: usize| path[at..].first_chunk().map_or(0, |bytes| u64::from(in_sixteen(bytes)) << (at % MOST));
        return part(0) | part(last.min(16)) | part(last.min(32)) | part(last);
    }
    match (path.first_chunk(), path.last_chunk()) {
        (Some(first), Some(last)) => {
            let marks = in_words(u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            u64::from(marks & 0xFF) | u64::from(marks >> 8) << (path.len() - 8)
        }
        _ => u64::from(in_words(swar::load_partial(path), 0)),
    }
}

#[inline(always)]
fn in_words(first: u64, second: u64) -> u16 {
    in_sixteen(&(u128::from(first) | u128::from(second) << 64).to_le_bytes())
}

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
#[inline(always)]
fn in_sixteen(bytes: &[u8; 16]) -> u16 {
    use std::arch::x86_64::*;
    // SAFETY: Every x86_64 target has SSE2, there are 16 bytes, and the load needs no alignment.
    unsafe {
        let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
        _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'/' as i8))) as u16
    }
}

#[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
#[inline(always)]
fn in_sixteen(bytes: &[u8; 16]) -> u16 {
    use std::arch::aarch64::*;
    const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
    // SAFETY: Every aarch64 target of this function has NEON, there are 16 bytes in each array, and the loads need no
    // alignment.
    unsafe {
        let equal = vceqq_u8(vld1q_u8(bytes.as_ptr()), vdupq_n_u8(b'/'));
        let bits = vandq_u8(equal, vld1q_u8(BITS.as_ptr()));
        u16::from(vaddv_u8(vget_low_u8(bits))) | u16::from(vaddv_u8(vget_high_u8(bits))) << 8
    }
}

#[cfg(not(any(
    all(target_arch = "x86_64", not(gatewire_scalar)),
    all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar))
)))]
use in_sixteen_by_words as in_sixteen;

/// [`in_sixteen`] without vector instructions.
#[cfg(any(
    test,
    not(any(
        all(target_arch = "x86_64", not(gatewire_scalar)),
        all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar))
    ))
))]
fn in_sixteen_by_words(bytes: &[u8; 16]) -> u16 {
    let (words, _) = bytes.as_chunks();
    // The product has the marks of the eight bytes side by side in its highest byte.
    let marks = |word: [u8; 8]| {
        (swar::equal_marks(u64::from_le_bytes(word), b'/') >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    };
    (marks(words[0]) | marks(words[1]) << 8) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_bytes(path: &[u8]) -> u64 {
        path.iter().enumerate().filter(|(_, byte)| **byte == b'/').fold(0, |bits, (at, _)| bits | 1 << at)
    }

    #[test]
    fn every_place_of_every_length_at_every_alignment() {
        let step = if cfg!(miri) { 7 } else { 1 };
        for filler in [b'x', b'.', b'0', 0, 0x80 | b'/', 0xFF] {
            for start in (0..=MOST).step_by(step) {
                for len in (0..=MOST).step_by(step) {
                    for at in 0..len.min(if cfg!(miri) { 3 } else { MOST }) {
                        // The slashes around the path must not count.
                        let mut buffer = [b'/'; 2 * MOST];
                        buffer[start..start + len].fill(filler);
                        buffer[start + at] = b'/';
                        assert_eq!(slashes(&buffer[start..start + len]), 1 << at, "{at} of {len} at {start}");
                    }
                }
            }
        }
    }

    #[test]
    fn all_patterns_of_few_and_random_ones_of_many() {
        for pattern in 0u32..if cfg!(miri) { 32 } else { 1 << 10 } {
            for len in [0, 1, 5, 8, 10, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64] {
                let bits = u64::from(pattern).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(pattern);
                let path: Vec<u8> = (0..len).map(|at| if bits >> at & 1 == 1 { b'/' } else { b'a' }).collect();
                assert_eq!(slashes(&path), by_bytes(&path), "{}", path.escape_ascii());
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore)]
    fn every_set_of_slashes_in_sixteen_bytes() {
        for set in 0..=u16::MAX {
            // The others differ from a slash in one bit, or in most.
            let bytes = std::array::from_fn(|at| if set >> at & 1 == 1 { b'/' } else { [b'.', 0xAF, b'o', 0][at % 4] });
            assert_eq!((in_sixteen(&bytes), in_sixteen_by_words(&bytes)), (set, set));
        }
    }

    #[test]
    fn vectors_find_what_words_find() {
        for byte in 0..=255 {
            for at in 0..16 {
                for filler in [b'/', b'.', b'0', 0, 0xFF] {
                    let mut bytes = [filler; 16];
                    bytes[at] = byte;
                    assert_eq!(in_sixteen(&bytes), in_sixteen_by_words(&bytes), "{byte} at {at}");
                }
            }
        }
    }
}
