//! On Lambda, through the `lambda_runtime` crate: raw payload bytes in and out.
//!
//! `lambda_runtime` reads every event with serde before a handler sees it, and offers no seam below that. So a layer
//! takes the payload out of the invocation and leaves `null` in its place, which is what serde reads; everything else
//! that the crate does (error reports, the echo of the invocation's identifier, SnapStart) stays unchanged. The
//! response is copied twice and scanned once: the crate sends only serde's output, and serde passes JSON through only
//! once it has read it.
//!
//! # Streaming
//!
//! [Streamed](crate::App::streaming) responses go through the streams of `lambda_runtime`, each piece when it is
//! written; the handler waits if the service is slow. The crate sets three limits:
//!
//! * It knows no `multiValueHeaders`: to a REST API, several values of a header go as one, with commas, and cookies as
//!   `cookies`.
//! * It has no trailers, and would send an error as one more piece of the body. An error after the first piece
//!   therefore ends the connection instead, without the end of the body, and the invocation is reported as failed.
//! * Its connection waits for more to send (Nagle's algorithm), while the receiver delays the acknowledgement: that
//!   can take 40 ms for a response. The [direct runtime](super::direct) sends at once.
//!
//! # Limitations
//!
//! An app cannot be shielded from the steps that the crate takes before any layer: an event whose client context or
//! Cognito identity is not JSON of the form that it expects, or that has no deadline, ends the process without an
//! answer. And its concurrent mode requires futures that move between threads, which those of handlers that borrow from
//! the request cannot; if `AWS_LAMBDA_MAX_CONCURRENCY` says that several invocations run at a time, the
//! [direct runtime](super::direct) handles them.

mod invocation;
mod layer;
mod prelude;

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use lambda_runtime::streaming::{self, Body};
use lambda_runtime::tower::Service;
use lambda_runtime::{Diagnostic, FunctionResponse, LambdaEvent, Runtime};
use serde_json::value::RawValue;

use super::direct::Direct;
use super::error::RunError;
use super::startup;
use super::streaming_invocation::Begun;
use crate::engine::{Answer, Engine, IntoEngine};
use crate::handler::LambdaContext;
use crate::invocation_error::InvocationError;
use invocation::{Invocation, diagnostic};
use layer::{Around, Shared, Upload};

/// Runs an app on Lambda until the process is ended, one invocation at a time, in a tokio runtime of one thread.
///
/// # Errors
/// If the app does not build or the `AWS_LAMBDA_…` variables are not as they are on Lambda, which is reported to Lambda
/// as an error of the initialisation; and if the Runtime API cannot be reached any more.
///
/// ```no_run
/// use gatewire::{App, Request};
///
/// fn main() -> Result<(), gatewire::RunError> {
///     gatewire::runtime::lambda::run(App::new().get("/hello", |_: Request| "hello"))
/// }
/// ```
pub fn run(app: impl IntoEngine) -> Result<(), RunError> {
    startup::reported(startup::outside_tokio("gatewire::runtime::lambda::serve"))?;
    let engine = startup::reported(app.into_engine().map_err(RunError::from))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Io);
    let runtime = startup::reported(runtime)?;
    runtime.block_on(serve(engine))
}

/// Answers invocations until the process is ended, in the tokio runtime that awaits it.
///
/// # Errors
/// As [`run`].
pub async fn serve(engine: Engine) -> Result<(), RunError> {
    startup::reported(check_environment().map_err(|missing| RunError::Lambda(missing.into())))?;
    if startup::reported(startup::max_concurrency())? > 1 {
        return Direct::from_env(engine)?.serve().await;
    }
    let (streams, acts) = (engine.streams(), engine.acts_after_response());
    let worker = RefCell::new(Some(engine.worker()));
    let shared = Rc::new(Shared { worker, quiet: engine.logs_failures(), ..Shared::default() });
    let handler = Handler { engine, shared: Rc::clone(&shared) };
    Runtime::new(handler).layer(Around { shared, streams, acts }).run().await.map_err(RunError::Lambda)
}

/// `lambda_runtime` panics if these are not as they are on Lambda, and emulators leave some of them out.
fn check_environment() -> Result<(), String> {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    variable("AWS_LAMBDA_FUNCTION_NAME")?;
    variable("AWS_LAMBDA_FUNCTION_VERSION")?;
    let memory = variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?;
    memory.parse::<i32>().map_err(|_| "AWS_LAMBDA_FUNCTION_MEMORY_SIZE is no number")?;
    variable("AWS_LAMBDA_RUNTIME_API")?;
    Ok(())
}

#[derive(Clone)]
struct Handler {
    engine: Engine,
    shared: Rc<Shared>,
}

impl Service<LambdaEvent<()>> for Handler {
    type Response = FunctionResponse<Box<RawValue>, Body>;
    type Error = Diagnostic;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Diagnostic>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Diagnostic>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: LambdaEvent<()>) -> Self::Future {
        if let Some(failure) = self.shared.failure.take() {
            return Box::pin(async { Err(failure) });
        }
        let request_id = event.context.request_id.clone();
        let mut invocation = self.start(event.context);
        let shared = Rc::clone(&self.shared);
        Box::pin(async move {
            let failed = |error: InvocationError| diagnostic(&request_id, &error, shared.quiet);
            // The access log knows nothing of these.
            let malformed = |error: InvocationError| diagnostic(&request_id, &error, false);
            match poll_fn(|context| invocation.poll_begin(context)).await.map_err(failed)? {
                Begun::Whole(response) => Ok(FunctionResponse::BufferedResponse(response.map_err(malformed)?)),
                Begun::Streamed(prelude) => {
                    let metadata_prelude = prelude::read(&prelude).map_err(self::malformed).map_err(malformed)?;
                    let (sender, stream) = streaming::channel();
                    shared.upload.replace(Some(Upload::new(invocation, sender)));
                    Ok(FunctionResponse::StreamingResponse(streaming::Response { metadata_prelude, stream }))
                }
            }
        })
    }
}

impl Handler {
    /// The invocation whose payload the layer has taken.
    fn start(&self, context: lambda_runtime::Context) -> Invocation {
        let taken = self.shared.taken.take();
        // It is there unless a call was dropped half-way.
        let mut worker = self.shared.worker.take().unwrap_or_else(|| self.engine.worker());
        let home = Rc::clone(&self.shared);
        Invocation::new(|mut pieces| async move {
            let context = LambdaContext {
                request_id: &context.request_id,
                deadline_ms: context.deadline,
                invoked_function_arn: &context.invoked_function_arn,
                trace_id: context.xray_trace_id.as_deref(),
                client_context: taken.client_context.as_deref(),
                cognito_identity: taken.cognito_identity.as_deref(),
                tenant_id: context.tenant_id.as_deref(),
            };
            let answer = worker.call_streaming(&taken.payload, &context, &mut pieces).await;
            let outcome = answer.map(|answer| match answer {
                Answer::Whole(response) => Some(raw(response)),
                Answer::Streamed => None,
            });
            home.worker.replace(Some(worker));
            outcome
        })
    }
}

/// The response as JSON that is written unchanged.
fn raw(response: &[u8]) -> Result<Box<RawValue>, InvocationError> {
    let text = std::str::from_utf8(response).unwrap_or_default().to_owned();
    RawValue::from_string(text).map_err(malformed)
}

#[cold]
fn malformed(error: serde_json::Error) -> InvocationError {
    InvocationError::new("Gatewire.MalformedResponse", format!("the response is not JSON: {error}"))
}
