//! Questions to an authorizer.

use std::fmt;

use serde::de::DeserializeOwned;

use super::Client;
use crate::app::Authorizer;
use crate::build_error::BuildError;
use crate::gateway::{AuthorizerResponse, HttpRequest};
use crate::handler::JsonParser;
use crate::invocation_error::InvocationError;
use crate::source::AuthorizerKind;

/// Asks an authorizer about requests, as the APIs do.
///
/// ```
/// use gatewire::authorizer::{Authorizer, AuthorizerKind, AuthorizerRequest, Decision};
/// use gatewire::testing::AuthorizerClient;
///
/// fn authorize(req: AuthorizerRequest<'_>) -> Decision<'_> {
///     match req.token() {
///         Some("secret") => Decision::allow("ada").context("admin", true),
///         Some(_) => Decision::deny(),
///         None => Decision::unauthorized(),
///     }
/// }
///
/// let client = AuthorizerClient::new(Authorizer::new(authorize))?;
/// for kind in [AuthorizerKind::Token, AuthorizerKind::Request, AuthorizerKind::HttpApiV2] {
///     let decision = client.call(kind, "GET", "/todos").header("Authorization", "Bearer secret").send();
///     assert_eq!((decision.status(), decision.principal()), (200, Some("ada")));
///     assert!(decision.context::<bool>("admin"));
///     assert_eq!(client.call(kind, "GET", "/todos").header("Authorization", "Bearer x").send().status(), 403);
/// }
/// assert_eq!(client.call(AuthorizerKind::Request, "GET", "/todos").send().status(), 401);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Debug)]
pub struct AuthorizerClient {
    client: Client,
    simple: bool,
}

impl AuthorizerClient {
    /// Builds the authorizer.
    ///
    /// # Errors
    /// If it does not build.
    pub fn new(authorizer: Authorizer) -> Result<Self, BuildError> {
        let engine = authorizer.build()?;
        let simple = engine.gives_simple_responses();
        Ok(Self { client: Client::from(engine), simple })
    }

    /// A request that the authorizer is asked about. A WebSocket API asks about new connections, whatever the path.
    pub fn call(&self, kind: AuthorizerKind, method: impl Into<String>, target: &str) -> TestCall<'_> {
        TestCall { client: self, kind, request: HttpRequest::new(method, target) }
    }
}

/// A request that an authorizer is asked about: made with [`AuthorizerClient::call`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens before it is sent"]
pub struct TestCall<'c> {
    client: &'c AuthorizerClient,
    kind: AuthorizerKind,
    request: HttpRequest,
}

impl TestCall<'_> {
    /// Adds a header field. `Authorization` is the token, and the identity source of HTTP APIs.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Sets the stage of the API.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.request = self.request.stage(stage);
        self
    }

    /// Sets the address of the client.
    pub fn source_ip(mut self, source_ip: impl Into<String>) -> Self {
        self.request = self.request.source_ip(source_ip);
        self
    }

    /// The event that the API sends to the authorizer, as JSON.
    pub fn event(&self) -> Vec<u8> {
        self.request.authorizer_event(self.kind)
    }

    /// Asks the authorizer, and returns its decision.
    ///
    /// # Panics
    /// If the invocation fails with an error other than `Unauthorized`, if the API would not take the answer, and inside
    /// of a tokio runtime if the handler waits.
    #[track_caller]
    pub fn send(self) -> TestDecision {
        let name = self.to_string();
        match self.try_send() {
            Ok(decision) => decision,
            Err(error) => panic!("the invocation has failed, for {name}: {error}"),
        }
    }

    /// Asks the authorizer, and returns its decision, or the error that would be reported to Lambda and is not
    /// `Unauthorized`.
    ///
    /// # Errors
    /// If the invocation fails.
    ///
    /// # Panics
    /// As [`send`](Self::send), except for that.
    #[track_caller]
    pub fn try_send(self) -> Result<TestDecision, InvocationError> {
        let payload = self.client.client.invoke(&self.event());
        self.read(payload)
    }

    /// [`try_send`](Self::try_send) for async tests.
    ///
    /// # Errors
    /// As `try_send`.
    ///
    /// # Panics
    /// As `try_send`.
    pub async fn try_send_async(self) -> Result<TestDecision, InvocationError> {
        let payload = self.client.client.invoke_async(&self.event()).await;
        self.read(payload)
    }

    #[track_caller]
    fn read(&self, payload: Result<Vec<u8>, InvocationError>) -> Result<TestDecision, InvocationError> {
        let payload = match payload {
            Err(error) if error.message() == "Unauthorized" => return Ok(TestDecision { response: None }),
            payload => payload?,
        };
        let arn = self.request.arn(self.kind);
        match AuthorizerResponse::from_payload(self.kind, self.client.simple, &arn, &payload) {
            Ok(response) => Ok(TestDecision { response: Some(response) }),
            Err(error) => panic!("the API would not take the decision about {self}: {error}"),
        }
    }
}

/// The request, for the message of a panic.
impl fmt::Display for TestCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} through {:?}", self.request.method(), self.request.path(), self.kind)
    }
}

/// The decision of an authorizer, as the API reads it.
#[derive(Clone, Debug)]
pub struct TestDecision {
    /// `None` for `Unauthorized`.
    response: Option<AuthorizerResponse>,
}

impl TestDecision {
    /// The status with which the API answers: 401, 403, or 200 for a request that reaches the API's function.
    pub fn status(&self) -> u16 {
        match &self.response {
            None => 401,
            Some(response) if response.is_allowed => 200,
            Some(_) => 403,
        }
    }

    /// Returns whether the request reaches the API's function.
    pub fn is_allowed(&self) -> bool {
        self.status() == 200
    }

    /// The principal; `None` in a simple response, and if the client is unauthorized.
    pub fn principal(&self) -> Option<&str> {
        self.response.as_ref()?.principal.as_deref()
    }

    /// A value of the context, read from its JSON.
    ///
    /// # Panics
    /// If the context has no value of this name, or one of another type.
    #[track_caller]
    pub fn context<T: DeserializeOwned>(&self, name: &str) -> T {
        let Some(json) = self.response.as_ref().and_then(|response| response.context_json(name)) else {
            panic!("the decision has no context {name:?}")
        };
        match JsonParser::default().parse(&mut json.as_bytes().to_vec()) {
            Ok(value) => value,
            Err(error) => panic!("the context {name:?} is {json}: {error}"),
        }
    }

    /// The resources of the policy; none in a simple response.
    pub fn resources(&self) -> &[String] {
        self.response.as_ref().map_or(&[], |response| &response.resources)
    }

    /// The answer as the API reads it; `None` if the client is unauthorized.
    pub fn response(&self) -> Option<&AuthorizerResponse> {
        self.response.as_ref()
    }
}
