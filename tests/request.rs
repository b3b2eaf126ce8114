//! The contents of a request: every field of every source's sample, and headers, query and bodies as a handler reads them.

#![recursion_limit = "256"] // `json!` recurses for each row of `accessors`

use gatewire::{
    App, Json, Request,
    context::LambdaContext,
    engine::Worker,
    error::{BodyError, ParamError},
};
use serde::Deserialize;
use serde_json::{Value, json};

const REST: &str = include_str!("events/rest.json");
const SAMPLES: &[(&str, &str)] = &[
    ("rest", REST),
    ("rest_browser", include_str!("events/rest_browser.json")),
    ("rest_post", include_str!("events/rest_post.json")),
    ("http_v1", include_str!("events/http_v1.json")),
    ("http", include_str!("events/http.json")),
    ("http_lambda_authorizer", include_str!("events/http_lambda_authorizer.json")),
    ("http_iam", include_str!("events/http_iam.json")),
    ("alb", include_str!("events/alb.json")),
    ("alb_multi", include_str!("events/alb_multi.json")),
    ("url", include_str!("events/url.json")),
    ("url_base64", include_str!("events/url_base64.json")),
    ("lattice", include_str!("events/lattice.json")),
    ("lattice_v2", include_str!("events/lattice_v2.json")),
];

