//! Requests that are valid or not: what is refused, and where the errors are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use crate::app::App;
use crate::engine::{Engine, Worker};
use crate::extract::{Input, Query};
use crate::gateway::{HttpRequest, HttpResponse};
use crate::handler::{Json, LambdaContext};
use crate::source::EventSource;
use crate::validate::Validation;

#[allow(clippy::use_self)] // The derive copies the type to where `Self` is another one.
#[derive(Deserialize, garde::Validate, Input)]
#[serde(rename_all = "camelCase")]
struct Order<'r> {
    #[garde(length(chars, min = 2, max = 8))]
    first_name: &'r str,
    #[garde(range(min = 1, max = 9))]
    #[serde(default, alias = "prio")]
    priority: i8,
    #[garde(length(max = 3), inner(length(min = 1)))]
    #[serde(borrow, default)]
    tags: Vec<&'r str>,
    #[garde(dive)]
    next: Option<Box<Order<'r>>>,
    #[garde(dive)]
    pet: Option<Pet>,
    #[garde(skip)]
    #[serde(default)]
    prices: BTreeMap<String, f32>,
    #[garde(skip)]
    #[serde(default)]
    pair: Option<(bool, [u64; 2])>,
    #[garde(dive)]
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize, garde::Validate, Input)]
struct Rest {
    #[garde(range(max = 0.5))]
    ratio: Option<f64>,
    #[garde(skip)]
    mode: Option<Mode>,
}

#[derive(Deserialize, Input)]
enum Mode {
    A,
    B(u8),
    C { of: char },
}

#[derive(Deserialize, garde::Validate, Input)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Pet {
    Cat {
        #[garde(range(max = 9))]
        lives: u8,
    },
    Dog,
}

#[derive(Deserialize, garde::Validate, Input)]
struct Page {
    #[garde(range(min = 1))]
    page: u16,
    #[garde(length(max = 2))]
    #[serde(default)]
    ids: Vec<i64>,
}

fn handle(Query(page): Query<Page>, Json(order): Json<Order<'_>>) -> String {
    // The oracle: the rules as garde checks them by itself.
    let valid = garde::Validate::validate(&page).is_ok() && garde::Validate::validate(&order).is_ok();
    let read = (
        order.pair.is_some(),
        matches!(order.rest.mode, Some(Mode::B(_) | Mode::C { of: _ })),
        page.ids.len() + order.prices.len(),
    );
    assert!(!matches!(order.pet, Some(Pet::Cat { lives }) if valid && lives > 9), "{read:?}");
    valid.to_string()
}

fn app() -> App {
    App::new().post("/", handle)
}

fn send(worker: &mut Worker, request: &HttpRequest) -> (u16, String) {
    let event = request.event(EventSource::HttpApiV2);
    let payload = worker.call_blocking(&event, &LambdaContext::default()).unwrap_or_else(|error| panic!("{error}"));
    let response = HttpResponse::from_payload(EventSource::HttpApiV2, payload).expect("the gateway takes it");
    (response.status, String::from_utf8(response.body).expect("text"))
}

/// A query, a zero and a body: it is refused if the app without validation refuses it, or if garde does.
pub fn validation(data: &[u8]) {
    static ENGINES: OnceLock<[Engine; 2]> = OnceLock::new();
    let build = |app: App| app.build().expect("the app builds");
    let engines = ENGINES.get_or_init(|| [build(app().validation(Validation::new().messages(true))), build(app())]);
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (query, body) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    let query: String = query.iter().map(|byte| format!("%{byte:02X}")).collect();
    let query = query.replace("%26", "&").replace("%3D", "=");
    let request = HttpRequest::new("POST", &format!("/?{query}")).header("Content-Type", "application/json").body(body);
    let (status, text) = send(&mut engines[0].worker(), &request);
    let (plain_status, plain) = send(&mut engines[1].worker(), &request);
    if plain_status == 200 && plain == "true" {
        return assert_eq!((status, &*text), (200, "true"));
    }
    assert_eq!(status, 422, "{plain_status} {plain} {text}");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let details = answer["detail"].as_array().expect("a list");
    assert!(!details.is_empty() && details.len() <= 1000, "{text}");
    let distinct: BTreeSet<String> = details.iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), details.len(), "an error is there twice: {text}");
    let document = serde_json::from_slice::<Value>(body).ok();
    for detail in details {
        assert!(!detail["msg"].as_str().unwrap_or_default().is_empty(), "{detail}");
        let (loc, kind) = (detail["loc"].as_array().expect("a list"), detail["type"].as_str().expect("a string"));
        match loc[0].as_str() {
            Some("query") => assert!(loc.len() >= 2 || kind == "value_error", "{detail}"),
            Some("body") if kind == "json_invalid" => {
                assert!(loc.get(1).is_none_or(|at| at.as_u64().is_some_and(|at| at <= body.len() as u64)), "{detail}");
            }
            Some("body") => follow(document.as_ref(), &loc[1..], kind),
            _ => panic!("{detail}"),
        }
    }
}

/// Follows a place into the document.
fn follow(document: Option<&Value>, loc: &[Value], kind: &str) {
    let Some(mut at) = document else { return };
    for (depth, part) in loc.iter().enumerate() {
        let is_last = depth + 1 == loc.len();
        // The names of variants are no keys.
        if matches!(part.as_str(), Some("cat" | "dog")) {
            continue;
        }
        let next = match (part.as_str(), part.as_u64()) {
            // An alias stands under the name of its field, and long keys are cut.
            (Some("priority"), _) => at.get("priority").or_else(|| at.get("prio")),
            (Some(key), _) if key.contains(['…', '\\']) => return,
            (Some(key), _) => at.get(key),
            (_, Some(index)) => at.get(index as usize),
            _ => panic!("{part}"),
        };
        match next {
            Some(next) => at = next,
            // Rules also hold for the values of absent fields.
            None => {
                let absent = is_last && matches!(kind, "missing" | "value_error");
                return assert!(absent || at.is_array(), "{loc:?} {kind} {document:?}");
            }
        }
    }
}
