//! The OpenAPI document of an app that has everything which a document can say.

mod app;
#[cfg(all(feature = "macros", feature = "validate"))]
mod powertools;
#[cfg(all(feature = "macros", feature = "validate"))]
mod validated;

use app::{app, bookings};
use gatewire::handler::ResponseDocs;
use gatewire::openapi::{OpenApi, Operation};
use gatewire::testing::{Client, assert_openapi, sources, undocumented};
use gatewire::{App, Html, HttpError, IntoResponse, Json, Redirect, Request, Response, Route, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Returns the document of an app with this description.
fn document_of(app: App, api: OpenApi) -> Value {
    let text = app.openapi(api).build().unwrap().openapi_json().unwrap();
    serde_json::from_str(&text).unwrap()
}

fn document_text(app: App) -> String {
    app.openapi(OpenApi::new("Test", "1")).build().unwrap().openapi_json().unwrap()
}

fn document(app: App) -> Value {
    document_of(app, OpenApi::new("Test", "1"))
}

#[test]
fn the_document_is_that_of_the_file() {
    assert_openapi(app(), concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openapi/openapi.json"));
}

#[test]
fn a_document_that_differs_from_the_file_is_refused_with_the_line() {
    let path = std::env::temp_dir().join(format!("gatewire-openapi-{}.json", std::process::id()));
    let kept = document_text(App::new().get("/a", |_: Request| "x"));
    std::fs::write(&path, kept.replace("GET /a", "GET /b")).unwrap();
    let check = || assert_openapi(App::new().get("/a", |_: Request| "x").openapi(OpenApi::new("Test", "1")), &path);
    let panic = std::panic::catch_unwind(check).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    let text = panic.downcast_ref::<String>().unwrap();
    for part in ["line 10", "\"summary\": \"GET /a\"", "\"summary\": \"GET /b\"", "GATEWIRE_BLESS=1"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// The test is its own program: with the variable, it runs the app.
#[test]
fn run_writes_the_document_to_the_file_that_the_environment_names() {
    const VARIABLE: &str = "GATEWIRE_OPENAPI";
    if std::env::var_os(VARIABLE).is_some() {
        return gatewire::run(app()).unwrap();
    }
    let path = std::env::temp_dir().join(format!("gatewire-run-{}.json", std::process::id()));
    let name = "run_writes_the_document_to_the_file_that_the_environment_names";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let status = child.args(["--exact", name]).env(VARIABLE, &path).env_remove("AWS_LAMBDA_RUNTIME_API").status();
    assert!(status.unwrap().success());
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(written, app().build().unwrap().openapi_json().unwrap());
}

#[test]
fn everything_of_that_app_is_documented() {
    assert_eq!(undocumented(app()).unwrap(), Vec::<String>::new());
}

#[test]
fn the_served_document_is_the_same_through_every_gateway() {
    let wanted: Value = serde_json::from_str(&app().build().unwrap().openapi_json().unwrap()).unwrap();
    let client = Client::new(app()).unwrap();
    for source in sources() {
        let response = client.get("/openapi.json").source(source).send();
        assert_eq!((response.status(), response.header("content-type")), (200, Some("application/json")));
        assert_eq!(response.json::<Value>(), wanted, "{source:?}");
    }
    let page = client.get("/docs").send();
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains("url: \"openapi.json\""), "{}", page.text());
}

#[test]
fn references_lead_to_schemas() {
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            _ => {}
        }
    }
    let document = document(bookings());
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 5, "{found:?}");
    for reference in found {
        let place = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some(), "{reference}");
    }
}

#[test]
fn rules_become_paths_with_patterns_and_honest_descriptions() {
    let handler = |req: Request| req.reply(req.path());
    let app = App::new()
        .get(r"/n/{id:\d+}", handler)
        .get("/odd/{id:(?i)a}", handler)
        .get("/files/{rest...}", handler)
        .get("/any/.+", handler)
        .put("/n/{other}", handler);
    let document = document(app);
    let parameter = |path: &str, method: &str| document["paths"][path][method]["parameters"][0].clone();
    let id = parameter("/n/{id}", "get");
    assert_eq!(id["schema"], json!({"type": "string", "minLength": 1, "pattern": r"^\d+$"}));
    assert_eq!(parameter("/odd/{id}", "get")["description"], "It matches the regex `(?i)a`.");
    let rest = parameter("/files/{rest}", "get");
    assert_eq!(rest["description"], "It is the rest of the path, and may have slashes.");
    assert_eq!(rest["x-gatewire-many-segments"], true);
    let text = &document["paths"]["/files/{rest}"]["get"]["description"];
    assert_eq!(*text, "`{rest}` stands for the rest of the path, slashes included.");
    let text = &document["paths"]["/any/{segment1}"]["get"]["description"];
    assert_eq!(*text, "`{segment1}` stands for one or more segments that match `.+`.");
    // Paths that differ only in names are one path.
    let put = parameter("/n/{id}", "put");
    assert_eq!((put["name"].as_str(), put["description"].as_str().unwrap().contains("`other`")), (Some("id"), true));
}

