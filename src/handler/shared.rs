//! The part of an app that a request can reach: settings, state and error handlers.

use std::any::{Any, TypeId, type_name};
use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exchange::ErrorHandler;
use super::http_error::HttpError;

/// The part of an app that a request can reach.
#[derive(Default)]
pub(crate) struct Shared {
    /// Writes JSON instead of the built-in serializer.
    pub(crate) serializer: Option<Box<dyn Serializer>>,
    /// True if JSON is written in ASCII alone.
    pub(crate) ascii: bool,
    pub(crate) debug: bool,
    /// True if errors that nobody handles are answered with status 500.
    pub(crate) internal_server_errors: bool,
    /// How requests that are not valid are answered.
    #[cfg(feature = "validate")]
    pub(crate) validation: crate::validate::Validation,
    /// True if authorizers of HTTP APIs with payload 2.0 receive simple responses.
    pub(crate) simple_responses: bool,
    /// True once an invocation has begun.
    pub(crate) warm: AtomicBool,
}

impl Shared {
    /// Begins an invocation. Returns whether it is the first.
    #[inline]
    pub(crate) fn begin(&self) -> bool {
        // The swap is for the first alone: it takes much longer than the load.
        !self.warm.load(Ordering::Relaxed) && !self.warm.swap(true, Ordering::Relaxed)
    }
}

/// The state and the error handlers that a route finds: those of its own router, of the routers around it, of the app,
/// and last those of other routers. If there are several for one type, the first counts.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    pub(crate) state: State,
    pub(crate) errors: ErrorHandlers,
}

/// A custom serializer: it appends JSON to a buffer.
pub(crate) trait Serializer: Send + Sync {
    fn write(
        &self,
        value: &dyn erased_serde::Serialize,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<dyn StdError + Send + Sync>>;

    /// Writes the body of the response to an error. It is a separate method, so that programs without a custom
    /// serializer do not contain the code that makes values of the JSON of a detail.
    fn write_error(&self, error: &HttpError, out: &mut Vec<u8>) -> Result<(), Box<dyn StdError + Send + Sync>> {
        self.write(error, out)
    }
}

impl<F> Serializer for F
where
    F: Fn(&dyn erased_serde::Serialize, &mut Vec<u8>) -> Result<(), Box<dyn StdError + Send + Sync>> + Send + Sync,
{
    fn write(
        &self,
        value: &dyn erased_serde::Serialize,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        self(value, out)
    }
}

/// Values by their type. There are few, so a list is searched.
#[derive(Clone, Default)]
pub(crate) struct State {
    values: Vec<(TypeId, Arc<dyn Any + Send + Sync>)>,
    /// The first type that was added twice.
    duplicate: Option<&'static str>,
}

impl State {
    /// Adds a value. A second one of its type is noted, for the error of `build`.
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        let type_id = TypeId::of::<T>();
        if self.contains(type_id) {
            self.duplicate.get_or_insert_with(type_name::<T>);
        }
        self.values.push((type_id, Arc::new(value)));
    }

    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        let type_id = TypeId::of::<T>();
        self.values.iter().find(|(own, _)| *own == type_id).and_then(|(_, value)| value.downcast_ref())
    }

    pub(crate) fn contains(&self, type_id: TypeId) -> bool {
        self.values.iter().any(|(own, _)| *own == type_id)
    }

    /// Adds the values of `other` whose types are not there yet.
    pub(crate) fn add_missing(&mut self, other: &Self) {
        for (type_id, value) in &other.values {
            if !self.contains(*type_id) {
                self.values.push((*type_id, value.clone()));
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the name of a type that was added twice.
    pub(crate) fn duplicate(&self) -> Option<&'static str> {
        self.duplicate
    }
}

/// The handler of the errors of one type.
#[derive(Clone)]
pub(super) struct TypedHandler {
    pub(super) type_id: TypeId,
    /// Returns whether an error is of the type.
    pub(super) is: fn(&(dyn StdError + 'static)) -> bool,
    pub(super) handler: ErrorHandler,
}

/// The error handlers by the type of their error.
#[derive(Clone, Default)]
pub(crate) struct ErrorHandlers {
    pub(super) typed: Vec<TypedHandler>,
    pub(super) not_found: Option<ErrorHandler>,
    pub(super) any: Option<ErrorHandler>,
    /// The first type, or name of a method, that has two handlers.
    pub(super) duplicate: Option<&'static str>,
}

impl ErrorHandlers {
    /// Adds the handlers of `other` for errors that have none yet.
    pub(crate) fn add_missing(&mut self, other: &Self) {
        for typed in &other.typed {
            if self.typed.iter().all(|own| own.type_id != typed.type_id) {
                self.typed.push(typed.clone());
            }
        }
        self.not_found = self.not_found.take().or_else(|| other.not_found.clone());
        self.any = self.any.take().or_else(|| other.any.clone());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.typed.is_empty() && self.not_found.is_none() && self.any.is_none()
    }

    /// Returns the name of a type, or of a method of the app, that has two handlers.
    pub(crate) fn duplicate(&self) -> Option<&'static str> {
        self.duplicate
    }
}
