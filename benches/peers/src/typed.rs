//! Forms, files and checked JSON as typed arguments: gatewire beside axum's extractors and garde on `lambda_http`.
//!
//! Each engine takes the event of an HTTP API and returns its response, as a function that is deployed does.

use axum::extract::Multipart;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use base64::Engine as _;
use garde::Validate;
use gatewire::App;
use gatewire::extract::Input;
use gatewire::form::Part;
use gatewire::validate::Validation;
use serde::{Deserialize, Serialize};

use crate::{Handle, lambda_http};

/// The boundary of the multipart forms.
pub const BOUNDARY: &str = "----WebKitFormBoundary7MA4YWxkTrZu0gW";

/// The response of all handlers.
#[derive(Serialize)]
struct Sum {
    id: usize,
}

// ---- gatewire

#[derive(Validate, Input)]
struct Fields<'r> {
    #[input(form)]
    #[garde(length(chars, min = 2, max = 20), ascii)]
    name: &'r str,
    #[input(form)]
    #[garde(range(min = 18, max = 120))]
    age: u8,
    #[input(form = "tag")]
    #[garde(length(max = 3))]
    tag: Option<&'r str>,
    #[input(form)]
    #[garde(length(max = 20_000))]
    note: &'r str,
}

#[derive(Validate, Input)]
struct Upload<'r> {
    #[input(form)]
    #[garde(length(chars, min = 2, max = 40))]
    title: &'r str,
    #[input(file)]
    #[garde(skip)]
    file: Part<'r>,
    #[input(form)]
    #[garde(length(max = 100))]
    note: &'r str,
}

#[derive(Deserialize, Validate, Input)]
struct Todo<'r> {
    #[garde(length(chars, min = 3, max = 80), ascii)]
    title: &'r str,
    #[garde(range(min = 1, max = 5))]
    priority: u8,
    #[garde(length(max = 8), inner(length(min = 1)))]
    #[serde(borrow)]
    tags: Vec<&'r str>,
    #[garde(length(max = 20), dive)]
    #[serde(borrow)]
    lines: Vec<Line<'r>>,
}

#[derive(Deserialize, Validate, Input)]
struct Line<'r> {
    #[garde(range(min = 1))]
    count: u32,
    #[garde(length(max = 40))]
    note: &'r str,
}

/// gatewire, with validation on.
pub fn gatewire() -> impl Handle {
    let fields = |own: Fields<'_>| {
        gatewire::Json(Sum { id: own.name.len() + usize::from(own.age) + own.tag.map_or(0, str::len) + own.note.len() })
    };
    let upload = |own: Upload<'_>| gatewire::Json(Sum { id: own.title.len() + own.file.bytes.len() + own.note.len() });
    let todo = |gatewire::Json(own): gatewire::Json<Todo<'_>>| {
        let lines = own.lines.iter().map(|line| line.count as usize + line.note.len()).sum::<usize>();
        gatewire::Json(Sum { id: own.title.len() + usize::from(own.priority) + own.tags.len() + lines })
    };
    let app =
        App::new().validation(Validation::new()).post("/fields", fields).post("/upload", upload).post("/todo", todo);
    crate::gatewire(&app.build().expect("the app builds"))
}

// ---- axum and garde

#[derive(Deserialize, Validate)]
struct OwnedFields {
    #[garde(length(chars, min = 2, max = 20), ascii)]
    name: String,
    #[garde(range(min = 18, max = 120))]
    age: u8,
    #[garde(length(max = 3))]
    tag: Option<String>,
    #[garde(length(max = 20_000))]
    note: String,
}

#[derive(Default, Validate)]
struct OwnedUpload {
    #[garde(length(chars, min = 2, max = 40))]
    title: String,
    #[garde(skip)]
    file: axum::body::Bytes,
    #[garde(length(max = 100))]
    note: String,
}

#[derive(Deserialize, Validate)]
struct OwnedTodo {
    #[garde(length(chars, min = 3, max = 80), ascii)]
    title: String,
    #[garde(range(min = 1, max = 5))]
    priority: u8,
    #[garde(length(max = 8), inner(length(min = 1)))]
    tags: Vec<String>,
    #[garde(length(max = 20), dive)]
    lines: Vec<OwnedLine>,
}

#[derive(Deserialize, Validate)]
struct OwnedLine {
    #[garde(range(min = 1))]
    count: u32,
    #[garde(length(max = 40))]
    note: String,
}

/// 422 and the report of garde, as examples of axum answer.
fn refused(report: garde::Report) -> axum::response::Response {
    (StatusCode::UNPROCESSABLE_ENTITY, report.to_string()).into_response()
}

