//! The app: what is registered, until [`App::build`] compiles it.

mod compile;
mod compression;
mod cors;
mod debug;
mod fallback;
mod finish;
mod prefix;
mod route;
mod router;
mod unmatched;

pub use compression::Compression;
pub use cors::Cors;
pub use route::Route;
pub use router::Router;

pub(crate) use compile::{Compiled, Finishing};
pub(crate) use debug::print_event;
use fallback::Fallback;
pub(crate) use unmatched::{Miss, Unmatched};

use std::error::Error as StdError;

use crate::handler::{IntoResponse, Request};
use crate::http::StatusCode;
use crate::route::TrailingSlash;
use crate::source::Source;
use router::registration;

/// An app: routes and handlers, error handlers, state and settings. [`build`](Self::build) makes an
/// [`Engine`](crate::Engine) of it, and [`run`](crate::run) runs it.
///
/// ```
/// use gatewire::{App, Json, Request};
///
/// fn hello(req: Request<'_>) -> Json<[&str; 2]> {
///     Json(["hello", req.param("name")])
/// }
///
/// let engine = App::new().get("/hello/{name}", hello).build()?;
/// # Ok::<(), gatewire::BuildError>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct App {
    router: Router,
    settings: Settings,
    cors: Option<Cors>,
    /// Texts and regexes, in the order in which they are tried.
    prefixes: Vec<(String, bool)>,
    serializer: Option<Box<dyn crate::handler::Serializer>>,
    /// Whether debug mode is on; the environment decides where this is `None`.
    debug: Option<bool>,
    fallback: Fallback,
}

/// What an app decides beside its routes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) source: Option<Source>,
    pub(crate) trailing_slash: Option<TrailingSlash>,
    pub(crate) method_not_allowed: bool,
    pub(crate) automatic_head: bool,
    pub(crate) automatic_options: bool,
    compression: Compression,
    streaming: bool,
    ascii: bool,
    internal_server_errors: bool,
}

registration!(App, router_of);

fn router_of(app: &mut App) -> &mut Router {
    &mut app.router
}

/// Settings.
impl App {
    /// An app without routes: it answers everything with 404.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pins the kind of event, for emulators that send less than AWS does. Without it, an event is recognised by its keys.
    pub fn source(mut self, source: Source) -> Self {
        self.settings.source = Some(source);
        self
    }

    /// Whether a slash at the end of the path matters. Without it, it does not for events of payload 1.0, those of REST
    /// APIs above all, and does for the other sources, as in Powertools; with it, all are alike.
    pub fn trailing_slash(mut self, policy: TrailingSlash) -> Self {
        self.settings.trailing_slash = Some(policy);
        self
    }

    /// Takes a prefix off the path before it is routed, for the base-path mapping of a custom domain: `/payment` makes
    /// `/payment/cards` the path `/cards`, and leaves `/payments` alone. Of several, the first that fits counts.
    /// [`Request::path`] stays as it is.
    pub fn strip_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push((prefix.into(), false));
        self
    }

    /// Takes what a regex matches off the path before it is routed, wherever it matches: `^/v[0-9]+` makes `/v2/cards`
    /// the path `/cards`. Prefixes registered later are tried on what is left. It takes the feature `regex`.
    pub fn strip_prefix_regex(mut self, regex: impl Into<String>) -> Self {
        self.prefixes.push((regex.into(), true));
        self
    }

    /// Answers browsers that ask whether another origin may read the answers: CORS headers on every answer, and preflights
    /// for every path.
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = Some(cors);
        self
    }

    /// How answers are compressed, where a route or a response asks for it.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.settings.compression = compression;
        self
    }

    /// Whether answers are streamed: sent while they are made, in the form that [response streaming][docs] takes. Off unless
    /// asked for, since **the gateway has to be told the same**, and no event says what it was told:
    ///
    /// * a Function URL: the invoke mode `RESPONSE_STREAM`;
    /// * a REST API: the response transfer mode `STREAM` of the integration, method by method, so that
    ///   [`Route::streaming`](crate::Route::streaming) is the better place there.
    ///
    /// All answers take that form then, those of handlers that return no [`Stream`](crate::Stream) too, and 404. What cannot
    /// be streamed is buffered whatever this says: answers through the other gateways, which have no such mode, and those of
    /// [`Worker::call`](crate::Worker::call). Every [runtime](crate::runtime) of this crate streams.
    ///
    /// A [`Stream`](crate::Stream) is not compressed; other answers are as ever. A REST API wants status, headers and
    /// cookies in the first 16 KB.
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

    /// Writes JSON with a serialiser of your own, in the place of the built-in one, which is compact and keeps the order
    /// of fields. It appends UTF-8 text to the buffer that it is given. The body is written twice then: the built-in one
    /// writes it straight into the response.
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

    /// Whether JSON is written in ASCII alone, other characters as `\u` escapes. Off unless asked for: UTF-8 is shorter,
    /// and the same value.
    pub fn ascii_json(mut self, ascii: bool) -> Self {
        self.settings.ascii = ascii;
        self
    }
}

/// Errors, and answers where no route matches.
impl App {
    /// Sets what is answered where no route matches, and where a handler returns an
    /// [`HttpError`](crate::HttpError) of status 404. The status is 404, if the answer names no other.
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
        self.router.errors.set_not_found(move |_, req| {
            req.exchange.draft.borrow_mut().set_default_status(StatusCode::NOT_FOUND);
            handler(req).respond(req);
        });
        self
    }

    /// Sets what is answered to errors that no other handler is registered for, [`HttpError`](crate::HttpError)s and
    /// paths without a route among them.
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
        self.router.errors.set_any(move |error, req| handler(error, req).respond(req));
        self
    }

    /// Whether an error that nobody handles is answered with status 500 and
    /// `{"statusCode":500,"message":"Internal server error"}`, and printed to standard error. Without it, it fails the
    /// invocation, which the gateway answers with 502, and which shows in the function's metrics.
    pub fn internal_server_errors(mut self, answer: bool) -> Self {
        self.settings.internal_server_errors = answer;
        self
    }

    /// Whether a path that has routes, but none for the method, is answered with status 405 and `Allow`
    /// ([RFC 9110 section 15.5.6](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6)). Without it, it is 404, as in
    /// Powertools.
    pub fn method_not_allowed(mut self, answer: bool) -> Self {
        self.settings.method_not_allowed = answer;
        self
    }

    /// Whether `HEAD` is answered by the route for `GET` where it has none of its own, without the body.
    pub fn automatic_head(mut self, answer: bool) -> Self {
        self.settings.automatic_head = answer;
        self
    }

    /// Whether `OPTIONS` is answered with status 204 and `Allow` for a path that has routes, but none for it.
    pub fn automatic_options(mut self, answer: bool) -> Self {
        self.settings.automatic_options = answer;
        self
    }

    /// Turns debug mode on or off: every event and its route are printed to standard error, and an error that nobody
    /// handles is answered with status 500, its text and those of its sources.
    ///
    /// Without it, the environment decides: `POWERTOOLS_DEV`, or the older `POWERTOOLS_EVENT_HANDLER_DEBUG`, set to `1`,
    /// `true`, `yes`, `on`, `y` or `t`. It is never on by itself.
    ///
    /// **Leave it off in production:** events and errors hold secrets.
    pub fn debug(mut self, on: bool) -> Self {
        self.debug = Some(on);
        self
    }
}
