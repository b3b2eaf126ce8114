//! The errors of services.

use std::error::Error as StdError;
use std::fmt;

use crate::handler::{Error, HttpError};

/// An error that a service has failed with, or that the body of its response has ended with.
///
/// It is handled like errors of handlers: it goes to [`App::on_error`](crate::App::on_error) or
/// [`App::on_any_error`](crate::App::on_any_error), and fails the invocation if neither is there. An
/// [`HttpError`] in it is answered with its status and message.
///
/// ```
/// use gatewire::tower::ServiceError;
/// use gatewire::{App, Request};
///
/// let app = App::new().on_error(|error: &ServiceError, _: Request| {
///     if error.get().is::<tower::timeout::error::Elapsed>() { (504, "too slow") } else { (500, "broken") }
/// });
/// # app.build().unwrap();
/// ```
pub struct ServiceError(Box<dyn StdError + Send + Sync>);

impl ServiceError {
    /// Returns the error itself, whose type can be asked for.
    pub fn get(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.0
    }

    /// Converts the error to that of a handler.
    pub(super) fn of(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        match error.into().downcast::<HttpError>() {
            Ok(answer) => Error::from(*answer),
            Err(error) => Error::from(Self(error)),
        }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for ServiceError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
