//! The settings of the local gateway, by the methods of [`Local`] or by environment variables.

use super::host::is_host;
use crate::engine::Engine;
use crate::runtime::RunError;
use crate::source::EventSource;

const DEFAULT_ADDRESS: &str = "127.0.0.1:8080";

/// The local gateway of an engine.
///
/// ```no_run
/// use gatewire::runtime::local::Local;
/// use gatewire::{App, EventSource, Request};
///
/// # async fn main_() -> Result<(), gatewire::RunError> {
/// let engine = App::new().get("/hello", |_: Request| "hello").build()?;
/// Local::new(engine).address("127.0.0.1:9000").source(EventSource::RestApi).serve().await
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Local {
    pub(super) engine: Engine,
    pub(super) address: String,
    pub(super) source: EventSource,
    pub(super) stage: Option<String>,
    pub(super) base_path: Option<String>,
    pub(super) multi_value: bool,
    pub(super) hosts: Vec<String>,
}

impl Local {
    /// A gateway on 127.0.0.1:8080 that plays an HTTP API.
    pub fn new(engine: Engine) -> Self {
        let address = DEFAULT_ADDRESS.to_owned();
        Self {
            engine,
            address,
            source: EventSource::HttpApiV2,
            stage: None,
            base_path: None,
            multi_value: false,
            hosts: Vec::new(),
        }
    }

    /// As [`new`](Self::new), but with the settings of the [environment variables](super).
    ///
    /// # Errors
    /// If one of them has a value that is not allowed.
    pub fn from_env(engine: Engine) -> Result<Self, RunError> {
        apply(Self::new(engine), |name| std::env::var(name).ok())
    }

    /// Sets the address and port to listen on; port 0 lets the system choose.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// Sets the gateway to play.
    pub fn source(mut self, source: EventSource) -> Self {
        self.source = source;
        self
    }

    /// Sets the stage of the API; by default that of a new API of its kind. It stands in events, and not in URLs.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = Some(stage.into());
        self
    }

    /// Sets the beginning of the path, as if a custom domain mapped an API to a base path, or a load balancer had a
    /// rule for it: [`App::strip_prefix`](crate::App::strip_prefix) removes it in the app. Requests for other paths do
    /// not reach the app. An empty base path, or `/`, counts as absent.
    pub fn base_path(mut self, base_path: impl Into<String>) -> Self {
        self.base_path = Some(base_path.into());
        self
    }

    /// Sets whether a load balancer sends multi-value headers.
    pub fn multi_value(mut self, multi_value: bool) -> Self {
        self.multi_value = multi_value;
        self
    }

    /// Sets the hosts that requests may name besides this machine, without ports: names, or addresses of this machine
    /// in its network.
    ///
    /// ```no_run
    /// # use gatewire::runtime::local::Local;
    /// # fn f(local: Local) -> Local {
    /// local.address("0.0.0.0:8080").hosts(["dev.example.com", "192.168.1.20"])
    /// # }
    /// ```
    pub fn hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// Those hosts, and that of the address, by which clients reach it.
    pub(super) fn all_hosts(&self) -> Vec<String> {
        let own = self.address.rsplit_once(':').map_or("", |(host, _)| host.trim_matches(['[', ']']));
        self.hosts.iter().map(String::as_str).chain([own]).filter(|host| !host.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn listen_error(&self, error: std::io::Error) -> RunError {
        let error = match error.kind() {
            std::io::ErrorKind::AddrInUse => std::io::Error::new(error.kind(), "another program listens there already"),
            _ => error,
        };
        RunError::Listen { address: self.address.clone(), error }
    }

    /// The line that shows its address and settings.
    pub(super) fn greeting(&self, address: std::net::SocketAddr) -> String {
        let base_path = self.base_path.as_deref().unwrap_or_default().trim_matches('/');
        let slash = if base_path.is_empty() { "" } else { "/" };
        let source = name(self.source);
        let multi_value =
            if self.multi_value && self.source == EventSource::Alb { " with multi-value headers" } else { "" };
        let stage = self.stage.as_ref().map(|stage| format!(", stage {stage}")).unwrap_or_default();
        format!("gatewire: http://{address}{slash}{base_path} plays {source}{multi_value}{stage}; Ctrl-C stops it")
    }
}

/// The common name of the gateway.
const fn name(source: EventSource) -> &'static str {
    match source {
        EventSource::RestApi => "a REST API",
        EventSource::HttpApiV1 => "an HTTP API (payload 1.0)",
        EventSource::HttpApiV2 => "an HTTP API",
        EventSource::Alb => "an Application Load Balancer",
        EventSource::FunctionUrl => "a Function URL",
        EventSource::LatticeV1 => "VPC Lattice (version 1)",
        EventSource::LatticeV2 => "VPC Lattice (version 2)",
    }
}

