//! The settings of an app: options of routes and of the app, errors, middleware, and values that these share.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gatewire::{
    App, Cookie, Error, HttpError, Json, Request, Response, Route, Router, StatusCode,
    app::TrailingSlash,
    context::LambdaContext,
    error::{BuildError, InvocationError},
};
use serde_json::{Value, json};

/// Returns the response of an app to an event of a REST API.
fn send(app: App, method: &str, path: &str, headers: Value) -> Value {
    try_send(app, method, path, headers).unwrap_or_else(|error| panic!("{error}"))
}

fn try_send(app: App, method: &str, path: &str, headers: Value) -> Result<Value, InvocationError> {
    let event = json!({"httpMethod": method, "path": path, "headers": headers, "requestContext": {"requestId": "r-1"}});
    let mut worker = app.build().unwrap_or_else(|error| panic!("{error}")).worker();
    let payload = event.to_string();
    // Twice, because nothing of the first invocation may remain.
    let first = worker.call_blocking(payload.as_bytes(), &LambdaContext::default()).map(<[u8]>::to_vec);
    let second = worker.call_blocking(payload.as_bytes(), &LambdaContext::default()).map(<[u8]>::to_vec);
    assert_eq!(first, second);
    Ok(serde_json::from_slice(&first?).unwrap())
}

fn status(response: &Value) -> u64 {
    response["statusCode"].as_u64().unwrap()
}

fn header<'v>(response: &'v Value, name: &str) -> &'v Value {
    &response["multiValueHeaders"][name][0]
}

#[test]
fn a_route_has_its_own_status() {
    let app = || {
        App::new()
            .route(Route::post("/a", |_: Request| "made").status(201))
            .route(Route::get("/a", |_: Request| (StatusCode::ACCEPTED, "later")).status(201))
            .route(Route::put("/a", |_: Request| Err::<(), _>(HttpError::forbidden("no"))).status(201).after(|_| ()))
            .route(Route::patch("/a", |_: Request| "x").status(203).after(|req| {
                let status = req.response().status();
                req.response().set_header("X-Status", status.as_u16().to_string());
            }))
    };
    assert_eq!(status(&send(app(), "POST", "/a", Value::Null)), 201);
    assert_eq!(status(&send(app(), "GET", "/a", Value::Null)), 202);
    assert_eq!(status(&send(app(), "PUT", "/a", Value::Null)), 403);
    assert_eq!(header(&send(app(), "PATCH", "/a", Value::Null), "X-Status"), "203");
}

