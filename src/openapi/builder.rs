//! The description of the API as a whole.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::operation::{Operation, to_value};
use super::security::{SecurityScheme, requirement};
use crate::handler::Schemas;

/// The description of an API as a whole, for [`App::openapi`](crate::App::openapi): an [OpenAPI
/// 3.1](https://spec.openapis.org/oas/v3.1.1.html) document is made of it and of the routes.
///
/// ```
/// use gatewire::openapi::{OpenApi, SecurityScheme};
/// use gatewire::{App, Json, Request, testing::Client};
///
/// let api = OpenApi::new("Bookings", "1.0.0")
///     .server("https://api.example.com")
///     .security_scheme("key", SecurityScheme::api_key_header("X-Api-Key"))
///     .security("key", [])
///     .serve_at("/openapi.json")
///     .page_at("/docs");
/// let app = App::new().openapi(api).get("/rooms/{id}", |req: Request| req.reply(Json(req.param("id"))));
/// let document: serde_json::Value = Client::new(app)?.get("/openapi.json").send().json();
/// assert_eq!(document["paths"]["/rooms/{id}"]["get"]["summary"], "GET /rooms/{id}");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct OpenApi {
    pub(super) info: Map<String, Value>,
    pub(super) servers: Vec<Value>,
    pub(super) tags: Vec<Value>,
    pub(super) external_docs: Option<Value>,
    pub(super) security_schemes: Map<String, Value>,
    pub(super) security: Vec<Value>,
    pub(super) schemas: Schemas,
    /// Method, rule and description.
    pub(super) operations: Vec<(String, String, Operation)>,
    pub(super) extensions: Map<String, Value>,
    pub(super) argument_errors: bool,
    pub(crate) document_path: Option<String>,
    pub(crate) page_path: Option<String>,
    pub(crate) page_assets: Option<String>,
}

impl OpenApi {
    /// Describes an API by its title and its version, which is the version of the API and not that of OpenAPI.
    pub fn new(title: impl Into<String>, version: impl Into<String>) -> Self {
        let mut info = Map::new();
        info.insert("title".to_owned(), title.into().into());
        info.insert("version".to_owned(), version.into().into());
        Self {
            info,
            servers: Vec::new(),
            tags: Vec::new(),
            external_docs: None,
            security_schemes: Map::new(),
            security: Vec::new(),
            schemas: Schemas::default(),
            operations: Vec::new(),
            extensions: Map::new(),
            argument_errors: true,
            document_path: None,
            page_path: None,
            page_assets: None,
        }
    }

    /// Returns the title.
    pub(super) fn title(&self) -> &str {
        self.info["title"].as_str().unwrap_or_default()
    }

