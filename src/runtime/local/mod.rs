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
//! [`Local::authorizer`] puts a Lambda authorizer before the app. An authorizer that is run by itself is asked about every
//! request, and its decision is the response.
//!
//! It is for development: it has no TLS, and listens to this machine only, unless another address is set.

mod answer;
mod authority;
mod exchange;
mod host;
mod line;
mod refusal;
mod server;
mod settings;
mod signals;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use exchange::exchange_all;
use std::future::Future;

use tokio::net::TcpListener;

use super::RunError;
use crate::engine::Engine;
use crate::source::EventSource;

const DEFAULT_ADDRESS: &str = "127.0.0.1:8080";

/// The local gateway of an engine.
///
/// ```no_run
/// use gatewire::runtime::local::Local;
/// use gatewire::{App, EventSource, Request};
///
/// # async fn main_() -> Result<(), gatewire::RunError> {
/// let engine = App::new().get("/hello", |_: Request| "hello").build()?;
/// Local::new(engine).address("127.0.0.1:9000").source(EventSource::RestApi).serve().await
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Local {
    engine: Engine,
    address: String,
    source: EventSource,
    stage: Option<String>,
    base_path: Option<String>,
    multi_value: bool,
    hosts: Vec<String>,
    authorizer: Option<Engine>,
    token_authorizer: bool,
}

impl Local {
    /// A gateway on 127.0.0.1:8080 that plays an HTTP API.
    pub fn new(engine: Engine) -> Self {
        let address = DEFAULT_ADDRESS.to_owned();
        Self {
            engine,
            address,
            source: EventSource::HttpApiV2,
            stage: None,
            base_path: None,
            multi_value: false,
            hosts: Vec::new(),
            authorizer: None,
            token_authorizer: false,
        }
    }

    /// As [`new`](Self::new), but with the settings of the [environment variables](self).
    ///
    /// # Errors
    /// If one of them has a value that is not allowed.
    pub fn from_env(engine: Engine) -> Result<Self, RunError> {
        settings::apply(Self::new(engine), |name| std::env::var(name).ok())
    }

    /// Sets the address and port to listen on; port 0 lets the system choose.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// Sets the gateway to play.
    pub fn source(mut self, source: EventSource) -> Self {
        self.source = source;
        self
    }

    /// Sets the stage of the API; by default that of a new API of its kind. It stands in events, and not in URLs.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = Some(stage.into());
        self
    }

    /// Sets the beginning of the path, as if a custom domain mapped an API to a base path, or a load balancer had a
    /// rule for it: [`App::strip_prefix`](crate::App::strip_prefix) removes it in the app. Requests for other paths do
    /// not reach the app. An empty base path, or `/`, counts as absent.
    pub fn base_path(mut self, base_path: impl Into<String>) -> Self {
        self.base_path = Some(base_path.into());
        self
    }

    /// Sets whether a load balancer sends multi-value headers.
    pub fn multi_value(mut self, multi_value: bool) -> Self {
        self.multi_value = multi_value;
        self
    }

    /// Sets the hosts that requests may name besides this machine, without ports: names, or addresses of this machine
    /// in its network.
    ///
    /// ```no_run
    /// # use gatewire::runtime::local::Local;
    /// # fn f(local: Local) -> Local {
    /// local.address("0.0.0.0:8080").hosts(["dev.example.com", "192.168.1.20"])
    /// # }
    /// ```
    pub fn hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the authorizer of the API that is played: it is asked about each request first, in the form of that API, and
    /// its context is in the event that the app receives. If it denies the call, the client receives 403; for
    /// `Unauthorized` 401, and 500 if it fails. Load balancers, Function URLs and VPC Lattice have no authorizers: with
    /// them, a line at the start says that nobody is asked.
    ///
    /// Nothing is cached. Preflights are asked about too, as by an API with a single route for everything.
    ///
    /// ```no_run
    /// use gatewire::authorizer::{Authorizer, AuthorizerRequest, Decision};
    /// use gatewire::runtime::local::Local;
    /// use gatewire::{App, Request};
    ///
    /// # async fn main_() -> Result<(), gatewire::RunError> {
    /// let authorizer = Authorizer::new(|req: AuthorizerRequest| match req.token() {
    ///     Some(_) => Decision::allow("ada"),
    ///     None => Decision::unauthorized(),
    /// });
    /// let app = App::new().get("/hello", |_: Request| "hello");
    /// Local::from_env(app.build()?)?.authorizer(authorizer.build()?).serve().await
    /// # }
    /// ```
    pub fn authorizer(mut self, authorizer: Engine) -> Self {
        self.authorizer = Some(authorizer);
        self
    }

    /// Sets whether the authorizer of a REST API is of the type `TOKEN`, and not `REQUEST`. Other APIs have no such
    /// types.
    pub fn token_authorizer(mut self, token: bool) -> Self {
        self.token_authorizer = token;
        self
    }

    /// The authorizer to ask. An engine that is an authorizer itself is asked for want of an app.
    fn authority(&self) -> Option<authority::Authority> {
        let engine = self.authorizer.as_ref().or_else(|| Some(&self.engine).filter(|engine| engine.is_authorizer()))?;
        Some(authority::Authority::new(engine.clone(), authority::kind(self.source, self.token_authorizer)?))
    }

    /// Those hosts, and that of the address, by which clients reach it.
    fn all_hosts(&self) -> Vec<String> {
        let own = self.address.rsplit_once(':').map_or("", |(host, _)| host.trim_matches(['[', ']']));
        self.hosts.iter().map(String::as_str).chain([own]).filter(|host| !host.is_empty()).map(str::to_owned).collect()
    }

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

    fn listen_error(&self, error: std::io::Error) -> RunError {
        let error = match error.kind() {
            std::io::ErrorKind::AddrInUse => std::io::Error::new(error.kind(), "another program listens there already"),
            _ => error,
        };
        RunError::Listen { address: self.address.clone(), error }
    }

    /// The line that shows its address and settings.
    fn greeting(&self, address: std::net::SocketAddr) -> String {
        let base_path = self.base_path.as_deref().unwrap_or_default().trim_matches('/');
        let slash = if base_path.is_empty() { "" } else { "/" };
        let source = name(self.source);
        let multi_value =
            if self.multi_value && self.source == EventSource::Alb { " with multi-value headers" } else { "" };
        let stage = self.stage.as_ref().map(|stage| format!(", stage {stage}")).unwrap_or_default();
        let authorizer = match (&self.authorizer, self.authority()) {
            (None, _) => "",
            (Some(_), Some(_)) => " with an authorizer",
            (Some(_), None) => " (which has no authorizers: yours is not asked)",
        };
        format!(
            "gatewire: http://{address}{slash}{base_path} plays {source}{multi_value}{stage}{authorizer}; Ctrl-C stops it"
        )
    }
}

/// The common name of the gateway.
const fn name(source: EventSource) -> &'static str {
    match source {
        EventSource::RestApi => "a REST API",
        EventSource::HttpApiV1 => "an HTTP API (payload 1.0)",
        EventSource::HttpApiV2 => "an HTTP API",
        EventSource::Alb => "an Application Load Balancer",
        EventSource::FunctionUrl => "a Function URL",
        EventSource::LatticeV1 => "VPC Lattice (version 1)",
        EventSource::LatticeV2 => "VPC Lattice (version 2)",
    }
}
