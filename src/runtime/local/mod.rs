//! A gateway on this machine: an HTTP server that turns each request into a genuine event of a source, runs the app on its
//! bytes and sends the response, so that a browser or curl can use the app as if it were deployed.
//!
//! | environment variable | values | default |
//! | --- | --- | --- |
//! | `GATEWIRE_ADDRESS` | address and port | `127.0.0.1:8080` |
//! | `GATEWIRE_SOURCE` | `rest`, `http_v1`, `http`, `alb`, `url`, `lattice`, `lattice_v2` | `http` |
//! | `GATEWIRE_MULTI_VALUE` | `true`, `false`: whether a load balancer has multi-value headers turned on | `false` |
//! | `GATEWIRE_STAGE` | the stage of a REST or HTTP API | `prod` or `$default` |
//! | `GATEWIRE_BASE_PATH` | the beginning of every path, as with a custom domain; other paths are answered with 403 | none |
//! | `GATEWIRE_HOSTS` | the hosts that requests may name besides this machine, separated by commas | none |
//! | `NO_COLOR` | any non-empty value: the lines about requests have no colours, even on a terminal | |
//!
//! The stage never stands in the URL of this gateway, but in the events, if the gateway that it plays puts it there.
//!
//! Every request is a line on stderr: method, path, status, time and bytes of the body. Ctrl-C, or SIGTERM, ends it:
//! requests in flight are finished first, for ten seconds at most; a second Ctrl-C does not wait. It stops at once if
//! no request is in flight, and frees its port, so that `cargo watch -x run` restarts it at every change.
//!
//! It answers requests for `localhost`, for loopback addresses, for the host of its own address and for those that
//! `GATEWIRE_HOSTS` names; requests for other hosts are answered with 403. Otherwise a page that has its name resolve
//! to this machine (DNS rebinding) could read what the app answers. If the host of a request or
//! the end of its body is ambiguous, it is answered with 400. A head may take 30 seconds, a body a minute.
//!
//! A failed invocation is answered with 502, and [one line](super#what-is-logged) says why.
//!
//! Bodies are held in memory, up to the 6 MB that Lambda takes. It has one thread, as a Lambda function has one invocation at
//! a time, and is fast enough not to be noticed: on two shared cores of a virtual machine it answered 24,000 requests a
//! second, half of them within 0.3 ms, with the load tool on the same cores and a line for each request:
//!
//! ```sh
//! cargo run --release --example todos 2> lines &
//! wrk -t1 -c8 -d5s --latency http://127.0.0.1:8080/todos
//! ```
//!
//! A [`Stream`](crate::Stream) leaves as it does on AWS. If the emulated gateway streams, and the app
//! [does](crate::App::streaming), that is piece by piece, in chunks: `GATEWIRE_SOURCE=url` or `rest`. The handler waits
//! if the client is slow, and is dropped if the client goes away; an error after the first piece ends the connection
//! without the end of the body, so that nobody takes a part for the whole. The other gateways wait for the whole, and
//! so does this one. The line about such a request is printed after the last piece.
//!
//! It is for development: it has no TLS, and listens to this machine only, unless another address is set.

mod body;
mod exchange;
mod host;
mod line;
mod refusal;
mod server;
mod settings;
mod signals;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use exchange::exchange_all;
pub use settings::Local;

use std::future::Future;

use tokio::net::TcpListener;

use super::RunError;

impl Local {
    /// Serves until Ctrl-C or SIGTERM, on the tokio runtime that awaits it. If the tokio runtime cannot end in time,
    /// since a handler blocks it, the process ends with status 130; it does so too at the second signal.
    ///
    /// # Errors
    /// If it cannot listen on the address.
    pub async fn serve(self) -> Result<(), RunError> {
        let listener = self.listen().await?;
        // Before the line that says it listens: a reader of that line may send a signal.
        let mut signals = signals::Signals::new().map_err(RunError::Io)?;
        server::serve(self, listener, signals.first()).await
    }

    /// Serves until `stop` completes, and finishes the requests in flight then, for ten seconds at most.
    ///
    /// ```no_run
    /// # use gatewire::runtime::local::Local;
    /// # async fn f(local: Local) -> Result<(), gatewire::RunError> {
    /// local.serve_until(tokio::time::sleep(std::time::Duration::from_secs(60))).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// If it cannot listen on the address.
    pub async fn serve_until(self, stop: impl Future<Output = ()>) -> Result<(), RunError> {
        let listener = self.listen().await?;
        server::serve(self, listener, stop).await
    }

    async fn listen(&self) -> Result<TcpListener, RunError> {
        TcpListener::bind(&self.address).await.map_err(|error| self.listen_error(error))
    }
}
