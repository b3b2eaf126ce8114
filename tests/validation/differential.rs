//! The same requests as Powertools for AWS Lambda (Python) 3.37 answered, to the same app: `powertools.py` made
//! `cases.json`. The responses are equal, but for the table of differences.

use std::collections::{HashMap, HashSet};

use garde::Validate;
use gatewire::extract::{Input, Path};
use gatewire::testing::Client;
use gatewire::validate::Validation;
use gatewire::{App, Json};
use serde::Deserialize;
use serde_json::Value;

use crate::replay::{self, Case, adds_only, kind, list, replay};

#[derive(Deserialize, Input, Default)]
#[serde(rename_all = "lowercase")]
enum Status {
    #[default]
    Open,
    Done,
}

#[derive(Deserialize, Validate, Input)]
struct Addr<'r> {
    #[garde(length(chars, min = 5, max = 8))]
    zip: &'r str,
    #[garde(length(max = 2))]
    #[serde(borrow, default)]
    lines: Vec<&'r str>,
}

#[derive(Deserialize, Validate, Input)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[expect(dead_code)]
enum Pet {
    Cat {
        #[garde(range(max = 9))]
        lives: u32,
    },
    Dog {
        #[garde(skip)]
        good: bool,
    },
}

#[derive(Deserialize, Validate, Input)]
struct Price(#[garde(skip)] u8);

#[derive(Deserialize, Validate, Input)]
struct Todo<'r> {
    #[garde(length(chars, min = 3, max = 10), pattern("^[a-z ]+$"))]
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
    #[serde(borrow, default)]
    tags: Vec<&'r str>,
    #[garde(dive)]
    #[serde(borrow)]
    addr: Option<Addr<'r>>,
    #[garde(skip)]
    #[serde(default)]
    prices: HashMap<String, Price>,
    #[garde(dive)]
    pet: Option<Pet>,
}

fn one() -> i64 {
    1
}

#[derive(Deserialize, Validate, Input)]
#[serde(deny_unknown_fields)]
struct Line {
    #[garde(range(min = 1))]
    count: i64,
    #[garde(skip)]
    note: Option<String>,
}

#[derive(Deserialize, Validate, Input)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Order {
    #[garde(length(min = 1, max = 3), dive)]
    items: Vec<Line>,
    #[garde(skip)]
    point: (i64, i64),
    #[garde(skip)]
    #[serde(default)]
    labels: HashSet<String>,
    #[garde(skip)]
    first_name: String,
}

#[derive(Validate, Input)]
struct Create<'r> {
    #[input(path)]
    #[garde(range(min = 1))]
    id: i128,
    #[input(query)]
    #[garde(range(min = 0, max = 9))]
    page: i64,
    #[input(header = "x-tenant")]
    #[garde(length(chars, min = 2))]
    tenant: &'r str,
    #[input(query = "tag", default)]
    #[garde(skip)]
    tags: Vec<&'r str>,
    #[input(cookie)]
    #[garde(skip)]
    session: Option<i64>,
    #[input(body)]
    #[garde(dive)]
    todo: Todo<'r>,
}

#[derive(Validate, Input)]
struct Search<'r> {
    #[input(query)]
    #[garde(length(chars, min = 2), pattern("^[a-z]+$"))]
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

#[derive(Deserialize, Validate, Input)]
struct Item<'r> {
    #[garde(length(chars, min = 2, max = 4))]
    name: &'r str,
    #[garde(range(max = 10.0))]
    count: f64,
}

#[derive(Validate, Input)]
struct Head<'r> {
    #[input(header = "x-size")]
    #[garde(range(min = 1))]
    size: i64,
    #[input(cookie)]
    #[garde(length(chars, min = 3))]
    theme: &'r str,
    #[input(header = "x-debug")]
    #[garde(skip)]
    debug: Option<bool>,
    #[input(cookie, default = 0)]
    #[garde(range(max = 100))]
    visits: i64,
}

