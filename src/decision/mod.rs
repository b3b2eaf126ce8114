//! The decision of a Lambda authorizer, and the event that it is about.

mod request;
mod write;

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;

use crate::handler::{Error, HttpError, IntoAnswer, IntoError, Private, Unauthorized};
use crate::http::StatusCode;
use crate::invocation_error::InvocationError;

pub use request::AuthorizerRequest;
pub(crate) use request::AuthorizerRequests;

/// The error message that API Gateway answers with status 401. It is compared as a whole.
const UNAUTHORIZED: &str = "Unauthorized";

/// The principal of a policy that denies, which must have one.
const NOBODY: &str = "anonymous";

/// The decision of a Lambda authorizer.
///
/// ```
/// use gatewire::authorizer::Decision;
///
/// let decision = Decision::allow("ada").context("tenant", "acme").context("admin", true).context("limit", 100);
/// # let _ = decision;
/// ```
///
/// # The trap of the cache
///
/// API Gateway keeps a policy for the time to live of the authorizer (300 seconds by default for REST APIs) and applies
/// it to **all** requests with the same identity sources, whichever method they call. A policy for nothing but the method
/// that was called first refuses the next one with 403. So a decision covers the whole stage of the API, unless it
/// [names resources](Self::only). A decision that depends on the method or the path by code needs
/// [`this_method_only`](Self::this_method_only), and an authorizer whose cache is off (a time to live of 0) or whose
/// identity sources contain what it depends on.
///
/// Nothing is allocated for borrowed strings, six values of the context and two resources, except for a refusal by
/// [`unauthorized`](Self::unauthorized), which is an error of the invocation.
#[derive(Clone, PartialEq)]
#[must_use = "return it from the handler"]
pub struct Decision<'a> {
    effect: Effect,
    principal: Cow<'a, str>,
    context: SmallVec<[(Cow<'a, str>, ContextValue<'a>); 6]>,
    scope: Scope<'a>,
    usage_key: Option<Cow<'a, str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
    Unauthorized,
}

/// The part of the API that a policy is about.
#[derive(Clone, PartialEq)]
enum Scope<'a> {
    Stage,
    /// Methods and paths.
    Only(SmallVec<[(Cow<'a, str>, Cow<'a, str>); 2]>),
    ThisMethod,
}

/// A value of the context that a decision adds to requests: a string, a number or a boolean. [API Gateway][docs] takes no
/// others for all of its APIs.
///
/// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ContextValue<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// An integer.
    Integer(i64),
    /// A number. One that is not finite is written as a string, since JSON has no such numbers.
    Float(f64),
    /// A boolean.
    Bool(bool),
}

impl<'a> Decision<'a> {
    fn new(effect: Effect, principal: Cow<'a, str>) -> Self {
        Self { effect, principal, context: SmallVec::new(), scope: Scope::Stage, usage_key: None }
    }

    /// Allows the call. `principal` is the identifier of the user: the `principalId` of a policy. A [simple
    /// response](crate::authorizer::Authorizer::simple_responses) has none: put it into the context too, if the API's
    /// function has to know it.
    pub fn allow(principal: impl Into<Cow<'a, str>>) -> Self {
        Self::new(Effect::Allow, principal.into())
    }

    /// Denies the call: the client receives status 403.
    pub fn deny() -> Self {
        Self::new(Effect::Deny, NOBODY.into())
    }

    /// Says that the client has not shown who it is: it receives status 401.
    ///
    /// API Gateway takes this as the error `Unauthorized` of the function and nothing else, so the invocation fails, and
    /// counts as an error in the function's metrics. It is not cached.
    pub fn unauthorized() -> Self {
        Self::new(Effect::Unauthorized, NOBODY.into())
    }

    /// Sets the principal, such as that of a call that is denied: it stands in the access log of the API.
    pub fn principal(mut self, principal: impl Into<Cow<'a, str>>) -> Self {
        self.principal = principal.into();
        self
    }

