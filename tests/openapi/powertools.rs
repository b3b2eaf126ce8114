//! The document of a small API beside the one that Powertools for AWS Lambda (Python) 3.37 makes of the same API:
//! `powertools.py` made `powertools.json`. Operations, parameters, bodies, and the schemas of all are equal, but for the
//! table of differences.

use std::collections::{BTreeSet, HashMap};

use garde::Validate;
use gatewire::extract::{Input, Path};
use gatewire::form::Part;
use gatewire::openapi::OpenApi;
use gatewire::validate::Validation;
use gatewire::{App, Json, Route};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

#[derive(Clone, Copy, Default, Deserialize, Serialize, Input, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    #[default]
    Open,
    Done,
}

#[derive(Deserialize, Validate, Input, JsonSchema)]
struct Addr<'r> {
    #[garde(length(chars, min = 5, max = 8))]
    #[schemars(length(min = 5, max = 8))]
    zip: &'r str,
    #[garde(length(max = 2))]
    #[serde(borrow, default)]
    lines: Vec<&'r str>,
}

#[derive(Deserialize, Validate, Input, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Pet {
    Cat {
        #[garde(range(max = 9))]
        #[schemars(range(max = 9))]
        lives: u32,
    },
    Dog {
        #[garde(skip)]
        good: bool,
    },
}

#[derive(Deserialize, Validate, Input, JsonSchema)]
struct NewTodo<'r> {
    /// The task.
    #[garde(length(chars, min = 3, max = 10), pattern("^[a-z ]+$"))]
    #[schemars(length(min = 3, max = 10))]
    title: &'r str,
    #[garde(range(min = 1, max = 5))]
    #[serde(default = "one")]
    priority: i64,
    #[garde(range(min = 0.0, max = 1.5))]
    #[serde(default)]
    weight: f64,
    #[garde(skip)]
    #[serde(default)]
    done: bool,
    #[garde(skip)]
    #[serde(default)]
    status: Status,
    #[garde(length(max = 3), inner(length(chars, min = 1)))]
    #[schemars(inner(length(min = 1)))]
    #[serde(borrow, default)]
    tags: Vec<&'r str>,
    #[garde(dive)]
    #[serde(borrow)]
    addr: Option<Addr<'r>>,
    #[garde(skip)]
    #[serde(default)]
    prices: HashMap<String, u8>,
    #[garde(dive)]
    pet: Option<Pet>,
}

fn one() -> i64 {
    1
}

#[derive(Serialize, Validate, JsonSchema)]
struct Todo<'r> {
    #[garde(range(min = 1))]
    id: i64,
    #[garde(skip)]
    title: &'r str,
    #[garde(skip)]
    status: Status,
}

#[derive(Deserialize, Validate, Input, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Line {
    #[garde(range(min = 1))]
    count: i64,
    #[garde(skip)]
    note: Option<String>,
}

#[derive(Validate, Input)]
struct Add<'r> {
    #[input(path)]
    #[garde(range(min = 1))]
    list: i64,
    #[input(body)]
    #[garde(dive)]
    todo: NewTodo<'r>,
    #[input(query)]
    #[garde(range(min = 0, max = 9))]
    page: i64,
    #[input(header = "x-tenant")]
    #[garde(length(chars, min = 2))]
    tenant: &'r str,
    #[input(query = "tag", default)]
    #[garde(length(max = 3))]
    tags: Vec<&'r str>,
    #[input(cookie)]
    #[garde(skip)]
    session: Option<i64>,
}

/// The number of a todo.
#[derive(Deserialize, Validate, Input, JsonSchema)]
struct Id {
    #[garde(range(min = 1))]
    id: i64,
}

#[derive(Validate, Input)]
struct Search<'r> {
    #[input(query)]
    #[garde(length(chars, min = 2, max = 20), pattern("^[a-z]+$"))]
    q: &'r str,
    #[input(query, default)]
    #[garde(skip)]
    flag: bool,
    #[input(query, default = 0.5)]
    #[garde(range(min = 0.0, max = 1.0))]
    ratio: f64,
    #[input(query, default)]
    #[garde(skip)]
    ids: Vec<i64>,
    #[input(query, default)]
    #[garde(skip)]
    sort: Status,
}

