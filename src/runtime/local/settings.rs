//! The settings of the local gateway that the environment holds.

use super::Local;
use super::host::is_host;
use crate::runtime::RunError;
use crate::source::EventSource;

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
