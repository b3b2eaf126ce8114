//! The authorizer of the API that the gateway plays: it is asked before the app.

use std::cell::RefCell;
use std::time::Duration;

use super::refusal::Refusal;
use crate::engine::{Engine, Worker};
use crate::gateway::{AuthorizerResponse, HttpRequest};
use crate::handler::LambdaContext;
use crate::invocation_error::InvocationError;
use crate::source::{AuthorizerKind, EventSource};

/// The time limit of an authorizer, by which [HTTP APIs][docs] wait for one.
///
/// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const TIMEOUT_MS: u64 = 10_000;

/// The error message that API Gateway answers with status 401.
const UNAUTHORIZED: &str = "Unauthorized";

/// An authorizer, the kind of events that it receives, and workers that wait for one.
pub(super) struct Authority {
    engine: Engine,
    kind: AuthorizerKind,
    idle: RefCell<Vec<Worker>>,
}

/// The kind of events of an authorizer, by the gateway; `None` if the gateway has none. `token`: the authorizer of a REST
/// API is of the type `TOKEN`.
pub(super) const fn kind(source: EventSource, token: bool) -> Option<AuthorizerKind> {
    match source {
        EventSource::RestApi if token => Some(AuthorizerKind::Token),
        EventSource::RestApi => Some(AuthorizerKind::Request),
        EventSource::HttpApiV1 => Some(AuthorizerKind::HttpApiV1),
        EventSource::HttpApiV2 => Some(AuthorizerKind::HttpApiV2),
        EventSource::Alb | EventSource::FunctionUrl | EventSource::LatticeV1 | EventSource::LatticeV2 => None,
    }
}

impl Authority {
    pub(super) fn new(engine: Engine, kind: AuthorizerKind) -> Self {
        Self { engine, kind, idle: RefCell::default() }
    }

    /// Asks about a request. Returns the answer if it allows the call, and its payload.
    pub(super) async fn ask(
        &self,
        request: &HttpRequest,
        now: Duration,
        request_id: &str,
    ) -> Result<(AuthorizerResponse, Vec<u8>), Refusal> {
        // An authorizer of this type is not called without a token.
        let has_token = || request.headers().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if self.kind == AuthorizerKind::Token && !has_token() {
            return Err(Refusal::Unauthorized);
        }
        let context = LambdaContext::default()
            .with_request_id(request_id)
            .with_deadline_ms(now.as_millis() as u64 + TIMEOUT_MS)
            .with_invoked_function_arn("arn:aws:lambda:us-east-1:123456789012:function:authorizer");
        let idle = self.idle.borrow_mut().pop();
        let mut worker = idle.unwrap_or_else(|| self.engine.worker());
        let asked = worker.call(&request.authorizer_event(self.kind), &context).await.map(<[u8]>::to_vec);
        self.idle.borrow_mut().push(worker);
        let payload = match asked {
            Ok(payload) => payload,
            Err(error) if error.message() == UNAUTHORIZED => return Err(Refusal::Unauthorized),
            Err(error) => return Err(Refusal::Undecided(error)),
        };
        let simple = self.engine.gives_simple_responses();
        let read = AuthorizerResponse::from_payload(self.kind, simple, &request.arn(self.kind), &payload);
        let response = read.map_err(|error| {
            Refusal::Undecided(InvocationError::new("Gatewire.MalformedResponse", error.to_string()))
        })?;
        if response.is_allowed { Ok((response, payload)) } else { Err(Refusal::Denied) }
    }
}
