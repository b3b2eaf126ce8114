//! The query as an argument.

use serde::Deserialize;

use super::input::schemas_of;
use super::{Argument, Arguments, FromRequest, Input, Location};
use crate::handler::{ParamError, Request};

/// The query, read as [`Request::query_as`] does: a struct with a field for each parameter. An `Option` of it is `None`
/// if the request has no query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T: Input> Input for Query<T> {
    type At<'r> = Query<T::At<'r>>;
    schemas_of! { T }
}

impl<'r, T: Deserialize<'r>> FromRequest<'r> for Query<T> {
    type Rejection = ParamError;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, ParamError> {
        req.query_as().map(Self)
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, ParamError> {
        if req.query_pairs().next().is_none() { Ok(None) } else { Self::from_request(req).map(Some) }
    }

    fn describe(arguments: &mut Arguments) {
        #[cfg_attr(not(feature = "openapi"), expect(unused_mut, reason = "only the document needs the fields"))]
        let mut argument = Argument::new::<T>(Location::Query);
        #[cfg(feature = "openapi")]
        {
            argument.fields = super::path_params::fields::<T>();
        }
        arguments.add(argument);
    }
}
