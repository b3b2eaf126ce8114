//! The work of a gateway: it makes the event of an HTTP request, and reads the response from the function's payload.
//!
//! The local gateway uses it, and tests can send a request through any [`EventSource`] with it:
//!
//! ```
//! use gatewire::gateway::{HttpRequest, HttpResponse};
//! use gatewire::{context::LambdaContext, App, EventSource, Request};
//!
//! fn hello(req: Request<'_>) -> String {
//!     format!("hello {}", req.query("name").unwrap_or("you"))
//! }
//!
//! let mut worker = App::new().get("/hello", hello).build()?.worker();
//! let event = HttpRequest::new("GET", "/hello?name=ada").header("Accept", "text/plain").event(EventSource::HttpApiV2);
//! let payload = worker.call_blocking(&event, &LambdaContext::default())?;
//! let response = HttpResponse::from_payload(EventSource::HttpApiV2, payload)?;
//! assert_eq!((response.status, response.text()), (200, Some("hello ada")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Events have the fields that AWS sends, with made-up accounts, domains and ids. Each gateway changes requests in its
//! own way, and so does this module:
//!
//! | source | path | query | repeated headers |
//! | --- | --- | --- | --- |
//! | [`Rest`](EventSource::RestApi) | as it came | decoded | all values, in `multiValueHeaders` |
//! | [`HttpV1`](EventSource::HttpApiV1) | decoded, after a named stage | decoded | all values, in `multiValueHeaders` |
//! | [`Http`](EventSource::HttpApiV2) | decoded, after a named stage | as it came, and decoded | joined with commas |
//! | [`Alb`](EventSource::Alb) | as it came | as it came: the last value, or all | the last value, or all |
//! | [`FunctionUrl`](EventSource::FunctionUrl) | as it came | as it came, and decoded | joined with commas |
//! | [`LatticeV1`](EventSource::LatticeV1) | as it came | as it came, after the path | the last value |
//! | [`LatticeV2`](EventSource::LatticeV2) | as it came | decoded: all values | all values |
//!
//! HTTP APIs and Function URLs put cookies into a separate list; Function URLs leave them in `headers` too.
//!
//! With a custom domain, [`Rest`](EventSource::RestApi) and [`HttpV1`](EventSource::HttpApiV1) send the base path and no stage, and
//! [`Http`](EventSource::HttpApiV2) sends the stage and no base path: see [`HttpRequest::base_path`].

mod alb;
mod http_api;
mod lattice;
mod object;
mod parts;
mod request;
mod response;
mod rest;
#[cfg(test)]
mod tests;

pub use request::HttpRequest;
pub use response::{HttpResponse, MalformedResponse};

use crate::source::EventSource;

impl HttpRequest {
    /// The event that the gateway makes of the request: JSON.
    ///
    /// Like the gateways it adds `X-Forwarded-For`, `X-Forwarded-Port`, `X-Forwarded-Proto` and `X-Amzn-Trace-Id` if
    /// the request lacks them; a load balancer and VPC Lattice append to an existing `X-Forwarded-For`. Request ids are
    /// made from a counter and the current time.
    ///
    /// A path that cannot be decoded is left unchanged, by an HTTP API too.
    pub fn event(&self, source: EventSource) -> Vec<u8> {
        match source {
            EventSource::RestApi => rest::event(self),
            EventSource::HttpApiV1 => rest::http_v1_event(self),
            EventSource::HttpApiV2 => http_api::event(self),
            EventSource::FunctionUrl => http_api::function_url_event(self),
            EventSource::Alb => alb::event(self),
            EventSource::LatticeV1 => lattice::event(self),
            EventSource::LatticeV2 => lattice::v2_event(self),
        }
    }
}
