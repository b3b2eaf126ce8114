//! Entity tags that are made of the body, and the 304 to requests that have the body already.

use twox_hash::XxHash3_64;

use crate::handler::{Current, Request};
use crate::http::StatusCode;
use crate::respond::ResponseBuffer;

/// Adds the tag to a response with status 200 to `GET` or `HEAD`, and makes it a 304 if the client has that one.
pub(super) fn apply(buffer: &mut ResponseBuffer, req: Request<'_>) {
    if buffer.is_stream() || buffer.status() != StatusCode::OK || !Current::is_read(req) {
        return;
    }
    if buffer.head.get("etag").is_none()
        && let Some(body) = buffer.encoded_body()
    {
        // The encoded form has one body alone, so it is hashed as it is.
        let (length, hash) = (body.len(), XxHash3_64::oneshot(body));
        let tag = bumpalo::format!(in req.exchange.arena.bump(), "W/\"{:x}-{:016x}\"", length, hash);
        buffer.head.append_checked("ETag", &tag);
    }
    let is_current = Current::of_response(buffer).is_known_to(req);
    if is_current {
        buffer.set_not_modified();
    }
}
