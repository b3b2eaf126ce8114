//! Appends the content of a JSON string, escaped once or twice.

use super::simd;
use super::table::{NESTED, SLACK, WIDEST, escapes, expand_by_table};
use crate::json::isa::Isa;
use crate::swar::splat;

/// The number of times that the output will be read as the content of a JSON string.
///
/// Escaping works byte by byte, so a level is in essence a table of replacements. A level with ASCII-only output would
/// need to see whole characters: it would add a hook here for the bytes from 0x80 on.
pub(crate) trait Level: 'static {
    /// A quote that delimits a string.
    const QUOTE: &'static [u8];
    /// The closing quote and the colon between a key and its value.
    const KEY_END: &'static [u8];

    /// Writes `text`, escaped, to the start of `window` and returns its length. `window` has room for [`WIDEST`] bytes for
    /// each byte of `text`, and for [`SLACK`] more.
    fn expand(window: &mut [u8], text: &[u8]) -> usize;

    /// Appends text that is already JSON.
    fn push_json(out: &mut Vec<u8>, json: &str);
}

/// JSON itself.
pub(crate) struct Plain;

/// JSON as the content of a JSON string.
pub(crate) struct Nested;

impl Level for Plain {
    const QUOTE: &'static [u8] = b"\"";
    const KEY_END: &'static [u8] = b"\":";

    fn expand(window: &mut [u8], text: &[u8]) -> usize {
        simd::expand(Isa::best(), window, text)
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

/// The number of bytes that are escaped before the output is extended again.
const BLOCK: usize = 512;
/// Appends `text`, escaped for the level `L`.
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
    // `out` stays longer than its content, so writes need no check of its capacity. Only the new part has to be zeroed:
    // about as much as is written.
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

/// Returns a length up to which `text` needs no escape: all of it, or a multiple of eight within eight bytes of the first
/// escape.
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
    let dirty = match text.last_chunk::<8>() {
        // The bytes before `at` are clean, so the last eight bytes are clean if the tail is.
        Some(&last) => escapes(u64::from_le_bytes(last)) != 0,
        None => escapes(repeat(text)) != 0,
    };
    if dirty { at } else { text.len() }
}

/// Returns a word of the bytes of a string of fewer than eight bytes, each of them at least once.
#[inline]
fn repeat(text: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    match *text {
        [] => splat(b' '),
        [byte] => splat(byte),
        [first, .., last] => u64::from(first) | u64::from(text[1]) << 8 | splat(last) & !0xFFFF,
    }
}

#[inline]
fn word(block: &[u8; 32], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| block[at + i]))
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

    /// Checks `text` after a few bytes that must survive, with too little, just enough and too much capacity.
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

    proptest::proptest! {
        #![proptest_config(crate::json::write::tests::config())]

        #[test]
        fn arbitrary_text(text in "(?s).{0,120}", dense in "[\"\\\\\n\u{1}a😀]{0,90}") {
            check(&text);
            check(&dense);
        }
    }
}
