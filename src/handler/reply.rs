//! The types that become responses.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;
use smallvec::SmallVec;

use super::error::Error;
use super::exchange::{Fault, Request};
use super::http_error::{Body, HttpError};
#[cfg(feature = "openapi")]
use super::response_docs::ResponseDocs;
use super::sealed;
use super::shared::Serializer;
use crate::http::{Cookie, InvalidStatusCode, StatusCode};
use crate::json::write::SerializeError;
use crate::respond::{ResponseBuffer, write_json, write_json_with};

/// Proof that a request has a response: [`Request::reply`] returns it, and a closure may return it.
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

/// A type that a handler may return.
///
/// | type | response |
/// | --- | --- |
/// | [`Json`] of any [`Serialize`] | the value as JSON |
/// | `&str`, `String`, `Cow<str>`, `Box<str>`, `Arc<str>`, `Rc<str>` | text: `text/plain; charset=utf-8` |
/// | [`Html`] | text: `text/html; charset=utf-8` |
/// | `&[u8]`, `Vec<u8>`, `[u8; N]`, `Cow`, `Box`, `Arc` and `Rc` of `[u8]`, with the feature `bytes` also `Bytes` and `BytesMut` | bytes: `application/octet-stream` |
/// | `()` | no body |
/// | [`StatusCode`] | that status, no body |
/// | `(status, value)` | the value, with that status: a [`StatusCode`] or a `u16` |
/// | `(status, [(name, value), …], value)` | the value, with that status and these header fields |
/// | `([(name, value), …], value)` | the value, with these header fields |
/// | [`Redirect`](super::Redirect) | the status and `Location` |
/// | `Option` of any of them | it, or [`HttpError::not_found`] for `None` |
/// | [`Stream`](super::Stream) | a body that is written piece by piece: `application/octet-stream` |
/// | [`Response`] | the value in it, with status, headers and cookies |
/// | [`(Validators, value)`](super::Validators) | the value, with `ETag` and `Last-Modified` |
/// | [`Unauthorized`](super::Unauthorized) | 401 with `WWW-Authenticate` |
/// | [`HttpError`] | its status and `{"statusCode":…,"message":…}` |
/// | [`Reply`] | the response that [`Request::reply`] wrote |
/// | `Result` of any of them | it, or the error handlers' response to the error, which is any [`IntoError`] |
///
/// A value that is only [`Serialize`], `serde_json::Value` too, is not a response: return `Json(value)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be turned into an HTTP response",
    label = "not a response",
    note = "to answer with JSON, return `Json(value)`; the type of the value needs `#[derive(serde::Serialize)]`",
    note = "other responses: strings, bytes, `StatusCode`, `(status, value)` with a `StatusCode` or a `u16`, `Html`, `Redirect`, `Response`, `req.reply(value)`, and `Option` or `Result` of those",
    note = "the error of a `Result` has to implement `std::error::Error`, or be a `gatewire::Error` or a `StatusCode`"
)]
pub trait IntoResponse {
    /// Writes the response to `req`: a custom implementation composes those that there are.
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

    /// Describes the response for the OpenAPI document. By default, it adds nothing: the response is not known then,
    /// unless the route [declares it](crate::Route::response).
    #[cfg(feature = "openapi")]
    #[cfg_attr(docsrs, doc(cfg(feature = "openapi")))]
    fn describe_response(docs: &mut ResponseDocs) {
        let _ = docs;
    }
}

/// A value that is answered as JSON: `application/json`.
///
/// It is written once, straight into the payload of the response.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn respond(self, req: Request<'_>) {
        respond_json(req, |out, serializer| match serializer {
            None => write_json(out, &self.0),
            Some(serializer) => write_json_with(out, |json| serializer.write(&self.0, json)),
        });
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        docs.body::<T>("application/json");
    }
}

/// The body of the response to an error.
pub(super) struct ErrorBody<'e>(pub(super) &'e HttpError);

impl IntoResponse for ErrorBody<'_> {
    fn respond(self, req: Request<'_>) {
        respond_json(req, |out, serializer| match serializer {
            None => write_json(out, &Body(self.0)),
            Some(serializer) => write_json_with(out, |json| serializer.write_error(self.0, json)),
        });
    }
}

