//! A decision in the form that the API takes.

use std::borrow::Cow;

use super::{ContextValue, Decision, Effect, Scope};
use crate::arn;
use crate::handler::Error;
use crate::invocation_error::InvocationError;
use crate::json::write::{self, Plain, push_int, push_key, push_string};
use crate::source::AuthorizerKind;

/// The most bytes of the result of an authorizer: [a quota][docs] of API Gateway.
///
/// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-limits-table.html
const LIMIT: usize = 8 * 1024;

impl Decision<'_> {
    /// Appends the answer to the event about `arn`.
    pub(super) fn write(&self, out: &mut Vec<u8>, kind: AuthorizerKind, arn: &str, simple: bool) -> Result<(), Error> {
        if simple && kind == AuthorizerKind::HttpApiV2 {
            self.write_simple(out, arn);
        } else {
            self.write_policy(out, arn);
        }
        if out.len() <= LIMIT {
            return Ok(());
        }
        let message = format!("the decision has {} bytes, and no more than {LIMIT} can be sent", out.len());
        out.clear();
        Err(InvocationError::new("Gatewire.DecisionTooLarge", message).into())
    }

    fn write_simple(&self, out: &mut Vec<u8>, arn: &str) {
        let covered = match &self.scope {
            Scope::Stage | Scope::ThisMethod => true,
            Scope::Only(resources) => resources.iter().any(|(method, path)| is_covered(arn, method, path)),
        };
        let allowed = self.effect == Effect::Allow && covered;
        out.extend_from_slice(if allowed { b"{\"isAuthorized\":true" } else { b"{\"isAuthorized\":false" });
        self.write_context(out);
        out.push(b'}');
    }

    fn write_policy(&self, out: &mut Vec<u8>, arn: &str) {
        out.extend_from_slice(b"{\"principalId\":");
        push_string::<Plain>(out, &self.principal);
        out.extend_from_slice(
            b",\"policyDocument\":{\"Version\":\"2012-10-17\",\"Statement\":[{\"Action\":\"execute-api:Invoke\",\"Effect\":",
        );
        let effect = match self.scope {
            Scope::ThisMethod if arn::split(arn).is_none_or(|(_, rest)| rest.contains(['*', '?'])) => Effect::Deny,
            _ => self.effect,
        };
        out.extend_from_slice(if effect == Effect::Allow { b"\"Allow\"" } else { b"\"Deny\"" });
        out.extend_from_slice(b",\"Resource\":");
        self.write_resources(out, arn);
        out.extend_from_slice(b"}]}");
        self.write_context(out);
        if let Some(key) = &self.usage_key {
            out.extend_from_slice(b",\"usageIdentifierKey\":");
            push_string::<Plain>(out, key);
        }
        out.push(b'}');
    }

    fn write_resources(&self, out: &mut Vec<u8>, arn: &str) {
        // Only emulators send an ARN without a stage: it is the beginning of all that it can stand for.
        let stage = arn::split(arn).map_or(arn, |(stage, _)| stage);
        match &self.scope {
            Scope::Stage => {
                out.push(b'"');
                write::escape::<Plain>(out, stage);
                out.extend_from_slice(if stage.ends_with('/') { b"*\"" } else { b"/*\"" });
            }
            Scope::ThisMethod => push_string::<Plain>(out, arn),
            Scope::Only(resources) => {
                let mut separator = b'[';
                for (method, path) in resources {
                    let one = [&**method];
                    // In a policy `*` stands for slashes too: `*/todos` would cover `GET/admin/todos`.
                    for method in if method == "*" { &METHODS[..] } else { &one[..] } {
                        out.push(separator);
                        separator = b',';
                        write_resource(out, stage, method, path);
                    }
                }
                out.push(b']');
            }
        }
    }

    fn write_context(&self, out: &mut Vec<u8>) {
        if self.context.is_empty() {
            return;
        }
        out.extend_from_slice(b",\"context\":{");
        for (index, (name, value)) in self.context.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            push_key::<Plain>(out, name);
            value.write(out);
        }
        out.push(b'}');
    }
}

impl ContextValue<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => push_string::<Plain>(out, text),
            Self::Integer(number) => push_int(out, *number),
            Self::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Float(number) if number.is_finite() => {
                // A finite number cannot fail.
                let _ = write::to_json::<Plain, f64>(out, number);
            }
            Self::Float(number) => push_string::<Plain>(out, &Cow::from(number.to_string())),
        }
    }
}

/// The methods that `*` stands for.
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

fn write_resource(out: &mut Vec<u8>, stage: &str, method: &str, path: &str) {
    // A route of a WebSocket API has no path.
    let (slash, path) = if method.starts_with('$') { ("", "") } else { ("/", path.trim_start_matches('/')) };
    out.push(b'"');
    for part in [stage, method, slash, path] {
        write::escape::<Plain>(out, part);
    }
    out.push(b'"');
}

/// Returns whether a resource of a policy covers the ARN of a request.
fn is_covered(arn: &str, method: &str, path: &str) -> bool {
    let Some((_, called)) = arn::split(arn) else { return false };
    match called.split_once('/') {
        Some((own, rest)) => arn::covers(&[method], own) && arn::covers(&[path.trim_start_matches('/')], rest),
        None => method == called,
    }
}
