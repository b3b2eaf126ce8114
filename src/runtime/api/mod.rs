//! The client of the [Runtime API][docs], on the standard library only: HTTP over one kept connection.
//!
//! ```text
//! Address ─► Connection ─► Head ─► body (Length, Chunked, until the end)      responses, parsed in place
//! Requests ─► Connection                                                      requests
//! report                                                                      errors, in the form that Lambda expects
//! ```
//!
//! Nothing here depends on sequences of invocations, on retries or on the engine.
//!
//! [docs]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

mod address;
mod chunked;
mod connection;
mod extension;
mod fault;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzzed;
mod head;
mod report;
mod request;
#[cfg(any(test, feature = "fuzzing"))]
mod script;
mod socket;
mod streaming;

pub(super) use address::Address;
pub(super) use connection::Connection;
pub(super) use extension::Extension;
pub(super) use fault::Fault;
pub(super) use head::Head;
pub(super) use report::{error_class, init_error, write_report};
pub(super) use request::Requests;
pub(super) use socket::Wait;
pub(super) use streaming::{begin_body, end_body, end_body_with, size_line};
