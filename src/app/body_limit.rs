//! The limit for the bodies of requests: a check in front of a handler.

use crate::handler::{DynHandler, Endpoint, Error, HandlerCall, HttpError, Request};
use crate::http::StatusCode;

/// A handler that gets only bodies of up to `bytes` bytes.
struct Limited {
    bytes: usize,
    handler: Endpoint,
}

/// Puts the check in front of a handler, if there is a limit.
pub(super) fn limit(handler: Endpoint, bytes: Option<usize>) -> Endpoint {
    match bytes {
        Some(bytes) => Endpoint::new(Limited { bytes, handler }),
        None => handler,
    }
}

impl DynHandler for Limited {
    fn call<'r>(&'r self, req: Request<'r>) -> HandlerCall<'r> {
        match check(req, self.bytes) {
            Ok(()) => self.handler.call(req),
            Err(error) => {
                req.fail(error);
                HandlerCall::Done
            }
        }
    }
}

fn check(req: Request<'_>, bytes: usize) -> Result<(), Error> {
    let event = &req.exchange.event;
    let Some(text) = event.body() else { return Ok(()) };
    // An escape is longer than its character, and three bytes are four characters of base64. So a small body is not
    // decoded for this check.
    let length = text.raw().len();
    let most = if event.is_base64() { length.div_ceil(4) * 3 } else { length };
    if most <= bytes || req.body()?.len() <= bytes {
        return Ok(());
    }
    Err(HttpError::new(StatusCode::CONTENT_TOO_LARGE, StatusCode::CONTENT_TOO_LARGE.reason()).into())
}