#[test]
fn unsupported_methods_are_answered_by_policy() {
    let app = || App::new().get("/a", |_: Request| Json("a")).post("/a", |_: Request| "b").get("/b", |_: Request| "c");
    assert_eq!(status(&send(app(), "PUT", "/a", Value::Null)), 404);
    let app = || app().method_not_allowed(true).automatic_head(true).automatic_options(true);
    let put = send(app(), "PUT", "/a", Value::Null);
    assert_eq!((status(&put), header(&put, "Allow")), (405, &json!("GET, POST, HEAD, OPTIONS")));
    assert_eq!(put["body"], r#"{"statusCode":405,"message":"Method not allowed"}"#);
    let options = send(app(), "OPTIONS", "/b", Value::Null);
    assert_eq!((status(&options), header(&options, "Allow")), (204, &json!("GET, HEAD, OPTIONS")));
    let head = send(app(), "HEAD", "/a", Value::Null);
    assert_eq!(
        (status(&head), &head["body"], header(&head, "Content-Type")),
        (200, &json!(""), &json!("application/json"))
    );
    assert_eq!(status(&send(app(), "PUT", "/none", Value::Null)), 404);
    assert_eq!(status(&send(app(), "OPTIONS", "/none", Value::Null)), 404);
}

#[test]
fn trailing_slashes_follow_the_policy() {
    let app = || App::new().get("/t", |_: Request| "t");
    assert_eq!(status(&send(app(), "GET", "/t/", Value::Null)), 200);
    assert_eq!(status(&send(app().trailing_slash(TrailingSlash::Exact), "GET", "/t/", Value::Null)), 404);
}

#[derive(Debug)]
struct Outer(Inner);

#[derive(Debug)]
struct Inner;

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the outer error")
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the inner error")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl std::error::Error for Inner {}

fn fails() -> App {
    App::new().get("/outer", |_: Request| Err::<(), _>(Outer(Inner))).get("/inner", |_: Request| Err::<(), _>(Inner))
}

#[test]
fn errors_find_their_handler() {
    let error = try_send(fails(), "GET", "/outer", Value::Null).unwrap_err();
    assert_eq!((error.error_type(), error.message()), ("Outer", "the outer error"));
    let app =
        || fails().on_error(|_: &Inner, _| (410, "inner")).on_any_error(|error, _| (500, format!("any: {error}")));
    assert_eq!(send(app(), "GET", "/inner", Value::Null)["body"], "inner");
    assert_eq!(send(app(), "GET", "/outer", Value::Null)["body"], "any: the outer error");
    assert_eq!(send(app(), "GET", "/none", Value::Null)["body"], "any: Not found");
    let mine = send(app().not_found(|_| "mine"), "GET", "/none", Value::Null);
    assert_eq!((status(&mine), &mine["body"]), (404, &json!("mine")));
    // The app's own handler comes before those of routers that do not contain the route.
    let router = Router::new().on_error(|_: &Inner, _: Request| (411, "router"));
    assert_eq!(status(&send(app().include("", router), "GET", "/inner", Value::Null)), 410);
    let again = fails().on_error(|_: &Inner, _| Err::<(), _>(Outer(Inner)));
    assert_eq!(try_send(again, "GET", "/inner", Value::Null).unwrap_err().error_type(), "Outer");
}

#[test]
fn unhandled_errors_can_become_responses() {
    let answer = send(fails().internal_server_errors(true), "GET", "/outer", Value::Null);
    assert_eq!(
        (status(&answer), &answer["body"]),
        (500, &json!(r#"{"statusCode":500,"message":"Internal server error"}"#))
    );
    let debug = send(fails().debug(true), "GET", "/outer", Value::Null);
    assert_eq!(status(&debug), 500);
    assert_eq!(debug["body"], "Outer: the outer error\ncaused by: the inner error\n");
}

#[test]
fn panics_fail_one_invocation() {
    let app = App::new()
        .get("/sync", |_: Request| -> &'static str { panic!("on purpose: sync") })
        .get("/async", async |req: Request| {
            std::future::ready(()).await;
            assert!(req.path().is_empty(), "on purpose: async");
            "never"
        })
        .on_error(|_: &Inner, _| -> &'static str { panic!("on purpose: handler") })
        .get("/inner", |_: Request| Err::<(), _>(Inner))
        .get("/fine", |_: Request| "fine");
    let mut worker = app.build().unwrap().worker();
    let mut get = |path: &str| {
        let event = json!({"httpMethod": "GET", "path": path, "requestContext": {}}).to_string();
        worker
            .call_blocking(event.as_bytes(), &LambdaContext::default())
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    for (path, message) in
        [("/sync", "on purpose: sync"), ("/async", "on purpose: async"), ("/inner", "on purpose: handler")]
    {
        let error = get(path).unwrap_err();
        assert_eq!(error.error_type(), "Panic");
        assert!(error.message().contains(message), "{error}");
        assert!(get("/fine").unwrap().contains("\"fine\""));
    }
}

#[test]
fn invalid_responses_do_not_leave() {
    let bad = |response: fn() -> Response<'static, &'static str>| {
        try_send(App::new().get("/", move |_: Request| response()), "GET", "/", Value::Null).unwrap_err()
    };
    assert_eq!(bad(|| Response::new("x").header("X-A", "a\r\nSet-Cookie: b")).error_type(), "HeaderError");
    assert_eq!(bad(|| Response::new("x").header("X A", "a")).error_type(), "HeaderError");
    assert_eq!(bad(|| Response::new("x").cookie(Cookie::new("a b", "c"))).error_type(), "CookieError");
    assert_eq!(bad(|| Response::new("x").cookie(Cookie::new("a", "b; Domain=evil"))).error_type(), "CookieError");
    assert_eq!(bad(|| Response::new("x").status(99)).error_type(), "InvalidStatusCode");
    assert_eq!(bad(|| Response::new("x").status(1000)).error_type(), "InvalidStatusCode");
    let app = App::new()
        .get("/", |_: Request| Response::new("x").header("X-A", "\n"))
        .on_error(|error: &gatewire::error::HeaderError, _: Request| (500, error.to_string()));
    assert!(send(app, "GET", "/", Value::Null)["body"].as_str().unwrap().contains("X-A"));
}

#[test]
fn a_status_without_a_body_has_none() {
    let app = || {
        App::new()
            .get("/text", |_: Request| (204, "no content"))
            .get("/json", |_: Request| (304, Json([1])))
            .get("/bytes", |_: Request| (StatusCode::NO_CONTENT, [1u8, 2]))
    };
    for path in ["/text", "/json", "/bytes"] {
        let answer = send(app(), "GET", path, Value::Null);
        assert_eq!((&answer["body"], &answer["isBase64Encoded"]), (&json!(""), &json!(false)), "{path}");
        assert_eq!(answer["multiValueHeaders"], json!({}));
    }
}

#[test]
fn serialisation_may_fail() {
    let app = || {
        App::new()
            .get("/", |_: Request| (201, Json([([1, 2], 3)].into_iter().collect::<std::collections::BTreeMap<_, _>>())))
    };
    assert_eq!(try_send(app(), "GET", "/", Value::Null).unwrap_err().error_type(), "SerializeError");
    let answered = app().on_error(|_: &gatewire::error::SerializeError, _: Request| (500, "not JSON"));
    let answer = send(answered, "GET", "/", Value::Null);
    assert_eq!((status(&answer), &answer["body"]), (500, &json!("not JSON")));
}

#[test]
fn custom_serialisers_are_used() {
    let app = || App::new().get("/", |_: Request| Json(json!({"b": "h\u{e9}\u{1f600}\n", "a": 1})));
    assert_eq!(send(app().ascii_json(true), "GET", "/", Value::Null)["body"], r#"{"a":1,"b":"h\u00e9\ud83d\ude00\n"}"#);
    let upper = app().serializer(|value, out| {
        out.extend(serde_json::to_string(value)?.to_uppercase().bytes());
        Ok(())
    });
    assert_eq!(send(upper, "GET", "/", Value::Null)["body"], "{\"A\":1,\"B\":\"H\u{c9}\u{1f600}\\N\"}");
    let broken = app().serializer(|_, out| {
        out.extend(*b"half of it");
        Err("it broke".into())
    });
    let error = try_send(broken, "GET", "/", Value::Null).unwrap_err();
    assert_eq!((error.error_type(), error.message()), ("SerializeError", "it broke"));
}

#[test]
fn middleware_is_an_onion() {
    fn note(req: Request<'_>, what: &str) {
        let before = req.response().header("X-Order").unwrap_or("");
        req.response().set_header("X-Order", format!("{before}{what}"));
    }
    let inner =
        Router::new().after(|req| note(req, "r")).route(Route::get("/x", |_: Request| "x").after(|req| note(req, "x")));
    let app = || {
        App::new()
            .after(|req| note(req, "1"))
            .wrap(async |req, next| {
                let reply = next.run(req).await?;
                note(req, "2");
                Ok(reply)
            })
            .include("/r", inner.clone())
            .include("/s", inner.clone())
            .get("/fails", |_: Request| Err::<(), _>(HttpError::bad_request("no")))
    };
    assert_eq!(header(&send(app(), "GET", "/r/x", Value::Null), "X-Order"), "xr21");
    assert_eq!(header(&send(app(), "GET", "/s/x", Value::Null), "X-Order"), "xr21");
    // Responses to errors have it too.
    assert_eq!(header(&send(app(), "GET", "/none", Value::Null), "X-Order"), "21");
    assert_eq!(header(&send(app(), "GET", "/fails", Value::Null), "X-Order"), "21");
}

#[test]
fn middleware_may_answer_or_catch() {
    let app = || {
        App::new()
            .before(|req| match req.header("x-stop") {
                Some(why) => ControlFlow::Break(req.reply((429, why))),
                None => ControlFlow::Continue(()),
            })
            .wrap(async |req, next| match next.run(req).await {
                Err(error) if error.downcast_ref::<Inner>().is_some() => Ok(req.reply("caught")),
                outcome => outcome,
            })
            .get("/inner", |_: Request| Err::<(), _>(Inner))
            .get("/outer", |_: Request| Err::<(), _>(Outer(Inner)))
    };
    let stopped = send(app(), "GET", "/inner", json!({"X-Stop": "slow down"}));
    assert_eq!((status(&stopped), &stopped["body"]), (429, &json!("slow down")));
    assert_eq!(send(app(), "GET", "/inner", Value::Null)["body"], "caught");
    assert_eq!(try_send(app(), "GET", "/outer", Value::Null).unwrap_err().error_type(), "Outer");
}

#[test]
fn kept_values_end_with_the_invocation() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct User(String);
    impl Drop for User {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Relaxed);
        }
    }
    let app = App::new()
        .wrap(async |req, next| {
            assert!(req.extension::<User>().is_none(), "nothing is left over");
            req.set_extension(User("ada".into()));
            next.run(req).await
        })
        .get("/me", |req: Request| req.reply(req.extension::<User>().map_or("nobody", |user| &user.0)));
    assert_eq!(send(app, "GET", "/me", Value::Null)["body"], "ada");
    assert_eq!(DROPS.load(Relaxed), 2);
}

#[test]
fn cors_follows_its_options() {
    let cors = || gatewire::Cors::origins(["https://a.example", "*"]).allow_credentials(true).max_age(0).vary(true);
    let app = || App::new().cors(cors()).get("/", |_: Request| Response::new("x").header("Vary", "accept"));
    let known = send(app(), "GET", "/", json!({"Origin": "https://a.example"}));
    assert_eq!(header(&known, "Access-Control-Allow-Origin"), "https://a.example");
    assert_eq!(header(&known, "Access-Control-Allow-Credentials"), "true");
    assert_eq!(header(&known, "Access-Control-Max-Age"), "0");
    assert_eq!(known["multiValueHeaders"]["Vary"], json!(["accept", "Origin"]));
    let other = send(app(), "GET", "/", json!({"Origin": "null"}));
    assert_eq!(header(&other, "Access-Control-Allow-Origin"), "*");
    assert_eq!(*header(&other, "Access-Control-Allow-Credentials"), Value::Null);
    assert_eq!(*header(&send(app(), "GET", "/", Value::Null), "Access-Control-Allow-Origin"), Value::Null);
}

#[test]
#[cfg(feature = "gzip")]
fn compression_follows_its_options() {
    use gatewire::app::Compression;
    let long = || "text ".repeat(300);
    let app = move |how: Compression| {
        App::new()
            .compression(how)
            .route(Route::get("/long", move |_: Request| long()).compress(true))
            .route(Route::get("/short", |_: Request| "short").compress(true))
            .route(Route::get("/empty", |_: Request| "").compress(true))
            .route(Route::get("/br", |_: Request| Response::new("x").header("content-encoding", "br")).compress(true))
            .route(Route::get("/none", |_: Request| (204, "no content")).compress(true))
    };
    let accept = |value: &str| json!({"Accept-Encoding": value});
    let encoding = |how: Compression, path: &str, value: &str| {
        header(&send(app(how), "GET", path, accept(value)), "Content-Encoding").clone()
    };
    let plain = Compression::new();
    assert_eq!(encoding(plain, "/long", "gzip"), "gzip");
    assert_eq!(encoding(plain, "/long", "deflate"), Value::Null);
    assert_eq!(encoding(plain.deflate(true), "/long", "deflate, gzip;q=0.5"), "deflate");
    assert_eq!(encoding(plain.deflate(true), "/long", "deflate, gzip"), "gzip");
    assert_eq!(encoding(plain, "/short", "*"), "gzip");
    assert_eq!(encoding(plain.threshold(100), "/short", "gzip"), Value::Null);
    assert_eq!(encoding(plain, "/empty", "gzip"), Value::Null);
    assert_eq!(encoding(plain, "/br", "gzip"), Value::Null);
    assert_eq!(encoding(plain, "/none", "gzip"), Value::Null);
    let vary = send(app(plain.vary(true).level(12)), "GET", "/long", Value::Null);
    assert_eq!((header(&vary, "Vary"), &vary["isBase64Encoded"]), (&json!("Accept-Encoding"), &json!(false)));
}

#[test]
fn a_bad_app_does_not_build_and_says_why() {
    let build = |app: App| app.build().unwrap_err().to_string();
    let clash = build(App::new().get("/a/<x>", |_: Request| ()).get("/a/{y}", |_: Request| ()));
    assert!(clash.contains("/a/<x>") && clash.contains("/a/{y}"), "{clash}");
    let prefix = App::new().strip_prefix_regex("(").build().unwrap_err();
    assert!(matches!(prefix, BuildError::Prefix { .. }), "{prefix}");
}

#[test]
fn errors_keep_their_type_through_layers() {
    fn fails(_: Request<'_>) -> Result<(), Error> {
        Err(HttpError::json(StatusCode::CONFLICT, &json!({"code": 7, "list": [1.5, null]}))?.into())
    }
    let answer = send(App::new().get("/", fails), "GET", "/", Value::Null);
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body, json!({"statusCode": 409, "message": {"code": 7, "list": [1.5, null]}}));
}

#[test]
fn apps_show_their_routes() {
    let app = App::new().get("/a", |_: Request| "a").include("/b", Router::new().on(["PURGE"], "/c", |_: Request| "c"));
    let printed = format!("{app:?}");
    assert!(printed.contains(r#"Route { methods: ["GET"], rule: "/a", .. }"#), "{printed}");
    assert!(printed.contains(r#"Route { methods: ["PURGE"], rule: "/b/c", .. }"#), "{printed}");
    let router = format!("{:?}", Router::new().get("/x", |_: Request| "x"));
    assert_eq!(router, r#"Router { routes: [Route { methods: ["GET"], rule: "/x", .. }], .. }"#);
}
