//! `#[derive(Input)]`: all errors of structure and of rules are listed.

use std::collections::HashMap;

use garde::Validate;
use gatewire::extract::{Input, Path, Query, Valid};
use gatewire::testing::Client;
use gatewire::validate::Validation;
use gatewire::{App, Json};
use serde::Deserialize;

use super::expect;

#[derive(Deserialize, Validate, Input)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code)]
struct Order<'r> {
    #[garde(length(chars, min = 3, max = 10), pattern("^[a-z]+$"))]
    #[serde(borrow)]
    first_name: &'r str,
    #[garde(range(min = 1, max = 5))]
    priority: u8,
    #[garde(range(max = 1.5))]
    #[serde(default)]
    weight: f64,
    #[garde(skip)]
    express: Option<bool>,
    #[garde(length(max = 3), inner(length(chars, min = 1)))]
    #[serde(borrow, default)]
    tags: Vec<&'r str>,
    #[garde(length(min = 1), dive)]
    items: Vec<Item>,
    #[garde(dive)]
    #[serde(default)]
    kind: Kind,
    #[garde(skip)]
    #[serde(default)]
    prices: HashMap<String, u32>,
    #[garde(custom(is_even))]
    #[serde(default)]
    even: u32,
}

fn is_even(number: &u32, _: &()) -> garde::Result {
    if number.is_multiple_of(2) { Ok(()) } else { Err(garde::Error::new("not even")) }
}

#[derive(Deserialize, Validate, Input)]
#[serde(deny_unknown_fields)]
struct Item {
    #[garde(range(min = 1))]
    #[serde(alias = "n")]
    count: u32,
    #[garde(email)]
    owner: Option<String>,
}

#[derive(Deserialize, Validate, Input, Default)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Kind {
    #[default]
    Plain,
    HeavyLoad {
        #[garde(range(min = 10))]
        kilos: u32,
    },
}

