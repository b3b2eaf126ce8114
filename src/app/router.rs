//! Routes with their middleware, state and error handlers, put under a prefix or into an app.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::route::Route;
use crate::handler::{IntoResponse, Layer, Request, Scope};
use crate::route::begins_with_regex;

/// A part of an app in a separate module: routes, error handlers and state, included under a prefix.
///
/// ```
/// use gatewire::{App, Json, Request, Router};
///
/// fn users() -> Router {
///     Router::new()
///         .get("/", |_: Request| Json(["ada", "grace"]))
///         .get("/{name}", |req: Request| req.reply(Json(req.param("name"))))
/// }
///
/// let app = App::new().include("/users", users());
/// # app.build().unwrap();
/// ```
///
/// It can be included more than once: it is cheap to clone.
#[derive(Clone, Default)]
#[must_use]
pub struct Router {
    pub(super) routes: Vec<Route>,
    /// Middleware around all routes, the outermost first.
    pub(super) layers: Vec<Arc<dyn Layer>>,
    /// The state and error handlers of this router: scope 0 of its routes.
    pub(super) own: Scope,
    /// The state and error handlers of the routers in it, scopes 1 and on, each with the scope around it.
    pub(super) inner: Vec<(usize, Scope)>,
}

/// Shows the routes.
impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router").field("routes", &self.routes).finish_non_exhaustive()
    }
}

impl Router {
    /// A router without routes.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn push(&mut self, route: Route) {
        if self.routes.is_empty() {
            // As many as fit into a page: growing from one to the next power of two costs more than the rest of an app's
            // start.
            self.routes.reserve(4096 / size_of::<Route>());
        }
        self.routes.push(route);
    }

    /// Takes over everything of `other`, with its rules under `prefix`.
    pub(super) fn include_router(&mut self, prefix: &str, other: Self) {
        let base = self.inner.len() + 1;
        // The router itself becomes the scope `base`, inside this router's own; the scopes in it follow.
        let moved = |scope: usize| base + scope;
        for mut route in other.routes {
            route.scope = moved(route.scope);
            route.rule = join(prefix, route.rule);
            route.layers.splice(0..0, other.layers.iter().cloned());
            self.push(route);
        }
        self.inner.push((0, other.own));
        self.inner.extend(other.inner.into_iter().map(|(around, scope)| (moved(around), scope)));
    }

    pub(super) fn add_error_handler<E, F, O>(&mut self, handler: F)
    where
        E: StdError + 'static,
        F: for<'e, 'r> Fn(&'e E, Request<'r>) -> O + Send + Sync + 'static,
        O: IntoResponse,
    {
        self.own.errors.insert(handler);
    }
}

/// Joins a rule and its prefix with one slash between them. The root of a router is the prefix itself.
fn join(prefix: &str, rule: String) -> String {
    let before = prefix.trim_end_matches('/');
    match rule.as_str() {
        _ if prefix.is_empty() => rule,
        "" | "/" => prefix.to_owned(),
        _ if rule.starts_with('/') => format!("{before}{rule}"),
        _ if begins_with_regex(&rule) => format!("{before}/{rule}"),
        // The rule stays as it is, so that `build` refuses it as it does without a prefix.
        _ => rule,
    }
}

