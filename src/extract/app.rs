//! Arguments that do not come from the request: the state of the app, and the values that middleware left.

use std::any::{TypeId, type_name};
use std::fmt;

use super::{Argument, Arguments, FromRequest, Input, Location};
use crate::handler::Request;

/// A value that was added with [`App::state`](crate::App::state), by its type: `State<&Pool>`.
///
/// It is found as [`Request::state`] finds it: in the router of the route first, then in those around it.
/// [`App::build`](crate::App::build) refuses a handler whose state nobody has added. An `Option` of it is `None` then.
///
/// ```
/// use gatewire::{App, extract::State};
///
/// struct Greeting(&'static str);
///
/// let app = App::new()
///     .state(Greeting("hello"))
///     .get("/", |State(greeting): State<&Greeting>| greeting.0);
/// # app.build().unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State<T>(pub T);

impl<T: 'static> Input for State<&'static T> {
    type At<'r> = State<&'r T>;
}

impl<'r, T: Send + Sync + 'static> FromRequest<'r> for State<&'r T> {
    type Rejection = Missing;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, Missing> {
        req.find_state().map(Self).ok_or_else(|| Missing::new::<T>("state", "App::state"))
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, Missing> {
        Ok(req.find_state().map(Self))
    }

    fn describe(arguments: &mut Arguments) {
        let mut argument = Argument::new::<T>(Location::State);
        argument.state = Some(TypeId::of::<T>());
        arguments.add(argument);
    }
}

/// A value that middleware has left with [`Request::set_extension`], by its type: `Extension<&User>`.
///
/// ```
/// use gatewire::{App, extract::Extension};
///
/// struct User(String);
///
/// let app = App::new()
///     .wrap(async |req, next| {
///         req.set_extension(User("ada".to_owned()));
///         next.run(req).await
///     })
///     .get("/me", |Extension(user): Extension<&User>| user.0.clone());
/// # let client = gatewire::testing::Client::new(app)?;
/// # assert_eq!(client.get("/me").send().text(), "ada");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<T>(pub T);

impl<T: 'static> Input for Extension<&'static T> {
    type At<'r> = Extension<&'r T>;
}

impl<'r, T: 'static> FromRequest<'r> for Extension<&'r T> {
    type Rejection = Missing;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, Missing> {
        req.extension().map(Self).ok_or_else(|| Missing::new::<T>("extension", "Request::set_extension"))
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, Missing> {
        Ok(req.extension().map(Self))
    }
}

/// The error of a state or an extension that nobody has added: a fault of the program, so the invocation fails, unless
/// an error handler responds otherwise.
///
/// [`App::build`](crate::App::build) finds missing state of handlers, so that it is left for [`Request::extract`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    type_name: &'static str,
    what: &'static str,
    cure: &'static str,
}

impl Missing {
    #[cold]
    fn new<T>(what: &'static str, cure: &'static str) -> Self {
        Self { type_name: type_name::<T>(), what, cure }
    }

    /// Returns the Rust name of the type.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { type_name, what, cure } = self;
        write!(f, "there is no {what} of the type {type_name}: add one with `{cure}`")
    }
}

impl std::error::Error for Missing {}