#[derive(Validate, Input)]
struct Member<'r> {
    #[input(form)]
    #[garde(length(chars, min = 2, max = 10), pattern("^[a-z ]+$"))]
    name: &'r str,
    #[input(form)]
    #[garde(range(min = 18, max = 120))]
    age: i64,
    #[input(form, default)]
    #[garde(skip)]
    mail: bool,
    #[input(form = "tag", default)]
    #[garde(length(max = 3))]
    tags: Vec<&'r str>,
    #[input(form, default)]
    #[garde(skip)]
    status: Status,
    #[input(form = "nick-name")]
    #[garde(length(chars, min = 2))]
    nick: Option<&'r str>,
}

#[derive(Validate, Input)]
struct Photo<'r> {
    #[input(path)]
    #[garde(range(min = 1))]
    id: i64,
    #[input(file)]
    #[garde(skip)]
    photo: Part<'r>,
    #[input(form)]
    #[garde(length(chars, min = 3))]
    title: &'r str,
    #[input(form, default = 1)]
    #[garde(range(min = 1))]
    count: i64,
    #[input(file)]
    #[garde(skip)]
    icon: Option<&'r [u8]>,
}

fn add(add: Add<'_>) -> Json<Todo<'_>> {
    let Add { list, todo, page, tenant, tags, session } = add;
    let NewTodo { title, priority, weight, done, status, tags: own, addr, prices, pet } = todo;
    let lines = addr.map_or(0, |addr| addr.lines.len() + addr.zip.len());
    let pet = pet.map_or(0, |pet| match pet {
        Pet::Cat { lives } => i64::from(lives),
        Pet::Dog { good } => i64::from(good),
    });
    let sizes = [lines, tags.len(), own.len(), prices.len(), tenant.len()].iter().sum::<usize>();
    let id = list
        + page
        + priority
        + pet
        + session.map_or(0, |session| session + i64::from(done))
        + weight as i64
        + sizes as i64;
    Json(Todo { id, title, status })
}

fn get(Path(Id { id }): Path<Id>) -> Json<Todo<'static>> {
    Json(Todo { id, title: "milk", status: Status::Open })
}

fn delete(Path(Id { id }): Path<Id>) -> Json<()> {
    assert_ne!(id, 0);
    Json(())
}