async fn fields(axum::Form(own): axum::Form<OwnedFields>) -> Result<axum::Json<Sum>, axum::response::Response> {
    own.validate().map_err(refused)?;
    let tag = own.tag.map_or(0, |tag| tag.len());
    Ok(axum::Json(Sum { id: own.name.len() + usize::from(own.age) + tag + own.note.len() }))
}

async fn upload(mut form: Multipart) -> Result<axum::Json<Sum>, axum::response::Response> {
    let mut own = OwnedUpload::default();
    while let Some(field) = form.next_field().await.map_err(IntoResponse::into_response)? {
        match field.name() {
            Some("title") => own.title = field.text().await.map_err(IntoResponse::into_response)?,
            Some("file") => own.file = field.bytes().await.map_err(IntoResponse::into_response)?,
            Some("note") => own.note = field.text().await.map_err(IntoResponse::into_response)?,
            _ => {}
        }
    }
    own.validate().map_err(refused)?;
    Ok(axum::Json(Sum { id: own.title.len() + own.file.len() + own.note.len() }))
}

async fn todo(axum::Json(own): axum::Json<OwnedTodo>) -> Result<axum::Json<Sum>, axum::response::Response> {
    own.validate().map_err(refused)?;
    let lines = own.lines.iter().map(|line| line.count as usize + line.note.len()).sum::<usize>();
    Ok(axum::Json(Sum { id: own.title.len() + usize::from(own.priority) + own.tags.len() + lines }))
}

/// axum's extractors and garde, on `lambda_http`.
pub fn axum() -> impl Handle {
    lambda_http::of_router(
        axum::Router::new().route("/fields", post(fields)).route("/upload", post(upload)).route("/todo", post(todo)),
    )
}

/// The whole body as one piece of a stream, which is the best case of multer.
pub fn with_multer(body: &axum::body::Bytes) -> usize {
    let body = body.clone();
    let stream = futures_util::stream::once(async move { Ok::<_, std::convert::Infallible>(body) });
    let mut form = multer::Multipart::new(stream, BOUNDARY);
    let read = async {
        let mut total = 0;
        while let Some(field) = form.next_field().await.expect("the form is well-formed") {
            total += field.name().map_or(0, str::len) + field.bytes().await.expect("the part is whole").len();
        }
        total
    };
    futures_util::FutureExt::now_or_never(read).expect("the body is in memory")
}

// ---- events

/// The cases: their names, and the status of the response.
pub const CASES: [(&str, u16); 6] =
    [("fields", 200), ("note", 200), ("parts", 200), ("file", 200), ("json", 200), ("refused", 422)];

/// The event of a case.
pub fn event(case: &str) -> Vec<u8> {
    let note = |repeats| "hello+world%21".repeat(repeats);
    let line = r#"{"count":2,"note":"two of them"}"#;
    let todo = |priority| {
        let lines = [line; 10].join(",");
        format!(r#"{{"title":"buy milk","priority":{priority},"tags":["a","bb"],"lines":[{lines}]}}"#).into_bytes()
    };
    let form = |repeats| format!("name=Ada+Lovelace&age=36&tag=a&note={}", note(repeats)).into_bytes();
    let urlencoded = "application/x-www-form-urlencoded";
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    let (path, content_type, body) = match case {
        "fields" => ("/fields", urlencoded, form(2)),
        "note" => ("/fields", urlencoded, form(740)),
        "parts" => ("/upload", &*multipart, parts(1 << 10)),
        "file" => ("/upload", &*multipart, parts(100 << 10)),
        "json" => ("/todo", "application/json", todo(2)),
        "refused" => ("/todo", "application/json", todo(9)),
        _ => panic!("no case {case}"),
    };
    let is_base64 = content_type != "application/json";
    let body = match is_base64 {
        true => base64::engine::general_purpose::STANDARD.encode(body),
        false => String::from_utf8(body).expect("JSON is text"),
    };
    let event = serde_json::json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": content_type, "host": "example.com", "user-agent": "bench"},
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "example.com", "domainPrefix": "a", "requestId": "r",
            "routeKey": "$default", "stage": "$default", "time": "26/Nov/2026:00:00:00 +0000", "timeEpoch": 1,
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "bench"},
        },
        "body": body, "isBase64Encoded": is_base64,
    });
    event.to_string().into_bytes()
}

/// A form of a title, a file and a note, with this many bytes altogether.
pub fn parts(size: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, bytes) in [("title", "", 20), ("file", "; filename=\"a.bin\"", size - 60), ("note", "", 40)] {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        let limit = if file.is_empty() { 26 } else { 251 };
        body.extend((0..bytes).map(|at: usize| (at * 7 % limit) as u8 + if file.is_empty() { b'a' } else { 0 }));
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}
