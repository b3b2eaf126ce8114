//! Conditional requests: the `If-` fields of [RFC 9110 section 13](https://www.rfc-editor.org/rfc/rfc9110#section-13).

use std::time::SystemTime;

use super::error::Error;
use super::http_error::HttpError;
use super::reply::IntoResponse;
use super::request::Request;
use crate::http::date;
use crate::http::entity_tag::{EntityTag, Tags};
#[cfg(feature = "etag")]
use crate::respond::ResponseBuffer;

/// The validators of a resource as it is now: its entity tag, the time of its last change, or both. A request is compared with
/// them by [`Request::precondition`] and [`Request::not_modified`], and a response gets them as `(validators, value)`.
///
/// ```
/// use gatewire::handler::Validators;
/// use gatewire::testing::Client;
/// use gatewire::{App, Error, Reply, Request};
///
/// fn read(req: Request<'_>) -> Reply {
///     let validators = Validators::etag("\"v7\"");
///     // Before the work that makes the body.
///     if let Some(unchanged) = req.not_modified(validators) {
///         return req.reply(unchanged);
///     }
///     req.reply((validators, "the seventh version"))
/// }
///
/// fn write(req: Request<'_>) -> Result<&'static str, Error> {
///     // 412 if the client has changed another version than this one.
///     req.precondition(Validators::etag("\"v7\""))?;
///     Ok("saved")
/// }
///
/// let client = Client::new(App::new().get("/page", read).put("/page", write))?;
/// assert_eq!(client.get("/page").send().header("etag"), Some("\"v7\""));
/// assert_eq!(client.get("/page").header("If-None-Match", "\"v7\"").send().status(), 304);
/// assert_eq!(client.put("/page").header("If-Match", "\"v6\"").send().status(), 412);
/// assert_eq!(client.put("/page").header("If-Match", "\"v7\"").send().status(), 200);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Validators<'a> {
    etag: Option<&'a str>,
    last_modified: Option<SystemTime>,
    exists: bool,
}

impl<'a> Validators<'a> {
    /// The validators of a resource with this entity tag, quotes included: `"v1"`, or `W/"v1"` for a weak one ([RFC 9110
    /// section 8.8.3](https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3)). A malformed tag equals no other.
    pub const fn etag(tag: &'a str) -> Self {
        Self { etag: Some(tag), last_modified: None, exists: true }
    }

    /// The validators of a resource with this time of its last change, to the second.
    pub const fn last_modified(time: SystemTime) -> Self {
        Self { etag: None, last_modified: Some(time), exists: true }
    }

    /// The same with a time of the last change. If a request has conditions of both kinds, the tag counts.
    pub const fn and_last_modified(mut self, time: SystemTime) -> Self {
        self.last_modified = Some(time);
        self
    }

    /// A resource that does not exist yet: `If-None-Match: *`, as a client sends it that must not overwrite, holds; and
    /// `If-Match: *` does not.
    pub const fn missing() -> Self {
        Self { etag: None, last_modified: None, exists: false }
    }

    fn current(&self) -> Current<'a> {
        Current {
            exists: self.exists,
            tag: self.etag.and_then(EntityTag::parse),
            modified: self.last_modified.and_then(date::unix_seconds),
        }
    }

    fn write(&self, req: Request<'_>) {
        let mut outcome = Ok(());
        if let Some(tag) = self.etag {
            outcome = req.exchange.buffer.borrow_mut().head.set("ETag", tag);
        }
        if let Some(time) = self.last_modified.and_then(date::imf_fixdate) {
            let text = str::from_utf8(&time).unwrap_or_default();
            req.exchange.buffer.borrow_mut().head.set_checked("Last-Modified", text);
        }
        if let Err(error) = outcome {
            req.fail(Error::from(error));
        }
    }
}

/// The value, with `ETag` and `Last-Modified`.
impl<T: IntoResponse> IntoResponse for (Validators<'_>, T) {
    fn respond(self, req: Request<'_>) {
        self.1.respond(req);
        if !req.has_fault() {
            self.0.write(req);
        }
    }
}

/// The response to a client that has the resource as it is: status 304, with `ETag` or `Last-Modified`.
/// [`Request::not_modified`] returns it.
#[derive(Clone, Copy, Debug)]
#[must_use = "return it from the handler"]
pub struct NotModified<'a>(Validators<'a>);

