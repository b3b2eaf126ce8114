//! The errors of an app that does not build.

mod arguments;

use std::fmt;

pub use arguments::{ArgumentError, ArgumentErrorKind, ArgumentErrors};

use crate::respond::HeaderError;
use crate::route::RouteErrors;

/// The error of an app that does not build. Its message names every rule that is wrong, and says what to do; its
/// `Debug` form is the same message, for `unwrap` and for `main`.
#[non_exhaustive]
pub enum BuildError {
    /// Rules that cannot be read, or that clash.
    Routes(RouteErrors),
    /// A prefix to strip that no path has, or that is not a valid regex.
    Prefix {
        /// The prefix or the regex, as it was given.
        regex: String,
        /// The fault of the prefix.
        reason: String,
    },
    /// A router, or the app itself, has two values of one type as state.
    DuplicateState {
        /// The type.
        type_name: &'static str,
    },
    /// A router, or the app itself, has two handlers for one type of error.
    DuplicateErrorHandler {
        /// The type, or the method that was called twice.
        type_name: &'static str,
    },
    /// A route of a WebSocket API has two handlers.
    DuplicateMessageRoute {
        /// The name of the route.
        name: String,
    },
    /// A configured header value that no response could carry.
    Header {
        /// The value, as it was given.
        value: String,
        /// Its field, and the fault of the value.
        error: HeaderError,
    },
    /// Typed arguments of handlers that their rules or the state do not have.
    Arguments(ArgumentErrors),
    /// A setting of [`Cors`](crate::Cors) with which no browser would read the responses.
    Cors {
        /// The value, as it was given.
        value: String,
        /// The fault of the value, and what to write instead.
        reason: &'static str,
    },
    /// A prefix below which a service cannot be put.
    Nest {
        /// The prefix, as it was given.
        prefix: String,
        /// The fault of the prefix.
        reason: &'static str,
    },
    /// A setting of the metrics that CloudWatch would refuse.
    Observe {
        /// The setting, and its fault.
        reason: String,
    },
    /// The environment variable for debug mode has a value that means neither on nor off.
    Debug {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Routes(errors) => errors.fmt(f),
            Self::Prefix { regex, reason } => write!(f, "the prefix {regex:?} cannot be stripped: {reason}"),
            Self::DuplicateState { type_name } => write!(
                f,
                "two values of the type {type_name} are the state of one router: give one of them a type of its own, as in \
                 `struct Replica(Pool);`, or put it into another router"
            ),
            Self::DuplicateErrorHandler { type_name } => write!(
                f,
                "two error handlers for {type_name} are in one router: keep one of them, or put the other into another router"
            ),
            Self::DuplicateMessageRoute { name } => {
                write!(f, "the route {name:?} of the WebSocket API has two handlers: keep one of them")
            }
            Self::Header { value, error } => write!(f, "{error}: {value:?}"),
            Self::Arguments(errors) => errors.fmt(f),
            Self::Cors { value, reason } => write!(f, "CORS for {value:?}: {reason}"),
            Self::Nest { prefix, reason } => write!(f, "no service can be put below {prefix:?}: {reason}"),
            Self::Observe { reason } => f.write_str(reason),
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
            Self::Arguments(errors) => Some(errors),
            Self::Header { error, .. } => Some(error),
            Self::Prefix { .. }
            | Self::Cors { .. }
            | Self::Nest { .. }
            | Self::Observe { .. }
            | Self::Debug { .. }
            | Self::DuplicateState { .. }
            | Self::DuplicateErrorHandler { .. }
            | Self::DuplicateMessageRoute { .. } => None,
        }
    }
}

impl From<RouteErrors> for BuildError {
    fn from(errors: RouteErrors) -> Self {
        Self::Routes(errors)
    }
}
