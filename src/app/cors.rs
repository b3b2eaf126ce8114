//! Cross-origin resource sharing: which origins may read the responses.

use std::borrow::Cow;

use crate::respond::ResponseBuffer;

/// Always allowed: the fields that API Gateway's own clients send.
const ALLOWED_HEADERS: [&str; 5] = ["Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "X-Api-Key"];

/// The origins that may read the responses of an app, by the [CORS protocol][fetch]; [`App::cors`](crate::App::cors)
/// takes it.
///
/// ```
/// use gatewire::{App, Cors};
///
/// let app = App::new().cors(
///     Cors::origins(["https://www.example.com", "https://dev.example.com"])
///         .allow_headers(["X-Custom"])
///         .max_age(600)
///         .allow_credentials(true),
/// );
/// # app.build().unwrap();
/// ```
///
/// If a Function URL or an API Gateway is configured to answer CORS by itself, leave CORS to one of the two: browsers
/// refuse responses that carry the headers twice.
///
/// [fetch]: https://fetch.spec.whatwg.org/#http-cors-protocol
#[derive(Clone, Debug)]
#[must_use]
pub struct Cors {
    pub(super) origins: Vec<Cow<'static, str>>,
    pub(super) headers: Vec<Cow<'static, str>>,
    pub(super) exposed: Vec<Cow<'static, str>>,
    max_age: Option<u32>,
    pub(super) credentials: bool,
    vary: bool,
}

impl Default for Cors {
    /// [`Cors::any`]
    fn default() -> Self {
        Self::any()
    }
}

impl Cors {
    /// Allows any origin: `*`.
    pub fn any() -> Self {
        Self::origins(["*"])
    }

    /// Allows these origins, compared character by character: `https://example.com` is not `https://example.com/`. `*`
    /// among them allows all other origins, but without credentials.
    ///
    /// [`App::build`](crate::App::build) refuses an origin in a form that no browser sends, and says what to write: one with
    /// a path or a slash at its end, with the usual port of its scheme, with a wildcard in it, or in upper case.
    pub fn origins(origins: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) -> Self {
        Self {
            origins: origins.into_iter().map(Into::into).collect(),
            headers: Vec::new(),
            exposed: Vec::new(),
            max_age: None,
            credentials: false,
            vary: false,
        }
    }

    /// Allows request headers in addition to `Authorization`, `Content-Type`, `X-Amz-Date`, `X-Amz-Security-Token` and
    /// `X-Api-Key`.
    pub fn allow_headers(mut self, names: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) -> Self {
        self.headers.extend(names.into_iter().map(Into::into));
        self
    }

    /// Sets the response headers that scripts may read.
    pub fn expose_headers(mut self, names: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) -> Self {
        self.exposed.extend(names.into_iter().map(Into::into));
        self
    }

    /// Sets for how many seconds a browser may keep the response to a preflight.
    pub fn max_age(mut self, seconds: u32) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Sets whether cookies and credentials may be sent; never to origins that only `*` allows. If no other origin is
    /// named, [`App::build`](crate::App::build) refuses this setting.
    pub fn allow_credentials(mut self, allow: bool) -> Self {
        self.credentials = allow;
        self
    }

    /// Returns the fields that responses get, with each value that one of them may have.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("Access-Control-Allow-Origin", &self.origins),
            ("Access-Control-Allow-Headers", &self.headers),
            ("Access-Control-Expose-Headers", &self.exposed),
        ]
        .into_iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, &**value)))
    }

    /// Sets whether `Vary: Origin` is added if the response depends on the origin, as caches need it. Off by default:
    /// Powertools does not add it.
    pub fn vary(mut self, vary: bool) -> Self {
        self.vary = vary;
        self
    }
}

/// The configuration with the values of its headers, built once.
#[derive(Debug)]
pub(crate) struct CompiledCors {
    origins: Vec<Cow<'static, str>>,
    any: bool,
    headers: String,
    exposed: Option<String>,
    max_age: Option<String>,
    credentials: bool,
    vary: bool,
}

impl CompiledCors {
    pub(super) fn new(cors: Cors) -> Self {
        // Sorted by insertion: a sort for so few values is more code than it is worth.
        let mut headers = Vec::new();
        for header in cors.headers.into_iter().chain(ALLOWED_HEADERS.map(Cow::Borrowed)) {
            if let Err(place) = headers.binary_search(&header) {
                headers.insert(place, header);
            }
        }
        Self {
            any: cors.origins.iter().any(|origin| origin == "*"),
            origins: cors.origins,
            headers: headers.join(","),
            exposed: (!cors.exposed.is_empty()).then(|| cors.exposed.join(",")),
            max_age: cors.max_age.map(|seconds| seconds.to_string()),
            credentials: cors.credentials,
            vary: cors.vary,
        }
    }

    /// Adds the headers for a request from `origin`, if it is allowed.
    pub(super) fn apply(&self, buffer: &mut ResponseBuffer, origin: Option<&str>) {
        // A response that is the same for any origin does not depend on it. If only some are allowed, the response
        // without the headers depends on the origin too.
        if self.vary && self.origins.iter().any(|own| own != "*") {
            buffer.vary("Origin");
        }
        let allowed = match origin {
            Some(origin) if self.origins.iter().any(|own| own == origin) => origin,
            Some(_) if self.any => "*",
            _ => return,
        };
        buffer.head.set_checked("Access-Control-Allow-Origin", allowed);
        buffer.head.set_checked("Access-Control-Allow-Headers", &self.headers);
        if let Some(exposed) = &self.exposed {
            buffer.head.set_checked("Access-Control-Expose-Headers", exposed);
        }
        if let Some(max_age) = &self.max_age {
            buffer.head.set_checked("Access-Control-Max-Age", max_age);
        }
        if self.credentials && allowed != "*" {
            buffer.head.set_checked("Access-Control-Allow-Credentials", "true");
        }
    }
}
