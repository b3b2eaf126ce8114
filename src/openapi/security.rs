//! Security schemes.

use serde_json::{Map, Value, json};

/// A way in which clients prove who they are: a [security
/// scheme](https://spec.openapis.org/oas/v3.1.1.html#security-scheme-object) of the document.
///
/// ```
/// use gatewire::openapi::{OpenApi, SecurityScheme};
///
/// let api = OpenApi::new("Bookings", "1.0.0")
///     .security_scheme("token", SecurityScheme::bearer("JWT").description("From the login page."))
///     .security("token", []);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SecurityScheme(Map<String, Value>);

impl SecurityScheme {
    fn new(value: Value) -> Self {
        match value {
            Value::Object(members) => Self(members),
            _ => Self(Map::new()),
        }
    }

    /// A key in a header field.
    pub fn api_key_header(name: impl Into<String>) -> Self {
        Self::new(json!({"type": "apiKey", "in": "header", "name": name.into()}))
    }

    /// A key in a query parameter.
    pub fn api_key_query(name: impl Into<String>) -> Self {
        Self::new(json!({"type": "apiKey", "in": "query", "name": name.into()}))
    }

    /// A key in a cookie.
    pub fn api_key_cookie(name: impl Into<String>) -> Self {
        Self::new(json!({"type": "apiKey", "in": "cookie", "name": name.into()}))
    }

    /// `Authorization: Bearer`, with a hint to the format of the token, such as `JWT`.
    pub fn bearer(format: impl Into<String>) -> Self {
        Self::new(json!({"type": "http", "scheme": "bearer", "bearerFormat": format.into()}))
    }

    /// `Authorization: Basic`.
    pub fn basic() -> Self {
        Self::new(json!({"type": "http", "scheme": "basic"}))
    }

    /// OAuth 2 with the authorization code flow: the URLs of authorization and token, and scopes with their descriptions.
    pub fn oauth2_authorization_code<'s>(
        authorization_url: impl Into<String>,
        token_url: impl Into<String>,
        scopes: impl IntoIterator<Item = (&'s str, &'s str)>,
    ) -> Self {
        let flow = json!({
            "authorizationUrl": authorization_url.into(),
            "tokenUrl": token_url.into(),
            "scopes": scopes_of(scopes),
        });
        Self::new(json!({"type": "oauth2", "flows": {"authorizationCode": flow}}))
    }

    /// OAuth 2 with the client credentials flow: the URL of the token, and scopes with their descriptions.
    pub fn oauth2_client_credentials<'s>(
        token_url: impl Into<String>,
        scopes: impl IntoIterator<Item = (&'s str, &'s str)>,
    ) -> Self {
        let flow = json!({"tokenUrl": token_url.into(), "scopes": scopes_of(scopes)});
        Self::new(json!({"type": "oauth2", "flows": {"clientCredentials": flow}}))
    }

    /// OpenID Connect, by the URL of its discovery document.
    pub fn open_id_connect(url: impl Into<String>) -> Self {
        Self::new(json!({"type": "openIdConnect", "openIdConnectUrl": url.into()}))
    }

    /// A client certificate.
    pub fn mutual_tls() -> Self {
        Self::new(json!({"type": "mutualTLS"}))
    }

    /// Sets the description, in CommonMark.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.0.insert("description".to_owned(), description.into().into());
        self
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

fn scopes_of<'s>(scopes: impl IntoIterator<Item = (&'s str, &'s str)>) -> Value {
    scopes.into_iter().map(|(name, description)| (name.to_owned(), Value::from(description))).collect()
}

/// Returns a security requirement.
pub(super) fn requirement(scheme: String, scopes: impl IntoIterator<Item = &'static str>) -> Value {
    let scopes = scopes.into_iter().map(Value::from).collect();
    Value::Object(Map::from_iter([(scheme, Value::Array(scopes))]))
}
