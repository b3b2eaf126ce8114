//! The error of a malformed document: its kind and its place.

use std::fmt;

/// A payload that is not the expected JSON: the kind of the fault and its byte offset.
///
/// The rules are those of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), with the limits that `serde_json` sets:
/// at most 127 arrays and objects inside one another, numbers within the range of `f64`, no lone surrogates.
///
/// # Examples
///
/// ```
/// fn log(error: &gatewire::error::JsonError) {
///     eprintln!("{error}"); // unexpected character at byte 17
///     eprintln!("{:?}, {}", error.kind(), error.offset());
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JsonError {
    kind: JsonErrorKind,
    offset: usize,
}

impl JsonError {
    /// Creates an error of `kind` at byte `offset` of the payload.
    #[inline]
    pub(crate) const fn new(kind: JsonErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// The kind of the fault.
    pub const fn kind(&self) -> JsonErrorKind {
        self.kind
    }

    /// The place of the fault: an offset into the payload, in bytes. [`JsonErrorKind`] documents which byte that is.
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind.message(), self.offset)
    }
}

impl std::error::Error for JsonError {}

/// The kinds of faults in a payload, and the byte that [`JsonError::offset`] then points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// The payload stops inside a value, or is empty. Points past the last byte.
    UnexpectedEnd,
    /// A character that is not allowed here. Points to it.
    UnexpectedByte,
    /// A raw control character inside a string. Points to it.
    ControlCharacter,
    /// A backslash that starts no known escape. Points to the backslash.
    InvalidEscape,
    /// One half of a surrogate pair without the other. Points to the backslash of that half.
    LoneSurrogate,
    /// A string that is not UTF-8. Points to the first byte of the invalid sequence.
    InvalidUtf8,
    /// A number that is not in JSON's form. Points to the first character that does not fit.
    InvalidNumber,
    /// A number too large for an `f64`. Points to its first character.
    NumberOutOfRange,
    /// More than 127 arrays and objects inside one another. Points to the bracket that is one too many.
    TooDeep,
    /// Something after the end of the document. Points to it.
    TrailingCharacters,
    /// More bytes than can be indexed: about 4 GiB. Points to the first byte beyond.
    TooLarge,
    /// Valid JSON, but a value of another type than expected. Points to the value's first character.
    WrongType,
}

impl JsonErrorKind {
    const fn message(self) -> &'static str {
        match self {
            Self::UnexpectedEnd => "unexpected end",
            Self::UnexpectedByte => "unexpected character",
            Self::ControlCharacter => "control character in a string",
            Self::InvalidEscape => "invalid escape",
            Self::LoneSurrogate => "lone surrogate",
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::InvalidNumber => "invalid number",
            Self::NumberOutOfRange => "number out of range",
            Self::TooDeep => "nested too deeply",
            Self::TrailingCharacters => "trailing characters",
            Self::TooLarge => "payload too large",
            Self::WrongType => "value of the wrong type",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_has_kind_and_offset() {
        let error = JsonError::new(JsonErrorKind::UnexpectedByte, 17);
        assert_eq!(error.to_string(), "unexpected character at byte 17");
        assert_eq!((error.kind(), error.offset()), (JsonErrorKind::UnexpectedByte, 17));
    }
}
