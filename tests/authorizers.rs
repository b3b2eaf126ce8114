//! Lambda authorizers: events read, decisions in the form that the API takes, and everything else refused.

use gatewire::authorizer::{Authorizer, AuthorizerKind, AuthorizerRequest, Decision};
use gatewire::context::LambdaContext;
use gatewire::engine::Worker;
use gatewire::gateway::{AuthorizerResponse, HttpRequest};
use gatewire::testing::{self, AuthorizerClient};
use gatewire::{Error, EventSource, HttpError, error::InvocationError};
use proptest::prelude::*;
use serde_json::{Value, json};

const TOKEN: &str = include_str!("events/published/authorizer_token.json");
const REQUEST: &str = include_str!("events/published/authorizer_request.json");
const HTTP_V1: &str = include_str!("events/published/authorizer_http_v1.json");
const HTTP_V2: &str = include_str!("events/published/authorizer_http_v2.json");
const HTTP_V2_NULL_MAPS: &str = include_str!("events/published/authorizer_http_v2_null_maps.json");
const HTTP_V2_WITHOUT_COOKIES: &str = include_str!("events/published/authorizer_http_v2_without_cookies.json");
const HTTP_V2_WITHOUT_SOURCE: &str = include_str!("events/published/authorizer_http_v2_without_identity_source.json");
const WEBSOCKET: &str = include_str!("events/published/authorizer_websocket.json");

const PUBLISHED: [(&str, AuthorizerKind); 8] = [
    (TOKEN, AuthorizerKind::Token),
    (REQUEST, AuthorizerKind::Request),
    (HTTP_V1, AuthorizerKind::HttpApiV1),
    (HTTP_V2, AuthorizerKind::HttpApiV2),
    (HTTP_V2_NULL_MAPS, AuthorizerKind::HttpApiV2),
    (HTTP_V2_WITHOUT_COOKIES, AuthorizerKind::HttpApiV2),
    (HTTP_V2_WITHOUT_SOURCE, AuthorizerKind::HttpApiV2),
    (WEBSOCKET, AuthorizerKind::WebSocket),
];

const KINDS: [AuthorizerKind; 5] = [
    AuthorizerKind::Token,
    AuthorizerKind::Request,
    AuthorizerKind::HttpApiV1,
    AuthorizerKind::HttpApiV2,
    AuthorizerKind::WebSocket,
];

fn worker(authorizer: Authorizer) -> Worker {
    authorizer.build().unwrap().worker()
}

fn answer(worker: &mut Worker, event: &str) -> Result<Value, InvocationError> {
    let answer = worker.call_blocking(event.as_bytes(), &LambdaContext::default())?;
    Ok(serde_json::from_slice(answer).unwrap())
}

