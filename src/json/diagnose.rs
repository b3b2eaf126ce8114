//! The plain validator: byte by byte, recursive, written for clarity.
//!
//! The fast path only detects a fault. This one finds its kind and offset. Tests also compare the fast path with it.

use super::error::{JsonError, JsonErrorKind};
use super::number;
use super::scan::BLOCK;

/// The number of arrays and objects that may be open at once.
const MAX_DEPTH: usize = 127;

/// Positions are kept as `u32`, and the last block of the scan may reach beyond the payload.
pub(super) const MAX_PAYLOAD: usize = u32::MAX as usize - BLOCK;

/// Checks a whole document.
pub(crate) fn check(payload: &[u8]) -> Result<(), JsonError> {
    if payload.len() > MAX_PAYLOAD {
        return Err(JsonError::new(JsonErrorKind::TooLarge, MAX_PAYLOAD));
    }
    let bad_utf8 = std::str::from_utf8(payload).err().map(|error| error.valid_up_to());
    let mut checker = Checker { payload, pos: 0, bad_utf8 };
    checker.skip_space();
    checker.value(0)?;
    checker.skip_space();
    if checker.pos < payload.len() {
        return Err(JsonError::new(JsonErrorKind::TrailingCharacters, checker.pos));
    }
    Ok(())
}

struct Checker<'a> {
    payload: &'a [u8],
    pos: usize,
    /// The first byte that is not UTF-8.
    bad_utf8: Option<usize>,
}

impl Checker<'_> {
    fn peek(&self) -> Option<u8> {
        self.payload.get(self.pos).copied()
    }

    /// The error for a byte at the cursor that is not allowed there, or missing.
    fn unexpected(&self) -> JsonError {
        let kind = match self.peek() {
            Some(_) => JsonErrorKind::UnexpectedByte,
            None => JsonErrorKind::UnexpectedEnd,
        };
        JsonError::new(kind, self.pos)
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected());
        }
        self.pos += 1;
        Ok(())
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.pos += 1;
        }
    }

    /// Checks one value, inside `depth` containers.
    fn value(&mut self, depth: usize) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'{') => self.container(depth, b'}', |checker, depth| {
                checker.string()?;
                checker.skip_space();
                checker.expect(b':')?;
                checker.skip_space();
                checker.value(depth)
            }),
            Some(b'[') => self.container(depth, b']', Self::value),
            Some(b'"') => self.string(),
            Some(b'n') => self.literal(b"null"),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected()),
        }
    }

    fn container(
        &mut self,
        depth: usize,
        end: u8,
        element: fn(&mut Self, usize) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if depth == MAX_DEPTH {
            return Err(JsonError::new(JsonErrorKind::TooDeep, self.pos));
        }
        self.pos += 1;
        self.skip_space();
        if self.peek() == Some(end) {
            self.pos += 1;
            return Ok(());
        }
        loop {
            element(self, depth + 1)?;
            self.skip_space();
            if self.peek() != Some(b',') {
                return self.expect(end);
            }
            self.pos += 1;
            self.skip_space();
        }
    }

    fn literal(&mut self, literal: &[u8]) -> Result<(), JsonError> {
        literal.iter().try_for_each(|&byte| self.expect(byte))
    }

    fn number(&mut self) -> Result<(), JsonError> {
        match number::length(&self.payload[self.pos..]) {
            Ok(length) => self.pos += length,
            Err((kind, before)) => return Err(JsonError::new(kind, self.pos + before)),
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.expect(b'"')?;
        loop {
            if Some(self.pos) == self.bad_utf8 {
                return Err(JsonError::new(JsonErrorKind::InvalidUtf8, self.pos));
            }
            match self.peek() {
                None => return Err(self.unexpected()),
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0..0x20) => return Err(JsonError::new(JsonErrorKind::ControlCharacter, self.pos)),
                Some(_) => self.pos += 1,
            }
        }
        self.pos += 1;
        Ok(())
    }

    /// Checks one escape, or both halves of a surrogate pair.
    fn escape(&mut self) -> Result<(), JsonError> {
        let start = self.pos;
        match self.payload.get(start + 1) {
            None => return Err(JsonError::new(JsonErrorKind::UnexpectedEnd, start + 1)),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.pos += 2,
            Some(b'u') => match self.unit()? {
                0xD800..0xDC00 => {
                    let paired = self.payload[self.pos..].starts_with(b"\\u");
                    if !paired || !(0xDC00..0xE000).contains(&self.unit()?) {
                        return Err(JsonError::new(JsonErrorKind::LoneSurrogate, start));
                    }
                }
                0xDC00..0xE000 => return Err(JsonError::new(JsonErrorKind::LoneSurrogate, start)),
                _ => {}
            },
            Some(_) => return Err(JsonError::new(JsonErrorKind::InvalidEscape, start)),
        }
        Ok(())
    }

    /// Reads the UTF-16 code unit of the `\u` escape that starts here.
    fn unit(&mut self) -> Result<u32, JsonError> {
        let start = self.pos;
        let mut unit = 0;
        for at in start + 2..start + 6 {
            let Some(&byte) = self.payload.get(at) else {
                return Err(JsonError::new(JsonErrorKind::UnexpectedEnd, at));
            };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(JsonError::new(JsonErrorKind::InvalidEscape, start));
            };
            unit = unit << 4 | digit;
        }
        self.pos = start + 6;
        Ok(unit)
    }
}
