//! One request and its answer: HTTP to event, event to app, payload to HTTP.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{EXPECT, HeaderMap};
use hyper::{Request, Response};
use tokio::time::timeout;

use super::authority::Authority;
use super::body::{Invocation, ResponseBody};
use super::host;
use super::line::{Line, coloured};
use super::refusal::Refusal;
use super::settings::Local;
use crate::engine::{self, Worker};
use crate::gateway::{HttpRequest, HttpResponse, MalformedResponse};
use crate::handler::LambdaContext;
use crate::invocation_error::InvocationError;
use crate::runtime::streaming_invocation::Begun;

/// The largest payload of an event that Lambda accepts: 6 MB.
const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;
/// The time limit of the body of a request.
const BODY_LIMIT: Duration = Duration::from_secs(60);
/// The time limit of an invocation that the app sees.
const TIMEOUT_MS: u64 = 30_000;

/// A gateway that listens, and workers that wait for a request.
pub(super) struct Gateway {
    local: Local,
    /// The hosts that requests may name, besides this machine.
    hosts: Vec<String>,
    coloured: bool,
    idle: RefCell<Vec<Worker>>,
    /// The authorizer that is asked first.
    authority: Option<Authority>,
}

impl Gateway {
    pub(super) fn new(local: Local) -> Self {
        let (hosts, authority) = (local.all_hosts(), local.authority());
        Self { hosts, local, coloured: coloured(), idle: RefCell::default(), authority }
    }

    /// Answers one HTTP request, and prints a line about it.
    pub(super) async fn exchange(self: &Rc<Self>, request: Request<Incoming>, peer: &str) -> Response<ResponseBody> {
        let begin = Instant::now();
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let mut response = self.handle(request, peer).await;
        let status = response.status().as_u16();
        response.body_mut().print(Line { method, path, begin, status, coloured: self.coloured });
        response
    }

    async fn handle(self: &Rc<Self>, request: Request<Incoming>, peer: &str) -> Response<ResponseBody> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let request_id = format!("local-{:x}", now.as_nanos());
        let answered = self.respond(request, peer, now, &request_id).await;
        answered.unwrap_or_else(|refusal| refusal.response(&request_id))
    }

    async fn respond(
        self: &Rc<Self>,
        request: Request<Incoming>,
        peer: &str,
        now: Duration,
        request_id: &str,
    ) -> Result<Response<ResponseBody>, Refusal> {
        let (parts, body) = request.into_parts();
        host::check(parts.version, &parts.uri, &parts.headers, &self.hosts)?;
        let body = read_body(&parts.headers, body).await?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let mut event =
            HttpRequest::new(parts.method.as_str(), target).source_ip(peer).multi_value(self.local.multi_value);
        if let Some(stage) = &self.local.stage {
            event = event.stage(stage);
        }
        if let Some(base_path) = &self.local.base_path {
            event = event.base_path(base_path);
            if event.mapped_path().is_none() {
                return Err(Refusal::OutsideBasePath);
            }
        }
        for (name, value) in &parts.headers {
            let text = std::str::from_utf8(value.as_bytes());
            // An event is UTF-8: other bytes are read as Latin-1, so that the app can still distinguish them.
            let text = text.map_or_else(|_| value.as_bytes().iter().map(|&b| char::from(b)).collect(), str::to_owned);
            event = event.header(name.as_str(), text);
        }
        if let Some(authority) = &self.authority {
            let (response, payload) = authority.ask(&event, now, request_id).await?;
            if self.local.engine.is_authorizer() {
                return into_hyper(Ok(decision(payload)), ResponseBody::whole);
            }
            event = event.authorized(&response);
        }
        event = event.body(body);
        self.invoke(event.event(self.local.source), now, request_id).await
    }

    /// Runs the app on an event, and makes an HTTP response of the payload, as the gateway would.
    async fn invoke(
        self: &Rc<Self>,
        payload: Vec<u8>,
        now: Duration,
        request_id: &str,
    ) -> Result<Response<ResponseBody>, Refusal> {
        if payload.len() > PAYLOAD_LIMIT {
            return Err(Refusal::TooLarge);
        }
        let source = self.local.source;
        let mut invocation = self.start(payload, now, request_id.to_owned());
        let begun = poll_fn(|context| invocation.poll_begin(context)).await;
        let quiet = self.local.engine.logs_failures();
        let failed = |error| if quiet { Refusal::Logged } else { Refusal::Failed(error) };
        match begun.map_err(failed)? {
            Begun::Whole(response) => into_hyper(response, ResponseBody::whole),
            Begun::Streamed(prelude) => into_hyper(HttpResponse::from_payload(source, &prelude), |_| {
                ResponseBody::streamed(invocation, request_id.to_owned(), quiet)
            }),
        }
    }

    /// The invocation with this event. It is a separate value, since it may go on after the head of its response.
    fn start(self: &Rc<Self>, payload: Vec<u8>, now: Duration, request_id: String) -> Invocation {
        let idle = self.idle.borrow_mut().pop();
        let mut worker = idle.unwrap_or_else(|| self.local.engine.worker());
        let (gateway, source) = (Rc::clone(self), self.local.source);
        Invocation::new(|mut pieces| async move {
            let context = LambdaContext {
                request_id: &request_id,
                deadline_ms: now.as_millis() as u64 + TIMEOUT_MS,
                invoked_function_arn: "arn:aws:lambda:us-east-1:123456789012:function:local",
                ..LambdaContext::default()
            };
            let outcome = worker.call_streaming(&payload, &context, &mut pieces).await.map(|answer| match answer {
                engine::Answer::Whole(response) => Some(HttpResponse::from_payload(source, response)),
                engine::Answer::Streamed => None,
            });
            worker.write_lines();
            if gateway.local.engine.acts_after_response() {
                // The response does not wait for the hooks.
                tokio::task::spawn_local(async move {
                    worker.after_response().await;
                    gateway.idle.borrow_mut().push(worker);
                });
            } else {
                gateway.idle.borrow_mut().push(worker);
            }
            outcome
        })
    }
}

