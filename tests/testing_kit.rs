//! `gatewire::testing`, as the tests of an app use it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gatewire::testing::{self, Client, TestResponse};
use gatewire::{App, Cookie, Error, EventSource, Json, Request, Response, engine::Engine, error::BuildError};
use serde_json::{Value, json};

/// Returns everything that a test can set on a request.
fn read(req: Request<'_>) -> Result<Json<Value>, Error> {
    Ok(Json(json!({
        "method": req.method(),
        "path": req.path(),
        "query": req.query_pairs().collect::<Vec<_>>(),
        "type": req.header("content-type"),
        "tag": req.header_all("x-tag").collect::<Vec<_>>(),
        "cookies": req.cookies().collect::<Vec<_>>(),
        "body": req.body()?,
        "source": format!("{:?}", req.source()),
        "source_ip": req.source_ip(),
        "stage": req.stage(),
        "request_id": req.lambda().request_id,
        "remaining": req.lambda().remaining_time().map(|time| time.as_secs()),
    })))
}

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PURGE"];

fn client() -> Client {
    let app = App::new()
        .on(METHODS, "/{path...}", read)
        .get("/cookies", |_: Request| {
            Response::new("two").cookie(Cookie::new("a", "1")).cookie(Cookie::new("b", "2").secure(false))
        })
        .get("/headers", |_: Request| {
            Response::new(()).status(202).append_header("X-Many", "one").append_header("X-Many", "two")
        })
        .get("/bytes", |_: Request| [0xff, 0x00, 0x80])
        .get("/encoded/{as}", |req: Request| {
            req.reply(Response::new("not what it says").header("Content-Encoding", req.param("as")))
        })
        .get("/fails", |_: Request| Err::<(), _>(std::io::Error::other("no disk")))
        .get("/panics", |_: Request| -> () { panic!("on purpose") });
    Client::new(app).unwrap()
}

/// Returns the message of a panic.
fn panic_of<T>(run: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).map(|_| ()).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[test]
fn each_method_sends_its_own() {
    let client = client();
    let requests = [
        client.get("/x"),
        client.post("/x"),
        client.put("/x"),
        client.patch("/x"),
        client.delete("/x"),
        client.head("/x"),
        client.options("/x"),
        client.request("PURGE", "/x"),
    ];
    for (method, request) in METHODS.iter().zip(requests) {
        assert_eq!(request.send().json::<Value>()["method"], *method);
    }
}

#[test]
fn a_request_arrives_whole_through_every_gateway() {
    let client = client();
    assert_eq!(testing::sources().count(), 7);
    for source in testing::sources() {
        let request = client
            .post("/a%20b?first=1")
            .query("text", "a&b=c d+e/\u{e9}%20")
            .query("", "")
            .header("X-Tag", "t")
            .cookie("theme", "dark")
            .cookie("id", "7")
            .body("plain \u{e9}")
            .source(source)
            .source_ip("192.0.2.7");
        let response = request.clone().send();
        let got = response.json::<Value>();
        let wanted = json!({
            "method": "POST",
            "path": "/a b",
            "query": [["first", "1"], ["text", "a&b=c d+e/\u{e9}%20"], ["", ""]],
            "tag": ["t"],
            "cookies": [["theme", "dark"], ["id", "7"]],
            "body": "plain \u{e9}".as_bytes(),
            "source": format!("{source:?}"),
            "source_ip": "192.0.2.7",
            "request_id": testing::lambda_context().request_id,
        });
        for (name, value) in wanted.as_object().unwrap() {
            assert_eq!(&got[name], value, "{name} through {source:?}");
        }
        assert_eq!((response.status(), response.header("content-type")), (200, Some("application/json")));
        assert!(serde_json::from_slice::<Value>(&request.event()).unwrap().is_object());
    }
}

#[test]
fn bodies_are_text_bytes_or_json() {
    let client = client();
    let sent = |response: TestResponse| {
        let mut value = response.json::<Value>();
        (value["body"].take(), value["type"].take())
    };
    assert_eq!(sent(client.post("/x").send()), (json!([]), Value::Null));
    assert_eq!(sent(client.post("/x").body("hi").send()), (json!([104, 105]), Value::Null));
    assert_eq!(sent(client.post("/x").body([0xff, 0]).send()), (json!([255, 0]), Value::Null));
    let json_type = json!("application/json");
    assert_eq!(sent(client.post("/x").json(&[1, 2]).send()), (json!(b"[1,2]"), json_type));
    let patch = client.patch("/x").json(&[1]).header("content-TYPE", "application/json-patch+json");
    assert_eq!(sent(patch.send()), (json!(b"[1]"), json!("application/json-patch+json")));
    // The last body counts, and replaces the content type of the one before.
    assert_eq!(sent(client.post("/x").json("long").body("x").send()), (json!(b"x"), Value::Null));
}

