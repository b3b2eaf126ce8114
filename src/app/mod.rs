//! The app: everything that is registered, until [`App::build`] compiles it.

mod arguments;
mod authorizer;
mod body_limit;
mod compile;
mod compression;
#[cfg(feature = "etag")]
mod conditional;
mod cors;
mod cors_check;
mod debug;
#[cfg(feature = "openapi")]
mod documentation;
mod fallback;
mod lookup;
mod observing;
mod others;
mod postprocess;
mod prefix;
mod route;
mod router;
mod scope;
mod security_headers;
mod unmatched;
mod websocket;

pub use authorizer::Authorizer;
pub use compression::Compression;
pub use cors::Cors;
pub use route::Route;
pub use router::Router;
pub use security_headers::SecurityHeaders;
pub use websocket::WebSocket;

pub use crate::route::TrailingSlash;

pub(crate) use compile::Compiled;
pub(crate) use debug::print_event;
use fallback::Fallback;
pub(crate) use lookup::{Found, Miss};
pub(crate) use others::{Other, Others};
pub(crate) use postprocess::PostProcess;
pub(crate) use unmatched::Unmatched;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use crate::handler::{
    EventHandler, Handler, IntoResponse, Observing, RawEvent, RawEvents, Request, erase, erase_event,
};
use crate::http::StatusCode;
use crate::source::EventSource;
use router::registration;

/// An app: routes and handlers, error handlers, state and settings. [`build`](Self::build) makes an
/// [`Engine`](crate::engine::Engine) of it, and [`run`](crate::run) runs it.
///
/// ```
/// use gatewire::{App, Json, Request};
///
/// fn hello(req: Request<'_>) -> Json<[&str; 2]> {
///     Json(["hello", req.param("name")])
/// }
///
/// let engine = App::new().get("/hello/{name}", hello).build()?;
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct App {
    router: Router,
    settings: Settings,
    cors: Option<Cors>,
    /// Strings and regexes, in the order in which they are tried.
    prefixes: Vec<(String, bool)>,
    serializer: Option<Box<dyn crate::handler::Serializer>>,
    /// Turns debug mode on or off; if this is `None`, the environment decides.
    debug: Option<bool>,
    fallback: Fallback,
    request_id_header: Option<Cow<'static, str>>,
    security_headers: Option<SecurityHeaders>,
    #[cfg(feature = "openapi")]
    openapi: Option<Box<crate::openapi::OpenApi>>,
    others: Others,
    observing: Observing,
}

/// The settings of an app besides its routes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) source: Option<EventSource>,
    pub(crate) trailing_slash: Option<TrailingSlash>,
    pub(crate) method_not_allowed: bool,
    pub(crate) automatic_head: bool,
    pub(crate) automatic_options: bool,
    pub(crate) pad_empty_streams: bool,
    compression: Compression,
    compress: bool,
    streaming: bool,
    ascii: bool,
    internal_server_errors: bool,
    simple_responses: bool,
    body_limit: Option<usize>,
    #[cfg(feature = "etag")]
    etag: bool,
    #[cfg(feature = "validate")]
    validation: Option<crate::validate::Validation>,
}

/// Shows the routes and the settings. State, handlers and middleware have no form to show.
impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("routes", &self.router.routes)
            .field("settings", &self.settings)
            .field("cors", &self.cors)
            .field("prefixes", &self.prefixes)
            .field("debug", &self.debug)
            .finish_non_exhaustive()
    }
}

registration!(App, router_of);

fn router_of(app: &mut App) -> &mut Router {
    &mut app.router
}

/// Settings.
impl App {
    /// Creates an app without routes, which answers every request with 404.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pins the kind of event, for emulators that send less than AWS does. Without this setting, an event is recognised
    /// by its keys.
    pub fn source(mut self, source: EventSource) -> Self {
        self.settings.source = Some(source);
        self
    }

