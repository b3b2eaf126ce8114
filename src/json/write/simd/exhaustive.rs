//! Every instruction set against the definition, for all short strings of the bytes that escaping distinguishes, at every
//! offset of a block.

use super::properties::{escapes_as_expected, push_escaped};
use crate::exhaustive::{Padded, for_all_strings};
use crate::json::isa::Isa;
use crate::json::write::{Nested, Plain, escape};

/// A quote, a backslash, control characters with a letter and, below and above 16, without one, the first byte above
/// those, a letter, and a byte of a longer character.
const CLASSES: [&[u8]; 8] = [b"\"", b"\\", b"\n", b"\x01", b"\x1F", b" ", b"a", b"\xE9"];
/// The widest vector has as many bytes.
const BLOCK: usize = 64;

fn escaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    text.iter().for_each(|byte| push_escaped(&mut out, *byte));
    out
}

#[test]
#[cfg_attr(miri, ignore)]
fn all_short_strings_at_every_offset_of_a_block() {
    let isas: Vec<Isa> = Isa::all().collect();
    let mut window = Vec::new();
    let what = format!("escaping by {} paths", isas.len());
    for_all_strings(&what, &CLASSES, if cfg!(debug_assertions) { 3 } else { 4 }, |text| {
        let expected = escaped(text);
        // The string ends the text, or a whole block follows.
        for after in [&b""[..], &[b'a'; BLOCK]] {
            let text = Padded::new(b'a', BLOCK, text, after);
            let expected = Padded::new(b'a', BLOCK, &expected, after);
            for offset in 0..BLOCK {
                for &isa in &isas {
                    escapes_as_expected(isa, text.at(offset), expected.at(offset), &mut window);
                }
            }
        }
        2 * BLOCK as u64 * isas.len() as u64
    });
}

/// The search for the first byte to escape comes before the vectors, and escaping twice has a table.
#[test]
#[cfg_attr(miri, ignore)]
fn all_short_strings_as_appended_once_and_twice() {
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    // As above, with a character of two bytes.
    let classes = [CLASSES.as_slice(), &["\u{e9}".as_bytes()]].concat();
    let classes: Vec<&[u8]> = classes.into_iter().filter(|class| std::str::from_utf8(class).is_ok()).collect();
    for_all_strings("escaping once and twice", &classes, if cfg!(debug_assertions) { 3 } else { 4 }, |text| {
        let (expected_once, expected_twice) = (escaped(text), escaped(&escaped(text)));
        let text = Padded::new(b'a', BLOCK, text, b"");
        let expected_once = Padded::new(b'a', BLOCK, &expected_once, b"");
        let expected_twice = Padded::new(b'a', BLOCK, &expected_twice, b"");
        for offset in 0..BLOCK {
            let text = std::str::from_utf8(text.at(offset)).unwrap();
            once.clear();
            escape::<Plain>(&mut once, text);
            assert!(once == expected_once.at(offset), "{text:?}");
            twice.clear();
            escape::<Nested>(&mut twice, text);
            assert!(twice == expected_twice.at(offset), "{text:?}");
        }
        2 * BLOCK as u64
    });
}
