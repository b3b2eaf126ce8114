//! The walk over a scanned document: strings by the quote index, all else byte by byte.
//!
//! Each step checks the grammar and gives `None` where it is broken; which rule was broken is for `diagnose` to find.

use super::number;
use super::text::Text;
use super::value::Span;

/// A stack of one bit for each open container, 1 for an object, above a sentinel: nothing is open.
pub(super) const NOTHING_OPEN: u128 = 1;

/// Opens one container more, or refuses: `serde_json` allows 127.
#[inline(always)]
pub(super) fn push(open: u128, object: bool) -> Option<u128> {
    if open >> 127 != 0 {
        return None;
    }
    Some(open << 1 | u128::from(object))
}

// What stands from a closing quote on, the first byte lowest.
const TEXT_FOLLOWS: u64 = u64::from_le_bytes(*b"\":\"\0\0\0\0\0");
const LIST_FOLLOWS: u64 = u64::from_le_bytes(*b"\":[\"\0\0\0\0");
const NULL_FOLLOWS: u64 = u64::from_le_bytes(*b"\":null,\"");
const KEY_FOLLOWS: u32 = u32::from_le_bytes(*b"\",\"\0");
const LIST_ENDS: u32 = u32::from_le_bytes(*b"\"],\"");

/// A place in a scanned document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    /// Opening and closing quotes by turns: their number is even.
    pub(super) quotes: &'a [u32],
    /// The byte that comes next.
    pub(super) pos: usize,
    /// The index of the first quote at or behind `pos`.
    pub(super) quote: usize,
}

/// What the members of an object led to.
enum Member {
    /// The end of a value: a comma or the end of the object comes next.
    Ended,
    /// The first byte of a value that is still to be walked.
    Value(u8),
}

impl<'a> Cursor<'a> {
    /// The byte at the cursor, 0 at the end: no value and no separator starts with it.
    #[inline(always)]
    pub(super) fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.pos).copied().unwrap_or(0)
    }

    /// Passes white space, and gives the byte behind it.
    #[inline(always)]
    pub(super) fn skip_space(&mut self) -> u8 {
        loop {
            match self.byte() {
                b' ' | b'\n' | b'\r' | b'\t' => self.pos += 1,
                byte => return byte,
            }
        }
    }

    /// Consumes the string that starts here.
    #[inline(always)]
    pub(super) fn string(&mut self) -> Option<Text<'a>> {
        let &[open, close] = self.quotes.get(self.quote..)?.first_chunk()?;
        if open as usize != self.pos {
            return None;
        }
        self.quote += 2;
        self.pos = close as usize + 1;
        self.text.get(open as usize + 1..close as usize).map(Text::new)
    }

    /// Consumes a key and its colon, up to the first byte of the value.
    #[inline(always)]
    pub(super) fn key(&mut self) -> Option<Text<'a>> {
        let key = self.string()?;
        if self.skip_space() != b':' {
            return None;
        }
        self.pos += 1;
        self.skip_space();
        Some(key)
    }

    /// Consumes the value that starts here, inside of the containers that are `open`.
    #[inline(always)]
    pub(super) fn value(&mut self, open: u128) -> Option<Span> {
        let (start, quote) = (self.pos as u32, self.quote as u32);
        match self.byte() {
            b'"' => drop(self.string()?),
            b'{' | b'[' => *self = self.container(open)?,
            _ => self.scalar()?,
        }
        Some(Span::new(start, self.pos as u32, quote))
    }

    /// Consumes a literal or a number.
    #[inline]
    fn scalar(&mut self) -> Option<()> {
        let rest = self.text.as_bytes().get(self.pos..)?;
        self.pos += match rest.first_chunk() {
            Some(b"null" | b"true") => 4,
            Some(b"fals") if rest.get(4) == Some(&b'e') => 5,
            _ => number::length(rest).ok()?,
        };
        Some(())
    }

    /// Walks the container that starts here to its end. Takes and gives the cursor by value, which keeps it in registers.
    #[inline(never)]
    fn container(mut self, base: u128) -> Option<Self> {
        let mut open = base;
        let mut byte = self.byte();
        'value: loop {
            match byte {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    let object = byte == b'{';
                    let inside = push(open, object)?;
                    self.pos += 1;
                    byte = self.skip_space();
                    // The closing bracket stands two behind the opening one in ASCII.
                    if byte == if object { b'}' } else { b']' } {
                        self.pos += 1;
                    } else {
                        open = inside;
                        if !object {
                            continue 'value;
                        }
                        if let Member::Value(first) = self.members()? {
                            byte = first;
                            continue 'value;
                        }
                    }
                }
                _ => self.scalar()?,
            }
            while open != base {
                let object = open & 1 == 1;
                match self.skip_space() {
                    b',' => {
                        self.pos += 1;
                        byte = self.skip_space();
                        if !object {
                            continue 'value;
                        }
                        if let Member::Value(first) = self.members()? {
                            byte = first;
                            continue 'value;
                        }
                    }
                    b'}' if object => {
                        self.pos += 1;
                        open >>= 1;
                    }
                    b']' if !object => {
                        self.pos += 1;
                        open >>= 1;
                    }
                    _ => return None,
                }
            }
            return Some(self);
        }
    }

    /// From a key on: passes the members whose text around the quotes is of a common minified form. Most of a gateway's
    /// event is that: `"key":"text",`, `"key":["text"],` and `"key":null,`.
    #[inline(always)]
    fn members(&mut self) -> Option<Member> {
        while let Some(&[open, close, _, end]) = self.quotes.get(self.quote..)?.first_chunk() {
            let Some(behind_key) = self.bytes_at(close).map(|bytes| u64::from_le_bytes(*bytes)) else {
                break;
            };
            let behind_value = || self.bytes_at(end).map(|bytes| u32::from_le_bytes(*bytes));
            if open as usize != self.pos {
                return None;
            }
            if behind_key & 0xFF_FFFF == TEXT_FOLLOWS {
                let key_follows = behind_value().is_some_and(|bytes| bytes & 0xFF_FFFF == KEY_FOLLOWS);
                self.quote += 4;
                self.pos = end as usize + 1 + usize::from(key_follows);
                if !key_follows {
                    return Some(Member::Ended);
                }
            } else if behind_key & 0xFFFF_FFFF == LIST_FOLLOWS && behind_value() == Some(LIST_ENDS) {
                self.quote += 4;
                self.pos = end as usize + 3;
            } else if behind_key == NULL_FOLLOWS {
                self.quote += 2;
                self.pos = close as usize + 7;
            } else {
                break;
            }
        }
        self.key()?;
        Some(Member::Value(self.byte()))
    }

    /// The `N` bytes from `at` on.
    #[inline(always)]
    fn bytes_at<const N: usize>(&self, at: u32) -> Option<&'a [u8; N]> {
        self.text.as_bytes().get(at as usize..)?.first_chunk()
    }
}
