//! The document of an app that checks its requests, and of the types in bundles.

use garde::Validate;
use gatewire::extract::{Form, Input, Multipart, Path, Query, State, Valid};
use gatewire::form::Part;
use gatewire::openapi::OpenApi;
use gatewire::testing::{Client, undocumented};
use gatewire::validate::Validation;
use gatewire::{App, Json, Request, Route};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::document;

#[derive(Deserialize, Input, JsonSchema, Serialize, Validate)]
struct Item {
    #[garde(range(min = 1))]
    count: u8,
}

#[derive(Deserialize, Input, JsonSchema, Validate)]
struct Page {
    #[garde(range(min = 1))]
    page: u64,
}

struct Limits;

/// Its schema says what the types of the fields do not: texts and limits.
#[derive(Input, JsonSchema, Validate)]
struct Described<'r> {
    /// The number on the bill.
    #[input(path)]
    #[garde(range(min = 7))]
    id: u32,
    #[input(query = "tag", default)]
    #[garde(length(max = 3))]
    tags: Vec<&'r str>,
    #[input(header = "x-tenant")]
    #[garde(length(chars, min = 2))]
    tenant: &'r str,
    #[input(cookie)]
    #[garde(skip)]
    session: Option<&'r str>,
    #[input(body)]
    #[garde(dive)]
    item: Item,
    #[input(argument)]
    #[garde(skip)]
    #[schemars(skip)]
    limits: State<&'r Limits>,
}

/// Without a schema of its own.
#[derive(Input)]
struct Plain<'r> {
    #[input(path)]
    id: u32,
    #[input(query)]
    tenant: Option<&'r str>,
    #[input(argument)]
    items: Valid<Json<Vec<Item>>>,
}

gatewire::input! {
    struct Bundle {
        page: Query<Page>,
        item: Json<Item>,
    }
}

/// A form whose schema has the texts of its fields.
#[derive(Input, JsonSchema, Validate)]
struct Album<'r> {
    /// The name on the cover.
    #[input(form)]
    #[garde(length(max = 80), pattern(r"\A[a-z]"))]
    title: &'r str,
    #[input(form, default = "x-1")]
    #[garde(pattern("^[a-z]-[0-9]+$"))]
    shelf: &'r str,
    /// The picture on the cover.
    #[input(file)]
    #[garde(skip)]
    #[schemars(with = "String")]
    cover: Part<'r>,
}

/// The body is described where it is a field.
#[derive(Input, JsonSchema)]
struct Order {
    /// The ordered item.
    #[input(body)]
    item: Item,
}

#[derive(Input, Validate)]
struct Listed<'r> {
    #[input(path)]
    #[garde(pattern("^[a-z]+$"))]
    id: &'r str,
    #[input(query)]
    #[garde(inner(length(max = 3)))]
    tags: Option<Vec<&'r str>>,
    #[input(query)]
    #[garde(inner(inner(length(max = 4))))]
    names: Option<Vec<&'r str>>,
    #[input(query)]
    #[garde(inner(pattern(r"\Aa")))]
    words: Vec<&'r str>,
}

/// Only files are read.
#[derive(Input)]
struct Files<'r> {
    #[input(file)]
    photo: Part<'r>,
    #[input(file)]
    icon: Option<Part<'r>>,
    #[input(file)]
    more: Vec<Part<'r>>,
    #[input(file)]
    rest: Option<Vec<Part<'r>>>,
}

fn described(input: Described<'_>) -> String {
    let Described { id, tags, tenant, session, item, limits: State(Limits) } = input;
    format!("{id} {tags:?} {tenant} {session:?} {}", item.count)
}

fn plain(Plain { id, tenant, items: Valid(Json(items)) }: Plain<'_>) -> String {
    format!("{id} {tenant:?} {}", items.len())
}

fn bundle(Bundle { page: Query(page), item: Json(item) }: Bundle) -> String {
    format!("{} {}", page.page, item.count)
}

fn album(Album { title, shelf, cover }: Album<'_>) -> String {
    format!("{title} {shelf} {}", cover.bytes.len())
}