/// Answers with the JSON that `write` appends, by the serialiser of the app if it has one.
// Hot, and called from one place for each type of value.
#[inline(always)]
fn respond_json(
    req: Request<'_>,
    write: impl FnOnce(&mut Vec<u8>, Option<&dyn Serializer>) -> Result<(), SerializeError>,
) {
    let shared = req.exchange.shared;
    // Nothing is borrowed while a value writes itself: it may do anything, even answer the request.
    let mut output = Output { out: req.exchange.buffer.borrow_mut().take_output(), written: false, req };
    let result = write(&mut output.out, shared.serializer.as_deref());
    output.written = result.is_ok();
    drop(output);
    match result {
        Ok(()) if shared.ascii => req.exchange.buffer.borrow_mut().escape_non_ascii(),
        Ok(()) => {}
        Err(error) => req.fail(Error::from(error)),
    }
}

/// The output of the buffer while a value writes itself to it. It is put back even if the value panics.
struct Output<'r> {
    out: Vec<u8>,
    written: bool,
    req: Request<'r>,
}

impl Drop for Output<'_> {
    #[inline]
    fn drop(&mut self) {
        self.req.exchange.buffer.borrow_mut().restore_output(std::mem::take(&mut self.out), self.written);
    }
}

/// Text that is answered as HTML: `text/html; charset=utf-8`.
#[derive(Clone, Copy, Debug)]
pub struct Html<T>(pub T);

impl<T: AsRef<str>> IntoResponse for Html<T> {
    fn respond(self, req: Request<'_>) {
        // Before the borrow: it is user code, which may look at the response.
        let text = self.0.as_ref();
        req.exchange.buffer.borrow_mut().set_text(text, Some("text/html; charset=utf-8"));
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        docs.body::<str>("text/html");
    }
}

macro_rules! texts {
    ($($kind:ty),+) => {
        $(impl IntoResponse for $kind {
            fn respond(self, req: Request<'_>) {
                req.exchange.buffer.borrow_mut().set_text(&self, Some("text/plain; charset=utf-8"));
            }

            #[cfg(feature = "openapi")]
            fn describe_response(docs: &mut ResponseDocs) {
                docs.body::<str>("text/plain");
            }
        })+
    };
}

