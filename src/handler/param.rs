//! Parameters of a request that the handler does not take.

use std::fmt;

use super::arguments::Location;
use crate::mismatch::{Fault, Mismatch, MismatchKind};

/// A parameter of the path or query, or a header field, that could not be read as the type that the handler takes: the
/// fault of the client.
///
/// If no error handler is registered for it, the response has status 400. Its message is written for the client, and
/// names the parameter: `the query parameter page: expected an integer from 0 to 255, found "x"`.
///
/// ```
/// use gatewire::{error::ParamError, testing::Client, App, Request};
///
/// let app = App::new()
///     .get("/pages/{page}", |req: Request| req.param_as::<u8>("page").map(|page| page.to_string()))
///     .on_error(|error: &ParamError, _: Request| (404, format!("no page {}", error.mismatch().found())));
/// assert_eq!(Client::new(app)?.get("/pages/300").send().text(), "no page \"300\"");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamError {
    mismatch: Mismatch,
    location: Location,
}

impl ParamError {
    /// The error of a path parameter whose `value` cannot be read as the Rust type `type_name`.
    #[cold]
    pub(super) fn of_path(name: &str, value: &str, type_name: &str) -> Self {
        Self::new(Location::Path, Fault::unreadable(value, type_name).of(name))
    }

    /// The error of parameters that cannot be read. The fault names the parameter.
    #[cold]
    pub(crate) fn new(location: Location, fault: Fault) -> Self {
        let mismatch = fault.into_mismatch(|name| name.unwrap_or_default().to_owned());
        Self { mismatch, location }
    }

    /// Returns the name of the parameter, which is empty if it is not known which one of the query it is.
    pub fn name(&self) -> &str {
        self.mismatch.path()
    }

    /// Returns whether it is a path parameter.
    pub fn is_path(&self) -> bool {
        self.location == Location::Path
    }

    /// Returns the part of the request that it is in.
    pub fn location(&self) -> Location {
        self.location
    }

    /// Returns what was expected and what was found. The path of the mismatch is the name of the parameter.
    pub fn mismatch(&self) -> &Mismatch {
        &self.mismatch
    }

    /// Returns what is wrong.
    pub fn kind(&self) -> MismatchKind {
        self.mismatch.kind()
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = match self.location {
            Location::Path => ("the path", "the path parameter"),
            Location::Query => ("the query", "the query parameter"),
            Location::Header => ("the header fields", "the header field"),
            Location::Cookie => ("the cookies", "the cookie"),
            _ => ("the request", "the parameter"),
        };
        match self.name() {
            "" => self.mismatch.describe(f, format_args!("{whole}")),
            name => self.mismatch.describe(f, format_args!("{part} {name}")),
        }
    }
}

impl std::error::Error for ParamError {}
