//! The event that a Lambda authorizer receives.

use std::fmt;

use serde::Deserialize;

use crate::event::{BodyError, Headers, JsonView, Query, RequestContext, StringMap};
use crate::handler::{LambdaContext, Request, event_argument};
use crate::json::{Kind, Value};
use crate::source::{AuthorizerKind, EventSource};

/// The question to a Lambda authorizer: who calls what? One pointer, which is `Copy`; all that it lends lives as long as
/// the invocation.
///
/// An event of the kind [`Token`](AuthorizerKind::Token) has the token and the ARN alone: the other accessors return
/// `None`, or nothing.
///
/// ```
/// use gatewire::authorizer::{AuthorizerRequest, Decision};
///
/// fn authorize(req: AuthorizerRequest<'_>) -> Decision<'_> {
///     match (req.token(), req.header("x-tenant")) {
///         (Some(token), Some(tenant)) if token == "secret" => Decision::allow("ada").context("tenant", tenant),
///         _ => Decision::deny(),
///     }
/// }
/// # let _ = gatewire::authorizer::Authorizer::new(authorize);
/// ```
#[derive(Clone, Copy)]
pub struct AuthorizerRequest<'r>(Request<'r>);

/// The credentials.
impl<'r> AuthorizerRequest<'r> {
    /// Returns the kind of the event.
    pub fn kind(self) -> AuthorizerKind {
        let event = &self.0.exchange.event;
        if event.has_connection() {
            return AuthorizerKind::WebSocket;
        }
        match event.source() {
            EventSource::HttpApiV2 => AuthorizerKind::HttpApiV2,
            EventSource::HttpApiV1 => AuthorizerKind::HttpApiV1,
            _ if event.context().is_none() => AuthorizerKind::Token,
            _ => AuthorizerKind::Request,
        }
    }

    /// Returns the credentials as the client sent them: `authorizationToken` of an event of the kind `TOKEN`, else the
    /// `Authorization` header. If an event of [`HttpApiV1`](AuthorizerKind::HttpApiV1) has no such header, it is
    /// `authorizationToken`, in which the identity sources are joined by commas.
    ///
    /// API Gateway caches the decision by the identity sources: the `Authorization` header has to be among them, or the
    /// time to live has to be 0.
    pub fn authorization(self) -> Option<&'r str> {
        match self.kind() {
            AuthorizerKind::Token => self.authorization_token(),
            AuthorizerKind::HttpApiV1 => self.0.header("authorization").or_else(|| self.authorization_token()),
            _ => self.0.header("authorization"),
        }
    }

    fn authorization_token(self) -> Option<&'r str> {
        Some(self.0.exchange.event.authorization_token()?.decode(self.0.exchange.arena.bump()))
    }

    /// Returns the [`authorization`](Self::authorization) without `Bearer` in front ([RFC 6750 section 2.1][rfc]), in any
    /// case. Credentials of another scheme are returned as they are.
    ///
    /// [rfc]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
    pub fn token(self) -> Option<&'r str> {
        let credentials = self.authorization()?;
        let bearer = credentials.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer "));
        Some(bearer.map_or(credentials, |(_, token)| token.trim_start_matches(' ')))
    }

    /// Returns the values of the identity sources of an HTTP API: `identitySource`. For payload 1.0 they are joined with
    /// commas in one string. Nothing for other APIs.
    pub fn identity_sources(self) -> impl Iterator<Item = &'r str> {
        let arena = self.0.exchange.arena.bump();
        let sources = self.0.exchange.event.root().get("identitySource");
        let single = sources.filter(|sources| sources.kind() == Kind::String);
        let texts = sources.into_iter().flat_map(Value::items).chain(single).filter_map(Value::as_text);
        texts.map(move |text| text.decode(arena))
    }
}

