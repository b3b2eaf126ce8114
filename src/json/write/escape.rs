//! The content of a JSON string, escaped once or twice.
//!
//! [RFC 8259 section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7): `"`, `\` and the characters below U+0020 must
//! be escaped, everything else may stand as it is. The short forms are used where there are any, then `\u00xx`.

use super::simd;

/// How many times what is written will be read as the content of a JSON string.
///
/// Escaping works byte by byte, so a level is at heart a table of what each byte becomes. A level whose output is
/// ASCII only would need to see whole characters: it would add a hook here for the bytes from 0x80 on.
pub(crate) trait Level: 'static {
    /// A quote that delimits a string.
    const QUOTE: &'static [u8];
    /// `"":`, what stands between a key and its value.
    const KEY_END: &'static [u8];

    /// Writes `text`, escaped, to the start of `window`, and gives its length. There must be room for [`WIDEST`] bytes
    /// for each of `text` and for [`SLACK`].
    fn expand(window: &mut [u8], text: &[u8]) -> usize;

    /// Appends text that is JSON already.
    fn push_json(out: &mut Vec<u8>, json: &str);
}

/// JSON as it stands.
pub(crate) struct Plain;

/// JSON as the content of a JSON string.
pub(crate) struct Nested;

impl Level for Plain {
    const QUOTE: &'static [u8] = b"\"";
    const KEY_END: &'static [u8] = b"\":";

    fn expand(window: &mut [u8], text: &[u8]) -> usize {
        simd::expand(window, text).unwrap_or_else(|| expand_plain(window, text))
    }

    fn push_json(out: &mut Vec<u8>, json: &str) {
        out.extend_from_slice(json.as_bytes());
    }
}

impl Level for Nested {
    const QUOTE: &'static [u8] = b"\\\"";
    const KEY_END: &'static [u8] = b"\\\":";

    fn expand(window: &mut [u8], text: &[u8]) -> usize {
        expand_by_table(window, text, &NESTED)
    }

    fn push_json(out: &mut Vec<u8>, json: &str) {
        escape::<Plain>(out, json);
    }
}

/// What one byte becomes: up to seven bytes, and in the eighth how many of them count.
type Replacement = [u8; 8];
type Table = [Replacement; 256];

static PLAIN: Table = table(1);
static NESTED: Table = table(2);

const fn table(times: usize) -> Table {
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

/// How much text is escaped before the output is asked for room again.
const BLOCK: usize = 512;
/// A replacement takes no more bytes than this.
pub(super) const WIDEST: usize = 7;
/// What is stored at once may reach this far past what it adds.
pub(super) const SLACK: usize = 16;

/// Appends `text`, escaped for the level.
#[inline]
pub(crate) fn escape<L: Level>(out: &mut Vec<u8>, text: &str) {
    let text = text.as_bytes();
    let clean = clean_len(text);
    out.extend_from_slice(&text[..clean]);
    if clean < text.len() {
        escape_rest::<L>(out, &text[clean..]);
    }
}

#[inline(never)]
fn escape_rest<L: Level>(out: &mut Vec<u8>, text: &[u8]) {
    // `out` is kept longer than what is written to it, so that it can be written without a look at its capacity. Only
    // what is new in it has to be zeroed: about as much as has been written.
    let mut len = out.len();
    for block in text.chunks(BLOCK) {
        let room = len + block.len() * WIDEST + SLACK;
        if out.len() < room {
            out.resize(room, 0);
        }
        len += L::expand(&mut out[len..], block);
    }
    out.truncate(len);
}

/// [`Level::expand`] by a table.
#[inline]
fn expand_by_table(window: &mut [u8], text: &[u8], table: &Table) -> usize {
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
fn expand_bytes(window: &mut [u8], text: &[u8], table: &Table) -> usize {
    let mut len = 0;
    for &byte in text {
        // Eight bytes are stored for what may be one: the next store covers the rest.
        let replacement = &table[usize::from(byte)];
        window[len..len + 8].copy_from_slice(replacement);
        len += usize::from(replacement[7]);
    }
    len
}

/// [`Plain::expand`](Level::expand) for every CPU.
pub(super) fn expand_plain(window: &mut [u8], text: &[u8]) -> usize {
    expand_by_table(window, text, &PLAIN)
}

/// A length up to which `text` needs no escape: all of it, or a multiple of eight within eight bytes of the first escape.
#[inline]
fn clean_len(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(block) = text[at..].first_chunk::<32>() {
        let words: [u64; 4] = std::array::from_fn(|i| word(block, i * 8));
        if words.iter().fold(0, |dirty, &word| dirty | escapes(word)) != 0 {
            break;
        }
        at += 32;
    }
    while let Some(&block) = text[at..].first_chunk::<8>() {
        if escapes(u64::from_le_bytes(block)) != 0 {
            return at;
        }
        at += 8;
    }
    let tail = &text[at..];
    let dirty = match text.last_chunk::<8>() {
        // The bytes before `at` are clean, so the last eight tell about the tail.
        Some(&last) => escapes(u64::from_le_bytes(last)) != 0,
        None => tail.iter().any(|&byte| PLAIN[usize::from(byte)][7] != 1),
    };
    if dirty { at } else { text.len() }
}

#[inline]
fn word(block: &[u8; 32], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| block[at + i]))
}

