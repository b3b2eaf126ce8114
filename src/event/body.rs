//! The body of a request: text as it came or base64, decoded on demand.

use std::fmt;

use bumpalo::Bump;

use super::Event;
use super::lookup::LookupTables;
use crate::codec::base64;
use crate::mismatch::Mismatch;

impl<'a> Event<'a> {
    /// The decoded body in its own memory, which a parser may modify; empty if the event has no body.
    pub(crate) fn decode_body(&self, lookup: &'a LookupTables, arena: &'a Bump) -> Result<&'a mut [u8], BodyError> {
        let Some(text) = self.body() else { return Ok(&mut []) };
        if !lookup.body.is_first_copy() {
            return Ok(arena.alloc_slice_copy(self.body_bytes(lookup)?));
        }
        if self.is_base64() {
            let text = text.decode(arena);
            return base64::decode(arena, text.as_bytes()).map_err(|_| BodyError::Base64);
        }
        Ok(text.decode_bytes(arena))
    }

    /// The decoded body: a part of the payload itself if it needs no decoding.
    pub(crate) fn body_bytes(&self, lookup: &'a LookupTables) -> Result<&'a [u8], BodyError> {
        let Some(text) = self.body() else { return Ok(&[]) };
        let is_base64 = self.is_base64();
        if !is_base64 && !text.has_escapes() {
            return Ok(text.raw().as_bytes());
        }
        lookup.body.get(text, is_base64).ok_or(BodyError::Base64)
    }

    /// The decoded body as text.
    pub(crate) fn body_text(&self, lookup: &'a LookupTables) -> Result<&'a str, BodyError> {
        match self.body() {
            Some(text) if !self.is_base64() && !text.has_escapes() => Ok(text.raw()),
            _ => simdutf8::basic::from_utf8(self.body_bytes(lookup)?).map_err(|_| BodyError::NotUtf8),
        }
    }
}

/// The reason why the body of a request cannot be read: a fault of the client that sent it.
///
/// Without an error handler for it, the response has status 400. [`App::on_error`](crate::App::on_error)
/// registers one.
///
/// ```
/// use gatewire::{error::BodyError, App, Request};
///
/// let app = App::new().on_error(|error: &BodyError, _: Request| (400, error.to_string()));
/// # app.build().unwrap();
/// ```
///
/// Its message is written for the client: `title: expected a string, found a number`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyError {
    /// The event says that the body is base64, and it is not: [RFC 4648 section 4][rfc], with padding.
    ///
    /// [rfc]: https://www.rfc-editor.org/rfc/rfc4648#section-4
    Base64,
    /// The handler asked for text, and the body is not UTF-8.
    NotUtf8,
    /// The body is not JSON by [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259).
    Syntax {
        /// The byte offset of the fault in the decoded body.
        offset: usize,
    },
    /// The body is JSON, but not of the requested type.
    Type(Mismatch),
    /// A JSON body is nested deeper than 128 levels.
    TooDeep,
}

impl BodyError {
    /// The part of the body that does not fit the requested type, for [`Type`](Self::Type).
    pub fn mismatch(&self) -> Option<&Mismatch> {
        match self {
            Self::Type(mismatch) => Some(mismatch),
            _ => None,
        }
    }

    /// The byte offset of the syntax error in the decoded body, for [`Syntax`](Self::Syntax).
    pub fn offset(&self) -> Option<usize> {
        match self {
            Self::Syntax { offset } => Some(*offset),
            _ => None,
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("the body is not valid base64"),
            Self::NotUtf8 => f.write_str("the body is not UTF-8 text"),
            Self::Syntax { offset } => write!(f, "the body is not valid JSON at byte {offset}"),
            Self::Type(mismatch) if mismatch.path().is_empty() => mismatch.describe(f, format_args!("the body")),
            Self::Type(mismatch) => mismatch.fmt(f),
            Self::TooDeep => f.write_str("the body is nested too deeply"),
        }
    }
}

impl std::error::Error for BodyError {}
