//! The characters that are allowed in the name and in the value of a header field
//! ([RFC 9110 section 5](https://www.rfc-editor.org/rfc/rfc9110#section-5)).

/// Returns whether a field name is a token: one or more letters, digits and ``!#$%&'*+-.^_`|~``.
pub(crate) fn valid_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| TOKEN[usize::from(byte)])
}

/// Returns whether a field value has no control characters except the tab. A line break would begin another field.
///
/// Characters beyond ASCII are allowed: RFC 9110 calls them obsolete, but the gateways transport them.
pub(crate) fn valid_value(value: &str) -> bool {
    value.bytes().all(|byte| VALUE[usize::from(byte)])
}

/// Returns whether two field names are equal, without regard to case.
#[inline]
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let symbols = b"!#$%&'*+-.^_`|~";
    let mut i = 0;
    while i < symbols.len() {
        table[symbols[i] as usize] = true;
        i += 1;
    }
    table
};

static VALUE: [bool; 256] = {
    let mut table = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = byte == b'\t' as usize;
        byte += 1;
    }
    table[0x7f] = false;
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_name() {
        for byte in 0..=255u8 {
            // RFC 9110 section 5.6.2: any visible ASCII character except delimiters.
            let delimiter = b"\"(),/:;<=>?@[\\]{}".contains(&byte);
            assert_eq!(TOKEN[usize::from(byte)], byte.is_ascii_graphic() && !delimiter, "{byte:#x}");
        }
    }

    #[test]
    fn every_byte_of_a_value() {
        for byte in 0..=255u8 {
            let expected = !byte.is_ascii_control() || byte == b'\t';
            assert_eq!(VALUE[usize::from(byte)], expected, "{byte:#x}");
        }
    }

    #[test]
    fn names() {
        for name in ["a", "Content-Type", "x_1.~", "!#$%&'*+-.^_`|~"] {
            assert!(valid_name(name), "{name}");
        }
        for name in ["", " ", "a b", "a:", "naïve", "a\r\nb", "a\0", "\"a\""] {
            assert!(!valid_name(name), "{name:?}");
        }
    }

    #[test]
    fn values() {
        for value in ["", " ", "text/html; charset=\"utf-8\"", "a\tb", "naïve 😀", "(comment)"] {
            assert!(valid_value(value), "{value}");
        }
        for value in ["a\nb", "a\r\nSet-Cookie: b", "\0", "\u{7f}", "\u{1b}[0m"] {
            assert!(!valid_value(value), "{value:?}");
        }
    }
}
