//! Path and query parameters that are not what the handler takes.

use std::fmt;

/// A path or query parameter that could not be read as what the handler takes: the fault of the client.
///
/// Where no error handler is registered for it, the answer has status 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamError {
    name: Box<str>,
    detail: Box<str>,
}

impl ParamError {
    #[cold]
    pub(super) fn new(name: &str, expected: &'static str) -> Self {
        let expected = expected.rsplit("::").next().unwrap_or(expected);
        Self { name: name.into(), detail: format!("is not a valid {expected}").into() }
    }

    #[cold]
    pub(super) fn query(detail: String) -> Self {
        Self { name: "".into(), detail: detail.into() }
    }

    /// The name of the path parameter; empty where the query as a whole could not be read.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            write!(f, "the query cannot be read: {}", self.detail)
        } else {
            write!(f, "the parameter {} {}", self.name, self.detail)
        }
    }
}

impl std::error::Error for ParamError {}

impl serde::de::Error for ParamError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::query(message.to_string())
    }
}
