//! What a handler says: everything that becomes a response.

use std::borrow::Cow;

use serde::Serialize;
use smallvec::SmallVec;

use super::error::Error;
use super::http_error::{Body, HttpError};
use super::request::Request;
use super::site::Serializer;
use crate::encode::{write_json, write_json_with};
use crate::http::{Cookie, CookieError, InvalidStatusCode, StatusCode};
use crate::json::write::SerializeError;

/// The token that a response has been given: what [`Request::reply`] returns and a closure may hand on.
///
/// It holds nothing: the response belongs to the request.
#[derive(Debug)]
#[must_use = "return it from the handler"]
pub struct Reply(());

impl Reply {
    pub(crate) const fn given() -> Self {
        Self(())
    }
}

/// What a handler may return.
///
/// | type | answer |
/// | --- | --- |
/// | [`Json`] of any [`Serialize`] | the value as JSON |
/// | `&str`, `String`, `Cow<str>` | text: `text/plain; charset=utf-8` |
/// | [`Html`] | text: `text/html; charset=utf-8` |
/// | `&[u8]`, `Vec<u8>`, `[u8; N]` | bytes: `application/octet-stream` |
/// | `()` | no body |
/// | [`StatusCode`] | that status, no body |
/// | `(status, value)` | the value, with that status: a [`StatusCode`] or a number |
/// | [`Stream`](super::Stream) | a body that is written piece by piece: `application/octet-stream` |
/// | [`Response`] | the value in it, with status, headers and cookies |
/// | [`HttpError`] | its status and `{"statusCode":…,"message":…}` |
/// | [`Reply`] | what the request was [answered with](Request::reply) |
/// | `Result` of any of them | it, or what the error handlers make of the error |
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be turned into an HTTP response",
    label = "not a response",
    note = "return `Json(value)`, text, bytes, `(status, value)`, a `Response`, `req.reply(value)`, or a `Result` of those"
)]
pub trait IntoResponse {
    /// Writes the response to `req`: an implementation of one's own composes those that there are.
    ///
    /// ```
    /// use gatewire::{IntoResponse, Json, Request, Response};
    ///
    /// struct Created(u32);
    ///
    /// impl IntoResponse for Created {
    ///     fn respond(self, req: Request<'_>) {
    ///         Response::new(Json(self.0)).status(201).header("Location", format!("/todos/{}", self.0)).respond(req);
    ///     }
    /// }
    /// ```
    fn respond(self, req: Request<'_>);
}

/// A value that is answered as JSON: `application/json`.
///
/// It is written once, straight into the payload that leaves.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn respond(self, req: Request<'_>) {
        respond_json(req, |out, serializer| match serializer {
            None => write_json(out, &self.0),
            Some(serializer) => write_json_with(out, |json| serializer.write(&self.0, json)),
        });
    }
}

/// What an error is answered with.
pub(super) struct ErrorBody<'e>(pub(super) &'e HttpError);

impl IntoResponse for ErrorBody<'_> {
    fn respond(self, req: Request<'_>) {
        respond_json(req, |out, serializer| match serializer {
            None => write_json(out, &Body(self.0)),
            Some(serializer) => write_json_with(out, |json| serializer.write_error(self.0, json)),
        });
    }
}

/// Answers with the JSON that `write` appends, by the serialiser of the app where it has one.
// Hot, and called from one place for each type of value.
#[inline(always)]
fn respond_json(
    req: Request<'_>,
    write: impl FnOnce(&mut Vec<u8>, Option<&dyn Serializer>) -> Result<(), SerializeError>,
) {
    let site = req.exchange.site;
    let mut out = req.exchange.draft.borrow_mut().take_output();
    // Nothing is borrowed while a value writes itself: it may do anything, even answer the request.
    let result = write(&mut out, site.serializer.as_deref());
    let draft = &mut *req.exchange.draft.borrow_mut();
    draft.restore_output(out, result.is_ok());
    match result {
        Ok(()) if site.ascii => draft.escape_non_ascii(),
        Ok(()) => {}
        Err(error) => {
            draft.clear();
            req.exchange.error.replace(Some(Error::from(error)));
        }
    }
}

/// Text that is answered as HTML: `text/html; charset=utf-8`.
#[derive(Clone, Copy, Debug)]
pub struct Html<T>(pub T);

impl<T: AsRef<str>> IntoResponse for Html<T> {
    fn respond(self, req: Request<'_>) {
        req.exchange.draft.borrow_mut().set_text(self.0.as_ref(), Some("text/html; charset=utf-8"));
    }
}

macro_rules! texts {
    ($($kind:ty),+) => {
        $(impl IntoResponse for $kind {
            fn respond(self, req: Request<'_>) {
                req.exchange.draft.borrow_mut().set_text(&self, Some("text/plain; charset=utf-8"));
            }
        })+
    };
}

