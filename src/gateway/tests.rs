use serde_json::{Value, json};

use super::{HttpRequest, HttpResponse};
use crate::source::EventSource;

/// Miri takes minutes for all of them: there one stands for the others.
const SOURCES: &[EventSource] = if cfg!(miri) { &[EventSource::RestApi] } else { &ALL };

const ALL: [EventSource; 7] = [
    EventSource::RestApi,
    EventSource::HttpApiV1,
    EventSource::HttpApiV2,
    EventSource::FunctionUrl,
    EventSource::Alb,
    EventSource::LatticeV1,
    EventSource::LatticeV2,
];

fn event(request: &HttpRequest, source: EventSource) -> Value {
    serde_json::from_slice(&request.event(source)).unwrap()
}

/// Finds the places at which `ours` lacks a key or has another type than `sample`; `null` stands for any type. `open`
/// are the fields whose keys depend on the request or on the configuration of the gateway.
fn gaps(ours: &Value, sample: &Value, open: &[&str], at: &str, gaps: &mut Vec<String>) {
    if ours.is_null() || sample.is_null() {
        return;
    }
    if std::mem::discriminant(ours) != std::mem::discriminant(sample) {
        gaps.push(format!("{at}: {ours} where the sample has {sample}"));
    }
    let Some(map) = sample.as_object() else { return };
    for (key, sample) in map {
        let at = format!("{at}/{key}");
        match ours.get(key) {
            _ if open.contains(&&*at) => {}
            None => gaps.push(format!("{at} is missing")),
            Some(ours) => self::gaps(ours, sample, open, &at, gaps),
        }
    }
}

#[test]
fn events_have_the_shape_of_the_samples() {
    let request = || {
        HttpRequest::new("GET", "/todos/42?q=oat%20milk&sort=due%2Cdesc")
            .header("Host", "localhost:8080")
            .header("User-Agent", "test/1")
            .header("Accept", "*/*")
            .header("Accept-Encoding", "gzip")
            .header("Cookie", "theme=dark")
    };
    let maps = ["/queryStringParameters", "/multiValueQueryStringParameters", "/pathParameters"];
    let authorized = ["/stageVariables", "/requestContext/authorizer", "/requestContext/authentication"];
    let of_samples = ["/headers/authorization", "/headers/origin", "/headers/content-length", "/headers/x-list"];
    let more = ["/headers/accept-language", "/multiValueHeaders/accept-language", "/multiValueHeaders/x-list"];
    let url = ["/headers/x-amz-date", "/headers/x-amzn-tls-cipher-suite", "/headers/x-amzn-tls-version"];
    let v1 =
        ["/headers/Content-Length", "/headers/X-Tag", "/multiValueHeaders/Content-Length", "/multiValueHeaders/X-Tag"];
    let v1 = [&v1[..], &["/headers/Accept-Encoding"]].concat();
    let lattice = ["principal", "principalOrgID", "sessionName", "type"].into_iter();
    let certificate = ["x509IssuerOu", "x509SanDns", "x509SanNameCn", "x509SanUri", "x509SubjectCn"];
    let caller: Vec<_> = lattice.chain(certificate).map(|key| format!("/requestContext/identity/{key}")).collect();
    let caller: Vec<_> = caller.iter().map(String::as_str).collect();
    let open = [&maps[..], &["/query_string_parameters"], &caller, &authorized, &of_samples, &more, &url, &v1].concat();
    let samples = [
        (EventSource::RestApi, false, include_str!("../../tests/events/rest.json")),
        (EventSource::HttpApiV1, false, include_str!("../../tests/events/http_v1.json")),
        (EventSource::HttpApiV2, false, include_str!("../../tests/events/http.json")),
        (EventSource::FunctionUrl, false, include_str!("../../tests/events/url.json")),
        (EventSource::Alb, false, include_str!("../../tests/events/alb.json")),
        (EventSource::Alb, true, include_str!("../../tests/events/alb_multi.json")),
        (EventSource::LatticeV1, false, include_str!("../../tests/events/lattice.json")),
        (EventSource::LatticeV2, false, include_str!("../../tests/events/lattice_v2.json")),
    ];
    for (source, multi_value, sample) in samples.into_iter().step_by(if cfg!(miri) { 5 } else { 1 }) {
        let sample: Value = serde_json::from_str(sample).unwrap();
        let ours = event(&request().multi_value(multi_value), source);
        let mut found = Vec::new();
        gaps(&ours, &sample, &open, "", &mut found);
        // And no key that such a gateway never sends.
        let shape = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let extra = shape(&ours).into_iter().filter(|key| sample.get(key).is_none());
        found.extend(extra.map(|key| format!("/{key} is not in the sample")));
        assert!(found.is_empty(), "{source:?}: {found:#?}\n{ours:#}");
    }
}

