//! Malicious and malformed payloads: they never cause a panic, but an error that says what is wrong and where, or a
//! response of 4xx, and the next event is answered. `tests/growth.rs` checks how memory and work grow.

use gatewire::gateway::{HttpRequest, HttpResponse};
use gatewire::testing::{self, Client};
use gatewire::{App, EventSource, Json, Request, context::LambdaContext, engine::Worker};
use serde_json::{Value, json};

/// A sample of each source, with the field that holds its path.
const SAMPLES: &[(&str, &str)] = &[
    ("path", include_str!("events/rest.json")),
    ("path", include_str!("events/http_v1.json")),
    ("rawPath", include_str!("events/http.json")),
    ("path", include_str!("events/alb.json")),
    ("path", include_str!("events/alb_multi.json")),
    ("rawPath", include_str!("events/url.json")),
    ("raw_path", include_str!("events/lattice.json")),
    ("path", include_str!("events/lattice_v2.json")),
];

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Returns everything that a request has.
fn read(req: Request<'_>) -> Json<Value> {
    let context = req.context();
    Json(json!({
        "method": req.method(),
        "path": req.path(),
        "query": req.query_pairs().collect::<Vec<_>>(),
        "headers": req.headers().collect::<Vec<_>>(),
        "cookies": req.cookies().collect::<Vec<_>>(),
        "body": req.body().map_err(|error| error.to_string()),
        "text": req.body_text().map_err(|error| error.to_string()),
        "json": req.body_json::<Value>().map_err(|error| error.to_string()),
        "ip": req.source_ip(),
        "claims": context.authorizer().claims().iter().collect::<Vec<_>>(),
        "agent": req.user_agent(),
    }))
}

fn worker() -> Worker {
    App::new().on(METHODS, "/", read).on(METHODS, "/{path...}", read).build().unwrap().worker()
}

/// Returns the values that the handler read, or the message of the error, and checks that the next event is answered.
fn outcome(worker: &mut Worker, payload: &[u8]) -> Result<Value, String> {
    let lambda = LambdaContext::default();
    let outcome = match worker.call_blocking(payload, &lambda) {
        Ok(response) => {
            let response: Value = serde_json::from_slice(response).expect("the response is JSON");
            let status = response["statusCode"].as_u64().unwrap();
            assert!((200..500).contains(&status), "{response}");
            Ok(serde_json::from_str(response["body"].as_str().unwrap()).unwrap())
        }
        Err(error) => {
            assert!(error.error_type().starts_with("Gatewire."), "{error}");
            Err(error.message().to_owned())
        }
    };
    assert!(worker.call_blocking(SAMPLES[0].1.as_bytes(), &lambda).is_ok(), "the next event is answered");
    outcome
}

fn parse(sample: &str) -> Value {
    serde_json::from_str(sample).unwrap()
}

// ---- JSON

