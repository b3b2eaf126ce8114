//! Attempts of an attacker, each with its outcome: `manual::security` has a line for each.

use gatewire::gateway::HttpRequest;
use gatewire::testing::{self, Client};
use gatewire::{
    App, Cookie, Cors, Error, EventSource, HttpError, Json, Request, Response, Route,
    context::LambdaContext,
    engine::Answer,
    error::{CookieError, HeaderError},
};

/// Strings that would split one header, or one response, into two.
const SPLITTERS: &[&str] = &[
    "a\r\nSet-Cookie: admin=1",
    "a\nSet-Cookie: admin=1",
    "a\rSet-Cookie: admin=1",
    "a\r\n\r\n<script>",
    "\r\n",
    "a\0b",
    "a\u{b}b",
    "a\u{7f}b",
    "a\r\n folded: no more",
];

/// Sends `text` in the query through every gateway; a handler copies it to the place under attack.
fn through_all(client: &Client, target: &str, text: &str, check: impl Fn(Result<testing::TestResponse, String>)) {
    for source in testing::sources() {
        for multi_value in [false, true] {
            let request = client.get(target).query("text", text).source(source).multi_value(multi_value);
            check(request.try_send().map_err(|error| error.to_string()));
        }
    }
}

// ---- headers and cookies

