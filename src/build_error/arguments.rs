//! Typed arguments of handlers that their rules or the state do not have.

use std::error::Error;
use std::fmt;

/// The argument of a handler that no request could fill.
///
/// Its [`Display`](fmt::Display) form names the rule, the handler and the argument, and says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    pub(crate) rule: Option<String>,
    pub(crate) handler: &'static str,
    pub(crate) argument: &'static str,
    pub(crate) kind: ArgumentErrorKind,
}

/// The fault of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArgumentErrorKind {
    /// The rule does not have the parameters that a [`Path`](crate::extract::Path) takes.
    Path {
        /// The difference, in a sentence.
        reason: String,
    },
    /// Nobody has added the value that a [`State`](crate::extract::State) takes, in any router that the route finds
    /// state in.
    State,
}

impl ArgumentError {
    /// Returns the rule as it was registered; `None` for a fallback, which has no rule.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// Returns the Rust name of the handler.
    pub fn handler(&self) -> &'static str {
        self.handler
    }

    /// Returns the Rust name of the type that the argument holds: `T` for `Path<T>` and `State<&T>`.
    pub fn argument(&self) -> &'static str {
        self.argument
    }

    /// Returns the fault.
    pub fn kind(&self) -> &ArgumentErrorKind {
        &self.kind
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, handler, argument, kind } = self;
        match rule {
            Some(rule) => write!(f, "{rule:?}: the handler {handler} takes ")?,
            None => write!(f, "the fallback {handler} takes ")?,
        }
        match kind {
            ArgumentErrorKind::Path { reason } => write!(f, "Path<{argument}>, but {reason}"),
            ArgumentErrorKind::State => write!(
                f,
                "State<&{argument}>, but no state of that type was added: call `.state(value)` on the app, or on the \
                 router of the rule"
            ),
        }
    }
}

impl Error for ArgumentError {}

/// All arguments that no request could fill.
///
/// Its [`Display`](fmt::Display) form has one line for each [`ArgumentError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentErrors(Vec<ArgumentError>);

impl ArgumentErrors {
    /// Returns the errors, or `None` if the list is empty.
    pub(crate) fn of(errors: Vec<ArgumentError>) -> Option<Self> {
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// Returns the errors, in the order of the rules.
    pub fn iter(&self) -> std::slice::Iter<'_, ArgumentError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a ArgumentErrors {
    type Item = &'a ArgumentError;
    type IntoIter = std::slice::Iter<'a, ArgumentError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ArgumentErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{error}")?;
        }
        Ok(())
    }
}

impl Error for ArgumentErrors {}
