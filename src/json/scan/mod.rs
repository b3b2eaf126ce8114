//! Stage one: finds the ends of a document's strings and checks everything inside the strings.
//!
//! The starts are not kept: if the grammar is valid, each string starts where the following walk expects one.

mod algorithm;
#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
mod avx2;
#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
mod avx512;
#[cfg(test)]
mod exhaustive;
#[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
mod neon;
#[cfg(any(test, kani))]
mod properties;
mod scalar;
#[cfg(test)]
mod tests;

pub(super) use algorithm::{BLOCK, Escapes, Near, Scan};

use super::isa::Isa;

/// Writes the positions of all closing quotes to the front of `ends`, which grows if necessary.
///
/// Returns `None` for a string with a control character, an invalid escape, half a surrogate pair or no end, and for text
/// that is not UTF-8. Checks nothing outside strings: the positions have a meaning only if the grammar is valid. The
/// following walk sees every byte outside strings, and stops at a stray backslash before it relies on a wrong end.
#[inline]
pub(super) fn scan<'a>(isa: Isa, payload: &'a [u8], ends: &mut Vec<u32>) -> Option<Scan<'a>> {
    match isa {
        Isa::Scalar(isa) => scalar::scan(isa, payload, ends),
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        Isa::Avx2(isa) => avx2::scan(isa, payload, ends),
        #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
        Isa::Avx512(isa) => avx512::scan(isa, payload, ends),
        #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
        Isa::Neon(isa) => neon::scan(isa, payload, ends),
    }
}

/// Scans a payload with every instruction set: the positions of the closing quotes, or `None` if a string is invalid.
/// For the fuzzer.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn scan_by_every_isa(payload: &[u8]) -> impl Iterator<Item = Option<Vec<u32>>> {
    Isa::all().map(move |isa| {
        let mut ends = Vec::new();
        let found = scan(isa, payload, &mut ends)?.strings;
        ends.truncate(found);
        Some(ends)
    })
}
