//! Path and query parameters that the handler does not take.

use std::fmt;

use crate::mismatch::{Fault, Mismatch, MismatchKind};

/// A path or query parameter that could not be read as the type that the handler takes: the fault of the client.
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
    in_path: bool,
}

impl ParamError {
    /// The error of a path parameter whose `value` cannot be read as the Rust type `type_name`.
    #[cold]
    pub(super) fn of_path(name: &str, value: &str, type_name: &str) -> Self {
        let mismatch = Fault::unreadable(value, type_name).into_mismatch(|_| name.to_owned());
        Self { mismatch, in_path: true }
    }

    /// The error of path parameters that cannot be read.
    #[cold]
    pub(crate) fn of_params(fault: Fault) -> Self {
        let mismatch = fault.into_mismatch(|name| name.unwrap_or_default().to_owned());
        Self { mismatch, in_path: true }
    }

    /// The error of a query that cannot be read.
    #[cold]
    pub(super) fn of_query(fault: Fault) -> Self {
        let mismatch = fault.into_mismatch(|name| name.unwrap_or_default().to_owned());
        Self { mismatch, in_path: false }
    }

    /// Returns the name of the parameter, which is empty if it is not known which one of the query it is.
    pub fn name(&self) -> &str {
        self.mismatch.path()
    }

    /// Returns whether it is a path parameter; otherwise it is one of the query.
    pub fn is_path(&self) -> bool {
        self.in_path
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
        match (self.in_path, self.name()) {
            (true, "") => self.mismatch.describe(f, format_args!("the path")),
            (true, name) => self.mismatch.describe(f, format_args!("the path parameter {name}")),
            (false, "") => self.mismatch.describe(f, format_args!("the query")),
            (false, name) => self.mismatch.describe(f, format_args!("the query parameter {name}")),
        }
    }
}

impl std::error::Error for ParamError {}
