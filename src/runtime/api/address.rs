//! The address of the Runtime API.

/// The parts of `AWS_LAMBDA_RUNTIME_API`.
///
/// On Lambda it is a host and a port. Emulators add a scheme before them and a path after them:
/// `http://127.0.0.1:9000/.rt/function`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runtime) struct Address {
    /// Host and port, for [`TcpStream::connect`](std::net::TcpStream::connect).
    pub(super) authority: String,
    /// The prefix of the Runtime API's paths: empty, or with a slash at the start and no slash at the end.
    pub(super) prefix: String,
}

impl Address {
    /// Parses the value; returns `None` if it is not a valid address.
    pub(in crate::runtime) fn parse(value: &str) -> Option<Self> {
        let scheme = "http://";
        let rest = match value.get(..scheme.len()) {
            Some(start) if start.eq_ignore_ascii_case(scheme) => &value[scheme.len()..],
            _ => value,
        };
        // It goes into the head of every request unchanged.
        if !rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\\".contains(&byte)) {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            // The colons inside an address like [::1] do not precede a port.
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (authority, "80"),
        };
        if host.is_empty() || host.contains(':') && !host.starts_with('[') {
            return None;
        }
        if !port.starts_with(|first: char| first.is_ascii_digit()) || port.parse::<u16>().is_err() {
            return None;
        }
        // Not formatted: the code that formats numbers is otherwise not needed before the first event.
        Some(Self { authority: [host, ":", port].concat(), prefix: path.trim_end_matches('/').to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_values_of_lambda_and_emulators() {
        for (value, authority, prefix) in [
            ("127.0.0.1:9001", "127.0.0.1:9001", ""),
            ("http://127.0.0.1:9000/.rt", "127.0.0.1:9000", "/.rt"),
            ("HTTP://localhost:9000/.rt/f/", "localhost:9000", "/.rt/f"),
            ("localhost", "localhost:80", ""),
            ("[::1]:9001/a", "[::1]:9001", "/a"),
            ("[::1]", "[::1]:80", ""),
            ("127.0.0.1:9001/", "127.0.0.1:9001", ""),
        ] {
            let address = Address { authority: authority.to_owned(), prefix: prefix.to_owned() };
            assert_eq!(Address::parse(value), Some(address), "{value}");
        }
    }

    #[test]
    fn refuses_invalid_addresses() {
        let refused = [
            "",
            ":9001",
            "/path",
            "http://",
            "https://127.0.0.1:9001",
            "127.0.0.1:port",
            "127.0.0.1:+1",
            "127.0.0.1:",
            "127.0.0.1:70000",
            "::1:9001",
            "127.0.0.1:9001\r\nX: y",
            "127.0.0.1:9001/a b",
            "127.0.0.1:9001/?a",
            "user@127.0.0.1:9001",
            "h\u{f6}st:9001",
        ];
        for value in refused {
            assert_eq!(Address::parse(value), None, "{value:?}");
        }
    }
}