/// All that an event of an authorizer has, as one string of the context.
fn everything(req: AuthorizerRequest<'_>) -> Decision<'_> {
    let seen = json!({
        "kind": format!("{:?}", req.kind()), "token": req.token(), "arn": req.arn(),
        "sources": req.identity_sources().collect::<Vec<_>>(), "method": req.method(), "path": req.path(),
        "header": req.header("headerauth1").or_else(|| req.header("header1")), "cookies": req.header("cookie"),
        "query": req.query_pairs().collect::<Vec<_>>(), "stage": req.stage(), "ip": req.source_ip(),
        "variables": req.stage_variables().iter().collect::<Vec<_>>(), "route": req.route_key(),
        "parameters": req.path_parameters().iter().collect::<Vec<_>>(), "resource": req.resource(),
        "subject": req.context().client_certificate().and_then(|certificate| certificate.subject_dn()),
        "connection": req.connection_id(),
    });
    Decision::allow("user").context("seen", seen.to_string())
}

#[test]
fn published_events_are_read() {
    let mut worker = worker(Authorizer::new(everything));
    let mut seen = |event: &str| -> Value {
        let answer = answer(&mut worker, event).unwrap();
        assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Allow");
        serde_json::from_str(answer["context"]["seen"].as_str().unwrap()).unwrap()
    };
    assert_eq!(
        seen(TOKEN),
        json!({
            "kind": "Token", "token": "allow", "arn": "arn:aws:execute-api:us-west-2:123456789012:ymy8tbxw7b/*/GET/",
            "sources": [], "method": null, "path": null, "header": null, "cookies": null, "query": [], "stage": null,
            "ip": null, "variables": [], "route": null, "parameters": [], "resource": null, "subject": null,
            "connection": null,
        })
    );
    let subject = "C=US,ST=Washington,L=Seattle,O=Amazon Web Services,OU=Security,CN=My Client";
    assert_eq!(
        seen(REQUEST),
        json!({
            "kind": "Request", "token": null, "sources": [], "method": "GET", "path": "/request",
            "arn": "arn:aws:execute-api:us-east-1:123456789012:s4x3opwd6i/test/GET/request",
            "header": "headerValue1", "cookies": null, "query": [["QueryString1", "queryValue1"]], "stage": "test",
            "ip": "...", "variables": [["StageVar1", "stageValue1"]], "route": null, "parameters": [],
            "resource": "/request", "subject": subject, "connection": null,
        })
    );
    let v1 = seen(HTTP_V1);
    assert_eq!(
        (&v1["kind"], &v1["token"], &v1["sources"]),
        (&json!("HttpApiV1"), &json!("user1,123"), &json!(["user1,123"]))
    );
    assert_eq!(
        (&v1["method"], &v1["path"], &v1["header"]),
        (&json!("GET"), &json!("/request"), &json!("headerValue1"))
    );
    let v2 = seen(HTTP_V2);
    assert_eq!(
        (&v2["kind"], &v2["token"], &v2["sources"]),
        (&json!("HttpApiV2"), &json!(null), &json!(["user1", "123"]))
    );
    assert_eq!((&v2["method"], &v2["path"], &v2["route"]), (&json!("POST"), &json!("/my/path"), &json!("$default")));
    assert_eq!((&v2["cookies"], &v2["header"]), (&json!("cookie1; cookie2"), &json!("value1")));
    let query = json!([["parameter1", "value1"], ["parameter1", "value2"], ["parameter2", "value"]]);
    assert_eq!((&v2["query"], &v2["parameters"]), (&query, &json!([["parameter1", "value1"]])));
    assert_eq!(seen(HTTP_V2_WITHOUT_SOURCE)["sources"], json!([]));
    assert_eq!(seen(HTTP_V2_WITHOUT_COOKIES)["cookies"], json!(null));
    assert_eq!(seen(HTTP_V2_NULL_MAPS)["kind"], "HttpApiV2");
    let socket = seen(WEBSOCKET);
    assert_eq!((&socket["kind"], &socket["connection"]), (&json!("WebSocket"), &json!("connection-id")));
    assert_eq!((&socket["route"], &socket["path"]), (&json!("$connect"), &json!(null)));
    assert_eq!(socket["query"], json!([["parameter1", "value1,value2"], ["parameter2", "value"]]));
}

#[test]
fn published_events_are_answered_in_the_form_of_their_api() {
    let decide = |_: AuthorizerRequest| Decision::allow("ada").context("tenant", "acme");
    let mut policies = worker(Authorizer::new(decide));
    let mut simple = worker(Authorizer::new(decide).simple_responses(true));
    for (event, kind) in PUBLISHED {
        let parsed: Value = serde_json::from_str(event).unwrap();
        let arn = parsed["methodArn"].as_str().or_else(|| parsed["routeArn"].as_str()).unwrap();
        let stage: Vec<_> = arn.splitn(3, '/').take(2).collect();
        let policy = json!({
            "principalId": "ada",
            "policyDocument": {"Version": "2012-10-17", "Statement": [{
                "Action": "execute-api:Invoke", "Effect": "Allow", "Resource": format!("{}/*", stage.join("/")),
            }]},
            "context": {"tenant": "acme"},
        });
        assert_eq!(answer(&mut policies, event).unwrap(), policy, "{event}");
        let is_simple = kind == AuthorizerKind::HttpApiV2;
        let wanted = if is_simple { json!({"isAuthorized": true, "context": {"tenant": "acme"}}) } else { policy };
        assert_eq!(answer(&mut simple, event).unwrap(), wanted, "{event}");
        // The API takes it, for the method that was asked about and for any other of the stage.
        for called in [arn.to_owned(), format!("{}/DELETE/other/7", stage.join("/"))] {
            let payload = answer(&mut policies, event).unwrap().to_string();
            let read = AuthorizerResponse::from_payload(kind, false, &called, payload.as_bytes()).unwrap();
            assert!(read.is_allowed, "{called}");
        }
    }
}

#[test]
fn other_events_are_refused() {
    let runs = |_: AuthorizerRequest| -> Decision<'static> { panic!("the handler has run") };
    let mut authorizer = worker(Authorizer::new(runs));
    for event in [
        include_str!("events/published/websocket_connect.json"),
        include_str!("events/published/websocket_disconnect.json"),
        include_str!("events/published/appsync_authorizer.json"),
        include_str!("events/published/iot_authorizer.json"),
        include_str!("events/published/sqs.json"),
        include_str!("events/rest.json"),
        include_str!("events/http.json"),
        include_str!("events/http_lambda_authorizer.json"),
        include_str!("events/alb.json"),
        include_str!("events/lattice.json"),
        // A malformed path is refused before a route is looked for.
        r#"{"httpMethod":"GET","path":"/%zz","requestContext":{}}"#,
        r#"{"type":"TOKEN"}"#,
        r#"{"type":"TOKEN","methodArn":7}"#,
        "null",
        "{}",
    ] {
        let error = answer(&mut authorizer, event).unwrap_err();
        assert!(error.error_type().starts_with("Gatewire."), "{error}: {event}");
    }
    assert_eq!(answer(&mut authorizer, "{").unwrap_err().error_type(), "Gatewire.MalformedPayload");
    for source in testing::sources() {
        let event = HttpRequest::new("GET", "/").event(source);
        let error = authorizer.call_blocking(&event, &LambdaContext::default()).unwrap_err();
        assert_eq!(error.message(), "the event is a request, and this function is a Lambda authorizer");
    }
}

#[test]
fn every_api_gets_every_decision() {
    async fn authorize(req: AuthorizerRequest<'_>) -> Result<Decision<'_>, Error> {
        let limit = req.state::<i32>();
        Ok(match req.token() {
            Some("good") => {
                Decision::allow(req.stage().unwrap_or("token")).context("limit", *limit).context("ok", true)
            }
            Some("bad") => Decision::deny().context("why", "banned"),
            Some("401") => return Err(HttpError::unauthorized("who?").into()),
            Some("403") => return Err(HttpError::forbidden("no").into()),
            Some("500") => return Err(HttpError::conflict("?").into()),
            Some("panic") => panic!("on purpose"),
            Some(number) => Decision::allow("n").context("n", number.parse::<i64>()?),
            None => Decision::unauthorized(),
        })
    }
    for simple in [false, true] {
        let client = AuthorizerClient::new(Authorizer::new(authorize).state(7).simple_responses(simple)).unwrap();
        for kind in KINDS {
            let call = |token: &str| client.call(kind, "GET", "/a/b").header("Authorization", token).stage("dev");
            let good = call("bEARER  good").send();
            let principal = if kind == AuthorizerKind::Token { "token" } else { "dev" };
            let is_simple = simple && kind == AuthorizerKind::HttpApiV2;
            assert_eq!(good.principal(), (!is_simple).then_some(principal), "{kind:?}");
            assert!(good.is_allowed() && good.context::<bool>("ok") && good.context::<i32>("limit") == 7);
            let bad = call("bad").send();
            assert_eq!((bad.status(), bad.context::<String>("why").as_str()), (403, "banned"));
            assert_eq!((call("401").send().status(), call("403").send().status()), (401, 403));
            assert_eq!(call("-12").send().context::<i64>("n"), -12);
            // Another error is an error of the function, and no decision.
            assert_eq!(call("x").try_send().unwrap_err().error_type(), "ParseIntError");
            assert_eq!(call("500").try_send().unwrap_err().error_type(), "HttpError");
            assert_eq!(call("panic").try_send().unwrap_err().error_type(), "Panic");
            if kind != AuthorizerKind::Token {
                assert_eq!(client.call(kind, "GET", "/").send().status(), 401);
            }
        }
    }
}

#[test]
fn unauthorized_is_the_error_of_exactly_that_message() {
    let mut worker = worker(Authorizer::new(|_: AuthorizerRequest| Decision::unauthorized()));
    let error = answer(&mut worker, TOKEN).unwrap_err();
    assert_eq!((error.error_type(), error.message(), error.causes().len()), ("Unauthorized", "Unauthorized", 0));
}

#[test]
fn a_policy_is_limited_on_request_only() {
    let client = |decide: fn(AuthorizerRequest<'_>) -> Decision<'static>| {
        AuthorizerClient::new(Authorizer::new(decide).simple_responses(true)).unwrap()
    };
    let some = client(|_| Decision::allow("a").only("GET", "/todos").only("*", "todos/*"));
    for kind in [AuthorizerKind::Token, AuthorizerKind::Request, AuthorizerKind::HttpApiV1, AuthorizerKind::HttpApiV2] {
        for (method, path, allowed) in
            [("GET", "/todos", true), ("POST", "/todos", false), ("POST", "/todos/7", true), ("GET", "/", false)]
        {
            let decision = some.call(kind, method, path).send();
            assert_eq!(decision.is_allowed(), allowed, "{kind:?} {method} {path}");
        }
    }
    let resources = some.call(AuthorizerKind::Token, "GET", "/").send().resources().to_vec();
    let stage = "arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5/prod";
    let any =
        ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"].map(|method| format!("{stage}/{method}/todos/*"));
    assert_eq!(resources[0], format!("{stage}/GET/todos"));
    assert_eq!(resources[1..], any);
    // The method is no part of the path: a star in its place covers no segment.
    for kind in [AuthorizerKind::Token, AuthorizerKind::HttpApiV2] {
        assert!(!some.call(kind, "GET", "/admin/todos/7").send().is_allowed(), "{kind:?}");
    }
    let lower = client(|_| Decision::allow("a").only("get", "/todos"));
    assert!(lower.call(AuthorizerKind::Request, "GET", "/todos").send().is_allowed());
    let connect = client(|_| Decision::allow("a").only("$connect", ""));
    assert!(connect.call(AuthorizerKind::WebSocket, "GET", "/").send().is_allowed());

    let this = client(|_| Decision::allow("a").this_method_only());
    assert_eq!(this.call(AuthorizerKind::Token, "GET", "/a/b").send().resources(), [format!("{stage}/GET/a/b")]);
    // The path is the client's: as a pattern it would cover the paths of others.
    for path in ["/*", "/a/*", "/a*b"] {
        assert_eq!(this.call(AuthorizerKind::Request, "GET", path).send().status(), 403, "{path}");
    }
}

#[test]
fn context_values_keep_their_types() {
    let decide = |_: AuthorizerRequest| {
        Decision::allow("\"a\"\n")
            .context("text", "\"\u{e9}\u{1}")
            .context("owned", String::from("x"))
            .context("int", -1)
            .context("wide", i64::MIN)
            .context("float", 1.5)
            .context("whole", 2.0)
            .context("infinite", f64::INFINITY)
            .context("bool", false)
            .context("int", 3_u8)
            .usage_identifier_key("key")
    };
    let mut worker = worker(Authorizer::new(decide));
    let answer = answer(&mut worker, TOKEN).unwrap();
    let context = json!({
        "text": "\"\u{e9}\u{1}", "owned": "x", "int": 3, "wide": i64::MIN, "float": 1.5, "whole": 2.0, "infinite": "inf",
        "bool": false,
    });
    assert_eq!((&answer["context"], &answer["principalId"]), (&context, &json!("\"a\"\n")));
    assert_eq!(answer["usageIdentifierKey"], "key");
}

#[test]
fn a_decision_that_no_api_would_take_is_an_error() {
    let decide = |_: AuthorizerRequest| Decision::allow("a").context("long", "x".repeat(9000));
    let mut long = worker(Authorizer::new(decide));
    for (event, _) in PUBLISHED {
        let error = answer(&mut long, event).unwrap_err();
        assert_eq!(error.error_type(), "Gatewire.DecisionTooLarge");
    }
}

#[test]
fn the_answer_reaches_the_function_of_the_api() {
    use gatewire::{App, Json, Request};
    let decide = |_: AuthorizerRequest| Decision::allow("ada").context("tenant", "acme").context("limit", 7);
    let mut authorizer = worker(Authorizer::new(decide));
    let read = |req: Request<'_>| {
        let authorizer = req.context().authorizer();
        let limit = authorizer.context("limit").map(|limit| limit.raw().to_owned());
        Json(json!([authorizer.principal_id(), authorizer.context("tenant").and_then(|t| t.as_str()), limit]))
    };
    let mut app = App::new().get("/", read).build().unwrap().worker();
    for (kind, source, wanted) in [
        (AuthorizerKind::Request, EventSource::RestApi, json!(["ada", "acme", "\"7\""])),
        (AuthorizerKind::HttpApiV1, EventSource::HttpApiV1, json!(["ada", "acme", "\"7\""])),
        (AuthorizerKind::HttpApiV2, EventSource::HttpApiV2, json!([null, "acme", "7"])),
    ] {
        let request = HttpRequest::new("GET", "/");
        let event = request.authorizer_event(kind);
        let payload = authorizer.call_blocking(&event, &LambdaContext::default()).unwrap();
        let response = AuthorizerResponse::from_payload(kind, false, &request.arn(kind), payload).unwrap();
        let event = request.authorized(&response).event(source);
        let answer: Value =
            serde_json::from_slice(app.call_blocking(&event, &LambdaContext::default()).unwrap()).unwrap();
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(body, wanted, "{kind:?}");
    }
}

// ---- shapes

fn config() -> ProptestConfig {
    let given = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok());
    let cases = given.unwrap_or(if cfg!(miri) { 1 } else { 128 });
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// The API reads every decision as it was made, from every kind of event.
    #[test]
    fn decisions_are_read_as_they_were_made(
        kind in prop::sample::select(&KINDS[..]), simple in any::<bool>(), allow in any::<bool>(),
        principal in "\\PC{1,20}", token in "[a-zA-Z0-9._~+/-]{1,20}",
        context in prop::collection::vec(("\\PC{0,8}", "\\PC{0,20}", any::<Option<i64>>()), 0..9),
        path in "/[a-z/]{0,12}", stage in "[a-z]{1,8}",
    ) {
        let (own, decided, wanted) = (principal.clone(), context.clone(), token.clone());
        let decide = move |req: AuthorizerRequest<'_>| -> Decision<'static> {
            assert_eq!(req.token(), Some(wanted.as_str()));
            let decision = if allow { Decision::allow(own.clone()) } else { Decision::deny().principal(own.clone()) };
            decided.iter().cloned().fold(decision, |decision, (name, text, number)| match number {
                Some(number) => decision.context(name, number),
                None => decision.context(name, text),
            })
        };
        let client = AuthorizerClient::new(Authorizer::new(decide).simple_responses(simple)).unwrap();
        let header = format!("Bearer {token}");
        let decision = client.call(kind, "GET", &path).stage(stage).header("authorization", header).send();
        prop_assert_eq!(decision.is_allowed(), allow);
        let is_simple = simple && kind == AuthorizerKind::HttpApiV2;
        prop_assert_eq!(decision.principal(), (!is_simple).then_some(principal.as_str()));
        let read = decision.response().unwrap();
        let last: std::collections::HashMap<_, _> =
            context.iter().map(|(name, text, number)| (name, number.map_or(json!(text), |n| json!(n)))).collect();
        prop_assert_eq!(read.context.len(), last.len());
        for (name, value) in last {
            prop_assert_eq!(&decision.context::<Value>(name), &value);
        }
    }

    /// No shape of an event makes the handler's accessors panic, and a decision is one whatever the event has.
    #[test]
    fn any_shape_of_an_event_is_answered_or_refused(
        event in prop::sample::select(PUBLISHED.map(|(event, _)| event).to_vec()),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 0..4), null in any::<bool>(),
    ) {
        let mut event: Value = serde_json::from_str(event).unwrap();
        for index in removed {
            let keys: Vec<String> = event.as_object().unwrap().keys().cloned().collect();
            let key = index.get(&keys).clone();
            if null {
                event[&key] = Value::Null;
            } else if keys.len() > 1 {
                event.as_object_mut().unwrap().remove(&key);
            }
        }
        let is_authorizers = event["type"].is_string() && (event["methodArn"].is_string() || event["routeArn"].is_string());
        let mut worker = worker(Authorizer::new(everything));
        match answer(&mut worker, &event.to_string()) {
            Ok(answer) => prop_assert!(is_authorizers && answer["policyDocument"]["Statement"].is_array()),
            Err(error) => prop_assert!(!is_authorizers && error.error_type() == "Gatewire.UnknownEvent", "{}", error),
        }
    }
}
