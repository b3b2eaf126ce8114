//! A gateway on this machine: an HTTP server that turns each request into a genuine event of a source, runs the app on its
//! bytes and sends the response, so that a browser or curl can use the app as if it were deployed.
//!
//! | environment variable | values | default |
//! | --- | --- | --- |
//! | `GATEWIRE_ADDRESS` | address and port | `127.0.0.1:8080` |
//! | `GATEWIRE_SOURCE` | `rest`, `http_v1`, `http`, `alb`, `url`, `lattice`, `lattice_v2` | `http` |
//!
//! It is for development: it knows no TLS, and listens to this machine only unless told otherwise.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, EXPECT, HeaderMap};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

use super::RunError;
use crate::engine::{Engine, Worker};
use crate::gateway::{HttpRequest, HttpResponse};
use crate::handler::LambdaContext;
use crate::source::Source;

const DEFAULT_ADDRESS: &str = "127.0.0.1:8080";
/// What Lambda takes as the payload of an event: 6 MB.
const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;
/// How long an invocation may take, as far as the app is told.
const TIMEOUT_MS: u64 = 30_000;

/// The local gateway of an engine.
///
/// ```no_run
/// use gatewire::runtime::local::Local;
/// use gatewire::{App, Request, Source};
///
/// # async fn main_() -> Result<(), gatewire::RunError> {
/// let engine = App::new().get("/hello", |_: Request| "hello").build()?;
/// Local::new(engine).address("127.0.0.1:9000").source(Source::Rest).serve().await
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Local {
    engine: Engine,
    address: String,
    source: Source,
    stage: Option<String>,
    multi_value: bool,
}

impl Local {
    /// A gateway on 127.0.0.1:8080 that plays an HTTP API.
    pub fn new(engine: Engine) -> Self {
        let address = DEFAULT_ADDRESS.to_owned();
        Self { engine, address, source: Source::Http, stage: None, multi_value: false }
    }

    /// The same, with what the environment variables say.
    ///
    /// # Errors
    /// Where `GATEWIRE_SOURCE` names no source.
    pub fn from_env(engine: Engine) -> Result<Self, RunError> {
        let mut local = Self::new(engine);
        if let Ok(address) = std::env::var("GATEWIRE_ADDRESS") {
            local.address = address;
        }
        if let Ok(value) = std::env::var("GATEWIRE_SOURCE") {
            local.source = match value.as_str() {
                "rest" => Source::Rest,
                "http_v1" => Source::HttpV1,
                "http" => Source::Http,
                "alb" => Source::Alb,
                "url" => Source::FunctionUrl,
                "lattice" => Source::LatticeV1,
                "lattice_v2" => Source::LatticeV2,
                _ => {
                    let expected = "one of rest, http_v1, http, alb, url, lattice, lattice_v2";
                    return Err(RunError::Environment { name: "GATEWIRE_SOURCE", value, expected });
                }
            };
        }
        Ok(local)
    }

    /// The address and port to listen on; port 0 lets the system choose.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// The gateway to play.
    pub fn source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// The stage of the API; without it, that of a new API of its kind.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = Some(stage.into());
        self
    }

    /// Whether a load balancer sends multi-value headers.
    pub fn multi_value(mut self, multi_value: bool) -> Self {
        self.multi_value = multi_value;
        self
    }

    /// Serves for ever, on the tokio runtime that awaits it.
    ///
    /// # Errors
    /// Where it cannot listen on the address.
    pub async fn serve(self) -> Result<(), RunError> {
        let listen = |error| RunError::Listen { address: self.address.clone(), error };
        let listener = TcpListener::bind(&self.address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        eprintln!("gatewire: http://{address} plays {}; Ctrl-C stops it", name(self.source));
        self.serve_on(listener).await;
        Ok(())
    }

    async fn serve_on(self, listener: TcpListener) {
        let gateway = Rc::new(Gateway { local: self, idle: RefCell::default() });
        // Handlers' futures stay on their thread, so everything does.
        LocalSet::new()
            .run_until(async move {
                loop {
                    match listener.accept().await {
                        Ok((stream, peer)) => {
                            let gateway = Rc::clone(&gateway);
                            tokio::task::spawn_local(
                                async move { gateway.connection(stream, peer.ip().to_string()).await },
                            );
                        }
                        Err(error) => {
                            eprintln!("gatewire: a connection was lost: {error}");
                            // Out of descriptors, most likely: others have to close first.
                            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                        }
                    }
                }
            })
            .await;
    }
}

/// The gateway, by the name that people know it by.
const fn name(source: Source) -> &'static str {
    match source {
        Source::Rest => "a REST API",
        Source::HttpV1 => "an HTTP API (payload 1.0)",
        Source::Http => "an HTTP API",
        Source::Alb => "an Application Load Balancer",
        Source::FunctionUrl => "a Function URL",
        Source::LatticeV1 => "VPC Lattice (version 1)",
        Source::LatticeV2 => "VPC Lattice (version 2)",
    }
}

/// A gateway that listens, and workers that wait for a request.
struct Gateway {
    local: Local,
    idle: RefCell<Vec<Worker>>,
}

