//! The response to a request so far, for middleware.

use std::borrow::Cow;

use super::error::Error;
use super::exchange::{Fault, Request};
use super::http_error::HttpError;
use super::reply::IntoStatus;
use crate::http::{Cookie, StatusCode};

/// The response to a request so far, which middleware reads and changes after the handler.
///
/// A header, cookie or status that must not be sent makes the response an error, as it does in a handler.
///
/// Returned by [`Request::response`](Request::response).
///
/// ```
/// use gatewire::App;
///
/// let app = App::new().after(|req| req.response().set_header("X-Frame-Options", "DENY"));
/// # app.build().unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CurrentResponse<'r>(pub(super) Request<'r>);

impl<'r> CurrentResponse<'r> {
    /// Returns the status. While an error is not answered yet, this is the status of the [`HttpError`], or 500.
    pub fn status(self) -> StatusCode {
        match &*self.0.exchange.fault.borrow() {
            Fault::None => self.0.exchange.buffer.borrow().status(),
            Fault::Pending(error) => {
                error.downcast_ref::<HttpError>().map_or(StatusCode::INTERNAL_SERVER_ERROR, HttpError::status)
            }
            Fault::Returned => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Sets the status.
    pub fn set_status(self, status: impl IntoStatus) {
        match status.into_status() {
            Ok(status) => self.0.exchange.buffer.borrow_mut().set_status(status),
            Err(error) => self.0.fail(Error::from(error)),
        }
    }

    /// Returns the last value of a header field; its name is compared without regard to case. This includes a
    /// `Content-Type` that comes with the kind of body.
    pub fn header(self, name: &str) -> Option<&'r str> {
        let buffer = self.0.exchange.buffer.borrow();
        let value = match buffer.head.get(name) {
            None if name.eq_ignore_ascii_case("content-type") => buffer.content_type(),
            value => value,
        };
        value.map(|value| &*self.0.exchange.arena.bump().alloc_str(value))
    }

    /// Sets a header field, and replaces others of its name.
    pub fn set_header<'a>(self, name: &str, value: impl Into<Cow<'a, str>>) {
        // Before the borrow: the conversion is user code, which may look at the response.
        let value = value.into();
        let set = self.0.exchange.buffer.borrow_mut().head.set(name, &value);
        self.fail_if(set);
    }

    /// Adds a header field, and keeps others of its name.
    pub fn append_header<'a>(self, name: &str, value: impl Into<Cow<'a, str>>) {
        let value = value.into();
        let appended = self.0.exchange.buffer.borrow_mut().head.append(name, &value);
        self.fail_if(appended);
    }

    /// Removes the header fields of a name.
    pub fn remove_header(self, name: &str) {
        self.0.exchange.buffer.borrow_mut().head.remove(name);
    }

    /// Adds a cookie.
    pub fn add_cookie(self, cookie: &Cookie<'_>) {
        let added = self.0.exchange.buffer.borrow_mut().add_cookie(cookie);
        self.fail_if(added);
    }

    fn fail_if(self, outcome: Result<(), impl Into<Error>>) {
        if let Err(error) = outcome {
            self.0.fail(error.into());
        }
    }
}

/// The response to a request, for middleware.
impl<'r> Request<'r> {
    /// Returns the response to the request so far.
    pub fn response(self) -> CurrentResponse<'r> {
        CurrentResponse(self)
    }
}
