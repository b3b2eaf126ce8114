//! Writes JSON into a byte buffer, directly or as the content of a JSON string.
//!
//! A proxy response is a JSON object whose `body` is a string, and that string is mostly JSON itself. To write the
//! body first and to escape it afterwards touches each byte twice; here a value is written once, at one of two
//! [levels](escape::Level):
//!
//! | level | the value `{"a": "x\ny"}` is written as |
//! | --- | --- |
//! | [`Plain`] | `{"a":"x\ny"}` |
//! | [`Nested`] | `{\"a\":\"x\\ny\"}` |
//!
//! The output at each level is JSON of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259) in UTF-8, and equal to that of
//! `serde_json`.

mod error;
mod escape;
mod object;
mod ser;
mod simd;
mod table;
#[cfg(test)]
mod tests;
mod verbatim;

pub use error::SerializeError;
pub(crate) use {
    escape::{Nested, Plain, escape},
    object::{push_int, push_key, push_string},
    ser::to_json,
    verbatim::Verbatim,
};

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use simd::escape_by_every_isa;
