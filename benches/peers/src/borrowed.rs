//! Code that a careful programmer writes by hand: serde types that borrow from the payload and leave values unread until a
//! handler asks for them, `matchit`, and serde into a buffer that is reused.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Handle;
use crate::app::{BUSY_HEADERS, Read};
use crate::json::Pairs;
use crate::routes::Methods;

/// An event of any source. Header fields, query and body are validated, and read when a handler asks for them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    #[serde(alias = "method")]
    http_method: Option<&'a str>,
    path: Option<&'a str>,
    #[serde(alias = "raw_path")]
    raw_path: Option<&'a str>,
    #[serde(borrow)]
    headers: Option<&'a RawValue>,
    #[serde(borrow)]
    query_string_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    request_context: Option<Context<'a>>,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow)]
    http: Option<HttpContext<'a>>,
}

#[derive(Deserialize)]
struct HttpContext<'a> {
    method: &'a str,
}

impl<'a> Event<'a> {
    fn method(&self) -> &'a str {
        let context = || self.request_context.as_ref()?.http.as_ref();
        self.http_method.or_else(|| Some(context()?.method)).expect("an event has a method")
    }

    fn path(&self) -> &'a str {
        let target = self.path.or(self.raw_path).expect("an event has a path");
        target.split_once('?').map_or(target, |(path, _)| path)
    }

    /// Returns whether the event has a body, without reading it.
    pub fn has_body(&self) -> bool {
        self.body.is_some()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response<'a> {
    pub status_code: u16,
    pub headers: Headers,
    pub body: &'a str,
    pub is_base64_encoded: bool,
}

#[derive(Serialize)]
pub struct Headers {
    #[serde(rename = "content-type")]
    pub content_type: &'static str,
}

impl<'a> Response<'a> {
    pub fn json(body: &'a str) -> Self {
        let headers = Headers { content_type: "application/json" };
        Self { status_code: 200, headers, body, is_base64_encoded: false }
    }
}

/// The app. Its handlers answer with the first parameter of their rule, or read more.
struct App {
    routes: Methods,
    busy: bool,
    body: Vec<u8>,
    out: Vec<u8>,
}

#[derive(Serialize)]
struct Todo<'a> {
    id: &'a str,
}

pub fn borrowed() -> impl Handle {
    App { routes: Methods::new(), busy: false, body: Vec::new(), out: Vec::new() }
}

pub fn busy() -> impl Handle {
    App { routes: Methods::new(), busy: true, body: Vec::new(), out: Vec::new() }
}

impl Handle for App {
    fn handle(&mut self, payload: &[u8]) -> &[u8] {
        let event: Event = serde_json::from_slice(payload).expect("the event is read");
        let id = self.routes.find(event.method(), event.path()).expect("a route");
        self.body.clear();
        if self.busy {
            serde_json::to_writer(&mut self.body, &read(&event, id)).expect("what was read is JSON");
        } else {
            serde_json::to_writer(&mut self.body, &Todo { id }).expect("a todo is JSON");
        }
        let body = std::str::from_utf8(&self.body).expect("JSON is text");
        self.out.clear();
        serde_json::to_writer(&mut self.out, &Response::json(body)).expect("a response is JSON");
        &self.out
    }
}

fn read<'a>(event: &Event<'a>, id: &'a str) -> Read<'a> {
    let pairs = |raw: Option<&'a RawValue>| -> Pairs<'a> {
        raw.map(|raw| serde_json::from_str(raw.get()).expect("an object of strings")).unwrap_or_default()
    };
    let (headers, query) = (pairs(event.headers), pairs(event.query_string_parameters));
    Read {
        id,
        fields: query.last_borrowed("fields").unwrap_or_default(),
        lang: query.last_borrowed("lang").unwrap_or_default(),
        headers: BUSY_HEADERS.iter().filter_map(|name| headers.last(name)).map(str::len).sum(),
    }
}
