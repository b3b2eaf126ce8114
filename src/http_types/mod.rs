//! The types of the crate `http`, from and to those of this crate: features `http` and `tower`.
//!
//! A request becomes one by [`build`]: one buffer holds its target, the values of its header fields and its body, and all of
//! these are slices of it.

mod names;
mod request;
mod response;
mod status;

pub(crate) use request::build;
pub(crate) use response::write_head;
#[cfg(feature = "tower")]
pub(crate) use response::{Whole, is_text};
