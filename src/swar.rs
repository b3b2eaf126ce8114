//! SIMD within a register: eight bytes at a time in a `u64`, the first byte lowest.

/// Returns a word with `byte` in each of its eight places.
#[inline(always)]
pub(crate) const fn splat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Returns the highest bit of each byte that is zero. No carry leaves a byte, so every mark is exact.
#[inline(always)]
pub(crate) const fn zero_marks(word: u64) -> u64 {
    const LOW: u64 = splat(0x7F);
    !(((word & LOW) + LOW) | word | LOW)
}

/// Returns the highest bit of each byte that equals `byte`.
#[inline(always)]
pub(crate) const fn equal_marks(word: u64, byte: u8) -> u64 {
    zero_marks(word ^ splat(byte))
}

/// Returns the highest bit of each byte that is a control character of ASCII: below 0x20, or 0x7F.
#[inline(always)]
pub(crate) const fn control_marks(word: u64) -> u64 {
    zero_marks(word & splat(0xE0)) | equal_marks(word, 0x7F)
}

/// Returns whether `marks` marks a byte of `text`. It must not mark spaces, which fill up the last word.
#[inline(always)]
pub(crate) fn any_marked(text: &[u8], marks: impl Fn(u64) -> u64) -> bool {
    let (whole, rest) = text.as_chunks::<8>();
    let all = whole.iter().fold(0, |all, bytes| all | marks(u64::from_le_bytes(*bytes)));
    all | marks(load_spaced(rest)) != 0
}

/// Loads up to seven bytes as a word, filled up with spaces.
#[inline(always)]
pub(crate) fn load_spaced(bytes: &[u8]) -> u64 {
    load_partial(bytes) | splat(b' ') << (bytes.len() * 8)
}

/// Loads up to eight bytes as a word, filled up with zeros.
#[inline(always)]
pub(crate) fn load_partial(bytes: &[u8]) -> u64 {
    debug_assert!(bytes.len() <= 8);
    // Two loads that overlap, if there are enough bytes for them.
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << ((bytes.len() - 4) * 8 % 64);
    }
    // Three loads, which may be of the same byte.
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return 0 };
    let middle = bytes.len() / 2;
    u64::from(*first) | u64::from(bytes[middle]) << (middle * 8) | u64::from(*last) << ((bytes.len() - 1) * 8)
}

/// Returns up to seven bytes and their number as a word, which differs from that of every other string. Returns `None`
/// for a longer string.
#[inline(always)]
pub(crate) fn short_key(bytes: &[u8]) -> Option<u64> {
    (bytes.len() < 8).then(|| load_partial(bytes) | (bytes.len() as u64) << 56)
}

/// Returns whether `text` contains `byte`. For strings of a few words: `memchr` is faster for longer ones.
#[inline(always)]
pub(crate) fn contains_byte(text: &[u8], byte: u8) -> bool {
    let (whole, rest) = text.as_chunks::<8>();
    let marks = whole.iter().fold(0, |marks, bytes| marks | equal_marks(u64::from_le_bytes(*bytes), byte));
    // The last word is filled up with 0, so `byte` must not be 0.
    debug_assert_ne!(byte, 0);
    marks | equal_marks(load_partial(rest), byte) != 0
}

/// Returns whether two strings of the same length are equal, without regard to the case of ASCII letters.
#[inline(always)]
pub(crate) fn equal_ignoring_case(a: &[u8], b: &[u8]) -> bool {
    debug_assert_eq!(a.len(), b.len());
    let (a_words, a_rest) = a.as_chunks::<8>();
    let (b_words, b_rest) = b.as_chunks::<8>();
    let mut words = a_words.iter().zip(b_words);
    words.all(|(a, b)| same_letters(u64::from_le_bytes(*a), u64::from_le_bytes(*b)))
        && same_letters(load_partial(a_rest), load_partial(b_rest))
}

/// Returns whether two words are equal, without regard to the case of ASCII letters.
#[inline(always)]
const fn same_letters(a: u64, b: u64) -> bool {
    const CASE: u64 = splat(0x20);
    let differs = a ^ b;
    if differs & !CASE != 0 {
        return false;
    }
    // In a byte without its highest bit, the addition sets that bit from a bound on.
    let low = (a | CASE) & splat(0x7F);
    let letters = (low + splat(0x80 - b'a')) & !(low + splat(0x7F - b'z')) & !a & splat(0x80);
    differs & !(letters >> 2) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_exact_for_every_byte_and_place() {
        // The slash is 47.
        for byte in (0..=255).step_by(if cfg!(miri) { 47 } else { 1 }) {
            for place in 0..8 {
                for other in [0, 1, b'/', 0x7F, 0x80, 0xFF] {
                    let mut bytes = [other; 8];
                    bytes[place] = byte;
                    let expected = bytes.map(|byte| if byte == b'/' { 0x80 } else { 0 });
                    let marks = equal_marks(u64::from_le_bytes(bytes), b'/');
                    assert_eq!(marks.to_le_bytes(), expected, "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn a_byte_is_found_at_every_place() {
        for length in 0..40 {
            let mut text = vec![b'a'; length];
            assert!(!contains_byte(&text, b'%'));
            for place in 0..length {
                text[place] = b'%';
                assert!(contains_byte(&text, b'%'), "{place} of {length}");
                text[place] = b'$';
            }
        }
    }

    #[test]
    fn control_characters_are_found_at_every_place() {
        for length in 0..20 {
            let mut text = vec![b' '; length];
            assert!(!any_marked(&text, control_marks));
            for place in 0..length {
                for byte in 0..=255_u8 {
                    text[place] = byte;
                    assert_eq!(
                        any_marked(&text, control_marks),
                        byte.is_ascii_control(),
                        "{byte} at {place} of {length}"
                    );
                }
                text[place] = 0xFF;
            }
        }
    }

    #[test]
    fn case_is_ignored_in_letters_only() {
        let some = || (0..=255_u8).step_by(if cfg!(miri) { 16 } else { 1 });
        for a in some() {
            for b in some() {
                let same = a.eq_ignore_ascii_case(&b);
                for length in [1, 3, 8, 13] {
                    let mut texts = [vec![b'x'; length], vec![b'X'; length]];
                    for (text, byte) in texts.iter_mut().zip([a, b]) {
                        text[length - 1] = byte;
                    }
                    assert_eq!(equal_ignoring_case(&texts[0], &texts[1]), same, "{a} {b}, {length} bytes");
                }
            }
        }
    }

    #[test]
    fn short_strings_have_distinct_keys() {
        let texts = ["", "\0", "\0\0", "GET", "GET\0", "PUT", "DELETE", "OPTIONS"];
        for (at, text) in texts.iter().enumerate() {
            assert_eq!(
                texts.iter().position(|other| short_key(other.as_bytes()) == short_key(text.as_bytes())),
                Some(at)
            );
        }
        assert_eq!(short_key(b"PROPFIND"), None);
    }

    #[test]
    fn a_partial_word_has_its_bytes_and_zeros() {
        for length in 0..=8 {
            let bytes: Vec<u8> = (1..=length).collect();
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(&bytes);
            assert_eq!(load_partial(&bytes), u64::from_le_bytes(whole), "{length}");
        }
    }
}
