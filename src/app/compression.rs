//! Compression of answers: how, where a route or a response asks for it.

/// How answers are compressed where a route ([`Route::compress`](crate::Route::compress)) or a response
/// ([`Response::compress`](crate::Response::compress)) asks for it and the client accepts it;
/// [`App::compression`](crate::App::compression) takes it.
///
/// What is accepted is negotiated by [RFC 9110 section 12.5.3][rfc]. Never compressed are an empty body, a body that is
/// encoded already, a part of one (status 206 or `Content-Range`), an answer with `Cache-Control: no-transform`, and the
/// answers 204 and 304.
///
/// Fields that describe the plain bytes do not stay on compressed ones: an `ETag` becomes a weak one
/// ([section 8.8.1][validators]), and `Content-Length`, `Content-MD5`, `Accept-Ranges` and digests
/// ([RFC 9530](https://www.rfc-editor.org/rfc/rfc9530)) are taken away.
///
/// ```
/// use gatewire::{App, Compression, Request, Route};
///
/// let app = App::new()
///     .compression(Compression::new().threshold(1024).vary(true))
///     .add(Route::get("/report", |_: Request| "row,".repeat(1000)).compress(true));
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
    /// Level 6 of libdeflate gives answers as small as level 9 of zlib, which Powertools uses, in less than half of its
    /// time.
    pub const fn new() -> Self {
        Self { level: 6, threshold: 0, deflate: false, vary: false, function_url_streams: false }
    }

    /// The level, from 1 (fast) to 12 (small); others are taken as the nearest of these.
    pub fn level(mut self, level: u8) -> Self {
        self.level = i32::from(level.clamp(1, 12));
        self
    }

    /// The least number of bytes that a body must have to be compressed.
    pub fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// Whether `deflate` is used for a client that prefers it, or accepts it and not gzip.
    pub fn deflate(mut self, deflate: bool) -> Self {
        self.deflate = deflate;
        self
    }

    /// Whether `Vary: Accept-Encoding` is added to answers that might have been compressed, as caches need it. Off
    /// unless asked for: Powertools does not add it.
    pub fn vary(mut self, vary: bool) -> Self {
        self.vary = vary;
        self
    }

    /// Whether answers that are [streamed](crate::App::streaming) through a Function URL are compressed as well. Off unless
    /// asked for: the service was seen to decode them and to drop `Content-Encoding`, and CloudFront in front of it to answer
    /// 502 at times. Streamed answers through a REST API are compressed as buffered ones are.
    pub fn function_url_streams(mut self, on: bool) -> Self {
        self.function_url_streams = on;
        self
    }
}