fn search(search: Search<'_>) -> Json<Vec<Todo<'_>>> {
    let Search { q, flag, ratio, ids, sort } = search;
    let ids = ids.into_iter().filter(|id| flag || ratio < *id as f64);
    Json(ids.map(|id| Todo { id, title: q, status: sort }).collect())
}

fn order(Json(lines): Json<Vec<Line>>) -> Json<i64> {
    Json(lines.iter().filter(|line| line.note.is_none()).map(|line| line.count).sum())
}

fn member(member: Member<'_>) -> Json<String> {
    let Member { name, age, mail, tags, status, nick } = member;
    Json(format!("{name} {age} {mail} {tags:?} {} {nick:?}", matches!(status, Status::Done)))
}

fn photo(photo: Photo<'_>) -> Json<String> {
    let Photo { id, photo, title, count, icon } = photo;
    Json(format!("{id} {} {title} {count} {}", photo.bytes.len(), icon.is_some()))
}

fn ours() -> Value {
    let app = App::new()
        .validation(Validation::new())
        .route(Route::post("/lists/{list}/todos", add).summary("Adds a todo").tag("todos").operation_id("addTodo"))
        .route(Route::get("/todos/{id}", get).summary("Returns a todo").tag("todos").operation_id("getTodo"))
        .route(
            Route::delete("/todos/{id}", delete)
                .summary("Deletes a todo")
                .tag("todos")
                .operation_id("deleteTodo")
                .deprecated(),
        )
        .route(Route::get("/search", search).summary("Searches").operation_id("search"))
        .route(Route::put("/orders", order).summary("Replaces the order").operation_id("putOrder"))
        .route(Route::post("/members", member).summary("Adds a member").operation_id("addMember"))
        .route(Route::post("/albums/{id}/photos", photo).summary("Adds a photo").operation_id("addPhoto"));
    let api = OpenApi::new("Todos", "1.0.0").server("https://api.example.com").schema::<Todo>().schema::<Status>();
    super::document_of(app, api)
}

/// The differences that are meant: the start of a line of the comparison, and the reason.
const DIFFERENCES: &[(&str, &str)] = &[
    ("get /search > parameters > query sort > schema > default", OWN_DEFAULT),
    ("post /members > body > content > application/x-www-form-urlencoded > properties > status > default", OWN_DEFAULT),
    ("post /albums/{id}/photos > body > content > multipart/form-data > properties > icon > default", ABSENT),
    ("post /albums/{id}/photos > body > content > multipart/form-data > properties > icon > ", BINARY),
    ("post /albums/{id}/photos > body > content > multipart/form-data > properties > photo > ", BINARY),
    ("post /lists/{list}/todos > parameters > cookie session > schema > nullable", ABSENT),
    ("post /members > body > content > application/x-www-form-urlencoded > properties > nick-name > nullable", ABSENT),
    ("post /lists/{list}/todos > body > content > application/json > properties > pet > discriminator", TAG),
    ("post /members > body > content > multipart/form-data", "A form without files is taken in both formats."),
];
const OWN_DEFAULT: &str = "The value of `Default` for a type of the user is not known to the derive.";
const ABSENT: &str = "A parameter or a field of a form is absent, and is never `null` or empty bytes.";
const TAG: &str = "`schemars` writes the tag as a constant of each alternative, which says the same.";
const BINARY: &str = "OpenAPI 3.1 describes binary data by `contentMediaType`; `format: binary` is that of 3.0.";

/// A document by operations, without the names of its schemas.
fn operations(document: &Value) -> Value {
    let mut all = Map::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, own) in operations.as_object().unwrap() {
            let mut parameters = Map::new();
            for parameter in own["parameters"].as_array().into_iter().flatten() {
                let name = format!("{} {}", parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap());
                let schema = plain(document, &parameter["schema"]);
                parameters.insert(name, json!({"required": parameter["required"], "schema": schema}));
            }
            let content = |body: &Value| {
                let contents = body["content"].as_object().into_iter().flatten();
                contents
                    .map(|(media_type, of)| (media_type.clone(), plain(document, &of["schema"])))
                    .collect::<Map<_, _>>()
            };
            let operation = json!({
                "operationId": own["operationId"], "summary": own["summary"], "tags": own["tags"],
                "deprecated": own["deprecated"], "parameters": parameters,
                "body": {"required": own["requestBody"]["required"], "content": content(&own["requestBody"])},
                "response": content(&own["responses"]["200"]),
            });
            all.insert(format!("{method} {path}"), operation);
        }
    }
    json!({"openapi": document["openapi"], "servers": document["servers"], "operations": all})
}

