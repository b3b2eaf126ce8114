//! The description of what a handler takes, which is known before there is a request.

use std::any::{TypeId, type_name};

/// The arguments of a handler: what [`FromRequest::describe`](crate::extract::FromRequest::describe) collects.
///
/// [`App::build`](crate::App::build) compares them with the rule and the state of each route.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    list: Vec<Argument>,
    /// True while the arguments of an `Option` are described.
    optional: bool,
    /// True while the argument of a `Valid` is described.
    validated: bool,
}

impl Arguments {
    /// Creates an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument.
    pub fn add(&mut self, mut argument: Argument) {
        argument.required &= !self.optional;
        argument.validated |= self.validated;
        self.list.push(argument);
    }

    /// Adds what `describe` adds, as arguments that may be absent from a request, the rule or the state.
    pub fn add_optional(&mut self, describe: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.optional, true);
        describe(self);
        self.optional = outer;
    }

    /// Adds what `describe` adds, as arguments that are checked whatever the app says.
    #[cfg(feature = "validate")]
    pub(crate) fn add_validated(&mut self, describe: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.validated, true);
        describe(self);
        self.validated = outer;
    }

    /// Returns the arguments, in the order of the handler's.
    pub fn iter(&self) -> std::slice::Iter<'_, Argument> {
        self.list.iter()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl IntoIterator for Arguments {
    type Item = Argument;
    type IntoIter = std::vec::IntoIter<Argument>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Arguments {
    type Item = &'a Argument;
    type IntoIter = std::slice::Iter<'a, Argument>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Takes the names of the parameters of a rule, and returns the difference from those that an argument takes.
pub(crate) type CheckRule = fn(&[&str]) -> Result<(), String>;

/// One argument of a handler, or a part of one: its place in the request, and its type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Argument {
    /// The place that it is read from.
    pub location: Location,
    /// The Rust name of its type.
    pub type_name: &'static str,
    /// The name of the header field, cookie or parameter; `None` if it is read from all of them.
    pub name: Option<&'static str>,
    /// The names of the parameters that it is read from, if its type has fixed ones, as a struct has.
    pub fields: Option<&'static [&'static str]>,
    /// The media type of the body that it takes, if it takes one.
    pub content_type: Option<&'static str>,
    /// False if the handler is also called for requests without it.
    pub required: bool,
    /// True if it is checked even if validation is off for the route, as `extract::Valid` is.
    pub validated: bool,
    /// If it is the field of a bundle: the Rust name of the bundle, and the name of the field.
    pub member: Option<(&'static str, &'static str)>,
    /// The type of the state that it is.
    pub state: Option<TypeId>,
    pub(crate) path: Option<CheckRule>,
    /// The rules of the field of a bundle.
    #[cfg(all(feature = "openapi", feature = "validate"))]
    pub(crate) rules: &'static [crate::validate::shape::Rule],
    /// The value of a field that is absent.
    #[cfg(feature = "openapi")]
    pub(crate) default: Option<DeclaredDefault>,
}

/// The value that a bundle declares for a field that is absent.
#[cfg(feature = "openapi")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum DeclaredDefault {
    /// That of the trait `Default`.
    OfType,
    /// A literal, as JSON.
    Json(&'static str),
}

impl Argument {
    /// Creates the description of an argument of the type `T`.
    pub fn new<T: ?Sized>(location: Location) -> Self {
        Self {
            location,
            type_name: type_name::<T>(),
            name: None,
            fields: None,
            content_type: None,
            required: true,
            validated: false,
            member: None,
            state: None,
            path: None,
            #[cfg(all(feature = "openapi", feature = "validate"))]
            rules: &[],
            #[cfg(feature = "openapi")]
            default: None,
        }
    }

    /// Sets the name of the header field, cookie or parameter.
    pub fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the check of the names of the rule's parameters.
    #[doc(hidden)]
    pub fn __path(mut self, check: fn(&[&str]) -> Result<(), String>) -> Self {
        self.path = Some(check);
        self
    }

    /// Sets the rules of the field of a bundle.
    #[cfg(feature = "validate")]
    #[doc(hidden)]
    #[allow(unused_mut, unused_variables)]
    pub fn __rules(mut self, rules: &'static [crate::validate::shape::Rule]) -> Self {
        #[cfg(feature = "openapi")]
        {
            self.rules = rules;
        }
        self
    }

    /// Sets the value of an absent field: a literal as JSON, or `None` for that of the trait `Default`.
    #[doc(hidden)]
    #[allow(unused_mut, unused_variables)]
    pub fn __default(mut self, json: Option<&'static str>) -> Self {
        #[cfg(feature = "openapi")]
        {
            self.default = Some(json.map_or(DeclaredDefault::OfType, DeclaredDefault::Json));
        }
        self
    }

    /// Sets the bundle, and the name of the field in it.
    #[doc(hidden)]
    pub fn __member<B: ?Sized>(mut self, field: &'static str) -> Self {
        self.member = Some((type_name::<B>(), field));
        self
    }

    /// Sets the media type of the body that the argument takes.
    pub fn content_type(mut self, media_type: &'static str) -> Self {
        self.content_type = Some(media_type);
        self
    }
}

/// The place of an argument in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Location {
    /// The parameters of the rule.
    Path,
    /// The query.
    Query,
    /// The header fields.
    Header,
    /// The cookies.
    Cookie,
    /// The body as a whole.
    Body,
    /// A field of a form in the body.
    Form,
    /// A file of a form in the body.
    File,
    /// The state of the app, which is no part of the request.
    State,
    /// The data that the gateway and Lambda add.
    Context,
}
