//! The description of a route that it declares itself.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::security::requirement;
use crate::handler::TypeSchema;
use crate::http::StatusCode;

/// The description of a route, beyond what its rule and its handler say: for
/// [`Route::docs`](crate::Route::docs) and [`OpenApi::operation`](super::OpenApi::operation).
///
/// ```
/// use gatewire::openapi::Operation;
/// use gatewire::{App, Json, Request, Route};
///
/// #[derive(serde::Serialize, schemars::JsonSchema)]
/// struct Room {
///     beds: u8,
/// }
///
/// let docs = Operation::new()
///     .summary("Read a room")
///     .tag("rooms")
///     .response::<Room>(200, "The room.")
///     .response_without_body(404, "There is no such room.");
/// let route = Route::get("/rooms/{id}", |_: Request| Json(Room { beds: 2 })).docs(docs);
/// # App::new().route(route).build().unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Operation {
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) operation_id: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) deprecated: bool,
    pub(super) hidden: bool,
    pub(super) external_docs: Option<Value>,
    /// `None` if the requirements of the API apply.
    pub(super) security: Option<Vec<Value>>,
    pub(super) bodies: Vec<DeclaredBody>,
    pub(super) query: Vec<TypeSchema>,
    pub(super) descriptions: Vec<(String, String)>,
    pub(super) responses: Vec<DeclaredResponse>,
    pub(super) request_examples: Vec<(String, Value)>,
    pub(super) response_examples: Vec<(u16, String, Value)>,
    pub(super) extensions: Map<String, Value>,
}

/// A body that a route takes.
#[derive(Clone, Debug)]
pub(super) struct DeclaredBody {
    pub(super) media_type: &'static str,
    pub(super) schema: TypeSchema,
}

/// A response that a route declares.
#[derive(Clone, Debug)]
pub(super) struct DeclaredResponse {
    pub(super) status: u16,
    pub(super) description: String,
    pub(super) body: Body,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    /// The one that the type of the handler says.
    OfHandler,
    None,
    /// That of an `HttpError`.
    Error,
    Typed {
        media_type: &'static str,
        schema: TypeSchema,
    },
}

impl Operation {
    /// Creates a description that says nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the summary. Without one, it is the method and the path.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// Sets the description, in CommonMark.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the identifier, which generated clients take as the name of a function. Without one, it is made of the names of
    /// the handler, the path and the method.
    pub fn operation_id(mut self, id: impl Into<String>) -> Self {
        self.operation_id = Some(id.into());
        self
    }

    /// Adds a tag, by which pages group the routes.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Says that clients should no longer use the route.
    pub fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// Leaves the route out of the document.
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Sets the URL and the description of more documentation.
    pub fn external_docs(mut self, url: impl Into<String>, description: impl Into<String>) -> Self {
        self.external_docs = Some(json!({"url": url.into(), "description": description.into()}));
        self
    }

    /// Requires a security scheme of the API, with these scopes, instead of the requirements of the API. If this is called
    /// more than once, any of the schemes is enough.
    pub fn security(mut self, scheme: impl Into<String>, scopes: impl IntoIterator<Item = &'static str>) -> Self {
        self.security.get_or_insert_default().push(requirement(scheme.into(), scopes));
        self
    }

    /// Says that the route needs no security scheme, though the API requires one.
    pub fn public(mut self) -> Self {
        self.security = Some(Vec::new());
        self
    }

    /// Declares that the route takes JSON of the type `T`: for a handler that reads the body itself.
    pub fn body<T: JsonSchema>(self) -> Self {
        self.body_of::<T>("application/json")
    }

    /// Declares that the route takes a body of this media type, such as `multipart/form-data`, with the schema of the type
    /// `T`.
    pub fn body_of<T: JsonSchema>(mut self, media_type: &'static str) -> Self {
        self.bodies.push(DeclaredBody { media_type, schema: TypeSchema::of::<T>() });
        self
    }