fn client() -> Client {
    let app = App::new().validation(Validation::new()).post("/", |Json(order): Json<Order<'_>>| order.even.to_string());
    Client::new(app).unwrap()
}

fn check(body: &str, wanted: &[(&str, &str)]) {
    let response = client().post("/").body(body).send();
    println!("{body}");
    expect(&response, wanted);
}

const REST: &str = r#""firstName":"abc","priority":1,"items":[{"count":1}]"#;

#[test]
fn a_valid_value_passes() {
    let response = client().post("/").body(format!("{{{REST},\"even\":2}}")).send();
    assert_eq!((response.status(), response.text()), (200, "2"));
}

#[test]
fn structure_and_rules_are_listed_together() {
    check(
        r#"{"priority":9,"weight":2,"express":"x","tags":[1,""],"items":[{"count":0},{"count":"x","other":1},7]}"#,
        &[
            ("body.firstName", "missing"),
            ("body.priority", "less_than_equal"),
            ("body.weight", "less_than_equal"),
            ("body.express", "bool_parsing"),
            ("body.tags.0", "string_type"),
            ("body.tags.1", "string_too_short"),
            ("body.items.0.count", "greater_than_equal"),
            ("body.items.1.count", "int_parsing"),
            ("body.items.1.other", "extra_forbidden"),
            ("body.items.2", "model_attributes_type"),
        ],
    );
}

#[test]
fn rules_alone() {
    check(
        r#"{"firstName":"A","priority":0,"items":[],"even":1}"#,
        &[
            ("body.firstName", "string_too_short"),
            ("body.priority", "greater_than_equal"),
            ("body.items", "too_short"),
            ("body.even", "value_error"),
        ],
    );
    check(
        r#"{"firstName":"ABC","priority":1,"items":[{"count":1,"owner":"x"}]}"#,
        &[("body.firstName", "string_pattern_mismatch"), ("body.items.0.owner", "value_error")],
    );
}

#[test]
fn variants_have_their_name_in_the_place() {
    let with = |kind: &str| format!("{{{REST},\"kind\":{kind}}}");
    check(&with(r#"{"type":"heavy-load"}"#), &[("body.kind.heavy-load.kilos", "missing")]);
    check(&with(r#"{"type":"heavy-load","kilos":1}"#), &[("body.kind.heavy-load.kilos", "greater_than_equal")]);
    check(&with(r#"{"type":"other"}"#), &[("body.kind", "union_tag_invalid")]);
    check(&with("{}"), &[("body.kind", "union_tag_not_found")]);
    check(&with("1"), &[("body.kind", "model_attributes_type")]);
}

#[test]
fn maps_syntax_and_absent_bodies() {
    check(
        &format!("{{{REST},\"prices\":{{\"a\":-1,\"b\":1,\"c\":null}}}}"),
        &[("body.prices.a", "greater_than_equal"), ("body.prices.c", "int_type")],
    );
    check(r#"{"firstName":"#, &[("body.13", "json_invalid")]);
    check("", &[("body", "missing")]);
    check("[1]", &[("body", "model_attributes_type")]);
    check(&format!("{{{REST},\"priority\":2}}"), &[("body.priority", "value_error")]);
}

#[derive(Deserialize, Input)]
struct Page<T> {
    number: T,
    size: u8,
}

#[derive(Deserialize, Validate, Input)]
struct Id(#[garde(range(min = 1))] u32);

#[test]
fn parameters_have_rules_too() {
    let app =
        App::new().post("/{id}", |Valid(Path(Id(id))): Valid<Path<Id>>, Valid(Query(page)): Valid<Query<Page<u8>>>| {
            format!("{id} {} {}", page.number, page.size)
        });
    let client = Client::new(app).unwrap();
    assert_eq!(client.post("/7?number=1&size=2").send().text(), "7 1 2");
    let response = client.post("/0?number=x&size=300").send();
    let wanted =
        [("path.id", "greater_than_equal"), ("query.number", "int_parsing"), ("query.size", "less_than_equal")];
    expect(&response, &wanted);
}

#[derive(Validate, Input)]
struct Create<'r> {
    #[input(path)]
    #[garde(range(min = 1))]
    id: u64,
    #[input(query, default = 1)]
    #[garde(range(max = 9))]
    page: u32,
    #[input(query = "tag", default)]
    #[garde(inner(length(min = 2)))]
    tags: Vec<&'r str>,
    #[input(header)]
    #[garde(length(min = 2))]
    x_tenant: &'r str,
    #[input(cookie)]
    #[garde(skip)]
    session: Option<u32>,
    #[input(body)]
    #[garde(dive)]
    item: Item,
}

fn bundled() -> Client {
    let app = App::new().validation(Validation::new()).post("/{id}", |create: Create<'_>| {
        let Create { id, page, tags, x_tenant, session, item } = create;
        format!("{id} {page} {tags:?} {x_tenant} {session:?} {}", item.count)
    });
    Client::new(app).unwrap()
}

#[test]
fn a_bundle_reads_all_parts() {
    let client = bundled();
    let request = client.post("/7?tag=ab&tag=cd").header("X-Tenant", "acme").header("cookie", "session=5");
    assert_eq!(request.body(r#"{"count":3}"#).send().text(), r#"7 1 ["ab", "cd"] acme Some(5) 3"#);
}

#[test]
fn a_bundle_lists_the_errors_of_all_parts() {
    let client = bundled();
    let request = client.post("/0?tag=ab&tag=c&page=10").header("x-tenant", "a").header("cookie", "session=x");
    let response = request.body(r#"{"count":0}"#).send();
    let wanted = [
        ("path.id", "greater_than_equal"),
        ("query.page", "less_than_equal"),
        ("query.tag.1", "string_too_short"),
        ("header.x-tenant", "string_too_short"),
        ("cookie.session", "int_parsing"),
        ("body.count", "greater_than_equal"),
    ];
    expect(&response, &wanted);
    let wanted = [("path.id", "int_parsing"), ("header.x-tenant", "missing"), ("body", "missing")];
    expect(&client.post("/x").send(), &wanted);
}

#[test]
fn rules_of_a_bundle_alone() {
    let client = bundled();
    let response = client.post("/0").header("x-tenant", "ab").body(r#"{"count":0}"#).send();
    expect(&response, &[("path.id", "greater_than_equal"), ("body.count", "greater_than_equal")]);
    let response = client.post("/1").header("x-tenant", "ab").header("content-type", "text/csv").body(r#"{"count":1}"#);
    let response = response.send();
    assert_eq!(response.status(), 415);
    expect(&response, &[("body", "unsupported_content_type")]);
}

#[test]
fn a_bundle_is_checked_by_valid_alone() {
    let app = App::new()
        .post("/checked/{id}", |Valid(create): Valid<Create<'_>>| create.id.to_string())
        .post("/plain/{id}", |create: Create<'_>| create.id.to_string());
    let client = Client::new(app).unwrap();
    let send = |path: &str| client.post(path).header("x-tenant", "ab").body(r#"{"count":1}"#).send();
    assert_eq!(send("/checked/1").text(), "1");
    expect(&send("/checked/0"), &[("path.id", "greater_than_equal")]);
    assert_eq!(send("/plain/0").text(), "0");
    assert_eq!(send("/plain/x").status(), 400);
}

#[test]
fn a_rule_without_the_parameter_is_refused() {
    let error = App::new().post("/{other}", |create: Create<'_>| create.id.to_string()).build().err().unwrap();
    assert!(error.to_string().contains("no parameter `id`"), "{error}");
}
