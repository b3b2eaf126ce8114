//! On Lambda, by a built-in client of the [Runtime API][docs]: one kept connection, one reused buffer whose bytes the
//! engine reads in place, and no heap allocation per invocation in the whole process. It needs only the standard
//! library.
//!
//! # Async handlers
//!
//! With the feature `tokio` (a default), [`run`] handles invocations in a tokio runtime of one thread with everything
//! enabled, so that the AWS SDK, timers and `tokio::spawn` work in handlers. Tasks that handlers spawn, such as the
//! connections of HTTP clients, go on while the next event is awaited, for as long as Lambda does not freeze the
//! process. Without the feature, async handlers are polled by an executor without timers and sockets.
//! [`Direct::run_on`] takes any other executor, [`Direct::serve`] the tokio runtime that awaits it.
//!
//! # Environment variables
//!
//! | variable | set by | meaning |
//! | --- | --- | --- |
//! | `AWS_LAMBDA_RUNTIME_API` | Lambda, emulators | the address of the Runtime API: `host:port`, or a URL with a path |
//! | `AWS_LAMBDA_MAX_CONCURRENCY` | Lambda Managed Instances | how many invocations run at a time; without it, one |
//! | `AWS_LAMBDA_INITIALIZATION_TYPE` | Lambda | `snap-start`: the first event is awaited after the snapshot is restored |
//!
//! `_X_AMZN_TRACE_ID` is not set by this runtime unless [`Direct::trace_variable`] asks for it: to put a variable into the
//! environment is unsound while another thread reads one. A handler reads the value by
//! [`LambdaContext::trace_id`](crate::context::LambdaContext::trace_id). The AWS SDK looks for it in the environment, to continue
//! X-Ray traces and to break loops between functions, and makes one header of it, which
//! [a call of the SDK can set instead](crate::manual::production#traces).
//!
//! # Streaming
//!
//! [Streamed](crate::App::streaming) responses are sent while they are made, each piece in one write. Such a write may
//! wait until the service has room, and all tasks in the same tokio runtime wait with it: of bodies above 6 MB,
//! Lambda takes 2 MB in a second. [One write](Direct::pipelined) is for responses that are not streamed.
//!
//! # Failures and their consequences
//!
//! | failure | consequence |
//! | --- | --- |
//! | a handler fails or panics, the event cannot be read, the response is too large | reported to Lambda, with [a line](super#what-is-logged) on standard error; the next event is handled |
//! | the app does not build | reported to Lambda as an error of the initialisation; [`run`] returns the error |
//! | the connection is lost, or the bytes received are not HTTP | a new connection; the same response is sent again |
//! | a response sent again is refused with 400, 403 or 410 | it had arrived |
//! | a response is refused with 410 (too late), 413 or another status below 500 | a line on standard error; the next event |
//! | a handler fails in the middle of a response that is streamed | reported by trailers; the gateway cuts the response off |
//! | the connection is lost in the middle of such a response | it is not kept, so the invocation is reported as failed |
//! | an event does not arrive whole | its invocation is reported as failed |
//! | an event has no usable `Lambda-Runtime-Aws-Request-Id` | it cannot be answered; the next event is requested, and the runtime ends if that goes on |
//! | status 500 and above; a status other than 2xx for an event | [`run`] returns the error at once: Lambda starts anew |
//! | one of [several workers](Direct::concurrency) ends with an error, or a panic escapes | the same: the others are not waited for |
//!
//! Nothing is tried more than five times in a row. Waiting for the next event has no time limit: Lambda freezes the process
//! in between, for hours.
//!
//! [docs]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

mod client;
mod invocation;
mod team;
#[cfg(unix)]
mod trace_variable;
mod upload;

#[cfg(unix)]
pub use trace_variable::TraceVariable;

use std::fmt;
use std::future::Future;
#[cfg(feature = "tokio")]
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use client::{Client, ClientError, Next, Settings, Stop};
use team::{Ended, Team, Workers};

use super::api::{Address, Extension, Wait};
use super::error::RunError;
use super::startup;
#[cfg(not(feature = "tokio"))]
use crate::engine::block_on;
use crate::engine::{Answer, Engine, IntoEngine, Worker};
use crate::log::{Level, log};

