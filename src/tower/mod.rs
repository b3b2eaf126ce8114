//! Services of the tower ecosystem: an axum router under an app, or an app as a service.
//!
//! An axum application runs on gatewire with one line in `main`:
//!
//! ```no_run
//! use axum::Router;
//! use axum::extract::Path;
//! use axum::routing::get;
//!
//! async fn hello(Path(name): Path<String>) -> String {
//!     format!("hello {name}")
//! }
//!
//! fn main() -> Result<(), gatewire::RunError> {
//!     let router = Router::new().route("/hello/{name}", get(hello));
//!     gatewire::tower::run(router) // was: lambda_http::run(router).await
//! }
//! ```
//!
//! Any type that implements [`tower_service::Service`] over the types of the crate `http` can be used instead of the
//! router: see [`HttpService`]. This module depends on neither axum nor tower.
//!
//! * [`run()`] and [`serve`] run a service alone, on Lambda and on this machine.
//! * [`App::fallback_service`](crate::App::fallback_service) makes a service answer requests that match no route of an
//!   app, and [`App::nest_service`](crate::App::nest_service) those below a prefix. Routes win, so that they can be
//!   moved one by one.
//! * [`Mount`] is a service with settings, for [`App::fallback`](crate::App::fallback) and for routes: extensions,
//!   absolute URIs, compression.
//! * [`Invocation`] and [`Peer`] hold the data of the gateway and Lambda beyond HTTP.
//! * [`AppService`] is the opposite: an app as a service, for hyper, axum and tests.
//!
//! # Errors
//! A request that no server would take does not reach the service. It is answered as errors of handlers are, and goes to
//! [`App::on_error`](crate::App::on_error) first:
//!
//! | request | error | status |
//! | --- | --- | ---: |
//! | a malformed path, method or header field | [`HttpError`](crate::HttpError) | 400 |
//! | a body that is not the base64 that it claims to be | [`BodyError::Base64`](crate::error::BodyError) | 400 |
//! | more than 4 GB together | [`HttpError`](crate::HttpError) | 413 |
//! | path and query of more than 65,534 bytes | [`HttpError`](crate::HttpError) | 414 |
//! | more header fields than an `http::HeaderMap` holds | [`HttpError`](crate::HttpError) | 431 |
//!
//! An error of the service or of its response body is a [`ServiceError`]. A status outside of 200 to 599 is an
//! [`InvalidStatusCode`](crate::error::InvalidStatusCode). Without an error handler they fail the invocation, and so does
//! a response that is larger than the gateway takes.
//!
//! [`manual::axum`](crate::manual::axum) describes the move from `lambda_http`, step by step.

mod absolute_uri;
mod app_service;
mod body;
mod error;
mod invocation;
mod mount;
mod reply;
mod run;

pub use app_service::{AppFuture, AppService};
pub use body::Body;
pub use error::ServiceError;
pub use invocation::{Invocation, Peer};
pub use mount::{HttpService, Mount, Mounted};
pub use reply::ResponseBody;
pub use run::run;
#[cfg(feature = "tokio")]
pub use run::serve;
