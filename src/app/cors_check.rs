//! The check of CORS settings: values that no browser would compare as their author means.

use super::cors::Cors;
use crate::build_error::BuildError;

/// Returns an error for the first setting that is wrong. It says what to write instead.
pub(super) fn check(cors: &Cors) -> Result<(), BuildError> {
    let error = |value: &str, reason: &'static str| Err(BuildError::Cors { value: value.to_owned(), reason });
    if cors.origins.is_empty() {
        return error("", "no origin is allowed: name origins, use `Cors::any()`, or leave CORS out");
    }
    for (index, origin) in cors.origins.iter().enumerate() {
        if let Some(reason) = fault_of_origin(origin) {
            return error(origin, reason);
        }
        if cors.origins[..index].contains(origin) {
            return error(origin, "this origin is there twice: name it once");
        }
    }
    if cors.credentials {
        if cors.origins.iter().all(|origin| origin == "*") {
            return error(
                "*",
                "browsers send no credentials if any origin is allowed: name the origins, or leave `allow_credentials` out",
            );
        }
        if cors.origins.iter().any(|origin| origin == "null") {
            return error(
                "null",
                "every page in a sandbox has this origin, so it must not get credentials: serve the page from an origin of \
                 its own",
            );
        }
    }
    for (names, twice) in [
        (&cors.headers, "this header is there twice in `allow_headers`: name it once"),
        (&cors.exposed, "this header is there twice in `expose_headers`: name it once"),
    ] {
        for (index, name) in names.iter().enumerate() {
            if let Some(reason) = fault_of_header(name, cors.credentials) {
                return error(name, reason);
            }
            if names[..index].iter().any(|own| own.eq_ignore_ascii_case(name)) {
                return error(name, twice);
            }
        }
    }
    Ok(())
}

/// Returns the fault of an origin: it has to be in the form in which browsers send it, since it is compared character by
/// character ([RFC 6454 section 6.2](https://www.rfc-editor.org/rfc/rfc6454#section-6.2)).
fn fault_of_origin(origin: &str) -> Option<&'static str> {
    if matches!(origin, "*" | "null") {
        return None;
    }
    if origin.trim() != origin || origin.contains([' ', ',']) {
        return Some("an origin has no blanks and no commas: name each origin by itself");
    }
    let Some((scheme, host)) = origin.split_once("://") else {
        return Some("an origin begins with its scheme: write `https://example.com`");
    };
    let (name, port) = match host.rsplit_once(':') {
        // A colon inside the brackets of an IPv6 address does not begin a port.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    if host.ends_with('/') {
        Some("an origin has no slash at its end: write `https://example.com`")
    } else if host.contains(['/', '?', '#']) {
        Some("an origin has no path: write `https://example.com`, without the part after the host")
    } else if host.contains('@') {
        Some("an origin has no user name: write `https://example.com`")
    } else if host.contains('*') {
        Some("an origin has no wildcard in it: name each subdomain, or use `Cors::any()`")
    } else if name.is_empty() || scheme.is_empty() {
        Some("an origin has a scheme and a host: write `https://example.com`")
    } else if origin.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Some("browsers send origins in lower case: write `https://example.com`")
    } else if !origin.is_ascii() {
        Some("browsers send the ASCII form of a host: write `https://xn--mnchen-3ya.example`")
    } else if port.is_some_and(|port| port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit())) {
        Some("the port of an origin is a number: write `http://localhost:3000`")
    } else if matches!((scheme, port), ("https", Some("443")) | ("http", Some("80"))) {
        Some("browsers leave the usual port out: write the origin without it")
    } else {
        None
    }
}

fn fault_of_header(name: &str, credentials: bool) -> Option<&'static str> {
    if name.contains(',') {
        return Some("name each header by itself: `[\"X-A\", \"X-B\"]`");
    }
    if !crate::http::header::valid_name(name) {
        return Some("this is not the name of a header: it may have letters, digits and a few signs such as `-`");
    }
    (name == "*" && credentials)
        .then_some("with credentials, `*` is the header of this name and no wildcard: name the headers")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(cors: Cors) -> Option<String> {
        check(&cors).err().map(|error| error.to_string())
    }

    #[test]
    fn origins_that_browsers_send_pass() {
        for origin in [
            "*",
            "null",
            "https://example.com",
            "http://localhost:3000",
            "http://127.0.0.1:8080",
            "http://[::1]",
            "http://[::1]:8080",
            "https://example.com:80",
            "https://xn--mnchen-3ya.example",
            "capacitor://localhost",
            "chrome-extension://abcdefgh",
        ] {
            assert_eq!(reason(Cors::origins([origin])), None, "{origin}");
        }
        assert_eq!(reason(Cors::origins(["https://a.example", "*"]).allow_credentials(true)), None);
        assert_eq!(reason(Cors::any().allow_headers(["*", "X-A"]).expose_headers(["*", "X-A"])), None);
    }

    #[test]
    fn each_fault_is_named_with_its_remedy() {
        for (origin, wanted) in [
            ("https://example.com/", "no slash"),
            ("https://example.com/app", "no path"),
            ("https://example.com?a", "no path"),
            ("example.com", "scheme"),
            ("https://", "host"),
            ("://example.com", "scheme"),
            ("https://:80", "host"),
            ("https://a.example, https://b.example", "by itself"),
            (" https://example.com", "no blanks"),
            ("https://*.example.com", "no wildcard"),
            ("https://Example.com", "lower case"),
            ("https://münchen.example", "ASCII"),
            ("https://ada@example.com", "user name"),
            ("https://example.com:", "number"),
            ("https://example.com:http", "number"),
            ("https://example.com:443", "usual port"),
            ("http://example.com:80", "usual port"),
        ] {
            let message = reason(Cors::origins([origin])).unwrap();
            assert!(message.contains(wanted) && message.contains(&format!("{origin:?}")), "{message}");
        }
        for (cors, wanted) in [
            (Cors::origins([""; 0]), "no origin is allowed"),
            (Cors::origins(["https://a.example", "https://a.example"]), "twice"),
            (Cors::any().allow_credentials(true), "name the origins"),
            (Cors::origins(["https://a.example", "null"]).allow_credentials(true), "sandbox"),
            (Cors::any().allow_headers(["X-A", "x-a"]), "`allow_headers`"),
            (Cors::any().expose_headers(["X-A", "x-a"]), "`expose_headers`"),
            (Cors::any().allow_headers(["X-A, X-B"]), "by itself"),
            (Cors::any().expose_headers(["X A"]), "not the name"),
            (Cors::origins(["https://a.example"]).allow_credentials(true).expose_headers(["*"]), "no wildcard"),
        ] {
            let message = reason(cors).unwrap();
            assert!(message.contains(wanted), "{message}");
        }
    }
}
