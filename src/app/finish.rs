//! The last changes to every response, whichever handler made it: CORS headers, cache control, the identifier of the
//! request, security headers, the entity tag with conditional requests, and compression, in this order.

use super::compression::Compression;
use super::cors::CompiledCors;
use super::{Compiled, Finishing};
use crate::encode::{self, Draft};
use crate::handler::{Request, RouteOptions};
use crate::source::EventSource;
#[cfg(feature = "gzip")]
use crate::{
    codec::compress::Format,
    http::{StatusCode, accept_encoding},
};

impl Compiled {
    /// Completes the response to a request; `route` has the options of the route that matched. `streamed`: the response
    /// is sent as a stream.
    pub(crate) fn finish(&self, req: Request<'_>, route: Option<&RouteOptions>, kept: &mut Finishing, streamed: bool) {
        let draft = &mut *req.exchange.draft.borrow_mut();
        if req.source().takes_null_for_none() {
            draft.drop_null();
        }
        if let Some(cors) = self.cors_of(route) {
            cors.apply(draft, req.header_all("origin").next());
        }
        if let Some(value) = route.and_then(|route| route.cache_control.as_deref()).filter(|value| !value.is_empty()) {
            let value = if draft.status().as_u16() == 200 { value } else { "no-cache" };
            draft.head.set_checked("Cache-Control", value);
        }
        if let Some(name) = &self.request_id_header {
            add_request_id(draft, req, name);
        }
        if let Some(headers) = &self.security_headers {
            headers.apply(draft);
        }
        #[cfg(feature = "etag")]
        if route.and_then(|route| route.etag).unwrap_or(self.settings.etag) {
            super::conditional::apply(draft, req);
        }
        let how = self.settings.compression;
        // A body that is written piece by piece would have to wait for its end.
        let may_be =
            !draft.is_stream() && (!streamed || how.function_url_streams || req.source() != EventSource::FunctionUrl);
        if may_be
            && draft
                .compress
                .or_else(|| route.map(|route| route.compress.unwrap_or(self.settings.compress)))
                .unwrap_or(false)
        {
            compress(draft, req, how, kept);
        }
    }

    /// Returns the CORS configuration for a route, or for a request without one.
    fn cors_of(&self, route: Option<&RouteOptions>) -> Option<&CompiledCors> {
        match route.and_then(|route| route.cors) {
            None => self.cors.as_ref(),
            Some(true) => self.cors.as_ref().or(self.default_cors.as_ref()),
            Some(false) => None,
        }
    }

    /// Answers a preflight: without content, and with the methods of the routes that have CORS.
    pub(crate) fn preflight(&self, req: Request<'_>) -> bool {
        let is_preflight = self.cors.is_some() && req.method().eq_ignore_ascii_case("OPTIONS");
        if is_preflight {
            let draft = &mut *req.exchange.draft.borrow_mut();
            draft.set_text("", None);
            draft.set_status(crate::http::StatusCode::NO_CONTENT);
            draft.head.set_checked("Access-Control-Allow-Methods", &self.cors_methods);
        }
        is_preflight
    }
}

/// Adds the identifier of the request, unless the response has a field of this name.
fn add_request_id(draft: &mut Draft, req: Request<'_>, name: &str) {
    let id = req.request_id().unwrap_or_else(|| req.lambda().request_id);
    // The event may have been written by hand.
    if !id.is_empty() && draft.head.get(name).is_none() && encode::check_field(name, id).is_ok() {
        draft.head.append_checked(name, id);
    }
}

#[cfg(feature = "gzip")]
fn compress(draft: &mut Draft, req: Request<'_>, how: Compression, kept: &mut Finishing) {
    if draft.status() == StatusCode::NOT_MODIFIED {
        describe_unchanged(draft, req, how);
        return;
    }
    if !is_compressible(draft) {
        return;
    }
    let length = draft.read_body(&mut kept.body);
    if length == 0 || length < how.threshold {
        return;
    }
    if how.vary {
        draft.vary("Accept-Encoding");
    }
    let weight = |encoding| accept_encoding::weight(req.header_all("accept-encoding"), encoding);
    let (gzip, deflate) = (weight("gzip"), if how.deflate { weight("deflate") } else { 0 });
    let (format, name) = match (gzip, deflate) {
        (0, 0) => return,
        (gzip, deflate) if deflate > gzip => (Format::Zlib, "deflate"),
        _ => (Format::Gzip, "gzip"),
    };
    if let Some(compressed) = kept.compressor.compress(&kept.body, format, how.level) {
        draft.replace_with_bytes(compressed);
        draft.head.set_checked("Content-Encoding", name);
        describe_compressed(draft, req);
    }
}

/// Returns whether the body of a response, if there is one, may be compressed.
#[cfg(feature = "gzip")]
fn is_compressible(draft: &Draft) -> bool {
    let no_transform = |value: &str| value.split(',').any(|own| own.trim().eq_ignore_ascii_case("no-transform"));
    // A part is counted in the bytes of the whole as it was sent: RFC 9110, 14.1.2.
    let is_part = draft.status() == StatusCode::PARTIAL_CONTENT || draft.head.get("content-range").is_some();
    !draft.status().forbids_body()
        && !is_part
        && !draft.is_encoded()
        && !draft.head.values("cache-control").any(no_transform)
}

/// Corrects the fields that describe the plain bytes.
#[cfg(feature = "gzip")]
fn describe_compressed(draft: &mut Draft, req: Request<'_>) {
    for name in ["Content-Length", "Content-MD5", "Content-Digest", "Repr-Digest", "Digest", "Accept-Ranges"] {
        draft.head.remove(name);
    }
    weaken_tag(draft, req);
}

/// Makes the fields of a 304 those of the response that may have been compressed before: RFC 9110, 15.4.5. A cache finds
/// the stored response by a weak tag, whether or not that one is weak (RFC 9111, 4.3.4), and not the other way round.
#[cfg(feature = "gzip")]
fn describe_unchanged(draft: &mut Draft, req: Request<'_>, how: Compression) {
    if how.vary {
        draft.vary("Accept-Encoding");
    }
    weaken_tag(draft, req);
}

#[cfg(feature = "gzip")]
fn weaken_tag(draft: &mut Draft, req: Request<'_>) {
    // A strong validator would be the same for bytes that differ: RFC 9110, 8.8.3.3.
    let Some(strong) = draft.head.get("etag").filter(|tag| tag.starts_with('"')) else { return };
    let weak = bumpalo::format!(in req.exchange.arena.bump(), "W/{}", strong);
    draft.head.set_checked("ETag", &weak);
}

#[cfg(not(feature = "gzip"))]
fn compress(_: &mut Draft, _: Request<'_>, _: Compression, _: &mut Finishing) {}
