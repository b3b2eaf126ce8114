//! Escaping with AVX-512: 64 bytes at a time. Each half is widened to pairs of a backslash and a byte, and `VPCOMPRESSB`
//! drops the backslashes that are not needed.

// Unsafe because it loads and stores through pointers: through integers, as for AVX2, a register needs eight loads.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::avx2::{self, LETTERS};

/// The longest output of 64 bytes with one letter per escape. No store reaches past it.
const ROOM: usize = 2 * 64;

/// See [`super::expand`].
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2,bmi2,popcnt")]
pub(super) fn expand(window: &mut [u8], text: &[u8]) -> usize {
    let mut len = 0;
    let (chunks, tail) = text.as_chunks::<64>();
    for chunk in chunks {
        let window = &mut window[len..];
        len += match (window.first_chunk_mut(), escapes(chunk)) {
            (Some(room), Some((bytes, mask))) => spread(room, bytes, mask),
            // AVX2 falls back to single bytes only for the part with the rare escape.
            _ => avx2::expand(window, chunk),
        };
    }
    len + avx2::expand(&mut window[len..], tail)
}

/// Returns the bytes, with control characters replaced by their letters, and the mask of those that get a backslash.
/// Returns `None` if a control character has no letter: the rare `\u00xx`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn escapes(chunk: &[u8; 64]) -> Option<(__m512i, u64)> {
    debug_assert_eq!(size_of_val(chunk), size_of::<__m512i>());
    // SAFETY: There are 64 bytes, and the load needs no alignment.
    let bytes = unsafe { _mm512_loadu_si512(chunk.as_ptr().cast()) };
    let is = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8));
    let below = |bound: u8| _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(bound as i8));

    let mask = is(b'"') | is(b'\\');
    let control = below(0x20);
    if control == 0 {
        return Some((bytes, mask));
    }
    debug_assert_eq!(size_of_val(&LETTERS), size_of::<__m128i>());
    // SAFETY: There are 16 bytes, and the load needs no alignment.
    let letters = _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(LETTERS.as_ptr().cast()) });
    let letters = _mm512_maskz_shuffle_epi8(below(0x10), letters, bytes);
    let named = _mm512_test_epi8_mask(letters, letters);
    (named == control).then_some((_mm512_mask_mov_epi8(bytes, named, letters), mask | control))
}

/// Writes the bytes, with a backslash in front of those in the mask, and returns the length.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi2,popcnt")]
fn spread(room: &mut [u8; ROOM], bytes: __m512i, mask: u64) -> usize {
    let mut len = 0;
    let halves = [_mm512_castsi512_si256(bytes), _mm512_extracti64x4_epi64::<1>(bytes)];
    for (half, mask) in halves.into_iter().zip([mask & u64::from(u32::MAX), mask >> 32]) {
        // A pair is a number of 16 bits, its first byte the lower one.
        let pairs = _mm512_slli_epi16::<8>(_mm512_cvtepu8_epi16(half));
        let pairs = _mm512_or_si512(pairs, _mm512_set1_epi16(b'\\'.into()));
        let wanted = _pdep_u64(mask, 0x5555_5555_5555_5555) | 0xAAAA_AAAA_AAAA_AAAA;
        let escaped = _mm512_maskz_compress_epi8(wanted, pairs);
        let to = &mut room[len..len + 64];
        debug_assert_eq!(to.len(), size_of_val(&escaped));
        // SAFETY: There are 64 bytes, and the store needs no alignment.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), escaped) }
        len += 32 + mask.count_ones() as usize;
    }
    len
}
