//! Arguments that do not come from the request: the state of the app.

use std::any::{TypeId, type_name};
use std::fmt;

use super::{Argument, Arguments, FromRequest, Input, Location};
use crate::handler::Request;

/// A value that was added with [`App::state`](crate::App::state), by its type: `State<&Pool>`.
///
/// [`App::build`](crate::App::build) refuses a handler whose state nobody has added.
#[derive(Clone, Copy, Debug)]
pub struct State<T>(pub T);

impl<T: 'static> Input for State<&'static T> {
    type At<'r> = State<&'r T>;
}

impl<'r, T: Send + Sync + 'static> FromRequest<'r> for State<&'r T> {
    type Rejection = MissingState;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, MissingState> {
        req.find_state().map(Self).ok_or(MissingState { type_name: type_name::<T>() })
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, MissingState> {
        Ok(req.find_state().map(Self))
    }

    fn describe(arguments: &mut Arguments) {
        let mut argument = Argument::new::<T>(Location::State);
        argument.state = Some(TypeId::of::<T>());
        arguments.add(argument);
    }
}

/// The error of a state that nobody has added. [`App::build`](crate::App::build) finds it for handlers, so that it is
/// left for [`Request::extract`] alone. Without a handler for it, the invocation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingState {
    type_name: &'static str,
}

impl fmt::Display for MissingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the app has no state of the type {}: add one with `App::state`", self.type_name)
    }
}

impl std::error::Error for MissingState {}