#[test]
fn a_value_that_is_not_json_is_reported() {
    let client = client();
    let map = std::collections::HashMap::from([(vec![1], 2)]);
    let said = panic_of(|| client.post("/x").json(&map));
    assert!(said.starts_with("the body of POST /x through HttpApiV2 cannot be written as JSON: "), "{said}");
}

#[test]
fn stages_and_load_balancers_have_their_settings() {
    let client = client();
    let stage = |source, stage: &str| {
        let request = client.get("/x").source(source);
        let request = if stage.is_empty() { request } else { request.stage(stage) };
        let response = request.send().json::<Value>();
        assert_eq!(response["path"], "/x");
        response["stage"].as_str().map(str::to_owned)
    };
    assert_eq!(stage(EventSource::RestApi, "").as_deref(), Some("prod"));
    assert_eq!(stage(EventSource::RestApi, "dev").as_deref(), Some("dev"));
    assert_eq!(stage(EventSource::HttpApiV2, "dev").as_deref(), Some("dev"));
    assert_eq!(stage(EventSource::HttpApiV2, "").as_deref(), Some("$default"));
    assert_eq!(stage(EventSource::Alb, "dev"), None);

    let tags = |multi_value| {
        let request = client.get("/x").header("X-Tag", "one").header("X-Tag", "two");
        request.source(EventSource::Alb).multi_value(multi_value).send().json::<Value>()["tag"].take()
    };
    assert_eq!((tags(false), tags(true)), (json!(["two"]), json!(["one", "two"])));
}

#[test]
fn the_context_is_lambdas_or_the_tests_own() {
    let client = client();
    let remaining = client.get("/x").send().json::<Value>()["remaining"].as_u64().unwrap();
    assert!((25..=30).contains(&remaining), "{remaining}");
    let context = testing::lambda_context();
    assert!(context.invoked_function_arn.starts_with("arn:aws:lambda:") && context.trace_id.is_some());

    let id = String::from("my-own");
    let context = context.with_request_id(&id).with_deadline_ms(0);
    let response = client.get("/x").lambda(context).send().json::<Value>();
    assert_eq!((&response["request_id"], &response["remaining"]), (&json!("my-own"), &Value::Null));
}

#[test]
fn headers_and_cookies_come_back() {
    let client = client();
    for source in [EventSource::RestApi, EventSource::HttpApiV1, EventSource::HttpApiV2, EventSource::FunctionUrl] {
        let response = client.get("/cookies").source(source).send();
        assert_eq!(response.cookies(), ["a=1; Secure", "b=2"], "{source:?}");
    }
    let response = client.get("/headers").source(EventSource::RestApi).send();
    assert_eq!((response.status(), response.text()), (202, ""));
    assert_eq!(response.header_all("x-many"), ["one", "two"]);
    assert_eq!((response.header("X-MANY"), response.header("x-none")), (Some("two"), None));
    let many = response.headers().filter(|(name, _)| name.eq_ignore_ascii_case("x-many")).map(|(_, value)| value);
    assert_eq!(many.collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn binary_bodies_come_back_with_the_payload() {
    for source in testing::sources() {
        let response = client().get("/bytes").source(source).send();
        assert_eq!(response.bytes(), [0xff, 0x00, 0x80]);
        assert_eq!(response.raw_bytes(), response.bytes());
        let payload: Value = serde_json::from_str(response.payload()).unwrap();
        assert_eq!((&payload["body"], &payload["isBase64Encoded"]), (&json!("/wCA"), &json!(true)));
        assert!(panic_of(|| response.text().len()).starts_with("the body is not text: invalid utf-8"));
    }
}

#[test]
fn a_body_that_is_not_json_is_shown() {
    let said = panic_of(|| client().get("/cookies").send().json::<Vec<u8>>());
    assert!(said.starts_with("the body cannot be read as alloc::vec::Vec<u8>: "), "{said}");
    assert!(said.ends_with("\nstatus 200: two"), "{said}");
}

#[cfg(feature = "gzip")]
#[test]
fn bodies_are_decompressed() {
    use gatewire::{Route, app::Compression};

    let long = || "The quick brown fox. ".repeat(5000);
    let app = App::new()
        .compression(Compression::new().deflate(true))
        .route(Route::get("/long", move |_: Request| long()).compress(true))
        .route(Route::get("/random", |_: Request| noise()).compress(true));
    let client = Client::new(app).unwrap();
    for encoding in ["gzip", "deflate"] {
        for source in testing::sources() {
            let response = client.get("/long").header("Accept-Encoding", encoding).source(source).send();
            assert_eq!(response.header("content-encoding"), Some(encoding));
            assert!(response.raw_bytes().len() < 1000);
            assert_eq!(response.text(), long());
        }
        let response = client.get("/random").header("Accept-Encoding", encoding).send();
        assert_eq!(response.bytes(), noise());
    }
    let plain = client.get("/long").send();
    assert_eq!((plain.header("content-encoding"), plain.text()), (None, &*long()));
}

/// Bytes that hardly compress.
#[cfg(feature = "gzip")]
fn noise() -> Vec<u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(1), next).take(3000).map(|state| (state >> 24) as u8).collect()
}