fn order(Order { item }: Order) -> String {
    item.count.to_string()
}

fn listed(Listed { id, tags, names, words }: Listed<'_>) -> String {
    format!("{id} {tags:?} {names:?} {words:?}")
}

fn files(Files { photo, icon, more, rest }: Files<'_>) -> String {
    let lists = more.len() + rest.map_or(0, |rest| rest.len());
    format!("{} {} {lists}", photo.bytes.len(), icon.is_some())
}

fn app() -> App {
    App::new()
        .state(Limits)
        .post("/described/{id}", described)
        .post("/plain/{id}", plain)
        .post("/bundle", bundle)
        .post("/json", |Json(item): Json<Item>| Json(item))
        .post("/form", |Form(page): Form<Page>| page.page.to_string())
        .post("/file", |_: Multipart<'_>| "file")
        .post("/album", album)
        .post("/order", order)
        .get("/listed/{id}", listed)
        .post("/files", files)
        .get("/path/{id}", |Path(id): Path<u8>| id.to_string())
        .route(Route::post("/off", |Json(item): Json<Item>| Json(item)).validation(false))
        .get("/nothing", |_: Request| "nothing")
}

fn operation<'d>(document: &'d Value, path: &str) -> &'d Value {
    let item = document["paths"][path].as_object().unwrap();
    item.values().next().unwrap()
}

