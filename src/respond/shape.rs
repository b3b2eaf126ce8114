//! The shape in which each source takes a response.

use crate::source::EventSource;

/// The form in which a source takes header fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `multiValueHeaders`: REST APIs, payload 1.0, load balancers that sent them. Cookies are `Set-Cookie` fields.
    Multi,
    /// `headers` with repeated fields joined, and `cookies`: payload 2.0.
    Joined,
    /// `headers` with repeated fields joined, and each cookie under its own name: load balancers that send no
    /// multi-value headers, and version 1 of VPC Lattice.
    Single,
    /// `headers` with repeated fields joined, and a list of cookies if there are several: version 2 of VPC Lattice.
    Listed,
}

impl Shape {
    /// Returns the shape that a source takes, and the JSON value of an absent body. `multi_value`: the request carried
    /// multi-value headers.
    #[inline(always)]
    pub(super) const fn of(source: EventSource, multi_value: bool) -> (Self, &'static [u8]) {
        match source {
            EventSource::RestApi | EventSource::HttpApiV1 => (Self::Multi, b"null"),
            EventSource::HttpApiV2 | EventSource::FunctionUrl => (Self::Joined, b"null"),
            // A load balancer answers 502 if the body is `null`, and VPC Lattice documents a string.
            EventSource::Alb if multi_value => (Self::Multi, b"\"\""),
            EventSource::Alb | EventSource::LatticeV1 => (Self::Single, b"\"\""),
            EventSource::LatticeV2 => (Self::Listed, b"\"\""),
        }
    }

    /// Returns the shape of the prelude of a streamed response.
    pub(super) const fn of_prelude(source: EventSource) -> Self {
        if matches!(source, EventSource::RestApi) { Self::Multi } else { Self::Joined }
    }

    /// Appends the bytes after a JSON body, from its closing quote on, for a response without header fields of its own,
    /// as most are.
    #[inline(always)]
    pub(super) fn write_json_only(self, out: &mut Vec<u8>) {
        // Each is a constant: constants are copied without a call.
        match self {
            Self::Multi => out.extend_from_slice(
                br#"","isBase64Encoded":false,"multiValueHeaders":{"Content-Type":["application/json"]}}"#,
            ),
            Self::Joined => out.extend_from_slice(
                br#"","isBase64Encoded":false,"headers":{"Content-Type":"application/json"},"cookies":[]}"#,
            ),
            Self::Single | Self::Listed => {
                out.extend_from_slice(br#"","isBase64Encoded":false,"headers":{"Content-Type":"application/json"}}"#)
            }
        }
    }
}
