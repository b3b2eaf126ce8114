//! The payload of a proxy response, read as the gateways read it.

use std::fmt;

use crate::codec::base64;
use crate::http::header;
use crate::json::{Index, Kind, Text, Value};
use crate::source::EventSource;

/// The HTTP response that a gateway makes of a function's payload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpResponse {
    /// The status code, 100 to 999.
    pub status: u16,
    /// The header fields, a pair for each value. Cookies are `set-cookie` fields.
    pub headers: Vec<(String, String)>,
    /// The body, decoded if the payload has it as base64.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// Reads the payload as the gateway that sent the event does.
    ///
    /// REST APIs and HTTP APIs with payload 1.0 take an object with an integer `statusCode` and nothing but `headers`,
    /// `multiValueHeaders`, `body` and `isBase64Encoded` besides; load balancers also `statusDescription`, which is
    /// dropped. Of `headers` and `multiValueHeaders` both count, the latter last; a pair that is in both counts once.
    ///
    /// HTTP APIs with payload 2.0 and Function URLs take any JSON: a value without `statusCode` is itself the body,
    /// with status 200. From an object with one they read `headers`, `cookies`, `body` and `isBase64Encoded`.
    ///
    /// VPC Lattice takes an object with an integer `statusCode`, and reads `headers`, `body`, `isBase64Encoded` and
    /// `statusDescription`. In version 2 the value of a header may also be a list. AWS documents no `cookies` for it:
    /// they are not read.
    ///
    /// # Errors
    /// If the gateway would answer the payload with its own error, 502 or 500.
    ///
    /// ```
    /// use gatewire::EventSource;
    /// use gatewire::gateway::HttpResponse;
    ///
    /// let payload = br#"{"statusCode":201,"headers":{"X-Id":"7"},"body":"aGk=","isBase64Encoded":true}"#;
    /// let response = HttpResponse::from_payload(EventSource::RestApi, payload)?;
    /// assert_eq!((response.status, response.header("x-id"), &response.body[..]), (201, Some("7"), &b"hi"[..]));
    ///
    /// let error = HttpResponse::from_payload(EventSource::RestApi, br#"{"statusCode":"201"}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "`statusCode` is not an integer from 100 to 999");
    /// # Ok::<(), gatewire::gateway::MalformedResponse>(())
    /// ```
    pub fn from_payload(source: EventSource, payload: &[u8]) -> Result<Self, MalformedResponse> {
        let mut index = Index::new();
        let document = index.read(payload);
        let root = document.map_err(|error| fault(format!("the payload is not JSON: {error}")))?.root();
        match source {
            EventSource::RestApi | EventSource::HttpApiV1 => read(root, &REST),
            EventSource::Alb => read(root, &ALB),
            EventSource::HttpApiV2 | EventSource::FunctionUrl if root.get("statusCode").is_none() => Ok(Self {
                status: 200,
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: root.raw().as_bytes().to_vec(),
            }),
            EventSource::HttpApiV2 | EventSource::FunctionUrl => read(root, &VERSION_2),
            EventSource::LatticeV1 => read(root, &LATTICE),
            EventSource::LatticeV2 => read(root, &LATTICE_2),
        }
    }

    /// The last value of a header field; its name is compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_all(name).last()
    }

    /// All values of a header field, in their order.
    pub fn header_all<'n>(&self, name: &'n str) -> impl Iterator<Item = &str> + use<'_, 'n> {
        self.headers.iter().filter(move |(own, _)| header::same_name(own, name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; `None` if it is not UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }
}

/// The payload of a response that a gateway would refuse.
///
/// ```
/// use gatewire::EventSource;
/// use gatewire::gateway::HttpResponse;
///
/// let error = HttpResponse::from_payload(EventSource::Alb, br#"{"status":200}"#).unwrap_err();
/// assert_eq!(error.to_string(), "`status` is not a field of a response");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedResponse {
    message: Box<str>,
}

impl fmt::Display for MalformedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for MalformedResponse {}

fn fault(message: impl Into<Box<str>>) -> MalformedResponse {
    MalformedResponse { message: message.into() }
}

fn wrong(field: &str, expected: &str) -> MalformedResponse {
    fault(format!("`{field}` is not {expected}"))
}

/// The rules by which a gateway accepts a response.
struct Rules {
    /// The fields that are read.
    fields: &'static [&'static str],
    /// True if any other field makes the response malformed.
    only_these: bool,
    /// True if a header value may be a number or a boolean.
    scalar_headers: bool,
    /// True if a header value may be a list.
    listed_headers: bool,
}

const REST: Rules = Rules {
    fields: &["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"],
    only_these: true,
    scalar_headers: true,
    listed_headers: false,
};
const ALB: Rules = Rules {
    fields: &["statusCode", "statusDescription", "headers", "multiValueHeaders", "body", "isBase64Encoded"],
    only_these: true,
    scalar_headers: false,
    listed_headers: false,
};
const VERSION_2: Rules = Rules {
    fields: &["statusCode", "headers", "cookies", "body", "isBase64Encoded"],
    only_these: false,
    scalar_headers: false,
    listed_headers: false,
};
const LATTICE: Rules = Rules {
    fields: &["statusCode", "statusDescription", "headers", "body", "isBase64Encoded"],
    only_these: false,
    scalar_headers: false,
    listed_headers: false,
};
const LATTICE_2: Rules = Rules { listed_headers: true, ..LATTICE };

