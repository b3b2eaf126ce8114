//! Tuples of arguments, which are read from left to right.

use super::input::schemas_of;
use super::{Arguments, FromRequest, Input};
use crate::handler::{Error, IntoError, Request};

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