/// The methods with which routes are registered, the same for [`App`](crate::App) and [`Router`].
macro_rules! registration {
    ($type:ty, $router:expr) => {
        registration! { @method $type, $router, get GET, post POST, put PUT, patch PATCH, delete DELETE, head HEAD, options OPTIONS }

        impl $type {
            /// Registers a handler for a rule and one or more methods, which may be any tokens: `["PUT", "POST"]` or
            /// `["PURGE"]`.
            ///
            /// ```
            /// # use gatewire::{App, Request};
            /// let app = App::new().on(["PUT", "POST"], "/multi", |req: Request| req.reply(req.method()));
            /// # app.build().unwrap();
            /// ```
            pub fn on<Kind: 'static, F>(
                self,
                methods: impl IntoIterator<Item = impl Into<String>>,
                rule: &str,
                handler: F,
            ) -> Self
            where
                F: for<'r> $crate::handler::Handler<'r, Kind> + Send + Sync + 'static,
            {
                self.route($crate::app::Route::new(methods, rule, handler))
            }

            /// Registers a route with its own options.
            pub fn route(mut self, route: $crate::app::Route) -> Self {
                $router(&mut self).push(route);
                self
            }

            /// Includes a router, with its rules under `prefix`: `/users` and `/{name}` make `/users/{name}`, and the
            /// router's `/` is `/users`. A slash at the end of the prefix and the one in front of the rule are one. The
            /// prefix may hold parameters.
            ///
            /// A route finds the state and the error handlers of its own router first, then those of the routers around
            /// it and of the app, and last those of other routers, the one included last first.
            pub fn include(mut self, prefix: &str, router: impl Into<$crate::app::Router>) -> Self {
                $router(&mut self).include_router(prefix, router.into());
                self
            }

            /// Adds a value that handlers share: [`Request::state`](crate::Request::state) gets it by its type. Two
            /// values of one type in one router or app are an error of [`build`](crate::App::build).
            ///
            /// ```
            /// # use gatewire::{App, Json, Request};
            /// struct Greeting(&'static str);
            ///
            /// let app = App::new()
            ///     .state(Greeting("hello"))
            ///     .get("/", |req: Request| req.reply(req.state::<Greeting>().0));
            /// # app.build().unwrap();
            /// ```
            pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
                $router(&mut self).own.state.insert(value);
                self
            }

            /// Puts an async function around the handlers: the request goes in before it awaits
            /// [`Next::run`](crate::Next::run), and the response comes out after that, also the response to an error.
            /// Middleware registered first is outermost. Middleware of an app runs on every request, even if no route
            /// matches; middleware of a router runs on its own routes, inside the app's.
            ///
            /// ```
            /// # use gatewire::App;
            /// let app = App::new().wrap(async |req, next| {
            ///     let reply = next.run(req).await?;
            ///     req.response().set_header("X-Route", req.route().unwrap_or("none"));
            ///     Ok(reply)
            /// });
            /// # app.build().unwrap();
            /// ```
            pub fn wrap<F>(mut self, middleware: F) -> Self
            where
                F: for<'r> AsyncFn($crate::handler::Request<'r>, $crate::handler::Next<'r>) -> Result<$crate::handler::Reply, $crate::handler::Error>
                    + Send
                    + Sync
                    + 'static,
            {
                $router(&mut self).layers.push(std::sync::Arc::new($crate::handler::Wrap(middleware)));
                self
            }

            /// Runs a function before the handlers, which may answer instead of them.
            ///
            /// ```
            /// # use gatewire::App;
            /// use std::ops::ControlFlow;
            ///
            /// let app = App::new().before(|req| match req.header("authorization") {
            ///     Some(_) => ControlFlow::Continue(()),
            ///     None => ControlFlow::Break(req.reply((401, "who are you?"))),
            /// });
            /// # app.build().unwrap();
            /// ```
            pub fn before<F>(mut self, middleware: F) -> Self
            where
                F: for<'r> Fn($crate::handler::Request<'r>) -> std::ops::ControlFlow<$crate::handler::Reply> + Send + Sync + 'static,
            {
                $router(&mut self).layers.push(std::sync::Arc::new($crate::handler::Before(middleware)));
                self
            }

            /// Runs a function after the handlers, on [the response](crate::Request::response) that they made. It sees
            /// the responses to errors too, and [`Request::error`](crate::Request::error) has the error then. It does
            /// not run if nobody has answered the error.
            ///
            /// ```
            /// # use gatewire::App;
            /// let app = App::new().after(|req| req.response().set_header("X-Frame-Options", "DENY"));
            /// # app.build().unwrap();
            /// ```
            pub fn after<F>(mut self, middleware: F) -> Self
            where
                F: for<'r> Fn($crate::handler::Request<'r>) + Send + Sync + 'static,
            {
                $router(&mut self).layers.push(std::sync::Arc::new($crate::handler::After(middleware)));
                self
            }

            /// Registers the handler for errors of the type that the closure names.
            ///
            /// A route finds the handlers of its own router first: see [`include`](Self::include). Two handlers for one
            /// type in one router or app are an error of [`build`](crate::App::build). A handler may return an
            /// [`HttpError`](crate::HttpError), which is answered; another error that it returns fails the invocation,
            /// unless the app answers errors that nobody handles. The error handler runs inside the middleware that is
            /// around the route, which sees its response.
            ///
            /// ```
            /// # use gatewire::{App, Request};
            /// let app = App::new().on_error(|error: &std::num::ParseIntError, _: Request| (400, error.to_string()));
            /// # app.build().unwrap();
            /// ```
            pub fn on_error<E, F, O>(mut self, handler: F) -> Self
            where
                E: std::error::Error + 'static,
                F: for<'e, 'r> Fn(&'e E, $crate::handler::Request<'r>) -> O + Send + Sync + 'static,
                O: $crate::handler::IntoResponse,
            {
                $router(&mut self).add_error_handler(handler);
                self
            }
        }
    };
    (@method $type:ty, $router:expr, $($name:ident $method:ident),+) => {
        impl $type {
            $(
                #[doc = concat!("Registers a handler for `", stringify!($method), "` requests whose path matches the rule.")]
                ///
                /// [`routing`](crate::manual::routing) explains how rules are written and which one wins.
                pub fn $name<Kind: 'static, F>(self, rule: &str, handler: F) -> Self
                where
                    F: for<'r> $crate::handler::Handler<'r, Kind> + Send + Sync + 'static,
                {
                    self.route($crate::app::Route::$name(rule, handler))
                }
            )+
        }
    };
}

pub(super) use registration;

registration!(Router, std::convert::identity::<&mut Router>);