impl IntoResponse for NotModified<'_> {
    fn respond(self, req: Request<'_>) {
        (self.0, ()).respond(req);
        if !req.has_fault() {
            req.exchange.buffer.borrow_mut().set_not_modified();
        }
    }
}

/// Conditional requests.
impl<'r> Request<'r> {
    /// Checks the conditions under which a change may be made, by [RFC 9110 section 13.2.2][order]: `If-Match`, or else
    /// `If-Unmodified-Since`, and `If-None-Match` for methods other than `GET` and `HEAD`. A request without conditions
    /// passes: to require one, look for [`header("if-match")`](Self::header) and answer with
    /// [`HttpError::precondition_required`].
    ///
    /// `If-Match` is compared strongly: a weak tag equals none. A date that cannot be read does not count, nor does one if the
    /// resource has no time of its last change.
    ///
    /// [`Validators`] has an example.
    ///
    /// # Errors
    /// If a condition does not hold: status 412.
    ///
    /// [order]: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
    pub fn precondition(self, current: Validators<'_>) -> Result<(), HttpError> {
        if current.current().fails(self) {
            return Err(HttpError::precondition_failed("The resource has changed"));
        }
        Ok(())
    }

    /// Returns the response to a `GET` or `HEAD` request whose client has the resource as it is, by `If-None-Match` or else
    /// `If-Modified-Since`; `None` if the resource has to be sent.
    ///
    /// `App::etag` (feature `etag`) does this for all responses, after the handler. With this method the handler can save
    /// the work as well. [`Validators`] has an example.
    pub fn not_modified<'a>(self, current: Validators<'a>) -> Option<NotModified<'a>> {
        (Current::is_read(self) && current.current().is_known_to(self)).then_some(NotModified(current))
    }
}

/// A resource as it is now.
#[derive(Clone, Copy)]
pub(crate) struct Current<'a> {
    exists: bool,
    tag: Option<EntityTag<'a>>,
    /// The time of the last change, in seconds since 1970.
    modified: Option<i64>,
}

impl<'a> Current<'a> {
    /// Returns whether the request reads a resource.
    pub(crate) fn is_read(req: Request<'_>) -> bool {
        ["GET", "HEAD"].iter().any(|method| method.eq_ignore_ascii_case(req.method()))
    }

    /// The resource that a response sends.
    #[cfg(feature = "etag")]
    pub(crate) fn of_response(buffer: &'a ResponseBuffer) -> Self {
        Self {
            exists: true,
            tag: buffer.head.get("etag").and_then(EntityTag::parse),
            modified: buffer.head.get("last-modified").and_then(read_date),
        }
    }

    /// Returns whether the client of a read has the resource as it is.
    pub(crate) fn is_known_to(self, req: Request<'_>) -> bool {
        match self.matches(req, "if-none-match", |a, b| a.weakly_equals(b)) {
            Some(matches) => matches,
            None => match (date_of(req, "if-modified-since"), self.modified) {
                (Some(since), Some(modified)) => modified <= since,
                _ => false,
            },
        }
    }

    /// Returns whether a condition for a change does not hold.
    pub(crate) fn fails(self, req: Request<'_>) -> bool {
        let fails = match self.matches(req, "if-match", |a, b| a.strongly_equals(b)) {
            Some(matches) => !matches,
            None => match (date_of(req, "if-unmodified-since"), self.modified) {
                (Some(since), Some(modified)) => modified > since,
                _ => false,
            },
        };
        fails || !Self::is_read(req) && self.matches(req, "if-none-match", |a, b| a.weakly_equals(b)) == Some(true)
    }

    /// Returns whether a field names the resource; `None` if the request has no such field.
    fn matches(
        self,
        req: Request<'_>,
        field: &str,
        same: for<'t> fn(EntityTag<'t>, EntityTag<'t>) -> bool,
    ) -> Option<bool> {
        let mut values = req.header_all(field).peekable();
        values.peek()?;
        Some(values.any(|value| match Tags::parse(value) {
            Tags::Any => self.exists,
            Tags::List(mut list) => self.tag.is_some_and(|own| list.any(|tag| same(tag, own))),
        }))
    }
}

fn date_of(req: Request<'_>, field: &str) -> Option<i64> {
    read_date(req.header(field)?)
}

fn read_date(text: &str) -> Option<i64> {
    date::parse(text, || date::unix_seconds(SystemTime::now()).unwrap_or(0))
}
