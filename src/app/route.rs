//! One route with its options.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use smallvec::{SmallVec, smallvec};

use crate::handler::{
    After, Before, Endpoint, Error, Handler, IntoStatus, Layer, Next, Reply, Request, RouteOptions, TimeLimit, Wrap,
    erase,
};

/// A route with its own options, for [`App::route`](crate::App::route) and [`Router::route`](crate::Router::route).
///
/// ```
/// use gatewire::{App, Json, Request, Route};
///
/// let app = App::new().route(
///     Route::get("/report/{year}", |req: Request| req.reply(Json(req.param("year"))))
///         .compress(true)
///         .cache_control("max-age=600"),
/// );
/// # app.build().unwrap();
/// ```
#[derive(Clone)]
#[must_use]
pub struct Route {
    pub(super) methods: Methods,
    pub(super) rule: String,
    /// Middleware around the handler, the outermost first.
    pub(super) layers: Vec<Arc<dyn Layer>>,
    pub(super) handler: Endpoint,
    pub(super) options: RouteOptions,
    /// The router that it belongs to: an index of scopes.
    pub(super) scope: usize,
    #[cfg(feature = "openapi")]
    pub(super) docs: Option<Box<crate::openapi::Operation>>,
}

/// Nearly always one method, which then takes no heap memory.
type Methods = SmallVec<[Cow<'static, str>; 1]>;

/// Shows methods and rule: handlers and middleware have no form to show.
impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("methods", &self.methods).field("rule", &self.rule).finish_non_exhaustive()
    }
}

macro_rules! methods {
    ($($name:ident $method:ident),+) => {
        $(
            #[doc = concat!("A route for `", stringify!($method), "` requests.")]
            pub fn $name<Kind: 'static, F>(rule: &str, handler: F) -> Self
            where
                F: for<'r> Handler<'r, Kind> + Send + Sync + 'static,
            {
                Self::of(smallvec![Cow::Borrowed(stringify!($method))], rule, erase(handler))
            }
        )+
    };
}

impl Route {
    /// Creates a route for several methods, which may be any tokens.
    pub fn new<Kind: 'static, F>(methods: impl IntoIterator<Item = impl Into<String>>, rule: &str, handler: F) -> Self
    where
        F: for<'r> Handler<'r, Kind> + Send + Sync + 'static,
    {
        Self::of(methods.into_iter().map(|method| Cow::Owned(method.into())).collect(), rule, erase(handler))
    }

    // Once in the program, not once for each handler.
    #[inline(never)]
    fn of(methods: Methods, rule: &str, handler: Endpoint) -> Self {
        Self {
            methods,
            rule: rule.to_owned(),
            layers: Vec::new(),
            handler,
            options: RouteOptions::default(),
            scope: 0,
            #[cfg(feature = "openapi")]
            docs: None,
        }
    }

    methods! { get GET, post POST, put PUT, patch PATCH, delete DELETE, head HEAD, options OPTIONS }

    /// Sets whether responses carry CORS headers, overriding the app's setting. A route that turns them on in an app
    /// without CORS gets those of [`Cors::any`](crate::Cors::any).
    pub fn cors(mut self, on: bool) -> Self {
        self.options.cors = Some(on);
        self
    }

    /// Sets whether responses are compressed if the client accepts it; a response may override this.
    #[cfg_attr(docsrs, doc(cfg(feature = "gzip")))]
    pub fn compress(mut self, on: bool) -> Self {
        self.options.compress = Some(on);
        self
    }

