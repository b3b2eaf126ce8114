//! The definition of JSON escaping: a table of replacements, and the code that works on every CPU.
//!
//! [RFC 8259 section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7): `"`, `\` and the characters below U+0020 must
//! be escaped, everything else may stay unchanged. The short forms are used if there are any, then `\u00xx`.

/// The replacement of one byte: up to seven bytes, and their number in the eighth.
type Replacement = [u8; 8];
/// The replacements of all bytes.
type Replacements = [Replacement; 256];

/// Escapes once.
static PLAIN: Replacements = replacements(1);
/// Escapes twice.
pub(super) static NESTED: Replacements = replacements(2);

/// The longest replacement, in bytes.
pub(super) const WIDEST: usize = 7;
/// One store may write this far past the bytes that it adds.
pub(super) const SLACK: usize = 16;

const fn replacements(times: usize) -> Replacements {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut text = [byte as u8, 0, 0, 0, 0, 0, 0, 1];
        let mut done = 0;
        while done < times {
            text = escape_all(text);
            done += 1;
        }
        table[byte] = text;
        byte += 1;
    }
    table
}

/// Escapes each byte of `text` once.
const fn escape_all(text: Replacement) -> Replacement {
    let mut result = [0; 8];
    let mut len = 0;
    let mut at = 0;
    while at < text[7] as usize {
        let escaped = escape_one(text[at]);
        let mut i = 0;
        while i < escaped[7] as usize {
            result[len] = escaped[i];
            len += 1;
            i += 1;
        }
        at += 1;
    }
    result[7] = len as u8;
    result
}

const fn escape_one(byte: u8) -> Replacement {
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        0..0x20 => {
            let hex = b"0123456789abcdef";
            return [b'\\', b'u', b'0', b'0', hex[(byte >> 4) as usize], hex[(byte & 15) as usize], 0, 6];
        }
        _ => return [byte, 0, 0, 0, 0, 0, 0, 1],
    };
    [b'\\', letter, 0, 0, 0, 0, 0, 2]
}

/// Writes `text`, escaped by a table, to the start of `window` and returns its length. `window` has room for the
/// replacements and for a store of eight bytes at the end.
#[inline]
pub(super) fn expand_by_table(window: &mut [u8], text: &[u8], table: &Replacements) -> usize {
    let mut len = 0;
    let (words, tail) = text.as_chunks::<8>();
    for word in words {
        if escapes(u64::from_le_bytes(*word)) == 0 {
            window[len..len + 8].copy_from_slice(word);
            len += 8;
        } else {
            len += expand_bytes(&mut window[len..], word, table);
        }
    }
    len + expand_bytes(&mut window[len..], tail, table)
}

#[inline]
fn expand_bytes(window: &mut [u8], text: &[u8], table: &Replacements) -> usize {
    let mut len = 0;
    for &byte in text {
        // One store writes eight bytes, even for a single one: the next store overwrites the excess.
        let replacement = &table[usize::from(byte)];
        window[len..len + 8].copy_from_slice(replacement);
        len += usize::from(replacement[7]);
    }
    len
}

/// [`expand_by_table`] with [`PLAIN`]: the definition that the vector code is tested against.
pub(super) fn expand_plain(window: &mut [u8], text: &[u8]) -> usize {
    expand_by_table(window, text, &PLAIN)
}

/// Returns a nonzero number if one of eight bytes must be escaped.
///
/// In each byte, a borrow into the high bit shows that the byte was less than the subtracted number. Bytes that had the
/// high bit before (non-ASCII) are masked out. A borrow runs on into the next byte only from a byte that must be escaped,
/// so the result 0 is exact.
#[inline]
pub(super) fn escapes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    // Flipping bit 1 makes `"` a space and a space `"`, and keeps the control characters among themselves: one
    // comparison for both.
    let control_or_quote = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    (control_or_quote | backslash) & !word & (ONES * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_needs_escapes_if_one_of_its_bytes_does() {
        for byte in 0..=255u8 {
            for at in 0..8 {
                for filler in [b'x', b' ', b'#', b']', 0x80, 0xff, 0x9c, 0xa2] {
                    let mut bytes = [filler; 8];
                    bytes[at] = byte;
                    let dirty = byte < b' ' || byte == b'"' || byte == b'\\';
                    assert_eq!(escapes(u64::from_le_bytes(bytes)) != 0, dirty, "{bytes:?}");
                }
            }
        }
    }
}
