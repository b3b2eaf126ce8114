//! What the handlers of an app share: its state, and its error handlers.

use std::any::{Any, TypeId};
use std::error::Error as StdError;
use std::sync::Arc;

use super::error::Error;
use super::http_error::HttpError;
use super::param::ParamError;
use super::reply::{ErrorBody, IntoResponse};
use super::request::Request;
use crate::event::BodyError;
use crate::failure::InvocationError;
use crate::http::StatusCode;

/// An error handler, its error type erased.
type ErrorHandler = Arc<dyn for<'e, 'r> Fn(&'e (dyn StdError + 'static), Request<'r>) + Send + Sync>;

/// Whether an error is of the type that an error handler is for.
type IsOfType = fn(&(dyn StdError + 'static)) -> bool;

/// The part of an app that a request can reach.
#[derive(Default)]
pub(crate) struct Site {
    pub(crate) state: State,
    pub(crate) errors: ErrorHandlers,
    /// What writes JSON in the place of the built-in serialiser.
    pub(crate) serializer: Option<Box<dyn Serializer>>,
    /// Whether JSON is written in ASCII alone.
    pub(crate) ascii: bool,
    pub(crate) debug: bool,
    /// Whether errors that nobody handles are answered with status 500.
    pub(crate) internal_server_errors: bool,
}

/// A serialiser of the app's own: it appends JSON to a buffer.
pub(crate) trait Serializer: Send + Sync {
    fn write(
        &self,
        value: &dyn erased_serde::Serialize,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<dyn StdError + Send + Sync>>;

    /// Writes the answer that an error is. A method of its own, so that programs without such a serialiser do not have the
    /// code that makes values of the JSON of a detail.
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

/// Values by their type. There are a few, so a list is searched.
#[derive(Clone, Default)]
pub(crate) struct State(Vec<(TypeId, Arc<dyn Any + Send + Sync>)>);

impl State {
    /// Keeps a value in the place of another of its type.
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        let type_id = TypeId::of::<T>();
        self.0.retain(|(own, _)| *own != type_id);
        self.0.push((type_id, Arc::new(value)));
    }

    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        let type_id = TypeId::of::<T>();
        self.0.iter().find(|(own, _)| *own == type_id).and_then(|(_, value)| value.downcast_ref())
    }

    /// Takes the values of `other` in, in the place of those of the same type.
    pub(crate) fn merge(&mut self, other: Self) {
        self.0.retain(|(own, _)| other.0.iter().all(|(theirs, _)| own != theirs));
        self.0.extend(other.0);
    }
}

/// The error handlers by the type of their error; of several for one type the last counts.
#[derive(Clone, Default)]
pub(crate) struct ErrorHandlers {
    /// Whether an error is of the type, and its handler.
    typed: Vec<(IsOfType, ErrorHandler)>,
    not_found: Option<ErrorHandler>,
    any: Option<ErrorHandler>,
}

impl ErrorHandlers {
    pub(crate) fn insert<E, F, O>(&mut self, handler: F)
    where
        E: StdError + 'static,
        F: for<'e, 'r> Fn(&'e E, Request<'r>) -> O + Send + Sync + 'static,
        O: IntoResponse,
    {
        let erased: ErrorHandler = Arc::new(move |error, req| {
            if let Some(error) = error.downcast_ref::<E>() {
                handler(error, req).respond(req);
            }
        });
        self.typed.push((|error| error.is::<E>(), erased));
    }

    pub(crate) fn set_not_found<F>(&mut self, handler: F)
    where
        F: for<'e, 'r> Fn(&'e (dyn StdError + 'static), Request<'r>) + Send + Sync + 'static,
    {
        self.not_found = Some(Arc::new(handler));
    }

    /// Sets the handler of errors that none is registered for.
    pub(crate) fn set_any<F>(&mut self, handler: F)
    where
        F: for<'e, 'r> Fn(&'e (dyn StdError + 'static), Request<'r>) + Send + Sync + 'static,
    {
        self.any = Some(Arc::new(handler));
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.typed.extend(other.typed);
        self.not_found = other.not_found.or_else(|| self.not_found.take());
        self.any = other.any.or_else(|| self.any.take());
    }

    /// The handler for an error, and what it is given: for an answer of 404, the not-found handler goes first.
    fn find<'e>(&self, error: &'e Error) -> Option<(&ErrorHandler, &'e (dyn StdError + 'static))> {
        let is_not_found = || error.downcast_ref::<HttpError>().is_some_and(|e| e.status() == StatusCode::NOT_FOUND);
        if self.not_found.is_some() && is_not_found() {
            return self.not_found.as_ref().map(|handler| (handler, error.get()));
        }
        let handler_of = |error: &(dyn StdError + 'static)| self.typed.iter().rev().find(|(is, _)| is(error));
        // The outermost error that has a handler.
        let found = error.find(|error| handler_of(error).is_some());
        let typed = found.and_then(|error| handler_of(error).map(|(_, handler)| (handler, error)));
        typed.or_else(|| self.any.as_ref().map(|handler| (handler, error.get())))
    }
}

impl Request<'_> {
    /// Makes an answer of the error that the handler has failed with, if any: what an error handler makes of it, or what
    /// it is itself. Where it is none, the invocation has failed.
    pub(crate) fn settle(self) -> Result<(), InvocationError> {
        let Some(error) = self.take_error() else { return Ok(()) };
        let Some((handler, found)) = self.exchange.site.errors.find(&error) else { return self.render(&error) };
        handler(found, self);
        // What an error handler raises does not go to error handlers again.
        self.take_error().map_or(Ok(()), |error| self.render(&error))
    }

    /// Answers with an error that is an answer itself: an [`HttpError`], or one that the client is to blame for.
    #[cold]
    fn render(self, error: &Error) -> Result<(), InvocationError> {
        if let Some(error) = error.downcast_ref::<HttpError>() {
            (error.status(), ErrorBody(error)).respond(self);
        } else if error.downcast_ref::<BodyError>().is_some() || error.downcast_ref::<ParamError>().is_some() {
            (StatusCode::BAD_REQUEST, ErrorBody(&HttpError::bad_request(error.to_string()))).respond(self);
        } else if self.exchange.site.debug {
            let chain = std::iter::successors(Some(error.get()), |&error| error.source());
            let text = chain.map(ToString::to_string).collect::<Vec<_>>().join("\ncaused by: ");
            let text = format!("{}: {text}\n", unhandled(error).error_type());
            super::Response::new(text)
                .status(StatusCode::INTERNAL_SERVER_ERROR)
                .content_type("text/plain")
                .respond(self);
        } else if self.exchange.site.internal_server_errors {
            eprintln!("{}", unhandled(error));
            let error = HttpError::internal_server_error("Internal server error");
            (error.status(), ErrorBody(&error)).respond(self);
        } else {
            return Err(unhandled(error));
        }
        self.take_error().map_or(Ok(()), |error| Err(unhandled(&error)))
    }
}

/// The report of an error that nobody handled: its type by its own name, without the path.
#[cold]
pub(crate) fn unhandled(error: &Error) -> InvocationError {
    if let Some(failure) = error.downcast_ref::<InvocationError>() {
        return failure.clone();
    }
    let name = error.type_name();
    let name = name.split('<').next().unwrap_or(name).rsplit("::").next().unwrap_or(name);
    InvocationError::new(name, error.to_string())
}
