//! Forms through every gateway, and random forms compared with `form_urlencoded` and `multer`.

use std::collections::BTreeMap;

use futures_util::FutureExt;
use gatewire::error::{BodyError, FormError, MultipartFault};
use gatewire::extract::{Form, Multipart};
use gatewire::form::{MAX_FIELDS, MAX_PARTS, Part};
use gatewire::testing::{Client, sources};
use gatewire::{App, HttpError, Json, Request, Router};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

const URLENCODED: &str = "application/x-www-form-urlencoded";

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Order<'r> {
    dish: &'r str,
    count: u8,
    #[serde(borrow, default)]
    extra: Vec<&'r str>,
    #[serde(default)]
    gift: Option<bool>,
}

fn order(req: Request<'_>) -> Result<Json<Order<'_>>, FormError> {
    req.form_as().map(Json)
}

#[derive(Serialize)]
struct Seen<'r> {
    name: &'r str,
    file_name: Option<&'r str>,
    content_type: Option<&'r str>,
    bytes: &'r [u8],
}

impl<'r> From<Part<'r>> for Seen<'r> {
    fn from(Part { name, file_name, content_type, bytes, .. }: Part<'r>) -> Self {
        Self { name, file_name, content_type, bytes }
    }
}

fn parts(req: Request<'_>) -> Result<Json<Vec<Seen<'_>>>, FormError> {
    Ok(Json(req.multipart()?.map(Seen::from).collect()))
}

fn client() -> Client {
    let fields = |req: Request| req.reply(req.form_fields().map(|fields| Json(fields.collect::<Vec<_>>())));
    let app = App::new().post("/orders", order).post("/parts", parts).post("/fields", fields);
    Client::new(app).unwrap()
}

#[test]
fn a_form_is_a_value_through_every_gateway() {
    let client = client();
    for source in sources() {
        let form = client.post("/orders").source(source).header("content-type", URLENCODED);
        let response = form.body("dish=pad+thai&count=2&extra=%C3%A9%22&extra=%2B&count=3").send();
        assert_eq!(response.status(), 200, "{source:?} {}", response.text());
        assert_eq!(response.text(), r#"{"dish":"pad thai","count":3,"extra":["é\"","+"],"gift":null}"#, "{source:?}");
    }
}

gatewire::input!(Order<'r>);

fn order_as_argument(Form(Order { dish, count, .. }): Form<Order<'_>>) -> String {
    format!("{count} {dish}")
}

async fn parts_as_argument(form: Multipart<'_>) -> String {
    form.map(|part| part.name).collect::<Vec<_>>().join(", ")
}

fn perhaps(form: Option<Multipart<'_>>) -> String {
    form.map(|form| form.len().to_string()).unwrap_or_default()
}

#[test]
fn forms_are_arguments_of_handlers() {
    let app = App::new().post("/orders", order_as_argument).post("/parts", parts_as_argument);
    let client = Client::new(app.post("/perhaps", perhaps)).unwrap();
    let body = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--x--";
    for (path, content_type, body, status, text) in [
        ("/orders", URLENCODED, "dish=a+b&count=2", 200, "2 a b"),
        ("/orders", URLENCODED, "dish=a+b", 400, r#"{"statusCode":400,"message":"the form field count is missing"}"#),
        ("/parts", "multipart/form-data; boundary=x", body, 200, "a"),
        (
            "/parts",
            URLENCODED,
            body,
            415,
            r#"{"statusCode":415,"message":"the content type is not multipart/form-data"}"#,
        ),
        ("/perhaps", "multipart/form-data; boundary=x", body, 200, "1"),
    ] {
        let response = client.post(path).header("content-type", content_type).body(body).send();
        assert_eq!((response.status(), response.text()), (status, text), "{path}");
    }
    assert_eq!(client.post("/perhaps").send().text(), "");
}

#[test]
fn parts_come_unchanged_through_every_gateway() {
    let client = client();
    let bytes: Vec<u8> = (0..=255).collect();
    let mut body = b"--x\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\n\xc3\xa9\r\n--x\r\n\
        Content-Disposition: form-data; name=\"f\"; filename=\"a.bin\"\r\nContent-Type: a/b\r\n\r\n"
        .to_vec();
    body.extend_from_slice(&bytes);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let wanted = serde_json::json!([
        {"name": "t", "file_name": null, "content_type": null, "bytes": "é".as_bytes()},
        {"name": "f", "file_name": "a.bin", "content_type": "a/b", "bytes": bytes},
    ]);
    for source in sources() {
        let form = client.post("/parts").source(source).header("Content-Type", "multipart/form-data; boundary=\"x\"");
        let response = form.body(body.clone()).send();
        assert_eq!(response.status(), 200, "{source:?} {}", response.text());
        assert_eq!(response.json::<serde_json::Value>(), wanted, "{source:?}");
    }
}

#[test]
fn a_wrong_form_is_answered_with_its_status() {
    let client = client();
    let many = "a&".repeat(MAX_FIELDS + 1);
    for (path, content_type, body, status, message) in [
        ("/orders", "application/json", "{}", 415, "the content type is not application/x-www-form-urlencoded"),
        ("/orders", URLENCODED, "", 400, "the form field dish is missing"),
        (
            "/orders",
            URLENCODED,
            "dish=a&count=300",
            400,
            r#"the form field count: expected an integer from 0 to 255, found "300""#,
        ),
        ("/orders", URLENCODED, "dish=%ff&count=1", 400, "the form is not UTF-8 text"),
        ("/fields", URLENCODED, &many, 413, "the form has more than 1024 fields"),
        ("/parts", URLENCODED, "a=b", 415, "the content type is not multipart/form-data"),
        ("/parts", "multipart/form-data", "--x--", 400, "the content type has no boundary of 1 to 70 characters"),
        (
            "/parts",
            "multipart/form-data; boundary=x",
            "--y--",
            400,
            "the multipart form is malformed at byte 0: the boundary is missing",
        ),
    ] {
        let response = client.post(path).header("content-type", content_type).body(body).send();
        let wanted = serde_json::json!({"statusCode": status, "message": message});
        assert_eq!((response.status(), response.json::<serde_json::Value>()), (status, wanted), "{body:.80}");
    }
    assert_eq!(client.post("/orders").send().status(), 415);
    assert_eq!(client.post("/parts").send().status(), 415);
}

#[test]
fn a_body_that_is_not_base64_is_400() {
    let event = client().post("/orders").header("content-type", URLENCODED).body("dish=a&count=1").event();
    let mut event: serde_json::Value = serde_json::from_slice(&event).unwrap();
    event["isBase64Encoded"] = true.into();
    event["body"] = "!".into();
    let app = App::new().post("/orders", order).on_error(|error: &FormError, _: Request| {
        assert_eq!(*error, FormError::Body(BodyError::Base64));
        (error.status(), error.to_string())
    });
    let mut worker = app.build().unwrap().worker();
    let payload = event.to_string();
    let answer = worker.call_blocking(payload.as_bytes(), &gatewire::testing::lambda_context()).unwrap();
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap();
    assert_eq!((&answer["statusCode"], &answer["body"]), (&400.into(), &"the body is not valid base64".into()));
}

#[test]
fn error_handlers_see_the_error() {
    let router = Router::new().post("/orders", order).on_error(|error: &FormError, _: Request| {
        let place = error.mismatch().map_or("", |mismatch| mismatch.path()).to_owned();
        HttpError::unprocessable_content(place)
    });
    let client = Client::new(App::new().include("/v1", router)).unwrap();
    let form = client.post("/v1/orders").header("content-type", URLENCODED).body("dish=a&count=x");
    let response = form.send();
    assert_eq!((response.status(), response.json::<serde_json::Value>()["message"].as_str()), (422, Some("count")));
}

// ---- random forms

/// Calls `read` with a request that has this form.
fn with_form<T: Send + 'static>(content_type: &str, body: &[u8], read: fn(Request<'_>) -> T) -> T {
    let (sender, receiver) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let app = App::new().post("/", move |req: Request| sender.lock().unwrap().send(read(req)).unwrap());
    let client = Client::new(app).unwrap();
    client.post("/").header("content-type", content_type).body(body).send();
    receiver.recv().unwrap()
}

fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("GATEWIRE_CASES").map_or(default, |cases| cases.parse().expect("a number"));
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

type Pairs = Vec<(String, String)>;
type Parts = Vec<(String, Option<String>, Option<String>, Vec<u8>)>;

fn read_fields(req: Request<'_>) -> Result<Pairs, FormError> {
    Ok(req.form_fields()?.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn read_lists(req: Request<'_>) -> Result<BTreeMap<String, Vec<String>>, FormError> {
    req.form_as()
}

fn read_parts(req: Request<'_>) -> Result<Parts, FormError> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let parts = req.multipart()?;
    Ok(parts.map(|p| (p.name.to_owned(), owned(p.file_name), owned(p.content_type), p.bytes.to_vec())).collect())
}

fn multer_parts(boundary: &str, body: &[u8]) -> Option<Parts> {
    let body = body.to_vec();
    let stream = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(body)]);
    let mut form = multer::Multipart::new(stream, boundary);
    let read = async {
        let mut parts = Parts::new();
        while let Some(field) = form.next_field().await.ok()? {
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(str::to_owned);
            let content_type =
                field.headers().get("content-type").map(|own| String::from_utf8_lossy(own.as_bytes()).into_owned());
            parts.push((name, file_name, content_type, field.bytes().await.ok()?.to_vec()));
        }
        Some(parts)
    };
    read.now_or_never().expect("the body is all there")
}

/// Contents that look like boundaries in part.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r\n".to_vec()),
        Just(b"\r\n--".to_vec()),
        Just(b"--B".to_vec()),
        Just(b"\r\n-".to_vec()),
        Just(b"\r".to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

type Generated = (String, Option<String>, Option<String>, Vec<u8>);

fn generated() -> impl Strategy<Value = Vec<Generated>> {
    let name = "([a-zA-Z0-9é€ ;=:.%()\\[\\]-]|%22|%0[AaDd]){0,12}";
    let media_type = prop::option::of("[a-z]{1,5}/[a-z]{1,5}");
    prop::collection::vec((name, prop::option::of(name), media_type, content()), 0..6)
}

fn encode(parts: &[Generated], boundary: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file_name, content_type, bytes) in parts {
        body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"").into_bytes());
        body.extend(file_name.iter().flat_map(|name| format!("; filename=\"{name}\"").into_bytes()));
        body.extend(content_type.iter().flat_map(|own| format!("\r\nContent-Type: {own}").into_bytes()));
        body.extend(b"\r\n\r\n");
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").into_bytes());
    body
}

#[test]
fn random_fields_are_those_of_the_reference() {
    proptest!(cases(150), |(pairs in prop::collection::vec((".{0,8}", ".{0,8}"), 0..12))| {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        prop_assert_eq!(with_form(URLENCODED, body.as_bytes(), read_fields), Ok(pairs.clone()), "{}", &body);
        let mut lists = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in pairs {
            lists.entry(name).or_default().push(value);
        }
        prop_assert_eq!(with_form(URLENCODED, body.as_bytes(), read_lists), Ok(lists), "{}", body);
    });
}

#[test]
fn random_parts_are_those_that_were_sent_and_those_of_multer() {
    proptest!(cases(150), |(parts in generated())| {
        let boundary = "----Bdry7MA4YWxk";
        let body = encode(&parts, boundary);
        let own = with_form(&format!("multipart/form-data; boundary={boundary}"), &body, read_parts);
        prop_assert_eq!(own, Ok(as_browsers_mean(&parts)), "{}", String::from_utf8_lossy(&body));
        prop_assert_eq!(Some(parts), multer_parts(boundary, &body));
    });
}

/// Decodes the three escapes that browsers use in names. multer leaves them encoded.
fn as_browsers_mean(parts: &[Generated]) -> Parts {
    let name = |name: &str| {
        [("%22", "\""), ("%0D", "\r"), ("%0d", "\r"), ("%0A", "\n"), ("%0a", "\n")]
            .into_iter()
            .fold(name.to_owned(), |name, (escape, character)| name.replace(escape, character))
    };
    let part = |(own, file, content_type, bytes): &Generated| {
        (name(own), file.as_deref().map(name), content_type.clone(), bytes.clone())
    };
    parts.iter().map(part).collect()
}

#[test]
fn names_that_look_like_escapes_are_decoded() {
    let sent = |name: &str| vec![(name.to_owned(), Some(name.to_owned()), None, Vec::new())];
    let body = encode(&sent("%0D%0a%22%25%2"), "B7");
    let own = with_form("multipart/form-data; boundary=B7", &body, read_parts);
    assert_eq!(own, Ok(sent("\r\n\"%25%2")));
    assert_eq!(multer_parts("B7", &body), Some(sent("%0D%0a%22%25%2")));
}

/// With one byte changed or removed, or the end cut off: a body is refused by both, or read alike.
#[test]
fn damaged_bodies_are_read_as_multer_reads_them() {
    proptest!(cases(400), |(parts in generated(), place in any::<prop::sample::Index>(), damage in 0..3, byte in any::<u8>())| {
        let mut body = encode(&parts, "B7");
        let at = place.index(body.len());
        match damage {
            0 => body[at] = byte,
            1 => drop(body.remove(at)),
            _ => body.truncate(at),
        }
        let shown = String::from_utf8_lossy(&body).into_owned();
        let own = with_form("multipart/form-data; boundary=B7", &body, read_parts);
        match (own, multer_parts("B7", &body)) {
            (Ok(own), Some(theirs)) => {
                prop_assert_eq!(own.len(), theirs.len(), "{}", &shown);
                for (own, theirs) in own.iter().zip(&theirs) {
                    prop_assert_eq!(&own.3, &theirs.3, "{}", &shown);
                }
            }
            (Ok(_), None) => prop_assert!(false, "multer refuses {shown}"),
            (Err(FormError::Multipart { kind, .. }), Some(_)) => {
                // multer takes a part without a name, bare line feeds in a head, and other dispositions.
                prop_assert!(matches!(kind, MultipartFault::Head | MultipartFault::NoName), "{kind:?}: {shown}");
            }
            (Err(error), Some(_)) => prop_assert_eq!(error, FormError::NotUtf8, "{}", &shown),
            (Err(_), None) => {}
        }
    });
}

// ---- hostile forms

/// The work may not grow faster than the body: counted by the searches that a quadratic reader would do. Bodies of 2 MB
/// would take minutes then.
#[test]
fn hostile_bodies_are_read_to_their_end() {
    let megabytes = 2 << 20;
    let boundary = "-".repeat(69) + "x";
    let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=a\r\n\r\n");
    let content_type = format!("multipart/form-data; boundary={boundary}");
    for filler in ["-", "\r\n--", "\r\n", "\r\n-----------------------------------------------------------------------"]
    {
        let content = filler.repeat(megabytes / filler.len());
        let body = format!("{head}{content}\r\n--{boundary}--");
        let parts = with_form(&content_type, body.as_bytes(), read_parts).unwrap();
        assert_eq!(parts[0].3.len(), content.len());
        let unclosed = with_form(&content_type, format!("{head}{content}").as_bytes(), read_parts).unwrap_err();
        assert!(matches!(unclosed, FormError::Multipart { kind: MultipartFault::Unclosed, .. }), "{unclosed}");
    }
    let parts = format!("{head}\r\n").repeat(MAX_PARTS + 1) + &"x".repeat(megabytes);
    let error = with_form(&content_type, parts.as_bytes(), read_parts).unwrap_err();
    assert_eq!(error, FormError::TooMany { limit: MAX_PARTS });
    let fields = "a=1&".repeat(megabytes / 4);
    let error = with_form(URLENCODED, fields.as_bytes(), read_fields).unwrap_err();
    assert_eq!(error, FormError::TooMany { limit: MAX_FIELDS });
}
