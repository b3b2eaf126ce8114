//! Writes JSON into a byte buffer, as it stands or as the content of a JSON string.
//!
//! A proxy response is a JSON object whose `body` is a string, and that string is mostly JSON itself. Writing the body
//! first and escaping it afterwards touches each byte twice; here a value is written once, at one of two [levels](escape::Level):
//!
//! | level | the value `{"a": "x\ny"}` is written as |
//! | --- | --- |
//! | [`Plain`] | `{"a":"x\ny"}` |
//! | [`Nested`] | `{\"a\":\"x\\ny\"}` |
//!
//! What is written at a level is always JSON of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259) in UTF-8, and the
//! same text that `serde_json` writes.

mod error;
mod escape;
mod key;
mod object;
mod ser;
mod simd;
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
pub(crate) use simd::by_every_form;
