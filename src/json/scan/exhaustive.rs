//! Every instruction set against the model of [`super::tests`], for all short strings of the bytes that the scan
//! distinguishes, at every offset of a block.

use super::algorithm::BLOCK;
use super::tests::model;
use super::*;
use crate::exhaustive::{Padded, for_all_strings};

/// A quote, a backslash, a byte without a meaning to the scan (so are brackets, blanks and most letters), an escape's
/// letter, the letter of `\u`, a hexadecimal digit, a control character, and the two bytes of a character.
const CLASSES: [&[u8]; 9] = [b"\"", b"\\", b":", b"n", b"u", b"8", b"\x01", b"\xC3", b"\xA9"];

/// The results of one instruction set, in memory that is used again.
struct Path {
    isa: Isa,
    ends: Vec<u32>,
}

impl Path {
    fn scan(&mut self, payload: &[u8]) -> Option<(&[u32], Escapes)> {
        let Scan { text, strings, escapes } = scan(self.isa, payload, &mut self.ends)?;
        assert_eq!((text.as_ptr(), text.len()), (payload.as_ptr(), payload.len()));
        Some((&self.ends[..strings], escapes))
    }
}

/// Compares the results for a payload with each other and, if there are `expected` positions, with these.
fn compare(paths: &mut [Path], payload: &[u8], expected: Option<Option<impl Iterator<Item = u32>>>) -> u64 {
    let Some((scalar, others)) = paths.split_first_mut() else { unreachable!("there is always the scalar one") };
    let found = scalar.scan(payload);
    if let Some(expected) = expected {
        let same = match (&found, expected) {
            (Some((ends, _)), Some(expected)) => expected.eq(ends.iter().copied()),
            (found, expected) => found.is_none() && expected.is_none(),
        };
        assert!(same, "{found:?}: {}", payload.escape_ascii());
    }
    for other in &mut *others {
        let isa = other.isa;
        assert!(other.scan(payload) == found, "{isa:?}: {}", payload.escape_ascii());
    }
    1 + others.len() as u64
}

/// Returns whether a backslash at the end escapes nothing. The scan finds that only if the end is in a string.
fn ends_in_a_backslash(text: &[u8]) -> bool {
    text.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The positions after `by` more bytes came before them.
fn moved(ends: &[u32], by: usize) -> impl Iterator<Item = u32> {
    ends.iter().map(move |end| end + by as u32)
}

/// Each string stands at each offset of a block twice: outside of strings, at the end of the text, whose last block is filled
/// up; and in a string that was open before its block, in whole blocks. At the last offsets it goes on in the next block,
/// so its parts meet each state that a block hands to the next. The model says once which quotes end strings: more bytes
/// before them only move them.
#[test]
#[cfg_attr(miri, ignore)]
fn all_short_strings_at_every_offset_of_a_block() {
    let mut paths: Vec<Path> = Isa::all().map(|isa| Path { isa, ends: Vec::new() }).collect();
    let tail = [&b"n"[..], &[b'a'; 2 * BLOCK]].concat();
    let what = format!("scan by {} paths", paths.len());
    for_all_strings(&what, &CLASSES, if cfg!(debug_assertions) { 3 } else { 4 }, |text| {
        let last = Padded::new(b' ', BLOCK - 1, text, b"");
        let mut inside = Padded::new(b'a', 2 * BLOCK - 1, text, &tail);
        let of_last = (!ends_in_a_backslash(text)).then(|| model(text));
        let of_inside = model(inside.between(b'"', BLOCK, 2 * BLOCK));
        let mut count = 0;
        for offset in 0..BLOCK {
            let expected = of_last.as_ref().map(|ends| ends.as_ref().map(|ends| moved(ends, offset)));
            count += compare(&mut paths, last.at(offset), expected);
            // A backslash may escape the `n` after the string. The quote after that ends the payload, wherever the string is.
            let length = (BLOCK + offset + text.len() + 2).next_multiple_of(BLOCK);
            let ends = of_inside.as_ref().and_then(|ends| ends.split_last());
            let expected = ends.map(|(_, ends)| moved(ends, offset).chain([length as u32 - 1]));
            count += compare(&mut paths, inside.between(b'"', BLOCK + offset, length), Some(expected));
        }
        count
    });
}