#[test]
fn paths_of_every_gateway() {
    let path = |target: &str, stage: Option<&str>, source: EventSource| {
        let request = HttpRequest::new("GET", target);
        let request = if let Some(stage) = stage { request.stage(stage) } else { request };
        let event = event(&request, source);
        let path = ["rawPath", "raw_path", "path"].iter().find_map(|key| event.get(key)).unwrap().as_str().unwrap();
        path.split('?').next().unwrap().to_owned()
    };
    for &source in SOURCES {
        let decodes = matches!(source, EventSource::HttpApiV2 | EventSource::HttpApiV1);
        assert_eq!(path("", None, source), "/");
        assert_eq!(path("?a=1", None, source), "/");
        let decoded = if decodes { "/caf\u{e9}/a/b" } else { "/caf%C3%A9/a%2Fb" };
        assert_eq!(path("/caf%C3%A9/a%2Fb", None, source), decoded);
        let staged = if decodes { "/dev/a b" } else { "/a%20b" };
        assert_eq!(path("/a%20b?x", Some("dev"), source), staged);
        assert_eq!(path("/a%2", None, source), "/a%2", "a bad escape stays");
        assert_eq!(path("/a%FFb", None, source), "/a%FFb", "and so does what is not UTF-8");
        assert_eq!(path("/a%3Fb", None, source), if decodes { "/a" } else { "/a%3Fb" });
    }
    let event = event(&HttpRequest::new("GET", "/a%20b/c").stage("dev"), EventSource::RestApi);
    assert_eq!(event["requestContext"]["path"], "/dev/a%20b/c");
    assert_eq!(event["pathParameters"], json!({ "proxy": "a b/c" }));
    assert_eq!(event["resource"], "/{proxy+}");
    let root = self::event(&HttpRequest::new("GET", "/"), EventSource::RestApi);
    assert_eq!((&root["resource"], &root["pathParameters"]), (&json!("/"), &Value::Null));
}

#[test]
fn base_paths_of_every_gateway() {
    let request = |target: &str, base_path: &str| HttpRequest::new("GET", target).base_path(base_path);
    for (target, base_path, mapped) in [
        ("/shop/cards/7?a", "/shop", Some("/cards/7")),
        ("/shop/cards/7", "shop/", Some("/cards/7")),
        ("/shop/cards/7", "/shop/cards", Some("/7")),
        ("/shop", "/shop", Some("/")),
        ("/shop/", "/shop", Some("/")),
        ("/shopping", "/shop", None),
        ("/cards", "/shop", None),
        ("/cards", "/", Some("/cards")),
        ("/cards", "", Some("/cards")),
    ] {
        assert_eq!(request(target, base_path).mapped_path(), mapped, "{target} below {base_path}");
    }
    let of = |source| event(&request("/shop/a%20b", "/shop").stage("dev"), source);
    let domain = |event: &Value| event["requestContext"]["domainName"].as_str().unwrap().to_owned();
    for source in [EventSource::RestApi, EventSource::HttpApiV1, EventSource::HttpApiV2] {
        assert_eq!(domain(&of(source)), "api.example.com");
        assert!(domain(&event(&HttpRequest::new("GET", "/"), source)).contains(".execute-api."));
    }
    // The client's path, since with a custom domain there is no stage in it.
    let rest = of(EventSource::RestApi);
    assert_eq!((&rest["path"], &rest["requestContext"]["path"]), (&json!("/shop/a%20b"), &json!("/shop/a%20b")));
    assert_eq!(
        (&rest["pathParameters"], &rest["requestContext"]["stage"]),
        (&json!({ "proxy": "a b" }), &json!("dev"))
    );
    let v1 = of(EventSource::HttpApiV1);
    assert_eq!((&v1["path"], &v1["requestContext"]["path"]), (&json!("/shop/a b"), &json!("/shop/a b")));
    // The stage, and no base path.
    let v2 = of(EventSource::HttpApiV2);
    assert_eq!((&v2["rawPath"], &v2["requestContext"]["http"]["path"]), (&json!("/dev/a b"), &json!("/dev/a b")));
    // The other gateways have neither: the path is the client's.
    assert_eq!(of(EventSource::FunctionUrl)["rawPath"], "/shop/a%20b");
    for (source, key) in
        [(EventSource::Alb, "path"), (EventSource::LatticeV1, "raw_path"), (EventSource::LatticeV2, "path")]
    {
        assert_eq!(of(source)[key], "/shop/a%20b", "{source:?}");
    }
    let root = event(&request("/shop", "/shop"), EventSource::RestApi);
    assert_eq!((&root["resource"], &root["pathParameters"]), (&json!("/"), &Value::Null));
}

