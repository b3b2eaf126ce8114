//! Services inside an app, and without one.

use super::mount::{HttpService, Mount};
use crate::app::App;
use crate::handler::erase;
use crate::runtime::{self, RunError};

/// Runs a service as [`gatewire::run`](crate::run) runs an app: on Lambda with the direct runtime, elsewhere behind the
/// local gateway.
///
/// It calls [`App::fallback_service`] of an app without routes. Your own app offers more choices: streamed responses,
/// or the `lambda_runtime` crate.
///
/// ```no_run
/// # use gatewire::App;
/// # fn main() -> Result<(), gatewire::RunError> {
/// # let router = axum::Router::new();
/// gatewire::run(App::new().streaming(true).fallback_service(router))
/// # }
/// ```
///
/// # Errors
/// As [`gatewire::run`](crate::run).
pub fn run<S: HttpService>(service: S) -> Result<(), RunError> {
    runtime::run(App::new().fallback_service(service))
}

/// [`run`] for programs that need a tokio runtime before they have a service, for example to load the configuration of
/// the AWS SDK.
///
/// The future is not `Send`: await it in `main`.
///
/// ```no_run
/// use axum::Router;
/// use axum::routing::get;
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), gatewire::RunError> {
///     let greeting = async { "hello" }.await;
///     gatewire::tower::serve(Router::new().route("/", get(move || async move { greeting }))).await
/// }
/// ```
///
/// # Errors
/// As [`run`].
#[cfg(feature = "tokio")]
pub async fn serve<S: HttpService>(service: S) -> Result<(), RunError> {
    runtime::serve(App::new().fallback_service(service)).await
}

/// Services under an app: feature `tower`.
impl App {
    /// Makes a service answer requests whose path and method match no route, instead of 404 and 405: an `axum::Router`,
    /// or any other [`HttpService`]. Middleware of the app and CORS are around it.
    ///
    /// ```
    /// use axum::Router;
    /// use axum::routing::get;
    /// use gatewire::testing::Client;
    /// use gatewire::{App, Request};
    ///
    /// let router = Router::new().route("/", get(async || "axum")).route("/moved", get(async || "axum"));
    /// let client = Client::new(App::new().get("/moved", |_: Request| "gatewire").fallback_service(router))?;
    /// assert_eq!(client.get("/").send().text(), "axum");
    /// assert_eq!(client.get("/moved").send().text(), "gatewire");
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn fallback_service<S: HttpService>(self, service: S) -> Self {
        self.fallback(Mount::new(service))
    }

    /// Makes a service answer requests at a prefix and below it that match no route. The service sees the path without
    /// the prefix, as in axum. Of several prefixes the longest counts, and prefixes are tried before
    /// [`fallback_service`](Self::fallback_service).
    ///
    /// ```
    /// use axum::Router;
    /// use axum::routing::get;
    /// use gatewire::App;
    /// use gatewire::testing::Client;
    ///
    /// let users = Router::new().route("/", get(async || "all")).route("/{name}", get(async || "one"));
    /// let client = Client::new(App::new().nest_service("/users", users))?;
    /// assert_eq!(client.get("/users").send().text(), "all");
    /// assert_eq!(client.get("/users/ada").send().text(), "one");
    /// assert_eq!(client.get("/usersada").send().status(), 404);
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    ///
    /// A prefix with a parameter, an empty one, or the same one twice is an error of [`build`](Self::build).
    pub fn nest_service<S: HttpService>(self, prefix: &str, service: S) -> Self {
        self.nest_mount(prefix, Mount::new(service))
    }

    /// [`nest_service`](Self::nest_service) with settings.
    pub fn nest_mount<S: HttpService>(self, prefix: &str, mount: Mount<S>) -> Self {
        self.nest(prefix.to_owned(), erase(mount.below(prefix)))
    }
}
