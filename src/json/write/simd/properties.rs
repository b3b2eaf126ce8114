//! Properties of every string, as functions that random and exhaustive tests and Kani harnesses call.
//!
//! Kani was not run by the authors. `cargo kani` runs the harness, of the scalar path alone, as Kani does not execute vector
//! instructions.

use super::expand;
use crate::json::isa::Isa;
use crate::json::write::table::{SLACK, WIDEST};

/// Appends the escape of a byte, by RFC 8259 section 7.
pub(super) fn push_escaped(out: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0C => b'f',
        b'\r' => b'r',
        0..0x20 => {
            let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
            return out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
        _ => return out.push(byte),
    };
    out.extend_from_slice(&[b'\\', letter]);
}

/// An instruction set writes `expected`, and nothing beyond the room that it may use. `window` is memory for it.
pub(super) fn escapes_as_expected(isa: Isa, text: &[u8], expected: &[u8], window: &mut Vec<u8>) {
    let room = text.len() * WIDEST + SLACK;
    window.resize(room + 1, 0);
    window[room] = b'#';
    let len = expand(isa, &mut window[..room], text);
    assert!(window[..len] == *expected);
    assert_eq!(window[room], b'#');
}

#[cfg(kani)]
mod proofs {
    use super::*;
    use crate::json::isa::Scalar;

    /// A word of eight bytes, and a tail.
    const LENGTH: usize = 10;

    #[kani::proof]
    #[kani::unwind(90)]
    fn escaping() {
        let text: [u8; LENGTH] = kani::any();
        let mut expected = Vec::new();
        for byte in text {
            push_escaped(&mut expected, byte);
        }
        escapes_as_expected(Isa::Scalar(Scalar), &text, &expected, &mut Vec::new());
    }
}
