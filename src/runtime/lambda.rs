//! On Lambda, through the `lambda_runtime` crate: raw payload bytes in and out.
//!
//! `lambda_runtime` reads every event with serde before a handler sees it, and offers no seam below that. So a layer takes
//! the payload out of the invocation and leaves `null` in its place, which is what serde reads; everything else that the
//! crate does (error reports, the echo of the invocation's identifier, SnapStart) stays as it is. The response is copied
//! twice and scanned once: the crate sends only what serde writes, and serde writes JSON as it is only once it has read it.
//!
//! What the crate does before any layer cannot be kept from an app: an event whose client context or Cognito identity is
//! not JSON of the form that it expects, or that has no deadline, ends the process without an answer. And its concurrent
//! mode wants futures that move between threads, which those of handlers that borrow from the request do not; where
//! `AWS_LAMBDA_MAX_CONCURRENCY` says that several invocations run at a time, the [direct runtime](super::direct) handles
//! them.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Diagnostic, LambdaEvent, LambdaInvocation, Runtime};
use serde_json::value::RawValue;

use super::RunError;
use super::direct::Direct;
use crate::app::App;
use crate::engine::{Engine, Worker};
use crate::failure::InvocationError;
use crate::handler::LambdaContext;

/// Runs an app on Lambda, for ever, one invocation at a time, in a tokio runtime of one thread.
///
/// # Errors
/// Where the app does not build or the `AWS_LAMBDA_…` variables are not as they are on Lambda, which Lambda is told as an
/// error of the initialisation; and where the Runtime API cannot be reached any more.
///
/// ```no_run
/// use gatewire::{App, Request};
///
/// fn main() -> Result<(), gatewire::RunError> {
///     gatewire::runtime::lambda::run(App::new().get("/hello", |_: Request| "hello"))
/// }
/// ```
pub fn run(app: App) -> Result<(), RunError> {
    let engine = super::reported(app.build().map_err(RunError::from))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Io)?;
    runtime.block_on(serve(engine))
}

/// Answers invocations for ever, in the tokio runtime that awaits it.
///
/// # Errors
/// As [`run`].
pub async fn serve(engine: Engine) -> Result<(), RunError> {
    super::reported(check_environment().map_err(|missing| RunError::Lambda(missing.into())))?;
    if super::reported(super::max_concurrency())? > 1 {
        return Direct::from_env(engine)?.serve().await;
    }
    let payload = Rc::default();
    let handler =
        Handler { worker: Rc::new(RefCell::new(Some(engine.worker()))), engine, payload: Rc::clone(&payload) };
    Runtime::new(handler).layer(TakePayload(payload)).run().await.map_err(RunError::Lambda)
}

/// `lambda_runtime` panics where these are not as they are on Lambda, and emulators leave some of them out.
fn check_environment() -> Result<(), String> {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    variable("AWS_LAMBDA_FUNCTION_NAME")?;
    variable("AWS_LAMBDA_FUNCTION_VERSION")?;
    let memory = variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?;
    memory.parse::<i32>().map_err(|_| "AWS_LAMBDA_FUNCTION_MEMORY_SIZE is no number")?;
    variable("AWS_LAMBDA_RUNTIME_API")?;
    Ok(())
}

/// What the layer takes out of an invocation, for the handler behind serde.
#[derive(Default)]
struct Taken {
    payload: Bytes,
    client_context: Option<String>,
    cognito_identity: Option<String>,
}

type Slot = Rc<RefCell<Taken>>;

struct TakePayload(Slot);

impl<S> Layer<S> for TakePayload {
    type Service = Taking<S>;

    fn layer(&self, inner: S) -> Taking<S> {
        Taking { inner, slot: Rc::clone(&self.0) }
    }
}

struct Taking<S> {
    inner: S,
    slot: Slot,
}

impl<S: Service<LambdaInvocation>> Service<LambdaInvocation> for Taking<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> S::Future {
        let header = |name: &str| Some(invocation.parts.headers.get(name)?.to_str().ok()?.to_owned());
        self.slot.replace(Taken {
            client_context: header("lambda-runtime-client-context"),
            cognito_identity: header("lambda-runtime-cognito-identity"),
            payload: std::mem::replace(&mut invocation.body, Bytes::from_static(b"null")),
        });
        self.inner.call(invocation)
    }
}

struct Handler {
    engine: Engine,
    worker: Rc<RefCell<Option<Worker>>>,
    payload: Slot,
}

impl Service<LambdaEvent<()>> for Handler {
    type Response = Box<RawValue>;
    type Error = Diagnostic;
    type Future = Pin<Box<dyn Future<Output = Result<Box<RawValue>, Diagnostic>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Diagnostic>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: LambdaEvent<()>) -> Self::Future {
        let taken = self.payload.take();
        // It is there unless a call was dropped half-way.
        let mut worker = self.worker.take().unwrap_or_else(|| self.engine.worker());
        let home = Rc::clone(&self.worker);
        Box::pin(async move {
            let context = LambdaContext {
                request_id: &event.context.request_id,
                deadline_ms: event.context.deadline,
                invoked_function_arn: &event.context.invoked_function_arn,
                trace_id: event.context.xray_trace_id.as_deref(),
                client_context: taken.client_context.as_deref(),
                cognito_identity: taken.cognito_identity.as_deref(),
                tenant_id: event.context.tenant_id.as_deref(),
            };
            let result = worker.call(&taken.payload, &context).await.map_err(diagnostic).and_then(raw);
            home.replace(Some(worker));
            result
        })
    }
}

fn diagnostic(error: InvocationError) -> Diagnostic {
    Diagnostic { error_type: error.error_type().to_owned(), error_message: error.message().to_owned() }
}

/// The response as JSON that is written as it is.
fn raw(response: &[u8]) -> Result<Box<RawValue>, Diagnostic> {
    let text = std::str::from_utf8(response).unwrap_or_default().to_owned();
    RawValue::from_string(text).map_err(|error| {
        diagnostic(InvocationError::new("Gatewire.MalformedResponse", format!("the response is not JSON: {error}")))
    })
}