    /// Sets whether a slash at the end of the path matters. Without this setting, it does not matter for events of
    /// payload 1.0, such as those of REST APIs, and matters for the other sources, as in Powertools. With it, all
    /// sources are alike.
    pub fn trailing_slash(mut self, policy: TrailingSlash) -> Self {
        self.settings.trailing_slash = Some(policy);
        self
    }

    /// Strips a prefix from the path before it is routed, for the base-path mapping of a custom domain: `/payment`
    /// makes `/payment/cards` the path `/cards`, and leaves `/payments` alone. Of several prefixes, the first that fits
    /// counts. [`Request::path`] stays as it is.
    ///
    /// The prefix is compared with the decoded path. A slash at its end does not count, and a prefix that is then empty
    /// strips nothing. [`build`](Self::build) refuses a prefix that no path has: one without a slash in front, with
    /// parameters, or with percent escapes.
    pub fn strip_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push((prefix.into(), false));
        self
    }

    /// Strips every match of a regex from the path before it is routed: `^/v[0-9]+` makes `/v2/cards` the path
    /// `/cards`. Prefixes registered later are tried on the remainder. This needs the feature `regex`.
    ///
    /// The work is bounded: a path is left as it is if the searches for matches would read more than 256 KiB plus twice
    /// the path. That takes hundreds of matches in one path.
    #[cfg_attr(docsrs, doc(cfg(feature = "regex")))]
    pub fn strip_prefix_regex(mut self, regex: impl Into<String>) -> Self {
        self.prefixes.push((regex.into(), true));
        self
    }

    /// Answers browsers that ask whether another origin may read the responses: adds CORS headers to every response,
    /// and answers preflights for every path.
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = Some(cors);
        self
    }

    /// Sets whether responses are compressed if the client accepts it, for routes and responses that do not say so
    /// themselves. Off by default.
    ///
    /// ```
    /// use gatewire::{app::Compression, App, Request, Route};
    ///
    /// let app = App::new()
    ///     .compress(true)
    ///     .compression(Compression::new().threshold(1024))
    ///     .get("/report", |_: Request| "row,".repeat(1000))
    ///     .route(Route::get("/image", |_: Request| vec![0; 4000]).compress(false));
    /// # app.build().unwrap();
    /// ```
    pub fn compress(mut self, on: bool) -> Self {
        self.settings.compress = on;
        self
    }

    /// Sets how responses are compressed if the app, a route or a response asks for it.
    #[cfg_attr(docsrs, doc(cfg(feature = "gzip")))]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.settings.compression = compression;
        self
    }

    /// Adds a header field with the identifier of the request to every response, so that a client can report it: the
    /// [gateway's](Request::request_id) or, behind a load balancer or VPC Lattice, which have none, the one of the
    /// [invocation](crate::context::LambdaContext::request_id). A field of this name that the response already has stays.
    /// Scripts of other origins read it if [`Cors::expose_headers`] names it.
    ///
    /// ```
    /// use gatewire::testing::Client;
    /// use gatewire::{App, Request};
    ///
    /// let client = Client::new(App::new().request_id_header("X-Request-Id").get("/", |_: Request| "hello"))?;
    /// assert!(client.get("/").send().header("x-request-id").is_some());
    /// assert!(client.get("/nowhere").send().header("x-request-id").is_some());
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn request_id_header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.request_id_header = Some(name.into());
        self
    }

    /// Adds the header fields that ask browsers to be strict to every response, also to 404 and to the responses to
    /// errors. A field that a handler or middleware has set stays.
    ///
    /// ```
    /// use gatewire::{app::SecurityHeaders, App};
    ///
    /// let app = App::new().security_headers(SecurityHeaders::new().set("X-Frame-Options", "SAMEORIGIN"));
    /// # app.build().unwrap();
    /// ```
    pub fn security_headers(mut self, headers: SecurityHeaders) -> Self {
        self.security_headers = Some(headers);
        self
    }

    /// Sets the most bytes that the body of a request may have, for routes that [do not say so
    /// themselves](Route::body_limit), and for the [fallback](Self::fallback). A longer one is answered with status 413
    /// before the handler runs, inside the middleware and by the error handlers. Without this setting the limit is that of
    /// the gateway: 6 MB, and 1 MB for a load balancer.
    ///
    /// The length is that of the decoded body: base64 and escapes of the event do not count. If a body in base64 that might
    /// be too long is malformed, the status is 400.
    ///
    /// ```
    /// use gatewire::testing::Client;
    /// use gatewire::{App, Request};
    ///
    /// let client = Client::new(App::new().body_limit(4).post("/", |_: Request| "fine"))?;
    /// assert_eq!(client.post("/").body("1234").send().status(), 200);
    /// assert_eq!(client.post("/").body("12345").send().status(), 413);
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.settings.body_limit = Some(bytes);
        self
    }

    /// Sets whether responses to `GET` and `HEAD` with status 200 get an `ETag`, and conditional requests for them are
    /// answered with 304, for routes that [do not say so themselves](Route::etag). Off by default.
    ///
    /// The tag is `W/"<length>-<hash>"`, with the XXH3 hash of the body. It is weak, since the same body may be sent
    /// compressed and plain ([RFC 9110 section 8.8.1](https://www.rfc-editor.org/rfc/rfc9110#section-8.8.1)). An `ETag` that
    /// the handler has set stays; it becomes weak if the body is compressed.
    ///
    /// A request whose `If-None-Match` has the tag gets 304 without a body. Without `If-None-Match`, `If-Modified-Since` is
    /// compared with the `Last-Modified` of the handler. Fields that describe the body are removed then; `ETag`,
    /// `Cache-Control`, `Expires`, `Vary`, cookies and all others stay. This saves the transfer and not the work: the handler
    /// has run. [`Request::not_modified`] and [`Request::precondition`] answer before the work.
    ///
    /// A body that is sent while it is made ([`Stream`](crate::Stream) with [`streaming`](Self::streaming)) has no tag.
    /// Middleware sees the response before this stage, with status 200.
    ///
    /// ```
    /// use gatewire::testing::Client;
    /// use gatewire::{App, Request};
    ///
    /// let client = Client::new(App::new().etag(true).get("/", |_: Request| "hello"))?;
    /// let first = client.get("/").send();
    /// let again = client.get("/").header("If-None-Match", first.header("etag").unwrap()).send();
    /// assert_eq!((again.status(), again.text()), (304, ""));
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    #[cfg(feature = "etag")]
    #[cfg_attr(docsrs, doc(cfg(feature = "etag")))]
    pub fn etag(mut self, on: bool) -> Self {
        self.settings.etag = on;
        self
    }

    /// Sets whether responses are streamed: sent while they are made, in the form that [response streaming][docs]
    /// takes. Off by default, since **the gateway has to be configured alike**, and no event says how it is configured:
    ///
    /// * a Function URL: the invoke mode `RESPONSE_STREAM`;
    /// * a REST API: the response transfer mode `STREAM` of the integration, method by method, so that
    ///   [`Route::streaming`](crate::Route::streaming) is the better place there.
    ///
    /// All responses take that form then, including 404 and those of handlers that return no [`Stream`](crate::Stream).
    /// Responses through the other gateways, which have no such mode, and those of
    /// [`Worker::call`](crate::engine::Worker::call) are buffered even if this is on. Every [runtime](crate::runtime) of this
    /// crate streams.
    ///
    /// A [`Stream`](crate::Stream) is not compressed. Other responses are compressed as always, but those to a Function
    /// URL only if [`Compression::function_url_streams`] says so. A REST API requires status, headers and cookies in
    /// the first 16 KB. On some accounts, clients are reported to wait at the end of a response without a body:
    /// [`pad_empty_streams`](Self::pad_empty_streams) prevents that.
    ///
    /// ```
    /// use gatewire::{App, Request, Stream};
    ///
    /// let app = App::new().streaming(true).get("/", |_: Request| {
    ///     Stream::new(async |mut sink| {
    ///         sink.write("the client has this ").await;
    ///         sink.write("before this").await;
    ///         Ok(())
    ///     })
    /// });
    /// # app.build().unwrap();
    /// ```
    ///
    /// [docs]: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
    pub fn streaming(mut self, on: bool) -> Self {
        self.settings.streaming = on;
        self
    }

    /// Sets whether a streamed response without a body gets one: a single blank. Off by default.
    ///
    /// A redirect, a preflight, 204, 304, the response to `HEAD` and a [`Stream`](crate::Stream) that wrote nothing end
    /// after their head. Users of other handlers reported that clients of some Function URLs then wait, CloudFront for
    /// 30 seconds, although the function has ended, and that one byte of body prevents it. The authors of this crate
    /// have not seen this on AWS: turn this on if your clients wait.
    ///
    /// ```
    /// use gatewire::{App, Request, Response};
    ///
    /// let app = App::new()
    ///     .streaming(true)
    ///     .pad_empty_streams(true)
    ///     .get("/old", |_: Request| Response::new(()).status(302).header("Location", "/new"));
    /// # app.build().unwrap();
    /// ```
    pub fn pad_empty_streams(mut self, pad: bool) -> Self {
        self.settings.pad_empty_streams = pad;
        self
    }

    /// Checks the arguments of all handlers: a request that does not fit them, or the rules of their types, is answered
    /// with 422 and a list of all errors. Without this setting, the response to such a request is 400 and the first
    /// error, and only [`Valid`](crate::extract::Valid) checks rules.
    ///
    /// It covers path, query, headers, cookies and body, in this order. The guide is
    /// [`manual::validation`](crate::manual::validation).
    ///
    /// ```
    /// use gatewire::testing::Client;
    /// use gatewire::{App, Json, extract::Query, validate::Validation};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Page {
    ///     page: u32,
    /// }
    ///
    /// gatewire::input!(Page);
    ///
    /// let app = App::new()
    ///     .validation(Validation::new())
    ///     .get("/list", |Query(Page { page }): Query<Page>| page.to_string());
    /// let response = Client::new(app)?.get("/list").send();
    /// assert_eq!(response.text(), r#"{"statusCode":422,"detail":[{"loc":["query","page"],"type":"missing"}]}"#);
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    #[cfg(feature = "validate")]
    #[cfg_attr(docsrs, doc(cfg(feature = "validate")))]
    pub fn validation(mut self, validation: crate::validate::Validation) -> Self {
        self.settings.validation = Some(validation);
        self
    }

    /// Writes JSON with a serialiser of your own instead of the built-in one, which is compact and keeps the order of
    /// fields. It appends UTF-8 text to the buffer that it receives. The body is then written twice, while the built-in
    /// one writes it straight into the response.
    ///
    /// ```
    /// use gatewire::App;
    ///
    /// // Keys in their order of the alphabet.
    /// let app = App::new().serializer(|value, out| {
    ///     let sorted = serde_json::to_value(value)?;
    ///     Ok(serde_json::to_writer(out, &sorted)?)
    /// });
    /// # app.build().unwrap();
    /// ```
    pub fn serializer<F>(mut self, serializer: F) -> Self
    where
        F: Fn(&dyn erased_serde::Serialize, &mut Vec<u8>) -> Result<(), Box<dyn StdError + Send + Sync>>
            + Send
            + Sync
            + 'static,
    {
        self.serializer = Some(Box::new(serializer));
        self
    }

    /// Sets whether JSON is written in ASCII alone, with other characters as `\u` escapes. Off by default: UTF-8 is
    /// shorter, and the value is the same.
    pub fn ascii_json(mut self, ascii: bool) -> Self {
        self.settings.ascii = ascii;
        self
    }
}

