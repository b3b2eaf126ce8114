//! Arguments that are checked, and the gathering of all errors of a request.

use super::input::schemas_of;
use super::{Arguments, FromRequest, Input, Inspect};
use crate::event::BodyError;
use crate::form::FormError;
use crate::handler::{Error, HttpError, IntoError, ParamError, Request};
use crate::validate::{self, Report, ValidationError};

/// An argument that is checked, even if [`App::validation`](crate::App::validation) is not set: a request that does not
/// fit it, or the rules of its type, is answered with 422 and a list of all errors.
///
/// If a handler has several, and one of them is not valid, the errors of all are listed, whatever their order is.
/// Each argument needs its own: `(Valid<Json<A>>, Valid<Query<B>>)`, not `Valid<(Json<A>, Query<B>)>`.
///
/// ```
/// use garde::Validate;
/// use gatewire::extract::{Inspect, Valid};
/// use gatewire::testing::Client;
/// use gatewire::validate::{Report, Validate as _};
/// use gatewire::{App, Json};
///
/// #[derive(serde::Deserialize, Validate)]
/// struct NewTodo<'r> {
///     #[garde(length(chars, min = 3))]
///     title: &'r str,
/// }
///
/// // `#[derive(Input)]` does the same, and knows all about the type.
/// impl gatewire::extract::Input for NewTodo<'static> {
///     type At<'r> = NewTodo<'r>;
/// }
///
/// impl Inspect for NewTodo<'_> {
///     fn check(&self, report: &mut Report) {
///         gatewire::validate::Validate::validate(self, report);
///     }
/// }
///
/// fn create(Valid(Json(todo)): Valid<Json<NewTodo<'_>>>) -> String {
///     todo.title.to_owned()
/// }
///
/// let client = Client::new(App::new().post("/todos", create))?;
/// assert_eq!(client.post("/todos").body(r#"{"title":"milk"}"#).send().text(), "milk");
/// let response = client.post("/todos").body(r#"{"title":"m"}"#).send();
/// assert_eq!(response.status(), 422);
/// assert_eq!(response.text(), r#"{"statusCode":422,"detail":[{"loc":["body","title"],"type":"value_error"}]}"#);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valid<A>(pub A);

impl<A: Input> Input for Valid<A> {
    type At<'r> = Valid<A::At<'r>>;
    schemas_of! { A }
}

impl<'r, A: FromRequest<'r> + Inspect> FromRequest<'r> for Valid<A> {
    type Rejection = Error;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, Error> {
        let on = On::new(req);
        let argument = A::from_request(req);
        read_valid::<A, A>(req, argument.map_err(IntoError::into_error), &on, |argument| Some(argument)).map(Self)
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, Error> {
        let on = On::new(req);
        let argument = A::find_in_request(req);
        let argument = read_valid::<A, _>(req, argument.map_err(IntoError::into_error), &on, Option::as_ref)?;
        Ok(argument.map(Self))
    }

    fn describe(arguments: &mut Arguments) {
        arguments.add_validated(A::describe);
    }
}

/// It is checked while it is read.
impl<A: Inspect> Inspect for Valid<A> {
    const GATHERS: bool = A::GATHERS;

    fn is_valid(&self, _: Request<'_>) -> bool {
        true
    }
}

/// Turns validation on for a while.
struct On<'r>(Request<'r>, bool);

impl<'r> On<'r> {
    #[inline(always)]
    fn new(req: Request<'r>) -> Self {
        Self(req, req.exchange.validates.replace(true))
    }
}

impl Drop for On<'_> {
    fn drop(&mut self) {
        self.0.exchange.validates.set(self.1);
    }
}

/// Checks a value that was read: the argument that `argument` finds in it.
#[inline(always)]
fn read_valid<'r, A: FromRequest<'r> + Inspect, T>(
    req: Request<'r>,
    read: Result<T, Error>,
    _: &On<'r>,
    argument: impl FnOnce(&T) -> Option<&A>,
) -> Result<T, Error> {
    match read {
        Ok(value) if argument(&value).is_none_or(|argument| argument.is_valid(req)) => Ok(value),
        Ok(_) => Err(explained(req, None, look_at::<A>)),
        Err(error) => Err(explained(req, Some(error), look_at::<A>)),
    }
}

/// Returns whether an argument is valid, or is not checked at all.
#[doc(hidden)]
#[inline(always)]
pub fn __is_valid<A: Inspect>(argument: &A, req: Request<'_>) -> bool {
    !A::GATHERS || !req.exchange.validates.get() || argument.is_valid(req)
}

/// Adds the errors of an argument that is checked if validation is on. [`Valid`] turns it on for itself.
#[doc(hidden)]
#[cold]
pub fn __gather<'r, A: FromRequest<'r> + Inspect>(req: Request<'r>, report: &mut Report) {
    if A::GATHERS {
        look_at::<A>(req, report);
    }
}

/// Reads several arguments; if one is not valid, `gather` looks at all.
#[doc(hidden)]
#[inline(always)]
pub fn __bundle<'r, T>(
    req: Request<'r>,
    read: impl FnOnce() -> Result<T, Error>,
    is_valid: impl FnOnce(&T) -> bool,
    gather: impl FnOnce(&mut Report),
) -> Result<T, Error> {
    match read() {
        Ok(arguments) if is_valid(&arguments) => Ok(arguments),
        Ok(_) => Err(explained(req, None, |_, report| gather(report))),
        Err(error) => Err(explained(req, Some(error), |_, report| gather(report))),
    }
}

/// Adds the errors of an argument.
#[cold]
fn look_at<'r, A: FromRequest<'r> + Inspect>(req: Request<'r>, report: &mut Report) {
    let validates = req.exchange.validates.get();
    match A::from_request(req).map_err(IntoError::into_error) {
        Ok(_) if !validates => {}
        Ok(argument) => {
            // Checked once: a report of millions of items takes memory.
            let mut own = Report::new();
            argument.check(&mut own);
            if !own.is_empty() || !argument.is_valid(req) {
                A::explain(req, None, own, report);
            }
        }
        Err(error) => match error.downcast_ref::<ValidationError>() {
            Some(known) => validate::extend(known.details(), report),
            None if validates && is_explained(&error) => A::explain(req, Some(&error), Report::new(), report),
            None => {}
        },
    }
}

/// Returns whether an error is one of the request's structure; any other is the answer by itself.
fn is_explained(error: &Error) -> bool {
    error.downcast_ref::<BodyError>().is_some()
        || error.downcast_ref::<ParamError>().is_some()
        || error.downcast_ref::<FormError>().is_some_and(FormError::is_explained)
        || error.downcast_ref::<ValidationError>().is_some()
}

/// The error of arguments of which one is not valid: all that `gather` finds, or the error that was found first.
#[cold]
pub(super) fn explained<'r>(
    req: Request<'r>,
    first: Option<Error>,
    gather: impl FnOnce(Request<'r>, &mut Report),
) -> Error {
    let first = match first {
        Some(error) if !is_explained(&error) => return error,
        first => first,
    };
    let mut report = Report::new();
    gather(req, &mut report);
    match (validate::finish(report, req.exchange.shared.validation), first) {
        (Some(invalid), _) => invalid.into(),
        (None, Some(first)) => first,
        // A validator that is of another opinion now.
        (None, None) => HttpError::unprocessable_content("The request is not valid").into(),
    }
}