#[test]
fn queries_of_every_gateway() {
    let request = HttpRequest::new("GET", "/?tag=a%2Cb&x=1+2&tag=c&flag&&e%3D=%");
    let single = json!({ "tag": "c", "x": "1 2", "flag": "", "e=": "%" });
    let multi = json!({ "tag": ["a,b", "c"], "x": ["1 2"], "flag": [""], "e=": ["%"] });
    for source in [EventSource::RestApi, EventSource::HttpApiV1] {
        let event = event(&request, source);
        assert_eq!(event["queryStringParameters"], single);
        assert_eq!(event["multiValueQueryStringParameters"], multi);
    }
    for source in [EventSource::HttpApiV2, EventSource::FunctionUrl] {
        let event = event(&request, source);
        assert_eq!(event["rawQueryString"], "tag=a%2Cb&x=1+2&tag=c&flag&&e%3D=%");
        assert_eq!(event["queryStringParameters"], json!({ "tag": "a,b,c", "x": "1 2", "flag": "", "e=": "%" }));
    }
    let alb = event(&request, EventSource::Alb);
    assert_eq!(alb["queryStringParameters"], json!({ "tag": "c", "x": "1+2", "flag": "", "e%3D": "%" }));
    let alb = event(&request.clone().multi_value(true), EventSource::Alb);
    let lists = json!({ "tag": ["a%2Cb", "c"], "x": ["1+2"], "flag": [""], "e%3D": ["%"] });
    assert_eq!(alb["multiValueQueryStringParameters"], lists);
    assert!(alb.get("queryStringParameters").is_none() && alb.get("headers").is_none());
    let lattice = event(&request, EventSource::LatticeV1);
    assert_eq!(lattice["raw_path"], "/?tag=a%2Cb&x=1+2&tag=c&flag&&e%3D=%");
    assert_eq!(lattice["query_string_parameters"], single);
    assert_eq!(event(&request, EventSource::LatticeV2)["queryStringParameters"], multi);

    let none = HttpRequest::new("GET", "/");
    for source in [EventSource::RestApi, EventSource::HttpApiV1] {
        let event = event(&none, source);
        assert_eq!(event["queryStringParameters"], Value::Null);
        assert_eq!(event.get("multiValueQueryStringParameters"), Some(&Value::Null));
    }
    assert!(event(&none, EventSource::HttpApiV2).get("queryStringParameters").is_none());
    assert_eq!(event(&none, EventSource::Alb)["queryStringParameters"], json!({}));
    assert_eq!(event(&none, EventSource::LatticeV1)["query_string_parameters"], json!({}));
    assert!(event(&none, EventSource::LatticeV2).get("queryStringParameters").is_none());
}

