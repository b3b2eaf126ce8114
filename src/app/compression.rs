//! Compression of answers: how, where a route or a response asks for it.

/// How answers are compressed where a route ([`Route::compress`](crate::Route::compress)) or a response
/// ([`Response::compress`](crate::Response::compress)) asks for it and the client accepts it;
/// [`App::compression`](crate::App::compression) takes it.
///
/// What is accepted is negotiated by [RFC 9110 section 12.5.3][rfc]. An empty body, a body that is encoded already and
/// the answers 204 and 304 are never compressed.
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
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Compression {
    pub(super) level: i32,
    pub(super) threshold: usize,
    pub(super) deflate: bool,
    pub(super) vary: bool,
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
        Self { level: 6, threshold: 0, deflate: false, vary: false }
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
}
