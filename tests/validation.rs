//! Validation.
#![cfg(feature = "validate")]

use gatewire::extract::{Path, Query, Valid};
use gatewire::testing::Client;
use gatewire::validate::Validation;
use gatewire::{App, Json};
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    page: u8,
}

#[derive(Deserialize)]
#[expect(dead_code)]
struct Todo<'r> {
    title: &'r str,
    priority: u8,
}

gatewire::input!(Page, Todo<'r>);

#[test]
fn all_parts_are_gathered() {
    let app = App::new().validation(Validation::new()).post(
        "/todos/{id}",
        |Json(_): Json<Todo<'_>>, Query(Page { page }): Query<Page>, Path(id): Path<u32>| format!("{page} {id}"),
    );
    let client = Client::new(app).unwrap();
    let response = client.post("/todos/x?page=300").body(r#"{"title":1}"#).send();
    assert_eq!(response.status(), 422);
    assert_eq!(
        response.text(),
        concat!(
            r#"{"statusCode":422,"detail":[{"loc":["path","id"],"type":"int_parsing"},"#,
            r#"{"loc":["query","page"],"type":"less_than_equal"},{"loc":["body","title"],"type":"string_type"}]}"#
        )
    );
    let response = client.post("/todos/1?page=3").body(r#"{"title":"x","priority":1}"#).send();
    assert_eq!(response.text(), "3 1");
}

#[test]
fn valid_arguments_are_checked_without_a_setting() {
    let app = App::new().post(
        "/todos/{id}",
        |Valid(Json(_)): Valid<Json<Todo<'_>>>, Valid(Query(_)): Valid<Query<Page>>, Path(_): Path<u32>| "",
    );
    let client = Client::new(app).unwrap();
    let response = client.post("/todos/x").body(r#"{"title":1}"#).send();
    assert_eq!(
        response.text(),
        concat!(
            r#"{"statusCode":422,"detail":[{"loc":["query","page"],"type":"missing"},"#,
            r#"{"loc":["body","title"],"type":"string_type"}]}"#
        )
    );
    let response = client.post("/todos/x?page=1").body(r#"{"title":"x","priority":1}"#).send();
    assert_eq!(response.status(), 400);
}
