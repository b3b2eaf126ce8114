//! Files that are compiled into the program, as an app's own small website.

mod content_type;
mod file;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::{Route, Router};
use crate::handler::{Error, HttpError, Reply, Request, Response, Validators};
use crate::http::entity_tag::EntityTag;
use crate::http::range::{self, Part};
use crate::http::{StatusCode, accept_encoding};
use crate::respond::ResponseBuffer;
pub use file::StaticFile;
use file::{Coding, Form, checked};

/// Files that are compiled into the program. It becomes a [`Router`], and [`App::include`](crate::App::include) puts it below
/// a prefix:
///
/// ```
/// use gatewire::static_files::{StaticFile, StaticFiles};
/// use gatewire::testing::Client;
/// use gatewire::App;
///
/// let site = StaticFiles::new()
///     // `include_bytes!("../site/index.html")`
///     .file("index.html", b"<h1>hello</h1>")
///     .file("app.4f1c.js", StaticFile::new(b"let a").cache_control("public, max-age=31536000, immutable"))
///     .index("index.html")
///     .cache_control("no-cache");
///
/// let client = Client::new(App::new().include("/site", site))?;
/// let response = client.get("/site/index.html").send();
/// assert_eq!(response.header("content-type"), Some("text/html; charset=utf-8"));
/// assert_eq!(response.header("cache-control"), Some("no-cache"));
/// assert_eq!(client.get("/site").send().text(), "<h1>hello</h1>");
/// assert_eq!(client.get("/site/app.4f1c.js").header("Range", "bytes=0-2").send().text(), "let");
/// assert_eq!(client.get("/site/../Cargo.toml").send().status(), 404);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
///
/// With the macro [`static_files!`](crate::static_files!) the files of a folder are listed by their names.
///
/// | request | response |
/// | --- | --- |
/// | `GET`, `HEAD` | 200 with `Content-Type`, `ETag`, `Accept-Ranges` and `Cache-Control` |
/// | `Accept-Encoding` | the precompressed form that the client prefers, with `Vary` |
/// | `If-None-Match` | 304 if the client has the file |
/// | `If-Match` | 412 if the file is another one |
/// | `Range: bytes=…`, of one part | 206 with `Content-Range`, or 416 if there is no such byte ([RFC 9110 section 14][range]) |
/// | `If-Range` | the range only if the tag is the file's |
/// | another name | 404, as for a path without a route |
///
/// A file is found by its whole name among the names that were given, so that no path leads to another file: `..` is a name
/// like any other. Names are compared with the decoded path.
///
/// Each form of a file has its own strong tag, and a range counts in the bytes of the form that is sent. With
/// [`App::compress`](crate::App::compress), a file without precompressed forms is compressed by each response; its tag is weak
/// then, and a range of it is sent plain, under the strong tag.
///
/// Files of several MB belong into S3: a response of Lambda has 6 MB at most, a third of which base64 takes, and the program
/// starts later the larger it is.
///
/// [range]: https://www.rfc-editor.org/rfc/rfc9110#section-14
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct StaticFiles {
    files: BTreeMap<Cow<'static, str>, StaticFile>,
    index: Option<Cow<'static, str>>,
    cache_control: Option<Cow<'static, str>>,
}

/// The parameter of the route.
const NAME: &str = "file";

impl StaticFiles {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file under its name, such as `css/site.css`: bytes, or a [`StaticFile`] with more settings. A file that is
    /// added later under the same name replaces it.
    ///
    /// # Panics
    /// If the name is empty or begins with a slash: no request asks for such a name.
    #[track_caller]
    pub fn file(mut self, name: impl Into<Cow<'static, str>>, file: impl Into<StaticFile>) -> Self {
        let name = name.into();
        assert!(
            !name.is_empty() && !name.starts_with('/'),
            "the static file {name:?} needs a name without a slash in front"
        );
        self.files.insert(name, file.into());
        self
    }

    /// Sets the file that is sent for the prefix itself, usually `index.html`. It must have been added.
    ///
    /// # Panics
    /// If there is no file of this name.
    #[track_caller]
    pub fn index(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        assert!(self.files.contains_key(&name), "there is no static file {name:?}: add it before it becomes the index");
        self.index = Some(name);
        self
    }

    /// Sets the `Cache-Control` of files that [have none of their own](StaticFile::cache_control). Without it a response has no
    /// such field, and browsers guess.
    ///
    /// # Panics
    /// If the value has a control character.
    #[track_caller]
    pub fn cache_control(mut self, value: impl Into<Cow<'static, str>>) -> Self {
        self.cache_control = Some(checked("Cache-Control", value.into()));
        self
    }

    /// Completes each file, so that nothing is left to be decided by a request.
    fn finish(mut self) -> Self {
        for (name, file) in &mut self.files {
            file.content_type.get_or_insert_with(|| content_type::of_name(name).into());
            file.cache_control = file.cache_control.take().or_else(|| self.cache_control.clone());
        }
        self
    }

    fn respond<'r>(&self, req: Request<'r>, name: &str) -> Result<Reply, Error> {
        let Some(file) = self.files.get(name) else { return Err(HttpError::not_found().into()) };
        file.respond(req)
    }
}