    /// Sets the most bytes that the body of a request may have, overriding [`App::body_limit`](crate::App::body_limit).
    /// `usize::MAX` leaves the limit to the gateway.
    ///
    /// ```
    /// use gatewire::{App, Request, Route};
    ///
    /// let app = App::new()
    ///     .body_limit(64 * 1024)
    ///     .route(Route::post("/pictures", |_: Request| "thank you").body_limit(4 * 1024 * 1024));
    /// # app.build().unwrap();
    /// ```
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.options.body_limit = Some(bytes);
        self
    }

    /// Sets whether responses get an `ETag` and conditional requests are answered with 304, overriding
    /// [`App::etag`](crate::App::etag).
    ///
    /// ```
    /// use gatewire::{App, Request, Route};
    ///
    /// let app = App::new().route(Route::get("/report", |_: Request| "row,".repeat(1000)).etag(true));
    /// # app.build().unwrap();
    /// ```
    #[cfg(feature = "etag")]
    #[cfg_attr(docsrs, doc(cfg(feature = "etag")))]
    pub fn etag(mut self, on: bool) -> Self {
        self.options.etag = Some(on);
        self
    }

    /// Sets whether responses are streamed, overriding [`App::streaming`](crate::App::streaming): for a REST API, in
    /// which each method has its own response transfer mode. All methods of one Function URL have to agree.
    ///
    /// ```
    /// use gatewire::{App, Request, Route, Stream};
    ///
    /// let app = App::new().get("/status", |_: Request| "fine").route(
    ///     Route::get("/export", |_: Request| {
    ///         Stream::new(async |mut sink| {
    ///             for row in 0..1_000_000 {
    ///                 sink.write(format!("{row}\n")).await;
    ///             }
    ///             Ok(())
    ///         })
    ///     })
    ///     .streaming(true),
    /// );
    /// # app.build().unwrap();
    /// ```
    pub fn streaming(mut self, on: bool) -> Self {
        self.options.streaming = Some(on);
        self
    }

    /// Sets whether the arguments of the handler are checked, overriding [`App::validation`](crate::App::validation).
    #[cfg(feature = "validate")]
    #[cfg_attr(docsrs, doc(cfg(feature = "validate")))]
    pub fn validation(mut self, on: bool) -> Self {
        self.options.validation = Some(on);
        self
    }

    /// Sets the `Cache-Control` of responses with status 200 and 304; others get `no-cache`. It replaces one that the handler
    /// sets.
    pub fn cache_control(mut self, value: impl Into<Cow<'static, str>>) -> Self {
        self.options.cache_control = Some(value.into());
        self
    }

    /// Sets the status of responses that name none.
    ///
    /// # Panics
    /// If the number is not a status.
    pub fn status(mut self, status: impl IntoStatus) -> Self {
        match status.into_status() {
            Ok(status) => self.options.status = Some(status),
            Err(error) => panic!("the route {}: {error}", self.rule),
        }
        self
    }

    /// Sets how long an async handler may take. After that, or 200 ms before the function itself times out, the response
    /// is 504, an [`HttpError`](crate::HttpError) that error handlers find like any other, and the handler is dropped
    /// where it waits. Without a limit, Lambda ends the process, and the gateway answers with 502 or 504.
    ///
    /// A handler can only be stopped where it awaits something that is not ready: one that computes, or blocks its
    /// thread, is not. The limit covers the handler and the route's own middleware, but not the pieces of a [`Stream`](crate::Stream). In a tokio runtime, its timer wakes the request; in another executor
    /// the limit is noticed when the handler is woken next.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gatewire::{App, Request, Route, testing::Client};
    ///
    /// async fn slow(_: Request<'_>) -> &'static str {
    ///     std::future::pending().await
    /// }
    ///
    /// # #[cfg(feature = "tokio")] {
    /// let app = App::new().route(Route::get("/slow", slow).timeout(Duration::from_millis(5)));
    /// assert_eq!(Client::new(app)?.get("/slow").send().status(), 504);
    /// # }
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.layers.insert(0, Arc::new(TimeLimit(limit)));
        self
    }

    /// Puts an async function around the handler, as [`App::wrap`](crate::App::wrap) does around all handlers.
    pub fn wrap<F>(mut self, middleware: F) -> Self
    where
        F: for<'r> AsyncFn(Request<'r>, Next<'r>) -> Result<Reply, Error> + Send + Sync + 'static,
    {
        self.layers.push(Arc::new(Wrap(middleware)));
        self
    }

    /// Runs a function before the handler, as [`App::before`](crate::App::before) does before all handlers.
    pub fn before<F>(mut self, middleware: F) -> Self
    where
        F: for<'r> Fn(Request<'r>) -> ControlFlow<Reply> + Send + Sync + 'static,
    {
        self.layers.push(Arc::new(Before(middleware)));
        self
    }

    /// Runs a function after the handler, as [`App::after`](crate::App::after) does after all handlers.
    pub fn after<F>(mut self, middleware: F) -> Self
    where
        F: for<'r> Fn(Request<'r>) + Send + Sync + 'static,
    {
        self.layers.push(Arc::new(After(middleware)));
        self
    }
}
