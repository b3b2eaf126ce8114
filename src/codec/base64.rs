//! Base64 of [RFC 4648 section 4](https://www.rfc-editor.org/rfc/rfc4648#section-4): the form of binary bodies in events.
//!
//! Decoding is strict: the standard alphabet, correct padding, no line breaks or blanks, and zeros in all unused bits.
//! Gateways always encode in this form, so anything else was damaged or forged.

use std::fmt;
use std::mem::MaybeUninit;

use base64_simd::{Out, STANDARD};
use bumpalo::Bump;

/// The error for a string that is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DecodeError;

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed base64")
    }
}

impl std::error::Error for DecodeError {}

/// Returns the length of the base64 of `len` bytes.
pub(crate) const fn encoded_len(len: usize) -> usize {
    STANDARD.encoded_length(len)
}

/// Appends the base64 of `bytes`.
pub(crate) fn encode_append(out: &mut Vec<u8>, bytes: &[u8]) {
    // Without this, base64-simd would grow `out` to the exact size, and the next append would grow it again.
    out.reserve(encoded_len(bytes.len()));
    STANDARD.encode_append(bytes, out);
}

/// Decodes `text` into the arena.
pub(crate) fn decode<'b>(arena: &'b Bump, text: &[u8]) -> Result<&'b mut [u8], DecodeError> {
    let len = STANDARD.decoded_length(text).map_err(|_| DecodeError)?;
    let decoded = arena.alloc_slice_fill_copy(len, MaybeUninit::uninit());
    STANDARD.decode(text, Out::from_uninit_slice(decoded)).map_err(|_| DecodeError)
}

/// Appends the bytes that `text` decodes to. If it is malformed, nothing is appended.
pub(crate) fn decode_append(out: &mut Vec<u8>, text: &[u8]) -> Result<(), DecodeError> {
    let start = out.len();
    STANDARD.decode_append(text, out).map_err(|_| {
        out.truncate(start);
        DecodeError
    })
}

/// Decodes `text` in place and returns the length of the result.
///
/// After an error, the content of `text` is unspecified.
pub(crate) fn decode_in_place(text: &mut [u8]) -> Result<usize, DecodeError> {
    STANDARD.decode_inplace(text).map(|decoded| decoded.len()).map_err(|_| DecodeError)
}

#[cfg(test)]
mod exhaustive;

#[cfg(test)]
mod tests {
    use super::*;

    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// Lengths around the widths of the vector loops.
    const MAX_LEN: usize = if cfg!(miri) { 20 } else { 200 };

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 167 + len * 31) as u8).collect()
    }

    pub(super) fn reference_encode(bytes: &[u8]) -> Vec<u8> {
        let quad = |chunk: &[u8]| {
            let group = chunk.iter().fold(0, |group, &byte| group << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
            let digit = move |i: usize| ALPHABET[(group >> (18 - 6 * i)) as usize & 63];
            let len = chunk.len();
            (0..4).map(move |i| if i <= len { digit(i) } else { b'=' })
        };
        bytes.chunks(3).flat_map(quad).collect()
    }

    pub(super) fn reference_decode(text: &[u8]) -> Option<Vec<u8>> {
        let digits = match text {
            [digits @ .., b'=', b'='] | [digits @ .., b'='] | digits => digits,
        };
        let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
        for digit in digits {
            bits = bits << 6 | ALPHABET.iter().position(|known| known == digit)? as u32;
            count += 6;
            if count >= 8 {
                count -= 8;
                bytes.push((bits >> count) as u8);
            }
        }
        // Exactly one string is the base64 of these bytes: this covers padding and unused bits.
        (reference_encode(&bytes) == text).then_some(bytes)
    }

    fn check_decode(text: &[u8]) {
        let expected = reference_decode(text);
        let arena = Bump::new();
        assert_eq!(decode(&arena, text).ok().map(|decoded| &*decoded), expected.as_deref(), "{}", text.escape_ascii());

        let mut appended = b"kept".to_vec();
        let result = decode_append(&mut appended, text);
        assert_eq!(result.is_ok(), expected.is_some(), "{}", text.escape_ascii());
        assert_eq!(appended, [b"kept", expected.as_deref().unwrap_or_default()].concat());

        let mut in_place = text.to_vec();
        let len = decode_in_place(&mut in_place).ok();
        assert_eq!(len.map(|len| &in_place[..len]), expected.as_deref(), "{}", text.escape_ascii());
    }

    #[test]
    fn examples() {
        // RFC 4648 section 10.
        let vectors =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (bytes, text) in vectors {
            let mut out = b"kept".to_vec();
            encode_append(&mut out, bytes.as_bytes());
            assert_eq!(out, [b"kept", text.as_bytes()].concat());
            assert_eq!(reference_encode(bytes.as_bytes()), text.as_bytes());
            check_decode(text.as_bytes());
        }
    }

    #[test]
    fn every_length_after_text_of_several_lengths() {
        for len in 0..MAX_LEN {
            let bytes = bytes(len);
            let expected = reference_encode(&bytes);
            assert_eq!(expected.len(), encoded_len(len));
            check_decode(&expected);
            for (before, spare) in [(0, 0), (1, 1), (3, expected.len()), (32, expected.len() + 1), (33, 1000)] {
                let mut out = Vec::with_capacity(before + spare);
                out.resize(before, b'#');
                let capacity = out.capacity();
                encode_append(&mut out, &bytes);
                assert_eq!(out[before..], expected);
                assert!(out[..before].iter().all(|&byte| byte == b'#'));
                assert!(spare < expected.len() || out.capacity() == capacity);
            }
        }
    }

    #[test]
    fn every_byte_at_every_place() {
        for len in [1, 2, 3, 12, 24, 25, 48] {
            if len > MAX_LEN {
                break;
            }
            let valid = reference_encode(&bytes(len));
            for at in 0..valid.len() {
                for byte in (0..=255).step_by(if cfg!(miri) { 23 } else { 1 }) {
                    let mut text = valid.clone();
                    text[at] = byte;
                    check_decode(&text);
                }
            }
        }
    }

    #[test]
    fn every_truncation_and_misplaced_padding() {
        let text = reference_encode(&bytes(MAX_LEN - 1));
        for len in 0..text.len() {
            check_decode(&text[..len]);
            check_decode(&[&text[..len], b"="].concat());
            check_decode(&[&text[..len], b"=="].concat());
            check_decode(&[&text[..len], b"\n", &text[len..]].concat());
        }
        for malformed in [
            "=", "==", "===", "====", "A", "AA", "AAA", "A===", "AA=A", "=AAA", "AAAA=", "AAAA====", "AB==", "AAB=",
            "Zg==Zg==", "-_-_", "Zm9v\r\n", " Zm9v",
        ] {
            assert_eq!(reference_decode(malformed.as_bytes()), None, "{malformed}");
            check_decode(malformed.as_bytes());
        }
    }

    #[test]
    fn the_error_names_the_fault() {
        assert_eq!(decode(&Bump::new(), b"not base64").unwrap_err().to_string(), "malformed base64");
    }
}