/// A schema without references and without texts, in one of the forms that mean the same.
fn plain(document: &Value, schema: &Value) -> Value {
    let mut members = Map::new();
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        match (keyword.as_str(), value) {
            ("$ref", Value::String(target)) => {
                let target = target.strip_prefix('#').and_then(|pointer| document.pointer(pointer)).unwrap();
                let target = plain(document, target);
                members.extend(target.as_object().unwrap().clone());
            }
            // Names and texts; the width of a number.
            ("title" | "description" | "format", _) if keyword != "format" || value != "binary" => {}
            ("default", Value::Null) => {}
            // Integers of Python have no limits.
            ("minimum" | "maximum", Value::Number(limit)) if is_end_of_64_bits(limit) => {}
            ("properties", Value::Object(all)) => {
                let all: Map<_, _> = all.iter().map(|(name, own)| (name.clone(), plain(document, own))).collect();
                members.insert(keyword.clone(), all.into());
            }
            ("anyOf" | "oneOf", Value::Array(all)) => {
                let mut all: Vec<_> = all.iter().map(|own| plain(document, own)).collect();
                let before = all.len();
                all.retain(|own| *own != json!({"type": "null"}));
                if all.len() < before {
                    members.insert("nullable".to_owned(), true.into());
                }
                match &all[..] {
                    [Value::Object(only)] => members.extend(only.clone()),
                    _ => {
                        members.insert("oneOf".to_owned(), all.into());
                    }
                }
            }
            ("type", Value::Array(types)) => {
                let others: Vec<_> = types.iter().filter(|own| *own != "null").cloned().collect();
                members.insert("nullable".to_owned(), true.into());
                members.insert("type".to_owned(), others[0].clone());
            }
            ("required", Value::Array(names)) => {
                let names: BTreeSet<&str> = names.iter().filter_map(Value::as_str).collect();
                members.insert(keyword.clone(), json!(names));
            }
            ("items" | "additionalProperties", Value::Object(_)) => {
                members.insert(keyword.clone(), plain(document, value));
            }
            (_, Value::Number(number)) => {
                members.insert(keyword.clone(), number.as_f64().into());
            }
            _ => {
                members.insert(keyword.clone(), value.clone());
            }
        }
    }
    members.into()
}

fn is_end_of_64_bits(limit: &serde_json::Number) -> bool {
    [i64::MIN.into(), i64::MAX.into(), u64::MAX.into()].contains(limit)
}

/// Adds a line for each value that differs.
fn compare(at: &str, theirs: &Value, ours: &Value, lines: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let at = if at.is_empty() { name.clone() } else { format!("{at} > {name}") };
                compare(&at, &theirs[name], &ours[name], lines);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (theirs, ours)) in a.iter().zip(b).enumerate() {
                compare(&format!("{at} > {index}"), theirs, ours, lines);
            }
        }
        _ if theirs == ours => {}
        _ => lines.push(format!("{at}: theirs {theirs}, ours {ours}")),
    }
}

#[test]
fn schemas_have_the_same_names() {
    let theirs: Value = serde_json::from_str(include_str!("powertools.json")).unwrap();
    let ours = ours();
    let names = |document: &Value| document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
    let (theirs, ours): (BTreeSet<String>, BTreeSet<String>) = (names(&theirs), names(&ours));
    // Forms, and the variants of an enum, are written where they are used. The schemas of errors have other names.
    let inline = ["Body_addMember", "Body_addPhoto", "Cat", "Dog"];
    let errors = ["HTTPValidationError", "ResponseValidationError", "ValidationError"];
    let expected: Vec<&str> =
        theirs.iter().map(String::as_str).filter(|name| !inline.contains(name) && !errors.contains(name)).collect();
    assert_eq!(expected, ["Addr", "Line", "NewTodo", "Status", "Todo"]);
    for name in expected {
        assert!(ours.contains(name), "{name}: {ours:?}");
    }
}

#[test]
fn documents_differ_only_where_it_is_meant() {
    let theirs: Value = serde_json::from_str(include_str!("powertools.json")).unwrap();
    let mut lines = Vec::new();
    let (theirs, ours) = (operations(&theirs), operations(&ours()));
    assert_eq!(theirs["operations"].as_object().unwrap().len(), 7);
    compare("", &theirs["operations"], &ours["operations"], &mut lines);
    let is_listed = |line: &str| DIFFERENCES.iter().any(|(start, _)| line.starts_with(start));
    let faults: Vec<_> = lines.iter().filter(|line| !is_listed(line)).cloned().collect();
    let stale: Vec<_> =
        DIFFERENCES.iter().filter(|(start, _)| !lines.iter().any(|line| line.starts_with(start))).collect();
    let reasons: BTreeSet<_> = DIFFERENCES.iter().map(|(_, reason)| reason).collect();
    println!("{} values differ, for {} reasons", lines.len(), reasons.len());
    assert!(faults.is_empty(), "{} not listed:\n{}", faults.len(), faults.join("\n"));
    assert!(stale.is_empty(), "listed, and equal: {stale:?}");
}