#[test]
fn invalid_json_is_reported_with_its_place() {
    let mut worker = worker();
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    for (value, kind, at) in [
        // After `{"x":`, which has five bytes.
        (nested(127).into_bytes(), "nested too deeply", 5 + 126),
        ([b"{\"a\":".repeat(100_000), b"1".to_vec()].concat(), "nested too deeply", 5 + 5 * 126),
        (b"[".repeat(1_000_000), "nested too deeply", 5 + 126),
        (b"1e309".to_vec(), "number out of range", 5),
        (b"-1e999999999999999999999".to_vec(), "number out of range", 5),
        ("9".repeat(400).into_bytes(), "number out of range", 5),
        (b"01".to_vec(), "invalid number", 6),
        (b"1.".to_vec(), "invalid number", 7),
        (b"+1".to_vec(), "unexpected character", 5),
        (b"NaN".to_vec(), "unexpected character", 5),
        (b"\"\\ud800\"".to_vec(), "lone surrogate", 6),
        (b"\"\\udc00\"".to_vec(), "lone surrogate", 6),
        (b"\"\\ud800\\ud800\"".to_vec(), "lone surrogate", 6),
        (b"\"a\0b\"".to_vec(), "control character in a string", 7),
        (b"\"a\nb\"".to_vec(), "control character in a string", 7),
        (b"\"\\x41\"".to_vec(), "invalid escape", 6),
        // Overlong forms of `/` and NUL, a surrogate, beyond the last character, a continuation alone.
        (b"\"\xc0\xaf\"".to_vec(), "invalid UTF-8", 6),
        (b"\"\xe0\x80\xaf\"".to_vec(), "invalid UTF-8", 6),
        (b"\"\xf0\x80\x80\xaf\"".to_vec(), "invalid UTF-8", 6),
        (b"\"\xc0\x80\"".to_vec(), "invalid UTF-8", 6),
        (b"\"\xed\xa0\x80\"".to_vec(), "invalid UTF-8", 6),
        (b"\"\xf4\x90\x80\x80\"".to_vec(), "invalid UTF-8", 6),
        (b"\"\x80\"".to_vec(), "invalid UTF-8", 6),
        (b"\"a".to_vec(), "unexpected end", 7),
        (b"1,}".to_vec(), "unexpected character", 7),
        (b"1/*c*/".to_vec(), "unexpected character", 6),
        (b"'a'".to_vec(), "unexpected character", 5),
    ] {
        let payload = match &value[..] {
            // Open brackets are not closed here.
            value if value.len() < 100_000 && !value.ends_with(b"\"a") => [b"{\"x\":", value, b"}"].concat(),
            value => [b"{\"x\":", value].concat(),
        };
        let error = outcome(&mut worker, &payload).unwrap_err();
        let shown = String::from_utf8_lossy(&value[..value.len().min(20)]).into_owned();
        assert!(error.ends_with(&format!("{kind} at byte {at}")), "{shown}: {error}");
    }
    for (payload, message) in [
        (&b"\xef\xbb\xbf{}"[..], "the payload is not JSON: unexpected character at byte 0"),
        (b"", "the payload is not JSON: unexpected end at byte 0"),
        (b"{}\0", "the payload is not JSON: trailing characters at byte 2"),
        (b"{}{}", "the payload is not JSON: trailing characters at byte 2"),
        (b"\0", "the payload is not JSON: unexpected character at byte 0"),
    ] {
        assert_eq!(outcome(&mut worker, payload).unwrap_err(), message);
    }
}

#[test]
fn json_at_the_limits_is_accepted() {
    let mut worker = worker();
    for value in [
        format!("{}1{}", "[".repeat(126), "]".repeat(126)),
        "1.7976931348623157e308".to_owned(),
        "1e-999999999".to_owned(),
        "-0".to_owned(),
        format!("0.{}", "1".repeat(20_000)),
        "9".repeat(308),
        "18446744073709551616".to_owned(),
        format!("{:?}", "x".repeat(300_000)),
        format!("\"{}\"", "\\ud83d\\ude00".repeat(20_000)),
        "\"\\u0000\\ufeff\\uffff\u{10ffff}\"".to_owned(),
    ] {
        for (_, sample) in SAMPLES {
            let with = sample.trim_end().strip_suffix('}').unwrap().to_owned() + ",\"x\":" + &value + "}";
            assert_eq!(outcome(&mut worker, with.as_bytes()), outcome(&mut worker, sample.as_bytes()));
        }
    }
}

// ---- fields

/// The fields that are read in any event, with the types that they must have.
const FIELDS: &[(&str, &str)] = &[
    ("version", "a string"),
    ("resource", "a string"),
    ("routeKey", "a string"),
    ("httpMethod", "a string"),
    ("path", "a string"),
    ("rawPath", "a string"),
    ("rawQueryString", "a string"),
    ("headers", "an object"),
    ("multiValueHeaders", "an object"),
    ("queryStringParameters", "an object"),
    ("multiValueQueryStringParameters", "an object"),
    ("cookies", "an array"),
    ("pathParameters", "an object"),
    ("stageVariables", "an object"),
    ("body", "a string"),
    ("isBase64Encoded", "a boolean"),
    ("requestContext", "an object"),
    ("method", "a string"),
    ("raw_path", "a string"),
    ("query_string_parameters", "an object"),
    ("is_base64_encoded", "a boolean"),
    ("methodArn", "a string"),
    ("routeArn", "a string"),
    ("requestContext.stage", "a string"),
    ("requestContext.domainName", "a string"),
    ("requestContext.elb", "an object"),
    ("requestContext.http", "an object"),
    ("requestContext.serviceNetworkArn", "a string"),
    ("requestContext.connectionId", "a string"),
    ("requestContext.http.method", "a string"),
];