    /// Sets a short summary of the API.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.info.insert("summary".to_owned(), summary.into().into());
        self
    }

    /// Sets the description of the API, in CommonMark.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.info.insert("description".to_owned(), description.into().into());
        self
    }

    /// Sets the URL of the terms of service.
    pub fn terms_of_service(mut self, url: impl Into<String>) -> Self {
        self.info.insert("termsOfService".to_owned(), url.into().into());
        self
    }

    /// Sets the name and the email address of the people who answer questions.
    pub fn contact(mut self, name: impl Into<String>, email: impl Into<String>) -> Self {
        self.info.insert("contact".to_owned(), json!({"name": name.into(), "email": email.into()}));
        self
    }

    /// Sets the licence of the API by its name, and by its [SPDX](https://spdx.org/licenses/) identifier.
    pub fn license(mut self, name: impl Into<String>, identifier: impl Into<String>) -> Self {
        self.info.insert("license".to_owned(), json!({"name": name.into(), "identifier": identifier.into()}));
        self
    }

    /// Adds a server by its URL, with the stage of a REST API: `https://api.example.com/prod`. Without servers, clients
    /// take the host that served the document, and paths begin at its root.
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.servers.push(json!({"url": url.into()}));
        self
    }

    /// Adds a server with a description.
    pub fn described_server(mut self, url: impl Into<String>, description: impl Into<String>) -> Self {
        self.servers.push(json!({"url": url.into(), "description": description.into()}));
        self
    }

    /// Describes a tag. Tags appear in this order; a tag that only routes name needs no description.
    pub fn tag(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.tags.push(json!({"name": name.into(), "description": description.into()}));
        self
    }

    /// Sets the URL and the description of more documentation.
    pub fn external_docs(mut self, url: impl Into<String>, description: impl Into<String>) -> Self {
        self.external_docs = Some(json!({"url": url.into(), "description": description.into()}));
        self
    }

    /// Adds a security scheme, which [`security`](Self::security) and [`Operation::security`] name.
    pub fn security_scheme(mut self, name: impl Into<String>, scheme: SecurityScheme) -> Self {
        self.security_schemes.insert(name.into(), scheme.into_value());
        self
    }

    /// Requires a security scheme, with these scopes, of all routes that do not name their own. If this is called more
    /// than once, any of the schemes is enough.
    ///
    /// The document only says so: the gateway's authorizer or your middleware checks it.
    pub fn security(mut self, scheme: impl Into<String>, scopes: impl IntoIterator<Item = &'static str>) -> Self {
        self.security.push(requirement(scheme.into(), scopes));
        self
    }

    /// Adds the schema of a type that handlers take or return.
    ///
    /// A handler's types are found by their names. Those that [`input!`](crate::input) lists are known already; this is
    /// for types that are only returned, as in `Json<Todo>`. `Vec<Todo>`, `Option<Todo>` and similar need nothing more.
    pub fn schema<T: JsonSchema + ?Sized>(mut self) -> Self {
        self.schemas.add::<T>();
        self
    }

    /// Describes a route from outside, by its method and rule, so that the app itself needs no documentation in it. It has
    /// precedence over what the route declares.
    ///
    /// ```
    /// use gatewire::openapi::{OpenApi, Operation};
    ///
    /// let api = OpenApi::new("Bookings", "1.0.0")
    ///     .operation("GET", "/rooms/{id}", Operation::new().summary("Read a room").tag("rooms"));
    /// ```
    pub fn operation(mut self, method: impl Into<String>, rule: impl Into<String>, operation: Operation) -> Self {
        self.operations.push((method.into(), rule.into(), operation));
        self
    }

    /// Sets whether routes with typed arguments list the responses to requests that the arguments cannot be read from: 400,
    /// and 415 for forms; with validation on, 422 and 415. On by default; turn it off if your error handlers answer otherwise.
    pub fn argument_errors(mut self, on: bool) -> Self {
        self.argument_errors = on;
        self
    }

    /// Adds a member to the document itself; its name begins with `x-`.
    ///
    /// # Panics
    /// If the value cannot be serialised.
    #[track_caller]
    pub fn extension(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.extensions.insert(name.into(), to_value(value));
        self
    }

    /// Serves the document at a path. It is made at the first request, and then kept.
    pub fn serve_at(mut self, path: impl Into<String>) -> Self {
        self.document_path = Some(path.into());
        self
    }

    /// Serves a page of [Swagger UI](https://github.com/swagger-api/swagger-ui) at a path, and the document at
    /// `/openapi.json` if [`serve_at`](Self::serve_at) names no other path. The page loads the script from a CDN, by a link with an integrity hash. With the feature `openapi-ui`, the
    /// script is part of the program.
    pub fn page_at(mut self, path: impl Into<String>) -> Self {
        self.page_path = Some(path.into());
        self
    }

    /// Sets the URL below which the page finds `swagger-ui-bundle.js` and `swagger-ui.css`, for copies of your own. No
    /// integrity hash is checked then.
    pub fn page_assets(mut self, url: impl Into<String>) -> Self {
        self.page_assets = Some(url.into());
        self
    }
}
