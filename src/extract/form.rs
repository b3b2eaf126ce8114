//! Forms as arguments.

use serde::Deserialize;

use super::input::schemas_of;
use super::{Argument, Arguments, FromRequest, Input, Location};
use crate::form::{FormError, Multipart, Part};
use crate::handler::Request;

/// A form of the type `application/x-www-form-urlencoded`, read as [`Request::form_as`] does: a struct with a member for
/// each field. An `Option` of it is `None` if the request has no `Content-Type`.
///
/// ```
/// use gatewire::{extract::Form, testing::Client, App};
///
/// #[derive(serde::Deserialize)]
/// struct Order<'r> {
///     dish: &'r str,
///     count: u32,
/// }
///
/// gatewire::input!(Order<'r>);
///
/// fn order(Form(Order { dish, count }): Form<Order<'_>>) -> String {
///     format!("{count} {dish}")
/// }
///
/// let client = Client::new(App::new().post("/orders", order))?;
/// let form = client.post("/orders").header("content-type", "application/x-www-form-urlencoded");
/// assert_eq!(form.body("dish=pad+thai&count=2").send().text(), "2 pad thai");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form<T>(pub T);

impl<T: Input> Input for Form<T> {
    type At<'r> = Form<T::At<'r>>;
    schemas_of! { T }
}

impl<'r, T: Deserialize<'r>> FromRequest<'r> for Form<T> {
    type Rejection = FormError;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, FormError> {
        req.form_as().map(Self)
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, FormError> {
        if req.header("content-type").is_none() { Ok(None) } else { Self::from_request(req).map(Some) }
    }

    fn describe(arguments: &mut Arguments) {
        #[cfg_attr(not(feature = "openapi"), expect(unused_mut, reason = "only the document needs the fields"))]
        let mut argument = Argument::new::<T>(Location::Form).content_type("application/x-www-form-urlencoded");
        #[cfg(feature = "openapi")]
        {
            argument.fields = super::path_params::fields::<T>();
        }
        arguments.add(argument);
    }
}

impl Input for Multipart<'static> {
    type At<'r> = Multipart<'r>;
}

/// A form of the type `multipart/form-data`, as [`Request::multipart`] returns it. An `Option` of it is `None` if the
/// request has no `Content-Type`.
///
/// ```
/// use gatewire::{extract::Multipart, App};
///
/// fn names(form: Multipart<'_>) -> String {
///     form.map(|part| part.name).collect::<Vec<_>>().join(", ")
/// }
/// # App::new().post("/names", names).build().unwrap();
/// ```
impl<'r> FromRequest<'r> for Multipart<'r> {
    type Rejection = FormError;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, FormError> {
        req.multipart()
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, FormError> {
        if req.header("content-type").is_none() { Ok(None) } else { Self::from_request(req).map(Some) }
    }

    fn describe(arguments: &mut Arguments) {
        arguments.add(Argument::new::<Part<'_>>(Location::File).content_type("multipart/form-data"));
    }
}
