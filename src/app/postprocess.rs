//! The last changes to every response, whichever handler made it: CORS headers, cache control, the identifier of the
//! request, security headers, the entity tag with conditional requests, and compression, in this order.

use super::compile::Compiled;
use super::compression::Compression;
use super::cors::CompiledCors;
use crate::handler::{Request, RouteOptions};
use crate::respond::{self, ResponseBuffer};
use crate::source::EventSource;
#[cfg(feature = "gzip")]
use crate::{
    codec::compress::Format,
    http::{StatusCode, accept_encoding},
};

/// The memory for the last changes to a response. A worker keeps it.
#[derive(Debug, Default)]
pub(crate) struct PostProcess {
    /// The body to be compressed.
    #[cfg(feature = "gzip")]
    body: Vec<u8>,
    #[cfg(feature = "gzip")]
    compressor: crate::codec::compress::KeptCompressor,
}

impl PostProcess {
    /// Shrinks the buffers that a large response has made grow.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        #[cfg(feature = "gzip")]
        {
            self.body.truncate(bytes);
            self.body.shrink_to(bytes);
            self.compressor.shrink(bytes);
        }
        #[cfg(not(feature = "gzip"))]
        let _ = bytes;
    }
}

impl Compiled {
    /// Changes the response to a request for the last time; `route` has the options of the route that matched.
    /// `streamed`: the response is sent as a stream.
    pub(crate) fn postprocess(
        &self,
        req: Request<'_>,
        route: Option<&RouteOptions>,
        kept: &mut PostProcess,
        streamed: bool,
    ) {
        let buffer = &mut *req.exchange.buffer.borrow_mut();
        if req.source().takes_null_for_none() {
            buffer.drop_null();
        }
        if let Some(cors) = self.cors_of(route) {
            cors.apply(buffer, req.header_all("origin").next());
        }
        if let Some(value) = route.and_then(|route| route.cache_control.as_deref()).filter(|value| !value.is_empty()) {
            let value = if matches!(buffer.status().as_u16(), 200 | 304) { value } else { "no-cache" };
            buffer.head.set_checked("Cache-Control", value);
        }
        if let Some(name) = &self.request_id_header {
            add_request_id(buffer, req, name);
        }
        if let Some(headers) = &self.security_headers {
            headers.apply(buffer);
        }
        #[cfg(feature = "etag")]
        if route.and_then(|route| route.etag).unwrap_or(self.settings.etag) {
            super::conditional::apply(buffer, req);
        }
        let how = self.settings.compression;
        // A body that is written piece by piece would have to wait for its end.
        let may_be =
            !buffer.is_stream() && (!streamed || how.function_url_streams || req.source() != EventSource::FunctionUrl);
        if may_be
            && buffer
                .compress
                .or_else(|| route.map(|route| route.compress.unwrap_or(self.settings.compress)))
                .unwrap_or(false)
        {
            compress(buffer, req, how, kept);
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
            let buffer = &mut *req.exchange.buffer.borrow_mut();
            buffer.set_text("", None);
            buffer.set_status(crate::http::StatusCode::NO_CONTENT);
            buffer.head.set_checked("Access-Control-Allow-Methods", &self.cors_methods);
        }
        is_preflight
    }
}

/// Adds the identifier of the request, unless the response has a field of this name.
fn add_request_id(buffer: &mut ResponseBuffer, req: Request<'_>, name: &str) {
    let id = req.request_id().unwrap_or_else(|| req.lambda().request_id);
    // The event may have been written by hand.
    if !id.is_empty() && buffer.head.get(name).is_none() && respond::check_field(name, id).is_ok() {
        buffer.head.append_checked(name, id);
    }
}

#[cfg(feature = "gzip")]
fn compress(buffer: &mut ResponseBuffer, req: Request<'_>, how: Compression, kept: &mut PostProcess) {
    if buffer.status() == StatusCode::NOT_MODIFIED {
        describe_unchanged(buffer, req, how);
        return;
    }
    if !is_compressible(buffer) {
        return;
    }
    let length = buffer.read_body(&mut kept.body);
    if length == 0 || length < how.threshold {
        return;
    }
    if how.vary {
        buffer.vary("Accept-Encoding");
    }
    let weight = |encoding| accept_encoding::weight(req.header_all("accept-encoding"), encoding);
    let (gzip, deflate) = (weight("gzip"), if how.deflate { weight("deflate") } else { 0 });
    let (format, name) = match (gzip, deflate) {
        (0, 0) => return,
        (gzip, deflate) if deflate > gzip => (Format::Zlib, "deflate"),
        _ => (Format::Gzip, "gzip"),
    };
    if let Some(compressed) = kept.compressor.compress(&kept.body, format, how.level) {
        buffer.replace_with_bytes(compressed);
        buffer.head.set_checked("Content-Encoding", name);
        describe_compressed(buffer, req);
    }
}

/// Returns whether the body of a response, if there is one, may be compressed.
#[cfg(feature = "gzip")]
fn is_compressible(buffer: &ResponseBuffer) -> bool {
    let no_transform = |value: &str| value.split(',').any(|own| own.trim().eq_ignore_ascii_case("no-transform"));
    // A part is counted in the bytes of the whole as it was sent: RFC 9110, 14.1.2.
    let is_part = buffer.status() == StatusCode::PARTIAL_CONTENT || buffer.head.get("content-range").is_some();
    !buffer.status().forbids_body()
        && !is_part
        && !buffer.is_encoded()
        && !buffer.head.values("cache-control").any(no_transform)
}

/// Corrects the fields that describe the plain bytes.
#[cfg(feature = "gzip")]
fn describe_compressed(buffer: &mut ResponseBuffer, req: Request<'_>) {
    for name in ["Content-Length", "Content-MD5", "Content-Digest", "Repr-Digest", "Digest", "Accept-Ranges"] {
        buffer.head.remove(name);
    }
    weaken_tag(buffer, req);
}

/// Makes the fields of a 304 those of the response that may have been compressed before: RFC 9110, 15.4.5. A cache finds
/// the stored response by a weak tag, whether or not that one is weak (RFC 9111, 4.3.4), and not the other way round.
#[cfg(feature = "gzip")]
fn describe_unchanged(buffer: &mut ResponseBuffer, req: Request<'_>, how: Compression) {
    if how.vary {
        buffer.vary("Accept-Encoding");
    }
    weaken_tag(buffer, req);
}

#[cfg(feature = "gzip")]
fn weaken_tag(buffer: &mut ResponseBuffer, req: Request<'_>) {
    // A strong validator would be the same for bytes that differ: RFC 9110, 8.8.3.3.
    let Some(strong) = buffer.head.get("etag").filter(|tag| tag.starts_with('"')) else { return };
    let weak = bumpalo::format!(in req.exchange.arena.bump(), "W/{}", strong);
    buffer.head.set_checked("ETag", &weak);
}

#[cfg(not(feature = "gzip"))]
fn compress(_: &mut ResponseBuffer, _: Request<'_>, _: Compression, _: &mut PostProcess) {}
