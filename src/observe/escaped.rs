//! Strings of a line: which need quotes or escapes, and these.

use crate::json::write::{Plain, escape};
use crate::log::is_active;
use crate::swar;

/// Returns whether a value can stand in a line of text without quotes.
pub(super) fn is_bare(text: &str) -> bool {
    !text.is_empty() && all(text.as_bytes(), |byte| matches!(byte, b'!' | b'#'..=b'<' | b'>'..=b'~'))
}

/// Appends a JSON string.
pub(super) fn push_quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Returns whether all bytes fit.
#[inline(always)]
fn all(text: &[u8], fits: impl Fn(u8) -> bool) -> bool {
    let Some(last) = text.last_chunk::<16>() else { return text.iter().all(|&byte| fits(byte)) };
    // The compiler makes one comparison for all bytes of a chunk. The last one may overlap the one before.
    let (whole, _) = text.as_chunks::<16>();
    let mut odd = [0; 16];
    for chunk in whole.iter().chain([last]) {
        for (odd, &byte) in odd.iter_mut().zip(chunk) {
            *odd |= u8::from(!fits(byte));
        }
    }
    u128::from_ne_bytes(odd) == 0
}

/// Returns whether all bytes are printable ASCII that JSON does not escape.
fn is_plain(text: &[u8]) -> bool {
    if text.len() >= 16 {
        return all(text, |byte| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~'));
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return odd_marks(u64::from_le_bytes(*first)) | odd_marks(u64::from_le_bytes(*last)) == 0;
    }
    odd_marks(swar::load_spaced(text)) == 0
}

/// Returns a mark, not always in its place, if a byte is a control character, `"`, a backslash, or not ASCII.
fn odd_marks(word: u64) -> u64 {
    const HIGH: u64 = swar::splat(0x80);
    // A borrow comes only from a control character, and a carry only from a byte that is not ASCII.
    let control = word.wrapping_sub(swar::splat(b' '));
    let delete = word.wrapping_add(swar::splat(1));
    (word | control | delete) & HIGH | swar::equal_marks(word, b'"') | swar::equal_marks(word, b'\\')
}

/// Appends the content of a JSON string. Characters that would break a line or act on a terminal are escaped.
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        return out.extend_from_slice(text.as_bytes());
    }
    if text.bytes().all(|byte| byte < 0x7f) {
        return escape::<Plain>(out, text);
    }
    for character in text.chars() {
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            _ if is_active(character) => {
                let code = u32::from(character);
                let hex = |shift: u32| b"0123456789abcdef"[(code >> shift & 15) as usize];
                out.extend_from_slice(&[b'\\', b'u', hex(12), hex(8), hex(4), hex(0)]);
            }
            _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place of every length up to three chunks.
    #[test]
    fn plain_and_bare_strings_are_recognised() {
        for byte in (0..=0xff_u8).step_by(if cfg!(miri) { 31 } else { 1 }) {
            let plain = matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
            let bare = matches!(byte, b'!'..=b'~') && byte != b'"' && byte != b'=';
            for length in 0..50 {
                for at in 0..length {
                    let mut text = vec![b'x'; length];
                    text[at] = byte;
                    assert_eq!(is_plain(&text), plain, "{text:?}");
                    if let Ok(text) = std::str::from_utf8(&text) {
                        assert_eq!(is_bare(text), bare, "{text:?}");
                    }
                }
            }
        }
        assert!(is_plain(b"") && !is_bare(""));
        assert!(!is_plain("1234567\u{e9}".as_bytes()) && !is_bare("123456789012345\u{e9}"));
    }
}
