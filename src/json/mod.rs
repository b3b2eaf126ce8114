//! Reads JSON: one strict pass over a whole document, then lazy typed views of it.
//!
//! ```text
//! payload ─► scan: finds and checks strings ─► walk: checks the grammar, shows the wanted keys ─► Document ─► Value
//!              (SIMD, 64 bytes a step)        │ on any fault
//!                                             └─► diagnose: byte by byte, names kind and offset
//! ```
//!
//! The verdict is that of `serde_json::from_slice::<serde_json::Value>`. Once the index has grown to the
//! largest document so far, nothing is allocated.

mod cursor;
mod diagnose;
mod error;
mod index;
mod isa;
mod keys;
mod number;
mod scan;
mod span;
mod text;
pub(crate) mod transcode;
mod value;
pub(crate) mod write;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use cursor::key_bit;
pub(crate) use cursor::{Member, Visitor, key_filter};
pub(crate) use diagnose::check;
pub use error::{JsonError, JsonErrorKind};
pub(crate) use index::Index;
#[cfg(feature = "internals")]
pub(crate) use isa::isa_name;
pub(crate) use keys::Keys;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use scan::scan_by_every_isa;
pub(crate) use span::{Kind, Span};
pub(crate) use text::Text;
pub(crate) use text::unescape;
pub(crate) use value::{Document, Entries, Items, Value};
