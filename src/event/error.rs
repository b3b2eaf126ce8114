//! The faults of an event.

use std::fmt;

use super::other::OtherEvent;
use crate::json::{JsonError, JsonErrorKind, Kind};

/// The reason why a payload is not an event that the engine answers.
///
/// The invocation is reported as failed to the Lambda service; the next one is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventError {
    /// The payload is not a JSON document by [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), or not an object.
    Json(JsonError),
    /// The keys of the event are those of no known gateway: see [`EventSource`](crate::EventSource).
    UnknownSource,
    /// The keys of the event are those of another service.
    Other(OtherEvent),
    /// A field without which the event cannot be answered is absent or `null`.
    Missing {
        /// The path of the field, as in `requestContext.http.method`.
        field: &'static str,
    },
    /// A field is of another type than AWS documents.
    WrongType {
        /// The path of the field.
        field: &'static str,
        /// The JSON type that it should have.
        expected: &'static str,
        /// The byte offset of its value in the payload.
        offset: usize,
    },
}

impl EventError {
    #[cold]
    pub(super) const fn wrong_type(field: &'static str, expected: Kind, offset: usize) -> Self {
        let expected = match expected {
            Kind::Object => "an object",
            Kind::Array => "an array",
            Kind::String => "a string",
            Kind::Number => "a number",
            Kind::Bool => "a boolean",
            Kind::Null => "null",
        };
        Self::WrongType { field, expected, offset }
    }

    /// The type of the error that is reported to the Lambda service.
    pub(crate) const fn error_type(self) -> &'static str {
        match self {
            Self::Json(_) => "Gatewire.MalformedPayload",
            _ => "Gatewire.UnknownEvent",
        }
    }
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) if error.kind() == JsonErrorKind::WrongType => {
                write!(f, "the payload is not a proxy event: {error}")
            }
            Self::Json(error) => write!(f, "the payload is not JSON: {error}"),
            Self::UnknownSource => f.write_str(
                "the payload is not a proxy event: it has the keys neither of a REST or HTTP API, nor of an Application Load \
                 Balancer, a Function URL or VPC Lattice (App::source pins the kind if an emulator sends less)",
            ),
            Self::Other(other) => write!(f, "the payload is not a proxy event: it is {other}"),
            Self::Missing { field } => write!(f, "the event has no {field}"),
            Self::WrongType { field, expected, offset } => {
                write!(f, "{field} of the event, at byte {offset}, is not {expected}")
            }
        }
    }
}

impl std::error::Error for EventError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            _ => None,
        }
    }
}

impl From<JsonError> for EventError {
    #[cold]
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}
