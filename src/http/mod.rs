//! The vocabulary of HTTP, without its wire format.

#[cfg(feature = "gzip")]
pub(crate) mod accept_encoding;
pub(crate) mod cookie;
pub(crate) mod date;
pub(crate) mod header;
pub(crate) mod media_type;
pub(crate) mod parameters;
pub(crate) mod percent;
pub(crate) mod status;

pub use cookie::{Cookie, CookieError, SameSite};
pub use status::{InvalidStatusCode, StatusCode};
