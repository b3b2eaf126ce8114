//! Handlers with typed arguments: every type, every form of handler, the errors, and the checks of `build`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path as FilePath;

use gatewire::context::{Headers, LambdaContext, RequestContext};
use gatewire::engine::Engine;
use gatewire::error::{ArgumentErrorKind, BodyError, BuildError, MismatchKind, ParamError};
use gatewire::extract::{
    Argument, Arguments, Claims, Cookies, Extension, FromRequest, Header, HeaderName, Location, Missing, Owned, Path,
    Query, RawBody, State, Text, names,
};
use gatewire::testing::Client;
use gatewire::{App, Error, HttpError, Json, Request, Response, Route, Router};
use proptest::test_runner::{Config, TestRunner};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct Todo<'r> {
    title: &'r str,
}

#[derive(Deserialize)]
struct Page {
    page: u32,
}

#[derive(Deserialize)]
struct Place<'r> {
    #[serde(rename = "user")]
    owner: &'r str,
    id: u64,
    extra: Option<u8>,
}

gatewire::input!(Todo<'r>, Page, Place<'r>);

struct Database(&'static str);

/// Sends a GET request; returns status and body.
fn get(app: App, target: &str) -> (u16, String) {
    let response = Client::new(app).unwrap().get(target).send();
    (response.status(), response.text().to_owned())
}

/// Sends a POST request; returns status and body.
fn post(app: App, target: &str, body: &str) -> (u16, String) {
    let response = Client::new(app).unwrap().post(target).body(body).send();
    (response.status(), response.text().to_owned())
}

fn ok(text: &str) -> (u16, String) {
    (200, text.to_owned())
}

// ---- forms of handlers

/// An argument as a string.
trait Show {
    fn show(self) -> String;
}

impl Show for Path<u64> {
    fn show(self) -> String {
        self.0.to_string()
    }
}

impl Show for Query<Page> {
    fn show(self) -> String {
        self.0.page.to_string()
    }
}

impl Show for Json<Todo<'_>> {
    fn show(self) -> String {
        self.0.title.to_owned()
    }
}

impl Show for State<&Database> {
    fn show(self) -> String {
        self.0.0.to_owned()
    }
}

impl Show for Header<'_, names::Host> {
    fn show(self) -> String {
        self.0.to_owned()
    }
}

impl Show for Cookies<'_> {
    fn show(self) -> String {
        self.get("a").unwrap_or("none").to_owned()
    }
}

impl Show for Text<'_> {
    fn show(self) -> String {
        self.0.len().to_string()
    }
}

impl Show for Request<'_> {
    fn show(self) -> String {
        self.method().to_owned()
    }
}

/// Tests handlers with the first arguments of the list: functions and closures, sync and async.
macro_rules! arities {
    ($($test:ident: $count:literal, $($value:ident: $type:ty),+;)+) => {
        $(
            #[test]
            fn $test() {
                #[allow(clippy::too_many_arguments)] // eight are the most that a handler takes
                fn sync($($value: $type),+) -> String {
                    [$($value.show()),+].join(" ")
                }
                #[allow(clippy::too_many_arguments)]
                async fn later($($value: $type),+) -> Result<Json<String>, Error> {
                    std::future::ready(()).await;
                    Ok(Json([$($value.show()),+].join(" ")))
                }
                let app = App::new()
                    .state(Database("db"))
                    .post("/sync/{id}", sync)
                    .post("/later/{id}", later)
                    .post("/closure/{id}", |$($value: $type),+| [$($value.show()),+].join(" "))
                    .post("/async-closure/{id}", async |$($value: $type),+| [$($value.show()),+].join(" "))
                    .route(Route::post("/route/{id}", sync))
                    .route(Route::new(["POST", "PUT"], "/both/{id}", later))
                    .on(["PUT", "POST"], "/on/{id}", sync);
                let client = Client::new(app).unwrap();
                let all = ["7", "3", "milk", "db", "example.com", "1", "16", "POST"];
                for path in ["sync", "later", "closure", "async-closure", "route", "both", "on"] {
                    let request = client.post(&format!("/{path}/7?page=3")).body(r#"{"title":"milk"}"#);
                    let response = request.header("host", "example.com").cookie("a", "1").send();
                    let text = response.text();
                    assert_eq!((response.status(), text.trim_matches('"')), (200, &*all[..$count].join(" ")), "{path}");
                }
            }
        )+
    };
}

arities! {
    one_argument: 1, a: Path<u64>;
    two_arguments: 2, a: Path<u64>, b: Query<Page>;
    three_arguments: 3, a: Path<u64>, b: Query<Page>, c: Json<Todo<'_>>;
    four_arguments: 4, a: Path<u64>, b: Query<Page>, c: Json<Todo<'_>>, d: State<&Database>;
    five_arguments: 5, a: Path<u64>, b: Query<Page>, c: Json<Todo<'_>>, d: State<&Database>, e: Header<'_, names::Host>;
    six_arguments: 6, a: Path<u64>, b: Query<Page>, c: Json<Todo<'_>>, d: State<&Database>, e: Header<'_, names::Host>,
        f: Cookies<'_>;
    seven_arguments: 7, a: Path<u64>, b: Query<Page>, c: Json<Todo<'_>>, d: State<&Database>, e: Header<'_, names::Host>,
        f: Cookies<'_>, g: Text<'_>;
    eight_arguments: 8, a: Path<u64>, b: Query<Page>, c: Json<Todo<'_>>, d: State<&Database>, e: Header<'_, names::Host>,
        f: Cookies<'_>, g: Text<'_>, h: Request<'_>;
}

#[test]
fn the_plain_forms_stay() {
    fn plain(req: Request<'_>) -> &str {
        req.path()
    }
    async fn later(req: Request<'_>) -> Result<&str, Error> {
        Ok(req.path())
    }
    let app = App::new()
        .get("/a", plain)
        .get("/b", later)
        .get("/c", |req: Request| req.path().to_owned())
        .get("/d", async |req: Request| req.path().to_owned())
        .get("/e", gatewire::handler::from_fn(|req| Ok(req.reply(req.path()))));
    let client = Client::new(app).unwrap();
    for path in ["/a", "/b", "/c", "/d", "/e"] {
        assert_eq!(client.get(path).send().text(), path);
    }
}

#[test]
fn functions_return_what_they_have_borrowed() {
    #[derive(Serialize)]
    struct Both<'r> {
        title: &'r str,
        database: &'r str,
        user: Cow<'r, str>,
    }
    fn sync<'r>(
        Path(user): Path<Cow<'r, str>>,
        Json(todo): Json<Todo<'r>>,
        State(database): State<&'r Database>,
    ) -> Json<Both<'r>> {
        Json(Both { title: todo.title, database: database.0, user })
    }
    async fn later<'r>(
        Path(user): Path<&'r str>,
        Json(todo): Json<Todo<'r>>,
        State(database): State<&'r Database>,
    ) -> Result<(u16, Json<Both<'r>>), Error> {
        Ok((201, Json(Both { title: todo.title, database: database.0, user: Cow::Borrowed(user) })))
    }
    fn with_request<'r>(req: Request<'r>, Path(user): Path<&'r str>) -> Response<'r, &'r str> {
        Response::new(req.path()).header("X-User", user)
    }
    let app = || {
        let app = App::new().state(Database("db")).post("/sync/{user}", sync).post("/later/{user}", later);
        app.post("/request/{user}", with_request)
    };
    let body = r#"{"title":"oat \"milk\""}"#;
    let expected = r#"{"title":"oat \"milk\"","database":"db","user":"ada"}"#;
    assert_eq!(post(app(), "/sync/ada", body), (200, expected.to_owned()));
    assert_eq!(post(app(), "/later/ada", body), (201, expected.to_owned()));
    assert_eq!(post(app(), "/request/ada", body), ok("/request/ada"));
}