/// Runs an app on Lambda, until the process is ended.
///
/// # Errors
/// If the app does not build or an environment variable is not understood, which is reported to Lambda as an error of
/// the initialisation; and if the Runtime API cannot be reached any more.
///
/// ```no_run
/// use gatewire::{App, Request};
///
/// fn main() -> Result<(), gatewire::RunError> {
///     gatewire::runtime::direct::run(App::new().get("/hello", |_: Request| "hello"))
/// }
/// ```
pub fn run(app: impl IntoEngine) -> Result<(), RunError> {
    #[cfg(feature = "tokio")]
    startup::reported(startup::outside_tokio("gatewire::serve"))?;
    startup::reported(app.into_engine().map_err(RunError::from).and_then(Direct::from_env))?.run()
}

/// The direct runtime of an engine.
///
/// ```no_run
/// use gatewire::runtime::direct::Direct;
/// use gatewire::{App, Request};
///
/// # fn main() -> Result<(), gatewire::RunError> {
/// let engine = App::new().get("/hello", |_: Request| "hello").build()?;
/// Direct::from_env(engine)?.pipelined(true).run()
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Direct {
    engine: Engine,
    address: Address,
    concurrency: usize,
    pipelined: bool,
    snap_start: bool,
    #[cfg(unix)]
    trace_variable: Option<TraceVariable>,
    extension: bool,
    shutdown: Option<Arc<dyn Fn() -> Stop + Send + Sync>>,
    stop: Option<Arc<dyn Fn() -> Stop + Send + Sync>>,
}

impl Direct {
    /// A runtime that gets its events from a Runtime API: `host:port`, or a URL whose path is the prefix of its paths.
    /// It handles one invocation at a time.
    ///
    /// # Errors
    /// If `runtime_api` is not such an address.
    pub fn new(engine: Engine, runtime_api: &str) -> Result<Self, RunError> {
        let address = Address::parse(runtime_api).ok_or_else(|| {
            startup::environment(
                startup::RUNTIME_API,
                runtime_api,
                "the address of a Runtime API: host:port, or a URL with the scheme http",
            )
        })?;
        Ok(Self {
            engine,
            address,
            concurrency: 1,
            pipelined: false,
            snap_start: false,
            #[cfg(unix)]
            trace_variable: None,
            extension: false,
            shutdown: None,
            stop: None,
        })
    }

    /// As [`new`](Self::new), but with the settings of the environment variables.
    ///
    /// # Errors
    /// If `AWS_LAMBDA_RUNTIME_API` is not set or not an address, or `AWS_LAMBDA_MAX_CONCURRENCY` is not a number.
    pub fn from_env(engine: Engine) -> Result<Self, RunError> {
        let runtime_api = std::env::var(startup::RUNTIME_API).unwrap_or_default();
        let mut direct = Self::new(engine, &runtime_api)?.concurrency(startup::max_concurrency()?);
        direct.snap_start =
            std::env::var_os("AWS_LAMBDA_INITIALIZATION_TYPE").is_some_and(|value| value == "snap-start");
        Ok(direct)
    }

    /// Sets how many invocations run at a time, each on a separate thread with its own connection,
    /// [worker](crate::engine::Worker) and executor, so that futures need not be `Send`. More than one is for Lambda Managed
    /// Instances: elsewhere Lambda hands out no second event before the first is answered. Zero counts as one.
    pub fn concurrency(mut self, invocations: usize) -> Self {
        self.concurrency = invocations.max(1);
        self
    }

    /// Sets whether a response and the request for the next event are sent in one write; off by default.
    ///
    /// It saves a system call and a wake-up for each invocation. The risk: the next event may have been handed out on a
    /// connection that dies before the answer to the response has been read. The service does not hand it out again,
    /// and that invocation fails when its time is up. HTTP allows clients to send requests ahead of answers, and the
    /// servers of Go, of which Lambda's is one, handle them in order; AWS does not document that this is supported.
    ///
    /// It has no effect if the app has an [access log](crate::App::access_log), [metrics](crate::App::metrics) or a hook
    /// [after responses](crate::App::after_response): these come between the response and the request.
    pub fn pipelined(mut self, pipelined: bool) -> Self {
        self.pipelined = pipelined;
        self
    }

