//! The reasons why a form cannot be read.

use std::fmt;

use super::limits::MAX_HEAD_BYTES;
use crate::event::BodyError;
use crate::http::StatusCode;
use crate::mismatch::{Fault, Mismatch};

/// The reason why a form cannot be read: a fault of the client that sent it.
///
/// Without an error handler for it, the response has its [`status`](Self::status), and its message is written for the
/// client: `the form field count: expected an integer from 0 to 255, found "many"`.
///
/// ```
/// use gatewire::{error::FormError, App, Request};
///
/// let app = App::new().on_error(|error: &FormError, _: Request| (error.status(), error.to_string()));
/// # app.build().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormError {
    /// The request has another `Content-Type`, or none.
    ContentType {
        /// The type that was asked for.
        expected: &'static str,
    },
    /// The `Content-Type` of a multipart form has no `boundary` of 1 to 70 characters, as [RFC 2046 section
    /// 5.1.1](https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1) requires.
    Boundary,
    /// The body cannot be read at all.
    Body(BodyError),
    /// A name, or a value that is read as text, is not UTF-8.
    NotUtf8,
    /// The form is well-formed, but not of the requested type.
    Type(Mismatch),
    /// The body is not a multipart form.
    Multipart {
        /// The byte offset in the body at which the fault was found.
        offset: usize,
        /// The kind of fault.
        kind: MultipartFault,
    },
    /// The form has more fields or parts than allowed.
    TooMany {
        /// The largest number that is allowed.
        limit: usize,
    },
}

/// The faults of a multipart form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MultipartFault {
    /// The boundary is not in the body.
    NoBoundary,
    /// The line of a boundary has other characters after the boundary.
    BoundaryLine,
    /// The body ends before the boundary that closes it.
    Unclosed,
    /// The header fields of a part are not terminated by an empty line, or one of them is malformed.
    Head,
    /// The header fields of a part are longer than [`MAX_HEAD_BYTES`].
    LongHead,
    /// A part has no name.
    NoName,
}

impl FormError {
    /// The error of fields that are not those of the requested type.
    #[cold]
    pub(crate) fn of_fields(fault: Fault) -> Self {
        Self::Type(fault.into_mismatch(|name| name.unwrap_or_default().to_owned()))
    }

    #[cold]
    pub(super) fn multipart(offset: usize, kind: MultipartFault) -> Self {
        Self::Multipart { offset, kind }
    }

    /// Returns the status of the response: 415 for another content type, 413 for too many fields or parts, else 400.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::ContentType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany { .. } => StatusCode::CONTENT_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns whether validation answers the error among others: one of the content type or of a field. A form that cannot
    /// be read at all is answered by itself.
    #[cfg(feature = "validate")]
    pub(crate) fn is_explained(&self) -> bool {
        self.mismatch().is_some() || self.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE
    }

    /// Returns the field that does not fit the requested type, for [`Type`](Self::Type). The path of the mismatch is the
    /// name of the field.
    pub fn mismatch(&self) -> Option<&Mismatch> {
        match self {
            Self::Type(mismatch) => Some(mismatch),
            _ => None,
        }
    }
}

impl From<BodyError> for FormError {
    #[cold]
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::NotUtf8 => Self::NotUtf8,
            error => Self::Body(error),
        }
    }
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentType { expected } => write!(f, "the content type is not {expected}"),
            Self::Boundary => f.write_str("the content type has no boundary of 1 to 70 characters"),
            Self::Body(error) => error.fmt(f),
            Self::NotUtf8 => f.write_str("the form is not UTF-8 text"),
            Self::Type(mismatch) => match mismatch.path() {
                "" => mismatch.describe(f, format_args!("the form")),
                name => mismatch.describe(f, format_args!("the form field {name}")),
            },
            Self::Multipart { offset, kind } => write!(f, "the multipart form is malformed at byte {offset}: {kind}"),
            Self::TooMany { limit } => write!(f, "the form has more than {limit} fields"),
        }
    }
}

impl fmt::Display for MultipartFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBoundary => f.write_str("the boundary is missing"),
            Self::BoundaryLine => f.write_str("the line of a boundary has other characters"),
            Self::Unclosed => f.write_str("the last boundary is missing"),
            Self::Head => f.write_str("the header fields of a part are malformed"),
            Self::LongHead => write!(f, "the header fields of a part have more than {MAX_HEAD_BYTES} bytes"),
            Self::NoName => f.write_str("a part has no name"),
        }
    }
}

impl std::error::Error for FormError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Body(error) => Some(error),
            Self::Type(mismatch) => Some(mismatch),
            _ => None,
        }
    }
}
