//! The error of values that cannot be written as JSON.

use std::fmt;

/// The reason why a value cannot be written as JSON.
///
/// It comes from the [`Serialize`](serde::Serialize) implementation of the value, or from a map whose keys are not
/// strings (nor numbers, booleans or characters, which are written as strings).
///
/// ```
/// fn describe(error: &gatewire::error::SerializeError) -> String {
///     format!("the response cannot be written as JSON: {}", error.message())
/// }
/// ```
pub struct SerializeError {
    message: Box<str>,
}

impl SerializeError {
    #[cold]
    pub(crate) fn new(message: impl Into<Box<str>>) -> Self {
        Self { message: message.into() }
    }

    /// The message of the code that refused the value.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl serde::ser::Error for SerializeError {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl fmt::Display for SerializeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for SerializeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SerializeError").field(&self.message).finish()
    }
}

impl std::error::Error for SerializeError {}
