//! The reports of a function about its invocations: one line for each in an [access log](AccessLog), and
//! [metrics](Metrics) for CloudWatch.
//!
//! ```
//! use gatewire::observe::{AccessLog, Metrics};
//! use gatewire::{App, Request};
//!
//! let app = App::new()
//!     .access_log(AccessLog::json())
//!     .metrics(Metrics::namespace("Shop").service("todos"))
//!     .get("/todos/{id}", |req: Request| {
//!         req.metrics().count("Read", 1);
//!         req.reply(req.param("id"))
//!     });
//! # app.build().unwrap();
//! ```
//!
//! Both are written to standard output after the response has been sent and before the next event is requested, each
//! in one write, from buffers that are kept: no invocation allocates memory for them. An app that uses neither contains
//! no code of theirs. [`manual::production`](crate::manual::production) shows real output, and what each of them costs.

mod access_log;
mod client;
mod document;
mod emf;
mod escaped;
mod line;
mod metrics;
mod name;
mod recorder;
mod samples;
mod sink;

pub use access_log::AccessLog;
pub use line::Fields;
pub use metrics::{Metrics, RequestMetrics, Unit};

pub(crate) use emf::Settings as MetricSettings;
pub(crate) use recorder::Settings as LogSettings;
