//! The work of an API with a Lambda authorizer: it asks, and reads the answer.

use super::HttpRequest;
use super::authorized::Authorized;
use super::object::Object;
use super::parts::{self, ACCOUNT_ID, API_ID};
use super::response::{MalformedResponse, fault};
use super::websocket::Connection;
use super::{http_api, rest};
use crate::arn;
use crate::json::{Index, Kind, Text, Value};
use crate::source::AuthorizerKind;

/// The answer of a Lambda authorizer, as an API reads it.
///
/// ```
/// use gatewire::authorizer::AuthorizerKind;
/// use gatewire::gateway::AuthorizerResponse;
///
/// let arn = "arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5/prod/GET/todos";
/// let payload = br#"{"principalId":"ada","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke",
///     "Effect":"Allow","Resource":"arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5/prod/*"}]}}"#;
/// let response = AuthorizerResponse::from_payload(AuthorizerKind::Token, false, arn, payload)?;
/// assert!(response.is_allowed);
/// # Ok::<(), gatewire::gateway::MalformedResponse>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerResponse {
    /// True if the call is allowed.
    pub is_allowed: bool,
    /// The principal; `None` in a simple response.
    pub principal: Option<String>,
    /// The context: names, and values as JSON.
    pub context: Vec<(String, String)>,
    /// The resources of the policy; none in a simple response.
    pub resources: Vec<String>,
    /// The API key whose usage plan counts the call.
    pub usage_identifier_key: Option<String>,
}

impl AuthorizerResponse {
    /// Reads the payload as an API reads it that has sent an event of this kind about `arn`. `simple`: whether the
    /// authorizer's setting `EnableSimpleResponses` is on, which counts for payload 2.0.
    ///
    /// # Errors
    /// If the API would answer the request with status 500: the payload is not JSON, is of the other form, or its context
    /// has a value that is neither a string nor a number nor a boolean. (HTTP APIs with payload 2.0 take any value.)
    pub fn from_payload(
        kind: AuthorizerKind,
        simple: bool,
        arn: &str,
        payload: &[u8],
    ) -> Result<Self, MalformedResponse> {
        let mut index = Index::new();
        let document = index.read(payload);
        let root = document.map_err(|error| fault(format!("the payload is not JSON: {error}")))?.root();
        let context = read_context(root.get("context"), kind)?;
        if simple && kind == AuthorizerKind::HttpApiV2 {
            let is_allowed = root.get("isAuthorized").and_then(Value::as_bool);
            let is_allowed = is_allowed.ok_or_else(|| fault("`isAuthorized` is not a boolean".to_owned()))?;
            return Ok(Self {
                is_allowed,
                principal: None,
                context,
                resources: Vec::new(),
                usage_identifier_key: None,
            });
        }
        let principal = root.get("principalId").and_then(text).filter(|principal| !principal.is_empty());
        let principal = principal.ok_or_else(|| fault("`principalId` is not a string".to_owned()))?;
        let statements = root.get("policyDocument").and_then(|policy| policy.get("Statement"));
        let statements = statements.filter(|list| list.kind() == Kind::Array);
        let statements = statements.ok_or_else(|| fault("`policyDocument` has no list of statements".to_owned()))?;
        let (mut allows, mut denies, mut resources) = (false, false, Vec::new());
        for statement in statements.items() {
            // To ignore one of these would make a policy mean something else here.
            if let Some(key) =
                ["Condition", "NotAction", "NotResource"].into_iter().find(|key| statement.get(key).is_some())
            {
                return Err(fault(format!("a statement of the policy has `{key}`, which is not played here")));
            }
            let own = texts(statement.get("Resource"));
            let is_about = own.iter().any(|pattern| arn::covers(&[pattern], arn))
                && texts(statement.get("Action"))
                    .iter()
                    .any(|action| arn::covers(&[&action.to_ascii_lowercase()], "execute-api:invoke"));
            resources.extend(own);
            match statement.get("Effect").and_then(text).as_deref() {
                Some("Allow") => allows |= is_about,
                Some("Deny") => denies |= is_about,
                _ => return Err(fault("`Effect` is neither `Allow` nor `Deny`".to_owned())),
            }
        }
        Ok(Self {
            is_allowed: allows && !denies,
            principal: Some(principal),
            context,
            resources,
            usage_identifier_key: root.get("usageIdentifierKey").and_then(text),
        })
    }

