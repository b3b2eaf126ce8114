//! The error of an app that does not run.

use std::fmt;

use crate::build_error::BuildError;

/// The reason why an app does not run, or no longer runs.
///
/// Its `Debug` form is its message, so that `fn main() -> Result<(), RunError>` says what is wrong.
#[non_exhaustive]
pub enum RunError {
    /// The app does not build.
    Build(BuildError),
    /// The Lambda runtime has ended.
    Lambda(Box<dyn std::error::Error + Send + Sync>),
    /// The local gateway cannot listen.
    Listen {
        /// The address.
        address: String,
        /// The reason.
        error: std::io::Error,
    },
    /// An environment variable is not understood.
    Environment {
        /// Its name.
        name: &'static str,
        /// The value that it is set to.
        value: String,
        /// The values that it may have.
        expected: &'static str,
    },
    /// The system refuses a basic resource, such as a thread.
    Io(std::io::Error),
    /// It was called inside of a tokio runtime, whose thread it would block.
    InsideTokio {
        /// The function that is to be awaited there, such as `gatewire::serve`.
        instead: &'static str,
    },
    /// No runtime that could run the app here is built in.
    NoRuntime,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => error.fmt(f),
            Self::Lambda(error) => write!(f, "the Lambda runtime has ended: {error}"),
            Self::Listen { address, error } => {
                write!(f, "cannot listen on {address}: {error} (GATEWIRE_ADDRESS sets another address)")
            }
            Self::Environment { name, value, expected } => write!(f, "{name} is {value:?}, not {expected}"),
            Self::Io(error) => error.fmt(f),
            Self::InsideTokio { instead } => write!(
                f,
                "this is inside of a tokio runtime (as in #[tokio::main]), whose thread must not be blocked: await \
                 `{instead}` instead of calling `run`"
            ),
            Self::NoRuntime => f.write_str(
                "nothing can run the app here: this is not Lambda (AWS_LAMBDA_RUNTIME_API is not set), and elsewhere it \
                 takes the feature `local`",
            ),
        }
    }
}

impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Build(error) => Some(error),
            Self::Lambda(error) => Some(&**error),
            Self::Listen { error, .. } | Self::Io(error) => Some(error),
            Self::Environment { .. } | Self::InsideTokio { .. } | Self::NoRuntime => None,
        }
    }
}

impl From<BuildError> for RunError {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}
