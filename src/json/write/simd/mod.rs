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

/// A form that this machine can run.
#[derive(Clone, Copy, Debug)]
enum Form {
    #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
    Avx2(Avx2),
    #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
    Avx512(Avx512),
}

impl Form {
    /// The fastest, if there is any.
    #[inline]
    fn best() -> Option<Self> {
        #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
        if let Some(proof) = Avx512::get() {
            return Some(Self::Avx512(proof));
        }
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        if let Some(proof) = Avx2::get() {
            return Some(Self::Avx2(proof));
        }
        None
    }

    /// All of them, the fastest last.
    #[cfg(any(test, feature = "fuzzing"))]
    fn all() -> impl Iterator<Item = Self> {
        let all = std::iter::empty();
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        let all = all.chain(Avx2::get().map(Self::Avx2));
        #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
        let all = all.chain(Avx512::get().map(Self::Avx512));
        all
    }

    /// As [`expand_plain`](super::escape::expand_plain).
    #[inline]
    fn expand(self, window: &mut [u8], text: &[u8]) -> usize {
        // Where the target has no form, nothing takes them.
        let _ = (&window, text);
        match self {
            #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
            // SAFETY: The proof says that the machine has the features.
            Self::Avx2(_) => unsafe { avx2::expand(window, text) },
            #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
            // SAFETY: The proof says that the machine has the features.
            Self::Avx512(_) => unsafe { avx512::expand(window, text) },
        }
    }
}

/// As [`expand_plain`](super::escape::expand_plain), or `None` if the CPU has nothing to offer.
#[inline]
pub(super) fn expand(window: &mut [u8], text: &[u8]) -> Option<usize> {
    Form::best().map(|form| form.expand(window, text))
}

/// What each form makes of a text. For the fuzzer, and for tests.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn by_every_form(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    use super::escape::{SLACK, WIDEST};
    Form::all().map(|form| {
        // What stands behind the room must stay.
        let mut window = vec![b'#'; text.len() * WIDEST + SLACK + 3];
        let (room, behind) = window.split_at_mut(text.len() * WIDEST + SLACK);
        let len = form.expand(room, text);
        assert_eq!(behind, b"###", "by {form:?}");
        window.truncate(len);
        window
    })
}

#[cfg(test)]
mod tests {
    use super::super::escape::{SLACK, WIDEST, expand_plain};
    use super::*;

    /// Compares each form that the machine has with the scalar one.
    fn check(text: &[u8]) {
        let mut expected = vec![0; text.len() * WIDEST + SLACK];
        let expected_len = expand_plain(&mut expected, text);
        for (form, found) in Form::all().zip(by_every_form(text)) {
            let (found, expected) = (found.escape_ascii(), expected[..expected_len].escape_ascii());
            assert_eq!(found.to_string(), expected.to_string(), "by {form:?}");
        }
    }

    #[test]
    fn the_fastest_form_is_taken() {
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        let names: Vec<&str> = {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("pclmulqdq");
            let avx512 = avx2 && cfg!(not(gatewire_avx2)) && is_x86_feature_detected!("avx512vbmi2");
            let names = [("Avx2(Avx2(()))", avx2), ("Avx512(Avx512(()))", avx512)];
            names.into_iter().filter_map(|(name, present)| present.then_some(name)).collect()
        };
        #[cfg(not(all(target_arch = "x86_64", not(gatewire_scalar))))]
        let names: [&str; 0] = [];
        let all: Vec<String> = Form::all().map(|form| format!("{form:?}")).collect();
        assert_eq!(all, names);
        assert_eq!(Form::best().map(|form| format!("{form:?}")), all.last().cloned());
        let mut window = vec![0; 64 * WIDEST + SLACK];
        assert_eq!(expand(&mut window, &[b'"'; 64]), (!all.is_empty()).then_some(128));
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
