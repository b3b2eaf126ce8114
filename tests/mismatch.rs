//! The messages to clients about bodies, queries and path parameters of a wrong type.
#![allow(dead_code)] // the fields exist only to be read into

use std::collections::HashMap;
use std::num::NonZeroU16;

use gatewire::testing::Client;
use gatewire::{
    App, Error, Request,
    error::{BodyError, MismatchKind, ParamError},
};
use serde::Deserialize;
use serde::de::Error as _;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order<'r> {
    title: &'r str,
    #[serde(default)]
    items: Vec<Item>,
    #[serde(default)]
    point: Option<(f32, f32)>,
    #[serde(default)]
    sort: Option<Sort>,
    #[serde(default)]
    shape: Option<Shape>,
    #[serde(default)]
    stock: HashMap<u16, u32>,
    #[serde(default)]
    names: HashMap<String, bool>,
    #[serde(default)]
    even: Option<Even>,
    #[serde(default)]
    event: Option<Event>,
    #[serde(default)]
    either: Option<Either>,
}

#[derive(Debug, Deserialize)]
struct Item {
    count: u8,
    price: Option<NonZeroU16>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Up,
    Down,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    Circle { radius: f64 },
    Line(i8, i8),
    Name(String),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
enum Event {
    Created { id: u32 },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u32),
    Flag(bool),
}

/// A type with a custom rule, checked after a whole array is read.
#[derive(Debug)]
struct Even(Vec<u32>);

impl<'de> Deserialize<'de> for Even {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let numbers = Vec::deserialize(deserializer)?;
        if numbers.len() % 2 == 0 {
            Ok(Self(numbers))
        } else {
            Err(D::Error::custom("an even number of items\nplease"))
        }
    }
}

fn order(req: Request<'_>) -> Result<String, BodyError> {
    req.body_json::<Order<'_>>().map(|order| format!("{order:?}"))
}

fn message(client: &Client, body: &[u8]) -> String {
    let response = client.post("/").body(body).send();
    assert_eq!(response.status(), 400, "{}", response.text());
    response.json::<serde_json::Value>()["message"].as_str().unwrap().to_owned()
}