#[test]
fn headers_of_every_gateway() {
    let request = HttpRequest::new("GET", "/")
        .header("X-Tag", "a")
        .header("Cookie", "one=1; two=2;")
        .header("x-tag", "b\"c")
        .header("cookie", "three")
        .header("X-Forwarded-For", "198.51.100.1")
        .source_ip("192.0.2.7");
    for source in [EventSource::RestApi, EventSource::HttpApiV1] {
        let event = event(&request, source);
        assert_eq!(event["headers"]["X-Tag"], "b\"c");
        assert_eq!(event["multiValueHeaders"]["X-Tag"], json!(["a", "b\"c"]));
        assert_eq!(event["multiValueHeaders"]["Cookie"], json!(["one=1; two=2;", "three"]));
        assert_eq!(event["headers"]["X-Forwarded-For"], "198.51.100.1");
        assert_eq!(event["headers"]["X-Forwarded-Proto"], "https");
        assert_eq!(event["requestContext"]["identity"]["sourceIp"], "192.0.2.7");
        assert_eq!(event["requestContext"]["identity"]["userAgent"], Value::Null);
    }
    for source in [EventSource::HttpApiV2, EventSource::FunctionUrl] {
        let event = event(&request, source);
        assert_eq!(event["headers"]["x-tag"], "a,b\"c");
        // A Function URL leaves the header where it is, too.
        let cookie = json!("one=1; two=2; three");
        assert_eq!(event["headers"].get("cookie"), (source == EventSource::FunctionUrl).then_some(&cookie));
        assert_eq!(event["cookies"], json!(["one=1", "two=2", "three"]));
        assert_eq!(event["requestContext"]["http"]["sourceIp"], "192.0.2.7");
        assert_eq!(event["requestContext"]["http"]["userAgent"], "");
    }
    let alb = event(&request, EventSource::Alb);
    assert_eq!((&alb["headers"]["x-tag"], &alb["headers"]["cookie"]), (&json!("b\"c"), &json!("three")));
    assert_eq!(alb["headers"]["x-forwarded-for"], "198.51.100.1, 192.0.2.7");
    let lattice = event(&request, EventSource::LatticeV1);
    assert_eq!((&lattice["headers"]["x-tag"], &lattice["headers"]["cookie"]), (&json!("b\"c"), &json!("three")));
    let lattice = event(&request, EventSource::LatticeV2);
    assert_eq!(lattice["headers"]["x-tag"], json!(["a", "b\"c"]));
    assert_eq!(lattice["headers"]["cookie"], json!(["one=1; two=2;", "three"]));
    assert_eq!(lattice["headers"]["x-forwarded-for"], json!(["198.51.100.1, 192.0.2.7"]));
    let multi = event(&request.multi_value(true), EventSource::Alb);
    assert_eq!(multi["multiValueHeaders"]["x-tag"], json!(["a", "b\"c"]));
    assert!(event(&HttpRequest::new("GET", "/"), EventSource::HttpApiV2).get("cookies").is_none());
}

