//! An HTTP request as a client sends it, for any gateway. `mod.rs` makes the event of it.

/// An HTTP request as a client sends it to a gateway: made with [`HttpRequest::new`] and the methods that add to it,
/// turned into the event of any gateway with [`HttpRequest::event`].
///
/// ```
/// use gatewire::EventSource;
/// use gatewire::gateway::HttpRequest;
///
/// let request = HttpRequest::new("POST", "/todos?notify=yes")
///     .header("Content-Type", "application/json")
///     .header("Cookie", "theme=dark")
///     .body(r#"{"title":"milk"}"#)
///     .source_ip("192.0.2.7")
///     .stage("dev");
/// assert!(request.event(EventSource::RestApi).starts_with(b"{"));
/// ```
#[derive(Clone, Debug)]
pub struct HttpRequest {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) source_ip: String,
    pub(super) stage: Option<String>,
    pub(super) base_path: String,
    pub(super) multi_value: bool,
}

impl HttpRequest {
    /// A request with this method and target, the path and query as the client sends them: percent-encoded, with a `?`
    /// before the query, if there is one. An empty path is `/`.
    ///
    /// It has no headers and no body, and comes from 127.0.0.1.
    pub fn new(method: impl Into<String>, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.into(),
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            source_ip: "127.0.0.1".to_owned(),
            stage: None,
            base_path: String::new(),
            multi_value: false,
        }
    }

    /// Adds a header field, and keeps others of the same name.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body. An empty body counts as absent, as for the gateways.
    ///
    /// The event has it as text if it is UTF-8 and the gateway treats it as text; else as base64. Only a REST API
    /// treats any UTF-8 as text. The others do so for `text/*`, `application/json`, `application/javascript` and
    /// `application/xml`, so forms and bodies without a `Content-Type` are base64; for a load balancer and VPC Lattice,
    /// a body with a `Content-Encoding` is never text.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the address that the request comes from.
    #[must_use]
    pub fn source_ip(mut self, source_ip: impl Into<String>) -> Self {
        self.source_ip = source_ip.into();
        self
    }

    /// Sets the stage of the API that takes the request. Without one it is `prod` in a REST API and `$default` in an
    /// HTTP API; other gateways have no stages.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = Some(stage.into());
        self
    }

    /// Sets the beginning of the path that a custom domain maps to the API, such as `/payment`; `/` and an empty string
    /// count as no base path. It is part of the target, and has to be there: a path that does not begin with it is
    /// taken as a whole.
    ///
    /// The event then names a custom domain, `api.example.com`. REST APIs and payload 1.0 have the base path in `path`,
    /// without a stage; payload 2.0 does not have it. Function URLs have no base path, and for load balancers and VPC
    /// Lattice it is a path like any other.
    ///
    /// ```
    /// use gatewire::EventSource;
    /// use gatewire::gateway::HttpRequest;
    ///
    /// let request = HttpRequest::new("GET", "/payment/cards").base_path("/payment");
    /// let path = |source, path: &str| String::from_utf8(request.event(source)).unwrap().contains(path);
    /// assert!(path(EventSource::RestApi, r#""path":"/payment/cards""#));
    /// assert!(path(EventSource::HttpApiV2, r#""rawPath":"/cards""#));
    /// ```
    #[must_use]
    pub fn base_path(mut self, base_path: impl AsRef<str>) -> Self {
        let name = base_path.as_ref().trim_matches('/');
        self.base_path = if name.is_empty() { String::new() } else { format!("/{name}") };
        self
    }

    /// Sets whether the target group of a load balancer has multi-value headers turned on. They are off by default;
    /// other gateways have no such setting.
    #[must_use]
    pub fn multi_value(mut self, multi_value: bool) -> Self {
        self.multi_value = multi_value;
        self
    }
}

/// Reads what was set.
impl HttpRequest {
    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path as the client sends it: percent-encoded.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query as the client sends it, without its `?`; empty without a query.
    pub fn raw_query(&self) -> &str {
        &self.query
    }

    /// Names and values of the header fields, in the order in which they were added.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The path without the base path; `None` if it does not begin with that.
    pub(crate) fn mapped_path(&self) -> Option<&str> {
        match self.path.strip_prefix(self.base_path.as_str())? {
            "" => Some("/"),
            path => path.starts_with('/').then_some(path),
        }
    }

    /// The body; `None` without one.
    pub fn body_bytes(&self) -> Option<&[u8]> {
        Some(self.body.as_slice()).filter(|body| !body.is_empty())
    }
}
