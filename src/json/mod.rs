//! JSON, read: one strict pass over a whole document, then lazy typed views of it.
//!
//! ```text
//! payload ─► scan: ends of strings, strings checked ─► walk: grammar checked, keys that matter shown ─► Document ─► Value
//!              (SIMD, 64 bytes a step)                │ on any fault
//!                                                     └─► diagnose: byte by byte, names kind and offset
//! ```
//!
//! The verdict is that of `serde_json::from_slice::<serde_json::Value>`. Nothing is allocated once the index has grown
//! to the largest document seen.

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
mod cpu;
mod cursor;
mod diagnose;
mod error;
mod index;
mod number;
mod scan;
mod text;
pub(crate) mod transcode;
mod value;
mod visit;
pub(crate) mod write;

#[cfg(test)]
mod tests;

pub(crate) use cursor::Member;
pub(crate) use diagnose::check;
pub use error::{JsonError, JsonErrorKind};
pub(crate) use index::Index;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use scan::by_every_path;
#[cfg(feature = "internals")]
pub(crate) use scan::path;
pub(crate) use text::Text;
pub(crate) use text::unescape;
pub(crate) use value::{Document, Entries, Items, Kind, Place, Span, Value};
#[cfg(test)]
pub(crate) use visit::mark;
pub(crate) use visit::{Visitor, marks};