    /// Sets the environment variable `_X_AMZN_TRACE_ID` before each invocation, so that the AWS SDK passes the trace on; off by
    /// default. [`TraceVariable::define`] says which threads may read it. It costs no allocation and no system call.
    ///
    /// It has no effect if [several invocations](Self::concurrency) run at a time, since all of them read the same variable.
    #[cfg(unix)]
    pub fn trace_variable(mut self, variable: TraceVariable) -> Self {
        self.trace_variable = Some(variable);
        self
    }

    /// Ends the runtime when a future is ready: no further event is handled, one that is being handled is answered first,
    /// and then [`run`](Self::run) returns. `stop` makes the future, once for each invocation that can run at a time.
    ///
    /// It is polled while the next event is awaited in a tokio runtime; without one, before each event only.
    ///
    /// Lambda sends `SIGTERM` before it ends a process only if an extension is registered, and then only between
    /// invocations: a function that has nothing to flush does not need this. Signal handlers take `unsafe`, so this
    /// crate leaves them to others, such as tokio with its feature `signal`. `stop_on_sigterm`, with the feature
    /// `graceful-shutdown`, does all of this; by hand it is:
    ///
    /// ```no_run
    /// use gatewire::runtime::direct::Direct;
    /// use gatewire::{App, Request};
    /// use tokio::signal::unix::{SignalKind, signal};
    ///
    /// # fn main() -> Result<(), gatewire::RunError> {
    /// let engine = App::new().get("/hello", |_: Request| "hello").build()?;
    /// let direct = Direct::from_env(engine)?.stop_when(|| async {
    ///     let mut terminate = signal(SignalKind::terminate()).expect("a handler of the signal");
    ///     terminate.recv().await;
    /// });
    /// direct.run()?;
    /// println!("the last invocation is answered: now is the time to flush");
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop_when<F, S>(mut self, stop: S) -> Self
    where
        F: Future<Output = ()> + 'static,
        S: Fn() -> F + Send + Sync + 'static,
    {
        self.stop = Some(Arc::new(move || Box::pin(stop())));
        self
    }

    /// Sets whether an [internal extension][docs] is registered before the first event is requested; off by default.
    /// Only with an extension does Lambda send `SIGTERM` before it ends the process, 500 ms before (300 ms beside an
    /// external one). It takes a request and a connection more at the start. If the service refuses it, as an emulator
    /// without extensions does, there is a line on standard error, and the runtime goes on.
    ///
    /// [docs]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
    pub fn register_extension(mut self, register: bool) -> Self {
        self.extension = register;
        self
    }

    /// Runs an async function when the runtime was [stopped](Self::stop_when), before [`run`](Self::run) returns: to flush
    /// telemetry and to close connections, on the executor of the handlers. With several threads, the last that stops
    /// runs it. It does not run if the runtime ends with an error.
    ///
    /// ```no_run
    /// # #[cfg(all(unix, feature = "graceful-shutdown"))]
    /// # fn main() -> Result<(), gatewire::RunError> {
    /// use gatewire::runtime::direct::Direct;
    /// use gatewire::{App, Request};
    ///
    /// let engine = App::new().get("/hello", |_: Request| "hello").build()?;
    /// let flush = async || println!("the last invocation is answered: now is the time to flush");
    /// Direct::from_env(engine)?.stop_on_sigterm().on_shutdown(flush).run()
    /// # }
    /// # #[cfg(not(all(unix, feature = "graceful-shutdown")))]
    /// # fn main() {}
    /// ```
    pub fn on_shutdown<F>(mut self, hook: F) -> Self
    where
        F: AsyncFn() + Send + Sync + 'static,
    {
        let hook = Arc::new(hook);
        self.shutdown = Some(Arc::new(move || {
            let hook = Arc::clone(&hook);
            Box::pin(async move { hook().await })
        }));
        self
    }

