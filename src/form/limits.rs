//! The limits of a form, which keep the memory of the arena small whatever a client sends.

/// The most fields that a form of the type `application/x-www-form-urlencoded` may have.
pub const MAX_FIELDS: usize = 1024;

/// The most parts that a multipart form may have.
pub const MAX_PARTS: usize = 1024;

/// The most bytes that the header fields of one part may have.
pub const MAX_HEAD_BYTES: usize = 16 << 10;
