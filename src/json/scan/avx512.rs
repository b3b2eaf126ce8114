//! The scan with AVX-512: one register of 64 bytes, comparisons that yield masks directly, and all positions of a block
//! written at once.
//!
//! As in `avx2.rs`, everything between [`scan_with_features`] and the intrinsics is inlined into it.
// Unsafe because it calls functions that need AVX-512, and loads and stores through pointers: an event takes a sixth
// less time than with AVX2.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::algorithm::{BLOCK, Masks, Scan, run};
use super::avx2;
use crate::json::isa::Avx512;

/// See [`super::scan`].
#[inline]
pub(super) fn scan<'a>(isa: Avx512, payload: &'a [u8], ends: &mut Vec<u32>) -> Option<Scan<'a>> {
    debug_assert!(Avx512::is_detected());
    // SAFETY: `isa` proves that the machine has the features.
    unsafe { scan_with_features(isa, payload, ends) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq")]
fn scan_with_features<'a>(isa: Avx512, payload: &'a [u8], ends: &mut Vec<u32>) -> Option<Scan<'a>> {
    run(isa, payload, ends)
}

impl Masks for Avx512 {
    type Block = __m512i;
    /// The smallest byte of each place, and the bitwise OR of all.
    type Seen = [__m512i; 2];

    #[inline(always)]
    fn load(self, bytes: &[u8; BLOCK]) -> __m512i {
        debug_assert_eq!(size_of_val(bytes), size_of::<__m512i>());
        // SAFETY: `self` proves AVX-512, there are 64 bytes, and the load needs no alignment.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn fetch(self, address: *const u8) {
        // SAFETY: Prefetching is a hint: any address is allowed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }

    #[inline(always)]
    fn load_rest(self, bytes: &[u8]) -> __m512i {
        debug_assert!(bytes.len() < BLOCK);
        let mask = (1u64 << (bytes.len() % BLOCK)) - 1;
        // SAFETY: `self` proves AVX-512. The mask selects the bytes that exist; the load touches no other.
        unsafe { _mm512_mask_loadu_epi8(_mm512_set1_epi8(b' ' as i8), mask, bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn equal(self, block: __m512i, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX-512.
        unsafe { _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(byte as i8)) }
    }

    #[inline(always)]
    fn control(self, block: __m512i) -> u64 {
        // SAFETY: as above.
        unsafe { _mm512_cmplt_epu8_mask(block, _mm512_set1_epi8(0x20)) }
    }

    #[inline(always)]
    fn nothing(self) -> Self::Seen {
        // SAFETY: as above.
        unsafe { [_mm512_set1_epi8(-1), _mm512_setzero_si512()] }
    }

    #[inline(always)]
    fn see(self, [smallest, all]: Self::Seen, block: __m512i) -> Self::Seen {
        // SAFETY: as above.
        unsafe { [_mm512_min_epu8(smallest, block), _mm512_or_si512(all, block)] }
    }

    #[inline(always)]
    fn any_high(self, [_, all]: Self::Seen) -> bool {
        // SAFETY: as above.
        unsafe { _mm512_movepi8_mask(all) != 0 }
    }

    #[inline(always)]
    fn any_control(self, [smallest, _]: Self::Seen, _: &[u8]) -> bool {
        self.control(smallest) != 0
    }

    #[inline(always)]
    fn prefix_xor(self, bits: u64) -> u64 {
        // SAFETY: `self` proves PCLMULQDQ.
        unsafe { avx2::prefix_xor(bits) }
    }

    #[inline(always)]
    fn write_positions(self, bits: u64, start: u32, out: &mut [u32; BLOCK]) -> usize {
        // SAFETY: `self` proves AVX-512 and VBMI2.
        unsafe { write_positions(bits, start, out) }
    }
}

/// Gathers the numbers of the set bits at the low end of a register and widens them, sixteen at a time.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn write_positions(bits: u64, start: u32, out: &mut [u32; BLOCK]) -> usize {
    const NUMBERS: [u8; BLOCK] = {
        let mut numbers = [0; BLOCK];
        let mut at = 0;
        while at < BLOCK {
            numbers[at] = at as u8;
            at += 1;
        }
        numbers
    };
    debug_assert_eq!(size_of_val(&NUMBERS), size_of::<__m512i>());
    // SAFETY: There are 64 bytes, and the load needs no alignment.
    let numbers = unsafe { _mm512_loadu_si512(NUMBERS.as_ptr().cast()) };
    let positions = _mm512_maskz_compress_epi8(bits, numbers);
    let start = _mm512_set1_epi32(start as i32);
    let (parts, _) = out.as_chunks_mut::<16>();
    debug_assert_eq!(parts.len(), 4);
    let store = |part: &mut [u32; 16], positions: __m128i| {
        debug_assert_eq!(size_of_val(part), size_of::<__m512i>());
        // SAFETY: The part has 64 bytes, and the store needs no alignment.
        unsafe {
            _mm512_storeu_si512(part.as_mut_ptr().cast(), _mm512_add_epi32(_mm512_cvtepu8_epi32(positions), start))
        }
    };
    store(&mut parts[0], _mm512_castsi512_si128(positions));
    let count = bits.count_ones() as usize;
    if count > 16 {
        store(&mut parts[1], _mm512_extracti32x4_epi32::<1>(positions));
        store(&mut parts[2], _mm512_extracti32x4_epi32::<2>(positions));
        store(&mut parts[3], _mm512_extracti32x4_epi32::<3>(positions));
    }
    count
}
