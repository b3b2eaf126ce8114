//! gatewire is an event handler for AWS Lambda functions that answer HTTP: behind API Gateway (REST and HTTP APIs), an
//! Application Load Balancer, a Function URL or VPC Lattice. It takes the raw payload of an invocation, decodes it in
//! place, routes it, calls your handler and writes the proxy response, without one heap allocation per invocation in
//! steady state.
//!
//! ```no_run
//! use gatewire::{App, Error, HttpError, Json, Request};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize)]
//! struct Greeting<'r> {
//!     hello: &'r str,
//! }
//!
//! // Borrowed from the request, written straight into the response.
//! fn hello(req: Request<'_>) -> Json<Greeting<'_>> {
//!     Json(Greeting { hello: req.param("name") })
//! }
//!
//! #[derive(Deserialize)]
//! struct NewTodo<'r> {
//!     title: &'r str,
//! }
//!
//! // Async or not; `?` takes any `std::error::Error`, and a bad body is answered with 400.
//! async fn create(req: Request<'_>) -> Result<(u16, Json<&str>), Error> {
//!     let todo: NewTodo = req.body_json()?;
//!     if todo.title.is_empty() {
//!         return Err(HttpError::bad_request("a todo needs a title").into());
//!     }
//!     Ok((201, Json(todo.title)))
//! }
//!
//! fn main() -> Result<(), gatewire::RunError> {
//!     gatewire::run(App::new().get("/hello/{name}", hello).post("/todos", create))
//! }
//! ```
//!
//! On Lambda this program is the function; anywhere else, [`run`] starts a gateway on <http://127.0.0.1:8080>, which
//! turns HTTP requests into genuine events. If `main` is async, as with `#[tokio::main]`, await `gatewire::serve`
//! instead.
//!
//! # How data flows
//!
//! ```text
//! payload bytes ─► event ─► Request ─► route ─► middleware ─► handler ─► Response ─► encode ─► response bytes
//!                  decode,             radix                  sync or                one pass: JSON in JSON,
//!                  borrowed,           trie, regex            async                  base64, headers, cookies
//!                  validated           segments
//! └───────────────────────── engine: bytes in, bytes out, no I/O ─────────────────────────┘
//!              ▲                                                                          │
//!              └────────────── runtime: direct · lambda_runtime · local gateway ◄──────────┘
//! ```
//!
//! * An [`App`] is what you register: [rules](manual::routing), handlers, [`Router`]s, middleware, error handlers,
//!   state. [`App::build`] compiles it into an [`Engine`](engine::Engine), and reports then what is wrong with it, never later.
//! * A [`Worker`](engine::Worker) of the engine handles one invocation at a time in memory that it keeps. It does no I/O, so it can be
//!   embedded, tested and measured as it is.
//! * [`run`], or `serve` in an async `main`, is all that most programs need; see [`runtime`] for what it does on Lambda
//!   and the alternatives.
//! * A [`Request`] reads the same behind every gateway. [`RequestContext`](context::RequestContext) has the gateway's data beyond HTTP, and the
//!   raw event is one call away.
//! * [`IntoResponse`] lists the types that a handler may return, and [`Handler`](handler::Handler) the functions that
//!   are handlers.
//! * [`extract`] has the typed arguments of handlers, such as `Path<u64>` and `Json<Todo>`; [`manual::arguments`] is their
//!   guide.
//! * [`App::websocket`] answers the events of WebSocket APIs, [`authorizer`] those of Lambda authorizers, and
//!   [`App::other_events`] whatever else invokes the function.
//! * [`testing`] sends requests to an app in unit tests; [`manual::powertools`] is for users of Powertools.
//! * [`manual::everyday`] has the small things that every API needs: security headers, limits, entity tags, files, sign-in.
//! * [`manual::compile_errors`] lists what the compiler says about common mistakes, and the fix for each.
//! * [`observe`] has the access log and the metrics; [`manual::production`] shows what to turn on in production.
//! * [`manual::security`] lists how hostile requests are handled, and [`manual::testing`] how all of this is tested.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `bytes` | no | handlers may return `Bytes` and `BytesMut` of the crate bytes |
//! | `etag` | no | [`App`]`::etag`: entity tags of bodies, and 304 to clients that have them |
//! | `futures` | no | [`Stream`]s from the streams of other crates, through the trait of futures-core |
//! | `graceful-shutdown` | no | [`runtime::direct`]: `Direct::stop_on_sigterm` and a hook at the end of the process |
//! | `gzip` | yes | compressed responses, by libdeflate; it needs a C compiler |
//! | `http` | no | types of the crate `http`: its responses and statuses as handlers' responses, `Request::to_http` |
//! | `lambda` | no | [`runtime`]`::lambda`: on Lambda through the `lambda_runtime` crate |
//! | `local` | yes | the local gateway of [`run`]; leave it out of release builds if you like |
//! | `macros` | no | `#[derive(Input)]`: see [`extract`] |
//! | `openapi` | no | module `openapi`: the OpenAPI 3.1 document of an app, and a page to look at it |
//! | `openapi-ui` | no | Swagger UI in the program, for machines without a network: 440 KB; with `openapi` |
//! | `regex` | yes | rules with regexes beyond the built-in classes (`\d+`, `[a-z0-9-]+`, `.+` … need no engine) |
//! | `signed-cookies` | no | `SignedCookies`: cookies that the browser keeps and cannot change |
//! | `static-files` | no | `StaticFiles`: files that are compiled into the program; with `etag` |
//! | `tokio` | yes | async handlers run in a tokio runtime, so that the AWS SDK works in them |
//! | `tower` | no | axum routers and other services under an app: module `tower`, and an app as a service; with `http` |
//! | `tracing` | no | a span for each invocation, with method, path, route, status and identifiers |
//! | `validate` | no | requests that do not fit are answered with 422 and all errors: module `validate`, by the crate garde |
//!
//! `default-features = false` leaves the engine and the [direct runtime](runtime::direct), which needs the standard
//! library alone.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("readme.md")]
struct Readme;

