//! The lookup: the route that a request takes, or why it takes none.

use bumpalo::Bump;

use super::compile::Compiled;
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
    pub(crate) fn route_for<'r>(
        &self,
        method: &str,
        path: Path<'_>,
        policy: TrailingSlash,
        scratch: &mut Scratch,
        arena: &'r Bump,
    ) -> Result<Found, Miss<'r>> {
        if let Some(route) = self.table.lookup(method, path, policy, scratch) {
            return Ok(Found { route, without_body: false });
        }
        let settings = &self.settings;
        if settings.automatic_head
            && method.eq_ignore_ascii_case("HEAD")
            && let Some(route) = self.table.lookup("GET", path, policy, scratch)
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