/// Reads the object `root`. A field that is `null` counts as absent, except for the status code.
fn read(root: Value<'_>, rules: &Rules) -> Result<HttpResponse, MalformedResponse> {
    if root.kind() != Kind::Object {
        return Err(fault("the payload is not an object"));
    }
    if rules.only_these {
        let mut names = root.entries().map(|(name, _)| decode(name));
        if let Some(unknown) = names.find(|name| !rules.fields.contains(&name.as_str())) {
            return Err(fault(format!("`{unknown}` is not a field of a response")));
        }
    }
    let field = |name: &'static str| {
        let value = if rules.fields.contains(&name) { root.get(name) } else { None };
        value.filter(|value| !value.is_null())
    };

    let status = field("statusCode").and_then(Value::as_u64).filter(|status| (100..=999).contains(status));
    let status = status.ok_or_else(|| wrong("statusCode", "an integer from 100 to 999"))? as u16;
    if field("statusDescription").is_some_and(|value| value.kind() != Kind::String) {
        return Err(wrong("statusDescription", "a string"));
    }
    let mut headers = single_headers(field("headers"), rules)?;
    let multi = multi_headers(field("multiValueHeaders"), rules)?;
    headers.retain(|single| !multi.iter().any(|pair| same_pair(pair, single)));
    headers.extend(multi);
    headers.extend(cookies(field("cookies"))?);
    check_headers(&headers)?;
    let body = read_body(field("body"), field("isBase64Encoded"))?;
    Ok(HttpResponse { status, headers, body })
}

type Pair = (String, String);

fn same_pair(a: &Pair, b: &Pair) -> bool {
    header::same_name(&a.0, &b.0) && a.1 == b.1
}

/// The entries of a map; of equal keys the last counts.
fn map<'a>(field: &str, value: Option<Value<'a>>) -> Result<Vec<(String, Value<'a>)>, MalformedResponse> {
    let Some(value) = value else { return Ok(Vec::new()) };
    if value.kind() != Kind::Object {
        return Err(wrong(field, "an object"));
    }
    let mut entries: Vec<(String, Value<'a>)> = Vec::new();
    for (name, value) in value.entries() {
        let name = decode(name);
        match entries.iter_mut().find(|(own, _)| *own == name) {
            Some(entry) => entry.1 = value,
            None => entries.push((name, value)),
        }
    }
    Ok(entries)
}

fn single_headers(value: Option<Value<'_>>, rules: &Rules) -> Result<Vec<Pair>, MalformedResponse> {
    let mut headers = Vec::new();
    for (name, value) in map("headers", value)? {
        if rules.listed_headers && value.kind() == Kind::Array {
            for value in value.items() {
                headers.push((name.clone(), header_value(&name, value, rules)?));
            }
        } else {
            let value = header_value(&name, value, rules)?;
            headers.push((name, value));
        }
    }
    Ok(headers)
}

fn multi_headers(value: Option<Value<'_>>, rules: &Rules) -> Result<Vec<Pair>, MalformedResponse> {
    let mut headers = Vec::new();
    for (name, values) in map("multiValueHeaders", value)? {
        if values.kind() != Kind::Array {
            return Err(fault(format!("the values of header `{name}` are not a list")));
        }
        for value in values.items() {
            headers.push((name.clone(), header_value(&name, value, rules)?));
        }
    }
    Ok(headers)
}

fn header_value(name: &str, value: Value<'_>, rules: &Rules) -> Result<String, MalformedResponse> {
    match (value.as_text(), value.kind()) {
        (Some(text), _) => Ok(decode(text)),
        (None, Kind::Number | Kind::Bool) if rules.scalar_headers => Ok(value.raw().to_owned()),
        _ => Err(fault(format!("the value of header `{name}` is not a string"))),
    }
}

fn cookies(value: Option<Value<'_>>) -> Result<Vec<Pair>, MalformedResponse> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let text = |value: Value<'_>| value.as_text().map(|text| ("set-cookie".to_owned(), decode(text)));
    let cookies = if value.kind() == Kind::Array { value.items().map(text).collect() } else { None };
    cookies.ok_or_else(|| wrong("cookies", "a list of strings"))
}

/// A field that cannot stand in an HTTP message makes the response malformed too.
fn check_headers(headers: &[Pair]) -> Result<(), MalformedResponse> {
    for (name, value) in headers {
        if !header::valid_name(name) {
            return Err(fault(format!("`{}` is no name of a header", name.escape_debug())));
        }
        if !header::valid_value(value) {
            return Err(fault(format!("the value of header `{name}` has a control character")));
        }
    }
    Ok(())
}

fn read_body(body: Option<Value<'_>>, base64: Option<Value<'_>>) -> Result<Vec<u8>, MalformedResponse> {
    let is_base64 = match base64 {
        Some(flag) => flag.as_bool().ok_or_else(|| wrong("isBase64Encoded", "a boolean"))?,
        None => false,
    };
    let Some(body) = body else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    body.as_text().ok_or_else(|| wrong("body", "a string"))?.decode_to(&mut bytes);
    if is_base64 {
        let length =
            base64::decode_in_place(&mut bytes).map_err(|_| wrong("body", "base64, as `isBase64Encoded` says"))?;
        bytes.truncate(length);
    }
    Ok(bytes)
}

fn decode(text: Text<'_>) -> String {
    let mut bytes = Vec::new();
    text.decode_to(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