/// All that the gateway sends to a client that sends `wire` and no more; for the fuzzer.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn exchange_all(engine: &crate::engine::Engine, source: crate::source::EventSource, wire: &[u8]) -> Vec<u8> {
    use std::convert::Infallible;

    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let gateway = Rc::new(Gateway::new(Local::new(engine.clone()).source(source)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let handle = |request| async { Ok::<_, Infallible>(gateway.handle(request, "192.0.2.1").await) };
        let mut http = hyper::server::conn::http1::Builder::new();
        let serve = http.half_close(true).serve_connection(TokioIo::new(server), service_fn(handle));
        let talk = async {
            let (mut reader, mut writer) = tokio::io::split(&mut client);
            let write = async {
                // The server may hang up before.
                let _ = writer.write_all(wire).await;
                let _ = writer.shutdown().await;
            };
            let mut output = Vec::new();
            let ((), _) = tokio::join!(write, reader.read_to_end(&mut output));
            output
        };
        let (_, output) = tokio::join!(serve, talk);
        output
    })
}

/// Reads a body that is not too large.
async fn read_body(headers: &HeaderMap, mut body: Incoming) -> Result<Bytes, Refusal> {
    let too_large = body.size_hint().lower() > PAYLOAD_LIMIT as u64;
    if too_large && headers.contains_key(EXPECT) {
        // The client waits for permission to send the body.
        return Err(Refusal::TooLarge);
    }
    if !too_large {
        match timeout(BODY_LIMIT, Limited::new(&mut body, PAYLOAD_LIMIT).collect()).await {
            Ok(Ok(whole)) => return Ok(whole.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {}
            Ok(Err(_)) => return Err(Refusal::BadRequest),
            Err(_) => return Err(Refusal::TooSlow),
        }
    }
    // Many clients read no answer before they have sent everything; if the body is far too large they never see one.
    let mut left = 10 * PAYLOAD_LIMIT;
    while let Ok(Some(Ok(frame))) = timeout(BODY_LIMIT, body.frame()).await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(rest) => left = rest,
            None => break,
        }
    }
    Err(Refusal::TooLarge)
}

/// The response of an authorizer that has no app behind it.
fn decision(payload: Vec<u8>) -> HttpResponse {
    HttpResponse {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: payload,
    }
}

fn into_hyper(
    response: Result<HttpResponse, MalformedResponse>,
    body: impl FnOnce(Vec<u8>) -> ResponseBody,
) -> Result<Response<ResponseBody>, Refusal> {
    let malformed = |why: String| Refusal::Failed(InvocationError::new("Gatewire.MalformedResponse", why));
    let response = response.map_err(|error| malformed(error.to_string()))?;
    if response.status < 200 {
        return Err(malformed(format!("status {} is not the status of a final response", response.status)));
    }
    let mut builder = Response::builder().status(response.status);
    for (name, value) in &response.headers {
        // The server frames the body itself.
        if !["content-length", "transfer-encoding", "connection"].iter().any(|own| name.eq_ignore_ascii_case(own)) {
            builder = builder.header(name, value);
        }
    }
    builder.body(body(response.body)).map_err(|error| malformed(error.to_string()))
}
