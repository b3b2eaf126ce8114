//! The steps of every runtime before the first event: it reads the environment, and reports to Lambda if it cannot start.

use super::api::{Address, init_error};
use super::error::RunError;

/// The address of the Runtime API. Set by the Lambda service and by emulators.
pub(super) const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
/// Set if Lambda hands out several events at a time.
const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";

/// Returns the outcome of the initialisation on Lambda, and reports an error to Lambda.
pub(super) fn reported<T>(initialised: Result<T, RunError>) -> Result<T, RunError> {
    initialised.inspect_err(|error| {
        let address = std::env::var(RUNTIME_API).ok().and_then(|value| Address::parse(&value));
        if let Some(address) = address {
            report(&address, error);
        }
    })
}

/// Reports to Lambda that the function does not start.
pub(super) fn report(address: &Address, error: &RunError) {
    let error_type = match error {
        RunError::Build(_) => "Function.BuildError",
        RunError::Environment { .. } => "Runtime.InvalidEnvironment",
        _ => "Runtime.InitError",
    };
    init_error(address, error_type, &error.to_string());
}

/// Checks that no tokio runtime is entered on this thread. There is no way to ask whether it may be blocked anyway.
#[cfg(feature = "tokio")]
pub(super) fn outside_tokio(instead: &'static str) -> Result<(), RunError> {
    match tokio::runtime::Handle::try_current() {
        Ok(_) => Err(RunError::InsideTokio { instead }),
        Err(_) => Ok(()),
    }
}

/// The number of invocations that may run at a time.
pub(super) fn max_concurrency() -> Result<usize, RunError> {
    let Some(value) = std::env::var_os(MAX_CONCURRENCY) else { return Ok(1) };
    let value = value.to_string_lossy();
    // Each is a thread: more is a mistake.
    match value.parse() {
        Ok(invocations @ 0..=10_000) => Ok(invocations),
        _ => Err(environment(MAX_CONCURRENCY, &value, "a number of invocations")),
    }
}

#[cold]
pub(super) fn environment(name: &'static str, value: &str, expected: &'static str) -> RunError {
    RunError::Environment { name, value: value.to_owned(), expected }
}

/// Writes the OpenAPI document to the file that the environment names. Returns whether it names one.
#[cfg(feature = "openapi")]
pub(super) fn write_openapi(engine: &crate::engine::Engine) -> Result<bool, RunError> {
    const VARIABLE: &str = "GATEWIRE_OPENAPI";
    let Some(path) = std::env::var_os(VARIABLE) else { return Ok(false) };
    let Some(document) = engine.openapi_json() else {
        return Err(environment(VARIABLE, &path.to_string_lossy(), "for an app without `App::openapi`"));
    };
    std::fs::write(path, document).map_err(RunError::Io)?;
    Ok(true)
}