#[test]
fn a_header_cannot_be_split() {
    let text = |req: Request<'_>| req.query("text").unwrap_or_default().to_owned();
    let client = Client::new(
        App::new()
            .get("/value", move |req: Request<'_>| Response::new("").header("X-A", text(req)))
            .get("/appended", move |req: Request<'_>| Response::new("").append_header("X-A", text(req)))
            .get("/name", move |req: Request<'_>| Response::new("").header(text(req), "a"))
            .get("/type", move |req: Request<'_>| Response::new("").content_type(text(req)))
            .get("/location", move |req: Request<'_>| Response::new("").status(302).header("Location", text(req)))
            .route(Route::get("/cached", |_: Request<'_>| "").cache_control("no-store")),
    )
    .unwrap();
    for target in ["/value", "/appended", "/name", "/type", "/location"] {
        for bad in SPLITTERS {
            through_all(&client, target, bad, |answer| {
                let error = answer.err().unwrap_or_else(|| panic!("{target} {bad:?} left"));
                assert!(error.starts_with("HeaderError: "), "{error}");
                assert!(!error.contains(['\r', '\n', '\0']), "a report is a line: {error:?}");
            });
        }
        through_all(&client, target, "harmless", |answer| assert!(answer.is_ok(), "{target}"));
    }
    for bad in ["", "a b", "a:b", "na\u{ef}ve", "(a)"] {
        through_all(&client, "/name", bad, |answer| assert!(answer.is_err(), "{bad:?}"));
    }
}

#[test]
fn a_refused_header_is_a_catchable_error_without_its_value() {
    let app = App::new()
        .get("/", |_: Request<'_>| Response::new("").header("X-A", "a secret\r\n").header("X-Set", "yes"))
        .on_error(|error: &HeaderError, _: Request<'_>| (500, error.to_string()));
    let answer = Client::new(app).unwrap().get("/").send();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.header("x-a"), None);
    assert!(answer.text().contains("\"X-A\"") && !answer.text().contains("secret"), "{}", answer.text());
}

#[test]
fn a_cookie_cannot_gain_attributes_or_other_cookies() {
    let text = |req: Request<'_>| req.query("text").unwrap_or_default().to_owned();
    let with = |cookie: Cookie<'static>| Response::new("").cookie(cookie);
    let client = Client::new(
        App::new()
            .get("/value", move |req: Request<'_>| with(Cookie::new("a", text(req))))
            .get("/name", move |req: Request<'_>| with(Cookie::new(text(req), "a")))
            .get("/path", move |req: Request<'_>| with(Cookie::new("a", "b").path(text(req))))
            .get("/domain", move |req: Request<'_>| with(Cookie::new("a", "b").domain(text(req))))
            .get("/attribute", move |req: Request<'_>| with(Cookie::new("a", "b").attribute(text(req)))),
    )
    .unwrap();
    for target in ["/value", "/name", "/path", "/domain", "/attribute"] {
        for bad in SPLITTERS.iter().chain(&["a; Domain=evil.example", ";", "a;b", "a\tb"]) {
            through_all(&client, target, bad, |answer| {
                let error = answer.err().unwrap_or_else(|| panic!("{target} {bad:?} left"));
                assert!(error.starts_with("CookieError: "), "{error}");
            });
        }
    }
    for bad in ["", "a=b", "a b", "a,b"] {
        assert_eq!(Cookie::new(bad, "").write(&mut Vec::new()), Err(CookieError::Name));
    }
    // A header that is set directly is checked like any other.
    let app = App::new().get("/", |_: Request<'_>| Response::new("").header("Set-Cookie", "a=b\r\nX-A: c"));
    assert!(Client::new(app).unwrap().get("/").try_send().is_err());
}

#[test]
fn cookies_are_secure_by_default() {
    let app = App::new().get("/", |_: Request<'_>| Response::new("").cookie(Cookie::new("a", "b")));
    assert_eq!(Client::new(app).unwrap().get("/").send().cookies(), ["a=b; Secure"]);
}

#[test]
fn a_value_cannot_leave_the_json_of_the_response() {
    // Unescaped, these strings would end the string, the object or the script around them.
    let hostile = "\",\"statusCode\":200,\"x\":\"\\\u{2028}\u{0}</script>\u{1f600}\"}";
    let client = Client::new(
        App::new()
            .get("/text", |req: Request<'_>| req.query("text").unwrap_or_default().to_owned())
            .get("/json", |req: Request<'_>| Json(req.query("text").unwrap_or_default().to_owned()))
            .get("/error", |req: Request<'_>| {
                Err::<(), _>(HttpError::bad_request(req.query("text").unwrap_or_default().to_owned()))
            }),
    )
    .unwrap();
    through_all(&client, "/text", hostile, |answer| assert_eq!(answer.unwrap().text(), hostile));
    through_all(&client, "/json", hostile, |answer| assert_eq!(answer.unwrap().json::<String>(), hostile));
    through_all(&client, "/error", hostile, |answer| {
        let answer = answer.unwrap();
        assert_eq!((answer.status(), &answer.json::<serde_json::Value>()["message"]), (400, &hostile.into()));
    });
}

// ---- CORS

#[test]
fn credentials_never_go_to_any_origin() {
    let cors = |cors: Cors| Client::new(App::new().cors(cors.vary(true)).get("/", |_: Request<'_>| "")).unwrap();
    let client = cors(Cors::origins(["https://good.example", "*"]).allow_credentials(true));
    // Alone, the setting is a mistake.
    let refused = App::new().cors(Cors::any().allow_credentials(true)).build().unwrap_err().to_string();
    assert!(refused.contains("name the origins"), "{refused}");
    for method in ["GET", "OPTIONS"] {
        for source in testing::sources() {
            let ask = |client: &Client, origin: &str| {
                let answer = client.request(method, "/").header("Origin", origin).source(source).send();
                let header = |name: &str| answer.header(name).map(str::to_owned);
                (header("access-control-allow-origin"), header("access-control-allow-credentials"))
            };
            let named = (Some("https://good.example".to_owned()), Some("true".to_owned()));
            assert_eq!(ask(&client, "https://good.example"), named);
            let star = (Some("*".to_owned()), None);
            assert_eq!(ask(&client, "https://evil.example"), star);
            assert_eq!(ask(&client, "null"), star);
        }
    }
}

#[test]
fn an_origin_is_compared_to_the_letter_and_never_echoed() {
    let cors = Cors::origins(["https://good.example"]).allow_credentials(true).vary(true);
    let client = Client::new(App::new().cors(cors).get("/", |_: Request<'_>| "")).unwrap();
    for origin in [
        "https://good.example.evil.example",
        "https://evil.example/https://good.example",
        "https://good.example/",
        "http://good.example",
        "https://good.example:443",
        "https://GOOD.example",
        "https://good.example,https://evil.example",
        "xhttps://good.example",
        "null",
        "*",
        "",
    ] {
        for method in ["GET", "OPTIONS"] {
            let answer = client.request(method, "/").header("Origin", origin).send();
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
            assert_eq!(answer.header("access-control-allow-credentials"), None, "{origin}");
            // A cache must not serve this response to the allowed origin.
            assert_eq!(answer.header("vary"), Some("Origin"), "{origin}");
        }
    }
    let answer = client.get("/").send();
    assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), (None, Some("Origin")));
}

// ---- paths

fn paths() -> Client {
    Client::new(
        App::new()
            .get("/public/{file}", |req: Request<'_>| format!("public {}", req.param("file")))
            .get("/files/{path...}", |req: Request<'_>| format!("files {}", req.param("path")))
            .get("/admin", |_: Request<'_>| "admin")
            .get("/admin/{path...}", |req: Request<'_>| format!("admin {}", req.param("path"))),
    )
    .unwrap()
}

/// Returns whether the source passes the path on as sent; HTTP APIs decode it before they match their own routes.
fn sends_encoded(source: EventSource) -> bool {
    !matches!(source, EventSource::HttpApiV2 | EventSource::HttpApiV1)
}

#[test]
fn a_path_is_decoded_once_and_nothing_in_it_is_resolved() {
    let client = paths();
    for (target, status, text) in [
        // Dot segments are ordinary segments: they lead to no other path.
        ("/public/../admin", 404, ""),
        ("/public/..", 200, "public .."),
        ("/public/%2e%2e", 200, "public .."),
        ("/public/%2e%2e/admin", 404, ""),
        ("/./admin", 404, ""),
        ("/files/../admin", 200, "files ../admin"),
        // An escape is decoded once.
        ("/public/%252e%252e", 200, "public %2e%2e"),
        ("/public/%252fadmin", 200, "public %2fadmin"),
        ("/public/%2525", 200, "public %25"),
        // Parameters of segments belong to the segment, and so does a backslash.
        ("/public/a;b=c", 200, "public a;b=c"),
        ("/admin;x=y", 404, ""),
        ("/public/..;/admin", 404, ""),
        ("/public/..%5cadmin", 200, "public ..\\admin"),
        // The case of a path and its slashes do not change.
        ("/ADMIN", 404, ""),
        ("//admin", 404, ""),
        // Line breaks and NUL are characters of a parameter; no path ends at one.
        ("/public/a%00.png", 200, "public a\0.png"),
        ("/admin%00", 404, ""),
        ("/public/a%0d%0ab", 200, "public a\r\nb"),
        ("/admin%0a", 404, ""),
        // Blanks are kept.
        ("/admin%20", 404, ""),
        ("/admin+", 404, ""),
    ] {
        for source in testing::sources() {
            let answer = client.get(target).source(source).send();
            assert_eq!(answer.status(), status, "{target} {source:?}");
            if status == 200 {
                assert_eq!(answer.text(), text, "{target} {source:?}");
            }
        }
    }
}

#[test]
fn an_encoded_slash_separates_nothing() {
    let client = paths();
    for source in testing::sources().filter(|source| sends_encoded(*source)) {
        for (target, status, text) in [
            ("/public/a%2fb", 200, "public a/b"),
            ("/public%2fa", 404, ""),
            ("/%2fadmin", 404, ""),
            ("/public/..%2fadmin", 200, "public ../admin"),
            ("/admin%2fx", 404, ""),
        ] {
            let answer = client.get(target).source(source).send();
            assert_eq!(answer.status(), status, "{target} {source:?}");
            if status == 200 {
                assert_eq!(answer.text(), text, "{target} {source:?}");
            }
        }
    }
    // An HTTP API sends the decoded path, so the difference is lost. The route that runs is the one its authorizer saw.
    for source in [EventSource::HttpApiV2, EventSource::HttpApiV1] {
        assert_eq!(client.get("/admin%2fx").source(source).send().text(), "admin x");
    }
}

#[test]
fn a_malformed_escape_is_not_a_path() {
    let client = paths();
    for source in testing::sources().filter(|source| sends_encoded(*source)) {
        for target in [
            "/public/%",
            "/public/%2",
            "/public/%zz",
            "/public/%u002f",
            "/public/%c0%af",
            "/public/%e0%80%af",
            "/public/%ff",
            "/public/%ed%a0%80",
            "/%2",
            "/admin%",
        ] {
            let answer = client.get(target).source(source).send();
            assert_eq!((answer.status(), answer.header("content-type")), (400, Some("application/json")), "{target}");
            assert_eq!(answer.text(), r#"{"statusCode":400,"message":"Malformed path"}"#, "{target}");
        }
    }
}

#[test]
fn a_stage_or_prefix_is_removed_once_and_whole() {
    let app = || App::new().get("/admin", |_: Request<'_>| "admin").get("/prod/admin", |_: Request<'_>| "deeper");
    let client = Client::new(app()).unwrap();
    let send = |target: &str| client.get(target).source(EventSource::HttpApiV2).stage("prod").send().text().to_owned();
    assert_eq!((send("/admin"), send("/prod/admin")), ("admin".to_owned(), "deeper".to_owned()));
    let client = Client::new(app().strip_prefix("/v1")).unwrap();
    for (target, status) in [("/v1/admin", 200), ("/v1/v1/admin", 404), ("/v1admin", 404), ("/v1/../admin", 404)] {
        assert_eq!(client.get(target).send().status(), status, "{target}");
    }
}

// ---- who is asking

#[test]
fn a_client_does_not_choose_its_address() {
    let client =
        Client::new(App::new().get("/", |req: Request<'_>| req.reply(req.source_ip().unwrap_or("none")))).unwrap();
    for source in testing::sources() {
        for forged in ["10.0.0.1", "10.0.0.1, 10.0.0.2", "\"", ""] {
            let answer = client.get("/").header("X-Forwarded-For", forged).source_ip("192.0.2.7").source(source).send();
            assert_eq!(answer.text(), "192.0.2.7", "{source:?}");
        }
    }
}

#[test]
fn only_the_request_line_sets_method_and_path() {
    let client =
        Client::new(App::new().get("/", |_: Request<'_>| "read").delete("/", |_: Request<'_>| "gone")).unwrap();
    for header in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        for source in testing::sources() {
            assert_eq!(client.get("/?_method=DELETE").header(header, "DELETE").source(source).send().text(), "read");
        }
    }
    for header in ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"] {
        assert_eq!(client.get("/nothing").header(header, "/").send().status(), 404, "{header}");
    }
}

// ---- contents of a response

#[derive(Debug)]
struct Inner;

impl std::fmt::Display for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connecting to postgres://app:hunter2@db")
    }
}

impl std::error::Error for Inner {}

#[derive(Debug)]
struct Outer(Inner);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the table `salaries` cannot be read")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn failing(debug: Option<bool>, answered: bool) -> Client {
    let app = App::new().internal_server_errors(answered).get("/", |_: Request<'_>| Err::<(), _>(Outer(Inner)));
    let app = app.get("/any", |_: Request<'_>| -> Result<(), Error> { Err(Outer(Inner))? });
    Client::new(if let Some(debug) = debug { app.debug(debug) } else { app }).unwrap()
}

#[test]
fn errors_reach_the_client_only_in_debug_mode() {
    for target in ["/", "/any"] {
        for debug in [None, Some(false)] {
            let answer = failing(debug, true).get(target).send();
            assert_eq!(answer.text(), r#"{"statusCode":500,"message":"Internal server error"}"#);
            assert_eq!(answer.headers().count(), 1, "the content type");
            // Or the invocation fails: the service gets the error, but never its sources, and the client gets nothing.
            let report = failing(debug, false).get(target).try_send().unwrap_err();
            assert_eq!(report.to_string(), "Outer: the table `salaries` cannot be read");
        }
        let answer = failing(Some(true), false).get(target).send();
        assert!(answer.text().contains("salaries") && answer.text().contains("hunter2"), "{}", answer.text());
        // No browser treats it as a page.
        assert_eq!(answer.header("content-type"), Some("text/plain"));
    }
}

#[test]
fn responses_of_the_engine_itself_echo_nothing() {
    let client = Client::new(
        App::new()
            .method_not_allowed(true)
            .get("/number/{n}", |req: Request<'_>| req.param_as::<u8>("n").map(|n| n.to_string()))
            .post("/json", |req: Request<'_>| req.body_json::<u8>().map(|n| n.to_string())),
    )
    .unwrap();
    let script = "<script>alert(1)</script>";
    for (answer, status) in [
        (client.get(&format!("/{script}")).send(), 404),
        (client.get(&format!("/%{script}")).source(EventSource::RestApi).send(), 400),
        (client.request("<script>", "/json").send(), 405),
        (client.post("/json").body(script).send(), 400),
    ] {
        assert_eq!((answer.status(), answer.header("content-type")), (status, Some("application/json")));
        assert!(!answer.text().contains("script"), "{}", answer.text());
    }
    // The value of a parameter is told to the client that sent it, as a string of JSON that no browser takes for markup.
    let answer = client.get("/number/%3Cscript%3E%22%0A").send();
    assert_eq!((answer.status(), answer.header("content-type")), (400, Some("application/json")));
    let told = answer.json::<serde_json::Value>()["message"].as_str().unwrap().to_owned();
    assert_eq!(told, "the path parameter n: expected an integer from 0 to 255, found \"<script>\"\\n\"");
}

// ---- reports and logs

#[test]
fn reports_hold_nothing_of_the_request() {
    let mut worker = failing_worker();
    let lambda = LambdaContext::default();
    let event =
        HttpRequest::new("GET", "/?token=secret-query").header("Authorization", "secret-header").body("secret-body");
    for source in testing::sources() {
        let event = event.clone().header("Content-Type", "text/plain").event(source);
        // The event unchanged, cut off, with a wrong type, and with a wrong byte.
        let text = String::from_utf8(event.clone()).unwrap();
        let wrong_type = text.replacen("\"headers\":{", "\"headers\":\"secret\",\"x\":{", 1);
        let bytes = |text: &str| text.as_bytes().to_vec();
        for payload in
            [event, bytes(&text[..text.len() - 1]), bytes(&wrong_type), bytes(&text.replace("secret-", "secret\n"))]
        {
            let error = worker.call_blocking(&payload, &lambda).map(<[u8]>::len).expect_err("every one fails");
            assert!(!error.to_string().contains("secret"), "{source:?}: {error}");
        }
    }
    assert!(!format!("{worker:?}").contains("secret"));
}

/// `Debug` output shows the names of things, and none of the values that come from a client or a handler.
#[test]
fn debug_output_holds_nothing_that_may_be_secret() {
    let event = br#"{
        "version":"2.0","rawPath":"/d","rawQueryString":"token=secret&b=secret","cookies":["sid=secret"],
        "headers":{"authorization":"secret","x-list":"secret"},"body":"secret","stageVariables":{"key":"secret"},
        "pathParameters":{"proxy":"secret"},"requestContext":{"accountId":"secret","http":{"method":"GET","path":"/d"},
        "identity":{"apiKey":"secret","clientCert":{"subjectDN":"secret","validity":{"notBefore":"secret"}}},
        "authorizer":{"principalId":"secret","jwt":{"claims":{"sub":"secret"},"scopes":["secret"]},
        "iam":{"userId":"secret","cognitoIdentity":{"identityId":"secret"}},"lambda":{"tenant":"secret"}}}
    }"#;
    let print = |req: Request<'_>| {
        let context = req.context();
        let (authorizer, certificate) = (context.authorizer(), context.client_certificate().unwrap());
        let iam = authorizer.iam().unwrap();
        req.response().set_header("X-Own", "secret");
        let printed = [
            format!("{req:?} {:?} {:?} {:?}", req.response(), req.headers(), req.query_pairs()),
            format!("{:?} {:?} {:?}", req.event(), req.event().get("body"), req.event().get("cookies")),
            format!("{context:?} {:?} {:?}", context.json(), context.identity()),
            format!("{certificate:?} {:?} {authorizer:?} {:?}", certificate.validity(), authorizer.json()),
            format!("{iam:?} {:?} {:?}", iam.cognito_identity(), authorizer.claims()),
            format!("{:?} {:?} {:?}", req.stage_variables(), req.gateway_params(), authorizer.context("tenant")),
            format!("{:?}", req.lambda()),
        ];
        (200, printed.join("\n"))
    };
    let app = App::new().state("secret".to_owned()).get("/d", print).build().unwrap();
    let mut worker = app.worker();
    let lambda =
        LambdaContext::default().with_request_id("r-1").with_client_context("secret").with_cognito_identity("secret");
    let answer = String::from_utf8(worker.call_blocking(event, &lambda).unwrap().to_vec()).unwrap();
    let printed =
        answer.split("\"body\":\"").nth(1).unwrap().split("\",\"isBase64").next().unwrap().replace("\\\"", "'");
    assert!(!printed.contains("secret"), "{printed}");
    for name in ["'authorization'", "'token'", "'sub'", "'accountId'", "'apiKey'", "'key'", "[1 items]", "r-1", "/d"] {
        assert!(printed.contains(name), "{name} in {printed}");
    }
    assert!(!format!("{worker:?} {app:?}").contains("secret"));
    let response = Response::new("secret").header("Authorization", "secret").cookie(Cookie::new("sid", "secret"));
    let printed = format!("{response:?} {:?} {:?}", Cookie::new("sid", "secret"), Answer::Whole(b"secret"));
    assert!(printed.contains("Authorization") && printed.contains("sid") && !printed.contains("secret"), "{printed}");
    assert!(printed.contains("Whole(6 bytes)"), "{printed}");
}

fn failing_worker() -> gatewire::engine::Worker {
    App::new().get("/", |_: Request<'_>| Err::<(), _>(Outer(Inner))).build().unwrap().worker()
}

/// Not a test: [`nothing_is_printed`] starts this in a second process.
#[test]
#[ignore = "another test starts it"]
fn printing() {
    let client = failing(None, true);
    for source in testing::sources() {
        let request = client.post("/?token=secret-query").header("Authorization", "secret-header");
        let _ = request.cookie("session", "secret-cookie").body("secret-body").source(source).send();
        let request = client.get("/?token=secret-query").header("Authorization", "secret-header");
        let _ = request.cookie("session", "secret-cookie").source(source).send();
    }
}

#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn nothing_is_printed() {
    let run = |debug: &str| {
        let mut command = support::this_program();
        command.args(["printing", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
        let output = command.env("POWERTOOLS_DEV", debug).env("RUST_BACKTRACE", "0").output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    // The error and its sources, once for each request that failed with 500; nothing of the request.
    let printed = run("0");
    let lines: Vec<&str> = printed.lines().filter(|line| !line.is_empty()).collect();
    let line =
        "security::Outer: the table `salaries` cannot be read; caused by: connecting to postgres://app:hunter2@db";
    assert!(lines.iter().all(|own| own.starts_with("gatewire: ERROR RequestId: ") && own.ends_with(line)), "{lines:?}");
    assert_eq!(lines.len(), testing::sources().count());
    // Debug mode prints whole events, which is the reason to leave it off.
    assert!(run("1").contains("secret-header"));
}

// Each test program compiles all of the module and uses a part.
#[allow(dead_code)]
mod support;