    /// A value of the context, as JSON.
    pub fn context_json(&self, name: &str) -> Option<&str> {
        self.context.iter().rfind(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn authorized(&self) -> Authorized {
        Authorized { principal: self.principal.clone(), context: self.context.clone() }
    }
}

fn text(value: Value<'_>) -> Option<String> {
    value.as_text().map(decoded)
}

fn decoded(text: Text<'_>) -> String {
    text.decode(&bumpalo::Bump::new()).to_owned()
}

/// A string, or the strings of a list.
fn texts(value: Option<Value<'_>>) -> Vec<String> {
    let Some(value) = value else { return Vec::new() };
    value.as_text().into_iter().chain(value.items().filter_map(Value::as_text)).map(decoded).collect()
}

fn read_context(context: Option<Value<'_>>, kind: AuthorizerKind) -> Result<Vec<(String, String)>, MalformedResponse> {
    let Some(context) = context.filter(|context| !context.is_null()) else { return Ok(Vec::new()) };
    if context.kind() != Kind::Object {
        return Err(fault("`context` is not an object".to_owned()));
    }
    let read = |(name, value): (Text<'_>, Value<'_>)| {
        let is_simple = matches!(value.kind(), Kind::String | Kind::Number | Kind::Bool);
        let name = decoded(name);
        match is_simple || kind == AuthorizerKind::HttpApiV2 {
            true => Ok((name, value.raw().to_owned())),
            false => Err(fault(format!("`context.{name}` is neither a string nor a number nor a boolean"))),
        }
    };
    context.entries().map(read).collect()
}

/// The stage of the request's API.
fn stage(request: &HttpRequest, kind: AuthorizerKind) -> &str {
    let default = match kind {
        AuthorizerKind::HttpApiV1 | AuthorizerKind::HttpApiV2 => "$default",
        AuthorizerKind::Token | AuthorizerKind::Request | AuthorizerKind::WebSocket => "prod",
    };
    request.stage.as_deref().unwrap_or(default)
}

pub(super) fn arn(request: &HttpRequest, kind: AuthorizerKind) -> String {
    let api = format!("arn:aws:execute-api:eu-central-1:{ACCOUNT_ID}:{API_ID}/{}", stage(request, kind));
    match kind {
        AuthorizerKind::WebSocket => format!("{api}/$connect"),
        _ => format!("{api}/{}{}", request.method, parts::own_path(request)),
    }
}

pub(super) fn event(request: &HttpRequest, kind: AuthorizerKind) -> Vec<u8> {
    let arn = arn(request, kind);
    match kind {
        AuthorizerKind::Token => Object::json(|event| {
            event.text("type", "TOKEN");
            event.text("authorizationToken", parts::last_header(request, "authorization").unwrap_or_default());
            event.text("methodArn", &arn);
        }),
        AuthorizerKind::Request => rest::authorizer_event(request, &arn),
        AuthorizerKind::HttpApiV1 => rest::http_v1_authorizer_event(request, &arn),
        AuthorizerKind::HttpApiV2 => http_api::authorizer_event(request, &arn),
        AuthorizerKind::WebSocket => {
            let connection =
                Connection::new("L0SM9cOFvHcCIhw=").stage(stage(request, kind)).source_ip(&request.source_ip);
            connection.authorizer_event(request, &arn)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5/prod/GET/todos/7";

    fn read(kind: AuthorizerKind, simple: bool, payload: &str) -> Result<bool, String> {
        let response = AuthorizerResponse::from_payload(kind, simple, ARN, payload.as_bytes());
        response.map(|response| response.is_allowed).map_err(|error| error.to_string())
    }

    fn policy(statements: &[(&str, &str, &str)]) -> String {
        let statement = |(effect, action, resource): &(&str, &str, &str)| {
            format!(r#"{{"Effect":"{effect}","Action":{action},"Resource":{resource}}}"#)
        };
        let statements: Vec<_> = statements.iter().map(statement).collect();
        format!(r#"{{"principalId":"a","policyDocument":{{"Statement":[{}]}}}}"#, statements.join(","))
    }

    #[test]
    fn policies_are_evaluated() {
        let (invoke, all) = (r#""execute-api:Invoke""#, r#""arn:*/prod/*""#);
        let own = format!(r#"["x","{ARN}"]"#);
        for (statements, allowed) in [
            (&[("Allow", invoke, all)][..], true),
            (&[("Allow", r#""execute-api:*""#, own.as_str())], true),
            (&[("Allow", r#"["*"]"#, own.as_str())], true),
            (&[("Allow", invoke, all), ("Deny", invoke, own.as_str())], false),
            (&[("Allow", invoke, r#""arn:*/prod/POST/*""#)], false),
            (&[("Allow", r#""s3:GetObject""#, all)], false),
            (&[("Deny", invoke, all)], false),
            (&[], false),
        ] {
            let payload = policy(statements);
            assert_eq!(read(AuthorizerKind::Token, true, &payload), Ok(allowed), "{payload}");
        }
    }

    #[test]
    fn answers_of_another_form_are_refused() {
        let simple = r#"{"isAuthorized":true}"#;
        assert_eq!(read(AuthorizerKind::HttpApiV2, true, simple), Ok(true));
        for kind in [AuthorizerKind::Token, AuthorizerKind::HttpApiV1, AuthorizerKind::WebSocket] {
            assert!(read(kind, true, simple).is_err(), "{kind:?}");
        }
        assert!(read(AuthorizerKind::HttpApiV2, false, simple).is_err());
        assert!(read(AuthorizerKind::HttpApiV2, true, &policy(&[])).is_err());
        for payload in ["", "null", "[]", r#"{"statusCode":200}"#, &policy(&[("Maybe", "[]", "[]")])] {
            assert!(read(AuthorizerKind::Request, false, payload).is_err(), "{payload}");
        }
        let list = r#"{"isAuthorized":true,"context":{"a":[1]}}"#;
        assert_eq!(read(AuthorizerKind::HttpApiV2, true, list), Ok(true));
        let list = policy(&[]).replacen('{', r#"{"context":{"a":[1]},"#, 1);
        let error = read(AuthorizerKind::Request, false, &list).unwrap_err();
        assert_eq!(error, "`context.a` is neither a string nor a number nor a boolean");
    }
}