texts!(&str, String, Cow<'_, str>, Box<str>, Arc<str>, Rc<str>);

macro_rules! bytes {
    ($($kind:ty $(, $size:ident)?;)+) => {
        $(impl $(<const $size: usize>)? IntoResponse for $kind {
            fn respond(self, req: Request<'_>) {
                req.exchange.buffer.borrow_mut().set_bytes(&self[..], Some("application/octet-stream"));
            }

            #[cfg(feature = "openapi")]
            fn describe_response(docs: &mut ResponseDocs) {
                docs.body::<[u8]>("application/octet-stream");
            }
        })+
    };
}

bytes! { &[u8]; Vec<u8>; Cow<'_, [u8]>; Box<[u8]>; Arc<[u8]>; Rc<[u8]>; [u8; N], N; &[u8; N], N; }

#[cfg(feature = "bytes")]
bytes! { ::bytes::Bytes; ::bytes::BytesMut; }

/// `None` is [`HttpError::not_found`]: 404, or the response of [`App::not_found`](crate::App::not_found).
impl<T: IntoResponse> IntoResponse for Option<T> {
    fn respond(self, req: Request<'_>) {
        match self {
            Some(value) => value.respond(req),
            None => HttpError::not_found().respond(req),
        }
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        T::describe_response(docs);
        docs.status("404", |docs| docs.body::<HttpError>("application/json"));
    }
}

impl IntoResponse for () {
    fn respond(self, req: Request<'_>) {
        req.exchange.buffer.borrow_mut().set_empty();
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        docs.empty();
    }
}

impl IntoResponse for StatusCode {
    fn respond(self, req: Request<'_>) {
        (self, ()).respond(req);
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        docs.status("default", ResponseDocs::empty);
    }
}

impl IntoResponse for Reply {
    fn respond(self, _: Request<'_>) {}
}

impl<S: IntoStatus, T: IntoResponse> IntoResponse for (S, T) {
    fn respond(self, req: Request<'_>) {
        match self.0.into_status() {
            Ok(status) => {
                if respond_ok(self.1, req) {
                    req.exchange.buffer.borrow_mut().set_status(status);
                }
            }
            Err(error) => req.fail(Error::from(error)),
        }
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        docs.status("default", T::describe_response);
    }
}

/// Header fields replace others of their name, including the content type of the value.
impl<N, V, T, const COUNT: usize> IntoResponse for ([(N, V); COUNT], T)
where
    N: AsRef<str>,
    V: AsRef<str>,
    T: IntoResponse,
{
    fn respond(self, req: Request<'_>) {
        let (fields, value) = self;
        if !respond_ok(value, req) {
            return;
        }
        let set = fields.iter().try_for_each(|(name, value)| {
            // Before the borrow: it is user code, which may look at the response.
            let (name, value) = (name.as_ref(), value.as_ref());
            req.exchange.buffer.borrow_mut().head.set(name, value)
        });
        if let Err(error) = set {
            req.fail(Error::from(error));
        }
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        T::describe_response(docs);
    }
}

impl<S, N, V, T, const COUNT: usize> IntoResponse for (S, [(N, V); COUNT], T)
where
    S: IntoStatus,
    N: AsRef<str>,
    V: AsRef<str>,
    T: IntoResponse,
{
    fn respond(self, req: Request<'_>) {
        let (status, fields, value) = self;
        (status, (fields, value)).respond(req);
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        docs.status("default", T::describe_response);
    }
}

/// Writes `value`; returns `false` if that raised an error.
fn respond_ok(value: impl IntoResponse, req: Request<'_>) -> bool {
    value.respond(req);
    !req.has_fault()
}

impl<T: IntoResponse, E: IntoError> IntoResponse for Result<T, E> {
    fn respond(self, req: Request<'_>) {
        match self {
            Ok(value) => value.respond(req),
            Err(error) => req.fail(error.into_error()),
        }
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        T::describe_response(docs);
    }
}

/// A type that a handler may return as the error of a `Result`: any [`std::error::Error`], an [`Error`], or a
/// [`StatusCode`], which becomes an [`HttpError`] with its reason.
///
/// `anyhow::Error`, `eyre::Report` and `Box<dyn Error + Send + Sync>` do not implement [`std::error::Error`]: return
/// `Result<_, Error>`, and call [`.or_fail()?`](crate::OrFail) on results with these errors.
///
/// The trait is sealed: a type of your own takes part by implementing [`std::error::Error`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a handler",
    label = "not an error",
    note = "it has to implement `std::error::Error` (and be `Send + Sync + 'static`), or be a `gatewire::Error` or a `StatusCode`",
    note = "`anyhow::Error`, `eyre::Report` and `Box<dyn Error + Send + Sync>` become a `gatewire::Error` by `.or_fail()?`, with `use gatewire::OrFail`",
    note = "a pair of status and message is `HttpError::new(status, message)`"
)]
pub trait IntoError: sealed::Error {
    /// Converts the error. Its type is remembered.
    fn into_error(self) -> Error;
}

impl<E: std::error::Error + Send + Sync + 'static> sealed::Error for E {}

impl sealed::Error for StatusCode {}

impl sealed::Error for Error {}

impl<E: std::error::Error + Send + Sync + 'static> IntoError for E {
    fn into_error(self) -> Error {
        Error::from(self)
    }
}

impl IntoError for StatusCode {
    fn into_error(self) -> Error {
        Error::from(self)
    }
}

impl IntoError for Error {
    fn into_error(self) -> Error {
        self
    }
}

/// A full response: status, headers and cookies around a body, which is itself a type that a handler may return.
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
/// Nothing is allocated for borrowed strings, up to four headers and one cookie.
#[derive(Clone)]
#[must_use = "return it from the handler"]
pub struct Response<'a, B = ()> {
    body: B,
    status: Option<Result<StatusCode, InvalidStatusCode>>,
    compress: Option<bool>,
    headers: SmallVec<[Field<'a>; 4]>,
    cookies: SmallVec<[Cookie<'a>; 1]>,
}

#[derive(Clone)]
struct Field<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    /// True if the field is added to those of its name, and does not replace them.
    append: bool,
}

impl<'a, B> Response<'a, B> {
    /// Creates a response with `body`, and the status and content type that come with it.
    pub fn new(body: B) -> Self {
        Self { body, status: None, compress: None, headers: SmallVec::new(), cookies: SmallVec::new() }
    }

