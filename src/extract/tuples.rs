//! Tuples of arguments, which are read from left to right.

#[cfg(feature = "validate")]
use super::Inspect;
use super::input::schemas_of;
use super::{Arguments, FromRequest, Input};
use crate::handler::{Error, IntoError, Request};

/// The arguments of a handler, all of which are looked at if one is not valid.
#[cfg(feature = "validate")]
pub(super) trait Gather<'r>: FromRequest<'r, Rejection = Error> {
    /// Returns whether all arguments that are checked are valid.
    fn is_valid(&self, req: Request<'r>) -> bool;

    /// Adds the errors of all arguments that are checked.
    fn gather(req: Request<'r>, report: &mut crate::validate::Report);
}

macro_rules! tuples {
    ($($($name:ident)+;)+) => {
        $(
            impl<$($name: Input),+> Input for ($($name,)+) {
                type At<'r> = ($($name::At<'r>,)+);
                schemas_of! { $($name),+ }
            }

            impl<'r, $($name: FromRequest<'r>),+> FromRequest<'r> for ($($name,)+) {
                type Rejection = Error;

                #[inline]
                fn from_request(req: Request<'r>) -> Result<Self, Error> {
                    Ok(($($name::from_request(req).map_err(IntoError::into_error)?,)+))
                }

                fn describe(arguments: &mut Arguments) {
                    $($name::describe(arguments);)+
                }
            }

            #[cfg(feature = "validate")]
            impl<'r, $($name: FromRequest<'r> + Inspect),+> Gather<'r> for ($($name,)+) {
                #[inline(always)]
                #[allow(non_snake_case)] // named after the types
                fn is_valid(&self, req: Request<'r>) -> bool {
                    let ($($name,)+) = self;
                    $(super::valid::__is_valid($name, req))&&+
                }

                #[cold]
                fn gather(req: Request<'r>, report: &mut crate::validate::Report) {
                    $(super::valid::__gather::<$name>(req, report);)+
                }
            }
        )+
    };
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}
