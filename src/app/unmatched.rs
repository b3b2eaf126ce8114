//! Fallback responses: 404, 405 and the automatic `OPTIONS`.

use bumpalo::Bump;

use super::Compiled;
use crate::handler::{Endpoint, Error, HttpError, Request, Step};
use crate::http::StatusCode;
use crate::route::{Path, RouteId, Scratch, TrailingSlash};

/// The route that a request takes.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub(crate) route: RouteId,
    /// A `HEAD` request that the route for `GET` answers.
    pub(crate) without_body: bool,
}

/// Why a request takes no route.
#[derive(Clone, Copy)]
pub(crate) enum Miss<'r> {
    NotFound,
    MalformedPath,
    /// The path has routes for these other methods only.
    Method(&'r str),
}

impl Compiled {
    /// Finds the route for a request. If there is none, and the app asks for them, finds the methods of the path's
    /// other routes.
    pub(crate) fn find<'r>(
        &self,
        method: &str,
        path: Path<'_>,
        policy: TrailingSlash,
        scratch: &mut Scratch,
        arena: &'r Bump,
    ) -> Result<Found, Miss<'r>> {
        if let Some(route) = self.table.find(method, path, policy, scratch) {
            return Ok(Found { route, without_body: false });
        }
        let settings = &self.settings;
        if settings.automatic_head
            && method.eq_ignore_ascii_case("HEAD")
            && let Some(route) = self.table.find("GET", path, policy, scratch)
        {
            return Ok(Found { route, without_body: true });
        }
        let automatic_options = settings.automatic_options && method.eq_ignore_ascii_case("OPTIONS");
        if !settings.method_not_allowed && !automatic_options {
            return Err(Miss::NotFound);
        }
        let mut allowed = bumpalo::collections::String::new_in(arena);
        let mut add = |method: &str| {
            if !allowed.is_empty() {
                allowed.push_str(", ");
            }
            allowed.push_str(method);
        };
        let (mut any, mut get, mut head, mut options) = (false, false, false, false);
        self.table.allowed(path, policy, scratch, &mut |method| {
            any = true;
            get |= method == "GET";
            head |= method == "HEAD";
            options |= method == "OPTIONS";
            add(method);
        });
        if settings.automatic_head && get && !head {
            add("HEAD");
        }
        if settings.automatic_options && any && !options {
            add("OPTIONS");
        }
        Err(if any { Miss::Method(allowed.into_bump_str()) } else { Miss::NotFound })
    }
}

/// The response to a request that matches no route, inside the middleware of the app.
pub(crate) struct Unmatched<'r> {
    pub(crate) app: &'r Compiled,
    pub(crate) miss: Miss<'r>,
}

impl Endpoint for Unmatched<'_> {
    fn call<'r>(&'r self, req: Request<'r>) -> Step<'r> {
        if !matches!(self.miss, Miss::MalformedPath) && self.app.preflight(req) {
            return Step::Done;
        }
        if !matches!(self.miss, Miss::MalformedPath)
            && let Some(fallback) = self.app.fallback.endpoint_for(req)
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
                return Step::Done;
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
        Step::Done
    }
}
