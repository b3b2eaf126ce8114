//! Validation without the derive, and its settings.

use garde::Validate;
use gatewire::error::{BodyError, ResponseValidationError, ValidationError};
use gatewire::extract::{Header, HeaderName, Path, Query, Valid};
use gatewire::handler::Checked;
use gatewire::testing::Client;
use gatewire::validate::Validation;
use gatewire::{App, HttpError, Json, Request, Route};
use serde::{Deserialize, Serialize};

use super::{details, expect};

#[derive(Deserialize)]
struct Page {
    page: u8,
}

#[derive(Deserialize, Serialize, Validate)]
struct Todo<'r> {
    #[garde(length(chars, min = 3))]
    title: &'r str,
    #[garde(skip)]
    priority: u8,
}

gatewire::input!(Page, Todo<'r>);

struct Size;

impl HeaderName for Size {
    const NAME: &'static str = "X-Size";
    type Value<'r> = u16;
}

fn create(Json(todo): Json<Todo<'_>>, Query(page): Query<Page>, Path(id): Path<u32>) -> String {
    format!("{} {} {} {id}", todo.title, todo.priority, page.page)
}

#[test]
fn the_parts_are_gathered_in_their_order() {
    let app = App::new().validation(Validation::new()).post("/todos/{id}", create);
    let client = Client::new(app).unwrap();
    let response = client.post("/todos/x?page=300").body(r#"{"title":1,"priority":"x"}"#).send();
    assert_eq!(
        response.text(),
        concat!(
            r#"{"statusCode":422,"detail":[{"loc":["path","id"],"type":"int_parsing"},"#,
            r#"{"loc":["query","page"],"type":"less_than_equal"},{"loc":["body","title"],"type":"string_type"}]}"#
        ),
        "a type without the derive has its first error"
    );
    assert_eq!(response.header("content-type"), Some("application/json"));
    let response = client.post("/todos/1?page=3").body(r#"{"title":"milk","priority":1}"#).send();
    assert_eq!(response.text(), "milk 1 3 1");
    let response = client.post("/todos/1?page=3").body(r#"{"title":"m","priority":1}"#).send();
    expect(&response, &[("body.title", "value_error")]);
}

#[test]
fn nothing_changes_without_validation() {
    let client = Client::new(App::new().post("/todos/{id}", create)).unwrap();
    let response = client.post("/todos/x?page=3").body(r#"{"title":"milk","priority":1}"#).send();
    assert_eq!(response.status(), 400);
    let response = client.post("/todos/1?page=3").header("content-type", "text/csv");
    assert_eq!(response.body(r#"{"title":"m","priority":1}"#).send().text(), "m 1 3 1", "no rule is checked");
}

#[test]
fn a_route_decides_for_itself() {
    let app = App::new()
        .validation(Validation::new())
        .route(Route::post("/off/{id}", create).validation(false))
        .post("/on/{id}", create);
    let client = Client::new(app).unwrap();
    let send = |path: &str| client.post(path).body("{}").send();
    assert_eq!(send("/off/1?page=1").status(), 400);
    assert_eq!(send("/on/1?page=1").status(), 422);
    let app = App::new().route(Route::post("/on/{id}", create).validation(true));
    let response = Client::new(app).unwrap().post("/on/1?page=1").body("{}").send();
    expect(&response, &[("body.title", "missing")]);
}

#[test]
fn all_valid_arguments_report_together() {
    let app = App::new().post(
        "/todos/{id}",
        |Valid(Json(_)): Valid<Json<Todo<'_>>>, Path(_): Path<u32>, Valid(Query(_)): Valid<Query<Page>>| "",
    );
    let client = Client::new(app).unwrap();
    let kinds = |response| details(&response).into_iter().map(|(place, _)| place).collect::<Vec<_>>();
    assert_eq!(kinds(client.post("/todos/1").body(r#"{"title":1}"#).send()), ["query.page", "body.title"]);
    assert_eq!(
        kinds(client.post("/todos/1").body(r#"{"title":"a","priority":1}"#).send()),
        ["query.page", "body.title"]
    );
    assert_eq!(client.post("/todos/x?page=1").body(r#"{"title":"abc","priority":1}"#).send().status(), 400);
}

#[test]
fn errors_of_other_arguments_are_the_response() {
    struct Caller;
    impl<'r> gatewire::extract::FromRequest<'r> for Caller {
        type Rejection = HttpError;
        fn from_request(req: Request<'r>) -> Result<Self, HttpError> {
            req.header("authorization").map(|_| Self).ok_or_else(|| HttpError::unauthorized("who are you?"))
        }
    }
    gatewire::input!(Caller);
    let app = App::new().validation(Validation::new()).post("/", |_: Caller, Query(_): Query<Page>| "");
    let client = Client::new(app).unwrap();
    assert_eq!(client.post("/").send().status(), 401);
    assert_eq!(client.post("/").header("authorization", "x").send().status(), 422);
}

#[test]
fn headers_and_optional_arguments() {
    let app = App::new()
        .validation(Validation::new())
        .get("/header", |Header(size): Header<'_, Size>| size.to_string())
        .post("/option", |todo: Option<Json<Todo<'_>>>| todo.is_some().to_string());
    let client = Client::new(app).unwrap();
    expect(&client.get("/header").send(), &[("header.x-size", "missing")]);
    expect(&client.get("/header").header("x-size", "a").send(), &[("header.x-size", "int_parsing")]);
    assert_eq!(client.post("/option").send().text(), "false");
    expect(&client.post("/option").body("{}").send(), &[("body.title", "missing")]);
    expect(&client.post("/option").body("{").send(), &[("body.1", "json_invalid")]);
}

#[test]
fn what_a_handler_reads_by_itself_has_one_error() {
    let app = App::new().validation(Validation::new()).post("/", |req: Request| -> Result<String, BodyError> {
        let todo: Todo = req.body_json()?;
        Ok(todo.title.to_owned())
    });
    let response = Client::new(app).unwrap().post("/").body(r#"{"title":["x"]}"#).send();
    expect(&response, &[("body.title", "string_type")]);
}

#[test]
fn other_content_types_are_refused() {
    let client = Client::new(App::new().validation(Validation::new()).post("/todos/{id}", create)).unwrap();
    let send = |content_type: &str| {
        let request = client.post("/todos/1?page=1").header("content-type", content_type);
        request.body(r#"{"title":"milk","priority":1}"#).send()
    };
    assert_eq!(send("application/problem+json; charset=utf-8").status(), 200);
    for response in [send("text/csv"), client.post("/todos/x").header("content-type", "text/csv").body("{").send()] {
        assert_eq!(response.status(), 415);
        expect(&response, &[("body", "unsupported_content_type")]);
    }
}

#[test]
fn status_messages_and_shape_can_be_changed() {
    let page = |Query(page): Query<Page>| page.page.to_string();
    let validation = Validation::new().status(gatewire::StatusCode::BAD_REQUEST).messages(true);
    let client = Client::new(App::new().validation(validation).get("/", page)).unwrap();
    assert_eq!(
        client.get("/").send().text(),
        r#"{"statusCode":400,"detail":[{"loc":["query","page"],"type":"missing","msg":"Field required"}]}"#
    );
    let app =
        App::new().validation(Validation::new()).get("/", page).on_error(|error: &ValidationError, _: Request| {
            (418, format!("{} {}", error.details()[0].loc()[1], error.status().as_u16()))
        });
    let response = Client::new(app).unwrap().get("/").send();
    assert_eq!((response.status(), response.text()), (418, "page 422"));
}

#[test]
fn responses_are_checked_before_they_are_sent() {
    let todo = |req: Request<'_>| req.reply(Checked(Json(Todo { title: req.param("title"), priority: 1 })));
    let client = Client::new(App::new().get("/{title}", todo)).unwrap();
    assert_eq!(client.get("/milk").send().text(), r#"{"title":"milk","priority":1}"#);
    let response = client.get("/m").send();
    assert_eq!((response.status(), response.text()), (500, r#"{"statusCode":500,"message":"Internal server error"}"#));
    let app = App::new()
        .get("/{title}", todo)
        .on_error(|error: &ResponseValidationError, _: Request| (503, format!("{error} {}", error.details().len())));
    let response = Client::new(app).unwrap().get("/m").send();
    assert_eq!((response.status(), response.text()), (503, "response.title: length is lower than 3 1"));
}

#[test]
fn hostile_bodies_get_a_short_answer() {
    let app = App::new()
        .validation(Validation::new())
        .post("/", |Json(numbers): Json<Vec<std::collections::HashMap<String, u8>>>| numbers.len().to_string());
    let client = Client::new(app).unwrap();
    let key = "k".repeat(50_000);
    let item = format!(r#"{{"{key}":-1}}"#);
    let body = format!("[{}]", vec![item; 40].join(","));
    let response = client.post("/").body(body).send();
    assert!(response.text().len() < 40 * 200, "{}", response.text().len());
    let response = client.post("/").body(format!("[{}]", vec!["1"; 100_000].join(","))).send();
    assert_eq!(details(&response).len(), 1000);
}

#[cfg(feature = "macros")]
#[derive(serde::Deserialize, gatewire::extract::Input, garde::Validate)]
struct Order {
    #[garde(length(chars, min = 2))]
    dish: String,
    #[garde(range(min = 1))]
    count: u8,
}

#[cfg(feature = "macros")]
#[test]
fn forms_are_checked_with_the_rest_of_a_request() {
    use gatewire::extract::{Form, Path};

    let order = |Path(_): Path<u32>, Form(order): Form<Order>| format!("{} {}", order.count, order.dish);
    let client = Client::new(App::new().validation(Validation::new()).post("/{table}", order)).unwrap();
    let send = |path: &str, content_type: &str, body: &str| {
        let response = client.post(path).header("content-type", content_type).body(body).send();
        (response.status(), response.text().to_owned())
    };
    const FORM: &str = "application/x-www-form-urlencoded";
    assert_eq!(send("/1", FORM, "dish=rice&count=2"), (200, "2 rice".to_owned()));
    let (status, detail) = send("/1", FORM, "dish=r&count=0");
    assert_eq!(status, 422);
    assert!(detail.contains(r#"["body","dish"]"#) && detail.contains(r#"["body","count"]"#), "{detail}");
    // An error of the structure, beside one of the path.
    let (status, detail) = send("/x", FORM, "dish=rice&count=many");
    assert_eq!(status, 422);
    assert!(detail.contains(r#"["path","table"]"#) && detail.contains(r#"["body","count"]"#), "{detail}");
    assert!(detail.contains("int_parsing"), "{detail}");
    let (status, detail) = send("/1", "text/plain", "dish=rice&count=2");
    assert!(status == 415 && detail.contains("unsupported_content_type"), "{status} {detail}");
    // A form that cannot be read has no fields to list.
    assert_eq!(send("/1", FORM, "dish=%FF&count=2").0, 400);
}

#[cfg(feature = "macros")]
#[test]
fn a_long_name_is_listed_once() {
    #[derive(Deserialize, gatewire::extract::Input)]
    struct Long {
        #[serde(rename = "a_name_of_more_than_forty_characters_that_somebody_has_chosen")]
        number: u8,
    }

    const NAME: &str = "a_name_of_more_than_forty_characters_that_somebody_has_chosen";
    let read = |Query(long): Query<Long>, Json(other): Json<Long>| (long.number + other.number).to_string();
    let client = Client::new(App::new().validation(Validation::new()).post("/", read)).unwrap();
    let (query, body) = (format!("query.{NAME}"), format!("body.{NAME}"));
    let response = client.post(&format!("/?{NAME}=x")).body(format!("{{\"{NAME}\":true}}")).send();
    expect(&response, &[(&query, "int_parsing"), (&body, "int_type")]);
    expect(&client.post("/").body("{}").send(), &[(&query, "missing"), (&body, "missing")]);
}
