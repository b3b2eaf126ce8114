//! The parameters of the rule as an argument.

use serde::Deserialize;

use super::input::schemas_of;
use super::path_params::{self, Pairs, Params};
use super::{Argument, Arguments, FromRequest, Input, Location};
use crate::handler::{ParamError, Request};

/// The parameters of the rule, percent-decoded: one value, a tuple in the order of the rule, or a struct with a field
/// for each parameter.
///
/// | type | rule |
/// | --- | --- |
/// | `Path<u64>`, `Path<&str>`, `Path<TodoId>` with `struct TodoId(u64);` | with one parameter |
/// | `Path<(&str, u64)>` | with two parameters |
/// | a struct with the fields `user` and `id` | with the parameters `user` and `id`, and any others |
/// | `Path<Vec<&str>>`, `Path<HashMap<&str, &str>>` | any |
///
/// Any type that implements serde's `Deserialize` will do; numbers and booleans are read from strings.
/// [`App::build`](crate::App::build) refuses a handler whose rule has other parameters. [`Request::extract`] ignores
/// additional ones, and returns an error for absent ones. An `Option` of it is `None` if the rule has no parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T: Input> Input for Path<T> {
    type At<'r> = Path<T::At<'r>>;
    schemas_of! { T }
}

impl<'r, T: Deserialize<'r>> FromRequest<'r> for Path<T> {
    type Rejection = ParamError;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, ParamError> {
        let params = Params::new(Pairs::Route(req.exchange.route));
        T::deserialize(params).map(Self).map_err(|fault| ParamError::new(Location::Path, fault))
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, ParamError> {
        if req.params().next().is_none() { Ok(None) } else { Self::from_request(req).map(Some) }
    }

    fn describe(arguments: &mut Arguments) {
        let mut argument = Argument::new::<T>(Location::Path);
        argument.fields = path_params::fields::<T>();
        argument.path = Some(path_params::check::<T>);
        arguments.add(argument);
    }
}