    /// Ends the runtime at `SIGTERM`, and [registers an extension](Self::register_extension) so that Lambda sends it. It
    /// replaces [`stop_when`](Self::stop_when), and needs a tokio runtime: [`run`](Self::run) or [`serve`](Self::serve).
    #[cfg(all(unix, feature = "graceful-shutdown"))]
    #[cfg_attr(docsrs, doc(cfg(feature = "graceful-shutdown")))]
    pub fn stop_on_sigterm(self) -> Self {
        use tokio::signal::unix::{SignalKind, signal};

        self.register_extension(true).stop_when(|| async {
            match signal(SignalKind::terminate()) {
                Ok(mut terminate) => _ = terminate.recv().await,
                // Without a handler, the signal ends the process.
                Err(_) => std::future::pending().await,
            }
        })
    }

    /// Handles invocations, on this thread or on [as many threads](Self::concurrency) as invocations run at a time,
    /// until the runtime is [stopped](Self::stop_when).
    ///
    /// # Errors
    /// If the Runtime API cannot be reached any more, or answers that it cannot go on. With several threads, the first
    /// failure, an error or a panic that escapes, ends the runtime: its error is returned at once, while the others may
    /// still be busy. They take no further event, and end with the process. If a thread cannot be started, none begins.
    /// With the feature `tokio`, inside of a tokio runtime: [`serve`](Self::serve) is for that.
    pub fn run(&self) -> Result<(), RunError> {
        #[cfg(feature = "tokio")]
        {
            self.reported(startup::outside_tokio("Direct::serve"))?;
            let wait = if self.concurrency > 1 || self.stop.is_some() { Wait::Yield } else { Wait::UnlessTasks };
            self.on_threads(move |direct, team| direct.run_on_tokio(wait, team))
        }
        #[cfg(not(feature = "tokio"))]
        self.on_threads(|direct, team| match is_to_begin(team) {
            true => block_on(direct.run_loop(Wait::Block, team)),
            false => Ok(()),
        })
    }

