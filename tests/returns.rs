//! The common types that handlers may return, and the errors of other crates.

use std::error::Error as StdError;
use std::num::ParseIntError;
use std::rc::Rc;
use std::sync::Arc;

use gatewire::testing::Client;
use gatewire::{App, Error, HttpError, Json, OrFail, Redirect, Request, Response, StatusCode};

type Boxed = Box<dyn StdError + Send + Sync>;

/// Returns status, content type and body of the response.
fn get(client: &Client, path: &str) -> (u16, Option<String>, String) {
    let response = client.get(path).send();
    (response.status(), response.header("content-type").map(str::to_owned), response.text().to_owned())
}

#[test]
fn options() {
    let app = App::new()
        .get("/some", |_: Request| Some(Json(1)))
        .get("/none", |_: Request| None::<Json<u8>>)
        .get("/inside", |_: Request| Response::new(None::<&str>).status(201))
        .get("/ok", |_: Request| -> Result<Option<&str>, Error> { Ok(None) });
    let client = Client::new(app).unwrap();
    assert_eq!(get(&client, "/some").2, "1");
    for path in ["/none", "/inside", "/ok"] {
        let (status, _, body) = get(&client, path);
        assert_eq!((status, &*body), (404, r#"{"statusCode":404,"message":"Not found"}"#), "{path}");
    }
    let app = App::new().not_found(|_: Request| "nothing").get("/none", |_: Request| None::<String>);
    assert_eq!(get(&Client::new(app).unwrap(), "/none").2, "nothing");
}

#[test]
fn shared_strings_and_bytes_are_responses() {
    let app = App::new()
        .get("/text/arc", |_: Request| Arc::<str>::from("x"))
        .get("/text/rc", |_: Request| Rc::<str>::from("x"))
        .get("/text/box", |_: Request| Box::<str>::from("x"))
        .get("/bytes/arc", |_: Request| Arc::<[u8]>::from(*b"x"))
        .get("/bytes/rc", |_: Request| Rc::<[u8]>::from(*b"x"))
        .get("/bytes/box", |_: Request| Box::<[u8]>::from(*b"x"));
    #[cfg(feature = "bytes")]
    let app = app
        .get("/bytes/bytes", |_: Request| bytes::Bytes::from_static(b"x"))
        .get("/bytes/mut", |_: Request| Response::new(bytes::BytesMut::from(&b"x"[..])));
    let client = Client::new(app).unwrap();
    for kind in ["arc", "rc", "box"] {
        assert_eq!(get(&client, &format!("/text/{kind}")), (200, Some("text/plain; charset=utf-8".into()), "x".into()));
        assert_eq!(get(&client, &format!("/bytes/{kind}")), (200, Some("application/octet-stream".into()), "x".into()));
    }
    #[cfg(feature = "bytes")]
    for kind in ["bytes", "mut"] {
        assert_eq!(get(&client, &format!("/bytes/{kind}")), (200, Some("application/octet-stream".into()), "x".into()));
    }
}

#[test]
fn tuples_add_status_and_header_fields() {
    let app = App::new()
        .get("/three", |_: Request| (StatusCode::CREATED, [("Location", "/1"), ("X-A", "b")], Json(1)))
        .get("/number", |req: Request| req.reply((202, [("X-A".to_owned(), req.path())], "x")))
        .get("/two", |_: Request| ([("Content-Type", "text/csv")], "a,b"))
        .get("/wrong", |_: Request| (1000, [("X-A", "b")], "x"))
        .get("/split", |_: Request| ([("X-A", "b\r\nc: d")], "x"))
        .get("/fails", |_: Request| (201, [("X-A", "b")], None::<&str>))
        .on_any_error(|error, _: Request| (500, error.to_string()));
    let client = Client::new(app).unwrap();
    let response = client.get("/three").send();
    assert_eq!((response.status(), response.header("location"), response.header("x-a")), (201, Some("/1"), Some("b")));
    assert_eq!((response.text(), response.header("content-type")), ("1", Some("application/json")));
    let response = client.get("/number").send();
    assert_eq!((response.status(), response.header("x-a"), response.text()), (202, Some("/number"), "x"));
    assert_eq!(get(&client, "/two"), (200, Some("text/csv".into()), "a,b".into()));
    assert!(get(&client, "/wrong").2.contains("1000 is not the status code"));
    assert_eq!(get(&client, "/split").0, 500);
    let response = client.get("/fails").send();
    assert_eq!((response.status(), response.header("x-a")), (500, None), "{}", response.text());
}

#[test]
fn statuses_are_errors() {
    fn question(_: Request<'_>) -> Result<(), Error> {
        Err(StatusCode::IM_A_TEAPOT)?;
        Ok(())
    }
    let app = App::new()
        .get("/returned", |_: Request| -> Result<(), StatusCode> { Err(StatusCode::CONFLICT) })
        .get("/question", question);
    let client = Client::new(app).unwrap();
    assert_eq!(get(&client, "/returned").2, r#"{"statusCode":409,"message":"Conflict"}"#);
    assert_eq!(get(&client, "/question").0, 418);
}

#[test]
fn redirects_have_a_location() {
    let app = App::new()
        .get("/301", |_: Request| Redirect::moved_permanently("/x"))
        .get("/302", |_: Request| Redirect::found("/x"))
        .get("/303", |_: Request| Redirect::see_other("/x"))
        .get("/307", |_: Request| Redirect::temporary("/x"))
        .get("/308", |req: Request| Redirect::permanent(format!("/x?from={}", req.path())))
        .get("/split", |_: Request| Redirect::found("/x\r\nSet-Cookie: a=b"))
        .on_any_error(|_, _: Request| 500.to_string());
    let client = Client::new(app).unwrap();
    for status in [301, 302, 303, 307, 308] {
        let response = client.get(&format!("/{status}")).send();
        let location = if status == 308 { "/x?from=/308" } else { "/x" };
        assert_eq!((response.status(), response.header("location")), (status, Some(location)));
        assert_eq!((response.text(), response.header("content-type")), ("", None));
    }
    let response = client.get("/split").send();
    assert_eq!((response.header("location"), response.header("set-cookie"), response.text()), (None, None, "500"));
}

fn parse(text: &str) -> Result<u32, ParseIntError> {
    text.parse()
}

fn boxed(req: Request<'_>) -> Result<String, Error> {
    let number: Result<u32, Boxed> = parse(req.param("n")).map_err(Into::into);
    Ok(number.or_fail()?.to_string())
}

fn shared(req: Request<'_>) -> Result<String, Error> {
    let number: Result<u32, Arc<dyn StdError + Send + Sync>> =
        parse(req.param("n")).map_err(|error| Arc::new(error) as Arc<_>);
    Ok(number.or_fail()?.to_string())
}

fn with_anyhow(req: Request<'_>) -> Result<String, Error> {
    let number: anyhow::Result<u32> = parse(req.param("n")).map_err(Into::into);
    Ok(number.or_fail()?.to_string())
}

fn with_anyhow_context(req: Request<'_>) -> Result<String, Error> {
    use anyhow::Context;
    let number: anyhow::Result<u32> = parse(req.param("n")).context("reading n").context("loading");
    Ok(number.or_fail()?.to_string())
}

fn with_eyre(req: Request<'_>) -> Result<String, Error> {
    let number: eyre::Result<u32> = parse(req.param("n")).map_err(Into::into);
    Ok(number.or_fail()?.to_string())
}

fn with_eyre_context(req: Request<'_>) -> Result<String, Error> {
    use eyre::WrapErr;
    let number: eyre::Result<u32> = parse(req.param("n")).wrap_err("reading n");
    Ok(number.or_fail()?.to_string())
}

#[test]
fn error_handlers_find_the_error_in_a_pointer() {
    let app = App::new()
        .get("/boxed/{n}", boxed)
        .get("/shared/{n}", shared)
        .get("/anyhow/{n}", with_anyhow)
        .get("/anyhow_context/{n}", with_anyhow_context)
        .get("/eyre/{n}", with_eyre)
        .get("/eyre_context/{n}", with_eyre_context)
        .on_error(|error: &ParseIntError, _: Request| (422, error.to_string()));
    let client = Client::new(app).unwrap();
    for path in ["boxed", "shared", "anyhow", "anyhow_context", "eyre", "eyre_context"] {
        assert_eq!(get(&client, &format!("/{path}/7")).2, "7");
        let (status, _, body) = get(&client, &format!("/{path}/x"));
        assert_eq!((status, &*body), (422, "invalid digit found in string"), "{path}");
    }
}

#[test]
fn an_http_error_in_a_pointer_is_the_response() {
    let conflict = || HttpError::conflict("taken");
    let app = App::new()
        .get("/anyhow", move |_: Request| Err::<(), _>(anyhow::Error::from(conflict()).context("saving")).or_fail())
        .get("/boxed", move |_: Request| Err::<(), _>(Boxed::from(conflict())).or_fail());
    let client = Client::new(app).unwrap();
    for path in ["/anyhow", "/boxed"] {
        assert_eq!(get(&client, path).2, r#"{"statusCode":409,"message":"taken"}"#, "{path}");
    }
}

#[test]
fn only_pointers_are_searched_for_an_error() {
    let app = App::new().get("/", |_: Request| Err::<(), _>(anyhow::anyhow!("lost").context("outer")).or_fail());
    let error = Client::new(app).unwrap().get("/").try_send().unwrap_err();
    assert!(error.to_string().contains("outer"), "{error}");
    // The sources of an error that is not a pointer are not searched: it has its own type.
    let error = Error::from(std::io::Error::other("x".parse::<u8>().unwrap_err()));
    assert!(error.downcast_ref::<ParseIntError>().is_none());
    let error = Error::from_pointer(anyhow::Error::from(std::io::Error::other("x")));
    assert!(error.downcast_ref::<std::io::Error>().is_some() && error.get().is::<std::io::Error>());
    assert_eq!((error.to_string(), format!("{error:?}").contains("Custom")), ("x".to_owned(), true));
}

#[test]
fn compression_applies_to_a_whole_app() {
    use gatewire::Route;
    let body = |_: Request| "row,".repeat(100);
    let app = App::new()
        .compress(true)
        .get("/app", body)
        .route(Route::get("/route", body).compress(false))
        .get("/response", move |req: Request| Response::new(body(req)).compress(false));
    let client = Client::new(app).unwrap();
    let encoding = |path: &str| {
        let response = client.get(path).header("accept-encoding", "gzip").send();
        response.header("content-encoding").map(str::to_owned)
    };
    let expected = if cfg!(feature = "gzip") { Some("gzip".to_owned()) } else { None };
    assert_eq!((encoding("/app"), encoding("/route"), encoding("/response")), (expected, None, None));
}

#[test]
fn a_panic_is_blamed_on_the_line_of_the_handler() {
    use std::sync::Mutex;
    static PLACE: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let former = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let message = info.payload_as_str().unwrap_or_default();
        if message.contains("no parameter \"nobody\"") || message.contains("no state of the type") {
            PLACE.lock().unwrap().push(info.location().unwrap().file().to_owned());
        } else {
            former(info);
        }
    }));
    let app = App::new()
        .get("/param/{n}", |req: Request| req.reply(req.param("nobody")))
        .get("/parse/{n}", |req: Request| req.param_as::<u8>("nobody").map(|n| n.to_string()))
        .get("/state/{n}", |req: Request| req.state::<u8>().to_string());
    let client = Client::new(app).unwrap();
    for path in ["/param/1", "/parse/1", "/state/1"] {
        assert!(client.get(path).try_send().is_err());
    }
    assert_eq!(*PLACE.lock().unwrap(), [file!(); 3]);
}
