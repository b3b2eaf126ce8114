//! What the app adds to an answer, whoever gave it: CORS headers, cache control, compression. In this order.

use super::compression::Compression;
use super::cors::CompiledCors;
use super::{Compiled, Finishing};
use crate::encode::Draft;
use crate::handler::{Request, RouteOptions};
#[cfg(feature = "gzip")]
use crate::{codec::compress::Format, http::accept_encoding};

impl Compiled {
    /// Completes the answer to a request; `route` has the options of the route that matched.
    pub(crate) fn finish(&self, req: Request<'_>, route: Option<&RouteOptions>, kept: &mut Finishing) {
        let draft = &mut *req.exchange.draft.borrow_mut();
        if let Some(cors) = self.cors_of(route) {
            cors.apply(draft, req.header_all("origin").next());
        }
        if let Some(value) = route.and_then(|route| route.cache_control.as_deref()).filter(|value| !value.is_empty()) {
            let value = if draft.status().as_u16() == 200 { value } else { "no-cache" };
            draft.head.set("Cache-Control", value);
        }
        // A stream would have to wait for its end.
        if !draft.is_stream() && draft.compress.unwrap_or_else(|| route.is_some_and(|route| route.compress)) {
            compress(draft, req, self.settings.compression, kept);
        }
    }

    /// The CORS configuration that counts for a route, or for none.
    fn cors_of(&self, route: Option<&RouteOptions>) -> Option<&CompiledCors> {
        match route.and_then(|route| route.cors) {
            None => self.cors.as_ref(),
            Some(true) => self.cors.as_ref().or(self.default_cors.as_ref()),
            Some(false) => None,
        }
    }

    /// Answers a preflight: no content, and the methods that routes with CORS have.
    pub(crate) fn preflight(&self, req: Request<'_>) -> bool {
        let is_preflight = self.cors.is_some() && req.method().eq_ignore_ascii_case("OPTIONS");
        if is_preflight {
            let draft = &mut *req.exchange.draft.borrow_mut();
            draft.set_text("", None);
            draft.set_status(crate::http::StatusCode::NO_CONTENT);
            draft.head.set("Access-Control-Allow-Methods", &self.cors_methods);
        }
        is_preflight
    }
}

#[cfg(feature = "gzip")]
fn compress(draft: &mut Draft, req: Request<'_>, how: Compression, kept: &mut Finishing) {
    if draft.status().forbids_body() || draft.head.get("content-encoding").is_some() {
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
        draft.head.set("Content-Encoding", name);
    }
}

#[cfg(not(feature = "gzip"))]
fn compress(_: &mut Draft, _: Request<'_>, _: Compression, _: &mut Finishing) {}
