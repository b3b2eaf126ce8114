//! Events of WebSocket APIs, and of services that are no gateway: read, answered, and refused without a handler.

use std::sync::Mutex;

use gatewire::app::WebSocket;
use gatewire::context::{LambdaContext, OtherEvent};
use gatewire::engine::Worker;
use gatewire::handler::{Message, MessageKind, RawEvent};
use gatewire::testing::Client;
use gatewire::{App, Error, HttpError, Json, Reply, Request, Stream, error::BuildError, error::InvocationError};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const CONNECT: &str = include_str!("events/published/websocket_connect.json");
const CONNECT_WITHOUT_METHOD: &str = include_str!("events/published/websocket_connect_without_method.json");
const DISCONNECT: &str = include_str!("events/published/websocket_disconnect.json");

/// Published events that are neither requests nor of a WebSocket API.
const OTHERS: &[(&str, Option<OtherEvent>)] = &[
    (include_str!("events/published/authorizer_request.json"), Some(OtherEvent::Authorizer)),
    (include_str!("events/published/authorizer_token.json"), Some(OtherEvent::Authorizer)),
    (include_str!("events/published/authorizer_websocket.json"), Some(OtherEvent::Authorizer)),
    (include_str!("events/published/authorizer_http_v1.json"), Some(OtherEvent::Authorizer)),
    (include_str!("events/published/authorizer_http_v2.json"), Some(OtherEvent::Authorizer)),
    (include_str!("events/published/sqs.json"), Some(OtherEvent::Records(Some("SQS")))),
    (include_str!("events/published/eventbridge.json"), Some(OtherEvent::EventBridge)),
    (include_str!("events/published/appsync_authorizer.json"), None),
    (include_str!("events/published/iot_authorizer.json"), None),
    (r#"{"key1":"value1","key2":"value2","key3":"value3"}"#, Some(OtherEvent::ConsoleTest)),
    (r#""ping""#, None),
    ("null", None),
    (r#"[{"warm":true}]"#, None),
    ("{}", None),
    (r#"{"path":7,"body":{"nested":true}}"#, None),
];

fn worker(app: App) -> Worker {
    app.build().unwrap().worker()
}

fn answer(worker: &mut Worker, event: &str) -> Result<Value, InvocationError> {
    let answer = worker.call_blocking(event.as_bytes(), &LambdaContext::default())?;
    Ok(serde_json::from_slice(answer).unwrap())
}

/// All that a message has.
fn everything(message: Message<'_>) -> Json<Value> {
    Json(json!({
        "id": message.connection_id(), "kind": format!("{:?}", message.kind()), "route": message.route_key(),
        "endpoint": message.endpoint(), "stage": message.stage(), "ip": message.source_ip(),
        "key": message.header("sec-websocket-key"), "name": message.query("name"),
        "principal": message.context().authorizer().principal_id(), "body": message.body_text().unwrap(),
        "closed": [json!(message.disconnect_status()), json!(message.disconnect_reason())],
        "since": message.connected_at_millis(), "id_of_message": message.message_id(),
    }))
}

fn socket_of_everything() -> WebSocket {
    WebSocket::new().connect(everything).disconnect(everything).default(everything)
}

#[test]
fn published_events_are_read_and_answered() {
    let mut worker = worker(App::new().websocket(socket_of_everything()));
    let mut body = |event: &str| -> Value {
        let response = answer(&mut worker, event).unwrap();
        assert_eq!(response["statusCode"], 200);
        serde_json::from_str(response["body"].as_str().unwrap()).unwrap()
    };
    let connect = json!({
        "id": "TWegAcC4EowCHnA=", "kind": "Connect", "route": "$connect", "stage": "testStage", "ip": "192.168.196.186",
        "endpoint": "https://*.execute-api.eu-central-1.amazonaws.com/testStage", "key": "*", "name": "me",
        "principal": "admin", "body": "{\r\n\t\"a\": 1\r\n}", "closed": [null, null], "since": 1_547_230_720_092_u64,
        "id_of_message": null,
    });
    assert_eq!(body(CONNECT), connect);
    let without_method = body(CONNECT_WITHOUT_METHOD);
    assert_eq!((&without_method["id"], &without_method["key"]), (&json!("asdfasdf="), &json!("asdfasdf==")));
    assert_eq!(without_method["endpoint"], "https://asdfasdf.execute-api.us-west-2.amazonaws.com/dev");
    let disconnect = body(DISCONNECT);
    assert_eq!((&disconnect["kind"], &disconnect["route"]), (&json!("Disconnect"), &json!("$disconnect")));
    assert_eq!(disconnect["closed"], json!([1005, "Client-side close frame status not set"]));
}

#[test]
fn published_events_are_refused_without_a_handler_for_them() {
    let runs = |_: Request| -> &'static str { panic!("a handler has run") };
    let mut requests_only = worker(App::new().get("/{path...}", runs).post("/{path...}", runs));
    for event in [CONNECT, CONNECT_WITHOUT_METHOD, DISCONNECT].into_iter().chain(OTHERS.iter().map(|(event, _)| *event))
    {
        assert_eq!(
            answer(&mut requests_only, event).unwrap_err().error_type().split('.').next(),
            Some("Gatewire"),
            "{event}"
        );
    }
    // Those of other kinds are refused beside a WebSocket API too.
    let mut socket = worker(App::new().websocket(socket_of_everything()));
    for (event, kind) in OTHERS {
        let error = answer(&mut socket, event).unwrap_err();
        assert!(error.error_type().starts_with("Gatewire."), "{error}");
        if *kind == Some(OtherEvent::Authorizer) {
            assert!(error.message().contains("the event of a Lambda authorizer"), "{error}");
        }
    }
}

#[test]
fn one_program_answers_requests_and_messages() {
    #[derive(Deserialize, Serialize)]
    struct Say<'r> {
        #[serde(borrow)]
        text: &'r str,
    }

    async fn say(message: Message<'_>) -> Result<Json<Say<'_>>, Error> {
        let mut say: Say<'_> = message.body_json()?;
        say.text = say.text.trim();
        Ok(Json(say))
    }

    let socket = WebSocket::new().route("say", say).default(|_: Message| (400, "unknown"));
    let client = Client::new(App::new().get("/", |_: Request| "page").websocket(socket)).unwrap();
    assert_eq!(client.get("/").send().text(), "page");
    let connection = client.connection();
    let said = connection.json("say", &json!({"text": " hi\n "})).send();
    assert_eq!((said.status(), said.text()), (200, r#"{"text":"hi"}"#));
    // A wrong message is the client's fault, as in a request.
    let wrong = connection.message("say", r#"{"text":7}"#).send();
    assert_eq!(
        (wrong.status(), wrong.json::<Value>()["message"].as_str()),
        (400, Some("text: expected a string, found a number"))
    );
    assert_eq!(connection.message("shout", "x").send().text(), "unknown");
    // Without handlers of their own, connections are accepted.
    assert_eq!(connection.connect("/").send().status(), 200);
    assert_eq!(connection.disconnect(1000, "").send().status(), 200);
}

#[test]
fn connections_are_refused_and_subprotocols_chosen() {
    fn connect(message: Message<'_>) -> Result<Reply, Error> {
        assert_eq!(message.kind(), MessageKind::Connect);
        match message.query("token") {
            None => return Err(HttpError::unauthorized("who are you?").into()),
            Some("banned") => return Ok(message.reply((403, ()))),
            Some(_) => {}
        }
        let name = message.subprotocols().find(|name| name.starts_with("chat."));
        Ok(message.accept_subprotocol(name.ok_or_else(|| HttpError::bad_request("chat only"))?))
    }
    let client = Client::new(App::new().websocket(WebSocket::new().connect(connect))).unwrap();
    let connection = client.connection().stage("dev").source_ip("192.0.2.1");
    assert_eq!(connection.connect("/").send().status(), 401);
    assert_eq!(connection.connect("/?token=banned").send().status(), 403);
    assert_eq!(connection.connect("/").query("token", "a&b").send().status(), 400);
    let accepted = connection.connect("/?token=x").header("Sec-WebSocket-Protocol", "mqtt,\tchat.v2 , chat.v1").send();
    assert_eq!((accepted.status(), accepted.header("sec-websocket-protocol")), (200, Some("chat.v2")));
    // A line break of the client's never gets into the answer.
    let split = connection.connect("/?token=x").header("Sec-WebSocket-Protocol", "chat.\r\nX-A: 1").try_send();
    assert!(split.is_err(), "{split:?}");
}

#[test]
fn state_errors_and_middleware_are_those_of_requests() {
    #[derive(Debug)]
    struct Full;

    impl std::fmt::Display for Full {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the room is full")
        }
    }

    impl std::error::Error for Full {}

    let seen = std::sync::Arc::new(Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&seen);
    let socket = WebSocket::new()
        .wrap(async move |req, next| {
            let reply = next.run(req).await?;
            let message = Message::of(req).expect("an event of a WebSocket API");
            log.lock().unwrap().push((message.route_key().to_owned(), req.response().status().as_u16()));
            Ok(reply)
        })
        .route("join", |message: Message| if *message.state::<u32>() > 1 { Err(Full) } else { Ok("joined") })
        .route("panic", |_: Message| -> &'static str { panic!("on purpose") });
    let app = App::new()
        .before(|_| panic!("middleware of requests has run"))
        .state(2_u32)
        .on_error(|error: &Full, _: Request| (409, error.to_string()))
        .websocket(socket);
    let client = Client::new(app).unwrap();
    let full = client.connection().message("join", "").send();
    assert_eq!((full.status(), full.text()), (409, "the room is full"));
    assert_eq!(*seen.lock().unwrap(), [("join".to_owned(), 409)]);
    let error = client.connection().message("panic", "").try_send().unwrap_err();
    assert_eq!((error.error_type(), error.message()), ("Panic", "on purpose"));
    assert_eq!(client.connection().message("join", "").send().status(), 409, "the worker lives on");
}

#[test]
fn mistakes_are_reported() {
    let socket = WebSocket::new().route("a", |_: Message| ()).route("a", |_: Message| ());
    let error = App::new().websocket(socket).build().unwrap_err();
    assert!(matches!(&error, BuildError::DuplicateMessageRoute { name } if name == "a"), "{error}");
    assert!(App::new().websocket(WebSocket::new().default(|_: Message| ()).default(|_: Message| ())).build().is_err());
    let socket = WebSocket::new().route("stream", |_: Message| Stream::new(async |_| Ok(())));
    let client = Client::new(App::new().streaming(true).websocket(socket)).unwrap();
    let error = client.connection().message("other", "").try_send().unwrap_err();
    assert_eq!(error.error_type(), "Gatewire.UnknownRoute");
    let error = client.connection().message("stream", "").try_send().unwrap_err();
    assert_eq!(error.error_type(), "Gatewire.StreamError");
}

#[test]
fn binary_messages_and_answers_are_base64() {
    let socket = WebSocket::new().default(|message: Message| message.reply(message.body()));
    let client = Client::new(App::new().websocket(socket)).unwrap();
    let echo = client.connection().message("$default", [0, 255, 7]).send();
    assert_eq!(echo.raw_bytes(), [0, 255, 7]);
}

// ---- events of other services

fn other(event: RawEvent<'_>) -> Result<Json<Value>, Error> {
    let value: Value = event.parse()?;
    Ok(Json(json!([
        event.kind().map(|kind| kind.to_string()),
        value,
        event.state::<String>(),
        event.json().raw().len()
    ])))
}

#[test]
fn other_events_are_given_to_their_handler() {
    let app = || App::new().get("/", |_: Request| "page").state(String::from("shared")).other_events(other);
    let mut raw = worker(app());
    for (event, kind) in OTHERS.iter().chain(&[(CONNECT, Some(OtherEvent::WebSocket))]) {
        let wanted: Value = serde_json::from_str(event).unwrap();
        let kind = kind.map(|kind| kind.to_string());
        assert_eq!(answer(&mut raw, event).unwrap(), json!([kind, wanted, "shared", event.len()]), "{event}");
    }
    // A WebSocket API has its own.
    let mut both = worker(app().websocket(socket_of_everything()));
    assert_eq!(answer(&mut both, CONNECT).unwrap()["statusCode"], 200);
    assert_eq!(answer(&mut both, "7").unwrap()[1], 7);
    // Requests are answered as always, and what is not JSON is refused.
    let request = r#"{"httpMethod":"GET","path":"/","requestContext":{}}"#;
    assert_eq!(answer(&mut both, request).unwrap()["body"], "page");
    for event in ["", "{", "nul", "\"\u{0}\"", r#"{"a":1}x"#] {
        assert_eq!(answer(&mut both, event).unwrap_err().error_type(), "Gatewire.MalformedPayload", "{event}");
    }
    let binary = both.call_blocking(b"\"\xff\"", &LambdaContext::default()).unwrap_err();
    assert_eq!(binary.error_type(), "Gatewire.MalformedPayload");
}

#[test]
fn errors_of_other_events_fail_the_invocation() {
    let fails = async |event: RawEvent<'_>| -> Result<(), Error> {
        match event.json().as_str() {
            Some("panic") => panic!("on purpose"),
            Some("http") => Err(HttpError::not_found().into()),
            Some("fine") => Ok(()),
            _ => event.parse::<u8>().map(|_| ()).map_err(Error::from),
        }
    };
    let client = Client::new(App::new().on_any_error(|_, _: Request| "answered").other_events(fails)).unwrap();
    assert_eq!(client.invoke(br#""fine""#).unwrap(), b"null");
    let error = |event: &str| client.invoke(event.as_bytes()).unwrap_err();
    assert_eq!(error(r#""panic""#).error_type(), "Panic");
    assert_eq!(error(r#""http""#).error_type(), "HttpError");
    assert_eq!(error("300").error_type(), "BodyError");
    assert_eq!(client.invoke(b"200").unwrap(), b"null");
}

// ---- shapes

fn config() -> ProptestConfig {
    let given = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: given.unwrap_or(if cfg!(miri) { 1 } else { 128 }),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// A message reads as it was sent, whatever is in it and whichever members are left out or `null`.
    #[test]
    fn messages_read_as_they_were_sent(
        id in "\\PC{1,20}", route in "[a-z$]\\PC{0,8}", body in prop::option::of("\\PC{0,40}"),
        principal in prop::option::of("\\PC{0,8}"), nulls in any::<[bool; 4]>(), spaced in any::<bool>(),
    ) {
        prop_assume!(!matches!(route.as_str(), "$connect" | "$disconnect"));
        let mut event = json!({
            "requestContext": {
                "routeKey": route, "eventType": "MESSAGE", "connectionId": id, "domainName": "example.com",
                "stage": "prod", "messageId": "7",
            },
            "isBase64Encoded": false,
        });
        if let Some(principal) = &principal {
            event["requestContext"]["authorizer"] = json!({"principalId": principal});
        }
        for (is_null, key) in nulls.into_iter().zip(["headers", "multiValueHeaders", "queryStringParameters", "stageVariables"]) {
            if is_null {
                event[key] = Value::Null;
            }
        }
        event["body"] = json!(body);
        let text = if spaced { serde_json::to_string_pretty(&event).unwrap() } else { event.to_string() };
        let mut worker = worker(App::new().websocket(socket_of_everything()));
        let response = answer(&mut worker, &text).unwrap();
        let seen: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
        prop_assert_eq!(&seen["id"], &json!(id));
        prop_assert_eq!(&seen["route"], &json!(route));
        prop_assert_eq!(&seen["body"], &json!(body.unwrap_or_default()));
        prop_assert_eq!(&seen["principal"], &json!(principal));
        prop_assert_eq!(&seen["endpoint"], &json!("https://example.com/prod"));
    }
}