#[test]
fn messages_name_the_place_in_a_body_of_another_type() {
    let client = Client::new(App::new().post("/", order)).unwrap();
    for (body, expected) in [
        ("", "the body: expected an object, found null"),
        ("5", "the body: expected an object, found a number"),
        ("[]", "the body: expected an object, found 0 items"),
        ("{}", "title is missing"),
        (r#"{"title":1}"#, "title: expected a string, found a number"),
        (r#"{"title":null}"#, "title: expected a string, found null"),
        (r#"{"title":"a","title":"b"}"#, "title is there more than once"),
        (r#"{"title":"","items":{}}"#, "items: expected an array, found an object"),
        (
            r#"{"title":"","items":[{"count":1},{"count":"2"}]}"#,
            "items[1].count: expected an integer from 0 to 255, found a string",
        ),
        (
            r#"{"title":"","items":[{"count":1},{"count":-1}]}"#,
            "items[1].count: expected an integer from 0 to 255, found -1",
        ),
        (
            r#"{"title":"","items":[{"count":1},{"count":1.5}]}"#,
            "items[1].count: expected an integer from 0 to 255, found 1.5",
        ),
        (r#"{"title":"","items":[{"count":300}]}"#, "items[0].count: expected an integer from 0 to 255, found 300"),
        (
            r#"{"title":"","items":[{"count":1,"x":[[]],"price":0}]}"#,
            "items[0].price: expected an integer from 1 to 65535, found 0",
        ),
        (r#"{"title":"","items":[{"count":1,"x":{"y":[1,{}]}},{}]}"#, "items[1].count is missing"),
        (r#"{"title":"","point":[1,2,3]}"#, "point: expected an array with fewer items, found 3 items"),
        (r#"{"title":"","point":[1]}"#, "point: expected an array of length 2, found 1 item"),
        (r#"{"title":"","point":[1,true]}"#, "point[1]: expected a number, found a boolean"),
        (r#"{"title":"","sort":"left"}"#, "sort: expected one of \"up\", \"down\", found \"left\""),
        (r#"{"title":"","sort":{"left":1}}"#, "sort: expected one of \"up\", \"down\", found \"left\""),
        (r#"{"title":"","sort":7}"#, "sort: expected one of \"up\", \"down\", found a number"),
        (r#"{"title":"","shape":{"circle":{"radius":"1"}}}"#, "shape.circle.radius: expected a number, found a string"),
        (r#"{"title":"","shape":{"circle":{}}}"#, "shape.circle.radius is missing"),
        (r#"{"title":"","shape":{"line":[1]}}"#, "shape.line: expected an array of length 2, found 1 item"),
        (r#"{"title":"","shape":{"name":1}}"#, "shape.name: expected a string, found a number"),
        (r#"{"title":"","stock":{"x":1}}"#, "stock: expected an integer from 0 to 65535, found \"x\""),
        (r#"{"title":"","stock":{"1":""}}"#, "stock.1: expected an integer from 0 to 4294967295, found a string"),
        (r#"{"title":"","names":{"a b":1}}"#, "names[\"a b\"]: expected a boolean, found a number"),
        (r#"{"title":"","even":[1]}"#, "even: an even number of items\\nplease"),
        (r#"{"title":"","even":[1,{}]}"#, "even[1]: expected an integer from 0 to 4294967295, found an object"),
        (r#"{"title":"","event":{}}"#, "event.type is missing"),
        (r#"{"title":"","event":{"type":"Gone"}}"#, "event.type: expected \"Created\", found \"Gone\""),
        (
            r#"{"title":"","event":{"type":"Created","id":""}}"#,
            "event: expected an integer from 0 to 4294967295, found a string",
        ),
        (r#"{"title":"","either":"x"}"#, "either: the value has none of the expected forms"),
    ] {
        assert_eq!(message(&client, body.as_bytes()), expected, "{body}");
    }
    let unknown = message(&client, br#"{"title":"","colour":1}"#);
    assert!(unknown.starts_with("colour is unknown, expected one of \"title\", \"items\", "), "{unknown}");
}

#[test]
fn messages_name_the_place_of_wrong_syntax() {
    let client = Client::new(App::new().post("/", order)).unwrap();
    for (body, offset) in [
        ("nope", 1),
        ("{\"title\":\"a\",}", 13),
        ("{\"title\":\"a\"} x", 14),
        ("{\"title\":\"\\n\\n\\u00e9\\q\"}", 20),
        ("{\"title\":\"a\"", 12),
        ("\u{feff}{}", 0),
        ("{\"title\":01}", 10),
    ] {
        assert_eq!(message(&client, body.as_bytes()), format!("the body is not valid JSON at byte {offset}"), "{body}");
    }
    assert_eq!(message(&client, b"{\"title\":\"\xff\"}"), "the body is not valid JSON at byte 10");
}

#[test]
fn messages_are_short_and_without_control_characters() {
    let client = Client::new(App::new().post("/", order).post("/deep", |req: Request| {
        #[derive(Deserialize)]
        struct Deep {
            #[serde(default)]
            inner: Vec<HashMap<String, Self>>,
            leaf: u8,
        }
        req.body_json::<Deep>().map(|deep| deep.leaf.to_string())
    }))
    .unwrap();
    let key = "k\\u0000\\u202e\\n".repeat(500);
    let mut deep = "{}".to_owned();
    for _ in 0..40 {
        deep = format!(r#"{{"leaf":1,"inner":[{{"{key}":{deep}}}]}}"#);
    }
    for (path, body) in [
        ("/", format!(r#"{{"title":"","{key}":1}}"#)),
        ("/", format!(r#"{{"title":"","sort":"{key}"}}"#)),
        ("/", format!(r#"{{"title":"","names":{{"{key}":1}}}}"#)),
        ("/deep", deep),
    ] {
        let response = client.post(path).body(body).send();
        let message = response.json::<serde_json::Value>()["message"].as_str().unwrap().to_owned();
        assert_eq!(response.status(), 400);
        assert!(message.chars().count() < 700, "{}: {message}", message.len());
        assert!(!message.chars().any(|char| char.is_control() || char == '\u{202e}'), "{message:?}");
        assert!(message.contains('…'), "{message}");
    }
}

#[derive(Debug, Deserialize)]
struct Search<'r> {
    page: u32,
    sort: Option<Sort>,
    #[serde(default)]
    ids: Vec<i8>,
    flag: Option<bool>,
    letter: Option<char>,
    even: Option<Item>,
    #[serde(borrow)]
    text: Option<&'r str>,
}

#[test]
fn queries_name_the_parameter() {
    let app = App::new().get("/", |req: Request| -> Result<String, ParamError> {
        req.query_as::<Search>().map(|found| format!("{found:?}"))
    });
    let client = Client::new(app).unwrap();
    for (query, expected) in [
        ("", "the query parameter page is missing"),
        ("page=x", "the query parameter page: expected an integer from 0 to 4294967295, found \"x\""),
        ("page=-1", "the query parameter page: expected an integer from 0 to 4294967295, found \"-1\""),
        ("page=", "the query parameter page: expected an integer from 0 to 4294967295, found \"\""),
        ("page=1&sort=left", "the query parameter sort: expected one of \"up\", \"down\", found \"left\""),
        ("page=1&ids=1&ids=200", "the query parameter ids: expected an integer from -128 to 127, found \"200\""),
        ("page=1&ids=1,2", "the query parameter ids: expected an integer from -128 to 127, found \"1,2\""),
        ("page=1&flag=yes", "the query parameter flag: expected true or false, found \"yes\""),
        ("page=1&letter=ab", "the query parameter letter: expected a single character, found \"ab\""),
        ("page=1&even=ab", "the query parameter even: expected an object, found a string"),
        ("page=%00%0a", "the query parameter page: expected an integer from 0 to 4294967295, found \"\\u{0}\\n\""),
    ] {
        let response = client.get(&format!("/?{query}")).send();
        let message = response.json::<serde_json::Value>()["message"].as_str().unwrap().to_owned();
        assert_eq!((response.status(), &*message), (400, expected), "{query}");
    }
}

#[test]
fn a_query_reads_as_a_list_of_pairs_too() {
    let app = App::new().get("/", |req: Request| -> Result<String, ParamError> {
        Ok(format!("{:?}", req.query_as::<Vec<(&str, u8)>>()?))
    });
    let client = Client::new(app).unwrap();
    assert_eq!(client.get("/?a=1&b=2").send().text(), r#"[("a", 1), ("b", 2)]"#);
    let response = client.get("/?a=1&b=x").send();
    assert!(response.text().contains("the query parameter b: expected an integer"), "{}", response.text());
}

#[derive(Debug)]
struct Colour;

impl std::str::FromStr for Colour {
    type Err = ();

    fn from_str(_: &str) -> Result<Self, ()> {
        Err(())
    }
}

#[test]
fn path_parameters_are_named() {
    let app = App::new()
        .get("/n/{id}", |req: Request| req.param_as::<u16>("id").map(|id| id.to_string()))
        .get("/z/{id}", |req: Request| req.param_as::<NonZeroU16>("id").map(|id| id.to_string()))
        .get("/a/{address}", |req: Request| req.param_as::<std::net::IpAddr>("address").map(|ip| ip.to_string()))
        .get("/c/{colour}", |req: Request| req.param_as::<Colour>("colour").map(|colour| format!("{colour:?}")));
    let client = Client::new(app).unwrap();
    for (path, expected) in [
        ("/n/x", "the path parameter id: expected an integer from 0 to 65535, found \"x\""),
        ("/z/0", "the path parameter id: expected an integer from 1 to 65535, found \"0\""),
        ("/a/1.2.3", "the path parameter address: expected an IP address, found \"1.2.3\""),
        ("/c/blue", "the path parameter colour: \"blue\" is not valid"),
    ] {
        let response = client.get(path).send();
        let message = response.json::<serde_json::Value>()["message"].as_str().unwrap().to_owned();
        assert_eq!((response.status(), &*message), (400, expected), "{path}");
    }
}

#[test]
fn error_handlers_see_the_parts() {
    let app = App::new()
        .post("/", |req: Request| -> Result<String, Error> { Ok(req.body_json::<Vec<Item>>()?.len().to_string()) })
        .get("/{n}", |req: Request| req.param_as::<u8>("n").map(|n| n.to_string()))
        .on_error(|error: &BodyError, _: Request| {
            let parts = error.mismatch().map(|m| (m.kind(), m.path(), m.expected(), m.found()));
            (422, format!("{parts:?} {:?}", error.offset()))
        })
        .on_error(|error: &ParamError, _: Request| {
            assert_eq!(error.kind(), MismatchKind::Value);
            (404, format!("{} {} {}", error.name(), error.is_path(), error.mismatch().found()))
        });
    let client = Client::new(app).unwrap();
    let response = client.post("/").body(r#"[{"count":1},{"count":[]}]"#).send();
    assert_eq!(response.text(), r#"Some((Type, "[1].count", "an integer from 0 to 255", "an array")) None"#);
    assert_eq!(client.post("/").body("[1,]").send().text(), "None Some(3)");
    assert_eq!(client.get("/256").send().text(), "n true \"256\"");
}