    /// Sets the status: a [`StatusCode`], or a number. A number that is not a status makes the response an
    /// [`InvalidStatusCode`] error.
    pub fn status(mut self, status: impl IntoStatus) -> Self {
        self.status = Some(status.into_status());
        self
    }

    /// Sets a header field. It replaces others of its name, including the content type of the body.
    pub fn header(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.headers.push(Field { name: name.into(), value: value.into(), append: false });
        self
    }

    /// Adds a header field, and keeps others of its name.
    ///
    /// Gateways that take one value for a name get all of them, joined by commas. Of a field that has one value, such
    /// as `Location`, the last is sent.
    pub fn append_header(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.headers.push(Field { name: name.into(), value: value.into(), append: true });
        self
    }

    /// Sets whether the body is compressed if the client accepts it, overriding the route's setting.
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
    ///
    /// It is a `Set-Cookie` field in the form that the gateway takes. A load balancer without multi-value headers, and
    /// version 1 of VPC Lattice, take one value for a name: several cookies are sent under names that differ in case
    /// (`Set-Cookie`, `set-cookie` …), up to 512. Version 2 of VPC Lattice gets a list; nobody has tried that on AWS
    /// yet.
    pub fn cookie(mut self, cookie: Cookie<'a>) -> Self {
        self.cookies.push(cookie);
        self
    }
}

/// Shows the status and the names of headers and cookies: their values and the body may be secrets.
impl<B> fmt::Debug for Response<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: SmallVec<[&str; 4]> = self.headers.iter().map(|field| &*field.name).collect();
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &headers)
            .field("cookies", &self.cookies)
            .finish_non_exhaustive()
    }
}

impl<B: IntoResponse> IntoResponse for Response<'_, B> {
    fn respond(self, req: Request<'_>) {
        if !respond_ok(self.body, req) {
            return;
        }
        let mut buffer = req.exchange.buffer.borrow_mut();
        if self.compress.is_some() {
            buffer.compress = self.compress;
        }
        let outcome = write_head(&mut buffer, &self.headers, &self.cookies, self.status);
        drop(buffer);
        if let Err(error) = outcome {
            req.fail(error);
        }
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        B::describe_response(docs);
    }
}

fn write_head(
    buffer: &mut ResponseBuffer,
    headers: &[Field<'_>],
    cookies: &[Cookie<'_>],
    status: Option<Result<StatusCode, InvalidStatusCode>>,
) -> Result<(), Error> {
    for Field { name, value, append } in headers {
        if *append { buffer.head.append(name, value)? } else { buffer.head.set(name, value)? }
    }
    for cookie in cookies {
        buffer.add_cookie(cookie)?;
    }
    if let Some(status) = status {
        buffer.set_status(status?);
    }
    Ok(())
}

/// The response to a request.
impl Request<'_> {
    /// Answers with a value that need not outlive the call, such as one that a closure has borrowed.
    ///
    /// A later response replaces an earlier one.
    ///
    /// ```
    /// use gatewire::{App, Json, Request};
    ///
    /// let app = App::new().get("/hello/{name}", |req: Request| req.reply(Json(&[req.param("name")])));
    /// # app.build().unwrap();
    /// ```
    pub fn reply(self, response: impl IntoResponse) -> Reply {
        if self.has_fault() {
            self.set_fault(Fault::None);
        }
        self.exchange.buffer.borrow_mut().clear();
        response.respond(self);
        Reply::given()
    }
}

/// A type that can be a status: a [`StatusCode`] or a `u16`; with the feature `http`, also the crate's `StatusCode`. The
/// trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a status",
    label = "not a status",
    note = "a status is a `StatusCode`, as in `StatusCode::CREATED`, or a `u16`, as in `201`"
)]
pub trait IntoStatus: sealed::Status {
    /// Returns the status.
    ///
    /// # Errors
    /// If the number is not one from 200 to 599.
    fn into_status(self) -> Result<StatusCode, InvalidStatusCode>;
}

impl sealed::Status for StatusCode {}

impl sealed::Status for u16 {}

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

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        docs.status("default", |docs| docs.body::<Self>("application/json"));
    }
}