/// Errors, and responses to requests that match no route.
impl App {
    /// Sets the handler for requests that match no route, and for handlers that return an
    /// [`HttpError`](crate::HttpError) of status 404. The status is 404 unless the response names another.
    ///
    /// ```
    /// # use gatewire::{App, Request};
    /// let app = App::new().not_found(|req: Request| format!("nothing at {}", req.path()));
    /// # app.build().unwrap();
    /// ```
    pub fn not_found<F, O>(mut self, handler: F) -> Self
    where
        F: for<'r> Fn(Request<'r>) -> O + Send + Sync + 'static,
        O: IntoResponse,
    {
        self.router.own.errors.set_not_found(move |_, req| {
            handler(req).respond(req);
            // Only the status of this response: middleware may replace the response.
            req.exchange.buffer.borrow_mut().set_status_if_none(StatusCode::NOT_FOUND);
        });
        self
    }

    /// Sets the handler for errors that no other handler is registered for, including [`HttpError`](crate::HttpError)s
    /// and paths without a route.
    ///
    /// ```
    /// # use gatewire::{App, Request};
    /// let app = App::new().on_any_error(|error, _: Request| (500, format!("sorry: {error}")));
    /// # app.build().unwrap();
    /// ```
    pub fn on_any_error<F, O>(mut self, handler: F) -> Self
    where
        F: for<'e, 'r> Fn(&'e (dyn StdError + 'static), Request<'r>) -> O + Send + Sync + 'static,
        O: IntoResponse,
    {
        self.router.own.errors.set_any(move |error, req| handler(error, req).respond(req));
        self
    }

    /// Sets whether an unhandled error is answered with status 500 and
    /// `{"statusCode":500,"message":"Internal server error"}`, and printed to standard error. Without this setting, the
    /// error fails the invocation, which the gateway answers with 502, and which shows in the function's metrics.
    pub fn internal_server_errors(mut self, answer: bool) -> Self {
        self.settings.internal_server_errors = answer;
        self
    }

    /// Sets whether the app answers for the methods for which a path has no route: turns
    /// [`method_not_allowed`](Self::method_not_allowed), [`automatic_head`](Self::automatic_head) and
    /// [`automatic_options`](Self::automatic_options) on or off. All are off by default, as in Powertools, which
    /// answers with 404. A setting of one of them after this call overrides it.
    ///
    /// ```
    /// use gatewire::testing::Client;
    /// use gatewire::{App, Request};
    ///
    /// let client = Client::new(App::new().method_fallbacks(true).get("/todos", |_: Request| "milk"))?;
    /// assert_eq!(client.delete("/todos").send().status(), 405);
    /// assert_eq!(client.head("/todos").send().status(), 200);
    /// assert_eq!(client.options("/todos").send().header("allow"), Some("GET, HEAD, OPTIONS"));
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn method_fallbacks(self, answer: bool) -> Self {
        self.method_not_allowed(answer).automatic_head(answer).automatic_options(answer)
    }

    /// Sets whether a path that has routes, but none for the method, is answered with status 405 and `Allow` ([RFC 9110
    /// section 15.5.6](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6)). Without this setting, the status is
    /// 404, as in Powertools.
    pub fn method_not_allowed(mut self, answer: bool) -> Self {
        self.settings.method_not_allowed = answer;
        self
    }

    /// Sets whether `HEAD` is answered by the route for `GET`, without the body, if the path has no route for `HEAD`.
    pub fn automatic_head(mut self, answer: bool) -> Self {
        self.settings.automatic_head = answer;
        self
    }

    /// Sets whether `OPTIONS` is answered with status 204 and `Allow` for a path that has routes, but none for
    /// `OPTIONS`.
    pub fn automatic_options(mut self, answer: bool) -> Self {
        self.settings.automatic_options = answer;
        self
    }

    /// Turns debug mode on or off: every event and its route are printed to standard error, and an error that nobody
    /// handles is answered with status 500, its message and those of its sources.
    ///
    /// Without this setting, the environment decides: `POWERTOOLS_DEV`, or the older `POWERTOOLS_EVENT_HANDLER_DEBUG`,
    /// set to `1`, `true`, `yes`, `on`, `y` or `t`. It is never on by itself.
    ///
    /// **Leave it off in production:** events and errors hold secrets.
    pub fn debug(mut self, on: bool) -> Self {
        self.debug = Some(on);
        self
    }
}