// The derive names the crate, and the fuzz target uses the derive.
#[cfg(all(feature = "macros", feature = "validate", any(test, feature = "fuzzing")))]
extern crate self as gatewire;

pub mod app;
mod arena;
mod arn;
mod build_error;
mod codec;
mod decision;
pub mod engine;
mod event;
#[cfg(test)]
mod exhaustive;
pub mod extract;
pub mod form;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
#[allow(missing_docs)]
pub mod fuzz;
pub mod gateway;
pub mod handler;
mod high_water;
mod http;
#[cfg(feature = "http")]
mod http_types;
#[cfg(feature = "internals")]
#[doc(hidden)]
#[allow(missing_debug_implementations, missing_docs)]
pub mod internals;
mod invocation_error;
mod json;
mod log;
pub mod manual;
mod mismatch;
pub mod observe;
#[cfg(feature = "openapi")]
#[cfg_attr(docsrs, doc(cfg(feature = "openapi")))]
pub mod openapi;
mod respond;
mod route;
pub mod runtime;
#[cfg(feature = "signed-cookies")]
mod signed_cookies;
mod source;
#[cfg(feature = "static-files")]
#[cfg_attr(docsrs, doc(cfg(feature = "static-files")))]
pub mod static_files;
mod swar;
mod sync;
pub mod testing;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tracing")]
mod trace;
mod trace_context;
mod unwind;
#[cfg(feature = "validate")]
pub mod validate;

/// Lambda authorizers: programs that decide whether a client may call an API.
///
/// [The manual](crate::manual::authorizers) explains them, with whole programs.
pub mod authorizer {
    pub use crate::app::Authorizer;
    pub use crate::decision::{AuthorizerRequest, ContextValue, Decision};
    pub use crate::source::AuthorizerKind;
}

/// The data beyond HTTP that comes with a request: the gateway's request context, identities and authorizers, the raw
/// event, and the context of the invocation.
pub mod context {
    pub use crate::event::{
        Authorizer, ClientCertificate, CognitoIdentity, Headers, IamAuthorizer, Identity, JsonView, OtherEvent, Query,
        RequestContext, StringMap, Validity,
    };
    pub use crate::handler::LambdaContext;
    pub use crate::trace_context::{Trace, TraceParent, XRayHeader};
}

/// The error types of the crate, from building an app to answering a request.
pub mod error {
    pub use crate::build_error::{ArgumentError, ArgumentErrorKind, ArgumentErrors, BuildError};
    pub use crate::event::{BodyError, EventError};
    pub use crate::form::{FormError, MultipartFault};
    pub use crate::handler::{Panicked, ParamError};
    pub use crate::http::{CookieError, InvalidStatusCode};
    pub use crate::invocation_error::InvocationError;
    pub use crate::json::write::SerializeError;
    pub use crate::json::{JsonError, JsonErrorKind};
    pub use crate::mismatch::{Mismatch, MismatchKind};
    pub use crate::respond::HeaderError;
    pub use crate::route::{RouteError, RouteErrorKind, RouteErrors};
    #[cfg(feature = "validate")]
    pub use crate::validate::{ResponseValidationError, ValidationError};
}

#[doc(inline)]
pub use app::{App, Cors, Route, Router};
#[doc(inline)]
pub use handler::{
    Error, Html, HttpError, IntoResponse, Json, Next, OrFail, Redirect, Reply, Request, Response, Stream,
};
pub use http::{Cookie, SameSite, StatusCode};
#[cfg(feature = "tokio")]
#[doc(inline)]
pub use runtime::serve;
#[doc(inline)]
pub use runtime::{RunError, run};
#[cfg(feature = "signed-cookies")]
#[doc(inline)]
pub use signed_cookies::SignedCookies;
pub use source::EventSource;
