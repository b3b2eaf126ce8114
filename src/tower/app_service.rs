//! An app as a service: worker threads that handle requests, and a channel to them.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::{Buf, BufMut};
use http::{Request, Response, StatusCode, header};
use http_body::Body;
use tower_service::Service;

use super::invocation::Peer;
use super::reply::{Reply, ResponseBody, Sender as ReplySender};
use crate::app::App;
use crate::build_error::BuildError;
use crate::engine::{Answer, Engine, Worker};
use crate::gateway::{HttpRequest, HttpResponse};
use crate::handler::LambdaContext;
use crate::source::EventSource;

/// The largest payload of an event that Lambda takes: 6 MB.
const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// An app as a [`Service`] over the types of the crate `http`: to run in hyper or axum, in a container, or in tests
/// with `oneshot`.
///
/// Each request becomes the event of a gateway, a Function URL unless [`source`](Self::source) says otherwise, and the
/// response is read as that gateway reads it: the app cannot see the difference, and has the limits of Lambda, such as
/// 6 MB for bodies that are not streamed. An invocation that fails is answered with status 502, as gateways do. The
/// client's address is that of an extension [`Peer`] of the request; a server that knows the address inserts one.
///
/// The work is done by threads, of which each handles one request at a time: handlers may borrow across an `await`,
/// while the future of the service is `Send`. With the feature `tokio` each has its own tokio runtime. The threads end
/// with the last clone.
///
/// ```
/// use gatewire::tower::AppService;
/// use gatewire::{App, Request};
/// use http_body_util::BodyExt;
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = App::new().get("/hello/{name}", |req: Request| format!("hello {}", req.param("name")));
/// let service = AppService::new(app)?;
/// let request = http::Request::get("/hello/ada").body(String::new())?;
/// let response = service.oneshot(request).await?;
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.into_body().collect().await?.to_bytes(), "hello ada");
/// # Ok(())
/// # }
/// ```
///
/// In an axum router: `Router::new().route("/", get(index)).fallback_service(AppService::new(app)?)`.
#[derive(Clone)]
pub struct AppService {
    jobs: Arc<Jobs>,
    source: EventSource,
}

/// The channel to the threads, which end when it is dropped.
struct Jobs {
    sender: Mutex<Sender<Job>>,
    threads: usize,
}

struct Job {
    payload: Vec<u8>,
    reply: ReplySender,
}

impl AppService {
    /// Makes a service of an app, with as many threads as the machine can run at a time, and four at least.
    ///
    /// # Errors
    /// If the app does not build, as [`App::build`] says.
    pub fn new(app: App) -> Result<Self, BuildError> {
        let threads = thread::available_parallelism().map_or(1, usize::from).max(4);
        Ok(Self::with_threads(&app.build()?, threads))
    }

    /// Makes a service of an engine, with `threads` threads: as many requests are handled at a time. Zero counts as
    /// one.
    pub fn with_threads(engine: &Engine, threads: usize) -> Self {
        let (sender, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let threads = threads.max(1);
        for number in 1..=threads {
            let (engine, receiver) = (engine.clone(), Arc::clone(&receiver));
            let thread = thread::Builder::new().name(format!("gatewire-service-{number}"));
            // A thread that cannot be started is not needed while there are others; without any, the channel is closed.
            if let Err(error) = thread.spawn(move || work(&engine, &receiver)) {
                eprintln!("gatewire: a thread of a service was not started: {error}");
            }
        }
        Self { jobs: Arc::new(Jobs { sender: Mutex::new(sender), threads }), source: EventSource::FunctionUrl }
    }

    /// Sets the gateway whose events the app gets, instead of those of a Function URL.
    #[must_use]
    pub fn source(mut self, source: EventSource) -> Self {
        self.source = source;
        self
    }
}

impl fmt::Debug for AppService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppService").field("threads", &self.jobs.threads).field("source", &self.source).finish()
    }
}

impl<B> Service<Request<B>> for AppService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = AppFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> AppFuture {
        let (jobs, source) = (Arc::clone(&self.jobs), self.source);
        AppFuture(Box::pin(async move {
            let response = match event(request, source).await {
                Ok(payload) => jobs.run(payload, source).await,
                Err(status) => refusal(status),
            };
            Ok(response)
        }))
    }
}

/// The future of [`AppService`].
#[must_use = "the app is called when this is awaited"]
pub struct AppFuture(Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Infallible>> + Send>>);

