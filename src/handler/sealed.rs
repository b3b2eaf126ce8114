//! Traits outside of the crate's public face, so that only this crate implements the traits above them: a method that one
//! of these gains later breaks nobody.

/// The bound that seals [`IntoError`](super::IntoError).
pub trait Error {}

/// The bound that seals [`IntoStatus`](super::IntoStatus).
pub trait Status {}