impl Gateway {
    async fn connection(&self, stream: TcpStream, peer: String) {
        // A response is one write: waiting for more of it only delays it.
        let _ = stream.set_nodelay(true);
        let service = service_fn(|request| async { Ok::<_, Infallible>(self.exchange(request, &peer).await) });
        // A client that goes away is no error of the gateway's.
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    /// Answers one HTTP request, and prints a line about it.
    async fn exchange(&self, request: Request<Incoming>, peer: &str) -> Response<Full<Bytes>> {
        let begin = Instant::now();
        let line = format!("{} {}", request.method(), request.uri().path());
        let response = self.respond(request, peer).await.unwrap_or_else(|refusal| refusal.response());
        eprintln!("{line} {} {:.1} ms", response.status().as_u16(), begin.elapsed().as_secs_f64() * 1e3);
        response
    }

    async fn respond(&self, request: Request<Incoming>, peer: &str) -> Result<Response<Full<Bytes>>, Refusal> {
        let (parts, body) = request.into_parts();
        let body = read_body(&parts.headers, body).await?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let mut event =
            HttpRequest::new(parts.method.as_str(), target).source_ip(peer).multi_value(self.local.multi_value);
        if let Some(stage) = &self.local.stage {
            event = event.stage(stage);
        }
        for (name, value) in &parts.headers {
            let text = std::str::from_utf8(value.as_bytes());
            // An event is text: what is not UTF-8 is read as Latin-1, so that it still can be told.
            let text = text.map_or_else(|_| value.as_bytes().iter().map(|&b| char::from(b)).collect(), str::to_owned);
            event = event.header(name.as_str(), text);
        }
        event = event.body(body);
        self.invoke(&event.event(self.local.source)).await
    }

    /// Runs the app on an event, and makes an HTTP response of what it gives, as the gateway would.
    async fn invoke(&self, payload: &[u8]) -> Result<Response<Full<Bytes>>, Refusal> {
        if payload.len() > PAYLOAD_LIMIT {
            return Err(Refusal::TooLarge);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let request_id = format!("local-{:x}", now.as_nanos());
        let context = LambdaContext {
            request_id: &request_id,
            deadline_ms: now.as_millis() as u64 + TIMEOUT_MS,
            invoked_function_arn: "arn:aws:lambda:us-east-1:123456789012:function:local",
            ..LambdaContext::default()
        };
        let idle = self.idle.borrow_mut().pop();
        let mut worker = idle.unwrap_or_else(|| self.local.engine.worker());
        let response = match worker.call(payload, &context).await {
            Ok(response) => HttpResponse::from_payload(self.local.source, response)
                .map_err(|error| Refusal::Failed(error.to_string()))
                .and_then(|response| into_hyper(&response)),
            Err(error) => Err(Refusal::Failed(error.to_string())),
        };
        self.idle.borrow_mut().push(worker);
        response
    }
}

/// Reads a body that is not too large.
async fn read_body(headers: &HeaderMap, mut body: Incoming) -> Result<Bytes, Refusal> {
    let too_large = body.size_hint().lower() > PAYLOAD_LIMIT as u64;
    if too_large && headers.contains_key(EXPECT) {
        // The client waits to hear whether it shall send the body.
        return Err(Refusal::TooLarge);
    }
    if !too_large {
        match Limited::new(&mut body, PAYLOAD_LIMIT).collect().await {
            Ok(whole) => return Ok(whole.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {}
            Err(_) => return Err(Refusal::BadRequest),
        }
    }
    // Many clients read no answer before they have sent everything; of what is far too large they get to see none.
    let mut left = 10 * PAYLOAD_LIMIT;
    while let Some(Ok(frame)) = body.frame().await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(rest) => left = rest,
            None => break,
        }
    }
    Err(Refusal::TooLarge)
}

fn into_hyper(response: &HttpResponse) -> Result<Response<Full<Bytes>>, Refusal> {
    if response.status < 200 {
        return Err(Refusal::Failed(format!("status {} is no answer", response.status)));
    }
    let mut builder = Response::builder().status(response.status);
    for (name, value) in &response.headers {
        // The server frames the body itself.
        if !["content-length", "transfer-encoding", "connection"].iter().any(|own| name.eq_ignore_ascii_case(own)) {
            builder = builder.header(name, value);
        }
    }
    builder.body(Full::from(response.body.clone())).map_err(|error| Refusal::Failed(error.to_string()))
}

/// A request that the gateway answers by itself.
enum Refusal {
    BadRequest,
    TooLarge,
    /// The invocation has failed, or its response is none: the client is not told why.
    Failed(String),
}

impl Refusal {
    fn response(self) -> Response<Full<Bytes>> {
        let (status, message) = match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, r#"{"message":"Bad Request"}"#),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, r#"{"message":"Request Too Long"}"#),
            Self::Failed(why) => {
                eprintln!("gatewire: {why}");
                (StatusCode::BAD_GATEWAY, r#"{"message":"Internal server error"}"#)
            }
        };
        let mut response = Response::new(Full::from(message));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
        response
    }
}