    /// Runs one loop in a separate tokio runtime.
    #[cfg(feature = "tokio")]
    fn run_on_tokio(&self, wait: Wait, team: Option<&Team>) -> Result<(), RunError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Io);
        // With several threads, the thread that waits for them reports it, once.
        let runtime = if team.is_some() { runtime } else { self.reported(runtime) }?;
        if is_to_begin(team) { runtime.block_on(self.run_loop(wait, team)) } else { Ok(()) }
    }

    /// [`run`](Self::run) on another executor, which is called once on each thread with a future that it has to run to its
    /// end. Between two invocations that thread sleeps in a read.
    ///
    /// ```no_run
    /// # use gatewire::{runtime::direct::Direct, App, Request};
    /// # mod pollster {
    /// #     pub fn block_on(_: impl Future) {}
    /// # }
    /// # fn main() -> Result<(), gatewire::RunError> {
    /// let engine = App::new().get("/hello", async |_: Request<'_>| "hello").build()?;
    /// Direct::from_env(engine)?.run_on(|future| pollster::block_on(future))
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_on<X>(&self, executor: X) -> Result<(), RunError>
    where
        X: Fn(Pin<&mut (dyn Future<Output = ()> + '_)>) + Send + Sync + 'static,
    {
        self.on_threads(move |direct, team| {
            if !is_to_begin(team) {
                return Ok(());
            }
            let mut result = Err(RunError::Lambda("the executor has dropped its future".into()));
            executor(std::pin::pin!(async { result = direct.run_loop(Wait::Block, team).await }));
            result
        })
    }

    /// [`run`](Self::run) in the tokio runtime that awaits it, beside the other tasks of that runtime.
    ///
    /// If more than one invocation runs at a time, threads with a tokio runtime each handle them.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    #[cfg(feature = "tokio")]
    pub async fn serve(self) -> Result<(), RunError> {
        let _extension = self.registered();
        if self.concurrency == 1 {
            return self.run_loop(Wait::Yield, None).await;
        }
        let workers = self.start(|direct, team| direct.run_on_tokio(Wait::Yield, team));
        self.ended(poll_fn(|context| workers.poll_wait(context)).await)
    }

    /// Runs one loop here, or several on separate threads.
    fn on_threads(
        &self,
        run_loop: impl Fn(&Self, Option<&Team>) -> Result<(), RunError> + Send + Sync + 'static,
    ) -> Result<(), RunError> {
        let _extension = self.registered();
        if self.concurrency == 1 {
            return run_loop(self, None);
        }
        self.ended(self.start(run_loop).wait())
    }

    /// Registers the extension, which lasts as long as the value.
    fn registered(&self) -> Option<Extension> {
        if !self.extension {
            return None;
        }
        let registered = Extension::register(&self.address);
        registered.inspect_err(|why| log(Level::Warn, "", &format!("no extension was registered: {why}"))).ok()
    }

    /// Starts a thread for each worker.
    fn start(
        &self,
        run_loop: impl Fn(&Self, Option<&Team>) -> Result<(), RunError> + Send + Sync + 'static,
    ) -> Workers {
        let direct = self.clone();
        Workers::start(self.concurrency, move |team| run_loop(&direct, Some(team)))
    }

    /// The outcome of the workers. If they never began, that is an error of the initialisation.
    fn ended(&self, ended: Ended) -> Result<(), RunError> {
        if ended.begun { ended.result } else { self.reported(ended.result) }
    }

    /// Returns the outcome of the initialisation, and reports an error to Lambda.
    fn reported<T>(&self, initialised: Result<T, RunError>) -> Result<T, RunError> {
        initialised.inspect_err(|error| startup::report(&self.address, error))
    }

    /// Answers one invocation after the other.
    async fn run_loop(&self, wait: Wait, team: Option<&Team>) -> Result<(), RunError> {
        let stop = self.stop.as_ref().map(|stop| stop());
        // Lines and hooks come before the request for the next event, after which Lambda may freeze the process.
        let (acts, quiet) = (self.engine.acts_after_response(), self.engine.logs_failures());
        let settings = Settings { pipelined: self.pipelined && !acts, quiet };
        let mut client = Client::new(self.address.clone(), wait, settings, stop);
        if self.snap_start {
            client.restore().map_err(ended)?;
        }
        // The rest of the work is done while the first event is on its way.
        client.ask_ahead();
        let mut worker = self.engine.worker();
        let streams = self.engine.streams();
        #[cfg(unix)]
        let trace_variable = self.trace_variable.filter(|_| self.concurrency == 1);
        let stopped = loop {
            if client.next().await.map_err(ended)? == Next::Stop {
                break true;
            }
            #[cfg(unix)]
            if let Some(variable) = trace_variable {
                let (invocation, buffer) = client.invocation();
                variable.set(invocation.context(buffer).trace_id);
            }
            let answered = if streams {
                stream(&mut client, &mut worker).await
            } else {
                let (invocation, buffer) = client.invocation();
                match worker.call(invocation.payload(buffer), &invocation.context(buffer)).await {
                    Ok(response) => client.respond(response),
                    Err(error) => {
                        worker.write_lines();
                        client.fail(&error)
                    }
                }
            };
            if acts {
                worker.after_response().await;
            }
            answered.map_err(ended)?;
            if team.is_some_and(Team::is_over) {
                break false;
            }
        };
        if let Some(hook) = &self.shutdown
            && stopped
            && team.is_none_or(Team::stopped)
        {
            hook().await;
        }
        Ok(())
    }
}

/// Answers an invocation with an app that streams responses.
async fn stream(client: &mut Client, worker: &mut Worker) -> Result<(), ClientError> {
    let (invocation, buffer, mut upload) = client.upload();
    match worker.call_streaming(invocation.payload(buffer), &invocation.context(buffer), &mut upload).await {
        Ok(Answer::Whole(response)) => client.respond(response),
        Ok(Answer::Streamed) => client.end(None),
        Err(error) => {
            worker.write_lines();
            if client.has_begun() { client.end(Some(&error)) } else { client.fail(&error) }
        }
    }
}

/// Returns whether a loop must begin: a single loop does, and one of several once all the others can.
fn is_to_begin(team: Option<&Team>) -> bool {
    team.is_none_or(Team::is_to_begin)
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct")
            .field("engine", &self.engine)
            .field("address", &self.address)
            .field("concurrency", &self.concurrency)
            .field("pipelined", &self.pipelined)
            .finish_non_exhaustive()
    }
}

#[cold]
fn ended(error: ClientError) -> RunError {
    RunError::Lambda(error.into())
}
