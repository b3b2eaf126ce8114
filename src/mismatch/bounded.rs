//! Strings of limited length without control characters, made from any input.

use std::fmt::{self, Write};

/// Formats at most `limit` characters; if there are more, `…` ends the string.
///
/// Control characters, and those that turn the direction of text or break lines, become escapes.
#[cold]
pub(crate) fn bounded(limit: usize, text: fmt::Arguments<'_>) -> String {
    let mut bounded = Bounded { text: String::new(), left: limit };
    // The writer fails once it is full.
    if bounded.write_fmt(text).is_err() {
        bounded.text.push('…');
    }
    bounded.text
}

/// A string from a client in quotation marks, in a length that fits into a message.
#[cold]
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", bounded(40, format_args!("{text}")))
}

struct Bounded {
    text: String,
    left: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            match char {
                '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    self.text.extend(char.escape_unicode());
                }
                char if char.is_control() => self.text.extend(char.escape_default()),
                char => self.text.push(char),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_control_characters_escaped() {
        assert_eq!(bounded(3, format_args!("{}", "abc")), "abc");
        assert_eq!(bounded(3, format_args!("a{}", "bcd")), "abc…");
        assert_eq!(bounded(9, format_args!("a\n\u{202e}\u{9b}\u{e9}")), "a\\n\\u{202e}\\u{9b}\u{e9}");
        assert_eq!(quoted(&"\u{7f}".repeat(1000)).len(), 2 + 40 * "\\u{7f}".len() + "…".len());
    }
}