/// The gateway with the values that `variable` returns for the names of environment variables.
pub(super) fn apply(mut local: Local, variable: impl Fn(&str) -> Option<String>) -> Result<Local, RunError> {
    if let Some(address) = variable("GATEWIRE_ADDRESS") {
        local.address = address;
    }
    if let Some(value) = variable("GATEWIRE_SOURCE") {
        local.source = source(&value).ok_or_else(|| {
            wrong("GATEWIRE_SOURCE", value, "one of rest, http_v1, http, alb, url, lattice, lattice_v2")
        })?;
    }
    if let Some(value) = variable("GATEWIRE_MULTI_VALUE") {
        local.multi_value = match value.as_str() {
            "true" => true,
            "false" => false,
            _ => return Err(wrong("GATEWIRE_MULTI_VALUE", value, "true or false")),
        };
    }
    if let Some(value) = variable("GATEWIRE_STAGE") {
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if value.is_empty() || value != "$default" && !value.bytes().all(in_name) {
            return Err(wrong("GATEWIRE_STAGE", value, "$default or a name of letters, digits, - and _"));
        }
        local.stage = Some(value);
    }
    if let Some(value) = variable("GATEWIRE_HOSTS") {
        let hosts: Vec<&str> = value.split(',').map(str::trim).filter(|host| !host.is_empty()).collect();
        if !hosts.iter().all(|host| is_host(host)) {
            return Err(wrong("GATEWIRE_HOSTS", value, "names or addresses without ports, with commas in between"));
        }
        local = local.hosts(hosts);
    }
    local.base_path = variable("GATEWIRE_BASE_PATH").or(local.base_path);
    Ok(local)
}

fn source(name: &str) -> Option<EventSource> {
    Some(match name {
        "rest" => EventSource::RestApi,
        "http_v1" => EventSource::HttpApiV1,
        "http" => EventSource::HttpApiV2,
        "alb" => EventSource::Alb,
        "url" => EventSource::FunctionUrl,
        "lattice" => EventSource::LatticeV1,
        "lattice_v2" => EventSource::LatticeV2,
        _ => return None,
    })
}

fn wrong(name: &'static str, value: String, expected: &'static str) -> RunError {
    RunError::Environment { name, value, expected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::App;

    fn local(variables: &[(&str, &str)]) -> Result<Local, RunError> {
        let local = Local::new(App::new().build().unwrap());
        apply(local, |name| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn every_setting_is_read() {
        let defaults = local(&[]).unwrap();
        assert_eq!((defaults.address.as_str(), defaults.source), ("127.0.0.1:8080", EventSource::HttpApiV2));
        assert_eq!((defaults.stage, defaults.base_path, defaults.multi_value), (None, None, false));
        let all = local(&[
            ("GATEWIRE_ADDRESS", "0.0.0.0:1"),
            ("GATEWIRE_SOURCE", "alb"),
            ("GATEWIRE_MULTI_VALUE", "true"),
            ("GATEWIRE_STAGE", "dev-1"),
            ("GATEWIRE_BASE_PATH", "/shop"),
            ("GATEWIRE_HOSTS", "dev.example, 192.0.2.7,::1,"),
        ])
        .unwrap();
        assert_eq!((all.address.as_str(), all.source, all.multi_value), ("0.0.0.0:1", EventSource::Alb, true));
        assert_eq!((all.stage.as_deref(), all.base_path.as_deref()), (Some("dev-1"), Some("/shop")));
        assert_eq!(all.all_hosts(), ["dev.example", "192.0.2.7", "::1", "0.0.0.0"]);
    }

    #[test]
    fn wrong_values_are_named() {
        for (name, value) in [
            ("GATEWIRE_SOURCE", "ftp"),
            ("GATEWIRE_MULTI_VALUE", "yes"),
            ("GATEWIRE_STAGE", ""),
            ("GATEWIRE_HOSTS", "http://dev.example"),
            ("GATEWIRE_HOSTS", "dev.example:8080"),
            ("GATEWIRE_HOSTS", "*"),
            ("GATEWIRE_STAGE", "a/b"),
        ] {
            let text = local(&[(name, value)]).unwrap_err().to_string();
            assert!(text.starts_with(&format!("{name} is {value:?}, not ")), "{text}");
        }
    }
}
