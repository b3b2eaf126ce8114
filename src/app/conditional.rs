//! Entity tags that are made of the body, and the 304 to requests that have the body already.

use twox_hash::XxHash3_64;

use crate::encode::Draft;
use crate::handler::{Current, Request};
use crate::http::StatusCode;

/// Adds the tag to a response with status 200 to `GET` or `HEAD`, and makes it a 304 if the client has that one.
pub(super) fn apply(draft: &mut Draft, req: Request<'_>) {
    if draft.is_stream() || draft.status() != StatusCode::OK || !Current::is_read(req) {
        return;
    }
    if draft.head.get("etag").is_none()
        && let Some(body) = draft.encoded_body()
    {
        // The encoded form has one body alone, so it is hashed as it is.
        let (length, hash) = (body.len(), XxHash3_64::oneshot(body));
        let tag = bumpalo::format!(in req.exchange.arena.bump(), "W/\"{:x}-{:016x}\"", length, hash);
        draft.head.append_checked("ETag", &tag);
    }
    let is_current = Current::of_response(draft).is_known_to(req);
    if is_current {
        draft.set_not_modified();
    }
}
