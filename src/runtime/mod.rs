//! Where an app runs: on Lambda, or behind a gateway on this machine.
//!
//! The engine does no I/O; these are thin adapters around it.

#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "local")]
pub mod local;

use std::fmt;

use crate::app::App;
use crate::error::BuildError;

/// Set by the Lambda service, and by whatever plays it: where the Runtime API listens.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// Runs an app, for ever: on Lambda where there is a Lambda runtime (`AWS_LAMBDA_RUNTIME_API` is set), else behind the
/// [local gateway](local).
///
/// It makes a tokio runtime of one thread, which is what one invocation at a time needs; async handlers run on it, so
/// that the AWS SDK works in them. [`serve`] is for those who have a tokio runtime already.
///
/// # Errors
/// Where the app does not build, the address of the local gateway is taken, or the Runtime API cannot be reached.
///
/// ```no_run
/// use gatewire::{App, Request};
///
/// fn main() -> Result<(), gatewire::RunError> {
///     gatewire::run(App::new().get("/hello", |_: Request| "hello"))
/// }
/// ```
pub fn run(app: App) -> Result<(), RunError> {
    #[cfg(any(feature = "lambda", feature = "local"))]
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Io)?;
        runtime.block_on(serve(app))
    }
    #[cfg(not(any(feature = "lambda", feature = "local")))]
    {
        app.build()?;
        Err(RunError::NoRuntime)
    }
}

/// [`run`] for those who need a tokio runtime before they have an app, as to load the configuration of the AWS SDK.
///
/// The future is not `Send`: await it in `main`.
///
/// ```no_run
/// # use gatewire::{App, Request};
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), gatewire::RunError> {
///     let greeting = async { "hello" }.await;
///     gatewire::runtime::serve(App::new().get("/hello", move |_: Request| greeting)).await
/// }
/// ```
///
/// # Errors
/// As [`run`].
pub async fn serve(app: App) -> Result<(), RunError> {
    let engine = app.build()?;
    let on_lambda = std::env::var_os(RUNTIME_API).is_some();
    #[cfg(feature = "lambda")]
    if on_lambda {
        return lambda::serve(engine).await;
    }
    #[cfg(feature = "local")]
    if !on_lambda {
        return local::Local::from_env(engine)?.serve().await;
    }
    drop((engine, on_lambda));
    Err(RunError::NoRuntime)
}

/// Why an app does not run, or no longer.
///
/// Its `Debug` form is its text, so that `fn main() -> Result<(), RunError>` says what is wrong.
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
        /// Why not.
        error: std::io::Error,
    },
    /// An environment variable of the local gateway is not understood.
    Environment {
        /// Its name.
        name: &'static str,
        /// What it is set to.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The system refuses what every program may have.
    Io(std::io::Error),
    /// Nothing is built in that could run the app here.
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
            Self::NoRuntime => f.write_str(
                "nothing can run the app here: on Lambda that takes the feature `lambda`, elsewhere the feature `local`",
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
            Self::Environment { .. } | Self::NoRuntime => None,
        }
    }
}

impl From<BuildError> for RunError {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}