#[test]
fn a_route_that_openapi_cannot_distinguish_is_named() {
    let app = App::new().get(r"/n/{id:\d+}", |_: Request| "1").get("/n/{name}", |_: Request| "2");
    let document = document(app);
    let text = document["paths"]["/n/{id}"]["get"]["description"].as_str().unwrap();
    assert_eq!(text, "Another route takes this method for paths that match `/n/{name}`.");
}

#[test]
fn responses_come_from_the_types_of_handlers() {
    struct Own;
    impl IntoResponse for Own {
        fn respond(self, req: Request<'_>) {
            (202, "x").respond(req);
        }

        fn describe_response(docs: &mut ResponseDocs) {
            docs.status("202", |docs| docs.body::<str>("text/plain"));
        }
    }
    let app = App::new()
        .get("/json", |_: Request| Json(vec![Some(1u8)]))
        .get("/text", |_: Request| "text")
        .get("/html", |_: Request| Html("text"))
        .get("/bytes", |_: Request| vec![1u8])
        .get("/nothing", |_: Request| ())
        .get("/option", |_: Request| Some("text"))
        .get("/result", async |_: Request| Ok::<_, HttpError>(Json(1.5f64)))
        .get("/chosen", |_: Request| (StatusCode::CREATED, Json(true)))
        .get("/redirect", |_: Request| Redirect::see_other("/"))
        .get("/full", |_: Request| Response::new("text").header("x-a", "1"))
        .get("/own", |_: Request| Own)
        .route(Route::get("/status", |_: Request| "text").status(203))
        .get("/unknown", |req: Request| req.reply("text"));
    let document = document(app);
    let of = |path: &str| document["paths"][path]["get"]["responses"].clone();
    let schema = |path: &str, status: &str, media_type: &str| of(path)[status]["content"][media_type]["schema"].clone();
    let byte = json!({"type": ["integer", "null"], "format": "uint8", "minimum": 0, "maximum": 255});
    assert_eq!(schema("/json", "200", "application/json"), json!({"type": "array", "items": byte}));
    let text = json!({"type": "string"});
    for (path, status, media_type) in [
        ("/text", "200", "text/plain"),
        ("/html", "200", "text/html"),
        ("/option", "200", "text/plain"),
        ("/full", "200", "text/plain"),
        ("/own", "202", "text/plain"),
        ("/status", "203", "text/plain"),
    ] {
        assert_eq!(schema(path, status, media_type), text, "{path}");
    }
    assert_eq!(of("/bytes")["200"]["content"], json!({"application/octet-stream": {}}));
    assert_eq!(of("/nothing"), json!({"200": {"description": "OK"}}));
    assert_eq!(schema("/option", "404", "application/json"), json!({"$ref": "#/components/schemas/HttpError"}));
    assert_eq!(schema("/result", "200", "application/json"), json!({"type": "number", "format": "double"}));
    assert_eq!(schema("/chosen", "default", "application/json"), json!({"type": "boolean"}));
    assert_eq!(of("/redirect"), json!({"3XX": {"description": "A redirection."}}));
    assert!(of("/unknown")["default"]["content"].is_null());
}

