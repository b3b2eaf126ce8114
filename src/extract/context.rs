//! Arguments that are other views of the request, and `Option` and `Result` of arguments.

use std::convert::Infallible;
use std::fmt;

use super::{Argument, Arguments, FromRequest, Input, Location};
use crate::event::{Headers, RequestContext};
use crate::handler::{LambdaContext, Request};

impl<'r> FromRequest<'r> for Request<'r> {
    type Rejection = Infallible;

    #[inline]
    fn from_request(req: Self) -> Result<Self, Infallible> {
        Ok(req)
    }
}

macro_rules! views {
    ($($name:ident $method:ident $location:ident;)+) => {
        $(
            impl Input for $name<'static> {
                type At<'r> = $name<'r>;
            }

            impl<'r> FromRequest<'r> for $name<'r> {
                type Rejection = Infallible;

                #[inline]
                fn from_request(req: Request<'r>) -> Result<Self, Infallible> {
                    Ok(req.$method())
                }

                fn describe(arguments: &mut Arguments) {
                    let mut argument = Argument::new::<Self>(Location::$location);
                    argument.required = false;
                    arguments.add(argument);
                }
            }
        )+
    };
}

views! {
    Headers headers Header;
    RequestContext context Context;
    LambdaContext lambda Context;
}

/// The cookies of the request, as they were sent: nothing in them is decoded.
///
/// ```
/// use gatewire::{App, extract::Cookies};
///
/// let app = App::new().get("/", |cookies: Cookies| match cookies.get("session") {
///     Some(session) => format!("session {session}"),
///     None => "no session".to_owned(),
/// });
/// # let client = gatewire::testing::Client::new(app)?;
/// # assert_eq!(client.get("/").header("cookie", "a=1; session=7").send().text(), "session 7");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Cookies<'r>(Request<'r>);

impl<'r> Cookies<'r> {
    /// Returns the value of a cookie, as [`Request::cookie`] does: the last if it is repeated.
    pub fn get(self, name: &str) -> Option<&'r str> {
        self.0.cookie(name)
    }

    /// Returns names and values, as [`Request::cookies`] does.
    pub fn iter(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.0.cookies()
    }
}

/// Only the names: values are secrets.
impl fmt::Debug for Cookies<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookies ")?;
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

impl Input for Cookies<'static> {
    type At<'r> = Cookies<'r>;
}

impl<'r> FromRequest<'r> for Cookies<'r> {
    type Rejection = Infallible;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, Infallible> {
        Ok(Self(req))
    }

    fn describe(arguments: &mut Arguments) {
        let mut argument = Argument::new::<Self>(Location::Cookie);
        argument.required = false;
        arguments.add(argument);
    }
}

/// `None` if the request does not have it: see [`FromRequest::find_in_request`].
impl<'r, A: FromRequest<'r>> FromRequest<'r> for Option<A> {
    type Rejection = A::Rejection;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, A::Rejection> {
        A::find_in_request(req)
    }

    fn describe(arguments: &mut Arguments) {
        arguments.add_optional(A::describe);
    }
}

/// The value or the error, so that the handler is called in both cases. The error type is that of the argument, an
/// [`Error`](crate::Error), or one that it converts into.
impl<'r, A, E> FromRequest<'r> for Result<A, E>
where
    A: FromRequest<'r, Rejection: Into<E>>,
{
    type Rejection = Infallible;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, Infallible> {
        Ok(A::from_request(req).map_err(Into::into))
    }

    fn describe(arguments: &mut Arguments) {
        let mut own = Arguments::new();
        A::describe(&mut own);
        for mut argument in own {
            // The handler takes any request. The program must still have the parameters and the state.
            argument.required &= matches!(argument.location, Location::Path | Location::State);
            arguments.add(argument);
        }
    }
}
