//! The report of an invocation that failed.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// The error type of a panic.
pub(crate) const PANIC: &str = "Panic";
/// The most sources of an error that are kept: a chain of sources may be endless.
pub(crate) const CAUSES_LIMIT: usize = 32;

/// An invocation that failed: nobody handled its error, the event could not be read, a handler
/// panicked, or the response is too large.
///
/// The Lambda service receives its type and its message in the form of the [Runtime API][docs]. The runtimes also write
/// [one line](crate::runtime#what-is-logged) on standard error. The worker goes on with the next invocation.
///
/// A handler may return one to choose the type that is reported:
///
/// ```
/// use gatewire::{error::InvocationError, testing::Client, App, Error, Request};
///
/// fn pay(_: Request<'_>) -> Result<&'static str, Error> {
///     Err(InvocationError::new("PaymentFailed", "the bank did not answer").into())
/// }
///
/// let client = Client::new(App::new().post("/pay", pay))?;
/// let error = client.post("/pay").try_send().unwrap_err();
/// assert_eq!((error.error_type(), error.message()), ("PaymentFailed", "the bank did not answer"));
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
///
/// [docs]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvocationError {
    error_type: Cow<'static, str>,
    /// `None` if the type is not that of a Rust value.
    type_path: Option<&'static str>,
    message: Box<str>,
    causes: Box<[Box<str>]>,
}

impl InvocationError {
    /// Creates a failure with a custom type and message.
    ///
    /// The service counts failures by their type. It keeps `Function.Name` and `Runtime.Name`; a name of letters that
    /// begins with a capital letter is reported as `Function.Name`, any other type as `Function.Unknown`. The body of
    /// the report has the type as it is.
    ///
    /// ```
    /// let error = gatewire::error::InvocationError::new("OutOfStock", "no more tea");
    /// assert_eq!(error.to_string(), "OutOfStock: no more tea");
    /// ```
    #[cold]
    pub fn new(error_type: impl Into<Cow<'static, str>>, message: impl Into<Box<str>>) -> Self {
        Self { error_type: error_type.into(), type_path: None, message: message.into(), causes: Box::default() }
    }

    /// Makes a failure of an error that was not handled, with its type and its sources. An error that is a failure
    /// already stays as it is.
    #[cold]
    pub(crate) fn of(type_path: &'static str, error: &(dyn StdError + 'static)) -> Self {
        if let Some(failure) = error.downcast_ref::<Self>() {
            return failure.clone();
        }
        let sources = std::iter::successors(error.source(), |&error| error.source());
        let causes = sources.take(CAUSES_LIMIT).map(|cause| cause.to_string().into_boxed_str()).collect();
        let error_type = short_name(type_path);
        Self { error_type, type_path: Some(type_path), message: error.to_string().into(), causes }
    }

    /// The failure of a response that would be refused: the type is Lambda's own for this.
    #[cold]
    pub(crate) fn response_too_large(length: usize, limit: usize) -> Self {
        let message = format!("the response has {length} bytes, and no more than {limit} can be sent");
        Self::new("Function.ResponseSizeTooLarge", message)
    }

    /// Returns the type of the error: the name of the Rust type of an unhandled error, without path and generic
    /// arguments.
    ///
    /// The name `Error` alone would not say which error it is, so the name of the nearest module that is not called
    /// `error` stays before it: `io::Error` for [`std::io::Error`], whose path is `std::io::error::Error`.
    pub fn error_type(&self) -> &str {
        &self.error_type
    }

    /// Returns the Rust type of an unhandled error as [`std::any::type_name`] has it, with its path and its generic
    /// arguments. Other failures have their [`error_type`](Self::error_type) here.
    ///
    /// ```
    /// use gatewire::{testing::Client, App, Request};
    ///
    /// let client = Client::new(App::new().get("/", |_: Request| std::fs::read_to_string("/no such file")))?;
    /// let error = client.get("/").try_send().unwrap_err();
    /// assert_eq!((error.error_type(), error.type_path()), ("io::Error", "std::io::error::Error"));
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn type_path(&self) -> &str {
        self.type_path.unwrap_or(&self.error_type)
    }

    /// Returns the message of the error: the output of its `Display`.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the messages of the errors that caused it, from the nearest to the root: the chain of
    /// [`source`](std::error::Error::source), of which the first 32 are kept.
    pub fn causes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.causes.iter().map(|cause| &**cause)
    }
}

impl fmt::Display for InvocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

impl StdError for InvocationError {}

/// Returns the name of a type without its path and generic arguments; for a pointer, the name of the type that it
/// points to.
fn short_name(type_path: &'static str) -> Cow<'static, str> {
    match ShortName::of(type_path) {
        ShortName { module: None, name } => name.into(),
        ShortName { module: Some(module), name } => format!("{module}::{name}").into(),
    }
}

/// [`short_name`] in its parts, without an allocation.
pub(crate) struct ShortName {
    module: Option<&'static str>,
    name: &'static str,
}

impl ShortName {
    pub(crate) fn of(type_path: &'static str) -> Self {
        let (module, name) = short_parts(type_path);
        Self { module: module.filter(|_| name == "Error"), name }
    }
}

impl fmt::Display for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.module {
            Some(module) => write!(f, "{module}::{}", self.name),
            None => f.write_str(self.name),
        }
    }
}

/// Returns the nearest module that is not called `error`, and the name.
fn short_parts(type_path: &'static str) -> (Option<&'static str>, &'static str) {
    let mut path = type_path;
    loop {
        let inner = ["alloc::boxed::Box<", "alloc::sync::Arc<", "alloc::rc::Rc<"]
            .iter()
            .find_map(|pointer| path.strip_prefix(pointer)?.strip_suffix('>'));
        match inner.or_else(|| path.strip_prefix('&')) {
            Some(inner) => path = inner,
            None => break,
        }
    }
    let path = path.split('<').next().unwrap_or(path);
    let mut parts = path.rsplit("::");
    let name = parts.next().unwrap_or(path);
    (parts.find(|module| !matches!(*module, "error" | "errors")), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_which_error_it_is() {
        for (path, name) in [
            ("core::num::error::ParseIntError", "ParseIntError"),
            ("app::ValueError", "ValueError"),
            ("app::Wrapped<std::io::error::Error>", "Wrapped"),
            ("std::io::error::Error", "io::Error"),
            ("serde_json::error::Error", "serde_json::Error"),
            ("core::fmt::Error", "fmt::Error"),
            ("app::db::errors::Error", "db::Error"),
            ("app::Error<app::Kind>", "app::Error"),
            ("alloc::boxed::Box<std::io::error::Error>", "io::Error"),
            ("alloc::sync::Arc<alloc::boxed::Box<app::Lost>>", "Lost"),
            ("&app::Lost", "Lost"),
            ("error::Error", "Error"),
            ("Error", "Error"),
        ] {
            assert_eq!(short_name(path), name, "{path}");
        }
    }

    /// An error that is its own source, endlessly.
    #[derive(Debug)]
    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("again")
        }
    }

    impl StdError for Endless {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&Self)
        }
    }

    #[test]
    fn a_chain_of_causes_has_an_end() {
        let failure = InvocationError::of("app::Endless", &Endless);
        assert_eq!(failure.causes().collect::<Vec<_>>(), ["again"; CAUSES_LIMIT]);
    }

    #[test]
    fn a_failure_stays_as_it_is() {
        let failure = InvocationError::new("OutOfStock", "no more tea");
        assert_eq!(InvocationError::of("gatewire::failure::InvocationError", &failure), failure);
        assert_eq!((failure.type_path(), failure.causes().len()), ("OutOfStock", 0));
    }
}
