//! Runs an app: on Lambda, or behind a gateway on this machine.
//!
//! The engine does no I/O; these are thin adapters around it. Most programs need only [`run`], or `serve` if `main` is
//! async. On Lambda there are two, and one line makes the choice:
//!
//! | | [`direct`], which [`run`] takes | `lambda` (feature `lambda`) |
//! | --- | --- | --- |
//! | call | `gatewire::run(app)` | `gatewire::runtime::lambda::run(app)` |
//! | what it is | a blocking client of this crate, on the standard library | the `lambda_runtime` crate of AWS |
//! | heap allocations per invocation | 0 | about 70 |
//! | crates that it adds | none (tokio, for async handlers that need it) | about 60 |
//! | async handlers, AWS SDK | in a tokio runtime of one thread (feature `tokio`, a default) | the same |
//! | `AWS_LAMBDA_MAX_CONCURRENCY` (Managed Instances) | a thread for each | handed to [`direct`] |
//! | `_X_AMZN_TRACE_ID` for the AWS SDK | [a setting](direct::Direct::trace_variable), or [a header](crate::manual::production#traces) of your own | set |
//! | [streamed](crate::App::streaming) responses | sent while they are made | the same; one may take 40 ms longer |
//! | an error in the middle of one | reported by trailers | the body has no end, and the failure is reported |
//! | a malformed client context, an event without deadline | handled | ends the process |
//! | lost connections | tried again, the response is not lost | ends the process |
//!
//! Both have a function that is awaited in a tokio runtime: `gatewire::serve` and `lambda::serve`.
//!
//! Take `lambda` to have AWS's own code between Lambda and the app, or to use your own layers for it; take `direct` for
//! less time and memory, and for builds that take seconds.
//!
//! # What is logged?
//!
//! With an [access log](crate::App::access_log), each invocation is a line on standard output, also one that has failed, and
//! there are no other lines about the app's errors. Without one:
//!
//! An invocation that has failed is one line on standard error, in one write, wherever the app runs: with the
//! identifier of the request, the type of the error with its path, its message, and the messages of its sources. So is
//! one whose error [`App::internal_server_errors`](crate::App::internal_server_errors) answers. Characters that would
//! break the line, or act on a terminal, are escaped.
//!
//! ```text
//! gatewire: ERROR RequestId: 8476a536 app::store::Error: cannot save the todo; caused by: connection refused
//! ```
//!
//! [Lambda's settings][logging] are kept. With `AWS_LAMBDA_LOG_FORMAT=JSON` the line is an object with `timestamp`, `level`,
//! `requestId`, `errorType` (as reported to Lambda), `errorPath`, `message` and `causes`; with
//! `AWS_LAMBDA_LOG_LEVEL=FATAL` there is no line.
//!
//! [logging]: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html

mod api;
pub mod direct;
mod error;
#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "local")]
pub mod local;
mod startup;
#[cfg(any(feature = "lambda", feature = "local"))]
mod streaming_invocation;

pub use error::RunError;

/// The reader of the direct runtime, for the fuzzer.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use api::fuzzed::{Received, receive_all};

use crate::engine::IntoEngine;
use startup::RUNTIME_API;
#[cfg(feature = "openapi")]
use startup::write_openapi;
#[cfg(feature = "tokio")]
use startup::{outside_tokio, reported};

/// Runs an app or an [authorizer](crate::authorizer): on Lambda (if `AWS_LAMBDA_RUNTIME_API` is set) by the [direct runtime](direct), until the process is
/// ended; elsewhere behind the local gateway (feature `local`), until Ctrl-C.
///
/// With the feature `tokio`, a default, it makes a tokio runtime of one thread, which suffices for one invocation at a
/// time; async handlers run on it, so that the AWS SDK works in them. In a `main` that is async, with `#[tokio::main]`,
/// await `serve` instead.
///
/// With the feature `openapi`, and outside of Lambda, `GATEWIRE_OPENAPI=openapi.json` writes the OpenAPI document to that
/// file instead of running the app.
///
/// # Errors
/// If the app does not build, the address of the local gateway is taken, or the Runtime API cannot be reached. With the
/// feature `tokio`, if a tokio runtime is
/// [entered](https://docs.rs/tokio/1/tokio/runtime/struct.Handle.html#method.enter) on this thread:
/// [`RunError::InsideTokio`], which is reported to Lambda as an error of the initialisation.
///
/// ```no_run
/// use gatewire::{App, Request};
///
/// fn main() -> Result<(), gatewire::RunError> {
///     gatewire::run(App::new().get("/hello", |_: Request| "hello"))
/// }
/// ```
pub fn run(app: impl IntoEngine) -> Result<(), RunError> {
    #[cfg(feature = "tokio")]
    reported(outside_tokio("gatewire::serve"))?;
    if std::env::var_os(RUNTIME_API).is_some() {
        return direct::run(app);
    }
    let engine = app.into_engine()?;
    #[cfg(feature = "openapi")]
    if write_openapi(&engine)? {
        return Ok(());
    }
    #[cfg(feature = "local")]
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Io)?;
        runtime.block_on(local::Local::from_env(engine)?.serve())
    }
    #[cfg(not(feature = "local"))]
    {
        drop(engine);
        Err(RunError::NoRuntime)
    }
}

/// [`run`] for an async `main`, such as one that loads the configuration of the AWS SDK before it has an app.
///
/// The future is not `Send`: await it in `main`. A tokio runtime of several threads does too, though one is enough.
///
/// ```no_run
/// # use gatewire::{App, Request};
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), gatewire::RunError> {
///     let greeting = async { "hello" }.await;
///     gatewire::serve(App::new().get("/hello", move |_: Request| greeting)).await
/// }
/// ```
///
/// # Errors
/// As [`run`].
#[cfg(feature = "tokio")]
pub async fn serve(app: impl IntoEngine) -> Result<(), RunError> {
    if std::env::var_os(RUNTIME_API).is_some() {
        let direct = reported(app.into_engine().map_err(RunError::from).and_then(direct::Direct::from_env))?;
        return direct.serve().await;
    }
    let engine = app.into_engine()?;
    #[cfg(feature = "openapi")]
    if write_openapi(&engine)? {
        return Ok(());
    }
    #[cfg(feature = "local")]
    return local::Local::from_env(engine)?.serve().await;
    #[cfg(not(feature = "local"))]
    {
        drop(engine);
        Err(RunError::NoRuntime)
    }
}
