//! URIs with a scheme and a host, as `lambda_http` makes them.

use http::Uri;
use http::header::HOST;
use http::uri::{Authority, Scheme};

use crate::handler::Request;

/// Adds a scheme and a host to the URI of a request: `X-Forwarded-Proto` if that is `http`, else `https`, and the `Host`
/// field, or the domain name in the event if there is no such field. A host that is malformed leaves the URI as it is.
pub(super) fn make_absolute<B>(req: Request<'_>, request: &mut http::Request<B>) {
    let headers = request.headers();
    let domain = || req.context().domain_name().and_then(|name| Authority::try_from(name).ok());
    let authority = match headers.get(HOST) {
        Some(host) => Authority::try_from(host.as_bytes()).ok(),
        None => domain(),
    };
    let Some(authority) = authority.filter(names_host) else { return };
    let scheme = headers.get("x-forwarded-proto").filter(|value| value.as_bytes().eq_ignore_ascii_case(b"http"));
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(if scheme.is_some() { Scheme::HTTP } else { Scheme::HTTPS });
    parts.authority = Some(authority);
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

/// The longest name of [RFC 1035 section 2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4).
const LONGEST_HOST: usize = 255;

/// Returns whether an authority is a host and at most a valid port, as `Host` must be:
/// [RFC 9110 section 7.2](https://www.rfc-editor.org/rfc/rfc9110#section-7.2).
fn names_host(authority: &Authority) -> bool {
    let (host, port) = (authority.host(), authority.port());
    let length = host.len() + port.as_ref().map_or(0, |port| 1 + port.as_str().len());
    // The rest of an authority is a user, or a port that is not a number.
    (1..=LONGEST_HOST).contains(&host.len()) && length == authority.as_str().len()
}
