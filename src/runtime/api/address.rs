//! Where the Runtime API listens.

/// The value of `AWS_LAMBDA_RUNTIME_API`, taken apart.
///
/// On Lambda it is a host and a port. Emulators put a scheme before them and a path behind:
/// `http://127.0.0.1:9000/.rt/function`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runtime) struct Address {
    /// Host and port, for [`TcpStream::connect`](std::net::TcpStream::connect).
    pub(super) authority: String,
    /// The path below which that of the Runtime API begins: empty, or with a slash first and none last.
    pub(super) prefix: String,
}

impl Address {
    /// Reads the value; `None` where it is none that can be connected to.
    pub(in crate::runtime) fn parse(value: &str) -> Option<Self> {
        let scheme = "http://";
        let rest = match value.get(..scheme.len()) {
            Some(start) if start.eq_ignore_ascii_case(scheme) => &value[scheme.len()..],
            _ => value,
        };
        // It goes into the head of every request as it stands.
        if !rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\\".contains(&byte)) {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an address like [::1] are none before a port.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, 80_u16),
        };
        if host.is_empty() || host.contains(':') && !host.starts_with('[') {
            return None;
        }
        Some(Self { authority: format!("{host}:{port}"), prefix: path.trim_end_matches('/').to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_lambda_and_emulators_set() {
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
    fn refuses_what_is_no_address() {
        let refused = [
            "",
            ":9001",
            "/path",
            "http://",
            "https://127.0.0.1:9001",
            "127.0.0.1:port",
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
