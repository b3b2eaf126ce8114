//! The sum of what can be wrong with an app.

use std::fmt;

use crate::route::RouteErrors;

/// Why an app does not build. Its text names every rule that is wrong, and says what to do; its `Debug` form is that text,
/// for `unwrap` and for `main`.
#[non_exhaustive]
pub enum BuildError {
    /// Rules that cannot be read, or that clash.
    Routes(RouteErrors),
    /// A prefix to strip that is no regex.
    Prefix {
        /// The regex, as it was given.
        regex: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A prefix below which a service cannot be put.
    Nest {
        /// The prefix, as it was given.
        prefix: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The environment variable that turns debug mode on or off is neither.
    Debug {
        /// The variable.
        variable: &'static str,
        /// What it is set to.
        value: String,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Routes(errors) => errors.fmt(f),
            Self::Prefix { regex, reason } => write!(f, "the prefix {regex:?} cannot be stripped: {reason}"),
            Self::Nest { prefix, reason } => write!(f, "no service can be put below {prefix:?}: {reason}"),
            Self::Debug { variable, value } => {
                write!(f, "{variable} is {value:?}: set it to `true` or `false`, or not at all")
            }
        }
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Routes(errors) => Some(errors),
            Self::Prefix { .. } | Self::Nest { .. } | Self::Debug { .. } => None,
        }
    }
}

impl From<RouteErrors> for BuildError {
    fn from(errors: RouteErrors) -> Self {
        Self::Routes(errors)
    }
}