/// Answers any request with the value that `read` returns.
fn reading(read: impl Fn(Request<'_>) -> Value + Send + Sync + 'static) -> Worker {
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let app = App::new().not_found(|_: Request| (500, "not routed"));
    let app = app.on(methods, "/{path...}", move |req: Request| Json(read(req)));
    app.build().unwrap().worker()
}

/// Returns the body of the response to `event`.
fn answer(worker: &mut Worker, event: &str) -> Value {
    let lambda = LambdaContext::default().with_request_id("invocation").with_deadline_ms(1);
    let response = worker.call_blocking(event.as_bytes(), &lambda).unwrap_or_else(|error| panic!("{error}"));
    let response: Value = serde_json::from_slice(response).unwrap();
    assert_eq!(response["statusCode"], 200, "{response}");
    serde_json::from_str(response["body"].as_str().unwrap()).unwrap()
}

/// Every accessor of the context with the places of its value in the event; the first that is present counts.
fn accessors(req: Request<'_>) -> Value {
    let context = req.context();
    let (identity, authorizer) = (context.identity(), context.authorizer());
    let (iam, certificate) = (authorizer.iam(), context.client_certificate());
    let cognito = iam.and_then(|iam| iam.cognito_identity());
    let validity = certificate.map(|certificate| certificate.validity());
    json!([
        [req.resource(), "resource"],
        [req.route_key(), "routeKey"],
        [req.payload_version(), "version"],
        [req.stage(), "requestContext/stage"],
        [context.account_id(), "requestContext/accountId"],
        [context.api_id(), "requestContext/apiId"],
        [context.domain_name(), "requestContext/domainName"],
        [context.domain_prefix(), "requestContext/domainPrefix"],
        [context.stage(), "requestContext/stage"],
        [context.request_id(), "requestContext/requestId"],
        [context.extended_request_id(), "requestContext/extendedRequestId"],
        [context.deployment_id(), "requestContext/deploymentId"],
        [context.resource_id(), "requestContext/resourceId"],
        [context.resource_path(), "requestContext/resourcePath"],
        [context.operation_name(), "requestContext/operationName"],
        [context.route_key(), "requestContext/routeKey"],
        [context.route_id(), "requestContext/routeId"],
        [context.time(), "requestContext/requestTime", "requestContext/time"],
        [context.time_epoch_millis(), "requestContext/requestTimeEpoch", "requestContext/timeEpoch"],
        [context.path(), "requestContext/path", "requestContext/http/path"],
        [context.method(), "requestContext/httpMethod", "requestContext/http/method"],
        [context.protocol(), "requestContext/protocol", "requestContext/http/protocol"],
        [context.source_ip(), "requestContext/identity/sourceIp", "requestContext/http/sourceIp"],
        [context.user_agent(), "requestContext/identity/userAgent", "requestContext/http/userAgent"],
        [context.target_group_arn(), "requestContext/elb/targetGroupArn", "requestContext/targetGroupArn"],
        [context.service_network_arn(), "requestContext/serviceNetworkArn"],
        [context.service_arn(), "requestContext/serviceArn"],
        [context.region(), "requestContext/region"],
        [identity.access_key(), "requestContext/identity/accessKey"],
        [identity.account_id(), "requestContext/identity/accountId"],
        [identity.api_key(), "requestContext/identity/apiKey"],
        [identity.api_key_id(), "requestContext/identity/apiKeyId"],
        [identity.caller(), "requestContext/identity/caller"],
        [identity.cognito_authentication_provider(), "requestContext/identity/cognitoAuthenticationProvider"],
        [identity.cognito_authentication_type(), "requestContext/identity/cognitoAuthenticationType"],
        [identity.cognito_identity_id(), "requestContext/identity/cognitoIdentityId"],
        [identity.cognito_identity_pool_id(), "requestContext/identity/cognitoIdentityPoolId"],
        [
            identity.principal_org_id(),
            "requestContext/identity/principalOrgId",
            "requestContext/identity/principalOrgID"
        ],
        [identity.principal(), "requestContext/identity/principal"],
        [identity.session_name(), "requestContext/identity/sessionName"],
        [identity.source_vpc_arn(), "requestContext/identity/sourceVpcArn"],
        [identity.identity_type(), "requestContext/identity/type"],
        [identity.x509_issuer_ou(), "requestContext/identity/x509IssuerOu"],
        [identity.x509_san_dns(), "requestContext/identity/x509SanDns"],
        [identity.x509_san_name_cn(), "requestContext/identity/x509SanNameCn"],
        [identity.x509_san_uri(), "requestContext/identity/x509SanUri"],
        [identity.x509_subject_cn(), "requestContext/identity/x509SubjectCn"],
        [identity.source_ip(), "requestContext/identity/sourceIp"],
        [identity.user(), "requestContext/identity/user"],
        [identity.user_agent(), "requestContext/identity/userAgent"],
        [identity.user_arn(), "requestContext/identity/userArn"],
        [identity.vpc_id(), "requestContext/identity/vpcId"],
        [identity.vpce_id(), "requestContext/identity/vpceId"],
        [authorizer.principal_id(), "requestContext/authorizer/principalId"],
        [authorizer.integration_latency(), "requestContext/authorizer/integrationLatency"],
        [authorizer.claim("sub"), "requestContext/authorizer/jwt/claims/sub", "requestContext/authorizer/claims/sub"],
        [iam.and_then(|iam| iam.access_key()), "requestContext/authorizer/iam/accessKey"],
        [iam.and_then(|iam| iam.account_id()), "requestContext/authorizer/iam/accountId"],
        [iam.and_then(|iam| iam.caller_id()), "requestContext/authorizer/iam/callerId"],
        [iam.and_then(|iam| iam.principal_org_id()), "requestContext/authorizer/iam/principalOrgId"],
        [iam.and_then(|iam| iam.user_arn()), "requestContext/authorizer/iam/userArn"],
        [iam.and_then(|iam| iam.user_id()), "requestContext/authorizer/iam/userId"],
        [cognito.and_then(|cognito| cognito.identity_id()), "requestContext/authorizer/iam/cognitoIdentity/identityId"],
        [
            cognito.and_then(|cognito| cognito.identity_pool_id()),
            "requestContext/authorizer/iam/cognitoIdentity/identityPoolId"
        ],
        [cognito.map(|cognito| cognito.amr().collect::<Vec<_>>()), "requestContext/authorizer/iam/cognitoIdentity/amr"],
        [
            certificate.and_then(|c| c.pem()),
            "requestContext/identity/clientCert/clientCertPem",
            "requestContext/authentication/clientCert/clientCertPem"
        ],
        [
            certificate.and_then(|c| c.issuer_dn()),
            "requestContext/identity/clientCert/issuerDN",
            "requestContext/authentication/clientCert/issuerDN"
        ],
        [
            certificate.and_then(|c| c.subject_dn()),
            "requestContext/identity/clientCert/subjectDN",
            "requestContext/authentication/clientCert/subjectDN"
        ],
        [
            certificate.and_then(|c| c.serial_number()),
            "requestContext/identity/clientCert/serialNumber",
            "requestContext/authentication/clientCert/serialNumber"
        ],
        [
            validity.and_then(|v| v.not_before()),
            "requestContext/identity/clientCert/validity/notBefore",
            "requestContext/authentication/clientCert/validity/notBefore"
        ],
        [
            validity.and_then(|v| v.not_after()),
            "requestContext/identity/clientCert/validity/notAfter",
            "requestContext/authentication/clientCert/validity/notAfter"
        ],
    ])
}

#[test]
fn every_field_of_the_context_is_reachable() {
    let mut worker = reading(accessors);
    let mut seen = std::collections::BTreeSet::new();
    for (name, sample) in SAMPLES {
        let mut event: Value = serde_json::from_str(sample).unwrap();
        if let Some(Value::String(micros)) = event.pointer("/requestContext/timeEpoch") {
            event["requestContext"]["timeEpoch"] = json!(micros.parse::<u64>().unwrap() / 1000);
        }
        for row in answer(&mut worker, sample).as_array().unwrap() {
            let (got, places) = row.as_array().unwrap().split_first().unwrap();
            let place = |place: &Value| event.pointer(&format!("/{}", place.as_str().unwrap())).cloned();
            let want = places.iter().filter_map(place).find(|value| !value.is_null()).unwrap_or_default();
            assert_eq!(*got, want, "{name}: {places:?}");
            if !want.is_null() {
                seen.insert(places[0].as_str().unwrap().to_owned());
            }
        }
    }
    assert!(seen.len() > 50, "the samples have nearly all of the fields: {seen:?}");
}

#[test]
fn the_context_reads_as_a_whole() {
    let read = |req: Request<'_>| {
        let context = req.context();
        json!([context.json().map(|json| json.raw().len()), context.authorizer().exists()])
    };
    let mut worker = reading(read);
    let context =
        |context: &str| format!(r#"{{"httpMethod":"GET","path":"/a","resource":"/a","requestContext":{context}}}"#);
    assert_eq!(answer(&mut worker, &context(r#"{"a":1}"#)), json!([7, false]));
    assert_eq!(answer(&mut worker, &context(r#"{"authorizer":{}}"#)), json!([17, true]));
    assert_eq!(answer(&mut worker, &context(r#"{"authorizer":null}"#)), json!([19, false]));
}

#[test]
fn events_of_vpc_lattice_are_read() {
    use gatewire::EventSource::{LatticeV1, LatticeV2};
    let read = |req: Request<'_>| {
        json!([
            format!("{:?}", req.source()),
            [req.path(), req.raw_path()],
            req.query_pairs().collect::<Vec<_>>(),
            [req.source_ip(), req.correlation_id()],
            req.context().time_epoch_millis(),
        ])
    };
    let mut worker = reading(read);
    let trace = "Root=1-6afd86c0-8d2ce7bc4cfd49ee12732355";
    let query = json!([["q", "oat milk"], ["sort", "due,desc"]]);
    let (v1, v2) = (include_str!("events/lattice.json"), include_str!("events/lattice_v2.json"));
    let path = ["/todos/42"; 2];
    let sender = json!(["10.0.4.17", trace]);
    assert_eq!(answer(&mut worker, v1), json!(["LatticeV1", path, query, sender, null]));
    assert_eq!(answer(&mut worker, v2), json!(["LatticeV2", path, query, sender, 1_794_213_056_123_u64]));

    // The query is read from its place: after the path, with escapes of JSON or without, or from the map.
    let escaped = v1.replace('?', "\\u003f").replace("oat%20milk", "a%2541%3F");
    assert_eq!(answer(&mut worker, &escaped)[2][0], json!(["q", "a%41?"]));
    let mapped = v1.replace("?q=oat%20milk&sort=due%2Cdesc", "");
    assert_eq!(answer(&mut worker, &mapped)[2], query);
    let none = v1.replace("?q=oat%20milk&sort=due%2Cdesc", "?");
    assert_eq!(answer(&mut worker, &none)[2], json!([]));
    let encoded = v1.replace("/todos/42", "/a%20b%3Fc");
    assert_eq!(answer(&mut worker, &encoded)[1], json!(["/a b?c", "/a%20b%3Fc"]));
    let behind = v2.replace("/todos/42", "/todos/42?other=1");
    assert_eq!(answer(&mut worker, &behind).as_array().unwrap()[1..3], [json!(path), query]);
    let behind = behind.replace("queryStringParameters", "none");
    assert_eq!(answer(&mut worker, &behind).as_array().unwrap()[1..3], [json!(path), json!([["other", "1"]])]);
    let odd = v2.replace("1794213056123456", "soon");
    assert_eq!(answer(&mut worker, &odd)[4], Value::Null);

    for (source, event) in
        [(LatticeV1, r#"{"raw_path":"/a?b","method":"GET"}"#), (LatticeV2, r#"{"path":"/a?b","method":"GET"}"#)]
    {
        let app = App::new().get("/a", move |req: Request| Json(read(req))).source(source);
        let got = answer(&mut app.build().unwrap().worker(), event);
        assert_eq!(got, json!([format!("{source:?}"), ["/a", "/a"], [["b", ""]], [null, null], null]));
    }
}

#[test]
fn maps_and_lists_of_the_context_are_read() {
    let mut worker = reading(|req| {
        let authorizer = req.context().authorizer();
        json!({
            "claims": authorizer.claims().iter().count(),
            "scopes": authorizer.scopes().collect::<Vec<_>>(),
            "quota": authorizer.context("quota").and_then(|quota| quota.as_u64()),
            "roles": authorizer.context("roles").map(|roles| roles.items().filter_map(|role| role.as_str()).count()),
            "burst": authorizer.context("limits").and_then(|limits| limits.get("burst")).map(|burst| burst.is_null()),
            "variables": req.stage_variables().iter().collect::<Vec<_>>(),
            "id": req.gateway_params().get("id"),
            "raw": req.event().raw().len(),
        })
    });
    let sample = |name: &str| SAMPLES.iter().find(|(own, _)| *own == name).unwrap().1;
    let http = answer(&mut worker, sample("http"));
    assert_eq!(http["claims"], 8);
    assert_eq!(http["scopes"], json!(["todos:read", "todos:write"]));
    assert_eq!(http["variables"], json!([["table", "todos-live"]]));
    assert_eq!((&http["id"], &http["raw"]), (&json!("42"), &json!(sample("http").len())));
    let lambda = answer(&mut worker, sample("http_lambda_authorizer"));
    assert_eq!((&lambda["quota"], &lambda["roles"], &lambda["burst"]), (&json!(250), &json!(2), &json!(true)));
    assert_eq!(answer(&mut worker, sample("alb"))["scopes"], json!([]));
}

#[test]
fn the_event_reads_as_a_custom_type() {
    #[derive(Deserialize)]
    struct Own<'r> {
        #[serde(borrow, rename = "requestContext")]
        context: Context<'r>,
    }
    #[derive(Deserialize)]
    struct Context<'r> {
        stage: &'r str,
    }
    let mut worker = reading(|req| json!(req.event_as::<Own>().unwrap().context.stage));
    assert_eq!(answer(&mut worker, REST), "prod");
}

/// Returns the REST sample with other values for some of its top-level fields.
fn rest(changes: Value) -> String {
    let mut event: Value = serde_json::from_str(REST).unwrap();
    for (key, value) in changes.as_object().unwrap() {
        event[key] = value.clone();
    }
    event.to_string()
}

#[test]
fn headers_ignore_case_and_return_the_last_value() {
    let mut worker = reading(|req| {
        json!([req.header("x-A"), req.header_all("X-a").collect::<Vec<_>>(), req.header("none"), req.headers().count()])
    });
    let multi = rest(json!({"headers": {"X-A": "2"}, "multiValueHeaders": {"X-A": ["1", "2"], "x-b": ["3"]}}));
    assert_eq!(answer(&mut worker, &multi), json!(["2", ["1", "2"], null, 3]));
    let single = rest(json!({"headers": {"X-a": "\u{e9}\n"}, "multiValueHeaders": null}));
    assert_eq!(answer(&mut worker, &single), json!(["\u{e9}\n", ["\u{e9}\n"], null, 1]));
    let none = rest(json!({"headers": null, "multiValueHeaders": {}}));
    assert_eq!(answer(&mut worker, &none), json!([null, [], null, 0]));
    let odd = rest(json!({"headers": {"x-a": null, "x-b": {}, "x-c": [null]}, "multiValueHeaders": null}));
    assert_eq!(answer(&mut worker, &odd), json!([null, [], null, 0]));
}

#[test]
fn headers_and_parameters_may_be_in_one_of_two_maps() {
    let mut worker = reading(|req| {
        let all = |name: &str| [req.header(name).into_iter().collect(), req.header_all(name).collect::<Vec<_>>()];
        let values = |name: &str| [req.query(name).into_iter().collect(), req.query_all(name).collect::<Vec<_>>()];
        json!({
            "headers": req.headers().collect::<Vec<_>>(),
            "all": (["a", "b", "c", "d", "e", "f"].map(|name| all(&format!("x-{name}")))),
            "cookies": req.cookies().collect::<Vec<_>>(),
            "pairs": req.query_pairs().collect::<Vec<_>>(),
            "values": (["a", "b", "B"].map(values)),
        })
    });
    let multi = json!({"X-A": ["1", "2"], "x-d": [], "x-e": [null], "x-f": [7, true]});
    let single = json!({"Cookie": "k=v", "x-a": "3", "x-b": "4", "x-c": 5.0, "x-d": "6", "x-e": false, "x-f": "8"});
    for single in [single.to_string(), single.to_string().replace("x-b", "x\\u002db")] {
        let event =
            rest(json!({"multiValueHeaders": multi, "headers": {"the": "map"}})).replace(r#"{"the":"map"}"#, &single);
        let got = answer(&mut worker, &event);
        let headers = [["X-A", "1"], ["X-A", "2"], ["x-f", "7"], ["x-f", "true"], ["Cookie", "k=v"], ["x-b", "4"]];
        let others = [["x-c", "5.0"], ["x-d", "6"], ["x-e", "false"]];
        assert_eq!(got["headers"], json!([&headers[..], &others].concat()));
        let all = [vec!["1", "2"], vec!["4"], vec!["5.0"], vec!["6"], vec!["false"], vec!["7", "true"]];
        assert_eq!(got["all"], json!(all.map(|all| [vec![*all.last().unwrap()], all])));
        assert_eq!(got["cookies"], json!([["k", "v"]]));
    }
    let query = rest(json!({
        "multiValueQueryStringParameters": {"a": ["1", 2]},
        "queryStringParameters": {"B": true, "a": "3", "b": 4},
    }));
    let got = answer(&mut worker, &query);
    assert_eq!(got["pairs"], json!([["a", "1"], ["a", "2"], ["B", "true"], ["b", "4"]]));
    assert_eq!(got["values"], json!([[["2"], ["1", "2"]], [["4"], ["4"]], [["true"], ["true"]]]));
    // Both maps hold the same: as REST APIs write them, and in another order.
    let same = json!({"multiValueHeaders": {"x-a": ["1"], "x-b": ["2"]}, "headers": {"x-a": "1", "x-b": "2"}});
    assert_eq!(answer(&mut worker, &rest(same))["headers"], json!([["x-a", "1"], ["x-b", "2"]]));
    let turned = rest(json!({"multiValueHeaders": {"x-a": ["1"], "x-b": ["2"]}, "headers": {"the": "map"}}));
    let turned = turned.replace(r#"{"the":"map"}"#, r#"{"X-B":"2","X-A":"1"}"#);
    assert_eq!(answer(&mut worker, &turned)["headers"], json!([["x-a", "1"], ["x-b", "2"]]));
}

#[test]
fn cookies_are_read_from_headers_and_from_the_list() {
    let mut worker = reading(|req| json!([req.cookie("a"), req.cookies().collect::<Vec<_>>()]));
    let header = rest(json!({"multiValueHeaders": {"cookie": ["a=1; b=x=y", "junk; a=2"]}}));
    assert_eq!(answer(&mut worker, &header), json!(["2", [["a", "1"], ["b", "x=y"], ["a", "2"]]]));
    let url = include_str!("events/url.json").replace("theme=light", "a=\\u0031");
    assert_eq!(answer(&mut worker, &url), json!(["1", [["a", "1"]]]));
}

/// An HTTP API and a Function URL list cookies separately, and some emulators send an empty list.
#[test]
fn the_cookie_header_is_there_wherever_its_cookies_are() {
    let mut worker = reading(|req| {
        let fields: Vec<_> = req.headers().filter(|(name, _)| name.eq_ignore_ascii_case("cookie")).collect();
        let all: Vec<_> = req.header_all("cookie").collect();
        json!([req.header("Cookie"), all, fields, req.cookies().collect::<Vec<_>>()])
    });
    let mut read = |cookies: Value, headers: Value| {
        let mut event = json!({
            "version": "2.0", "rawPath": "/c", "rawQueryString": "", "headers": headers,
            "requestContext": {"http": {"method": "GET"}},
        });
        event["cookies"] = cookies;
        answer(&mut worker, &event.to_string())
    };
    let pairs = json!([["a", "1"], ["b", "2"]]);
    let both = json!(["a=1; b=2", ["a=1; b=2"], [["cookie", "a=1; b=2"]], pairs]);
    assert_eq!(read(json!(["a=1", "b=2"]), json!({"x": "y"})), both);
    assert_eq!(read(json!(["a=1", "b=2"]), Value::Null), both);
    assert_eq!(read(json!(["a=1", "b=2"]), json!({"cookie": "a=1; b=2"})), both, "and once, if both are there");
    for empty in [json!([]), json!([null]), Value::Null] {
        assert_eq!(read(empty.clone(), json!({"cookie": "a=1; b=2"})), both, "{empty}");
        assert_eq!(read(empty, json!({})), json!([null, [], [], []]));
    }
    let one = json!(["a=1", ["a=1"], [["cookie", "a=1"]], [["a", "1"]]]);
    assert_eq!(read(json!(["a=1"]), json!({})), one);
    let junk = json!(["junk; a=1", ["junk; a=1"], [["cookie", "junk; a=1"]], [["a", "1"]]]);
    assert_eq!(read(json!(["junk", "a=1"]), json!({})), junk);
}

#[test]
fn an_empty_address_counts_as_absent() {
    let mut worker = reading(|req| {
        json!([req.source_ip(), req.context().source_ip(), req.context().identity().source_ip(), req.user_agent()])
    });
    let mut read = |identity: Value, forwarded: Value| {
        let event = json!({
            "httpMethod": "GET", "path": "/a", "headers": {"X-Forwarded-For": forwarded},
            "requestContext": {"identity": identity},
        });
        answer(&mut worker, &event.to_string())
    };
    let empty = json!({"sourceIp": "", "userAgent": ""});
    assert_eq!(read(empty.clone(), Value::Null), json!([null, null, null, null]));
    for forwarded in ["", " ", " , "] {
        assert_eq!(read(empty.clone(), json!(forwarded)), json!([null, null, null, null]), "{forwarded:?}");
    }
    assert_eq!(read(empty, json!("192.0.2.1, 192.0.2.7")), json!(["192.0.2.7", null, null, null]));
    let known = json!(["192.0.2.8", "192.0.2.8", "192.0.2.8", "curl"]);
    assert_eq!(read(json!({"sourceIp": "192.0.2.8", "userAgent": "curl"}), json!("192.0.2.7")), known);
}

#[test]
fn an_escaped_slash_shows_in_the_path_and_not_in_parameters() {
    let app = App::new()
        .get("/public/{file}", |req: Request| Json(json!(["public", req.path(), req.param("file")])))
        .get("/{tenant}/secret", |req: Request| Json(json!(["secret", req.path(), req.param("tenant")])))
        .strip_prefix("/v1");
    let mut worker = app.build().unwrap().worker();
    let mut read = |path: &str| {
        let event = json!({"rawPath": path, "requestContext": {
            "domainName": "x.lambda-url.eu-west-1.on.aws", "http": {"method": "GET"},
        }});
        let response = worker.call_blocking(event.to_string().as_bytes(), &LambdaContext::default()).unwrap();
        let response: Value = serde_json::from_slice(response).unwrap();
        assert_eq!(response["statusCode"], 200, "{path}");
        serde_json::from_str::<Value>(response["body"].as_str().unwrap()).unwrap()
    };
    assert_eq!(read("/public%2Fx/secret"), json!(["secret", "/public%2Fx/secret", "public/x"]));
    assert_eq!(read("/public%2fx%2F/secret"), json!(["secret", "/public%2Fx%2F/secret", "public/x/"]));
    assert_eq!(read("/public%252Fx/secret"), json!(["secret", "/public%2Fx/secret", "public%2Fx"]));
    assert_eq!(read("/public/%C3%A9%2F"), json!(["public", "/public/\u{e9}%2F", "\u{e9}/"]));
    assert_eq!(read("/v1/public/a%2Fb"), json!(["public", "/v1/public/a%2Fb", "a/b"]));
    // A stripped prefix ends at a slash that separates segments.
    assert_eq!(read("/v1%2Fpublic/secret"), json!(["secret", "/v1%2Fpublic/secret", "v1/public"]));
}

#[test]
fn an_empty_path_is_the_root() {
    let root = |req: Request<'_>| Json(json!([req.path(), req.raw_path()]));
    let mut worker = App::new().get("/", root).build().unwrap().worker();
    for event in [
        r#"{"rawPath":"","requestContext":{"http":{"method":"GET"}}}"#,
        r#"{"httpMethod":"GET","path":"","requestContext":{}}"#,
        r#"{"httpMethod":"GET","path":"","requestContext":{"elb":{}}}"#,
        r#"{"method":"GET","raw_path":"?a=b"}"#,
    ] {
        assert_eq!(answer(&mut worker, event), json!(["/", ""]), "{event}");
    }
}

#[test]
fn only_the_apis_own_domain_has_the_stage_of_payload_1_0_in_its_path() {
    let mut worker = reading(|req| json!(req.path()));
    let mut path = |path: &str, context: Value| {
        let mut event = json!({"version": "1.0", "httpMethod": "GET", "path": path, "requestContext": context});
        event["requestContext"]["stage"] = json!("prod");
        answer(&mut worker, &event.to_string())
    };
    let own = "a1b2.execute-api.eu-west-1.amazonaws.com";
    for context in [
        json!({}),
        json!({"domainName": null}),
        json!({"domainName": ""}),
        json!({"domainName": own}),
        json!({"domainName": own, "apiId": "a1b2"}),
        json!({"domainName": "A1B2.execute-api.localhost.localstack.cloud:4566", "apiId": "a1b2"}),
    ] {
        assert_eq!(path("/prod/admin", context.clone()), "/admin", "{context}");
        assert_eq!(path("/production", context.clone()), "/production");
        assert_eq!(path("/admin", context), "/admin");
    }
    for context in [
        json!({"domainName": "api.example.com", "apiId": "a1b2"}),
        json!({"domainName": "localhost", "apiId": "a1b2"}),
        json!({"domainName": "a1b2.example.com", "apiId": "a1b2"}),
        json!({"domainName": "other.execute-api.example.com", "apiId": "a1b2"}),
        json!({"domainName": "execute-api.example.com"}),
    ] {
        assert_eq!(path("/prod/admin", context.clone()), "/prod/admin", "{context}");
    }
    let mut worker = reading(|req| json!(req.path()));
    let v2 = r#"{"version":"2.0","rawPath":"/prod/admin","requestContext":{"domainName":"api.example.com","stage":"prod","http":{"method":"GET"}}}"#;
    assert_eq!(answer(&mut worker, v2), "/admin", "payload 2.0 has the stage there too");
}

#[test]
fn the_domain_of_a_function_url_is_recognised_however_it_is_written() {
    let mut worker = reading(|req| json!(format!("{:?}", req.source())));
    for (domain, source) in [
        ("x.lambda-url.eu-west-1.on.aws", "FunctionUrl"),
        (r"x.l\u0061mbda-url.eu-west-1.on.aws", "FunctionUrl"),
        (r"x\u002elambda\u002durl\u002eeu-west-1.on.aws", "FunctionUrl"),
        (r"\u0061.example.com", "HttpApiV2"),
    ] {
        let event =
            format!(r#"{{"rawPath":"/a","requestContext":{{"domainName":"{domain}","http":{{"method":"GET"}}}}}}"#);
        assert_eq!(answer(&mut worker, &event), source, "{domain}");
    }
}

#[test]
fn a_query_reads_as_pairs_and_as_a_value() {
    #[derive(Deserialize, serde::Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Order {
        Up,
        Down,
    }
    #[derive(Deserialize, serde::Serialize)]
    struct Page<'r> {
        page: u32,
        tag: Vec<&'r str>,
        deep: Option<bool>,
        order: Option<Order>,
        name: &'r str,
    }
    let mut worker = reading(|req| {
        let pairs: Vec<_> = req.query_pairs().collect();
        match req.query_as::<Page>() {
            Ok(page) => json!([req.query("tag"), pairs, page]),
            Err(error) => json!(error.to_string()),
        }
    });
    let query = json!({"page": ["1", "7"], "tag": ["a", "b,c"], "order": ["down"], "name": ["x"], "other": ["y"]});
    let wanted = json!({"page": 7, "tag": ["a", "b,c"], "deep": null, "order": "down", "name": "x"});
    let pairs = json!([
        ["page", "1"],
        ["page", "7"],
        ["tag", "a"],
        ["tag", "b,c"],
        ["order", "down"],
        ["name", "x"],
        ["other", "y"]
    ]);
    // `serde_json` sorts the keys of its values, and the keys of the event are sorted too.
    let query = json!({"multiValueQueryStringParameters": query, "queryStringParameters": null});
    let got = answer(&mut worker, &rest(query));
    assert_eq!((&got[0], &got[2]), (&json!("b,c"), &wanted));
    assert_eq!(got[1].as_array().unwrap().len(), pairs.as_array().unwrap().len());

    let url = include_str!("events/url.json")
        .replace("view=full&q=a%2Bb", "page=1&page=7&tag=a&&tag=b%2Cc&order=down&name=x&other=y");
    assert_eq!(answer(&mut worker, &url), json!(["b,c", pairs, wanted]));
    let bad = rest(json!({"multiValueQueryStringParameters": {"page": ["many"]}}));
    assert!(answer(&mut worker, &bad).as_str().unwrap().contains("many"));
}

#[test]
fn bodies_read_as_bytes_text_and_json() {
    let mut worker = reading(|req| {
        json!([
            req.has_body(),
            req.body().map_err(|error| error.to_string()),
            req.body_text().map_err(|error| error.to_string()),
            req.body_json::<Option<Value>>().map_err(|error| error.to_string()),
        ])
    });
    let mut read =
        |body: Value, encoded: bool| answer(&mut worker, &rest(json!({"body": body, "isBase64Encoded": encoded})));
    let text = |text: &str| json!({"Ok": text});
    assert_eq!(read(json!(null), false), json!([false, {"Ok": []}, text(""), {"Ok": null}]));
    assert_eq!(read(json!(""), true), json!([true, {"Ok": []}, text(""), {"Ok": null}]));
    assert_eq!(read(json!("{\"a\":\"\u{e9}\\n\"}"), false)[3], json!({"Ok": {"a": "\u{e9}\n"}}));
    assert_eq!(read(json!("WzFd"), true), json!([true, {"Ok": [91, 49, 93]}, text("[1]"), {"Ok": [1]}]));
    let not_utf8 = read(json!("/w=="), true);
    assert_eq!((&not_utf8[1], &not_utf8[2]), (&json!({"Ok": [255]}), &json!({"Err": "the body is not UTF-8 text"})));
    for malformed in ["WzFd=", "WzF", "%%%", "Wz\nFd"] {
        assert_eq!(read(json!(malformed), true)[1], json!({"Err": "the body is not valid base64"}), "{malformed}");
    }
}

/// [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259#section-6) limits no number, so they are JSON wherever nobody reads them.
#[test]
fn integers_of_any_length_are_json() {
    #[derive(Deserialize)]
    struct Read {
        n: f64,
    }
    let app = App::new()
        .post("/", |req: Request| req.reply(req.body_json::<Read>().map(|read| read.n.to_string())))
        .post("/small", |req: Request| req.reply(req.body_json::<Vec<u8>>().map(Json)));
    let client = gatewire::testing::Client::new(app).unwrap();
    for big in ["18446744073709551616", "-269907424431025174586851328", "-9223372036854775809"] {
        let response = client.post("/").body(format!(r#"{{"other":[{big}],"n":{big}}}"#)).send();
        assert_eq!(response.text(), big.parse::<f64>().unwrap().to_string());
        let response = client.post("/small").body(format!("[1,{big}]")).send();
        assert_eq!(response.status(), 400);
        assert!(response.text().contains("expected an integer from 0 to 255"), "{}", response.text());
    }
}

#[test]
fn bodies_outside_of_json_are_refused() {
    let mut worker =
        reading(|req| json!(req.body_json::<Value>().map(|value| value.is_array()).map_err(|error| error.to_string())));
    let mut read = |body: &str| answer(&mut worker, &rest(json!({"body": body, "isBase64Encoded": false})));
    for body in
        ["{", " ", "NaN", "[1,]", "\"\\ud800\"", "{'a':1}", "01", "nul", "\u{feff}{}", "{}{}", "\"\t\"", "[\"\\x\"]"]
    {
        assert!(
            read(body)["Err"].as_str().is_some_and(|error| error.contains("not valid JSON")),
            "{body:?}: {}",
            read(body)
        );
    }
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(read(&nested(127)), json!({"Ok": true}));
    for depth in [128, 129, 1000, 100_000] {
        assert_eq!(read(&nested(depth))["Err"], "the body is nested too deeply");
    }
    assert_eq!(read("[[],[],{},[[]]]")["Ok"], true, "siblings are no depth");
}

#[test]
fn faults_of_the_client_are_answered_with_400() {
    let app = App::new()
        .post("/json", |req: Request| req.reply(req.body_json::<Vec<u32>>().map(Json)))
        .post("/number/{n}", |req: Request| req.reply(req.param_as::<u8>("n").map(Json)));
    let mut worker = app.build().unwrap().worker();
    let mut status = |path: &str, body: &str| {
        let event = rest(json!({"httpMethod": "POST", "path": path, "body": body, "isBase64Encoded": false}));
        let response: Value =
            serde_json::from_slice(worker.call_blocking(event.as_bytes(), &LambdaContext::default()).unwrap()).unwrap();
        let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
        (response["statusCode"].as_u64().unwrap(), body["message"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(status("/json", "[1]").0, 200);
    assert_eq!(status("/json", "[1").0, 400);
    assert_eq!(status("/json", "{}").0, 400);
    assert_eq!(status("/number/255", "").0, 200);
    assert_eq!(
        status("/number/256", ""),
        (400, "the path parameter n: expected an integer from 0 to 255, found \"256\"".into())
    );
    let _: fn(BodyError, ParamError) = |_, _| ();
}

#[test]
fn keys_written_with_escapes_are_the_same_keys() {
    let mut worker = reading(|req| json!([format!("{:?}", req.source()), req.method(), req.path(), req.stage()]));
    let event = r#"{"r\u0061wPath":"/a/b","requestContext":{"h\u0074tp":{"metho\u0064":"PUT"},"st\u0061ge":"b"}}"#;
    assert_eq!(answer(&mut worker, event), json!(["HttpApiV2", "PUT", "/a/b", "b"]));
}
