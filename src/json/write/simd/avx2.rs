//! Escaping with AVX2: 32 bytes at a time, eight of them spread by each shuffle. The mask of the bytes to escape selects
//! the control of the shuffle from a table.
//!
//! Safe code: it reaches memory through slices, and its callers know that the machine has the features.
#![deny(unsafe_code)]

use std::arch::x86_64::*;

use crate::json::write::table::expand_plain;
use crate::swar;

/// Marks the place of a backslash. A shuffle turns an index with the high bit into 0; the other bits are the backslash.
const BACKSLASH: u8 = 0x80 | b'\\';

/// The source of each output byte, by the mask of the eight bytes that get a backslash in front.
static SPREAD: [[u8; 16]; 256] = {
    let mut table = [[BACKSLASH; 16]; 256];
    let mut mask = 0;
    while mask < 256 {
        let mut to = 0;
        let mut from = 0;
        while from < 8 {
            to += mask >> from & 1;
            table[mask][to] = from as u8;
            to += 1;
            from += 1;
        }
        mask += 1;
    }
    table
};

/// The letter after the backslash for control characters below 16; 0 for those without a letter.
pub(super) static LETTERS: [u8; 16] = *b"\0\0\0\0\0\0\0\0btn\0fr\0\0";

/// The longest output of 32 bytes with one letter per escape, and the excess of the last store.
const ROOM: usize = 2 * 32 + 16;

#[target_feature(enable = "avx2,popcnt")]
pub(super) fn expand(window: &mut [u8], text: &[u8]) -> usize {
    let mut len = 0;
    let (chunks, tail) = text.as_chunks::<32>();
    for chunk in chunks {
        let window = &mut window[len..];
        len += match (window.first_chunk_mut(), escapes(load(chunk))) {
            (Some(room), Some((bytes, mask))) => spread(room, bytes, mask),
            _ => expand_plain(window, chunk),
        };
    }
    let (eights, rest) = tail.as_chunks::<8>();
    for eight in eights {
        len += expand_eight(&mut window[len..], eight);
    }
    if !rest.is_empty() {
        // Spaces fill up the eight bytes. They need no escape, and do not count.
        let word = swar::load_spaced(rest);
        let fill = 8 - rest.len();
        len += expand_eight(&mut window[len..], &word.to_le_bytes()) - fill;
    }
    len
}

/// [`expand`] for eight bytes.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn expand_eight(window: &mut [u8], eight: &[u8; 8]) -> usize {
    // The eight bytes are repeated four times; only the first result is used.
    match (window.get_mut(..16), escapes(_mm256_set1_epi64x(i64::from_le_bytes(*eight)))) {
        (Some(room), Some((bytes, mask))) => spread_eight(room, _mm256_castsi256_si128(bytes), mask as u8),
        _ => expand_plain(window, eight),
    }
}

/// Returns the bytes, with control characters replaced by their letters, and the mask of those that get a backslash.
/// Returns `None` if a control character has no letter: the rare `\u00xx`.
#[inline]
#[target_feature(enable = "avx2")]
fn escapes(bytes: __m256i) -> Option<(__m256i, u32)> {
    let is = |byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8));
    let up_to = |last: i8| _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(last)), bytes);

    let quotes = _mm256_or_si256(is(b'"'), is(b'\\'));
    let mask = _mm256_movemask_epi8(quotes) as u32;
    let control = up_to(0x1f);
    let control_mask = _mm256_movemask_epi8(control) as u32;
    if control_mask == 0 {
        return Some((bytes, mask));
    }
    // A shuffle turns an index with the high bit into 0: every byte except those below 16.
    let index = _mm256_or_si256(bytes, _mm256_andnot_si256(up_to(0x0f), _mm256_set1_epi8(-128)));
    let letters = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_half(&LETTERS)), index);
    let without = _mm256_and_si256(control, _mm256_cmpeq_epi8(letters, _mm256_setzero_si256()));
    let named = _mm256_blendv_epi8(bytes, letters, control);
    (_mm256_movemask_epi8(without) == 0).then_some((named, mask | control_mask))
}

/// Writes the bytes, with a backslash in front of those in the mask, and returns the length.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn spread(room: &mut [u8; ROOM], bytes: __m256i, mask: u32) -> usize {
    let mut len = 0;
    let (low, high) = (_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
    let eights = [low, _mm_srli_si128::<8>(low), high, _mm_srli_si128::<8>(high)];
    for (eight, mask) in eights.into_iter().zip(mask.to_le_bytes()) {
        len += spread_eight(&mut room[len..len + 16], eight, mask);
    }
    len
}

/// [`spread`] for the low eight bytes: stores sixteen.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn spread_eight(room: &mut [u8], eight: __m128i, mask: u8) -> usize {
    let control = load_half(&SPREAD[usize::from(mask)]);
    let backslashes = _mm_subs_epu8(control, _mm_set1_epi8(-128));
    store_half(room, _mm_or_si128(_mm_shuffle_epi8(eight, control), backslashes));
    8 + mask.count_ones() as usize
}

// Loads and stores go through integers, without pointers. The compiler turns each into one instruction.

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    let (halves, _) = bytes.as_chunks::<16>();
    _mm256_set_m128i(load_half(&halves[1]), load_half(&halves[0]))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_half(bytes: &[u8; 16]) -> __m128i {
    let both = u128::from_le_bytes(*bytes);
    _mm_set_epi64x((both >> 64) as i64, both as i64)
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_half(to: &mut [u8], bytes: __m128i) {
    let low = _mm_cvtsi128_si64(bytes);
    let high = _mm_cvtsi128_si64(_mm_unpackhi_epi64(bytes, bytes));
    to[..8].copy_from_slice(&low.to_le_bytes());
    to[8..16].copy_from_slice(&high.to_le_bytes());
}