#[test]
fn a_declared_status_says_which_one_the_handler_chooses() {
    let chosen = |_: Request| (StatusCode::CREATED, Json(true));
    let app = App::new().route(Route::post("/", chosen).returns(201, "Made.").response::<u8>(409, "There is one."));
    let responses = document(app)["paths"]["/"]["post"]["responses"].clone();
    assert_eq!(responses.as_object().unwrap().keys().collect::<Vec<_>>(), ["201", "409"]);
    assert_eq!(responses["201"]["content"]["application/json"]["schema"], json!({"type": "boolean"}));
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Both {
    #[serde(default)]
    count: u8,
    #[serde(default)]
    inner: Vec<Inner>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Inner {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Same {
    count: u8,
}

gatewire::input!(Both, Same);

#[test]
fn a_type_that_is_read_and_written_differently_has_two_schemas() {
    let app = App::new().post("/both", |body: Json<Both>| body).post("/same", |body: Json<Same>| body);
    let document = document(app);
    let schemas = &document["components"]["schemas"];
    let names: Vec<_> = schemas.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["Both", "BothOutput", "HttpError", "Inner", "InnerOutput", "Same"]);
    assert_eq!(schemas["Both"]["required"], Value::Null);
    assert_eq!(schemas["BothOutput"]["required"], json!(["count", "inner"]));
    assert_eq!(schemas["BothOutput"]["properties"]["inner"]["items"]["$ref"], "#/components/schemas/InnerOutput");
    let post = &document["paths"]["/both"]["post"];
    let read = &post["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let written = &post["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!((read, written), (&json!("#/components/schemas/Both"), &json!("#/components/schemas/BothOutput")));
}

#[test]
fn types_of_the_standard_library_need_nothing() {
    use gatewire::extract::{Owned, Path, Query};
    use std::collections::{BTreeMap, BTreeSet};
    use std::num::NonZeroU8;
    type All = (BTreeMap<String, BTreeSet<NonZeroU8>>, Box<[Option<char>]>, [i8; 2], std::net::Ipv4Addr);
    let app = App::new()
        .get("/{a}/{b}", |Path((_, _)): Path<(Owned<u8>, String)>| "x")
        .get("/list/{a}/{b}", |Path(_): Path<Vec<u8>>| "x")
        .get("/query", |_: Query<BTreeMap<String, u8>>| "x")
        .get("/all", |_: Request| Json(None::<All>));
    let document = document(app);
    let parameters = |path: &str| document["paths"][path]["get"]["parameters"].clone();
    let byte = json!({"type": "integer", "format": "uint8", "minimum": 0, "maximum": 255});
    assert_eq!(parameters("/{a}/{b}")[0]["schema"], byte);
    assert_eq!(parameters("/{a}/{b}")[1]["schema"], json!({"type": "string", "minLength": 1}));
    assert_eq!(parameters("/list/{a}/{b}")[1]["schema"], byte);
    assert_eq!(parameters("/query"), Value::Null);
    let all = &document["paths"]["/all"]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(all["type"], json!(["array", "null"]));
    let item = |index: usize| &all["prefixItems"][index];
    let set = &item(0)["additionalProperties"];
    assert_eq!((&set["uniqueItems"], &set["items"]["minimum"]), (&json!(true), &json!(1)));
    assert_eq!(item(1)["items"]["type"], json!(["string", "null"]));
    assert_eq!((&item(2)["items"]["minimum"], &item(3)["format"]), (&json!(-128), &json!("ipv4")));
}

#[derive(Serialize)]
struct Unknown;

#[test]
fn what_the_document_does_not_say_is_listed() {
    let app = App::new()
        .get("/a", |_: Request| Json(Unknown))
        .route(Route::get("/b", |req: Request| req.reply("x")).summary("B"))
        .route(Route::get("/c", |_: Request| Json(Unknown)).docs(Operation::new().hidden()))
        .openapi(OpenApi::new("Test", "1").operation("GET", "/d", Operation::new().summary("D")));
    let name = std::any::type_name::<Unknown>();
    let wanted = [
        "GET /a: it has no summary".to_owned(),
        format!("GET /a: the type {name} has no schema"),
        "GET /b: its responses are not known".to_owned(),
        "GET /d: it is described, but there is no such route".to_owned(),
    ];
    assert_eq!(undocumented(app).unwrap(), wanted);
}

#[test]
fn operations_have_different_identifiers() {
    fn list(_: Request<'_>) -> &'static str {
        "x"
    }
    let app = App::new().get("/a/{b}", list).get("/c", |_: Request| "x").on(["PUT", "PURGE"], "/a/{b}", list);
    let document = document(app.get("/a/_b_", list));
    let id = |path: &str, method: &str| document["paths"][path][method]["operationId"].clone();
    assert_eq!(id("/a/{b}", "get"), "list_a__b__get");
    assert_eq!(id("/a/_b_", "get"), "list_a__b__get_2");
    assert_eq!(id("/a/{b}", "put"), "list_a__b__put");
    assert_eq!(id("/c", "get"), "c_get");
    let other = &document["paths"]["/a/{b}"]["x-additionalOperations"]["PURGE"];
    assert_eq!(other["operationId"], "list_a__b__purge");
}

#[test]
fn a_page_without_a_document_serves_it_too_and_neither_is_documented() {
    let app = bookings().openapi(OpenApi::new("Test", "1").page_at("/docs"));
    let client = Client::new(app).unwrap();
    let document: Value = client.get("/openapi.json").send().json();
    assert!(document["paths"].get("/docs").is_none() && document["paths"].get("/openapi.json").is_none());
    assert_eq!(client.get("/docs").send().status(), 200);
    // Without a path for either, nothing is served.
    let client = Client::new(bookings().openapi(OpenApi::new("Test", "1"))).unwrap();
    assert_eq!(client.get("/openapi.json").send().status(), 404);
}

#[test]
#[cfg(feature = "openapi-ui")]
fn the_files_of_the_page_are_served_compressed() {
    let client = Client::new(app()).unwrap();
    assert!(!client.get("/docs").send().text().contains("https://"));
    for (file, content_type) in [("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")] {
        let response = client.get(&format!("/docs/{file}")).header("accept-encoding", "gzip").send();
        assert_eq!((response.status(), response.header("content-encoding")), (200, Some("gzip")));
        assert!(response.header("content-type").unwrap().starts_with(content_type));
        assert!(response.raw_bytes().starts_with(&[0x1f, 0x8b]));
    }
}