fn client() -> Client {
    let create = |create: Create<'_>| {
        let Todo { title, priority, weight, done, status, tags, addr, prices, pet } = create.todo;
        let counts = (tags.len() + create.tags.len(), prices.values().map(|price| u32::from(price.0)).sum::<u32>());
        let addr = addr.map(|addr| format!("{} {}", addr.zip, addr.lines.len()));
        let known = (matches!(status, Status::Done), pet.is_some(), create.session, create.tenant);
        format!("{} {} {title} {priority} {weight} {done} {counts:?} {addr:?} {known:?}", create.id, create.page)
    };
    let order = |Json(order): Json<Order>| {
        let notes = order.items.iter().filter(|line| line.note.is_some() && line.count > 0).count();
        format!("{notes} {:?} {} {}", order.point, order.labels.len(), order.first_name)
    };
    let search = |own: Search<'_>| {
        format!("{} {} {} {:?} {}", own.q, own.flag, own.ratio, own.ids, matches!(own.sort, Status::Open))
    };
    let head = |own: Head<'_>| format!("{} {} {:?} {}", own.size, own.theme, own.debug, own.visits);
    let app = App::new()
        .validation(Validation::new())
        .post("/todos/{id}", create)
        .post("/orders", order)
        .post("/numbers", |Json(numbers): Json<Vec<i64>>| numbers.len().to_string())
        .get("/search", search)
        .get("/items/{name}/{count}", |Path(item): Path<Item<'_>>| format!("{} {}", item.name, item.count))
        .get("/head", head);
    Client::new(app).unwrap()
}

/// The reasons for differences, and the cases that have them.
const DIFFERENCES: &[(Reason, &[&str])] = &[
    (
        // serde reads a number from a number alone, as pydantic does in its strict mode; so the kind is `int_type`.
        Reason::NoConversions,
        &[
            "todo priority=true",
            "todo priority=1.0",
            "todo priority=\"1\"",
            "todo weight=\"1\"",
            "todo weight=true",
            "todo done=0",
            "todo done=1",
            "todo done=\"true\"",
            "todo done=\"yes\"",
            "todo random 0",
            "todo random 5",
            "todo random 11",
            "todo random 16",
            "todo random 20",
            "todo random 21",
            "todo random 24",
            "todo random 28",
            "todo random 30",
            "todo random 31",
            "todo random 33",
            "todo random 35",
            "todo random 37",
            "todo random 39",
        ],
    ),
    (
        // Parameters are read as Rust reads numbers and booleans: no `1.0`, no blank in front (`+1`), no `yes`.
        Reason::NoConversions,
        &[
            "todo id=1.0",
            "todo query page=1.0",
            "todo query page=+1",
            "search q=ab&flag=1",
            "search q=ab&flag=yes",
            "search q=ab&flag=True",
            "head [[\"x-size\", \"1.0\"], [\"cookie\", \"theme=dark\"]]",
        ],
    ),
    (
        // The last value of a repeated parameter counts, as everywhere in this crate.
        Reason::Repeated,
        &[
            "todo query page=1&page=2",
            "todo query page=1&page=x",
            "todo query page=x&page=1",
            "head [[\"x-size\", \"1\"], [\"x-size\", \"2\"], [\"cookie\", \"theme=dark\"]]",
        ],
    ),
    // serde refuses a repeated field; Python's parser takes its last value.
    (Reason::Refused, &["todo repeated field"]),
    // Integers have the range of their type.
    (Reason::Refused, &["numbers [9223372036854775808]"]),
    // The offset is that of the byte which is wrong; Python's is that of the token around it.
    (Reason::Offset, &["todo syntax \"x", "todo syntax nul"]),
    // The names of media types are compared without regard to case, and `+json` is JSON (RFC 6839 section 3.1).
    (Reason::Accepted, &["todo content type Application/JSON", "todo content type application/problem+json"]),
    // garde's range takes what is not a number.
    (Reason::Accepted, &["search q=ab&ratio=nan"]),
    // A REST API decodes the path, so that the segments are two.
    (Reason::NoRoute, &["todo id=a%2Fb"]),
];

/// Why responses differ, and so what they may be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reason {
    /// All errors of Powertools are listed, and besides them values that it converts.
    NoConversions,
    /// The kind is that of the last value.
    Repeated,
    Refused,
    Accepted,
    Offset,
    NoRoute,
}

impl replay::Reason for Reason {
    fn allows(self, case: &Case, status: u16, detail: &Value) -> bool {
        let (theirs, ours) = (list(&case.detail), list(detail));
        match self {
            Self::NoConversions => {
                let converted = ["int_type", "float_type", "bool_type", "int_parsing", "bool_parsing"];
                status == 422 && adds_only(&converted, &theirs, &ours)
            }
            Self::Repeated => theirs.iter().all(|own| kind(own) == "int_type") && ours.len() <= 1,
            Self::Refused => case.status == 200 && status == 422 && ours.len() == 1,
            Self::Accepted => case.status != 200 && status == 200,
            Self::Offset => theirs.iter().chain(&ours).all(|own| kind(own) == "json_invalid") && status == 422,
            Self::NoRoute => status == 404,
        }
    }
}

#[test]
fn responses_are_those_of_powertools() {
    replay(&client(), include_str!("cases.json"), 300, DIFFERENCES, |body| body.as_bytes().to_vec());
}
