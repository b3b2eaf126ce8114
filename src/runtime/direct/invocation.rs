//! The facts about an invocation that the Runtime API sends, as places in the buffer that received them.

use std::ops::Range;

use crate::handler::LambdaContext;

/// A place in the buffer; empty for an absent value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
}

impl Span {
    fn of(self, buffer: &[u8]) -> &[u8] {
        buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The string at the place; `None` without one.
    fn text(self, buffer: &[u8]) -> Option<&str> {
        std::str::from_utf8(self.of(buffer)).ok().filter(|text| !text.is_empty())
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// Says whether the service named the invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Identity {
    #[default]
    Missing,
    Known(Span),
    /// More than one identifier, or one that no path can hold: a posted response could answer another invocation.
    Unusable,
}

/// An invocation: the fields of its head, and its payload.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Invocation {
    request_id: Identity,
    invocation_id: Span,
    deadline_ms: u64,
    invoked_function_arn: Span,
    trace_id: Span,
    client_context: Span,
    cognito_identity: Span,
    tenant_id: Span,
    payload: Span,
}

impl Invocation {
    /// Records a field of the head.
    pub(super) fn field(&mut self, name: &[u8], value: &[u8], at: Range<usize>) {
        const PREFIX: &[u8] = b"lambda-runtime-";
        let Some((prefix, name)) = name.split_at_checked(PREFIX.len()) else { return };
        // The service only sends fields that have a value.
        if !prefix.eq_ignore_ascii_case(PREFIX) || value.is_empty() {
            return;
        }
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        let at = Span::from(at);
        if is("aws-request-id") {
            let usable = self.request_id == Identity::Missing && value.iter().all(|&byte| is_path_character(byte));
            self.request_id = if usable { Identity::Known(at) } else { Identity::Unusable };
        } else if is("deadline-ms") {
            let text = std::str::from_utf8(value).unwrap_or_default();
            self.deadline_ms = text.parse().unwrap_or_default();
        } else if is("invoked-function-arn") {
            self.invoked_function_arn = at;
        } else if is("trace-id") {
            self.trace_id = at;
        } else if is("client-context") {
            self.client_context = at;
        } else if is("cognito-identity") {
            self.cognito_identity = at;
        } else if is("aws-tenant-id") {
            self.tenant_id = at;
        } else if is("invocation-id") && value.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            self.invocation_id = at;
        }
    }

    /// Records the place of the payload.
    pub(super) fn set_payload(&mut self, payload: Range<usize>) {
        self.payload = payload.into();
    }

    /// The identifier of the invocation, if it has one that can be answered.
    pub(super) fn request_id<'b>(&self, buffer: &'b [u8]) -> Option<&'b [u8]> {
        match self.request_id {
            Identity::Known(span) => Some(span.of(buffer)),
            Identity::Missing | Identity::Unusable => None,
        }
    }

    /// The identifier to send back, so that the service sees which invocation is answered.
    pub(super) fn invocation_id<'b>(&self, buffer: &'b [u8]) -> Option<&'b [u8]> {
        Some(self.invocation_id.of(buffer)).filter(|id| !id.is_empty())
    }

    pub(super) fn payload<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        self.payload.of(buffer)
    }

    pub(super) fn context<'b>(&self, buffer: &'b [u8]) -> LambdaContext<'b> {
        LambdaContext {
            request_id: self.request_id(buffer).and_then(|id| std::str::from_utf8(id).ok()).unwrap_or_default(),
            deadline_ms: self.deadline_ms,
            invoked_function_arn: self.invoked_function_arn.text(buffer).unwrap_or_default(),
            trace_id: self.trace_id.text(buffer),
            client_context: self.client_context.text(buffer),
            cognito_identity: self.cognito_identity.text(buffer),
            tenant_id: self.tenant_id.text(buffer),
        }
    }
}

/// Returns whether a segment of a path may hold the byte unescaped: `pchar` of
/// [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-3.3), without escapes.
fn is_path_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An invocation with these fields, and the buffer that holds their values.
    fn invocation(fields: &[(&str, &[u8])]) -> (Invocation, Vec<u8>) {
        let (mut invocation, mut buffer) = (Invocation::default(), Vec::new());
        for (name, value) in fields {
            let start = buffer.len();
            buffer.extend_from_slice(value);
            invocation.field(name.as_bytes(), value, start..buffer.len());
        }
        (invocation, buffer)
    }

    #[test]
    fn an_identifier_that_cannot_be_answered_counts_as_absent() {
        let id = |fields: &[(&str, &[u8])]| {
            let (invocation, buffer) = invocation(fields);
            invocation.request_id(&buffer).map(<[u8]>::to_vec)
        };
        assert_eq!(id(&[("LAMBDA-RUNTIME-AWS-REQUEST-ID", b"a-1")]), Some(b"a-1".to_vec()));
        assert_eq!(id(&[]), None);
        for value in ["", "a/b", "a b", "a%2f", "a?b", "a#b", "\u{e9}", "../x"] {
            assert_eq!(id(&[("lambda-runtime-aws-request-id", value.as_bytes())]), None, "{value}");
        }
        assert_eq!(id(&[("lambda-runtime-aws-request-id", b"a"), ("Lambda-Runtime-Aws-Request-Id", b"b")]), None);
        assert_eq!(id(&[("lambda-runtime-aws-request", b"a"), ("aws-request-id", b"a"), ("", b"a")]), None);
    }

    #[test]
    fn odd_fields_count_as_absent() {
        for value in ["-1", "1e3", "18446744073709551616", "soon", "+"] {
            let (invocation, buffer) = invocation(&[("lambda-runtime-deadline-ms", value.as_bytes())]);
            assert_eq!(invocation.context(&buffer).remaining_time(), None, "{value}");
        }
        let (invocation, buffer) = invocation(&[
            ("lambda-runtime-deadline-ms", b"18446744073709551615"),
            ("lambda-runtime-trace-id", b"\xff"),
            ("lambda-runtime-client-context", b"{\"no\": JSON"),
            ("lambda-runtime-invocation-id", b"a\x01b"),
            ("lambda-runtime-invoked-function-arn", b""),
        ]);
        let context = invocation.context(&buffer);
        assert_eq!((context.deadline_ms, context.trace_id), (u64::MAX, None));
        assert_eq!(context.client_context, Some("{\"no\": JSON"));
        assert_eq!(context.invoked_function_arn, "");
        assert_eq!(invocation.invocation_id(&buffer), None);
        // It has no end within the range of the system's clock.
        let _ = context.remaining_time();
    }
}
