//! The vocabulary of HTTP, without its wire format.

#[cfg(any(feature = "gzip", feature = "static-files"))]
pub(crate) mod accept_encoding;
pub(crate) mod cookie;
pub(crate) mod date;
pub(crate) mod entity_tag;
pub(crate) mod header;
pub(crate) mod media_type;
pub(crate) mod parameters;
pub(crate) mod percent;
#[cfg(feature = "static-files")]
pub(crate) mod range;
pub(crate) mod status;

pub use cookie::{Cookie, CookieError, SameSite};
pub use status::{InvalidStatusCode, StatusCode};
