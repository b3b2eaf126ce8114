//! Typed arguments of handlers: values that are read from the request before the handler is called.
//!
//! ```
//! use gatewire::extract::{Path, State};
//! use gatewire::{App, Json};
//!
//! struct Names(Vec<String>);
//!
//! fn name(Path(index): Path<usize>, State(names): State<&Names>) -> Option<Json<&str>> {
//!     names.0.get(index).map(|name| Json(name.as_str()))
//! }
//!
//! let app = App::new().state(Names(vec!["ada".to_owned()])).get("/names/{index}", name);
//! # let client = gatewire::testing::Client::new(app)?;
//! # assert_eq!(client.get("/names/0").send().text(), "\"ada\"");
//! # assert_eq!(client.get("/names/1").send().status(), 404);
//! # Ok::<(), gatewire::error::BuildError>(())
//! ```
//!
//! [`manual::arguments`](crate::manual::arguments) is the guide: the arguments, their errors, the checks of
//! [`App::build`](crate::App::build), and arguments of your own. [`Json`](crate::Json), [`Request`],
//! [`Headers`](crate::context::Headers), [`RequestContext`](crate::context::RequestContext) and
//! [`LambdaContext`](crate::context::LambdaContext) are arguments too, and so are `Option`, `Result` and tuples of
//! arguments.

mod app;
mod body;
mod bundle;
mod claims;
mod context;
mod form;
mod form_fields;
mod handlers;
mod header;
mod input;
mod inspect;
mod inspected;
mod macros;
mod path;
mod path_params;
mod query;
mod tuples;
#[cfg(feature = "validate")]
mod valid;

use crate::handler::{Error, IntoError, Request};

pub use crate::form::Multipart;
pub use crate::handler::{Argument, Arguments, Location};
pub use app::{Extension, Missing, State};
pub use body::{RawBody, Text};
#[cfg(feature = "validate")]
#[doc(hidden)]
pub use bundle::{__Declared, __explain_body, __explain_field, __has_json, __validates};
#[doc(hidden)]
pub use bundle::{__body, __field, __has_parameter, __is_optional, __is_optional_file};
pub use claims::Claims;
pub use context::Cookies;
pub use form::Form;
#[doc(hidden)]
pub use form_fields::{__File, __Form, __form, __form_field, __form_file};
#[cfg(feature = "validate")]
#[doc(hidden)]
pub use form_fields::{__explain_form_field, __explain_form_file, __gather_form};
#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use gatewire_macros::Input;
pub use handlers::{AsyncTypedHandler, TypedHandler};
pub use header::{Header, HeaderName, names};
#[cfg(feature = "openapi")]
#[doc(hidden)]
pub use input::{__InputProbe, __WithoutInput};
pub use input::{HandlerArgument, Input, Owned};
pub use inspect::Inspect;
#[cfg(feature = "validate")]
#[doc(hidden)]
pub use inspect::{__Probe, __Unknown};
#[doc(hidden)]
pub use macros::{__argument, __response};
pub use path::Path;
pub use query::Query;
#[cfg(feature = "validate")]
pub use valid::Valid;
#[cfg(feature = "validate")]
#[doc(hidden)]
pub use valid::{__bundle, __gather, __is_valid};

/// A value that is read from a request: an argument of a handler, or a part of one.
///
/// ```
/// use gatewire::extract::{Argument, Arguments, FromRequest, Location};
/// use gatewire::{App, HttpError, Request};
///
/// struct Caller<'r>(&'r str);
///
/// impl<'r> FromRequest<'r> for Caller<'r> {
///     type Rejection = HttpError;
///
///     fn from_request(req: Request<'r>) -> Result<Self, HttpError> {
///         req.header("x-caller").map(Self).ok_or_else(|| HttpError::unauthorized("who are you?"))
///     }
///
///     fn describe(arguments: &mut Arguments) {
///         arguments.add(Argument::new::<Self>(Location::Header).name("x-caller"));
///     }
/// }
///
/// // Lets it be an argument of a handler.
/// gatewire::input!(Caller<'r>);
///
/// fn hello(Caller(name): Caller<'_>) -> String {
///     format!("hello {name}")
/// }
/// # let client = gatewire::testing::Client::new(App::new().get("/", hello))?;
/// # assert_eq!(client.get("/").send().status(), 401);
/// # assert_eq!(client.get("/").header("x-caller", "ada").send().text(), "hello ada");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a request",
    label = "not an argument of a handler",
    note = "arguments are `Path<T>`, `Query<T>`, `Json<T>`, `State<&T>` (with the `&`), `Header<Name>`, `Claims<T>` .. of `gatewire::extract`, and `Option` or `Result` of those",
    note = "a type of your own implements `FromRequest`, or is a struct of arguments in `gatewire::input! {{ .. }}`"
)]
pub trait FromRequest<'r>: Sized {
    /// The error of a request that it cannot be read from. It is answered like any error of a handler.
    type Rejection: IntoError;

    /// Reads the value.
    ///
    /// # Errors
    /// If the request has no such value, or one of another type.
    fn from_request(req: Request<'r>) -> Result<Self, Self::Rejection>;

    /// Reads the value for an argument of the type `Option<Self>`: `None` if the request does not have it.
    ///
    /// By default, every error of [`from_request`](Self::from_request) becomes `None`. The types of this crate return
    /// `None` only for an absent value, and the error for one that cannot be read.
    ///
    /// # Errors
    /// If the request has the value, and it cannot be read.
    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, Self::Rejection> {
        Ok(Self::from_request(req).ok())
    }

    /// Describes what the value is read from. By default, it adds nothing.
    fn describe(arguments: &mut Arguments) {
        let _ = arguments;
    }
}

/// Typed values.
impl<'r> Request<'r> {
    /// Reads typed values, as the arguments of a handler are: one, or a tuple of up to eight.
    ///
    /// ```
    /// use gatewire::extract::{Path, Query};
    /// use gatewire::{App, Error, Request};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Page {
    ///     page: u32,
    /// }
    ///
    /// fn list(req: Request<'_>) -> Result<String, Error> {
    ///     let (Path(user), Query(Page { page })) = req.extract::<(Path<&str>, Query<Page>)>()?;
    ///     Ok(format!("{user} {page}"))
    /// }
    /// # let client = gatewire::testing::Client::new(App::new().get("/{user}/todos", list))?;
    /// # assert_eq!(client.get("/ada/todos?page=2").send().text(), "ada 2");
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// The first error, as an [`Error`], which knows its type. [`FromRequest::from_request`] returns the type itself.
    pub fn extract<T: FromRequest<'r>>(self) -> Result<T, Error> {
        T::from_request(self).map_err(IntoError::into_error)
    }
}
