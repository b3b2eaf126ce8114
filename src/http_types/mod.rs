//! Conversions between the types of the crate `http` and those of this crate: features `http` and `tower`.
//!
//! `request.rs` converts a request: one buffer holds its target, the values of its header fields and its body, and all
//! of these are slices of it.

mod names;
mod pool;
mod request;
mod response;
mod status;

#[cfg(feature = "tower")]
pub(crate) use request::build;
#[cfg(feature = "tower")]
pub(crate) use response::{Whole, is_text, write_head};
