//! gatewire

mod source;

pub use source::Source;
