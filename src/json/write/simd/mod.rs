//! The vector forms of [`expand_plain`](super::escape::expand_plain), without a branch per escape.
//!
//! JSON inside JSON has a quote every few bytes, so finding the next one fast is not enough: the bytes between are moved
//! apart by vector instructions too.

// Calls of functions for CPU features that have been found present.
#![allow(unsafe_code)]

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
mod avx2;
#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
mod avx512;

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
use crate::json::cpu::Avx2;
#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
use crate::json::cpu::Avx512;

/// As [`expand_plain`](super::escape::expand_plain), or `None` if the CPU has nothing to offer.
#[inline]
pub(super) fn expand(window: &mut [u8], text: &[u8]) -> Option<usize> {
    #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
    if let Some(proof) = Avx512::get() {
        return Some(by_avx512(proof, window, text));
    }
    #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
    if let Some(proof) = Avx2::get() {
        return Some(by_avx2(proof, window, text));
    }
    let _ = (window, text);
    None
}

#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
#[inline]
fn by_avx512(_: Avx512, window: &mut [u8], text: &[u8]) -> usize {
    // SAFETY: The proof says that the machine has the features.
    unsafe { avx512::expand(window, text) }
}

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
#[inline]
fn by_avx2(_: Avx2, window: &mut [u8], text: &[u8]) -> usize {
    // SAFETY: The proof says that the machine has the features.
    unsafe { avx2::expand(window, text) }
}

#[cfg(test)]
mod tests {
    use super::super::escape::{SLACK, WIDEST, expand_plain};
    use super::*;

    type Form = fn(&mut [u8], &[u8]) -> usize;

    /// What the machine has beside the scalar form.
    fn forms() -> Vec<(&'static str, Form)> {
        let all: [Option<(&'static str, Form)>; 2] = [
            #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
            Avx2::get().map(|_| {
                let form: Form = |window, text| by_avx2(Avx2::get().unwrap(), window, text);
                ("AVX2", form)
            }),
            #[cfg(not(all(target_arch = "x86_64", not(gatewire_scalar))))]
            None,
            #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
            Avx512::get().map(|_| {
                let form: Form = |window, text| by_avx512(Avx512::get().unwrap(), window, text);
                ("AVX-512", form)
            }),
            #[cfg(not(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2)))))]
            None,
        ];
        all.into_iter().flatten().collect()
    }

    /// Compares each form that the machine has with the scalar one; gives whether there is any.
    fn check(text: &[u8]) -> bool {
        let mut expected = vec![0; text.len() * WIDEST + SLACK];
        let expected_len = expand_plain(&mut expected, text);
        let forms = forms();
        for (name, form) in &forms {
            // What stands behind the room must stay.
            let mut window = vec![b'#'; text.len() * WIDEST + SLACK + 3];
            let (room, behind) = window.split_at_mut(text.len() * WIDEST + SLACK);
            let len = form(room, text);
            let (found, expected) = (room[..len].escape_ascii(), expected[..expected_len].escape_ascii());
            assert_eq!(found.to_string(), expected.to_string(), "by {name}");
            assert_eq!(behind, b"###", "by {name}");
        }
        let best = expand(&mut vec![0; text.len() * WIDEST + SLACK], text);
        assert_eq!(best, (!forms.is_empty()).then_some(expected_len));
        !forms.is_empty()
    }

    #[test]
    fn present_where_it_should_be() {
        let present = cfg!(all(target_arch = "x86_64", not(gatewire_scalar))) && has_avx2();
        assert_eq!(check(b""), present);
    }

    #[cfg(target_arch = "x86_64")]
    fn has_avx2() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("pclmulqdq")
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn has_avx2() -> bool {
        false
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