texts!(&str, String, Cow<'_, str>);

macro_rules! bytes {
    ($($kind:ty $(, $size:ident)?;)+) => {
        $(impl $(<const $size: usize>)? IntoResponse for $kind {
            fn respond(self, req: Request<'_>) {
                req.exchange.draft.borrow_mut().set_bytes(&self[..], Some("application/octet-stream"));
            }
        })+
    };
}

bytes! { &[u8]; Vec<u8>; Cow<'_, [u8]>; [u8; N], N; &[u8; N], N; }

impl IntoResponse for () {
    fn respond(self, req: Request<'_>) {
        req.exchange.draft.borrow_mut().set_empty();
    }
}

impl IntoResponse for StatusCode {
    fn respond(self, req: Request<'_>) {
        (self, ()).respond(req);
    }
}

impl IntoResponse for Reply {
    fn respond(self, _: Request<'_>) {}
}

impl<T: IntoResponse> IntoResponse for (StatusCode, T) {
    fn respond(self, req: Request<'_>) {
        if responded(self.1, req) {
            req.exchange.draft.borrow_mut().set_status(self.0);
        }
    }
}

/// Answers with `value`, and tells whether that is the answer: not so where it failed on the way.
fn responded(value: impl IntoResponse, req: Request<'_>) -> bool {
    value.respond(req);
    !req.has_error()
}

impl<T: IntoResponse> IntoResponse for (u16, T) {
    fn respond(self, req: Request<'_>) {
        match StatusCode::new(self.0) {
            Ok(status) => (status, self.1).respond(req),
            Err(error) => req.fail(Error::from(error)),
        }
    }
}

impl<T: IntoResponse, E: IntoError> IntoResponse for Result<T, E> {
    fn respond(self, req: Request<'_>) {
        match self {
            Ok(value) => value.respond(req),
            Err(error) => req.fail(error.into_error()),
        }
    }
}

/// What a handler may return as the error of a `Result`: any [`std::error::Error`], or an [`Error`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a handler",
    label = "not an error",
    note = "it has to implement `std::error::Error` (and be `Send + Sync + 'static`), or be a `gatewire::Error`"
)]
pub trait IntoError {
    /// The error, its type remembered.
    fn into_error(self) -> Error;
}

impl<E: std::error::Error + Send + Sync + 'static> IntoError for E {
    fn into_error(self) -> Error {
        Error::from(self)
    }
}

impl IntoError for Error {
    fn into_error(self) -> Error {
        self
    }
}

/// A response in full: a body that is itself something that a handler may return, and around it status, headers, cookies.
///
/// ```
/// use gatewire::{Cookie, Json, Request, Response};
///
/// fn teapot(_: Request<'_>) -> Response<'static, Json<[u8; 2]>> {
///     Response::new(Json([4, 18]))
///         .status(418)
///         .header("X-Custom", "X-Value")
///         .cookie(Cookie::new("session", "12345"))
/// }
/// # let _ = gatewire::App::new().get("/teapot", teapot).build().unwrap();
/// ```
///
/// Nothing is allocated for borrowed texts, up to four headers and one cookie.
#[derive(Clone, Debug)]
#[must_use = "return it from the handler"]
pub struct Response<'a, B = ()> {
    body: B,
    status: Option<Result<StatusCode, InvalidStatusCode>>,
    compress: Option<bool>,
    headers: SmallVec<[Field<'a>; 4]>,
    cookies: SmallVec<[Cookie<'a>; 1]>,
}

#[derive(Clone, Debug)]
struct Field<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    /// Beside those of its name, not in their place.
    append: bool,
}

impl<'a, B> Response<'a, B> {
    /// A response with `body`, and the status and content type that come with it.
    pub fn new(body: B) -> Self {
        Self { body, status: None, compress: None, headers: SmallVec::new(), cookies: SmallVec::new() }
    }

    /// Sets the status: a [`StatusCode`], or a number. A number that is no status makes the response an
    /// [`InvalidStatusCode`] error.
    pub fn status(mut self, status: impl IntoStatus) -> Self {
        self.status = Some(status.into_status());
        self
    }

    /// Sets a header field; it takes the place of others of its name, the content type of the body included.
    pub fn header(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.headers.push(Field { name: name.into(), value: value.into(), append: false });
        self
    }

    /// Adds a header field beside others of its name.
    pub fn append_header(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.headers.push(Field { name: name.into(), value: value.into(), append: true });
        self
    }

    /// Whether the body is compressed where the client accepts it, whatever the route says.
    #[cfg_attr(docsrs, doc(cfg(feature = "gzip")))]
    pub fn compress(mut self, on: bool) -> Self {
        self.compress = Some(on);
        self
    }

    /// Sets the `Content-Type`.
    pub fn content_type(self, value: impl Into<Cow<'a, str>>) -> Self {
        self.header("Content-Type", value)
    }

    /// Adds a cookie.
    pub fn cookie(mut self, cookie: Cookie<'a>) -> Self {
        self.cookies.push(cookie);
        self
    }
}

impl<B: IntoResponse> IntoResponse for Response<'_, B> {
    fn respond(self, req: Request<'_>) {
        if !responded(self.body, req) {
            return;
        }
        let mut draft = req.exchange.draft.borrow_mut();
        if self.compress.is_some() {
            draft.compress = self.compress;
        }
        for Field { name, value, append } in &self.headers {
            if *append { draft.head.append(name, value) } else { draft.head.set(name, value) }
        }
        let cookies: Result<(), CookieError> = self.cookies.iter().try_for_each(|cookie| draft.add_cookie(cookie));
        let status = match self.status {
            Some(Ok(status)) => {
                draft.set_status(status);
                Ok(())
            }
            Some(Err(error)) => Err(error),
            None => Ok(()),
        };
        drop(draft);
        if let Err(error) = cookies {
            req.fail(Error::from(error));
        } else if let Err(error) = status {
            req.fail(Error::from(error));
        }
    }
}

/// What can be a status: a [`StatusCode`], or a number.
pub trait IntoStatus {
    /// The status.
    ///
    /// # Errors
    /// Where the number is not one of three digits.
    fn into_status(self) -> Result<StatusCode, InvalidStatusCode>;
}

impl IntoStatus for StatusCode {
    fn into_status(self) -> Result<StatusCode, InvalidStatusCode> {
        Ok(self)
    }
}

impl IntoStatus for u16 {
    fn into_status(self) -> Result<StatusCode, InvalidStatusCode> {
        StatusCode::new(self)
    }
}

impl IntoResponse for HttpError {
    fn respond(self, req: Request<'_>) {
        req.fail(Error::from(self));
    }
}