/// The routes for the files: `GET` and `HEAD` of each name and, if there is an index, of the root.
impl From<StaticFiles> for Router {
    fn from(files: StaticFiles) -> Self {
        let files = Arc::new(files.finish());
        let mut router = Self::new();
        if let Some(index) = files.index.clone() {
            let files = files.clone();
            let handler = move |req: Request<'_>| files.respond(req, &index);
            router = router.route(Route::new(["GET", "HEAD"], "/", handler));
        }
        let handler = move |req: Request<'_>| files.respond(req, req.param(NAME));
        router.route(Route::new(["GET", "HEAD"], &format!("/{{{NAME}...}}"), handler))
    }
}

impl StaticFile {
    /// Writes the response to a request for this file.
    fn respond(&self, req: Request<'_>) -> Result<Reply, Error> {
        let (coding, form) = self.form_for(req);
        let validators = Validators::etag(&form.etag);
        req.precondition(validators)?;
        if let Some(unchanged) = req.not_modified(validators) {
            let reply = req.reply(unchanged);
            self.describe(&mut req.exchange.buffer.borrow_mut(), None);
            return Ok(reply);
        }
        let length = form.bytes.len();
        let part = range_of(req, form);
        if part == Part::Unsatisfiable {
            let all = bumpalo::format!(in req.exchange.arena.bump(), "bytes */{}", length);
            return Ok(req.reply(Response::new(()).status(416).header("Content-Range", &*all)));
        }
        let reply = req.reply((validators, ()));
        let buffer = &mut *req.exchange.buffer.borrow_mut();
        if let Part::Bytes(start, end) = part {
            let range = bumpalo::format!(in req.exchange.arena.bump(), "bytes {}-{}/{}", start, end - 1, length);
            buffer.set_status(StatusCode::PARTIAL_CONTENT);
            buffer.head.set_checked("Content-Range", &range);
            write_body(buffer, req, &form.bytes[start..end], form.is_text);
        } else {
            write_body(buffer, req, &form.bytes, form.is_text);
        }
        buffer.head.set_checked("Accept-Ranges", "bytes");
        self.describe(buffer, coding);
        Ok(reply)
    }

    /// Returns the form that the client prefers. If it names `identity`, the plain form competes with the others; if it refuses
    /// every form that there is, it gets the plain one.
    fn form_for(&self, req: Request<'_>) -> (Option<Coding>, &Form) {
        let weight = |name: &str| accept_encoding::weight(req.header_all("accept-encoding"), name);
        // Of equal ones the last, so the preferred coding has to come last.
        let best = self.encoded.iter().rev().map(|(coding, form)| (weight(coding.name()), *coding, form));
        match best.max_by_key(|(weight, ..)| *weight) {
            Some((best, coding, form)) if best > 0 && best >= weight("identity") => (Some(coding), form),
            _ => (None, &self.plain),
        }
    }

    /// Adds the fields about the body, and those about caches, which a 304 has too.
    fn describe(&self, buffer: &mut ResponseBuffer, coding: Option<Coding>) {
        if let Some(value) = &self.cache_control {
            buffer.head.set_checked("Cache-Control", value);
        }
        if !self.encoded.is_empty() {
            buffer.vary("Accept-Encoding");
            // Compressing the plain form would be the answer that the client has refused.
            buffer.compress = Some(false);
        }
        if buffer.status() == StatusCode::NOT_MODIFIED {
            return;
        }
        if let Some(value) = &self.content_type {
            buffer.head.set_checked("Content-Type", value);
        }
        if let Some(coding) = coding {
            buffer.head.set_checked("Content-Encoding", coding.name());
        }
    }
}

/// Returns the part that a request asks for.
fn range_of(req: Request<'_>, form: &Form) -> Part {
    let Some(range) = req.header("range").filter(|_| req.method().eq_ignore_ascii_case("GET")) else {
        return Part::Whole;
    };
    // A date is compared with nothing, since files have no time: then the whole is sent.
    let same = |value| {
        let (asked, own) = (EntityTag::parse(value), EntityTag::parse(&form.etag));
        asked.zip(own).is_some_and(|(asked, own)| asked.strongly_equals(own))
    };
    match req.header("if-range").is_none_or(same) {
        true => range::parse(range, form.bytes.len()),
        false => Part::Whole,
    }
}

/// Writes the body, unless the request is `HEAD`.
fn write_body(buffer: &mut ResponseBuffer, req: Request<'_>, bytes: &[u8], is_text: bool) {
    if req.method().eq_ignore_ascii_case("HEAD") {
        return buffer.set_text("", None);
    }
    match str::from_utf8(bytes) {
        Ok(text) if is_text => buffer.set_text(text, None),
        _ => buffer.set_bytes(bytes, None),
    }
}

/// Lists files of a folder, whose path is relative to the file that this is in: a
/// [`StaticFiles`] with the bytes of each.
///
/// ```
/// use gatewire::static_files;
///
/// // The path is one from the place of this file.
/// let pages = static_files!("../../tests/events": "rest.json", "http.json");
/// # let _ = gatewire::App::new().include("/events", pages).build().unwrap();
/// ```
#[macro_export]
macro_rules! static_files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        $crate::static_files::StaticFiles::new()
            $(.file($name, include_bytes!(concat!($folder, "/", $name))))*
    };
}
