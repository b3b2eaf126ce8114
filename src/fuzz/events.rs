//! Events that are not requests: of authorizers, of WebSocket APIs and of anything else.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::app::{App, Authorizer, WebSocket};
use crate::arn;
use crate::decision::{AuthorizerRequest, Decision};
use crate::engine::{Engine, Worker};
use crate::gateway::{AuthorizerResponse, HttpResponse};
use crate::handler::{Error, Json, LambdaContext, Message, RawEvent};
use crate::source::{AuthorizerKind, EventSource};

/// Asks an authorizer about a payload. The oracle is `serde_json`, which says whether the payload is such an event, and
/// the model of the API, which reads the decision.
pub fn authorizer(payload: &[u8]) {
    let (policies, simple) = authorizers();
    for (engine, simple) in [(policies, false), (simple, true)] {
        let Some((event, answer)) = answered(&mut engine.worker(), payload) else { continue };
        let text = |name: &str| event[name].as_str();
        let arn = text("methodArn").or_else(|| text("routeArn")).expect("an event of an authorizer has an ARN");
        assert!(text("type").is_some(), "{event}");
        // As the handler has seen the event.
        let kind = match answer["context"]["kind"].as_str() {
            Some("Token") => AuthorizerKind::Token,
            Some("Request") => AuthorizerKind::Request,
            Some("HttpApiV1") => AuthorizerKind::HttpApiV1,
            Some("HttpApiV2") => AuthorizerKind::HttpApiV2,
            Some("WebSocket") => AuthorizerKind::WebSocket,
            kind => panic!("{kind:?}"),
        };
        assert_eq!(kind == AuthorizerKind::WebSocket, event["requestContext"]["connectionId"].is_string());
        assert_eq!(answer["context"]["arn"], arn);
        let read = AuthorizerResponse::from_payload(kind, simple, arn, answer.to_string().as_bytes());
        let read = read.expect("the API takes the decision");
        // A policy for a stage covers no ARN that has none.
        assert!(read.is_allowed || arn::split(arn).is_none(), "{event}");
    }
}

/// Sends a payload to a WebSocket API. The oracle is `serde_json`, and the model of the API, which reads the answer.
pub fn websocket(payload: &[u8]) {
    let mut worker = all().worker();
    let Some((event, answer)) = answered(&mut worker, payload) else { return };
    let context = &event["requestContext"];
    let arns = ["methodArn", "routeArn"];
    let is_authorizers = event["type"].is_string() && arns.iter().any(|arn| event[arn].is_string());
    if !context["connectionId"].is_string() || is_authorizers || answer.get("raw").is_some() {
        // Any other payload is a request, or goes to the handler of raw events and comes back as it was.
        if answer.get("statusCode").is_none() {
            let raw = answer["raw"].as_str().expect("the text of the payload");
            assert_eq!(serde_json::from_str::<Value>(raw).expect("a payload"), event);
        }
        return;
    }
    let response = HttpResponse::from_payload(EventSource::RestApi, answer.to_string().as_bytes());
    let response = response.expect("the API takes the answer");
    let is_base64 = event["isBase64Encoded"] == true || event["is_base64_encoded"] == true;
    if response.status == 400 {
        // The message is malformed base64, or base64 of bytes that are not UTF-8.
        assert!(is_base64, "{event}");
        return;
    }
    let seen: Value = serde_json::from_slice(&response.body).expect("the body is JSON");
    assert_eq!(seen["id"], context["connectionId"]);
    assert_eq!(seen["route"], *context["routeKey"].as_str().unwrap_or("$default"));
    if !is_base64 {
        assert_eq!(seen["body"], *event["body"].as_str().unwrap_or_default());
    }
}

/// Returns the payload and the answer, if there is an answer. The other outcome is an error, and never a panic.
fn answered(worker: &mut Worker, payload: &[u8]) -> Option<(Value, Value)> {
    match worker.call_blocking(payload, &LambdaContext::default()) {
        Ok(answer) => {
            let event = serde_json::from_slice(payload).expect("only JSON is answered");
            Some((event, serde_json::from_slice(answer).expect("the answer is JSON")))
        }
        Err(error) => {
            assert_ne!(error.error_type(), "Panic", "{error}");
            None
        }
    }
}

fn authorizers() -> &'static (Engine, Engine) {
    static ENGINES: OnceLock<(Engine, Engine)> = OnceLock::new();
    ENGINES.get_or_init(|| {
        let engine = |simple| Authorizer::new(decide).simple_responses(simple).build().expect("it builds");
        (engine(false), engine(true))
    })
}

/// A decision that reads all of the event.
fn decide(req: AuthorizerRequest<'_>) -> Decision<'_> {
    let seen = json!([
        req.token(),
        req.identity_sources().collect::<Vec<_>>(),
        req.method(),
        req.path(),
        req.stage(),
        req.resource(),
        req.headers().collect::<Vec<_>>(),
        req.query_pairs().collect::<Vec<_>>(),
        req.cookie("a"),
        req.source_ip(),
        req.stage_variables().iter().collect::<Vec<_>>(),
        req.path_parameters().iter().collect::<Vec<_>>(),
        req.route_key(),
        req.connection_id(),
        req.context().client_certificate().and_then(|certificate| certificate.pem()),
    ]);
    let decision = Decision::allow("fuzz").context("kind", format!("{:?}", req.kind())).context("arn", req.arn());
    decision.context("seen", seen.to_string().len() as u32)
}

/// An app that reads everything of any event.
fn all() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let socket = WebSocket::new().connect(hear).disconnect(hear).default(hear);
        let app = App::new().websocket(socket);
        let raw = |event: RawEvent<'_>| {
            // Numbers beyond the range of a type may be refused.
            let read = event.parse::<Value>().is_ok();
            Json(json!({"raw": event.json().raw(), "kind": event.kind().map(|kind| kind.to_string()), "read": read}))
        };
        app.other_events(raw).build().expect("the app builds")
    })
}

fn hear(message: Message<'_>) -> Result<Json<Value>, Error> {
    let subprotocols = message.subprotocols().count() + message.headers().count() + message.query_pairs().count();
    Ok(Json(json!({
        "id": message.connection_id(), "route": message.route_key(), "body": message.body_text()?,
        "kind": format!("{:?}", message.kind()), "endpoint": message.endpoint(), "count": subprotocols,
        "closed": message.disconnect_status(), "reason": message.disconnect_reason(),
        "since": message.connected_at_millis(), "principal": message.context().authorizer().principal_id(),
    })))
}
