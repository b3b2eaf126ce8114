//! Fallback responses: 404, 405 and the automatic `OPTIONS`.

use super::compile::Compiled;
use super::lookup::Miss;
use crate::handler::{DynHandler, Error, HandlerCall, HttpError, Request};
use crate::http::StatusCode;

/// The response to a request that matches no route, inside the middleware of the app.
pub(crate) struct Unmatched<'r> {
    pub(crate) app: &'r Compiled,
    pub(crate) miss: Miss<'r>,
}

impl DynHandler for Unmatched<'_> {
    fn call<'r>(&'r self, req: Request<'r>) -> HandlerCall<'r> {
        if !matches!(self.miss, Miss::MalformedPath) && self.app.preflight(req) {
            return HandlerCall::Done;
        }
        if !matches!(self.miss, Miss::MalformedPath)
            && let Some(fallback) = self.app.fallback.handler_for(req)
        {
            return fallback.call(req);
        }
        let settings = &self.app.settings;
        let error = match self.miss {
            Miss::MalformedPath => HttpError::bad_request("Malformed path"),
            Miss::Method(allowed) if settings.automatic_options && req.method().eq_ignore_ascii_case("OPTIONS") => {
                let buffer = &mut *req.exchange.buffer.borrow_mut();
                buffer.set_status(StatusCode::NO_CONTENT);
                buffer.head.set_checked("Allow", allowed);
                return HandlerCall::Done;
            }
            Miss::Method(_) if settings.method_not_allowed => {
                HttpError::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
            }
            Miss::NotFound | Miss::Method(_) => HttpError::not_found(),
        };
        req.fail(Error::from(error));
        // Settled here, so that middleware sees the response as it sees any other.
        if let Err(error) = req.settle() {
            req.fail(error);
        } else if let Miss::Method(allowed) = self.miss
            && settings.method_not_allowed
        {
            req.exchange.buffer.borrow_mut().head.set_checked("Allow", allowed);
        }
        HandlerCall::Done
    }
}
