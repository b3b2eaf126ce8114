//! Response → payload, in the exact shape of each source.
//!
//! API Gateway and load balancers respond with 502 if a response has a key that they do not know, so each gets its own
//! keys and no other.
//!
//! A file uses only those before it: `shape` says what a source takes, `head` keeps header fields, `fields` writes them
//! in a shape, `buffer` has the whole response, and `stream` the parts of one that is sent while it is made.

mod buffer;
mod fields;
mod head;
mod shape;
mod stream;
#[cfg(test)]
mod tests;

pub use head::HeaderError;

pub(crate) use buffer::{ResponseBuffer, write_json, write_json_with};
#[cfg(feature = "http")]
pub(crate) use head::Head;
pub(crate) use head::check_field;
