//! `#[derive(Input)]` without validation: types as arguments, and bundles. The same holds with the feature `validate`.

#![cfg(feature = "macros")]

use gatewire::extract::{Input, Path, Query, State};
use gatewire::form::Part;
use gatewire::testing::Client;
use gatewire::{App, Json};
use serde::Deserialize;

#[derive(Deserialize, Input)]
struct Page<'r, T> {
    #[serde(borrow)]
    name: &'r str,
    items: Vec<T>,
    pair: [u8; 2],
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
    let page = |Json(page): Json<Page<'_, u32>>| format!("{} {:?} {:?}", page.name, page.items, page.pair);
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
    assert_eq!(client.post("/page").body(r#"{"name":"ab","items":[1],"pair":[1,2]}"#).send().text(), "ab [1] [1, 2]");
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

const URLENCODED: &str = "application/x-www-form-urlencoded";

/// A bundle with a form, which is read as the other parts are, and whose types have const parameters.
#[derive(Input)]
struct Upload<'r, const N: usize> {
    #[input(path)]
    id: u32,
    #[input(form, default = "untitled")]
    title: &'r str,
    #[input(form = "tag")]
    tags: Vec<&'r str>,
    #[input(file)]
    photo: Part<'r>,
    #[input(file)]
    icon: Option<Part<'r>>,
    #[input(file)]
    more: Vec<Part<'r>>,
    #[input(argument)]
    pair: Query<Pair<N>>,
}

#[derive(Deserialize, Input)]
struct Pair<const N: usize> {
    side: u8,
}

/// A bundle with a const parameter, and without a lifetime.
#[derive(Input)]
struct Seats<const MOST: u32> {
    #[input(form, default)]
    count: u32,
    #[input(form)]
    row: Option<Sort>,
}

/// A bundle whose bounds are on its const parameter and its lifetime.
#[derive(Input)]
struct Bounded<'r, const MOST: usize>
where
    [u8; MOST]: Default,
    &'r str: Into<String>,
{
    #[input(query)]
    name: &'r str,
    #[input(query, default)]
    count: usize,
}

#[test]
fn bundles_may_have_bounds() {
    let handler = |Bounded { name, count }: Bounded<'_, 3>| format!("{} {count}", Into::<String>::into(name));
    let client = Client::new(App::new().get("/bounded", handler)).unwrap();
    assert_eq!(client.get("/bounded?name=a&count=2").send().text(), "a 2");
}

fn forms() -> Client {
    let upload = |own: Upload<'_, 2>| {
        let Upload { id, title, tags, photo, icon, more, pair } = own;
        let names: Vec<_> = more.iter().map(|file| (file.file_name, file.bytes.len())).collect();
        let icon = icon.map(|icon| (icon.content_type, icon.bytes));
        format!("{id} {title} {tags:?} {:?} {icon:?} {names:?} {}", photo.bytes, pair.0.side)
    };
    let seats = |own: Seats<9>| format!("{} {:?}", own.count.min(9), own.row);
    Client::new(App::new().post("/albums/{id}", upload).post("/seats", seats)).unwrap()
}

fn part(head: &str, content: &str) -> String {
    format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
}

#[test]
fn bundles_read_forms_of_both_formats() {
    let client = forms();
    let photo = part("name=\"photo\"; filename=\"a.png\"", "\u{1}\u{2}");
    let multipart = |parts: &[&str]| {
        let request = client.post("/albums/7?side=3").header("content-type", "multipart/form-data; boundary=x");
        request.body(parts.concat() + "--x--").send()
    };
    let all = multipart(&[
        &part("name=\"tag\"", "a"),
        &photo,
        &part("name=\"tag\"", "b"),
        &part("name=\"title\"", "Harbour"),
        &part("name=\"icon\"; filename=\"i\"\r\nContent-Type: image/png", ""),
        &part("name=\"more\"; filename=\"m\"", "mm"),
        &part("name=\"more\"; filename=\"n\"", ""),
    ]);
    let wanted = r#"7 Harbour ["a", "b"] [1, 2] Some((Some("image/png"), [])) [(Some("m"), 2), (Some("n"), 0)] 3"#;
    assert_eq!(all.text(), wanted);
    // A browser sends this if no file was chosen.
    let none = part("name=\"icon\"; filename=\"\"", "");
    assert_eq!(multipart(&[&photo, &none, &part("name=\"tag\"", "")]).text(), r#"7 untitled [""] [1, 2] None [] 3"#);

    let seats =
        |content_type: &str, body: &str| client.post("/seats").header("content-type", content_type).body(body).send();
    assert_eq!(seats(URLENCODED, "count=3&row=up&other=1").text(), "3 Some(Up)");
    let parts = part("name=\"count\"", "4") + "--x--";
    assert_eq!(seats("multipart/form-data; boundary=x", &parts).text(), "4 None");
    assert_eq!(client.post("/seats").send().text(), "0 None");
}

#[test]
fn the_first_error_of_a_form_in_a_bundle_has_its_status() {
    let client = forms();
    let photo = part("name=\"photo\"; filename=\"a.png\"", "x");
    let tag = part("name=\"tag\"", "a");
    const MULTIPART: &str = "multipart/form-data; boundary=x";
    let cases = [
        ("/albums/7?side=1", MULTIPART, tag.clone(), 400, "the form field photo is missing"),
        ("/albums/7?side=1", MULTIPART, photo, 400, "the form field tag is missing"),
        (
            "/albums/x?side=1",
            "text/csv",
            String::new(),
            400,
            "the path parameter id: expected an integer from 0 to 4294967295, found \\\"x\\\"",
        ),
        ("/albums/7?side=1", URLENCODED, "photo=x".to_owned(), 415, "the content type is not multipart/form-data"),
        (
            "/albums/7?side=1",
            "multipart/form-data",
            String::new(),
            400,
            "the content type has no boundary of 1 to 70 characters",
        ),
        (
            "/albums/7?side=1",
            MULTIPART,
            tag + &part("name=\"photo\"", "x"),
            400,
            "the form field photo: expected a file, found a string",
        ),
        (
            "/seats",
            "application/json",
            "{}".to_owned(),
            415,
            "the content type is not application/x-www-form-urlencoded",
        ),
        (
            "/seats",
            URLENCODED,
            "count=x".to_owned(),
            400,
            "the form field count: expected an integer from 0 to 4294967295, found \\\"x\\\"",
        ),
        (
            "/seats",
            URLENCODED,
            "row=left".to_owned(),
            400,
            "the form field row: expected one of \\\"up\\\", \\\"down\\\", found \\\"left\\\"",
        ),
    ];
    for (target, content_type, body, status, message) in cases {
        let end = if content_type == MULTIPART { "--x--" } else { "" };
        let response = client.post(target).header("content-type", content_type).body(body + end).send();
        assert_eq!(response.text(), format!(r#"{{"statusCode":{status},"message":"{message}"}}"#));
        assert_eq!(response.status(), status);
    }
}
