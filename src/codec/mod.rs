//! Encodings of bodies.

pub(crate) mod base64;
#[cfg(feature = "gzip")]
pub(crate) mod compress;
