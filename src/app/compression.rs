//! Compression of responses: the settings for routes and responses that ask for it.

/// How responses are compressed if a route ([`Route::compress`](crate::Route::compress)) or a response
/// ([`Response::compress`](crate::Response::compress)) asks for it and the client accepts it;
/// [`App::compression`](crate::App::compression) takes it.
///
/// The coding is negotiated by [RFC 9110 section 12.5.3][rfc]. These are never compressed: an empty body, a body that
/// is encoded already, a part of a body (status 206 or `Content-Range`), a response with `Cache-Control: no-transform`,
/// and responses with status 204 or 304.
///
/// Fields that describe the plain bytes do not stay on a compressed body: an `ETag` becomes a weak one ([section
/// 8.8.1][validators]), and `Content-Length`, `Content-MD5`, `Accept-Ranges` and digests ([RFC
/// 9530](https://www.rfc-editor.org/rfc/rfc9530)) are removed.
///
/// ```
/// use gatewire::{app::Compression, App, Request, Route};
///
/// let app = App::new()
///     .compression(Compression::new().threshold(1024).vary(true))
///     .route(Route::get("/report", |_: Request| "row,".repeat(1000)).compress(true));
/// # app.build().unwrap();
/// ```
///
/// [rfc]: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
/// [validators]: https://www.rfc-editor.org/rfc/rfc9110#section-8.8.1
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Compression {
    pub(super) level: i32,
    pub(super) threshold: usize,
    pub(super) deflate: bool,
    pub(super) vary: bool,
    pub(super) function_url_streams: bool,
}

impl Default for Compression {
    fn default() -> Self {
        Self::new()
    }
}

impl Compression {
    /// gzip at level 6, whatever the size of the body.
    ///
    /// Level 6 of libdeflate makes responses as small as level 9 of zlib, which Powertools uses, in less than half of
    /// the time.
    pub const fn new() -> Self {
        Self { level: 6, threshold: 0, deflate: false, vary: false, function_url_streams: false }
    }

    /// Sets the level, from 1 (fast) to 12 (small). A level outside of this range becomes the nearest one in it.
    pub fn level(mut self, level: u8) -> Self {
        self.level = i32::from(level.clamp(1, 12));
        self
    }

    /// Sets the least number of bytes that a body must have to be compressed.
    pub fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// Sets whether `deflate` is used for a client that prefers it, or accepts it and not gzip.
    pub fn deflate(mut self, deflate: bool) -> Self {
        self.deflate = deflate;
        self
    }

    /// Sets whether `Vary: Accept-Encoding` is added to responses that might have been compressed, as caches need it.
    /// Off by default: Powertools does not add it.
    pub fn vary(mut self, vary: bool) -> Self {
        self.vary = vary;
        self
    }

    /// Sets whether responses that are [streamed](crate::App::streaming) through a Function URL are compressed as well.
    /// Off by default: the service was seen to decode them and to drop `Content-Encoding`, and CloudFront in front of
    /// it to respond with 502 at times. Streamed responses through a REST API are compressed as buffered ones are.
    pub fn function_url_streams(mut self, on: bool) -> Self {
        self.function_url_streams = on;
        self
    }
}
