//! The responses and schemas that the types of a handler stand for, for the OpenAPI document.

use std::any::type_name;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// The responses of a handler, by the type that it returns: what
/// [`IntoResponse::describe_response`](crate::IntoResponse::describe_response) collects.
///
/// ```
/// use gatewire::handler::ResponseDocs;
/// use gatewire::{IntoResponse, Json, Request};
///
/// struct Created<T>(T);
///
/// impl<T: serde::Serialize> IntoResponse for Created<T> {
///     fn respond(self, req: Request<'_>) {
///         (201, Json(self.0)).respond(req);
///     }
///
///     fn describe_response(docs: &mut ResponseDocs) {
///         docs.status("201", |docs| docs.body::<T>("application/json"));
///     }
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ResponseDocs {
    list: Vec<ResponseDoc>,
    /// The status of the responses that are described now.
    status: Option<&'static str>,
}

/// One response of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResponseDoc {
    /// `404`, `3XX` or `default`; `None` for the status of a handler that names none.
    pub(crate) status: Option<&'static str>,
    /// The media type of the body, and the Rust name of its type.
    pub(crate) body: Option<(&'static str, &'static str)>,
}

impl ResponseDocs {
    /// Adds a response with a body of this media type, made from a value of the type `T`.
    pub fn body<T: ?Sized>(&mut self, media_type: &'static str) {
        self.list.push(ResponseDoc { status: self.status, body: Some((media_type, type_name::<T>())) });
    }

    /// Adds a response without a body.
    pub fn empty(&mut self) {
        self.list.push(ResponseDoc { status: self.status, body: None });
    }

    /// Adds what `describe` adds, with a status: `404`, a range such as `3XX`, or `default` for one that is chosen at run
    /// time. A status that is given further inside counts.
    pub fn status(&mut self, status: &'static str, describe: impl FnOnce(&mut Self)) {
        let outer = self.status.replace(status);
        describe(self);
        self.status = outer;
    }

    pub(crate) fn list(&self) -> &[ResponseDoc] {
        &self.list
    }
}

/// The schemas of types, by their Rust names.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Schemas(pub(crate) Vec<TypeSchema>);

/// The schema of a type.
#[derive(Clone, Copy)]
pub(crate) struct TypeSchema {
    pub(crate) type_name: &'static str,
    pub(crate) make: fn(&mut SchemaGenerator) -> Schema,
}

impl TypeSchema {
    pub(crate) fn of<T: JsonSchema + ?Sized>() -> Self {
        Self { type_name: type_name::<T>(), make: |generator| generator.subschema_for::<T>() }
    }
}

impl std::fmt::Debug for TypeSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.type_name)
    }
}

impl Schemas {
    pub(crate) fn add<T: JsonSchema + ?Sized>(&mut self) {
        self.0.push(TypeSchema::of::<T>());
    }
}

/// Adds the schema of a type if it has one, which only the code that names the type can find out: `input!` does.
#[doc(hidden)]
#[derive(Debug)]
pub struct SchemaProbe<T>(PhantomData<T>);

impl<T> SchemaProbe<T> {
    /// A probe of the type.
    pub const NEW: Self = Self(PhantomData);
}

// The compiler prefers this method to the one of the trait, if the type has a schema.
impl<T: JsonSchema> SchemaProbe<T> {
    /// Adds the schema.
    pub fn add_to(&self, schemas: &mut Schemas) {
        schemas.add::<T>();
    }
}

/// For types without a schema.
#[doc(hidden)]
pub trait WithoutSchema {
    /// Adds nothing.
    fn add_to(&self, _: &mut Schemas) {}
}

impl<T> WithoutSchema for SchemaProbe<T> {}
