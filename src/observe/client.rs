//! The client of a request, by the request context that was walked for the identifiers.

use crate::event::Ids;
use crate::handler::Request;

/// [`Request::source_ip`]
pub(super) fn source_ip<'t, 'r: 't, 'i: 't>(req: Request<'r>, ids: &Ids<'i>) -> Option<&'t str> {
    // Without an address in the context, the request looks in its header fields.
    ids.source_ip(req.exchange.arena.bump()).or_else(|| req.source_ip())
}

/// [`Request::user_agent`]
pub(super) fn user_agent<'t, 'r: 't, 'i: 't>(req: Request<'r>, ids: &Ids<'i>) -> Option<&'t str> {
    req.header("user-agent").or_else(|| ids.user_agent(req.exchange.arena.bump()))
}
