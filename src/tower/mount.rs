//! A service as a handler.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};

use bytes::{Buf, BufMut};
use http_body::Body as _;
use tower_service::Service;

use super::Body;
use super::absolute_uri;
use super::error::ServiceError;
use super::invocation;
use crate::handler::{Error, Handler, HandlerCall, IntoResponse, Private, Progress, Request, Sink, Stream};
use crate::http_types::{self, Whole};
use crate::invocation_error::InvocationError;

/// A service that an app can call: an `axum::Router`, or any other [`Service`] over the types of the crate `http` that
/// can be cloned.
///
/// Every such service has this trait automatically; its methods are not a part of the API.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service that an app can put requests through",
    label = "not such a service",
    note = "it has to be `tower_service::Service<http::Request<gatewire::tower::Body>>`, `Clone`, `Send` and `'static`, with an `http::Response` and an error that a `Box<dyn Error + Send + Sync>` can be made of",
    note = "the state of an `axum::Router` has to be there: `.with_state(state)` makes a `Router<()>`"
)]
pub trait HttpService: Clone + Send + 'static {
    /// Answers a request.
    #[doc(hidden)]
    fn respond<'r>(self, req: Request<'r>, prefix: &'r str, options: Options, token: Private) -> Progress<'r>;
}

/// The settings of a [`Mount`].
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    extensions: bool,
    absolute_uri: bool,
    compress: Option<bool>,
}

impl<S, B> HttpService for S
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    fn respond<'r>(mut self, req: Request<'r>, prefix: &'r str, options: Options, _: Private) -> Progress<'r> {
        Progress(HandlerCall::Later(req.exchange.arena.pin(async move {
            if let Err(error) = call(&mut self, req, prefix, options).await {
                req.fail(error);
            }
        })))
    }
}

async fn call<S, B>(service: &mut S, req: Request<'_>, prefix: &str, options: Options) -> Result<(), Error>
where
    S: Service<http::Request<Body>, Response = http::Response<B>>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut request = http_types::build(req, prefix)?.map(Body::from);
    if options.absolute_uri {
        absolute_uri::make_absolute(req, &mut request);
    }
    if options.extensions {
        invocation::insert(req, request.extensions_mut());
    }
    poll_fn(|context| service.poll_ready(context)).await.map_err(ServiceError::of)?;
    let (parts, body) = service.call(request).await.map_err(ServiceError::of)?.into_parts();
    let known = body.size_hint().exact().is_some_and(|length| length <= WHOLE);
    if req.exchange.streams && !known {
        stream(body).respond(req);
        // The stream itself sets no content type: the response does.
        req.exchange.buffer.borrow_mut().set_stream(None);
    } else {
        collect(req, body, http_types::is_text(&parts.headers)).await?;
    }
    http_types::write_head(req, &parts);
    if options.compress.is_some() {
        req.exchange.buffer.borrow_mut().compress = options.compress;
    }
    Ok(())
}

/// Bodies that are known to be no longer than this are sent as a whole, even if they could be streamed.
const WHOLE: u64 = 64 * 1024;

/// Answers with the body: with its one frame as it is, or with all frames joined.
async fn collect<B>(req: Request<'_>, body: B, text: bool) -> Result<(), Error>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut body = pin!(body);
    let Some(mut first) = next(&mut body).await? else {
        Whole { bytes: b"", text }.respond(req);
        return Ok(());
    };
    let second = if body.is_end_stream() { None } else { next(&mut body).await? };
    let Some(second) = second else {
        // Nearly always, the frame is one piece of memory.
        if first.chunk().len() == first.remaining() {
            Whole { bytes: first.chunk(), text }.respond(req);
        } else {
            let bytes = first.copy_to_bytes(first.remaining());
            Whole { bytes: &bytes, text }.respond(req);
        }
        return Ok(());
    };
    // It is sent as a whole, so there is no need to make more of it than can be sent.
    let limit = req.exchange.event.source().response_limit();
    let mut all = Vec::with_capacity(first.remaining() + second.remaining());
    all.put(first);
    all.put(second);
    while let Some(data) = next(&mut body).await? {
        all.put(data);
        if all.len() > limit {
            return Err(InvocationError::response_too_large(all.len(), limit).into());
        }
    }
    Whole { bytes: &all, text }.respond(req);
    Ok(())
}

/// Returns the next frame of data that is not empty. Trailers are skipped: the payload of a response cannot hold them.
async fn next<B>(body: &mut Pin<&mut B>) -> Result<Option<B::Data>, Error>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    loop {
        let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await else { return Ok(None) };
        if let Ok(data) = frame.map_err(ServiceError::of)?.into_data()
            && data.has_remaining()
        {
            return Ok(Some(data));
        }
    }
}

