//! The programs that can be run.

use super::Engine;
use crate::app::{App, Authorizer};
use crate::build_error::BuildError;

/// A program that [`run`](crate::run) takes: an [`App`], an [`Authorizer`], or an [`Engine`] that is built already.
pub trait IntoEngine: sealed::Sealed {
    /// Builds the program.
    ///
    /// # Errors
    /// If it does not build, as [`App::build`] says.
    fn into_engine(self) -> Result<Engine, BuildError>;
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::App {}
    impl Sealed for super::Authorizer {}
    impl Sealed for super::Engine {}
}

impl IntoEngine for App {
    fn into_engine(self) -> Result<Engine, BuildError> {
        self.build()
    }
}

impl IntoEngine for Authorizer {
    fn into_engine(self) -> Result<Engine, BuildError> {
        self.build()
    }
}

impl IntoEngine for Engine {
    fn into_engine(self) -> Result<Engine, BuildError> {
        Ok(self)
    }
}

impl Authorizer {
    /// Compiles the authorizer, for the engine or a runtime of your own.
    ///
    /// # Errors
    /// If two values of one type are its state.
    pub fn build(self) -> Result<Engine, BuildError> {
        self.into_app().build()
    }
}