    /// Adds a value to the context of the request. The API's function reads it with
    /// [`Authorizer::context`](crate::context::Authorizer::context): for REST and WebSocket APIs every value arrives as a
    /// string.
    ///
    /// A later value of a name replaces an earlier one.
    pub fn context(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<ContextValue<'a>>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.context.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = value,
            None => self.context.push((name, value)),
        }
        self
    }

    /// Limits the decision to a method and a path of the API, instead of its whole stage; further calls add others. Both
    /// may contain `*`, for any characters, slashes too, and `?`, for one: `only("GET", "/todos/*")`. The method `*` stands
    /// for the seven methods of API Gateway; methods are written in capitals. The path is as the client sends it, without
    /// the stage. A route of a WebSocket API is named without a path: `only("$connect", "")`. Requests that are not listed
    /// are refused, by a denial too.
    ///
    /// The list must not depend on the request that is asked about, since the policy is [cached](Self#the-trap-of-the-cache).
    /// A simple response has no list: whether it allows the call is decided here, by the same rules.
    ///
    /// ```
    /// use gatewire::authorizer::Decision;
    ///
    /// let reader = Decision::allow("ada").only("GET", "/todos/*").only("GET", "/todos");
    /// # let _ = reader;
    /// ```
    pub fn only(mut self, method: impl Into<Cow<'a, str>>, path: impl Into<Cow<'a, str>>) -> Self {
        let mut method = method.into();
        if !method.starts_with('$') && method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            method.to_mut().make_ascii_uppercase();
        }
        let resource = (method, path.into());
        match &mut self.scope {
            Scope::Only(resources) => resources.push(resource),
            scope => *scope = Scope::Only(SmallVec::from_iter([resource])),
        }
        self
    }

    /// Limits the decision to the method and path of the request that is asked about.
    ///
    /// **Turn the cache of the authorizer off for it**, or the next request with the same identity sources is refused.
    /// A path with `*` or `?` in it would cover other paths in a policy: such a call is denied.
    pub fn this_method_only(mut self) -> Self {
        self.scope = Scope::ThisMethod;
        self
    }

    /// Sets the API key whose usage plan counts the call: `usageIdentifierKey`, for REST APIs whose API key source is
    /// `AUTHORIZER`. A simple response has none.
    pub fn usage_identifier_key(mut self, key: impl Into<Cow<'a, str>>) -> Self {
        self.usage_key = Some(key.into());
        self
    }

    /// Returns whether it allows the call.
    pub fn is_allowed(&self) -> bool {
        self.effect == Effect::Allow
    }
}

/// Without the values of the context, which may be secrets.
impl fmt::Debug for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.context.iter().map(|(name, _)| name);
        f.debug_struct("Decision")
            .field("effect", &self.effect)
            .field("principal", &self.principal)
            .field("context", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

macro_rules! texts {
    ($($kind:ty),+) => {
        $(impl<'a> From<$kind> for ContextValue<'a> {
            fn from(text: $kind) -> Self {
                Self::Text(text.into())
            }
        })+
    };
}

texts!(&'a str, String, Cow<'a, str>);

macro_rules! integers {
    ($($kind:ty),+) => {
        $(impl From<$kind> for ContextValue<'_> {
            fn from(number: $kind) -> Self {
                Self::Integer(number.into())
            }
        })+
    };
}

integers!(i8, i16, i32, i64, u8, u16, u32);

impl From<f64> for ContextValue<'_> {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<bool> for ContextValue<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<'r> IntoAnswer<AuthorizerRequest<'r>> for Decision<'_> {
    fn answer(self, req: AuthorizerRequest<'r>, _: Private) {
        if self.effect == Effect::Unauthorized {
            return req.inner().fail(InvocationError::new(UNAUTHORIZED, UNAUTHORIZED).into());
        }
        let simple = req.inner().exchange.shared.simple_responses;
        req.inner().write_payload(|out| self.write(out, req.kind(), req.arn(), simple));
    }
}

/// [`Unauthorized`] and an [`HttpError`] of status 401 are [`Decision::unauthorized`], one of status 403 is
/// [`Decision::deny`]; others fail the invocation.
impl<'r, T: IntoAnswer<AuthorizerRequest<'r>>, E: IntoError> IntoAnswer<AuthorizerRequest<'r>> for Result<T, E> {
    fn answer(self, req: AuthorizerRequest<'r>, token: Private) {
        let error: Error = match self {
            Ok(decision) => return decision.answer(req, token),
            Err(error) => error.into_error(),
        };
        if error.downcast_ref::<Unauthorized>().is_some() {
            return Decision::unauthorized().answer(req, token);
        }
        match error.downcast_ref::<HttpError>().map(HttpError::status) {
            Some(StatusCode::UNAUTHORIZED) => Decision::unauthorized().answer(req, token),
            Some(StatusCode::FORBIDDEN) => Decision::deny().answer(req, token),
            _ => req.inner().fail(error),
        }
    }
}
