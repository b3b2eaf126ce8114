//! The header fields that ask browsers to be strict.

use std::borrow::Cow;

use crate::respond::ResponseBuffer;

/// Header fields for every response that restrict what browsers do with it; [`App::security_headers`] takes them.
///
/// [`new`](Self::new) has these fields. The values are those that the [OWASP Secure Headers Project][owasp] proposes for an
/// API, or for pages that no other site embeds:
///
/// | field | value | effect |
/// | --- | --- | --- |
/// | `Strict-Transport-Security` | `max-age=31536000; includeSubDomains` | HTTPS alone for a year, on subdomains too |
/// | `X-Content-Type-Options` | `nosniff` | the content type counts, not a guess |
/// | `X-Frame-Options` | `DENY` | no page may show the response in a frame; for old browsers |
/// | `Content-Security-Policy` | `frame-ancestors 'none'` | the same for today's browsers |
/// | `Referrer-Policy` | `no-referrer` | the URL is not sent to the sites that a page links to |
/// | `Cross-Origin-Opener-Policy` | `same-origin` | windows of other sites have no handle on the page |
/// | `Cross-Origin-Resource-Policy` | `same-origin` | other sites cannot embed the response, as in `<img>`; CORS is not affected |
/// | `X-Permitted-Cross-Domain-Policies` | `none` | no policy file for Flash and PDF readers |
///
/// A page with scripts and styles should have a longer `Content-Security-Policy`, and often a `Permissions-Policy`:
/// [`set`](Self::set) them. `Cross-Origin-Embedder-Policy` is not among the fields, since it blocks images of other sites that
/// do not agree to it.
///
/// A field that the response has already, from a handler or from middleware, stays as it is.
///
/// ```
/// use gatewire::app::SecurityHeaders;
/// use gatewire::testing::Client;
/// use gatewire::{App, Request, Response};
///
/// let app = App::new()
///     .security_headers(SecurityHeaders::new().set("Permissions-Policy", "camera=()").without("X-Frame-Options"))
///     .get("/", |_: Request| Response::new("hello").header("Referrer-Policy", "origin"));
/// let response = Client::new(app)?.get("/").send();
/// assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
/// assert_eq!(response.header("permissions-policy"), Some("camera=()"));
/// assert_eq!(response.header("x-frame-options"), None);
/// assert_eq!(response.header("referrer-policy"), Some("origin"));
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
///
/// [`App::security_headers`]: crate::App::security_headers
/// [owasp]: https://owasp.org/www-project-secure-headers/
#[derive(Clone, Debug)]
#[must_use]
pub struct SecurityHeaders {
    fields: Vec<(Cow<'static, str>, Cow<'static, str>)>,
}

const DEFAULTS: [(&str, &str); 8] = [
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Content-Security-Policy", "frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Permitted-Cross-Domain-Policies", "none"),
];

impl Default for SecurityHeaders {
    /// [`SecurityHeaders::new`]
    fn default() -> Self {
        Self::new()
    }
}

impl SecurityHeaders {
    /// The fields of the table above.
    pub fn new() -> Self {
        Self { fields: DEFAULTS.map(|(name, value)| (name.into(), value.into())).into() }
    }

    /// No fields, for an app that [sets](Self::set) its own.
    pub const fn empty() -> Self {
        Self { fields: Vec::new() }
    }

    /// Sets the value of a field, or adds the field. [`App::build`](crate::App::build) refuses a name or a value that no
    /// response could carry.
    pub fn set(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Cow<'static, str>>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.fields.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(&name)) {
            Some(field) => field.1 = value,
            None => self.fields.push((name, value)),
        }
        self
    }

    /// Leaves a field out; its name is compared without regard to case.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    /// Returns the fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Adds the fields that the response lacks.
    pub(super) fn apply(&self, buffer: &mut ResponseBuffer) {
        for (name, value) in self.fields() {
            if buffer.head.get(name).is_none() {
                buffer.head.append_checked(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_set_and_left_out_by_name() {
        let headers = SecurityHeaders::empty().set("A", "1").set("b", "2").set("a", "3").set("c", "4").without("B");
        assert_eq!(headers.fields().collect::<Vec<_>>(), [("A", "3"), ("c", "4")]);
        assert_eq!(SecurityHeaders::default().fields().count(), DEFAULTS.len());
    }

    #[test]
    fn a_field_of_the_response_stays() {
        let mut buffer = ResponseBuffer::new();
        buffer.head.append("referrer-policy", "origin").unwrap();
        SecurityHeaders::new().apply(&mut buffer);
        assert_eq!(buffer.head.values("Referrer-Policy").collect::<Vec<_>>(), ["origin"]);
        assert_eq!(buffer.head.iter().count(), DEFAULTS.len());
    }
}