fn statuses(document: &Value, path: &str) -> Vec<String> {
    operation(document, path)["responses"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn fields_of_bundles_are_parameters_and_bodies() {
    let document = document(app());
    let schema = json!({"$ref": "#/components/schemas/Item"});
    let own = operation(&document, "/described/{id}");
    assert_eq!(own["requestBody"]["content"]["application/json"]["schema"], schema);
    let parameters = json!([
        {
            "name": "id", "in": "path", "required": true, "description": "The number on the bill.",
            "schema": {"type": "integer", "format": "uint32", "minimum": 7},
        },
        {
            "name": "tag", "in": "query", "required": false,
            "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 3, "default": []},
        },
        {"name": "x-tenant", "in": "header", "required": true, "schema": {"type": "string", "minLength": 2}},
        {"name": "session", "in": "cookie", "required": false, "schema": {"type": "string"}},
    ]);
    assert_eq!(own["parameters"], parameters);

    let own = operation(&document, "/plain/{id}");
    let items = json!({"type": "array", "items": schema});
    assert_eq!(own["requestBody"]["content"]["application/json"]["schema"], items);
    assert_eq!(own["parameters"][0]["schema"]["format"], "uint32");
    assert_eq!(own["parameters"][1]["schema"], json!({"type": "string"}));

    let own = operation(&document, "/bundle");
    assert_eq!(own["requestBody"]["content"]["application/json"]["schema"], schema);
    let page = json!({"type": "integer", "format": "uint64", "minimum": 1, "maximum": u64::MAX});
    assert_eq!(own["parameters"][0]["schema"], page);
    // Nothing else is unknown.
    let lines = undocumented(app().openapi(OpenApi::new("Test", "1"))).unwrap();
    let unknown: Vec<_> = lines.iter().filter(|line| line.contains("has no schema")).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}

#[test]
fn fields_of_forms_and_bodies_have_the_schema_of_the_bundle() {
    let document = document(app());
    let body = |path: &str| {
        let content = &operation(&document, path)["requestBody"]["content"];
        content.as_object().unwrap().values().next().unwrap()["schema"].clone()
    };
    let file = json!({"type": "string", "contentMediaType": "application/octet-stream"});
    let mut cover = file.clone();
    cover["description"] = json!("The picture on the cover.");
    // A regex that ECMAScript does not have is no pattern.
    let title = json!({
        "type": "string", "maxLength": 80,
        "description": "The name on the cover. It matches the regex `\\A[a-z]`.",
    });
    let shelf = json!({"type": "string", "pattern": "^[a-z]-[0-9]+$", "default": "x-1"});
    let album = json!({
        "type": "object",
        "properties": {"title": title, "shelf": shelf, "cover": cover},
        "required": ["title", "cover"],
    });
    assert_eq!(body("/album"), album);
    let item = json!({"description": "The ordered item.", "$ref": "#/components/schemas/Item"});
    assert_eq!(body("/order"), item);

    let list = json!({"type": "array", "items": file});
    let files = json!({
        "type": "object",
        "properties": {"photo": file, "icon": file, "more": list, "rest": list},
        "required": ["photo"],
    });
    assert_eq!(body("/files"), files);
}

#[test]
fn rules_inside_options_and_lists_are_where_garde_checks_them() {
    let document = document(app());
    let schemas: Vec<_> = operation(&document, "/listed/{id}")["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| &parameter["schema"])
        .collect();
    let wanted = [
        json!({"type": "string", "minLength": 1, "pattern": "^[a-z]+$"}),
        json!({"type": "array", "items": {"type": "string"}, "maxItems": 3}),
        json!({"type": "array", "items": {"type": "string", "maxLength": 4}}),
        json!({"type": "array", "items": {"type": "string", "description": r"It matches the regex `\Aa`."}}),
    ];
    assert_eq!(schemas, wanted.iter().collect::<Vec<_>>());

    let client = Client::new(app().validation(Validation::new())).unwrap();
    let status = |query: &str| client.get(&format!("/listed/a?words=ab&{query}")).send().status();
    assert_eq!((status("tags=abcdef"), status("tags=a&tags=b&tags=c&tags=d")), (200, 422));
    assert_eq!((status("names=abcde"), status("names=a&names=b&names=c&names=d&names=e")), (422, 200));
}

#[test]
fn types_that_only_say_what_parameters_are_have_no_schema() {
    let document = document(app());
    let names: Vec<_> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    // `Page` is the body of a form, too.
    assert_eq!(names, ["HttpError", "Item", "Page", "ValidationDetail", "ValidationError"]);
}

#[test]
fn types_with_the_names_of_error_schemas_keep_them() {
    #[derive(JsonSchema, Serialize)]
    #[schemars(rename = "ValidationError")]
    struct Refused {
        reason: u8,
    }
    #[derive(JsonSchema, Serialize)]
    #[schemars(rename = "HttpError")]
    struct Failed {
        failure: Refused,
    }
    let app = app()
        .validation(Validation::new())
        .get("/failed", |_: Request| Json(Failed { failure: Refused { reason: 1 } }));
    let text = app.openapi(OpenApi::new("Test", "1").schema::<Failed>()).build().unwrap().openapi_json().unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let reference = |path: &str, status: &str| {
        let response = &operation(&document, path)["responses"][status];
        response["content"]["application/json"]["schema"]["$ref"].clone()
    };
    assert_eq!(reference("/failed", "200"), "#/components/schemas/HttpError");
    assert_eq!(reference("/json", "422"), "#/components/schemas/ValidationError2");
    assert_eq!(reference("/off", "400"), "#/components/schemas/HttpError2");
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["HttpError"]["properties"]["failure"]["$ref"], "#/components/schemas/ValidationError");
    assert!(schemas["ValidationError"]["properties"]["reason"].is_object());
    assert!(schemas["HttpError2"]["properties"]["statusCode"].is_object());
    let detail = &schemas["ValidationError2"]["properties"]["detail"]["items"]["$ref"];
    assert_eq!(detail, "#/components/schemas/ValidationDetail");
}

#[test]
fn responses_to_invalid_requests_are_those_of_validation() {
    let document = document(app().validation(Validation::new()));
    for (path, wanted) in [
        ("/described/{id}", &["200", "415", "422"][..]),
        ("/bundle", &["200", "415", "422"]),
        ("/json", &["200", "415", "422"]),
        ("/form", &["200", "400", "413", "415", "422"]),
        ("/file", &["200", "400", "413", "415"]),
        ("/files", &["200", "400", "413", "415", "422"]),
        ("/path/{id}", &["200", "422"]),
        ("/off", &["200", "400"]),
        ("/nothing", &["200"]),
    ] {
        assert_eq!(statuses(&document, path), wanted, "{path}");
    }
    let schema = |path: &str, status: &str| {
        let name = &operation(&document, path)["responses"][status]["content"]["application/json"]["schema"]["$ref"];
        name.as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    };
    assert_eq!((schema("/json", "422"), schema("/json", "415")), ("ValidationError".into(), "ValidationError".into()));
    assert_eq!((schema("/off", "400"), schema("/form", "413")), ("HttpError".into(), "HttpError".into()));
    let schemas = &document["components"]["schemas"];
    assert_eq!(
        schemas["ValidationError"]["properties"]["detail"]["items"]["$ref"],
        "#/components/schemas/ValidationDetail"
    );
    assert_eq!(schemas["ValidationDetail"]["required"], json!(["loc", "type"]));
}

#[test]
fn an_argument_that_is_checked_alone_says_so() {
    let document = document(app());
    // The path of the bundle is not checked, its body is.
    assert_eq!(statuses(&document, "/plain/{id}"), ["200", "400", "415", "422"]);
    assert_eq!(statuses(&document, "/json"), ["200", "400"]);
}

#[test]
fn the_settings_of_validation_are_those_of_the_document() {
    let document =
        document(app().validation(Validation::new().status(gatewire::StatusCode::BAD_REQUEST).messages(true)));
    assert_eq!(statuses(&document, "/json"), ["200", "400", "415"]);
    let detail = &document["components"]["schemas"]["ValidationDetail"];
    assert_eq!(
        (&detail["required"], &detail["properties"]["msg"]["type"]),
        (&json!(["loc", "type", "msg"]), &json!("string"))
    );
    let form = &operation(&document, "/form")["responses"]["400"]["content"]["application/json"]["schema"];
    assert_eq!(form["anyOf"].as_array().map(Vec::len), Some(2));
}

#[test]
fn each_refusal_is_in_the_document() {
    for validates in [false, true] {
        let app = || if validates { app().validation(Validation::new()) } else { app() };
        let document = document(app());
        let client = Client::new(app()).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for (template, path, content_type, body) in [
            ("/described/{id}", "/described/x", "application/json", "{}"),
            ("/described/{id}", "/described/7", "text/csv", "{}"),
            ("/plain/{id}", "/plain/7", "application/json", "[{}]"),
            ("/plain/{id}", "/plain/7", "text/csv", "[]"),
            ("/plain/{id}", "/plain/x", "application/json", "[]"),
            ("/bundle", "/bundle", "application/json", "{"),
            ("/json", "/json", "application/json", r#"{"count":0}"#),
            ("/json", "/json", "text/csv", r#"{"count":1}"#),
            ("/form", "/form", "application/x-www-form-urlencoded", "page=x"),
            ("/form", "/form", "application/json", "{}"),
            ("/file", "/file", "multipart/form-data; boundary=b", "x"),
            ("/file", "/file", "multipart/form-data", "x"),
            ("/file", "/file", "application/json", "{}"),
            ("/files", "/files", "multipart/form-data; boundary=b", "--b--"),
            ("/files", "/files", "application/json", "{}"),
            ("/off", "/off", "application/json", "{}"),
        ] {
            let response = client.post(path).header("content-type", content_type).body(body).send();
            let status = response.status().to_string();
            let declared = &operation(&document, template)["responses"][&status];
            assert!(declared.is_object(), "{path} {content_type}: {status}, {}", response.text());
            if response.status() < 400 {
                // Nothing is checked.
                assert!(!validates, "{path} {content_type}");
                continue;
            }
            let reference = declared["content"]["application/json"]["schema"]["$ref"].as_str();
            if let Some(name) = reference.and_then(|name| name.rsplit('/').next()) {
                let member = if name == "ValidationError" { "detail" } else { "message" };
                assert!(response.json::<Value>().get(member).is_some(), "{path}: {}", response.text());
                seen.insert((name.to_owned(), status));
            }
        }
        assert!(seen.len() >= 3, "{seen:?}");
    }
}