#[test]
fn a_missing_or_unknown_encoding_is_reported() {
    let client = client();
    let broken = |encoding: &str| panic_of(|| client.get(&format!("/encoded/{encoding}")).send().bytes().len());
    for encoding in ["gzip", "deflate", "br"] {
        let said = broken(encoding);
        let start = format!("the body cannot be decoded from `Content-Encoding: {encoding}`: ");
        assert!(said.starts_with(&start) && said.len() > start.len(), "{said}");
    }
    let identity = client.get("/encoded/Identity").send();
    assert_eq!(identity.text(), "not what it says");
}

#[test]
fn a_failed_invocation_is_an_error_or_a_panic() {
    let client = client();
    let error = client.get("/fails").try_send().unwrap_err();
    assert_eq!((error.error_type(), error.message()), ("io::Error", "no disk"));
    assert_eq!(client.get("/panics").try_send().unwrap_err().message(), "on purpose");
    assert_eq!(client.get("/cookies").try_send().unwrap().text(), "two");
    let said = panic_of(|| client.get("/fails?x=1").source(EventSource::RestApi).send());
    assert_eq!(said, "the invocation has failed, for GET /fails?x=1 through RestApi: io::Error: no disk");
}

#[test]
fn an_app_that_does_not_build_says_why() {
    let error = Client::new(App::new().get("no-slash", |_: Request| ())).unwrap_err();
    assert!(matches!(error, BuildError::Routes(_)));
    assert!(error.to_string().contains("no-slash"), "{error}");
}

#[test]
fn a_client_is_made_from_an_engine_and_shared() {
    let engine: Engine = App::new().get("/{n}", |req: Request| req.reply(req.param("n"))).build().unwrap();
    let client = Client::from(engine);
    assert!(format!("{client:?}").starts_with("Client"));
    std::thread::scope(|scope| {
        for n in 0..4 {
            let client = &client;
            scope.spawn(move || assert_eq!(client.get(&format!("/{n}")).send().text(), n.to_string()));
        }
    });
}

#[test]
fn a_handler_may_send_a_request_itself() {
    static INNER: std::sync::LazyLock<Client> = std::sync::LazyLock::new(|| {
        let count_down = |req: Request| match req.param_as::<u8>("n") {
            Ok(0) | Err(_) => "done".to_owned(),
            Ok(n) => INNER.get(&format!("/{}", n - 1)).send().text().to_owned() + "!",
        };
        Client::new(App::new().get("/{n}", count_down)).unwrap()
    });
    assert_eq!(INNER.get("/3").send().text(), "done!!!");
}

#[tokio::test]
async fn async_tests_run_handlers_on_their_own_runtime() {
    async fn slow(req: Request<'_>) -> Result<String, std::num::ParseIntError> {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        let n: u32 = req.param("n").parse()?;
        Ok(n.to_string())
    }
    let client = Client::new(App::new().get("/slow/{n}", slow)).unwrap();
    assert_eq!(client.get("/slow/7").send_async().await.text(), "7");
    let error = client.get("/slow/x").try_send_async().await.unwrap_err();
    assert_eq!(error.error_type(), "ParseIntError");
}

/// Looks for the runtime at once, and waits for it, as an SDK does.
#[cfg(feature = "tokio")]
async fn on_tokio(_: Request<'_>) -> &'static str {
    tokio::spawn(tokio::time::sleep(std::time::Duration::from_millis(1))).await.unwrap();
    "done"
}

#[cfg(feature = "tokio")]
#[test]
fn handlers_find_a_tokio_runtime() {
    let client = Client::new(App::new().get("/", on_tokio)).unwrap();
    for _ in 0..2 {
        assert_eq!(client.get("/").send().text(), "done");
    }
    assert_eq!(client.get("/").try_send().unwrap().text(), "done");
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn async_tests_get_an_error_that_names_the_call() {
    async fn at_once(_: Request<'_>) -> &'static str {
        "at once"
    }
    let client = Client::new(App::new().get("/", on_tokio).get("/at-once", at_once).get("/sync", |_: Request| "sync"));
    let client = client.unwrap();
    for said in [panic_of(|| client.get("/").send()), panic_of(|| client.get("/").try_send())] {
        assert!(said.contains("`send_async().await`") && said.contains("GET / through HttpApiV2"), "{said}");
    }
    // A handler that never waits does not block.
    assert_eq!(client.get("/sync").send().text(), "sync");
    assert_eq!(client.get("/at-once").send().text(), "at once");
    assert_eq!(client.get("/").send_async().await.text(), "done");
}

#[cfg(feature = "tokio")]
#[test]
fn a_client_may_be_dropped_in_an_async_test() {
    let client = Client::new(App::new().get("/", on_tokio)).unwrap();
    assert_eq!(client.get("/").send().text(), "done");
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tokio.block_on(async move { drop(client) });
}
