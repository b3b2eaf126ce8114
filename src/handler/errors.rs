//! The response to each error.
//!
//! An error is settled inside the layer of middleware that is around its origin, so that every layer sees the response
//! that is sent. The first row that fits decides:
//!
//! | error | response |
//! | --- | --- |
//! | any error of an authorizer, or of a handler of events that are neither requests nor messages | no response: the invocation fails |
//! | an [`HttpError`] with status 404, and the app has a `not_found` handler | the handler's |
//! | any error with a handler for its type in the scope of its route | the handler's |
//! | any error, and the app has an `on_any_error` handler | the handler's |
//! | an [`HttpError`] | its status and message |
//! | an [`Unauthorized`] | 401 with its challenge |
//! | a [`BodyError`], a [`ParamError`] | 400 and its message; with validation on, as the next row |
//! | a `ValidationError` | its status, 422 or 415, and its details |
//! | a `ResponseValidationError` | 500, and a line on standard error |
//! | a [`FormError`] | its status and message; with validation on, one of a field or of the content type as a `ValidationError` |
//! | any error in debug mode | 500 and its chain of sources |
//! | any error, with `internal_server_errors` on | 500, and a line on standard error |
//! | any other error | no response: the invocation fails |
//!
//! An error that an error handler raises starts at the fifth row. A panic is an error of the type [`Panicked`].

use std::any::{TypeId, type_name};
use std::error::Error as StdError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

#[cfg(feature = "validate")]
use super::arguments::Location;
use super::error::{Error, SOURCES_LIMIT};
use super::exchange::{Answered, ErrorHandler, Fault, Request};
use super::http_error::HttpError;
use super::panicked::Panicked;
use super::param::ParamError;
#[cfg(feature = "validate")]
use super::reply::Json;
use super::reply::{ErrorBody, IntoResponse, Reply, Response};
use super::shared::{ErrorHandlers, Shared, TypedHandler};
use super::unauthorized::Unauthorized;
use crate::event::BodyError;
use crate::form::FormError;
use crate::http::StatusCode;
use crate::invocation_error::{InvocationError, PANIC};
use crate::log::log_failure;
#[cfg(feature = "validate")]
use crate::validate::{self, Part, ResponseValidationError, ValidationError};

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
        let type_id = TypeId::of::<E>();
        if self.typed.iter().any(|own| own.type_id == type_id) {
            self.duplicate.get_or_insert_with(type_name::<E>);
        }
        self.typed.push(TypedHandler { type_id, is: |error| error.is::<E>(), handler: erased });
    }

    pub(crate) fn set_not_found<F>(&mut self, handler: F)
    where
        F: for<'e, 'r> Fn(&'e (dyn StdError + 'static), Request<'r>) + Send + Sync + 'static,
    {
        if self.not_found.replace(Arc::new(handler)).is_some() {
            self.duplicate.get_or_insert("not_found");
        }
    }

    /// Sets the handler of errors that have no handler of their own.
    pub(crate) fn set_any<F>(&mut self, handler: F)
    where
        F: for<'e, 'r> Fn(&'e (dyn StdError + 'static), Request<'r>) + Send + Sync + 'static,
    {
        if self.any.replace(Arc::new(handler)).is_some() {
            self.duplicate.get_or_insert("on_any_error");
        }
    }

    /// Returns the handler for an error: for one with status 404, first the not-found handler.
    fn handler_for(&self, error: &Error) -> Option<Found<'_>> {
        let is_not_found = || error.downcast_ref::<HttpError>().is_some_and(|e| e.status() == StatusCode::NOT_FOUND);
        if self.not_found.is_some() && is_not_found() {
            return self.not_found.as_ref().map(|handler| Found { handler, is: |_| true });
        }
        let handler_of = |error: &(dyn StdError + 'static)| self.typed.iter().find(|typed| (typed.is)(error));
        // The outermost error that has a handler: if the error was made from a pointer, it may be a source.
        let typed = error.find(|error| handler_of(error).is_some()).and_then(handler_of);
        let typed = typed.map(|typed| Found { handler: &typed.handler, is: typed.is });
        typed.or_else(|| self.any.as_ref().map(|handler| Found { handler, is: |_| true }))
    }
}

