//! The error of a request without valid credentials: 401 with `WWW-Authenticate`.

use std::borrow::Cow;
use std::fmt;

use super::error::Error;
use super::http_error::HttpError;
use super::reply::{ErrorBody, IntoResponse};
use super::request::Request;

/// The error of a request without valid credentials. It is answered with status 401, `{"statusCode":401,"message":…}` and the
/// challenge that a 401 must have ([RFC 9110 section 15.5.2](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2)). Error
/// handlers may answer otherwise; they find the challenge in the [`Display`](fmt::Display) form of
/// [`challenge`](Self::challenge).
///
/// | constructor | `WWW-Authenticate` |
/// | --- | --- |
/// | [`bearer`](Self::bearer) | `Bearer realm="todos"`: the request has no token ([RFC 6750 section 3][bearer]) |
/// | [`invalid_token`](Self::invalid_token) | `Bearer realm="todos", error="invalid_token"`: malformed, expired, revoked |
/// | [`basic`](Self::basic) | `Basic realm="todos", charset="UTF-8"` ([RFC 7617 section 2][basic]) |
///
/// The realm names the part of the site that the credentials are for, and may be shown to the user. A REST API of API Gateway
/// sends this field as `x-amzn-Remapped-WWW-Authenticate` ([known issues][remapped]): there browsers do not ask the user, so
/// that basic authentication does not work in them.
///
/// ```
/// use gatewire::handler::Unauthorized;
/// use gatewire::{App, Error, Request};
///
/// fn secret(req: Request<'_>) -> Result<&'static str, Error> {
///     let token = req.bearer_token().ok_or_else(|| Unauthorized::bearer("secrets"))?;
///     if token == "s3cr3t" { Ok("42") } else { Err(Unauthorized::invalid_token("secrets").into()) }
/// }
/// # let _ = App::new().get("/secret", secret).build().unwrap();
/// ```
///
/// [bearer]: https://www.rfc-editor.org/rfc/rfc6750#section-3
/// [basic]: https://www.rfc-editor.org/rfc/rfc7617#section-2
/// [remapped]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unauthorized {
    realm: Cow<'static, str>,
    scheme: Scheme,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Basic,
    Bearer,
    InvalidToken,
}

impl Unauthorized {
    /// The request has no bearer token.
    pub fn bearer(realm: impl Into<Cow<'static, str>>) -> Self {
        Self { realm: realm.into(), scheme: Scheme::Bearer }
    }

    /// The request has a bearer token that is not valid.
    pub fn invalid_token(realm: impl Into<Cow<'static, str>>) -> Self {
        Self { realm: realm.into(), scheme: Scheme::InvalidToken }
    }

    /// The request has no valid user name and password.
    pub fn basic(realm: impl Into<Cow<'static, str>>) -> Self {
        Self { realm: realm.into(), scheme: Scheme::Basic }
    }

    /// Returns the value of `WWW-Authenticate`.
    pub fn challenge(&self) -> impl fmt::Display + '_ {
        Challenge(self)
    }

    /// Writes the response.
    pub(super) fn write(&self, req: Request<'_>) {
        let error = HttpError::unauthorized("Unauthorized");
        let value = bumpalo::format!(in req.exchange.arena.bump(), "{}", self.challenge());
        (error.status(), [("WWW-Authenticate", &*value)], ErrorBody(&error)).respond(req);
    }
}

struct Challenge<'e>(&'e Unauthorized);

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        let (before, after) = match self.0.scheme {
            Scheme::Basic => ("Basic", ", charset=\"UTF-8\""),
            Scheme::Bearer => ("Bearer", ""),
            Scheme::InvalidToken => ("Bearer", ", error=\"invalid_token\""),
        };
        write!(f, "{before} realm=\"")?;
        for character in self.0.realm.chars() {
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(character)?;
        }
        write!(f, "\"{after}")
    }
}

impl fmt::Display for Unauthorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Basic => "the request has no valid user name and password",
            Scheme::Bearer => "the request has no bearer token",
            Scheme::InvalidToken => "the bearer token is not valid",
        })
    }
}

impl std::error::Error for Unauthorized {}

impl IntoResponse for Unauthorized {
    fn respond(self, req: Request<'_>) {
        req.fail(Error::from(self));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_is_quoted() {
        let error = Unauthorized::bearer("a \"b\" \\c");
        assert_eq!(error.challenge().to_string(), r#"Bearer realm="a \"b\" \\c""#);
    }

    /// A larger error would be on the heap.
    #[test]
    fn the_error_is_kept_inline() {
        assert!(size_of::<Unauthorized>() <= size_of::<[usize; 5]>());
    }
}