/// The API.
impl<'r> AuthorizerRequest<'r> {
    /// Returns the ARN that is called: `methodArn` or `routeArn`, as in
    /// `arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5/prod/GET/todos`.
    ///
    /// The path in it is the client's, and may contain `*`: do not copy it into a policy by hand.
    pub fn arn(self) -> &'r str {
        self.method_arn().or_else(|| self.route_arn()).unwrap_or_default()
    }

    /// Returns `methodArn`; `None` for payload 2.0.
    pub fn method_arn(self) -> Option<&'r str> {
        Some(self.0.exchange.event.method_arn()?.decode(self.0.exchange.arena.bump()))
    }

    /// Returns `routeArn` of payload 2.0.
    pub fn route_arn(self) -> Option<&'r str> {
        Some(self.0.exchange.event.route_arn()?.decode(self.0.exchange.arena.bump()))
    }

    /// Returns the method of the request.
    pub fn method(self) -> Option<&'r str> {
        Some(self.0.method()).filter(|method| !method.is_empty())
    }

    /// Returns the path of the request, percent-decoded and without the stage, as [`Request::path`] of the API's
    /// function does.
    pub fn path(self) -> Option<&'r str> {
        self.0.exchange.event.has_path().then(|| self.0.path())
    }

    /// Returns the stage of the API.
    pub fn stage(self) -> Option<&'r str> {
        self.0.stage()
    }

    /// Returns the stage variables of the API.
    pub fn stage_variables(self) -> StringMap<'r> {
        self.0.stage_variables()
    }

    /// Returns the path parameters of the API's route.
    pub fn path_parameters(self) -> StringMap<'r> {
        self.0.gateway_params()
    }

    /// Returns the resource of a REST API as it is configured, as in `/todos/{id}`.
    pub fn resource(self) -> Option<&'r str> {
        self.0.resource()
    }

    /// Returns the route of an HTTP API as it is configured, as in `GET /todos/{id}`, or that of a WebSocket API, which is
    /// `$connect`.
    pub fn route_key(self) -> Option<&'r str> {
        self.0.route_key().or_else(|| self.0.context().route_key())
    }

    /// Returns the identifier of the connection that begins, from a WebSocket API.
    pub fn connection_id(self) -> Option<&'r str> {
        Some(self.0.exchange.event.connection_id()?.decode(self.0.exchange.arena.bump()))
    }
}

/// The request.
impl<'r> AuthorizerRequest<'r> {
    /// Returns the last value of a header field; its name is compared without regard to case.
    pub fn header(self, name: &str) -> Option<&'r str> {
        self.0.header(name)
    }

    /// Returns all header fields.
    pub fn headers(self) -> Headers<'r> {
        self.0.headers()
    }

    /// Returns the value of a cookie as it was sent.
    pub fn cookie(self, name: &str) -> Option<&'r str> {
        self.0.cookie(name)
    }

    /// Returns the last value of a query parameter.
    pub fn query(self, name: &str) -> Option<&'r str> {
        self.0.query(name)
    }

    /// Returns all query parameters.
    pub fn query_pairs(self) -> Query<'r> {
        self.0.query_pairs()
    }

    /// Returns the address of the client; `None` if the event has none.
    pub fn source_ip(self) -> Option<&'r str> {
        self.0.context().source_ip()
    }

    /// Returns the `requestContext`, with the identity of the client and its certificate.
    pub fn context(self) -> RequestContext<'r> {
        self.0.context()
    }

    /// Returns the whole event as JSON, for fields that no accessor names.
    pub fn event(self) -> JsonView<'r> {
        self.0.event()
    }

    /// Returns the whole event as a value of a type of your own, such as one of the `aws_lambda_events` crate.
    ///
    /// # Errors
    /// [`BodyError::Type`] if the event is of another type.
    pub fn event_as<T: Deserialize<'r>>(self) -> Result<T, BodyError> {
        self.0.event_as()
    }

    /// Returns the context of the invocation.
    pub fn lambda(self) -> LambdaContext<'r> {
        self.0.lambda()
    }

    /// Returns a value that was added with [`Authorizer::state`](crate::authorizer::Authorizer::state), by its type.
    ///
    /// # Panics
    /// If there is no state of that type: [`find_state`](Self::find_state) does not panic.
    #[track_caller]
    pub fn state<T: Send + Sync + 'static>(self) -> &'r T {
        self.0.state()
    }

    /// Returns a value that was added with [`Authorizer::state`](crate::authorizer::Authorizer::state), by its type;
    /// `None` if there is none.
    pub fn find_state<T: Send + Sync + 'static>(self) -> Option<&'r T> {
        self.0.find_state()
    }

    /// The request itself, for the writer of the decision.
    pub(super) fn inner(self) -> Request<'r> {
        self.0
    }
}

/// Without the credentials.
impl fmt::Debug for AuthorizerRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizerRequest")
            .field("kind", &self.kind())
            .field("arn", &self.arn())
            .finish_non_exhaustive()
    }
}

event_argument! { AuthorizerRequest, AuthorizerRequests }