/// An error handler, and the error that it receives: the error itself or one of its sources.
struct Found<'r> {
    handler: &'r ErrorHandler,
    is: fn(&(dyn StdError + 'static)) -> bool,
}

/// The response to an error.
enum ErrorResponse<'r> {
    Handler(Found<'r>),
    Default(Rendering),
}

/// A response that the crate makes by itself.
#[derive(Clone, Copy)]
enum Rendering {
    HttpError,
    Unauthorized,
    BadRequest,
    #[cfg(feature = "validate")]
    Invalid,
    /// The status of a [`FormError`].
    BadForm(StatusCode),
    Debug,
    InternalServerError,
}

impl Rendering {
    fn of(error: &Error, shared: &Shared) -> Option<Self> {
        #[cfg(feature = "validate")]
        if error.downcast_ref::<ValidationError>().is_some() {
            return Some(Self::Invalid);
        } else if error.downcast_ref::<ResponseValidationError>().is_some() && !shared.debug {
            return Some(Self::InternalServerError);
        }
        if error.downcast_ref::<HttpError>().is_some() {
            Some(Self::HttpError)
        } else if error.downcast_ref::<Unauthorized>().is_some() {
            Some(Self::Unauthorized)
        } else if error.downcast_ref::<BodyError>().is_some() || error.downcast_ref::<ParamError>().is_some() {
            Some(Self::BadRequest)
        } else if let Some(error) = error.downcast_ref::<FormError>() {
            Some(Self::BadForm(error.status()))
        } else if shared.debug {
            Some(Self::Debug)
        } else if shared.internal_server_errors {
            Some(Self::InternalServerError)
        } else {
            None
        }
    }
}

impl<'r> Request<'r> {
    /// Answers the pending error, if there is one. Returns it if no handler answers it.
    #[inline]
    pub(crate) fn settle(self) -> Result<Reply, Error> {
        if self.has_fault() { self.settle_fault() } else { Ok(Reply::given()) }
    }

    #[cold]
    fn settle_fault(self) -> Result<Reply, Error> {
        let error = match self.exchange.fault.borrow_mut().take() {
            Fault::None => return Ok(Reply::given()),
            Fault::Pending(error) => error,
            Fault::Returned => Error::from(InvocationError::new(
                "Gatewire.NoAnswer",
                "middleware dropped the error that `Next::run` returned, and did not respond otherwise",
            )),
        };
        self.respond_to(error).map_err(|mut error| {
            error.mark_unanswered();
            self.set_fault(Fault::Returned);
            // The answer to the error of a handler may have failed.
            self.exchange.answered.set(false);
            error
        })
    }

    /// Responds to an error by the first row of the table that fits.
    fn respond_to(self, error: Error) -> Result<Reply, Error> {
        if error.is_unanswered() || self.exchange.fails {
            return Err(error);
        }
        let exchange = self.exchange;
        let response = match exchange.scope.errors.handler_for(&error) {
            Some(handler) => ErrorResponse::Handler(handler),
            None => match Rendering::of(&error, exchange.shared) {
                Some(rendering) => ErrorResponse::Default(rendering),
                None => return Err(error),
            },
        };
        self.write_response(response, error);
        let Some(raised) = self.take_pending() else { return Ok(Reply::given()) };
        // An error that an error handler raises does not go to error handlers again.
        let Some(rendering) = Rendering::of(&raised, exchange.shared) else { return Err(raised) };
        self.write_response(ErrorResponse::Default(rendering), raised);
        self.take_pending().map_or(Ok(Reply::given()), Err)
    }

    /// Answers an error, and keeps it for [`Request::error`]. The writers of the response may fail or panic, which
    /// leaves a fault.
    fn write_response(self, response: ErrorResponse<'r>, error: Error) {
        let exchange = self.exchange;
        let Answered(error) = exchange.values.insert(Answered(error));
        exchange.answered.set(true);
        exchange.buffer.borrow_mut().clear();
        let written = catch_unwind(AssertUnwindSafe(|| match response {
            ErrorResponse::Handler(Found { handler, is }) => match error.find(is) {
                Some(error) => handler(error, self),
                // The source that was found before is gone.
                None => self.fail(Error::from(unhandled(error))),
            },
            ErrorResponse::Default(rendering) => self.render(rendering, error),
        }));
        if let Err(panic) = written {
            self.fail(Error::from(Panicked::new(panic)));
        }
    }

    fn respond_bad_request(self, error: &Error) {
        (StatusCode::BAD_REQUEST, ErrorBody(&HttpError::bad_request(error.to_string()))).respond(self);
    }

    /// The error of a body or a parameter as one of validation.
    #[cfg(feature = "validate")]
    #[cold]
    fn invalid_part(self, error: &Error) -> Option<ValidationError> {
        let mut report = validate::Report::new();
        if let Some(error) = error.downcast_ref::<FormError>() {
            match error.mismatch() {
                Some(mismatch) => validate::explain_field(Part::Body, mismatch, &mut report),
                None if error.is_explained() => validate::unsupported(&mut report),
                None => return None,
            }
        } else if let Some(error) = error.downcast_ref::<BodyError>() {
            if !validate::invalid_body(error, &mut report) {
                validate::explain_failure(Part::Body, error.mismatch()?, &mut report);
            }
        } else {
            let error = error.downcast_ref::<ParamError>()?;
            let part = match error.location() {
                Location::Path => Part::Path,
                Location::Header => Part::Header,
                Location::Cookie => Part::Cookie,
                _ => Part::Query,
            };
            validate::explain_failure(part, error.mismatch(), &mut report);
        }
        validate::finish(report, self.exchange.shared.validation)
    }

    fn render(self, rendering: Rendering, error: &Error) {
        match rendering {
            Rendering::HttpError => {
                if let Some(error) = error.downcast_ref::<HttpError>() {
                    (error.status(), ErrorBody(error)).respond(self);
                }
            }
            Rendering::Unauthorized => {
                if let Some(error) = error.downcast_ref::<Unauthorized>() {
                    error.write(self);
                }
            }
            #[cfg(feature = "validate")]
            Rendering::Invalid => {
                if let Some(error) = error.downcast_ref::<ValidationError>() {
                    (error.status(), Json(error)).respond(self);
                }
            }
            #[cfg(feature = "validate")]
            Rendering::BadRequest if self.exchange.validates.get() => match self.invalid_part(error) {
                Some(error) => (error.status(), Json(&error)).respond(self),
                None => self.respond_bad_request(error),
            },
            Rendering::BadRequest => self.respond_bad_request(error),
            #[cfg(feature = "validate")]
            Rendering::BadForm(status) if self.exchange.validates.get() => match self.invalid_part(error) {
                Some(error) => (error.status(), Json(&error)).respond(self),
                None => (status, ErrorBody(&HttpError::new(status, error.to_string()))).respond(self),
            },
            Rendering::BadForm(status) => {
                (status, ErrorBody(&HttpError::new(status, error.to_string()))).respond(self);
            }
            Rendering::Debug => {
                let chain = std::iter::successors(Some(error.get()), |&error| error.source());
                let texts: Vec<_> = chain.take(SOURCES_LIMIT).map(ToString::to_string).collect();
                let text = texts.join("\ncaused by: ");
                Response::new(format!("{}: {text}\n", unhandled(error).error_type()))
                    .status(StatusCode::INTERNAL_SERVER_ERROR)
                    .content_type("text/plain")
                    .respond(self);
            }
            Rendering::InternalServerError => {
                // An access log has the error in the line of the request.
                if !self.exchange.observers.report_failures() {
                    log_failure(self.lambda().request_id, &unhandled(error));
                }
                let error = HttpError::internal_server_error("Internal server error");
                (error.status(), ErrorBody(&error)).respond(self);
            }
        }
    }
}

/// Reports an error that was not answered. Its `Display` may panic.
#[cold]
pub(crate) fn report(error: Error) -> InvocationError {
    catch_unwind(AssertUnwindSafe(|| unhandled(&error)))
        .unwrap_or_else(|panic| InvocationError::of(error.type_name(), &Panicked::new(panic)))
}

fn unhandled(error: &Error) -> InvocationError {
    match error.downcast_ref::<Panicked>() {
        Some(panicked) => InvocationError::new(PANIC, panicked.message()),
        None => InvocationError::of(error.type_name(), error.get()),
    }
}
