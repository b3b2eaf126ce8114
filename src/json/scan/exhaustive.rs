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

/// Compares the results for a string with `before` bytes in front of it with each other, and with the positions that the
/// model finds, moved.
fn compare(paths: &mut [Path], payload: &[u8], moved: usize, expected: Option<&Option<Vec<u32>>>) -> u64 {
    let Some((scalar, others)) = paths.split_first_mut() else { unreachable!("there is always the scalar one") };
    let found = scalar.scan(payload);
    if let Some(expected) = expected {
        let same = match (&found, expected) {
            (Some((ends, _)), Some(model)) => ends.iter().copied().eq(model.iter().map(|end| end + moved as u32)),
            (None, None) => true,
            _ => false,
        };
        assert!(same, "{found:?}, not {expected:?} moved by {moved}: {}", payload.escape_ascii());
    }
    for other in &mut *others {
        let isa = other.isa;
        assert_eq!(other.scan(payload), found, "{isa:?}: {}", payload.escape_ascii());
    }
    1 + others.len() as u64
}

/// Returns whether a backslash at the end escapes nothing. The scan finds that only if the end is in a string.
fn ends_in_a_backslash(text: &[u8]) -> bool {
    text.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

#[test]
#[cfg_attr(miri, ignore)]
fn all_short_strings_at_every_offset_of_a_block() {
    let mut paths: Vec<Path> = Isa::all().map(|isa| Path { isa, ends: Vec::new() }).collect();
    // The string ends the text, and the last block is filled up; or it begins in a string, before another whole block.
    let tail = [&b"n"[..], &[b'a'; BLOCK], b"\""].concat();
    let what = format!("scan by {} paths", paths.len());
    for_all_strings(&what, &CLASSES, if cfg!(debug_assertions) { 3 } else { 4 }, |text| {
        let mut last = Padded::new(b' ', BLOCK - 1, text, b"");
        let mut inside = Padded::new(b'a', BLOCK, text, &tail);
        let of_last = (!ends_in_a_backslash(text)).then(|| model(text));
        let of_inside = model(inside.at(1, Some(b'"')));
        let mut count = 0;
        for offset in 0..BLOCK {
            count += compare(&mut paths, last.at(offset, None), offset, of_last.as_ref());
            count += compare(&mut paths, inside.at(offset + 1, Some(b'"')), offset, Some(&of_inside));
        }
        count
    });
}