#[test]
fn the_body_may_be_read_by_several_arguments_in_any_order() {
    // Other frameworks take the body in the last argument only.
    let app = App::new().post("/", |RawBody(raw): RawBody, Json(todo): Json<Todo>, Text(text): Text, req: Request| {
        format!("{} {} {} {}", raw.len(), todo.title, text.len(), req.has_body())
    });
    assert_eq!(post(app, "/", r#"{"title":"a\u0062"}"#), ok("19 ab 19 true"));
}

#[test]
fn arguments_are_the_same_behind_every_gateway() {
    fn all<'r>(
        Path(id): Path<u64>,
        Query(Page { page }): Query<Page>,
        Json(todo): Json<Todo<'r>>,
        State(database): State<&'r Database>,
        Header(agent): Header<'r, names::UserAgent>,
        cookies: Cookies<'r>,
    ) -> Json<(u64, u32, [Option<&'r str>; 4])> {
        Json((id, page, [Some(todo.title), Some(database.0), Some(agent), cookies.get("a")]))
    }
    let client = Client::new(App::new().state(Database("db")).post("/todos/{id}", all)).unwrap();
    let mut count = 0;
    for source in gatewire::testing::sources() {
        let request = client.post("/todos/7?page=3").source(source).header("user-agent", "curl").cookie("a", "1");
        let response = request.body(r#"{"title":"milk"}"#).send();
        assert_eq!(response.text(), r#"[7,3,["milk","db","curl","1"]]"#, "{source:?}");
        count += 1;
    }
    assert!(count >= 7, "{count} gateways");
}

#[test]
fn a_fallback_takes_arguments() {
    let app = App::new()
        .state(Database("db"))
        .fallback(async |req: Request<'_>, State(database): State<&Database>| format!("{} {}", req.path(), database.0));
    assert_eq!(get(app, "/nowhere"), ok("/nowhere db"));
}

// ---- types of arguments

#[test]
fn path_reads_one_value_tuples_and_structs() {
    #[derive(Deserialize)]
    struct Id(u64);
    #[derive(Deserialize)]
    struct Pair<'r>(u8, &'r str);
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Color {
        Red,
        Green,
    }
    gatewire::input!(Id, Pair<'r>, Color);
    let app = || {
        App::new()
            .get("/one/{n}", |Path(n): Path<i8>| n.to_string())
            .get("/text/{n}", |Path(text): Path<String>| text)
            .get("/flag/{n}", |Path(flag): Path<bool>| flag.to_string())
            .get("/newtype/{n}", |Path(Id(n)): Path<Id>| n.to_string())
            .get("/enum/{n}", |Path(color): Path<Color>| format!("{color:?}"))
            .get("/tuple/{a}/{b}", |Path((a, b)): Path<(u8, &str)>| format!("{a} {b}"))
            .get("/struct-tuple/{a}/{b}", |Path(Pair(a, b)): Path<Pair>| format!("{a} {b}"))
            .get("/array/{a}/{b}", |Path([a, b]): Path<[u8; 2]>| (a + b).to_string())
            .get("/list/{a}/{b}/{c}", |Path(list): Path<Vec<&str>>| list.join("+"))
            .get("/map/{a}/{b}", |Path(map): Path<HashMap<&str, &str>>| format!("{} {}", map["a"], map["b"]))
            .get("/struct/{id}/of/{user}", |Path(place): Path<Place>| {
                format!("{} {} {:?}", place.owner, place.id, place.extra)
            })
            .get("/struct-all/{user}/{other}/{id}/{extra}", |Path(place): Path<Place>| {
                format!("{} {} {:?}", place.owner, place.id, place.extra)
            })
            .get("/rest/{rest...}", |Path(rest): Path<&str>| rest.to_owned())
    };
    for (target, expected) in [
        ("/one/-5", "-5"),
        ("/text/a%20c%C3%A9", "a cé"),
        ("/flag/true", "true"),
        ("/newtype/18446744073709551615", "18446744073709551615"),
        ("/enum/green", "Green"),
        ("/enum/red", "Red"),
        ("/tuple/1/x", "1 x"),
        ("/struct-tuple/1/x", "1 x"),
        ("/array/1/2", "3"),
        ("/list/a/b/c", "a+b+c"),
        ("/map/1/2", "1 2"),
        ("/struct/5/of/ada", "ada 5 None"),
        ("/struct-all/ada/x/5/7", "ada 5 Some(7)"),
        ("/rest/a/b", "a/b"),
    ] {
        assert_eq!(get(app(), target), ok(expected), "{target}");
    }
}

#[test]
fn path_of_a_type_that_takes_anything_is_a_string_or_a_map() {
    fn show(Path(Owned(value)): Path<Owned<serde_json::Value>>) -> String {
        value.to_string()
    }
    let app = || App::new().get("/one/{a}", show).get("/two/{a}/{b}", show).get("/none", show);
    assert_eq!(get(app(), "/one/1"), ok(r#""1""#));
    assert_eq!(get(app(), "/two/1/x"), ok(r#"{"a":"1","b":"x"}"#));
    assert_eq!(get(app(), "/none"), ok("{}"));
}

#[test]
fn a_path_of_another_type_is_400_as_with_the_plain_accessors() {
    let plain = App::new().get("/{n}", |req: Request| req.param_as::<u8>("n").map(|n| n.to_string()));
    let typed = App::new().get("/{n}", |Path(n): Path<u8>| n.to_string());
    let expected =
        r#"{"statusCode":400,"message":"the path parameter n: expected an integer from 0 to 255, found \"300\""}"#;
    assert_eq!(get(plain, "/300"), (400, expected.to_owned()));
    assert_eq!(get(typed, "/300"), (400, expected.to_owned()));
    let tuple = App::new().get("/{a}/{b}", |Path((a, b)): Path<(&str, bool)>| format!("{a} {b}"));
    let expected = r#"{"statusCode":400,"message":"the path parameter b: expected true or false, found \"x\""}"#;
    assert_eq!(get(tuple, "/y/x"), (400, expected.to_owned()));
    let fields = App::new().get("/{user}/{id}", |Path(place): Path<Place>| place.owner.to_owned());
    let response = get(fields, "/ada/x");
    assert!(response.0 == 400 && response.1.contains("the path parameter id: expected an integer"), "{response:?}");
}

/// Compares `Path<T>` with `param_as::<T>` for any value: the payloads of the responses are equal.
fn same_as_by_hand<T>(values: &[String])
where
    T: std::str::FromStr + std::fmt::Debug + serde::de::DeserializeOwned,
{
    let app = App::new()
        .get("/typed/{n}", |req: Request| req.extract::<Path<T>>().map(|Path(value)| format!("{value:?}")))
        .get("/plain/{n}", |req: Request| req.param_as::<T>("n").map(|value| format!("{value:?}")));
    let client = Client::new(app).unwrap();
    for value in values {
        let escaped = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
        let typed = client.get(&format!("/typed/{escaped}")).send();
        assert_eq!(typed.payload(), client.get(&format!("/plain/{escaped}")).send().payload(), "{value:?}");
    }
}

#[test]
fn values_are_read_as_by_hand() {
    let cases = std::env::var("GATEWIRE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let value = "[-+]?[0-9]{1,22}|[0-9.eE+-]{1,8}|true|false|[Tt]rue|\\PC{1,6}|inf|nan| 1";
    runner
        .run(&proptest::collection::vec(value, 1..4), |values| {
            same_as_by_hand::<u8>(&values);
            same_as_by_hand::<i64>(&values);
            same_as_by_hand::<u128>(&values);
            same_as_by_hand::<f64>(&values);
            same_as_by_hand::<bool>(&values);
            same_as_by_hand::<char>(&values);
            same_as_by_hand::<String>(&values);
            Ok(())
        })
        .unwrap();
}

#[test]
fn query_and_json_answer_as_the_plain_accessors_do() {
    let plain = App::new()
        .get("/query", |req: Request| req.query_as::<Page>().map(|page| page.page.to_string()))
        .post("/json", |req: Request| req.body_json::<Page>().map(|page| page.page.to_string()));
    let typed = App::new()
        .get("/query", |Query(page): Query<Page>| page.page.to_string())
        .post("/json", |Json(page): Json<Page>| page.page.to_string());
    let (plain, typed) = (Client::new(plain).unwrap(), Client::new(typed).unwrap());
    for query in ["", "?page=1", "?page=x", "?page=", "?page=1&page=2", "?page=%ff", "?other=1"] {
        let target = format!("/query{query}");
        assert_eq!(typed.get(&target).send().payload(), plain.get(&target).send().payload(), "{query}");
    }
    for body in ["", "{", r#"{"page":1}"#, r#"{"page":"1"}"#, "{}", "[1]", "null", r#"{"page":1}x"#, "\u{0}"] {
        let (typed, plain) = (typed.post("/json").body(body).send(), plain.post("/json").body(body).send());
        assert_eq!(typed.payload(), plain.payload(), "{body}");
    }
    assert_eq!(typed.get("/query?page=x").send().status(), 400);
    assert_eq!(typed.post("/json").body("{").send().status(), 400);
}

#[test]
fn header_is_a_value_by_its_name() {
    struct Size;
    impl HeaderName for Size {
        const NAME: &'static str = "X-Page-Size";
        type Value<'r> = u16;
    }
    let app = App::new()
        .get("/size", |Header(size): Header<Size>| size.to_string())
        .get("/agent", |agent: Option<Header<names::UserAgent>>| {
            agent.map_or_else(|| "none".to_owned(), |h| h.0.to_owned())
        })
        .get("/own", own);
    fn own(Header(agent): Header<'_, names::UserAgent>) -> &str {
        agent
    }
    let client = Client::new(app).unwrap();
    assert_eq!(client.get("/size").header("x-page-size", "20").send().text(), "20");
    let missing = client.get("/size").send();
    let expected = r#"{"statusCode":400,"message":"the header field X-Page-Size is missing"}"#;
    assert_eq!((missing.status(), missing.text()), (400, expected));
    let wrong = client.get("/size").header("x-page-size", "-1").send();
    let expected = "the header field X-Page-Size: expected an integer from 0 to 65535, found \\\"-1\\\"";
    assert!(wrong.status() == 400 && wrong.text().contains(expected), "{}", wrong.text());
    assert_eq!(client.get("/agent").header("User-Agent", "curl").send().text(), "curl");
    assert_eq!(client.get("/own").header("User-Agent", "curl").send().text(), "curl");
}

#[test]
fn views_of_the_request_are_arguments() {
    let app = App::new()
        .get("/headers", |headers: Headers| {
            let values = [headers.get("X-A"), headers.get("x-b"), headers.get("x-c")];
            format!("{values:?} {}", headers.filter(|(name, _)| matches!(*name, "x-a" | "x-b")).count())
        })
        .get("/cookies", |cookies: Cookies| {
            format!("{:?} {} {cookies:?}", cookies.get("a"), cookies.iter().map(|(name, _)| name).collect::<String>())
        })
        .get("/context", |context: RequestContext| context.stage().unwrap_or("none").to_owned())
        .get("/lambda", |lambda: LambdaContext| lambda.request_id.to_owned());
    let client = Client::new(app).unwrap();
    let headers = client.get("/headers").header("x-a", "1").header("X-B", "2").send();
    let repeated = client.get("/headers").header("x-a", "0").header("X-A", "1").header("x-b", "2");
    let repeated = repeated.source(gatewire::EventSource::RestApi).send();
    assert_eq!(repeated.text(), r#"[Some("1"), Some("2"), None] 3"#);
    assert_eq!(headers.text(), r#"[Some("1"), Some("2"), None] 2"#);
    let cookies = client.get("/cookies").cookie("a", "1").cookie("b", "2").send();
    assert_eq!(cookies.text(), r#"Some("1") ab Cookies ["a", "b"]"#);
    assert_eq!(client.get("/context").stage("prod").send().text(), "prod");
    let lambda = gatewire::testing::lambda_context();
    assert_eq!(client.get("/lambda").lambda(lambda).send().text(), lambda.request_id);
}

#[test]
fn bodies_are_bytes_or_text() {
    let app = || {
        App::new()
            .post("/raw", |RawBody(body): RawBody| body.len().to_string())
            .post("/text", |Text(text): Text| text.to_uppercase())
            .post("/maybe", |body: Option<RawBody>, text: Option<Text>, json: Option<Json<Todo>>| {
                format!("{} {} {}", body.is_some(), text.is_some(), json.is_some())
            })
    };
    assert_eq!(post(app(), "/raw", "abc"), ok("3"));
    assert_eq!(post(app(), "/raw", ""), ok("0"));
    assert_eq!(post(app(), "/text", "abc"), ok("ABC"));
    assert_eq!(post(app(), "/maybe", r#"{"title":"x"}"#), ok("true true true"));
    assert_eq!(post(app(), "/maybe", ""), ok("false false false"));
    let client = Client::new(app()).unwrap();
    let response = client.post("/text").body(vec![0xff]).send();
    assert_eq!(response.status(), 400, "{}", response.text());
}

#[test]
fn debug_forms_show_no_values() {
    let app = App::new()
        .post("/", |h: Header<names::Authorization>, raw: RawBody, text: Text| format!("{h:?} {raw:?} {text:?}"))
        .post("/owned", |body: Json<Owned<serde_json::Value>>| body.0.0["a"].to_string());
    let client = Client::new(app).unwrap();
    let response = client.post("/").header("authorization", "secret").body("secret").send();
    assert_eq!(response.text(), r#"Header("authorization", ..) RawBody(6 bytes) Text(6 bytes)"#);
    assert_eq!(client.post("/owned").body(r#"{"a":[1]}"#).send().text(), "[1]");
}

#[test]
fn option_is_none_for_what_is_absent_and_an_error_for_what_is_wrong() {
    let app = || {
        App::new()
            .get("/query", |page: Option<Query<Page>>| {
                page.map_or_else(|| "none".to_owned(), |page| page.0.page.to_string())
            })
            .post("/json", |todo: Option<Json<Todo>>| {
                todo.map_or_else(|| "none".to_owned(), |todo| todo.0.title.to_owned())
            })
            .get("/state", |state: Option<State<&Database>>| state.is_some().to_string())
            .get("/extension", |user: Option<Extension<&u8>>| user.is_some().to_string())
            .get("/claims", |claims: Option<Claims<Page>>| claims.is_some().to_string())
            .get("/path", |path: Option<Path<u8>>| path.is_some().to_string())
            .get("/path/{n}", |path: Option<Path<u8>>| path.is_some().to_string())
    };
    assert_eq!(get(app(), "/query"), ok("none"));
    assert_eq!(get(app(), "/query?page=2"), ok("2"));
    assert_eq!(get(app(), "/query?page=x").0, 400);
    assert_eq!(post(app(), "/json", ""), ok("none"));
    assert_eq!(post(app(), "/json", r#"{"title":"x"}"#), ok("x"));
    assert_eq!(post(app(), "/json", "{").0, 400);
    assert_eq!(get(app(), "/state"), ok("false"));
    assert_eq!(get(app().state(Database("db")), "/state"), ok("true"));
    assert_eq!(get(app(), "/extension"), ok("false"));
    assert_eq!(get(app(), "/claims"), ok("false"));
    assert_eq!(get(app(), "/path"), ok("false"));
    assert_eq!(get(app(), "/path/1"), ok("true"));
    assert_eq!(get(app(), "/path/x").0, 400);
}

#[test]
fn result_hands_the_error_to_the_handler() {
    let app = || {
        App::new()
            .get("/own/{n}", |n: Result<Path<u8>, ParamError>| {
                n.map_or_else(|e| format!("{:?}", e.kind()), |_| "ok".into())
            })
            .post("/body", |todo: Result<Json<Todo>, BodyError>| todo.is_ok().to_string())
            .get("/error/{n}", |n: Result<Path<u8>, Error>| {
                n.map_or_else(|error| error.downcast_ref::<ParamError>().is_some().to_string(), |_| "ok".to_owned())
            })
    };
    assert_eq!(get(app(), "/own/1"), ok("ok"));
    assert_eq!(get(app(), "/own/x"), ok(&format!("{:?}", MismatchKind::Value)));
    assert_eq!(get(app(), "/error/x"), ok("true"));
    assert_eq!(get(app(), "/error/1"), ok("ok"));
    assert_eq!(post(app(), "/body", "{"), ok("false"));
}

#[test]
fn extensions_come_from_middleware() {
    let app = || App::new().get("/", |Extension(user): Extension<&String>| user.clone());
    let with = app().wrap(async |req, next| {
        req.set_extension("ada".to_owned());
        next.run(req).await
    });
    assert_eq!(get(with, "/"), ok("ada"));
    let without = app().on_error(|missing: &Missing, _: Request| (500, format!("{missing}; {}", missing.type_name())));
    let (status, text) = get(without, "/");
    assert_eq!(status, 500);
    assert_eq!(
        text,
        "there is no extension of the type alloc::string::String: add one with `Request::set_extension`; \
         alloc::string::String"
    );
}

// ---- claims

#[derive(Debug, Deserialize)]
struct User<'r> {
    sub: &'r str,
    exp: u64,
    #[serde(borrow)]
    groups: Vec<&'r str>,
    nickname: Option<&'r str>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)] // shown by `Debug`
struct Tenant<'r> {
    tenant: &'r str,
    admin: bool,
    quota: u8,
    ratio: f32,
    #[serde(borrow)]
    roles: Vec<&'r str>,
    limits: HashMap<&'r str, Option<u32>>,
}

gatewire::input!(User<'r>, Tenant<'r>);

/// Handles an event of `tests/events`; returns status and body.
fn event(app: App, edit: impl FnOnce(&mut serde_json::Value), name: &str) -> (u16, String) {
    let path = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("tests/events").join(name);
    let mut event: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    edit(&mut event);
    let engine: Engine = app.build().unwrap();
    let mut worker = engine.worker();
    let payload = serde_json::to_vec(&event).unwrap();
    let response = worker.call_blocking(&payload, &LambdaContext::default()).unwrap();
    let response: serde_json::Value = serde_json::from_slice(response).unwrap();
    (response["statusCode"].as_u64().unwrap() as u16, response["body"].as_str().unwrap().to_owned())
}

#[test]
fn claims_of_a_token_are_read_from_strings() {
    let app = || {
        App::new().get("/todos/{id}", |Claims(user): Claims<User>| {
            format!("{} {} {:?} {:?}", user.sub, user.exp, user.groups, user.nickname)
        })
    };
    let expected = r#"6d1f0a52-8c3b-4e97-b0d4-2f7a915ce380 1793730600 ["editors", "reviewers"] None"#;
    assert_eq!(event(app(), |_| {}, "http.json"), ok(expected));
    let claims = |event: &mut serde_json::Value| event["requestContext"]["authorizer"]["jwt"]["claims"].take();
    // A REST API with a user pool.
    let cognito = |event: &mut serde_json::Value| {
        let claims = claims(event);
        event["requestContext"]["authorizer"] = serde_json::json!({ "claims": claims });
    };
    assert_eq!(event(app(), cognito, "http.json"), ok(expected));
    let list = |event: &mut serde_json::Value| {
        event["requestContext"]["authorizer"]["jwt"]["claims"]["groups"] = serde_json::json!("a,b");
    };
    assert!(event(app(), list, "http.json").1.contains(r#"["a", "b"]"#));
    let none = event(app(), |event| event["requestContext"]["authorizer"] = serde_json::Value::Null, "http.json");
    let expected = r#"{"statusCode":401,"message":"the request has no claims of an authorizer"}"#;
    assert_eq!(none, (401, expected.to_owned()));
    let absent = |event: &mut serde_json::Value| {
        event["requestContext"]["authorizer"]["jwt"]["claims"].as_object_mut().unwrap().remove("sub");
    };
    let expected = r#"{"statusCode":403,"message":"the claim sub is missing"}"#;
    assert_eq!(event(app(), absent, "http.json"), (403, expected.to_owned()));
    let wrong = |event: &mut serde_json::Value| {
        event["requestContext"]["authorizer"]["jwt"]["claims"]["exp"] = serde_json::json!("soon");
    };
    let (status, text) = event(app(), wrong, "http.json");
    assert!(status == 403 && text.contains("the claim exp: expected an integer"), "{text}");
}

#[test]
fn claims_of_a_lambda_authorizer_are_its_context() {
    let app = || App::new().get("/todos/{id}", |Claims(tenant): Claims<Tenant>| format!("{tenant:?}"));
    let expected = r#"Tenant { tenant: "tenant-19", admin: false, quota: 250, ratio: 0.75, roles: ["reader", "editor"], limits: {"#;
    let (status, text) = event(app(), |_| {}, "http_lambda_authorizer.json");
    assert!(status == 200 && text.starts_with(expected), "{text}");
    assert!(text.contains(r#""perDay": Some(5000)"#) && text.contains(r#""burst": None"#), "{text}");
    // A REST API has strings only, and the context in the authorizer itself.
    let rest = |event: &mut serde_json::Value| {
        event["requestContext"]["authorizer"] = serde_json::json!({
            "principalId": "ada", "tenant": "tenant-19", "admin": "false", "quota": "250", "ratio": "0.75",
            "roles": "reader editor", "limits": { "perDay": "5000", "burst": null }
        });
    };
    let (status, text) = event(app(), rest, "http_lambda_authorizer.json");
    assert!(status == 200 && text.starts_with(expected), "{text}");
    assert!(text.contains(r#""perDay": Some(5000)"#), "{text}");
    // Strings of its context under the names that tokens have do not hide it.
    let named = |event: &mut serde_json::Value| {
        rest(event);
        event["requestContext"]["authorizer"]["claims"] = serde_json::json!(r#"{"sub":"ada"}"#);
        event["requestContext"]["authorizer"]["lambda"] = serde_json::json!("v1");
    };
    let (status, text) = event(app(), named, "http_lambda_authorizer.json");
    assert!(status == 200 && text.starts_with(expected), "{text}");
}

// ---- arguments of the program's own

#[derive(Debug, PartialEq)]
struct Caller<'r>(&'r str);

impl<'r> FromRequest<'r> for Caller<'r> {
    type Rejection = HttpError;

    fn from_request(req: Request<'r>) -> Result<Self, HttpError> {
        req.header("x-caller").map(Self).ok_or_else(|| HttpError::unauthorized("who are you?"))
    }

    fn describe(arguments: &mut Arguments) {
        arguments.add(Argument::new::<Self>(Location::Header).name("x-caller"));
    }
}

gatewire::input!(Caller<'r>);

gatewire::input! {
    /// Arguments that several handlers share.
    struct Context<'r> {
        caller: Caller<'r>,
        page: Option<Query<Page>>,
        /// With a comment.
        database: State<&'r Database>,
    }
}

gatewire::input! {
    struct Ids {
        id: Path<u64>,
    }
}

#[test]
fn own_arguments_and_bundles_are_taken() {
    let app = || {
        App::new()
            .state(Database("db"))
            .get("/caller", |Caller(name): Caller| name.to_owned())
            .get("/maybe", |caller: Option<Caller>| format!("{caller:?}"))
            .get("/bundle", |context: Context| {
                format!("{} {} {}", context.caller.0, context.page.is_some(), context.database.0.0)
            })
            .get("/tuple", |(Caller(name), State(database)): (Caller, State<&Database>)| {
                format!("{name} {}", database.0)
            })
            .get("/owned/{id}", async |ids: Ids| ids.id.0.to_string())
    };
    let client = Client::new(app()).unwrap();
    assert_eq!(client.get("/caller").header("x-caller", "ada").send().text(), "ada");
    assert_eq!(client.get("/caller").send().status(), 401);
    assert_eq!(client.get("/maybe").send().text(), "None");
    assert_eq!(client.get("/maybe").header("x-caller", "ada").send().text(), r#"Some(Caller("ada"))"#);
    assert_eq!(client.get("/bundle").header("x-caller", "ada").send().text(), "ada false db");
    assert_eq!(client.get("/bundle?page=1").header("x-caller", "ada").send().text(), "ada true db");
    assert_eq!(client.get("/bundle?page=x").header("x-caller", "ada").send().status(), 400);
    assert_eq!(client.get("/tuple").header("x-caller", "ada").send().text(), "ada db");
    assert_eq!(client.get("/owned/3").send().text(), "3");
}

#[test]
fn arguments_are_described() {
    let mut arguments = Arguments::new();
    <(Context<'_>, Path<Place<'_>>, Option<Json<Todo<'_>>>)>::describe(&mut arguments);
    let found: Vec<_> = arguments
        .iter()
        .map(|argument| {
            let Argument { location, name, fields, content_type, required, .. } = *argument;
            (location, name, fields, content_type, required)
        })
        .collect();
    // Only the document needs the fields of a query.
    let page = cfg!(feature = "openapi").then_some(&["page"][..]);
    assert_eq!(
        found,
        [
            (Location::Header, Some("x-caller"), None, None, true),
            (Location::Query, None, page, None, false),
            (Location::State, None, None, None, true),
            (Location::Path, None, Some(&["user", "id", "extra"][..]), None, true),
            (Location::Body, None, None, Some("application/json"), false),
        ]
    );
    let mut fallible = Arguments::new();
    <Result<(Path<u8>, Query<Page>, State<&Database>), Error>>::describe(&mut fallible);
    let required: Vec<_> = fallible.into_iter().map(|argument| (argument.location, argument.required)).collect();
    assert_eq!(required, [(Location::Path, true), (Location::Query, false), (Location::State, true)]);
    let state = arguments.iter().find(|argument| argument.location == Location::State).unwrap();
    assert_eq!(state.state, Some(std::any::TypeId::of::<Database>()));
    assert!(state.type_name.ends_with("Database"));
}

#[test]
fn extract_reads_the_same_values_by_hand() {
    fn list(req: Request<'_>) -> Result<String, Error> {
        let (Path(user), Query(Page { page }), State(database)) = req.extract::<(Path<&str>, _, State<&Database>)>()?;
        let Caller(caller) = req.extract()?;
        Ok(format!("{user} {page} {} {caller}", database.0))
    }
    let app = || App::new().get("/{user}", list);
    let client = Client::new(app().state(Database("db"))).unwrap();
    assert_eq!(client.get("/ada?page=2").header("x-caller", "eve").send().text(), "ada 2 db eve");
    assert_eq!(client.get("/ada?page=2").send().status(), 401);
    assert_eq!(client.get("/ada?page=x").send().status(), 400);
    // Nothing checks it before the request.
    let client = Client::new(app().on_error(|missing: &Missing, _: Request| missing.to_string())).unwrap();
    let text = "there is no state of the type arguments::Database: add one with `App::state`";
    assert_eq!(client.get("/ada?page=2").send().text(), text);
    // A fault of the program is no fault of the client.
    let error = Client::new(app()).unwrap().get("/ada?page=2").try_send().unwrap_err();
    assert!(error.to_string().contains("no state of the type"), "{error}");
    let absent = App::new().get("/", |req: Request| req.extract::<Path<u8>>().map(|Path(n)| n.to_string()));
    assert_eq!(get(absent, "/"), (400, r#"{"statusCode":400,"message":"the path is missing"}"#.to_owned()));
}

// ---- errors

#[test]
fn error_handlers_and_middleware_see_the_errors_of_arguments() {
    let app = App::new()
        .on_error(|error: &ParamError, req: Request| {
            (422, format!("{:?} {} {}", error.location(), error.name(), req.route().unwrap_or_default()))
        })
        .on_error(|error: &BodyError, _: Request| (422, error.to_string()))
        .after(|req| req.response().set_header("X-Status", req.response().status().as_u16().to_string()))
        .get("/sync/{n}", |Path(n): Path<u8>| n.to_string())
        .get("/later/{n}", async |Path(n): Path<u8>| n.to_string())
        .get("/query", |Query(page): Query<Page>| page.page.to_string())
        .post("/json", async |Json(todo): Json<Todo<'_>>| todo.title.to_owned());
    let client = Client::new(app).unwrap();
    for (response, expected) in [
        (client.get("/sync/x").send(), "Path n /sync/{n}"),
        (client.get("/later/x").send(), "Path n /later/{n}"),
        (client.get("/query?page=x").send(), "Query page /query"),
        (client.post("/json").body(r#"{"title":1}"#).send(), "the body at title: expected a string, found a number"),
    ] {
        assert_eq!((response.status(), response.header("x-status")), (422, Some("422")), "{}", response.text());
        assert!(response.text().ends_with(expected.trim_start_matches("the body at ")), "{}", response.text());
    }
}

#[test]
fn the_first_argument_that_fails_is_answered() {
    let app = || App::new().post("/{n}", |Path(n): Path<u8>, Json(todo): Json<Todo>| format!("{n} {}", todo.title));
    assert!(post(app(), "/x", "{").1.contains("path parameter"));
    assert!(!post(app(), "/1", "{").1.contains("path parameter"));
    assert_eq!(post(app(), "/1", "{").0, 400);
}

// ---- the checks of `build`

/// Returns the message of an app that does not build.
fn build_error(app: App) -> String {
    // Some compilers name the lifetimes of types.
    app.build().err().map(|error| error.to_string().replace("<'_>", "")).unwrap_or_default()
}

fn one(Path(id): Path<u64>) -> String {
    id.to_string()
}

fn two(Path((user, id)): Path<(&str, u64)>) -> String {
    format!("{user} {id}")
}

fn place(Path(place): Path<Place<'_>>) -> String {
    format!("{} {} {:?}", place.owner, place.id, place.extra)
}

fn stored(State(database): State<&Database>) -> String {
    database.0.to_owned()
}

#[test]
fn build_refuses_a_rule_without_the_parameters() {
    assert_eq!(build_error(App::new().get("/{id}", one).get("/{user}/{id}", place).put("/{user}/{id}", two)), "");
    assert_eq!(
        build_error(App::new().get("/users/{user}", place)),
        "\"/users/{user}\": the handler arguments::place takes Path<arguments::Place>, but the rule has no parameter \"id\""
    );
    assert_eq!(
        build_error(App::new().get("/", one).post("/{a}/{b}", one).put("/{id}", two)),
        "\"/\": the handler arguments::one takes Path<u64>, but it takes 1 parameter, and the rule has 0\n\
         \"/{a}/{b}\": the handler arguments::one takes Path<u64>, but it takes 1 parameter, and the rule has 2\n\
         \"/{id}\": the handler arguments::two takes Path<(&str, u64)>, but it takes 2 parameters, and the rule has 1"
    );
    assert_eq!(
        build_error(App::new().fallback(one)),
        "the fallback arguments::one takes Path<u64>, but a fallback has no parameters"
    );
}

#[test]
fn build_looks_at_the_whole_rule() {
    let router = || Router::new().get("/todos/{id}", two);
    assert_eq!(build_error(App::new().include("/users/{user}", router())), "");
    assert_eq!(
        build_error(App::new().include("/users", router())),
        "\"/users/todos/{id}\": the handler arguments::two takes Path<(&str, u64)>, but it takes 2 parameters, and the rule \
         has 1"
    );
    let result = build_error(App::new().get("/", |n: Result<Path<u8>, Error>| n.is_ok().to_string()));
    assert!(result.ends_with("it takes 1 parameter, and the rule has 0"), "{result}");
    // An `Option` is for rules without parameters too, but not for those with others.
    assert_eq!(build_error(App::new().get("/", |n: Option<Path<u8>>| n.is_some().to_string())), "");
    assert_ne!(build_error(App::new().get("/{a}/{b}", |n: Option<Path<u8>>| n.is_some().to_string())), "");
    // One error for a route of several methods.
    assert_eq!(build_error(App::new().on(["GET", "PUT"], "/", one)).lines().count(), 1);
}

#[test]
fn build_knows_which_fields_a_rule_must_have() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)] // only read
    struct Strict<'r> {
        user: &'r str,
        kind: Kind,
        #[serde(default)]
        page: u32,
        flag: bool,
        address: std::net::Ipv4Addr,
        id: Uuid,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        #[allow(dead_code)] // only read
        FirstOne,
    }
    #[derive(Deserialize)]
    #[serde(try_from = "&str")]
    struct Uuid;
    impl TryFrom<&str> for Uuid {
        type Error = &'static str;

        fn try_from(text: &str) -> Result<Self, &'static str> {
            if text.len() == 36 { Ok(Self) } else { Err("no UUID") }
        }
    }
    gatewire::input!(Strict<'r>);
    fn strict(Path(_): Path<Strict<'_>>) {}
    let all = "/{user}/{kind}/{flag}/{address}/{id}";
    assert_eq!(build_error(App::new().get(all, strict)), "");
    assert_eq!(build_error(App::new().get(&format!("{all}/{{page}}"), strict)), "");
    let unknown = build_error(App::new().get(&format!("{all}/{{more}}"), strict));
    assert!(unknown.contains("it has no field for the parameter \"more\" of the rule"), "{unknown}");
    for name in ["user", "kind", "flag", "address", "id"] {
        let rule = all.replace(&format!("/{{{name}}}"), "");
        let error = build_error(App::new().get(&rule, strict));
        assert!(error.ends_with(&format!("the rule has no parameter {name:?}")), "{rule}: {error}");
    }
}

#[test]
fn build_refuses_state_that_nobody_has_added() {
    assert_eq!(build_error(App::new().state(Database("db")).get("/", stored)), "");
    assert_eq!(
        build_error(App::new().state("another type").get("/", stored)),
        "\"/\": the handler arguments::stored takes State<&arguments::Database>, but no state of that type was added: \
         call `.state(value)` on the app, or on the router of the rule"
    );
    let error = build_error(App::new().fallback(stored));
    assert!(error.starts_with("the fallback arguments::stored takes State<&arguments::Database>"), "{error}");
    assert_eq!(build_error(App::new().get("/", |_: Option<State<&Database>>| "")), "");
    assert_ne!(build_error(App::new().get("/", |_: Context| "")), "");
}

#[test]
fn build_finds_state_in_the_scopes_of_the_route() {
    let inner = || Router::new().get("/", stored);
    // Its own router, a router around it, the app, another router.
    for app in [
        App::new().include("/a", inner().state(Database("own"))),
        App::new().include("/a", Router::new().state(Database("around")).include("/b", inner())),
        App::new().state(Database("app")).include("/a", inner()),
        App::new().include("/a", inner()).include("/b", Router::new().state(Database("other"))),
    ] {
        assert_eq!(build_error(app), "");
    }
    assert!(build_error(App::new().include("/a", inner())).starts_with("\"/a\": the handler"));
    // A fallback is in the scope of the app, which finds the state of routers last.
    assert_eq!(build_error(App::new().fallback(stored).include("/b", Router::new().state(Database("other")))), "");
}

#[test]
fn build_errors_have_parts() {
    let error = App::new().get("/", one).get("/state", stored).build().err().unwrap();
    let BuildError::Arguments(errors) = &error else { panic!("{error}") };
    let [path, state] = errors.iter().collect::<Vec<_>>()[..] else { panic!("{error}") };
    assert_eq!((path.rule(), path.handler(), path.argument()), (Some("/"), "arguments::one", "u64"));
    assert!(matches!(path.kind(), ArgumentErrorKind::Path { reason } if reason.contains("1 parameter")));
    assert_eq!((state.rule(), state.argument()), (Some("/state"), "arguments::Database"));
    assert_eq!(state.kind(), &ArgumentErrorKind::State);
    assert!(std::error::Error::source(&error).is_some());
}
