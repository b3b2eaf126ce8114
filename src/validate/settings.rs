//! How requests that are not valid are answered.

use crate::http::StatusCode;

/// How requests that are not valid are answered, for [`App::validation`](crate::App::validation).
///
/// ```
/// use gatewire::{App, validate::Validation};
///
/// let app = App::new().validation(Validation::new().messages(true));
/// # app.build().unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Validation {
    pub(crate) status: StatusCode,
    pub(crate) messages: bool,
}

impl Default for Validation {
    fn default() -> Self {
        Self::new()
    }
}

impl Validation {
    /// Status 422, with place and kind of each error, and without messages: as Powertools responds.
    pub const fn new() -> Self {
        Self { status: StatusCode::UNPROCESSABLE_CONTENT, messages: false }
    }

    /// Sets the status of the response to a request that is not valid. A content type that the handler does not take is
    /// answered with 415 in any case.
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets whether each error has a member `msg`: a sentence in the words of pydantic, or of the validator. It repeats
    /// limits and patterns of the rules, but no value that the client has sent, unless a validator of your own does so.
    pub const fn messages(mut self, on: bool) -> Self {
        self.messages = on;
        self
    }
}
