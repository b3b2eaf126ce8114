//! The memory and the work for an event grow with its length and no faster, whatever it holds.
//!
//! A separate test program with its own `main`: the allocator counts for the whole process, so nothing may run beside it.
//! `growth SHAPE N` handles one event of a shape once: `benches/growth.sh` counts the instructions for events of
//! different lengths. `growth --list-shapes` lists the shapes.

#![allow(unsafe_code)] // a global allocator is unsafe to implement

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gatewire::gateway::HttpRequest;
use gatewire::{App, EventSource, Request, Response, Route, app::Compression, context::LambdaContext, engine::Engine};
use serde::Deserialize;
use serde_json::Value;

struct Counting;

/// Bytes that are allocated now, and the peak.
static BYTES: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(BYTES.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Deserialize)]
struct Search<'r> {
    #[serde(default)]
    page: u32,
    #[serde(borrow, default)]
    tag: Vec<&'r str>,
}

/// Reads everything that a request has, in every way.
fn read(req: Request<'_>) -> Response<'_, String> {
    let mut seen = req.headers().count() + req.query_pairs().count() + req.cookies().count() + req.params().count();
    for name in ["x-none", "user-agent", "cookie"] {
        seen += usize::from(req.header(name).is_some()) + req.header_all(name).count();
        seen += usize::from(req.query(name).is_some()) + usize::from(req.cookie(name).is_some());
    }
    seen += req.query_as::<Search<'_>>().map_or(0, |search| search.page as usize + search.tag.len());
    seen += req.query_as::<BTreeMap<&str, Vec<&str>>>().map_or(0, |map| map.len());
    seen += req.body().map_or(0, <[u8]>::len) + req.body_text().map_or(0, str::len);
    seen += req.body_json::<Value>().is_ok() as usize + req.source_ip().map_or(0, str::len);
    seen += req.context().authorizer().claims().iter().count() + req.stage_variables().iter().count();
    Response::new(format!("{seen} {}", req.body_text().unwrap_or_default()))
}

fn send_back(req: Request<'_>) -> Response<'_, &str> {
    req.headers().fold(Response::new(""), |response, (name, value)| response.header(name, value))
}

fn engine() -> Engine {
    let methods = ["GET", "POST"];
    let app = App::new()
        .compression(Compression::new().threshold(1))
        .method_not_allowed(true)
        .on(methods, "/a/<b>/<c>", read)
        .on(methods, "/x/.+/<b>/.+/y/{rest...}", read)
        .on(methods, "/t/{a}-{b}-{c}.{d}", read)
        .on(methods, "/n/{n:\\d+}", read)
        .get("/sent_back", send_back)
        .route(Route::get("/", read).compress(true));
    let app = app.on(methods, "/{path...}", read);
    let app = if cfg!(feature = "regex") { app.strip_prefix_regex("/prefix") } else { app };
    app.build().unwrap()
}

/// A REST event with these pieces of JSON inserted.
struct Parts {
    path: String,
    headers: String,
    query: String,
    body: String,
    base64: bool,
    more: String,
}

impl Default for Parts {
    fn default() -> Self {
        let none = || "null".to_owned();
        Self { path: "/".to_owned(), headers: none(), query: none(), body: none(), base64: false, more: String::new() }
    }
}

impl Parts {
    fn event(self) -> String {
        let Self { path, headers, query, body, base64, more } = self;
        format!(
            r#"{{"httpMethod":"GET","path":"{path}","headers":{headers},"queryStringParameters":{query},"requestContext":{{}},"body":{body},"isBase64Encoded":{base64}{more}}}"#
        )
    }
}

/// Returns `n` pieces, each made from its number, with brackets and commas.
fn list(open: char, close: char, n: usize, piece: impl Fn(usize) -> String) -> String {
    let mut out = String::from(open);
    for i in 0..n {
        let _ = write!(out, "{}{}", if i == 0 { "" } else { "," }, piece(i));
    }
    out.push(close);
    out
}

type Shape = (&'static str, fn(usize) -> String);

/// Events of about `n` bytes, each of a kind that slows a careless reader down.
const SHAPES: &[Shape] = &[
    ("headers", |n| {
        let headers = list('{', '}', n / 16, |i| format!(r#""x-{i:06}":"v""#));
        Parts { headers, ..Parts::default() }.event()
    }),
    ("same_header", |n| {
        let headers = list('{', '}', n / 16, |_| r#""user-agent":"v""#.to_owned());
        Parts { headers, ..Parts::default() }.event()
    }),
    ("headers_sent_back", |n| {
        let headers = list('{', '}', n / 16, |i| format!(r#""x-{i:06}":"v""#));
        Parts { path: "/sent_back".to_owned(), headers, ..Parts::default() }.event()
    }),
    // Two maps with different names, or with the same names in another order.
    ("two_maps", |n| {
        let headers = list('{', '}', n / 48, |i| format!(r#""x-{i:06}":"v""#));
        let multi = list('{', '}', n / 48, |i| format!(r#""X-{:06}":["v"]"#, n - 2 * i));
        let more = format!(r#","multiValueHeaders":{multi},"multiValueQueryStringParameters":{multi}"#);
        Parts { query: headers.clone(), headers, more, ..Parts::default() }.event()
    }),
    // The event that the local gateway makes of a request with many names.
    ("headers_by_http", |n| {
        let request =
            (0..n / 16).fold(HttpRequest::new("GET", "/"), |request, i| request.header(format!("X-{i}"), "v"));
        String::from_utf8(request.event(EventSource::RestApi)).expect("JSON is text")
    }),
    ("query_by_http", |n| {
        let query = list('?', '&', n / 16, |i| format!("q{i}=%41")).replace(',', "&");
        String::from_utf8(HttpRequest::new("GET", &format!("/{query}")).event(EventSource::RestApi))
            .expect("JSON is text")
    }),
    ("header_escapes", |n| {
        let headers = format!(r#"{{"user-agent":"{}"}}"#, "\\u0041".repeat(n / 6));
        Parts { headers, ..Parts::default() }.event()
    }),
    ("encodings", |n| {
        let headers = format!(r#"{{"accept-encoding":"{}gzip"}}"#, "x;q=0.5,".repeat(n / 8));
        Parts { headers, ..Parts::default() }.event()
    }),
    ("cookies", |n| {
        let headers = format!(r#"{{"cookie":"{}"}}"#, "a=b;".repeat(n / 4));
        Parts { headers, ..Parts::default() }.event()
    }),
    ("query", |n| {
        let query = list('{', '}', n / 16, |i| format!(r#""q{i:06}":"a b""#));
        Parts { query, ..Parts::default() }.event()
    }),
    ("raw_query", |n| {
        let mut query = String::new();
        for i in 0..n / 12 {
            let _ = write!(query, "&%41{i:06}=+%");
        }
        http(&format!(r#""rawPath":"/","rawQueryString":"{query}""#))
    }),
    ("raw_query_one_name", |n| http(&format!(r#""rawPath":"/","rawQueryString":"{}""#, "tag=%41&".repeat(n / 8)))),
    ("raw_query_blanks", |n| http(&format!(r#""rawPath":"/","rawQueryString":"{}""#, "&".repeat(n)))),
    ("path", |n| Parts { path: format!("/{}", "a".repeat(n)), ..Parts::default() }.event()),
    ("segments", |n| Parts { path: "/x".repeat(n / 2), ..Parts::default() }.event()),
    ("slashes", |n| Parts { path: "/".repeat(n), ..Parts::default() }.event()),
    ("escaped_slashes", |n| Parts { path: format!("/{}", "%2f".repeat(n / 3)), ..Parts::default() }.event()),
    ("dashes", |n| Parts { path: format!("/t/{}", "-".repeat(n)), ..Parts::default() }.event()),
    ("prefixes", |n| Parts { path: "/prefix%2f".repeat(n / 10), ..Parts::default() }.event()),
    ("bad_path", |n| Parts { path: format!("/{}%", "%41".repeat(n / 3)), ..Parts::default() }.event()),
    ("body", |n| Parts { body: format!("{:?}", "x".repeat(n)), ..Parts::default() }.event()),
    ("body_escapes", |n| Parts { body: format!("\"{}\"", "\\\"".repeat(n / 2)), ..Parts::default() }.event()),
    ("body_pairs", |n| Parts { body: format!("\"{}\"", "\\ud83d\\ude00".repeat(n / 12)), ..Parts::default() }.event()),
    ("body_base64", |n| {
        Parts { body: format!("\"{}\"", "eCsv".repeat(n / 4)), base64: true, ..Parts::default() }.event()
    }),
    ("body_bad_base64", |n| {
        Parts { body: format!("\"{}!\"", "eCsv".repeat(n / 4)), base64: true, ..Parts::default() }.event()
    }),
    ("body_json", |n| {
        let json = list('[', ']', n / 8, |_| r#"{\"a\":1}"#.to_owned());
        Parts { body: format!("\"{json}\""), ..Parts::default() }.event()
    }),
    ("body_brackets", |n| Parts { body: format!("\"{}\"", "[".repeat(n)), ..Parts::default() }.event()),
    ("body_keys", |n| {
        let json = list('{', '}', n / 12, |_| r#"\"key\":null"#.to_owned());
        Parts { body: format!("\"{json}\""), ..Parts::default() }.event()
    }),
    ("unknown", |n| {
        let more = format!(",\"x\":{}", list('[', ']', n / 8, |_| "{\"a\":1}".to_owned()));
        Parts { more, ..Parts::default() }.event()
    }),
    ("unknown_keys", |n| {
        let mut more = String::new();
        for i in 0..n / 14 {
            let _ = write!(more, ",\"k{i:06}\":\"\"");
        }
        Parts { more, ..Parts::default() }.event()
    }),
    ("repeated_keys", |n| Parts { more: ",\"path\":\"/\"".repeat(n / 11), ..Parts::default() }.event()),
    ("escaped_keys", |n| Parts { more: ",\"p\\u0061th\":\"/\"".repeat(n / 16), ..Parts::default() }.event()),
    ("deep", |n| {
        let nest = format!("{}{}", "[".repeat(126), "]".repeat(126));
        let more = format!(",\"x\":{}", list('[', ']', n / 252, |_| nest[..125].to_owned() + &nest[127..]));
        Parts { more, ..Parts::default() }.event()
    }),
    ("number", |n| Parts { more: format!(",\"x\":0.{}", "1".repeat(n)), ..Parts::default() }.event()),
    ("numbers", |n| {
        let more = format!(",\"x\":{}", list('[', ']', n / 8, |_| "1.5e-30".to_owned()));
        Parts { more, ..Parts::default() }.event()
    }),
    ("spaces", |n| Parts { more: " ".repeat(n), ..Parts::default() }.event()),
    // Not JSON: the reader looks for the fault byte by byte.
    ("unclosed", |n| Parts { more: format!(",\"x\":\"{}", "x".repeat(n)), ..Parts::default() }.event()),
    ("backslashes", |n| Parts { more: format!(",\"x\":\"{}", "\\".repeat(n)), ..Parts::default() }.event()),
    ("quotes", |n| Parts { more: "\"".repeat(n), ..Parts::default() }.event()),
    ("brackets", |n| "[".repeat(n)),
    ("open", |n| "{\"a\":".repeat(n / 5)),
    ("late_fault", |n| {
        Parts { more: format!(",\"x\":{},", list('[', ']', n / 4, |_| "1.5".to_owned())), ..Parts::default() }.event()
    }),
    ("not_utf8_late", |n| {
        let more = format!(",\"x\":\"{}\\ud800\"", "\u{e9}".repeat(n / 2));
        Parts { more, ..Parts::default() }.event()
    }),
];

fn http(fields: &str) -> String {
    format!(r#"{{{fields},"requestContext":{{"http":{{"method":"GET"}},"stage":"$default"}}}}"#)
}

/// Returns the peak of bytes that a fresh worker holds while it handles the event.
fn peak(engine: &Engine, event: &str) -> usize {
    let before = BYTES.load(Relaxed);
    PEAK.store(before, Relaxed);
    let mut worker = engine.worker();
    if let Err(error) = worker.call_blocking(event.as_bytes(), &LambdaContext::default()) {
        assert_ne!(error.error_type(), "Panic", "{error}");
    }
    PEAK.load(Relaxed) - before
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [list] if list == "--list-shapes" => SHAPES.iter().for_each(|(name, _)| println!("{name}")),
        [shape, n] if !shape.starts_with("--") => {
            let (_, make) = SHAPES.iter().find(|(name, _)| name == shape).expect("a shape");
            peak(&engine(), &make(n.parse().expect("a number")));
        }
        _ => check_all(),
    }
}

fn check_all() {
    let engine = engine();
    for (name, make) in SHAPES {
        let (small, large) = (make(20_000), make(80_000));
        let (less, more) = (peak(&engine, &small), peak(&engine, &large));
        // Buffers double, so the steps are coarse; some shapes take a few bytes for each element.
        let per_byte = more as f64 / large.len() as f64;
        println!("{name:<20} {per_byte:>5.1} bytes for each byte, {less} for {}", small.len());
        assert!(
            more <= 8 * less.max(32 * 1024),
            "{name}: {less} bytes for {}, {more} for {}",
            small.len(),
            large.len()
        );
        assert!(per_byte < 160.0, "{name}: {more} bytes for {}", large.len());
    }
    println!("test result: ok. {} passed; 0 failed; 0 ignored", SHAPES.len());
}
