//! Explains a JSON body, looked at after it was refused.

use simd_json::{Buffers, Node, StaticNode, Tape};

use super::exchange::Request;
use super::json_body::MAX_DEPTH;
use crate::event::BodyError;
use crate::validate::shape::Slot;
use crate::validate::{self, Report};

/// Adds what is wrong with the body of a request, which was read as the value of a slot; `failed` is why that failed,
/// `own` the errors of its validator.
#[cold]
pub(crate) fn explain_json(
    req: Request<'_>,
    slot: &Slot,
    failed: Option<&BodyError>,
    own: Report,
    report: &mut Report,
) {
    let body = match req.body() {
        Ok([]) if failed.is_some() => return validate::no_body(report),
        // A type that takes an absent body reads `null`.
        Ok([]) => b"null",
        Ok(body) => body,
        Err(error) => {
            validate::invalid_body(&error, report);
            return;
        }
    };
    let copy = req.exchange.arena.bump().alloc_slice_copy(body);
    let (mut buffers, mut tape) = (Buffers::with_max_depth(0, MAX_DEPTH), Tape(Vec::new()));
    match simd_json::fill_tape(copy, &mut buffers, &mut tape) {
        Err(error) => {
            let error = failed.cloned().unwrap_or_else(|| BodyError::Syntax { offset: error.index() });
            validate::invalid_body(&error, report);
        }
        // As in Powertools, `null` is no body.
        Ok(()) if failed.is_some() && matches!(tape.0[..], [Node::Static(StaticNode::Null)]) => {
            validate::no_body(report)
        }
        Ok(()) => {
            let mismatch = failed.and_then(BodyError::mismatch);
            validate::explain_document(&tape.0, slot, mismatch, own, report);
        }
    }
}
