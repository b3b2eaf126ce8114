//! Decoding against its definition, for all short ends of a string, after whole groups: the vector loops leave an end to
//! other code. The library `base64-simd` chooses the instruction set: each machine tests the path that it takes.

use bumpalo::Bump;

use super::tests::{reference_decode, reference_encode};
use super::{decode, decode_append, decode_in_place, encode_append};
use crate::exhaustive::for_all_strings;

/// Digits with no bit set, only the lowest, only a high one and all; the other digit without a letter, padding, a digit of
/// another alphabet, a blank, and a byte above ASCII.
const CLASSES: [&[u8]; 9] = [b"A", b"B", b"Q", b"/", b"+", b"=", b"-", b"\n", b"\xE9"];
/// The numbers of groups of four digits before and after the string.
const GROUPS: [(usize, usize); 12] =
    [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (7, 0), (8, 0), (9, 0), (15, 0), (16, 0), (0, 16), (8, 8)];

#[test]
#[cfg_attr(miri, ignore)]
fn all_short_ends_of_text() {
    let mut arena = Bump::new();
    let (mut text, mut appended) = (Vec::new(), Vec::new());
    for_all_strings("base64 decoding", &CLASSES, if cfg!(debug_assertions) { 4 } else { 5 }, |end| {
        arena.reset();
        let middle = reference_decode(end);
        for (before, after) in GROUPS {
            text.clear();
            text.extend_from_slice(&b"Zm9v".repeat(before));
            text.extend_from_slice(end);
            text.extend_from_slice(&b"YmFy".repeat(after));
            // Padding ends the text, and nothing can follow an end that is not a whole group.
            let middle = middle.as_ref().filter(|_| after == 0 || !end.contains(&b'='));
            let expected = middle.map(|middle| [&b"foo".repeat(before), &**middle, &b"bar".repeat(after)].concat());
            assert_eq!(decode(&arena, &text).ok().map(|found| &*found), expected.as_deref(), "{}", text.escape_ascii());
            appended.clear();
            let appends = decode_append(&mut appended, &text).is_ok();
            assert_eq!((appends, &*appended), (expected.is_some(), expected.as_deref().unwrap_or_default()));
            let length = decode_in_place(&mut text).ok();
            assert_eq!(length.map(|length| &text[..length]), expected.as_deref());
        }
        3 * GROUPS.len() as u64
    });
}

/// Encoding has no classes of bytes: the ends are all pairs of nibbles that cross a digit, and each byte alone.
#[test]
#[cfg_attr(miri, ignore)]
fn all_short_ends_of_bytes() {
    let bytes: Vec<[u8; 1]> = (0..=255).map(|byte| [byte]).collect();
    let pieces: Vec<&[u8]> = bytes.iter().map(<[u8; 1]>::as_slice).collect();
    let mut found = Vec::new();
    let mut texts = Vec::new();
    for_all_strings("base64 encoding", &pieces, if cfg!(debug_assertions) { 1 } else { 2 }, |end| {
        let expected = reference_encode(end);
        for (before, _) in GROUPS {
            texts.clear();
            texts.extend_from_slice(&b"foo".repeat(before));
            texts.extend_from_slice(end);
            found.clear();
            encode_append(&mut found, &texts);
            assert_eq!(found, [&b"Zm9v".repeat(before), &*expected].concat());
        }
        GROUPS.len() as u64
    });
}