    /// Declares that the route takes the query parameters that the fields of `T` are: for a handler that reads the query
    /// itself.
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.query.push(TypeSchema::of::<T>());
        self
    }

    /// Describes a parameter by its name.
    pub fn parameter(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.descriptions.push((name.into(), description.into()));
        self
    }

    /// Declares a response of JSON of the type `T`.
    ///
    /// # Panics
    /// If the number is not a status.
    #[track_caller]
    pub fn response<T: JsonSchema>(self, status: u16, description: impl Into<String>) -> Self {
        self.response_of::<T>(status, "application/json", description)
    }

    /// Declares a response of this media type, with the schema of the type `T`.
    ///
    /// # Panics
    /// If the number is not a status.
    #[track_caller]
    pub fn response_of<T: JsonSchema>(
        self,
        status: u16,
        media_type: &'static str,
        description: impl Into<String>,
    ) -> Self {
        self.declare(status, description.into(), Body::Typed { media_type, schema: TypeSchema::of::<T>() })
    }

    /// Declares a response without a body.
    ///
    /// # Panics
    /// If the number is not a status.
    #[track_caller]
    pub fn response_without_body(self, status: u16, description: impl Into<String>) -> Self {
        self.declare(status, description.into(), Body::None)
    }

    /// Declares an error response, with the body of an [`HttpError`](crate::HttpError).
    ///
    /// # Panics
    /// If the number is not a status.
    #[track_caller]
    pub fn error(self, status: u16, description: impl Into<String>) -> Self {
        self.declare(status, description.into(), Body::Error)
    }

    /// Declares the status of the handler's own response, and describes it: the body is the one that the type of the
    /// handler says.
    ///
    /// # Panics
    /// If the number is not a status.
    #[track_caller]
    pub fn returns(self, status: u16, description: impl Into<String>) -> Self {
        self.declare(status, description.into(), Body::OfHandler)
    }

    #[track_caller]
    fn declare(mut self, status: u16, description: String, body: Body) -> Self {
        if let Err(error) = StatusCode::new(status) {
            panic!("{error}");
        }
        self.responses.push(DeclaredResponse { status, description, body });
        self
    }

    /// Adds an example of the body that the route takes.
    ///
    /// # Panics
    /// If the value cannot be serialised.
    #[track_caller]
    pub fn request_example(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.request_examples.push((name.into(), to_value(value)));
        self
    }

    /// Adds an example of the body of a response.
    ///
    /// # Panics
    /// If the value cannot be serialised.
    #[track_caller]
    pub fn response_example(mut self, status: u16, name: impl Into<String>, value: impl Serialize) -> Self {
        self.response_examples.push((status, name.into(), to_value(value)));
        self
    }

    /// Adds a member to the description; its name begins with `x-`.
    ///
    /// # Panics
    /// If the value cannot be serialised.
    #[track_caller]
    pub fn extension(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.extensions.insert(name.into(), to_value(value));
        self
    }

    /// Takes over what `other` says; of a member that both have, `other` counts.
    pub(crate) fn merge(&mut self, other: Self) {
        fn set<T>(own: &mut Option<T>, other: Option<T>) {
            if other.is_some() {
                *own = other;
            }
        }
        set(&mut self.summary, other.summary);
        set(&mut self.description, other.description);
        set(&mut self.operation_id, other.operation_id);
        set(&mut self.external_docs, other.external_docs);
        set(&mut self.security, other.security);
        self.deprecated |= other.deprecated;
        self.hidden |= other.hidden;
        self.tags.extend(other.tags);
        self.bodies.extend(other.bodies);
        self.query.extend(other.query);
        self.descriptions.extend(other.descriptions);
        self.responses.retain(|own| other.responses.iter().all(|response| response.status != own.status));
        self.responses.extend(other.responses);
        self.request_examples.extend(other.request_examples);
        self.response_examples.extend(other.response_examples);
        self.extensions.extend(other.extensions);
    }
}

/// Returns a value as JSON.
#[track_caller]
pub(super) fn to_value(value: impl Serialize) -> Value {
    match serde_json::to_value(value) {
        Ok(value) => value,
        Err(error) => panic!("a value for the OpenAPI document cannot be serialised: {error}"),
    }
}
