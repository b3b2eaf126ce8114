//! The hosts that the gateway answers for, and requests whose framing or host is in doubt.
//!
//! A page of any site can have its own name resolve to 127.0.0.1 (DNS rebinding), and then read the gateway's responses
//! as if it were of its origin. Its requests still name that site in `Host`, so a gateway for development answers for
//! this machine's own names only.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderMap, TRANSFER_ENCODING};
use hyper::{Uri, Version};

use super::refusal::Refusal;

/// Finds out whether a request may be answered.
///
/// # Errors
/// [`Refusal::BadRequest`] if its host ([RFC 9112 section 3.2][host]) or the end of its body is ambiguous;
/// [`Refusal::OtherHost`] if that host is neither this machine nor one of `hosts`.
///
/// [host]: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
pub(super) fn check(version: Version, uri: &Uri, headers: &HeaderMap, hosts: &[String]) -> Result<(), Refusal> {
    if !is_framing_clear(headers) {
        return Err(Refusal::BadRequest);
    }
    let mut fields = headers.get_all(HOST).iter();
    let named = match (fields.next(), fields.next()) {
        (Some(field), None) => Some(host_of(field.as_bytes()).ok_or(Refusal::BadRequest)?),
        (None, _) if version < Version::HTTP_11 => None,
        _ => return Err(Refusal::BadRequest),
    };
    // The host in the target counts before the field. CONNECT names one that the request is not for.
    let target = match uri.authority().filter(|_| uri.scheme().is_some()) {
        Some(authority) => Some(host_of(authority.as_str().as_bytes()).ok_or(Refusal::BadRequest)?),
        None => None,
    };
    let other = named.into_iter().chain(target).find(|host| !is_own(host) && !is_listed(host, hosts));
    other.map_or(Ok(()), |host| Err(Refusal::OtherHost(host.to_owned())))
}

/// Returns whether all parties read the same body: only the chunked coding is decoded here.
fn is_framing_clear(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        _ => false,
    }
}

/// The host of an authority without its port and the brackets of an IPv6 address; `None` if it is not `host` or
/// `host:port`.
fn host_of(authority: &[u8]) -> Option<&str> {
    let authority = std::str::from_utf8(authority).ok()?;
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (Some(address).filter(|address| address.parse::<std::net::Ipv6Addr>().is_ok())?, port)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            (Some(host).filter(|host| is_name(host))?, port)
        }
    };
    let is_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    is_port.then_some(host)
}

/// Returns whether it can be the name of a host: the characters of names in DNS, and `_`, which is in use.
pub(super) fn is_name(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Returns whether it can stand in the list of hosts: a name, or an address of either kind.
pub(super) fn is_host(host: &str) -> bool {
    is_name(host) || host.parse::<IpAddr>().is_ok()
}

/// Returns whether the host is this machine by any of the names that always lead here.
fn is_own(host: &str) -> bool {
    without_root(host).eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn is_listed(host: &str, hosts: &[String]) -> bool {
    let address = host.parse::<IpAddr>().ok();
    hosts.iter().any(|own| {
        without_root(own).eq_ignore_ascii_case(without_root(host)) || address.is_some() && own.parse().ok() == address
    })
}

/// A name without the dot that stands for the root of all names.
fn without_root(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(version: Version, target: &str, fields: &[(&str, &str)], hosts: &[&str]) -> u16 {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(hyper::header::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        match check(version, &target.parse().unwrap(), &headers, &hosts) {
            Ok(()) => 200,
            Err(Refusal::BadRequest) => 400,
            Err(_) => 403,
        }
    }

    fn host(value: &str) -> u16 {
        verdict(Version::HTTP_11, "/", &[("host", value)], &["dev.example", "192.0.2.7", "fe80::1"])
    }

    #[test]
    fn this_machine_and_listed_hosts_are_answered() {
        for own in [
            "localhost",
            "LOCALHOST:8080",
            "localhost.",
            "localhost:",
            "127.0.0.1",
            "127.9.9.9:80",
            "[::1]",
            "[::1]:8080",
            "[::ffff:127.0.0.1]",
            "dev.example:1",
            "DEV.example.",
            "192.0.2.7:8080",
            "[fe80::1]",
            "[fe80:0::1]:1",
        ] {
            assert_eq!(host(own), 200, "{own}");
        }
        for other in [
            "attacker.example",
            "localhost.attacker.example",
            "notlocalhost",
            "127.0.0.1.attacker.example",
            "a.dev.example",
            "0.0.0.0",
            "192.0.2.8",
            "[::]",
            "[::ffff:192.0.2.8]",
            "2130706433",
            "127.1",
        ] {
            assert_eq!(host(other), 403, "{other}");
        }
    }

    #[test]
    fn doubtful_hosts_are_refused() {
        for malformed in [
            "",
            "a/b",
            "a b",
            "a,b",
            "user@localhost",
            "localhost:x",
            "localhost:80:80",
            "::1",
            "[::1",
            "[localhost]",
            "[::1]x",
            "localhost?",
            "localhost#",
            ":80",
            "a\\b",
            "a%20b",
            "http://localhost",
        ] {
            assert_eq!(host(malformed), 400, "{malformed}");
        }
        let localhost = ("host", "localhost");
        assert_eq!(verdict(Version::HTTP_11, "/", &[], &[]), 400);
        assert_eq!(verdict(Version::HTTP_10, "/", &[], &[]), 200);
        assert_eq!(verdict(Version::HTTP_10, "/", &[("host", "attacker.example")], &[]), 403);
        assert_eq!(verdict(Version::HTTP_11, "/", &[localhost, localhost], &[]), 400);
        assert_eq!(verdict(Version::HTTP_10, "/", &[localhost, ("host", "a")], &[]), 400);
        // The target's host counts too.
        assert_eq!(verdict(Version::HTTP_11, "http://localhost:1/a", &[localhost], &[]), 200);
        assert_eq!(verdict(Version::HTTP_11, "http://attacker.example/a", &[localhost], &[]), 403);
        assert_eq!(verdict(Version::HTTP_11, "http://localhost/a", &[("host", "attacker.example")], &[]), 403);
        assert_eq!(verdict(Version::HTTP_11, "http://user@localhost/a", &[localhost], &[]), 400);
    }

    #[test]
    fn doubtful_framing_is_refused() {
        let framed =
            |fields: &[(&str, &str)]| verdict(Version::HTTP_11, "/", &[&[("host", "localhost")], fields].concat(), &[]);
        for (coding, expected) in [
            ("chunked", 200),
            ("Chunked", 200),
            ("gzip, chunked", 400),
            ("chunked, chunked", 400),
            ("identity", 400),
            ("gzip", 400),
            (",chunked", 400),
            ("", 400),
        ] {
            assert_eq!(framed(&[("transfer-encoding", coding)]), expected, "{coding}");
        }
        assert_eq!(framed(&[("transfer-encoding", "gzip"), ("transfer-encoding", "chunked")]), 400);
        assert_eq!(framed(&[("content-length", "3")]), 200);
    }
}