/// Requests that no route takes.
impl App {
    /// Sets the handler of requests whose path and method no route takes, instead of 404 and 405. It is a handler like any
    /// other, for every method. If the app has CORS, it still answers preflights; a malformed path is still 400.
    ///
    /// ```
    /// use gatewire::testing::Client;
    /// use gatewire::{App, Request};
    ///
    /// let app = App::new()
    ///     .get("/new", |_: Request| "new")
    ///     .fallback(async |req: Request<'_>| format!("{} {} is elsewhere", req.method(), req.path()));
    /// let client = Client::new(app)?;
    /// assert_eq!(client.get("/new").send().text(), "new");
    /// assert_eq!(client.put("/old").send().text(), "PUT /old is elsewhere");
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    ///
    /// [`not_found`](Self::not_found) is for another case: every answer of status 404, also those of handlers.
    pub fn fallback<Kind: 'static, F>(mut self, handler: F) -> Self
    where
        F: for<'r> Handler<'r, Kind> + Send + Sync + 'static,
    {
        self.fallback.set(erase(handler));
        self
    }

    /// Adds a handler for requests below `prefix` that no route takes.
    #[cfg(feature = "tower")]
    pub(crate) fn nest(mut self, prefix: String, handler: crate::handler::Endpoint) -> Self {
        self.fallback.nest(prefix, handler);
        self
    }
}