impl Future for AppFuture {
    type Output = Result<Response<ResponseBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for AppFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppFuture").finish_non_exhaustive()
    }
}

impl Jobs {
    async fn run(&self, payload: Vec<u8>, source: EventSource) -> Response<ResponseBody> {
        let (sender, reply) = super::reply::pair();
        let sent = self.sender.lock().unwrap_or_else(PoisonError::into_inner).send(Job { payload, reply: sender });
        if sent.is_err() {
            return refusal(StatusCode::BAD_GATEWAY);
        }
        match reply.await {
            Reply::Whole(payload) => response(source, &payload, ResponseBody::whole),
            Reply::Streamed(prelude, body) => response(source, &prelude, |_| body),
            Reply::Failed => refusal(StatusCode::BAD_GATEWAY),
        }
    }
}

/// Makes the event of a request.
async fn event<B>(request: Request<B>, source: EventSource) -> Result<Vec<u8>, StatusCode>
where
    B: Body,
{
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut event = HttpRequest::new(parts.method.as_str(), target);
    if let Some(Peer(address)) = parts.extensions.get() {
        event = event.source_ip(IpAddr::to_string(address));
    }
    if let Some(authority) = parts.uri.authority().filter(|_| !parts.headers.contains_key(header::HOST)) {
        event = event.header("host", authority.as_str());
    }
    for (name, value) in &parts.headers {
        let text = std::str::from_utf8(value.as_bytes());
        // An event holds strings: a value that is not UTF-8 is read as Latin-1, so that it is not lost.
        let text = text.map_or_else(|_| value.as_bytes().iter().map(|&b| char::from(b)).collect(), str::to_owned);
        event = event.header(name.as_str(), text);
    }
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| StatusCode::BAD_REQUEST)?.into_data() else { continue };
        if bytes.len() + data.remaining() > PAYLOAD_LIMIT {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.put(data);
    }
    let payload = event.body(bytes).event(source);
    if payload.len() > PAYLOAD_LIMIT { Err(StatusCode::PAYLOAD_TOO_LARGE) } else { Ok(payload) }
}

/// Reads the response in a payload as the gateway reads it.
fn response(source: EventSource, payload: &[u8], body: impl FnOnce(Vec<u8>) -> ResponseBody) -> Response<ResponseBody> {
    let read = match HttpResponse::from_payload(source, payload) {
        Ok(read) if read.status >= 200 => read,
        _ => return refusal(StatusCode::BAD_GATEWAY),
    };
    let mut builder = Response::builder().status(read.status);
    for (name, value) in &read.headers {
        // The server that sends the response frames its body.
        if !["content-length", "transfer-encoding", "connection"].iter().any(|own| name.eq_ignore_ascii_case(own)) {
            builder = builder.header(name, value);
        }
    }
    builder.body(body(read.body)).unwrap_or_else(|_| refusal(StatusCode::BAD_GATEWAY))
}

/// The response of a gateway if the app has not responded.
fn refusal(status: StatusCode) -> Response<ResponseBody> {
    let message = status.canonical_reason().unwrap_or_default();
    let mut response = Response::new(ResponseBody::whole(format!(r#"{{"message":"{message}"}}"#)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

/// Handles requests until the channel is closed.
fn work(engine: &Engine, jobs: &Mutex<Receiver<Job>>) {
    let mut worker = engine.worker();
    #[cfg(feature = "tokio")]
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return eprintln!("gatewire: a thread of a service has no runtime: {error}"),
    };
    loop {
        // A separate statement, so that the lock is not held while the request is handled.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let answer = handle(&mut worker, job);
        #[cfg(feature = "tokio")]
        runtime.block_on(answer);
        #[cfg(not(feature = "tokio"))]
        crate::engine::block_on(answer);
    }
}

async fn handle(worker: &mut Worker, job: Job) {
    let Job { payload, mut reply } = job;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let request_id = format!("service-{:x}", now.as_nanos());
    let context = LambdaContext {
        request_id: &request_id,
        invoked_function_arn: "arn:aws:lambda:us-east-1:123456789012:function:service",
        ..LambdaContext::default()
    };
    let outcome = worker.call_streaming(&payload, &context, &mut reply).await;
    match outcome {
        Ok(Answer::Whole(response)) => reply.whole(response.to_vec()),
        Ok(Answer::Streamed) => reply.end(None),
        Err(error) => {
            eprintln!("gatewire: {error}");
            reply.end(Some(io::Error::other(error)));
        }
    }
}