/// Streams the body frame by frame, each as soon as it is there.
fn stream<B>(body: B) -> Stream<impl for<'r> AsyncFnOnce(Sink<'r>) -> Result<(), Error> + 'static>
where
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    Stream::new(async move |mut sink: Sink<'_>| {
        let mut body = pin!(body);
        while let Some(mut data) = next(&mut body).await? {
            while data.has_remaining() {
                let length = data.chunk().len();
                sink.write(data.chunk()).await;
                data.advance(length);
            }
        }
        Ok(())
    })
}

/// A service with settings, as a handler: for [`App::fallback`](crate::App::fallback), or for a route.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use gatewire::testing::Client;
/// use gatewire::tower::Mount;
/// use gatewire::{App, Route};
///
/// let router = Router::new().route("/old", get(async || "old")).route("/export", get(async || "a,b\n1,2\n"));
/// let app = App::new()
///     .route(Route::get("/export", Mount::new(router.clone())).cache_control("max-age=60"))
///     .fallback(Mount::new(router).extensions(true));
/// let client = Client::new(app)?;
/// assert_eq!(client.get("/export").send().header("cache-control"), Some("max-age=60"));
/// assert_eq!(client.get("/old").send().text(), "old");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[must_use]
pub struct Mount<S> {
    /// Locked during a clone: a service need not be `Sync`.
    service: Mutex<S>,
    options: Options,
    pub(super) prefix: String,
}

impl<S> Mount<S> {
    /// Makes a handler of a service. It receives every request with its full path, whatever the rule of its route.
    pub const fn new(service: S) -> Self {
        let options = Options { extensions: false, absolute_uri: false, compress: None };
        Self { service: Mutex::new(service), options, prefix: String::new() }
    }

    /// Sets whether requests carry the data of the gateway and Lambda beyond HTTP as extensions: an
    /// [`Invocation`](super::Invocation), and a [`Peer`](super::Peer) if the address of the client is known. Off by
    /// default, since it copies a part of the event.
    pub const fn extensions(mut self, on: bool) -> Self {
        self.options.extensions = on;
        self
    }

    /// Sets whether the URIs of requests have scheme and host, as those of `lambda_http` do. Off by default: a server
    /// receives path and query, and the host is in the header fields.
    ///
    /// The scheme is `http` if `X-Forwarded-Proto` says so, otherwise `https`. The host is the `Host` field, with its
    /// port, or the domain name in the event if there is no such field. Without a host, and if it is malformed
    /// ([RFC 9110 section 7.2](https://www.rfc-editor.org/rfc/rfc9110#section-7.2)), the URI is path and query.
    ///
    /// ```
    /// use axum::Router;
    /// use axum::http::Uri;
    /// use axum::routing::get;
    /// use gatewire::App;
    /// use gatewire::testing::Client;
    /// use gatewire::tower::Mount;
    ///
    /// let router = Router::new().fallback(get(async |uri: Uri| uri.to_string()));
    /// let client = Client::new(App::new().fallback(Mount::new(router).absolute_uri(true)))?;
    /// let todos = |host| client.get("/todos?done=1").header("Host", host).send().text().to_owned();
    /// assert_eq!(todos("example.com"), "https://example.com/todos?done=1");
    /// assert_eq!(todos("a b"), "/todos?done=1");
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub const fn absolute_uri(mut self, on: bool) -> Self {
        self.options.absolute_uri = on;
        self
    }

    /// Sets whether bodies are compressed if the client accepts it, as [`App::compression`](crate::App::compression)
    /// says. A body that the service has compressed stays as it is.
    pub const fn compress(mut self, on: bool) -> Self {
        self.options.compress = Some(on);
        self
    }

    pub(super) fn below(mut self, prefix: &str) -> Self {
        self.prefix = prefix.trim_end_matches('/').to_owned();
        self
    }
}

/// The marker of a service as a handler.
#[derive(Debug)]
pub struct Mounted(());

impl<'r, S: HttpService> Handler<'r, Mounted> for Mount<S> {
    fn call(&'r self, req: Request<'r>, token: Private) -> Progress<'r> {
        // A clone for each call, so that each has the capacity that its own `poll_ready` reserves.
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        service.respond(req, &self.prefix, self.options, token)
    }
}

impl<S> fmt::Debug for Mount<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mount").field("options", &self.options).finish_non_exhaustive()
    }
}
