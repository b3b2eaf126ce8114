//! The reasons for which a request has no usable response, and the limits on what is read.

use std::{fmt, io};

/// The longest head that is read. The largest field that Lambda sends, the client context, has less than 4 KB.
pub(super) const HEAD_LIMIT: usize = 64 * 1024;
/// The longest body that is read. Lambda sends at most 6 MB.
pub(super) const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// The reason why there is no response.
#[derive(Debug)]
pub(in crate::runtime) enum Fault {
    /// The connection failed, or was closed.
    Lost(io::Error),
    /// The received bytes are not a valid HTTP response.
    Malformed(&'static str),
    /// The body of the response is longer than anything that Lambda sends.
    TooLarge,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(error) => write!(f, "the connection to the Runtime API was lost: {error}"),
            Self::Malformed(what) => write!(f, "the Runtime API sent an invalid HTTP response: {what}"),
            Self::TooLarge => write!(f, "the Runtime API sent more than {BODY_LIMIT} bytes"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}
