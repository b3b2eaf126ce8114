//! A Lambda authorizer: a program of its own, which answers no requests.

use std::fmt;

use super::App;
use crate::decision::{AuthorizerRequest, AuthorizerRequests};
use crate::handler::{EventHandler, erase_event};
use crate::invocation_error::InvocationError;

/// A Lambda authorizer of [REST][rest], [HTTP][http] and [WebSocket][websocket] APIs: a handler that decides whether a
/// client may call an API. [`run`](crate::run) runs it as it runs an app, and
/// [`testing::AuthorizerClient`](crate::testing::AuthorizerClient) asks it in unit tests.
///
/// ```no_run
/// use gatewire::authorizer::{Authorizer, AuthorizerRequest, Decision};
///
/// fn authorize(req: AuthorizerRequest<'_>) -> Decision<'_> {
///     match req.token() {
///         Some("let me in") => Decision::allow("ada").context("tenant", "acme"),
///         Some(_) => Decision::deny(),
///         None => Decision::unauthorized(),
///     }
/// }
///
/// fn main() -> Result<(), gatewire::RunError> {
///     gatewire::run(Authorizer::new(authorize))
/// }
/// ```
///
/// A handler is a function or closure of one [`AuthorizerRequest`], sync or async, and returns a [`Decision`] or a
/// `Result` of one. [`HttpError`](crate::HttpError)s of status 401 and 403 count as [`Decision::unauthorized`] and
/// [`Decision::deny`]; any other error, and a panic, fails the invocation, which the API answers with status 500.
///
/// The event says whether the API takes a policy or a simple response, except for one setting:
/// [`simple_responses`](Self::simple_responses). [The manual](crate::manual::authorizers) compares the forms, and has whole
/// programs. Events of all other kinds are refused.
///
/// [rest]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
/// [http]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
/// [websocket]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
/// [`Decision`]: crate::authorizer::Decision
/// [`Decision::unauthorized`]: crate::authorizer::Decision::unauthorized
/// [`Decision::deny`]: crate::authorizer::Decision::deny
#[must_use]
pub struct Authorizer {
    app: App,
}

impl Authorizer {
    /// An authorizer with this handler.
    pub fn new<Kind: 'static, F>(handler: F) -> Self
    where
        F: for<'r> EventHandler<'r, AuthorizerRequest<'r>, Kind> + Send + Sync + 'static,
    {
        let endpoint = erase_event::<AuthorizerRequests, F, Kind>(handler);
        let mut app = App::new();
        app.others.authorizer = Some(endpoint);
        Self { app }
    }

    /// Sets whether HTTP APIs with payload 2.0 take simple responses, `{"isAuthorized":true}`: the setting
    /// `EnableSimpleResponses` of the authorizer, which is off by default there as here. The event does not say how it is
    /// set, and a response of the other form is an error. Other events are always answered with a policy.
    pub fn simple_responses(mut self, simple: bool) -> Self {
        self.app.settings.simple_responses = simple;
        self
    }

    /// Adds a value that the handler reads with [`AuthorizerRequest::state`], by its type: keys, a client of a database.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.app = self.app.state(value);
        self
    }

    /// The app that refuses requests, and answers events of authorizers.
    pub(crate) fn into_app(self) -> App {
        // Middleware runs for every request.
        self.app.wrap(async |_, _| {
            let reason = "the event is a request, and this function is a Lambda authorizer";
            Err(InvocationError::new("Gatewire.UnknownEvent", reason).into())
        })
    }
}

impl fmt::Debug for Authorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorizer")
            .field("simple_responses", &self.app.settings.simple_responses)
            .finish_non_exhaustive()
    }
}