#[test]
fn ids_and_times() {
    let request = HttpRequest::new("GET", "/");
    let (first, second) = (event(&request, EventSource::RestApi), event(&request, EventSource::RestApi));
    let id = |event: &Value| event["requestContext"]["requestId"].as_str().unwrap().to_owned();
    assert_ne!(id(&first), id(&second));
    assert_eq!(id(&first).split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert_eq!(&id(&first)[14..15], "4", "{}", id(&first));
    assert!("89ab".contains(&id(&first)[19..20]), "{}", id(&first));
    let http = event(&request, EventSource::HttpApiV2);
    assert!(id(&http).len() == 16 && id(&http).ends_with('='));
    let trace: Vec<_> = http["headers"]["x-amzn-trace-id"].as_str().unwrap().split('-').map(str::len).collect();
    assert_eq!(trace, ["Root=1".len(), 8, 24]);
    let time = http["requestContext"]["time"].as_str().unwrap();
    assert!(time.ends_with(" +0000") && time.len() == "14/Oct/2026:08:15:42 +0000".len(), "{time}");
    assert!(http["requestContext"]["timeEpoch"].as_u64().unwrap() > 1_700_000_000_000);
    let lattice = event(&request, EventSource::LatticeV2);
    assert!(lattice["requestContext"]["timeEpoch"].as_str().unwrap().parse::<u64>().unwrap() > 1_700_000_000_000_000);
}

#[test]
fn bodies_are_text_or_base64() {
    let carried = |fields: &[(&str, &str)], body: &[u8], source: EventSource| {
        let request = HttpRequest::new("POST", "/").body(body);
        let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let event = event(&request, source);
        let base64 = event.get("isBase64Encoded").or_else(|| event.get("is_base64_encoded"));
        (event.get("body").cloned(), base64.unwrap().as_bool().unwrap())
    };
    let typed = |content_type, source| carried(&[("content-type", content_type)], b"{\"a\n\":1}", source);
    for &source in SOURCES {
        let (text, base64) = ((Some(json!("{\"a\n\":1}")), false), (Some(json!("eyJhCiI6MX0=")), true));
        for of_text in ["text/html", "Application/JSON; charset=utf-8", "application/xml", "application/javascript"] {
            assert_eq!(typed(of_text, source), text, "{source:?} {of_text}");
        }
        let other = if source == EventSource::RestApi { &text } else { &base64 };
        for of_other in ["application/octet-stream", "application/x-www-form-urlencoded", "application/ld+json", ""] {
            assert_eq!(&typed(of_other, source), other, "{source:?} {of_other}");
        }
        assert_eq!(&carried(&[], b"{\"a\n\":1}", source), other, "{source:?}");
        let encoded = [("Content-Type", "text/plain"), ("Content-Encoding", "identity")];
        let decides = matches!(source, EventSource::Alb | EventSource::LatticeV1 | EventSource::LatticeV2);
        let of_encoded = if decides { &base64 } else { &text };
        assert_eq!(&carried(&encoded, b"{\"a\n\":1}", source), of_encoded, "{source:?}");
        assert_eq!(carried(&[("Content-Type", "text/plain")], b"\xff\x00", source), (Some(json!("/wA=")), true));
        let none = match source {
            EventSource::RestApi | EventSource::HttpApiV1 => Some(Value::Null),
            EventSource::Alb | EventSource::LatticeV1 | EventSource::LatticeV2 => Some(json!("")),
            EventSource::HttpApiV2 | EventSource::FunctionUrl => None,
        };
        assert_eq!(carried(&[], b"", source), (none, false));
    }
}

fn read(source: EventSource, payload: &str) -> Result<HttpResponse, String> {
    HttpResponse::from_payload(source, payload.as_bytes()).map_err(|error| error.to_string())
}

fn pairs(response: &HttpResponse) -> Vec<(&str, &str)> {
    response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn responses_with_every_field() {
    for &source in SOURCES {
        let plain = read(source, r#"{"statusCode":204}"#).unwrap();
        assert_eq!(plain, HttpResponse { status: 204, headers: vec![], body: vec![] });
        let nulls = read(source, r#"{"statusCode":200,"headers":null,"body":null,"isBase64Encoded":null}"#).unwrap();
        assert_eq!((nulls.headers.len(), nulls.text()), (0, Some("")));
        let text =
            read(source, r#" {"body":"a\n\u00e9","headers":{"A":"1","a":"2","A":"3"},"statusCode":999} "#).unwrap();
        assert_eq!((text.status, text.text()), (999, Some("a\né")));
        assert_eq!(pairs(&text), [("A", "3"), ("a", "2")]);
        let binary = read(source, r#"{"statusCode":200,"body":"\/wA=","isBase64Encoded":true}"#).unwrap();
        assert_eq!((&binary.body[..], binary.text()), (&b"\xff\0"[..], None));
    }
    for source in [EventSource::RestApi, EventSource::HttpApiV1, EventSource::Alb] {
        let both = r#"{"statusCode":200,"headers":{"X":"1","Y":"2"},"multiValueHeaders":{"x":["1","3"],"Set-Cookie":["a","b"]}}"#;
        let both = read(source, both).unwrap();
        assert_eq!(pairs(&both), [("Y", "2"), ("x", "1"), ("x", "3"), ("Set-Cookie", "a"), ("Set-Cookie", "b")]);
        assert_eq!((both.header("X"), both.header("z")), (Some("3"), None));
    }
    let alb = r#"{"statusCode":404,"statusDescription":"404 Not Found"}"#;
    assert_eq!(read(EventSource::Alb, alb).unwrap().status, 404);
    for source in [EventSource::HttpApiV2, EventSource::FunctionUrl] {
        let cookies = r#"{"statusCode":200,"cookies":["a=1; Secure","b=2"],"headers":{"x":"y"},"other":1}"#;
        let cookies = read(source, cookies).unwrap();
        assert_eq!(pairs(&cookies), [("x", "y"), ("set-cookie", "a=1; Secure"), ("set-cookie", "b=2")]);
        for payload in [r#"{"message":"hi"}"#, "[1]", "null", r#""hi""#] {
            let inferred = read(source, payload).unwrap();
            assert_eq!((inferred.status, inferred.text()), (200, Some(payload)));
            assert_eq!(inferred.header("Content-Type"), Some("application/json"));
        }
    }
    for source in [EventSource::LatticeV1, EventSource::LatticeV2] {
        let all = r#"{"statusCode":404,"statusDescription":"404 Not Found","cookies":["a=1"],
            "headers":{"x":"y","Set-Cookie":"b=2","set-cookie":"c=3"},"other":1}"#;
        let all = read(source, all).unwrap();
        assert_eq!((all.status, all.header_all("set-cookie").collect::<Vec<_>>()), (404, vec!["b=2", "c=3"]));
    }
    let listed = r#"{"statusCode":200,"headers":{"Set-Cookie":["b=2","c=3"],"x":"y"}}"#;
    let listed = read(EventSource::LatticeV2, listed).unwrap();
    assert_eq!(pairs(&listed), [("Set-Cookie", "b=2"), ("Set-Cookie", "c=3"), ("x", "y")]);
    let scalars =
        read(EventSource::RestApi, r#"{"statusCode":200,"headers":{"age":10},"multiValueHeaders":{"ok":[true]}}"#);
    assert_eq!(pairs(&scalars.unwrap()), [("age", "10"), ("ok", "true")]);
}

#[test]
fn malformed_responses() {
    let status = "`statusCode` is not an integer from 100 to 999";
    let everywhere = [
        (r#"{"statusCode":99}"#, status),
        (r#"{"statusCode":1000}"#, status),
        (r#"{"statusCode":200.0}"#, status),
        (r#"{"statusCode":"200"}"#, status),
        (r#"{"statusCode":null}"#, status),
        (r#"{"statusCode":200,"body":{}}"#, "`body` is not a string"),
        (r#"{"statusCode":200,"isBase64Encoded":"true"}"#, "`isBase64Encoded` is not a boolean"),
        (r#"{"statusCode":200,"headers":[]}"#, "`headers` is not an object"),
        (r#"{"statusCode":200,"headers":{"a":null}}"#, "the value of header `a` is not a string"),
        (r#"{"statusCode":200,"headers":{"a":[["b"]]}}"#, "the value of header `a` is not a string"),
        (r#"{"statusCode":200,"headers":{"a b":"c"}}"#, "`a b` is no name of a header"),
        (r#"{"statusCode":200,"headers":{"a":"b\r\nc"}}"#, "the value of header `a` has a control character"),
    ];
    for &source in SOURCES {
        for (payload, message) in everywhere {
            assert_eq!(read(source, payload).unwrap_err(), message, "{source:?} {payload}");
        }
        for text in ["aGk", "aGk=\\n", "aG-_", "aGl=", "=", "a"] {
            let payload = format!(r#"{{"statusCode":200,"body":"{text}","isBase64Encoded":true}}"#);
            let message = "`body` is not base64, as `isBase64Encoded` says";
            assert_eq!(read(source, &payload).unwrap_err(), message, "{source:?} {text}");
        }
        for payload in ["", "{", r#"{"statusCode":200}}"#, "nul"] {
            assert!(read(source, payload).unwrap_err().starts_with("the payload is not JSON: "), "{payload}");
        }
    }
    for &source in SOURCES.iter().filter(|source| **source != EventSource::LatticeV2) {
        let list = r#"{"statusCode":200,"headers":{"a":["b"]}}"#;
        assert_eq!(read(source, list).unwrap_err(), "the value of header `a` is not a string");
    }
    for source in [EventSource::RestApi, EventSource::HttpApiV1, EventSource::Alb] {
        assert_eq!(read(source, "[]").unwrap_err(), "the payload is not an object");
        assert_eq!(read(source, "{}").unwrap_err(), status);
        let cookies = r#"{"statusCode":200,"cookies":[]}"#;
        assert_eq!(read(source, cookies).unwrap_err(), "`cookies` is not a field of a response");
        let multi = r#"{"statusCode":200,"multiValueHeaders":{"a":"b"}}"#;
        assert_eq!(read(source, multi).unwrap_err(), "the values of header `a` are not a list");
    }
    assert!(read(EventSource::RestApi, r#"{"statusCode":200,"statusDescription":"200 OK"}"#).is_err());
    assert!(read(EventSource::Alb, r#"{"statusCode":200,"statusDescription":200}"#).is_err());
    assert!(read(EventSource::Alb, r#"{"statusCode":200,"headers":{"age":10}}"#).is_err());
    assert!(read(EventSource::HttpApiV2, r#"{"statusCode":200,"cookies":["a",1]}"#).is_err());
    assert!(read(EventSource::LatticeV1, r#"{"message":"hi"}"#).is_err(), "no status is made up");
    assert!(read(EventSource::LatticeV2, r#"{"statusCode":200,"statusDescription":200}"#).is_err());
    assert!(read(EventSource::HttpApiV2, r#"{"statusCode":200,"cookies":"a=b"}"#).is_err());
}
