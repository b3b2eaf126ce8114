//! The options of a route that affect its responses.

use std::borrow::Cow;

use crate::http::StatusCode;

/// The options of a route.
#[derive(Clone, Debug, Default)]
pub(crate) struct RouteOptions {
    /// CORS on or off; the app decides if this is `None`.
    pub(crate) cors: Option<bool>,
    /// Compression on or off; the app decides if this is `None`.
    pub(crate) compress: Option<bool>,
    /// Streaming on or off; the app decides if this is `None`.
    pub(crate) streaming: Option<bool>,
    /// The most bytes of a body; the app decides if this is `None`.
    pub(crate) body_limit: Option<usize>,
    /// Entity tags on or off; the app decides if this is `None`.
    #[cfg(feature = "etag")]
    pub(crate) etag: Option<bool>,
    /// Validation on or off; the app decides if this is `None`.
    #[cfg(feature = "validate")]
    pub(crate) validation: Option<bool>,
    /// `Cache-Control` of responses with status 200.
    pub(crate) cache_control: Option<Cow<'static, str>>,
    /// The status of responses that name none.
    pub(crate) status: Option<StatusCode>,
}
