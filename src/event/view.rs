//! A part of the event as JSON.

use std::fmt;

use bumpalo::Bump;

use crate::json::{Kind, Value};

/// A value inside the event, read in place in the payload.
///
/// It reads fields that no accessor names: [`Request::event`](crate::Request::event) is the whole event,
/// [`RequestContext::json`](crate::context::RequestContext::json) its context.
///
/// ```
/// # fn handler(req: gatewire::Request<'_>) -> Option<()> {
/// let plan = req.event().get("requestContext")?.get("authorizer")?.get("plan")?.as_str()?;
/// # Some(()) }
/// ```
#[derive(Clone, Copy)]
pub struct JsonView<'r> {
    value: Value<'r>,
    arena: &'r Bump,
}

impl<'r> JsonView<'r> {
    pub(crate) fn new(value: Value<'r>, arena: &'r Bump) -> Self {
        Self { value, arena }
    }

    /// The value of an object's key; of repeated keys the last one. `None` without the key, or if this is not an
    /// object.
    pub fn get(self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| Self { value, ..self })
    }

    /// Keys and values of an object, in their order; nothing if the value is not an object.
    pub fn entries(self) -> impl Iterator<Item = (&'r str, Self)> {
        self.value.entries().map(move |(key, value)| (key.decode(self.arena), Self { value, ..self }))
    }

    /// The items of an array, in their order; nothing if the value is not an array.
    pub fn items(self) -> impl Iterator<Item = Self> {
        self.value.items().map(move |value| Self { value, ..self })
    }

    /// The value of a string, decoded.
    pub fn as_str(self) -> Option<&'r str> {
        Some(self.value.as_text()?.decode(self.arena))
    }

    /// The number, if it is an integer in the range of the type.
    pub fn as_i64(self) -> Option<i64> {
        self.value.as_i64()
    }

    /// The number, if it is an integer in the range of the type.
    pub fn as_u64(self) -> Option<u64> {
        self.value.as_u64()
    }

    /// The number.
    pub fn as_f64(self) -> Option<f64> {
        self.value.as_f64()
    }

    /// The boolean.
    pub fn as_bool(self) -> Option<bool> {
        self.value.as_bool()
    }

    /// Returns whether the value is `null`.
    pub fn is_null(self) -> bool {
        self.value.is_null()
    }

    /// The JSON text of the value, as it stands in the payload.
    pub fn raw(self) -> &'r str {
        self.value.raw()
    }

    /// The value of a string, and the JSON of anything else: for claims, which need not be strings.
    pub(crate) fn text(self) -> &'r str {
        self.as_str().unwrap_or_else(|| self.raw())
    }
}

/// The keys of an object, the number of items of an array, the type of anything else: values may be secrets.
impl fmt::Debug for JsonView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JsonView").field(&Outline(Some(self.value))).finish()
    }
}

/// The parts of a value that may be printed.
pub(super) struct Outline<'r>(pub(super) Option<Value<'r>>);

impl fmt::Debug for Outline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = self.0 else { return f.write_str("absent") };
        match value.kind() {
            Kind::Object => names(f, value.entries().map(|(key, _)| key.raw())),
            Kind::Array => write!(f, "[{} items]", value.items().count()),
            kind => write!(f, "{kind:?}"),
        }
    }
}

/// Prints names that belong to values which are not printed.
pub(super) fn names<'n>(f: &mut fmt::Formatter<'_>, names: impl Iterator<Item = &'n str>) -> fmt::Result {
    f.debug_set().entries(names).finish()
}
