//! What an invocation that failed is reported as.

use std::borrow::Cow;
use std::fmt;

/// An invocation that failed: nobody handled its error, the event could not be read, a handler
/// panicked, or the response is too large.
///
/// The Lambda service is told its type and its message, in the form of the [Runtime API][docs]. The worker goes on with
/// the next invocation.
///
/// [docs]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvocationError {
    error_type: Cow<'static, str>,
    message: Box<str>,
}

impl InvocationError {
    #[cold]
    pub(crate) fn new(error_type: impl Into<Cow<'static, str>>, message: impl Into<Box<str>>) -> Self {
        Self { error_type: error_type.into(), message: message.into() }
    }

    /// A response that would be refused: the type is the one that Lambda gives it.
    #[cold]
    pub(crate) fn response_too_large(length: usize, limit: usize) -> Self {
        let message = format!("the response has {length} bytes, and no more than {limit} can be sent");
        Self::new("Function.ResponseSizeTooLarge", message)
    }

    /// The type of the error, such as the name of the Rust type of an unhandled error.
    pub fn error_type(&self) -> &str {
        &self.error_type
    }

    /// The message of the error: what it displays.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for InvocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

impl std::error::Error for InvocationError {}