/// Not zero if one of eight bytes must be escaped.
///
/// In each byte, a borrow into the high bit tells that the byte was less than what is taken from it; bytes that had the
/// high bit before (non-ASCII) are masked out. A borrow that runs on into the next byte can only start where one was
/// found, so the answer "none" is exact.
#[inline]
fn escapes(word: u64) -> u64 {
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

    /// The definition, written for reading.
    fn reference(text: &str) -> String {
        text.chars()
            .map(|c| match c {
                '"' => "\\\"".to_string(),
                '\\' => "\\\\".to_string(),
                '\u{8}' => "\\b".to_string(),
                '\t' => "\\t".to_string(),
                '\n' => "\\n".to_string(),
                '\u{c}' => "\\f".to_string(),
                '\r' => "\\r".to_string(),
                '\0'..' ' => format!("\\u{:04x}", c as u32),
                _ => c.to_string(),
            })
            .collect()
    }

    /// Checks `text` behind a few bytes that must survive, with less, just enough and more capacity than it takes.
    fn check(text: &str) {
        let (once, twice) = (reference(text), reference(&reference(text)));
        let some = if cfg!(miri) { &[7][..] } else { &[0, 1, 7, 33] };
        for &before in some {
            for capacity in [0, before + once.len(), before + twice.len(), before + text.len() * 8 + 64] {
                let mut out = Vec::with_capacity(capacity);
                out.resize(before, b'#');
                escape::<Plain>(&mut out, text);
                assert_eq!(out, ["#".repeat(before), once.clone()].concat().as_bytes(), "{text:?}");
                out.truncate(before);
                escape::<Nested>(&mut out, text);
                assert_eq!(out, ["#".repeat(before), twice.clone()].concat().as_bytes(), "{text:?}");
            }
        }
    }

    #[test]
    fn examples() {
        let mut out = Vec::new();
        escape::<Plain>(&mut out, "a\"b\\c\u{8}\t\n\u{c}\r\u{1}\u{1f}\u{7f} é 😀");
        assert_eq!(out, "a\\\"b\\\\c\\b\\t\\n\\f\\r\\u0001\\u001f\u{7f} é 😀".as_bytes());
        out.clear();
        escape::<Nested>(&mut out, "\"\\\n\u{1}");
        assert_eq!(out, br#"\\\"\\\\\\n\\u0001"#);
    }

    #[test]
    fn every_byte_at_every_place_of_every_length() {
        let lengths =
            if cfg!(miri) { &[1, 9, 33][..] } else { &[0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 41, 64, 65] };
        for &len in lengths {
            let clean = "x".repeat(len);
            check(&clean);
            for at in (0..len).step_by(if cfg!(miri) { 8 } else { 1 }) {
                for special in ['\0', '\u{1f}', ' ', '!', '"', '#', '[', '\\', ']', '\u{7f}'] {
                    let text: String =
                        clean.chars().enumerate().map(|(i, c)| if i == at { special } else { c }).collect();
                    let (mut once, mut twice) = (Vec::new(), Vec::new());
                    escape::<Plain>(&mut once, &text);
                    escape::<Nested>(&mut twice, &text);
                    assert_eq!(once, reference(&text).as_bytes(), "{special:?} at {at} of {len}");
                    assert_eq!(twice, reference(&reference(&text)).as_bytes(), "{special:?} at {at} of {len}");
                }
            }
        }
    }

    #[test]
    fn dense_text() {
        let lengths = if cfg!(miri) { &[1, 9][..] } else { &[1, 7, 8, 31, 32, 33, 64, 65, 100] };
        for &len in lengths {
            check(&"\u{1}".repeat(len));
            check(&"\"".repeat(len));
            check(&"\\é".repeat(len));
            check(&"{\"key\":\"value 😀\"},".repeat(len));
        }
        // More than one block.
        let lengths = if cfg!(miri) { &[BLOCK + 1][..] } else { &[BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 17] };
        for &len in lengths {
            check(&"\"".repeat(len));
            if !cfg!(miri) {
                check(&"\u{1f}".repeat(len));
            }
        }
    }

    #[test]
    fn a_word_is_dirty_exactly_where_a_byte_is() {
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

    proptest::proptest! {
        #![proptest_config(crate::json::write::tests::config())]

        #[test]
        fn arbitrary_text(text in "(?s).{0,120}", dense in "[\"\\\\\n\u{1}a😀]{0,90}") {
            check(&text);
            check(&dense);
        }
    }
}
