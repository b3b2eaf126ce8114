//! Properties of every string, as functions that random and exhaustive tests and Kani harnesses call.
//!
//! Kani was not run by the authors. `cargo kani` runs the harness.

use bumpalo::Bump;

use super::{decode_form_component, decode_path, decode_query_component};

/// The byte that three bytes at `at` encode.
fn escape(raw: &[u8], at: usize) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    match raw.get(at..at + 3)? {
        [b'%', high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

/// The bytes of a path and its escaped slashes. `None` if an escape is invalid.
fn path(raw: &[u8]) -> Option<(Vec<u8>, Vec<u32>)> {
    let (mut decoded, mut slashes, mut at) = (Vec::new(), Vec::new(), 0);
    while at < raw.len() {
        if raw[at] == b'%' {
            let byte = escape(raw, at)?;
            if byte == b'/' {
                slashes.push(decoded.len() as u32);
            }
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(raw[at]);
            at += 1;
        }
    }
    Some((decoded, slashes))
}

/// The value in a form: an invalid escape is text.
fn form(raw: &[u8]) -> Vec<u8> {
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < raw.len() {
        match escape(raw, at) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(if raw[at] == b'+' { b' ' } else { raw[at] });
                at += 1;
            }
        }
    }
    decoded
}

/// The value in a query: an escape whose byte belongs to no character is text too.
fn query(raw: &[u8]) -> Vec<u8> {
    let (mut decoded, mut at) = (Vec::new(), 0);
    'bytes: while at < raw.len() {
        let mut character = Vec::new();
        for number in 0..4 {
            let Some(byte) = escape(raw, at + 3 * number) else { break };
            character.push(byte);
            if std::str::from_utf8(&character).is_ok() {
                decoded.extend_from_slice(&character);
                at += 3 * character.len();
                continue 'bytes;
            }
        }
        decoded.push(if raw[at] == b'+' { b' ' } else { raw[at] });
        at += 1;
    }
    decoded
}

/// The three decoders return what the definitions above return. Returns the number of comparisons.
pub(super) fn decodes_as_defined(arena: &Bump, escaped: &mut Vec<u32>, raw: &str) -> u64 {
    let bytes = raw.as_bytes();
    let found = decode_path(arena, raw, true, escaped);
    match path(bytes) {
        Some((decoded, slashes)) if std::str::from_utf8(&decoded).is_ok() => {
            assert_eq!((found.map(str::as_bytes), &*escaped), (Ok(&*decoded), &slashes));
        }
        _ => assert!(found.is_err()),
    }
    assert_eq!(decode_query_component(arena, raw).as_bytes(), query(bytes));
    let form = form(bytes);
    let expected = std::str::from_utf8(&form).ok();
    assert_eq!(decode_form_component(arena, raw), expected);
    3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustive::{Padded, for_all_strings};

    /// The parts of escapes: `%c2%af` is a character, `%2F` a slash; and what is not part of one.
    const PIECES: [&[u8]; 9] = [b"%", b"2", b"F", b"c", b"a", b"/", b"+", b"z", "\u{e9}".as_bytes()];
    /// The search for the first escape takes eight bytes at a time, and more of long strings.
    const OFFSETS: [usize; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 15, 31, 32, 63];

    #[test]
    #[cfg_attr(miri, ignore)]
    fn all_short_strings_at_every_offset_of_a_word() {
        let (mut arena, mut escaped) = (Bump::new(), Vec::new());
        for_all_strings("percent decoding", &PIECES, if cfg!(debug_assertions) { 4 } else { 5 }, |text| {
            let text = Padded::new(b'a', 64, text, b"");
            arena.reset();
            OFFSETS
                .iter()
                .map(|&offset| {
                    let raw = std::str::from_utf8(text.at(offset)).unwrap();
                    decodes_as_defined(&arena, &mut escaped, raw)
                })
                .sum()
        });
    }

    #[test]
    #[cfg_attr(miri, ignore)]
    fn all_short_sequences_of_escapes() {
        // The first, the second and the further bytes of UTF-8, at the ends of their ranges.
        let bytes = ["%2f", "%7F", "%80", "%9f", "%A0", "%BF", "%C2", "%E0", "%ED", "%F0", "%f4", "%FF"];
        let pieces = bytes.map(str::as_bytes);
        let (mut arena, mut escaped) = (Bump::new(), Vec::new());
        for_all_strings("percent-encoded UTF-8", &pieces, if cfg!(debug_assertions) { 4 } else { 5 }, |text| {
            arena.reset();
            decodes_as_defined(&arena, &mut escaped, std::str::from_utf8(text).unwrap())
        });
    }

    proptest::proptest! {
        #![proptest_config(super::super::tests::config())]

        #[test]
        fn random_strings(raw in "(%[0-9a-fA-F]{2}|[%+/a-z0-9\u{e9}\u{1F600}]){0,40}") {
            decodes_as_defined(&Bump::new(), &mut Vec::new(), &raw);
        }
    }
}

#[cfg(kani)]
mod proofs {
    use super::*;

    /// Two escapes.
    const LENGTH: usize = 6;

    #[kani::proof]
    #[kani::unwind(8)]
    fn percent_decoding() {
        let bytes: [u8; LENGTH] = kani::any();
        if let Ok(raw) = std::str::from_utf8(&bytes) {
            decodes_as_defined(&Bump::new(), &mut Vec::new(), raw);
        }
    }
}