#[test]
fn a_field_of_the_wrong_type_is_reported_with_its_place() {
    let mut worker = worker();
    let values = [
        ("\"marked\"", "a string"),
        ("{\"marked\":1}", "an object"),
        ("[\"marked\"]", "an array"),
        ("false", "a boolean"),
        ("-7.5", "a number"),
    ];
    let mut tried = 0;
    for (_, sample) in SAMPLES {
        for (field, expected) in FIELDS {
            for (value, own) in values.iter().filter(|(_, own)| own != expected) {
                let mut event = parse(sample);
                let (parents, name) = field.rsplit_once('.').unwrap_or(("", field));
                let mut place = &mut event;
                for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
                    place = &mut place[parent];
                }
                place[name] = json!("the place");
                let text = event.to_string();
                let at = text.find("\"the place\"").unwrap();
                let text = text.replace("\"the place\"", value);
                let error = outcome(&mut worker, text.as_bytes()).unwrap_err();
                assert_eq!(error, format!("{field} of the event, at byte {at}, is not {expected}"), "{own}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, SAMPLES.len() * FIELDS.len() * 4);
}

#[test]
fn a_field_that_is_null_is_absent() {
    let mut worker = worker();
    for (_, sample) in SAMPLES {
        for (field, _) in FIELDS.iter().filter(|(field, _)| !field.contains('.')) {
            let (mut absent, mut null) = (parse(sample), parse(sample));
            absent.as_object_mut().unwrap().remove(*field);
            null[*field] = Value::Null;
            let null = outcome(&mut worker, null.to_string().as_bytes());
            assert_eq!(null, outcome(&mut worker, absent.to_string().as_bytes()), "{field}");
        }
    }
}

#[test]
fn invalid_values_inside_of_maps_and_lists_are_left_out() {
    let mut worker = worker();
    for (_, sample) in SAMPLES {
        let mut event = parse(sample);
        let clean = outcome(&mut worker, event.to_string().as_bytes());
        for map in ["headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters"] {
            // An added map would change which fields count.
            let Some(map) = event[map].as_object_mut().filter(|map| !map.is_empty()) else { continue };
            for (name, value) in
                [("~1", json!([[7]])), ("~2", json!(null)), ("~3", json!({"a": "b"})), ("~4", json!([null, {}, [[]]]))]
            {
                map.insert(name.to_owned(), value);
            }
        }
        if let Some(cookies) = event["cookies"].as_array_mut() {
            cookies.extend([json!(1), json!(null), json!({}), json!([])]);
        }
        assert_eq!(outcome(&mut worker, event.to_string().as_bytes()), clean);
        // The context is read on demand; a member of a wrong type counts as absent.
        for field in ["authorizer", "identity", "requestId", "accountId", "authentication"] {
            for value in [json!(1), json!("x"), json!([1]), json!({"claims": 1, "jwt": [], "sourceIp": {}})] {
                let mut event = parse(sample);
                event["requestContext"][field] = value;
                assert!(outcome(&mut worker, event.to_string().as_bytes()).is_ok(), "{field}");
            }
        }
    }
}

// ---- events of other services

/// Events for Lambda authorizers and of WebSocket APIs, with all keys of requests.
fn no_requests() -> Vec<(Value, &'static str)> {
    let (authorizer, socket) = ("the event of a Lambda authorizer", "an event of a WebSocket API");
    let arn = "arn:aws:execute-api:eu-west-1:111122223333:abc/prod/POST/orders";
    let mut events = Vec::new();
    for (_, sample) in SAMPLES {
        for key in ["methodArn", "routeArn"] {
            let mut event = parse(sample);
            event["type"] = json!("REQUEST");
            event[key] = json!(arn);
            events.push((event, authorizer));
        }
        let mut event = parse(sample);
        event["requestContext"]["connectionId"] = json!("L0SM9cOFvHcCIhw=");
        events.push((event, socket));
    }
    let token = json!({"type": "TOKEN", "authorizationToken": "allow", "methodArn": arn});
    events.push((token, authorizer));
    let message = json!({
        "requestContext": {"routeKey": "$default", "eventType": "MESSAGE", "connectionId": "L0SM9cOFvHcCIhw="},
        "body": "hi", "isBase64Encoded": false,
    });
    events.push((message, socket));
    events
}

const ALL_SOURCES: [EventSource; 7] = [
    EventSource::RestApi,
    EventSource::HttpApiV1,
    EventSource::HttpApiV2,
    EventSource::FunctionUrl,
    EventSource::Alb,
    EventSource::LatticeV1,
    EventSource::LatticeV2,
];

#[test]
fn no_handler_runs_for_an_event_that_is_no_request() {
    let app = |source: Option<EventSource>| {
        let runs = |_: Request<'_>| -> &'static str { panic!("a handler has run") };
        let app = App::new().on(METHODS, "/", runs).on(METHODS, "/{path...}", runs);
        if let Some(source) = source { app.source(source) } else { app }.build().unwrap().worker()
    };
    for (event, what) in no_requests() {
        for source in ALL_SOURCES.into_iter().map(Some).chain([None]) {
            let outcome = app(source).call_blocking(event.to_string().as_bytes(), &LambdaContext::default()).map(drop);
            let error = outcome.unwrap_err();
            assert_eq!(error.error_type(), "Gatewire.UnknownEvent", "{source:?} {event}");
            let start = format!("the payload is not a proxy event: it is {what}");
            assert!(error.message().starts_with(&start), "{source:?}: {error}");
            assert!(!error.message().contains("App::source"), "{error}");
        }
    }
    // An event with only one of the keys is not that of an authorizer.
    for (_, sample) in SAMPLES {
        for (key, value) in [("type", "REQUEST"), ("methodArn", "arn"), ("routeArn", "arn")] {
            let mut event = parse(sample);
            event[key] = json!(value);
            assert!(outcome(&mut worker(), event.to_string().as_bytes()).is_ok(), "{key}");
        }
    }
}

#[test]
fn events_of_other_services_are_named() {
    let records = |key: &str, source: &str| json!({"Records": [{key: source}, {key: "other"}]});
    for (event, what) in [
        (records("eventSource", "aws:sqs"), "an event of SQS"),
        (records("EventSource", "aws:sns"), "an event of SNS"),
        (records("eventSource", "aws:s3"), "an event of S3"),
        (records("eventSource", "aws:dynamodb"), "an event of DynamoDB"),
        (records("eventSource", "aws:kinesis"), "an event of Kinesis"),
        (json!({"Records": [{"cf": {"config": {}}}]}), "an event of CloudFront"),
        (json!({"eventSource": "aws:kafka", "records": {"topic-0": []}}), "an event of Amazon MSK"),
        (records("eventSource", "aws:new"), "an event with records, as those of queues, streams and buckets"),
        (json!({"Records": []}), "an event with records, as those of queues, streams and buckets"),
        (
            json!({"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}),
            "an event of EventBridge",
        ),
        (json!({"awslogs": {"data": ""}}), "an event of CloudWatch Logs"),
        (json!({"version": "1", "triggerSource": "PreSignUp_SignUp"}), "a trigger of a Cognito user pool"),
        (
            json!({"messageVersion": "1.0", "actionGroup": "g", "apiPath": "/a", "httpMethod": "GET"}),
            "an event of a Bedrock agent",
        ),
        (
            json!({"key1": "value1", "key2": "value2", "key3": "value3"}),
            "the template `hello-world` of the Lambda console",
        ),
    ] {
        let of = |worker: &mut Worker| outcome(worker, event.to_string().as_bytes()).unwrap_err();
        let error = of(&mut worker());
        assert!(error.starts_with(&format!("the payload is not a proxy event: it is {what}")), "{error}");
        // A pinned source does not change that.
        for source in ALL_SOURCES {
            let app = App::new().source(source).on(METHODS, "/", read);
            let pinned = app
                .build()
                .unwrap()
                .worker()
                .call_blocking(event.to_string().as_bytes(), &LambdaContext::default())
                .map(drop);
            assert_eq!(pinned.unwrap_err().message(), error, "{source:?}");
        }
    }
    for event in [json!({}), json!({"hello": "world"}), json!({"Records": "none", "awslogs": [], "key1": "value1"})] {
        let error = outcome(&mut worker(), event.to_string().as_bytes()).unwrap_err();
        assert!(error.contains("App::source pins the kind"), "{error}");
    }
}

#[test]
fn the_last_of_repeated_keys_counts_in_every_source() {
    let mut worker = worker();
    for (path, sample) in SAMPLES {
        let event = parse(sample);
        let sample = sample.trim_end();
        let clean = outcome(&mut worker, sample.as_bytes()).unwrap();
        for (field, value) in event.as_object().unwrap() {
            let decoy = match value {
                Value::String(_) => json!("decoy"),
                Value::Object(_) => json!({"decoy": "decoy"}),
                Value::Array(_) => json!(["decoy=decoy"]),
                Value::Null => Value::Null,
                _ => json!(true),
            };
            // The decoy has no effect before the key, and counts after it.
            let first = format!("{{{}:{decoy},{}", json!(field), sample.strip_prefix('{').unwrap());
            assert_eq!(outcome(&mut worker, first.as_bytes()), Ok(clean.clone()), "{field}");
            if field == path {
                let last = format!("{},\"{field}\":\"/decoy\"}}", sample.strip_suffix('}').unwrap());
                assert_eq!(outcome(&mut worker, last.as_bytes()).unwrap()["path"], "/decoy");
                // This holds however the key is written.
                let escaped = format!("\\u{:04x}{}", field.as_bytes()[0], &field[1..]);
                let last = format!("{},\"{escaped}\":\"/decoy\"}}", sample.strip_suffix('}').unwrap());
                assert_eq!(outcome(&mut worker, last.as_bytes()).unwrap()["path"], "/decoy");
            }
        }
    }
}

#[test]
fn members_of_an_object_that_is_repeated_as_null_do_not_count() {
    let mut worker = worker();
    for (_, sample) in SAMPLES {
        let event = parse(sample);
        let context = &event["requestContext"];
        if context["elb"].is_object() || context["http"].is_object() || context["serviceNetworkArn"].is_string() {
            // The source is recognised by it.
            let last = format!("{},\"requestContext\":null}}", sample.trim_end().strip_suffix('}').unwrap());
            let mut absent = event.clone();
            absent.as_object_mut().unwrap().remove("requestContext");
            assert_eq!(
                outcome(&mut worker, last.as_bytes()).map(|got| got["path"].clone()),
                outcome(&mut worker, absent.to_string().as_bytes()).map(|got| got["path"].clone()),
            );
        }
        if context["http"].is_object() {
            let members = context.to_string();
            let nulled = format!("{},\"http\":null}}", members.strip_suffix('}').unwrap());
            let last = event.to_string().replace(&members, &nulled);
            assert!(outcome(&mut worker, last.as_bytes()).is_err());
        }
    }
}

#[test]
fn the_order_of_keys_and_unknown_keys_do_not_matter() {
    let mut worker = worker();
    for (_, sample) in SAMPLES {
        let clean = outcome(&mut worker, sample.as_bytes());
        let event = parse(sample);
        let members: Vec<String> =
            event.as_object().unwrap().iter().map(|(key, value)| format!("{}:{value}", json!(key))).collect();
        let turned = members.iter().rev().cloned().collect::<Vec<_>>().join(",");
        let noise =
            r#""":0,"Path":"/x","HTTPMETHOD":"PUT","path ":[],"\u0000":{},"__proto__":{"path":"/x"},"constructor":1"#;
        for text in [format!("{{{turned}}}"), format!("{{{noise},{turned}}}"), format!("{{{turned},{noise}}}")] {
            let got = outcome(&mut worker, text.as_bytes()).unwrap();
            // Maps keep the order of the event, and `Value` has sorted that.
            let of = |value: &Value, key: &str| {
                let mut list = value[key].as_array().unwrap().clone();
                list.sort_by_key(Value::to_string);
                list
            };
            let clean = clean.as_ref().unwrap();
            assert!(["headers", "query", "claims"].iter().all(|key| of(&got, key) == of(clean, key)));
            assert!(["method", "path", "body", "cookies", "ip"].iter().all(|key| got[key] == clean[key]), "{got}");
        }
    }
}

// ---- floods

#[test]
fn floods_of_headers_parameters_cookies_and_segments_are_answered() {
    let mut worker = worker();
    for source in testing::sources() {
        let start = HttpRequest::new("GET", "/");
        let headers = (0..500).fold(start, |request, i| request.header(format!("x-{i}"), "v"));
        let seen = outcome(&mut worker, &headers.event(source)).unwrap();
        assert!(seen["headers"].as_array().unwrap().len() >= 500, "{source:?}");

        let query: String = (0..1_000).map(|i| format!("q{i}=%41&")).collect();
        let seen = outcome(&mut worker, &HttpRequest::new("GET", &format!("/?{query}")).event(source)).unwrap();
        assert_eq!(seen["query"].as_array().unwrap().len(), 1_000, "{source:?}");
        assert_eq!(seen["query"][999], json!(["q999", "A"]), "{source:?}");

        let cookies = "a=b; ".repeat(5_000);
        let request = HttpRequest::new("GET", "/").header("Cookie", cookies.trim_end_matches("; "));
        assert_eq!(outcome(&mut worker, &request.event(source)).unwrap()["cookies"].as_array().unwrap().len(), 5_000);

        for (path, length) in [("/a".repeat(10_000), 20_000), (format!("/{}", "b".repeat(1 << 17)), (1 << 17) + 1)] {
            let seen = outcome(&mut worker, &HttpRequest::new("GET", &path).event(source)).unwrap();
            assert_eq!(seen["path"].as_str().unwrap().len(), length, "{source:?}");
        }
    }
}

#[test]
fn repeated_parameters_and_cookies_are_kept_and_the_last_is_returned() {
    let app = App::new().get("/", |req: Request<'_>| {
        let all: Vec<&str> = req.query_all("a").collect();
        let cookies = req.cookies().filter(|(name, _)| *name == "c").count();
        Json(json!([all, req.query("a"), cookies, req.cookie("c")]))
    });
    let client = Client::new(app).unwrap();
    for source in testing::sources() {
        let send = |multi_value| {
            let request = client.get("/?a=1&a=2&a=3").header("Cookie", "c=1; c=2").source(source);
            request.multi_value(multi_value).send().json::<Value>()
        };
        assert_eq!(send(true), json!([["1", "2", "3"], "3", 2, "2"]), "{source:?}");
        // Without multi-value headers a load balancer sends only the last parameter.
        let expected = if source == EventSource::Alb { json!([["3"], "3", 2, "2"]) } else { send(true) };
        assert_eq!(send(false), expected, "{source:?}");
    }
}

// ---- bodies

#[test]
fn malformed_bodies_are_answered_with_400() {
    let app = App::new()
        .post("/json", |req: Request<'_>| req.body_json::<Value>().map(Json))
        .post("/number", |req: Request<'_>| req.body_json::<u8>().map(|n| n.to_string()))
        .post("/text", |req: Request<'_>| req.body_text().map(str::to_owned));
    let client = Client::new(app).unwrap();
    for source in testing::sources() {
        for (target, body) in [
            ("/json", b"[".repeat(50_000)),
            ("/json", b"{\"a\":".repeat(20_000)),
            ("/json", b"\xef\xbb\xbf{}".to_vec()),
            ("/json", b"{\"a\":\"\\ud800\"}".to_vec()),
            ("/json", b"\"\xc0\xaf\"".to_vec()),
            ("/json", b"\"a\0b\"".to_vec()),
            ("/json", b"1e999".to_vec()),
            ("/json", b"01".to_vec()),
            ("/json", b"{}{}".to_vec()),
            ("/json", b"nul".to_vec()),
            ("/number", b"256".to_vec()),
            ("/number", b"-1".to_vec()),
            ("/number", b"1.5".to_vec()),
            ("/number", "9".repeat(50_000).into_bytes()),
            ("/text", b"\xff\xfe".to_vec()),
            ("/text", b"\xed\xa0\x80".to_vec()),
        ] {
            for content_type in ["application/json", "application/octet-stream"] {
                let request =
                    client.post(target).header("Content-Type", content_type).body(body.clone()).source(source);
                let answer = request.send();
                let shown = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
                assert_eq!(answer.status(), 400, "{target} {shown:?} {source:?}: {}", answer.text());
                assert_eq!(answer.header("content-type"), Some("application/json"));
            }
        }
    }
    // Invalid base64: every gateway marks base64 in the event itself.
    let app = App::new().post("/", |req: Request<'_>| req.body().map(<[u8]>::to_vec));
    let mut worker = app.build().unwrap().worker();
    for body in ["!", "a", "ab", "ab=", "ab==\n", "a b=", "YQ", "YR==", "YQ===", "\u{e9}", "YQ==YQ=="] {
        let event = json!({"httpMethod": "POST", "path": "/", "body": body, "isBase64Encoded": true}).to_string();
        let response = worker.call_blocking(event.as_bytes(), &LambdaContext::default()).unwrap();
        assert!(response.starts_with(b"{\"statusCode\":400,"), "{body:?}: {}", String::from_utf8_lossy(response));
    }
}

#[test]
fn compressed_requests_arrive_as_they_were_sent() {
    let app = App::new().post("/", |req: Request<'_>| req.body().map(|body| body.len().to_string()));
    let client = Client::new(app).unwrap();
    let bomb = [&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], &[0; 1000]].concat();
    for source in testing::sources() {
        let answer = client.post("/").header("Content-Encoding", "gzip").body(bomb.clone()).source(source).send();
        assert_eq!(answer.text(), "1010", "{source:?}");
    }
}

#[test]
#[cfg(feature = "gzip")]
fn incompressible_bodies_are_sent_whole() {
    use gatewire::{Route, app::Compression};

    // Random enough that a compressor gains nothing.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let next = std::iter::from_fn(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Some((state >> 56) as u8)
        });
        next.take(length).collect()
    }
    let handler = |req: Request<'_>| noise(req.param_as("n").unwrap_or(0));
    let app = App::new().compression(Compression::new().threshold(0).deflate(true));
    let client = Client::new(app.route(Route::get("/{n}", handler).compress(true))).unwrap();
    for encoding in ["gzip", "deflate"] {
        for length in [0, 1, 1000, 65_535, 65_536, 150_000] {
            for source in testing::sources() {
                let request = client.get(&format!("/{length}")).header("Accept-Encoding", encoding).source(source);
                assert_eq!(request.send().bytes(), noise(length), "{encoding} {length} {source:?}");
            }
        }
    }
}

#[test]
fn a_response_that_is_too_large_is_an_error() {
    let mut worker = App::new().get("/", |_: Request<'_>| "x".repeat(6 << 20)).build().unwrap().worker();
    for source in testing::sources() {
        let event = HttpRequest::new("GET", "/").event(source);
        let error =
            worker.call_blocking(&event, &LambdaContext::default()).map(|r| HttpResponse::from_payload(source, r));
        assert_eq!(error.unwrap_err().error_type(), "Function.ResponseSizeTooLarge", "{source:?}");
    }
}
