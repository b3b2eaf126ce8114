//! One header field as an argument.

use std::fmt;

use serde::Deserialize;

use super::{Argument, Arguments, FromRequest, Input, Location};
use crate::form::Scalar;
use crate::handler::{ParamError, Request};
use crate::mismatch::Fault;

/// The name of a header field, and the type of its value, for [`Header`].
///
/// It is implemented for a type that only stands for the name; [`names`] has some.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the name of a header field",
    label = "not a name",
    note = "the names of `gatewire::extract::names` are some; for another one: `struct Name;` and `impl HeaderName for Name {{ const NAME: &'static str = \"x-name\"; type Value<'r> = &'r str; }}`"
)]
pub trait HeaderName: 'static {
    /// The name; it is compared without regard to case.
    const NAME: &'static str;

    /// The type of the value: a string, or a type that is read from one, as in [`Path`](super::Path).
    type Value<'r>: Deserialize<'r>;
}

/// The value of one header field, the last if the field is repeated.
///
/// ```
/// use gatewire::extract::{Header, HeaderName, names::IfNoneMatch};
/// use gatewire::App;
///
/// struct PageSize;
///
/// impl HeaderName for PageSize {
///     const NAME: &'static str = "x-page-size";
///     type Value<'r> = u16;
/// }
///
/// fn list(Header(size): Header<PageSize>, tag: Option<Header<IfNoneMatch>>) -> String {
///     format!("{size} {:?}", tag.map(|tag| tag.0))
/// }
/// # let client = gatewire::testing::Client::new(App::new().get("/", list))?;
/// # assert_eq!(client.get("/").header("X-Page-Size", "20").send().text(), "20 None");
/// # assert_eq!(client.get("/").send().status(), 400);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
///
/// The response to an absent field, and to one that cannot be read, is 400. An `Option` of it is `None` without the
/// field.
pub struct Header<'r, N: HeaderName>(pub N::Value<'r>);

/// Only the name: the value may be a secret.
impl<N: HeaderName> fmt::Debug for Header<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Header").field(&N::NAME).finish_non_exhaustive()
    }
}

impl<N: HeaderName> Input for Header<'static, N> {
    type At<'r> = Header<'r, N>;
}

impl<'r, N: HeaderName> FromRequest<'r> for Header<'r, N> {
    type Rejection = ParamError;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, ParamError> {
        Self::find_in_request(req)?.ok_or_else(|| ParamError::new(Location::Header, Fault::missing(N::NAME)))
    }

    #[inline]
    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, ParamError> {
        let Some(text) = req.header(N::NAME) else { return Ok(None) };
        match N::Value::deserialize(Scalar(text)) {
            Ok(value) => Ok(Some(Self(value))),
            Err(fault) => Err(ParamError::new(Location::Header, fault.of(N::NAME))),
        }
    }

    fn describe(arguments: &mut Arguments) {
        arguments.add(Argument::new::<N::Value<'r>>(Location::Header).name(N::NAME));
    }
}

/// Names of header fields that have a string as their value, for [`Header`].
pub mod names {
    use super::HeaderName;

    macro_rules! names {
        ($($type:ident $name:literal;)+) => {
            $(
                #[doc = concat!("`", $name, "`")]
                #[derive(Clone, Copy, Debug)]
                pub struct $type(());

                impl HeaderName for $type {
                    const NAME: &'static str = $name;
                    type Value<'r> = &'r str;
                }
            )+
        };
    }

    names! {
        Accept "accept";
        AcceptLanguage "accept-language";
        Authorization "authorization";
        ContentType "content-type";
        Host "host";
        IdempotencyKey "idempotency-key";
        IfMatch "if-match";
        IfModifiedSince "if-modified-since";
        IfNoneMatch "if-none-match";
        IfUnmodifiedSince "if-unmodified-since";
        Origin "origin";
        Range "range";
        Referer "referer";
        UserAgent "user-agent";
    }
}
