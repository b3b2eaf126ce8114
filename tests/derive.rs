//! `#[derive(Input)]` without validation: types as arguments, and bundles. The same holds with the feature `validate`.

#![cfg(feature = "macros")]

use std::marker::PhantomData;

use gatewire::extract::{Input, Path, Query, State};
use gatewire::testing::Client;
use gatewire::{App, Json};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize, Input)]
struct Page<'r, T, const N: usize> {
    #[serde(borrow)]
    name: &'r str,
    items: Vec<T>,
    // Serde has no arrays of any length.
    #[serde(skip)]
    pair: PhantomData<[u8; N]>,
}

#[derive(Deserialize, Input, Debug)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Up,
    Down,
}

#[derive(Deserialize, Input)]
struct Id(u32);

#[derive(Deserialize, Input)]
struct Empty;

#[derive(Input)]
struct List<'r> {
    #[input(path = "list")]
    id: u32,
    #[input(query)]
    sort: Option<Sort>,
    #[input(query, default = 20)]
    size: u16,
    #[input(query = "tag", default)]
    tags: Vec<&'r str>,
    #[input(header)]
    x_tenant: &'r str,
    #[input(cookie)]
    session: Option<&'r str>,
    #[input(argument)]
    greeting: State<&'r String>,
    #[input(body, default)]
    body: Option<Vec<u32>>,
}

fn app() -> App {
    let page = |Json(page): Json<Page<'_, u32, 2>>| Json((page.name.len(), page.items, page.pair)).0.0.to_string();
    App::new()
        .state("hi".to_owned())
        .post("/page", page)
        .post("/empty", |_: Option<Json<Empty>>| "empty")
        .get("/sorted/{id}", |Path(Id(id)): Path<Id>, Query(sort): Query<std::collections::HashMap<String, Sort>>| {
            format!("{id} {sort:?}")
        })
        .get("/lists/{list}", |list: List<'_>| {
            let List { id, sort, size, tags, x_tenant, session, greeting, body } = list;
            format!("{id} {sort:?} {size} {tags:?} {x_tenant} {session:?} {} {body:?}", greeting.0)
        })
}

#[test]
fn derived_types_are_arguments() {
    let client = Client::new(app()).unwrap();
    assert_eq!(client.post("/page").body(r#"{"name":"ab","items":[1]}"#).send().text(), "2");
    assert_eq!(client.post("/empty").send().text(), "empty");
    assert_eq!(client.get("/sorted/7?by=up").send().text(), r#"7 {"by": Up}"#);
}

#[test]
fn bundles_are_read_from_all_parts() {
    let client = Client::new(app()).unwrap();
    let request =
        client.get("/lists/7?sort=down&tag=a&tag=b&size=3").header("X-Tenant", "acme").header("cookie", "session=s");
    assert_eq!(request.body("[1]").send().text(), r#"7 Some(Down) 3 ["a", "b"] acme Some("s") hi Some([1])"#);
    let response = client.get("/lists/7").header("x-tenant", "acme").send();
    assert_eq!(response.text(), r#"7 None 20 [] acme None hi None"#);
}

#[test]
fn the_first_error_of_a_bundle_is_answered_with_400() {
    let client = Client::new(app()).unwrap();
    for (target, message) in [
        ("/lists/x", "the path parameter list: expected an integer from 0 to 4294967295, found \\\"x\\\""),
        ("/lists/1?size=x", "the query parameter size: expected an integer from 0 to 65535, found \\\"x\\\""),
        ("/lists/1", "the header field x-tenant is missing"),
    ] {
        let response = client.get(target).send();
        assert_eq!(response.text(), format!(r#"{{"statusCode":400,"message":"{message}"}}"#));
    }
}