/// Events that are not HTTP requests.
impl App {
    /// Sets the routes of a WebSocket API, so that one function answers HTTP requests and messages. Without them, events
    /// of WebSocket APIs are refused. [The manual](crate::manual::websocket) has a whole program.
    pub fn websocket(mut self, websocket: WebSocket) -> Self {
        self.others.websocket = Some(websocket);
        self
    }

    /// Sets the handler of all other events: pings that keep the function warm, schedules, records of queues, the test
    /// of the Lambda console. It receives any payload that is JSON and neither a request nor an event that
    /// [`websocket`](Self::websocket) takes, and answers with JSON. Without it, such events are refused.
    ///
    /// ```
    /// use gatewire::context::{LambdaContext, OtherEvent};
    /// use gatewire::handler::RawEvent;
    /// use gatewire::{App, Error, HttpError, Json, Request};
    ///
    /// async fn other(event: RawEvent<'_>) -> Result<Json<&'static str>, Error> {
    ///     match event.kind() {
    ///         Some(OtherEvent::EventBridge) => Ok(Json("cleaned up")),
    ///         _ if event.json().as_str() == Some("ping") => Ok(Json("warm")),
    ///         // The invocation fails, which shows in the function's metrics.
    ///         _ => Err(HttpError::bad_request("an unexpected event").into()),
    ///     }
    /// }
    ///
    /// let mut worker = App::new().get("/", |_: Request| "hello").other_events(other).build()?.worker();
    /// assert_eq!(worker.call_blocking(br#""ping""#, &LambdaContext::default())?, br#""warm""#);
    /// assert!(worker.call_blocking(br#"{"Records":[]}"#, &LambdaContext::default()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// An error of the handler fails the invocation, also an [`HttpError`](crate::HttpError): nobody reads a status. So
    /// queues send their records again. Middleware and error handlers are for requests, and do not run.
    pub fn other_events<Kind: 'static, F>(mut self, handler: F) -> Self
    where
        F: for<'r> EventHandler<'r, RawEvent<'r>, Kind> + Send + Sync + 'static,
    {
        self.others.rest = Some(erase_event::<RawEvents, F, Kind>(handler));
        self
    }
}
