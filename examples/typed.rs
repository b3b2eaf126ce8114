//! A booking API with typed handlers: parameters, bodies, forms, rules, checked responses, and the OpenAPI document.
//!
//! ```sh
//! BOOKINGS_TOKEN=s3cr3t cargo run --example typed --features macros,openapi-ui,validate
//! curl -i localhost:8080/bookings -H 'Authorization: Bearer s3cr3t' -H 'Content-Type: application/json' \
//!     -d '{"guest":"Ada","nights":2,"room":"double"}'
//! curl -i localhost:8080/bookings -H 'Authorization: Bearer s3cr3t' -H 'Content-Type: application/json' \
//!     -d '{"guest":"","nights":99}'
//! curl -i 'localhost:8080/bookings?room=double' -H 'Authorization: Bearer s3cr3t' -b currency=usd
//! curl -i localhost:8080/bookings/1/scans -H 'Authorization: Bearer s3cr3t' -F title=Passport -F file=@Cargo.toml
//! curl -i localhost:8080/preferences -d currency=usd
//! ```
//!
//! Then open `http://localhost:8080/docs` and press "Authorize". `examples/typed.openapi.json` is the document; after a change
//! of the API, `GATEWIRE_BLESS=1 cargo test --example typed --features macros,openapi,validate` writes it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use garde::Validate;
use gatewire::extract::{Claims, Form, Input, Multipart, Path, State};
use gatewire::handler::{Checked, require_bearer};
use gatewire::openapi::{OpenApi, Operation, SecurityScheme};
use gatewire::validate::Validation;
use gatewire::{App, Cookie, Error, HttpError, Json, Response, Route, Router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(Clone, Copy, Debug, Deserialize, Input, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Room {
    Single,
    Double,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Input, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Currency {
    #[default]
    Eur,
    Usd,
}

/// A booking as a client sends it. The name is borrowed from the request.
#[derive(Deserialize, Input, JsonSchema, Validate)]
struct NewBooking<'r> {
    /// The name of the guest.
    #[garde(length(chars, min = 1, max = 80))]
    guest: &'r str,
    #[garde(range(min = 1, max = 30))]
    nights: u8,
    #[garde(skip)]
    room: Room,
}

/// A booking as it is stored. Responses are checked by the same rules.
#[derive(Clone, JsonSchema, Serialize, Validate)]
struct Booking {
    #[garde(range(min = 1))]
    id: u64,
    #[garde(length(chars, min = 1, max = 80))]
    guest: String,
    #[garde(range(min = 1, max = 30))]
    nights: u8,
    #[garde(skip)]
    room: Room,
}

impl NewBooking<'_> {
    fn with_id(&self, id: u64) -> Booking {
        Booking { id, guest: self.guest.to_owned(), nights: self.nights, room: self.room }
    }
}

/// The bookings, by their numbers. A real function would have a client of a database here.
#[derive(Default)]
struct Store(Mutex<BTreeMap<u64, Booking>>);

impl Store {
    fn bookings(&self) -> MutexGuard<'_, BTreeMap<u64, Booking>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Everything that the list reads, from several parts of the request.
#[derive(Input, JsonSchema, Validate)]
struct ListInput<'r> {
    /// The number of the page, from 1.
    #[input(query, default = 1)]
    #[garde(range(min = 1, max = 1000))]
    page: usize,
    /// Only rooms of this kind.
    #[input(query)]
    #[garde(skip)]
    room: Option<Room>,
    /// The number of bookings on a page.
    #[input(header = "x-page-size", default = 20)]
    #[garde(range(min = 1, max = 100))]
    page_size: usize,
    /// The currency of the prices.
    #[input(cookie, default)]
    #[garde(skip)]
    currency: Currency,
    #[input(argument)]
    #[garde(skip)]
    #[schemars(skip)]
    store: State<&'r Store>,
}

#[derive(JsonSchema, Serialize, Validate)]
struct List {
    #[garde(skip)]
    currency: Currency,
    /// The price of the bookings on this page.
    #[garde(skip)]
    total: u32,
    #[garde(length(max = 100), dive)]
    bookings: Vec<Booking>,
}

fn list(input: ListInput<'_>) -> Checked<Json<List>> {
    let ListInput { page, room, page_size, currency, store } = input;
    let store = store.0.bookings();
    let wanted = store.values().filter(|booking| room.is_none_or(|room| room == booking.room));
    let bookings: Vec<Booking> = wanted.skip((page - 1) * page_size).take(page_size).cloned().collect();
    let rate = |room: Room| if room == Room::Single { 90 } else { 140 };
    let total: u32 = bookings.iter().map(|booking| u32::from(booking.nights) * rate(booking.room)).sum();
    let total = if currency == Currency::Eur { total } else { total * 11 / 10 };
    Checked(Json(List { currency, total, bookings }))
}

fn create(Json(new): Json<NewBooking<'_>>, State(store): State<&Store>) -> Checked<Json<Booking>> {
    let mut bookings = store.bookings();
    let id = bookings.last_key_value().map_or(1, |(last, _)| last + 1);
    let booking = new.with_id(id);
    bookings.insert(id, booking.clone());
    Checked(Json(booking))
}

/// `None` is answered with 404.
fn read(Path(id): Path<u64>, State(store): State<&Store>) -> Option<Checked<Json<Booking>>> {
    store.bookings().get(&id).cloned().map(Json).map(Checked)
}

fn update(Path(id): Path<u64>, Json(new): Json<NewBooking>, State(store): State<&Store>) -> Option<Json<Booking>> {
    let mut bookings = store.bookings();
    let booking = bookings.get_mut(&id)?;
    *booking = new.with_id(id);
    Some(Json(booking.clone()))
}

/// The claims that the authorizer of the gateway has verified.
#[derive(Deserialize, Input)]
struct Subject<'r> {
    sub: &'r str,
}

#[derive(JsonSchema, Serialize)]
struct Cancelled {
    id: u64,
    /// The subject of the token, if the API has an authorizer.
    by: Option<String>,
}

type Caller<'r> = Option<Claims<Subject<'r>>>;

fn cancel(Path(id): Path<u64>, caller: Caller<'_>, State(store): State<&Store>) -> Option<Json<Cancelled>> {
    let booking = store.bookings().remove(&id)?;
    Some(Json(Cancelled { id: booking.id, by: caller.map(|Claims(caller)| caller.sub.to_owned()) }))
}

/// The fields of a form with a file, for the document.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Upload {
    title: String,
    /// At most a million bytes.
    #[schemars(extend("format" = "binary"))]
    file: String,
}

#[derive(JsonSchema, Serialize)]
struct Scan {
    booking: u64,
    title: String,
    bytes: usize,
}

fn upload(Path(id): Path<u64>, form: Multipart<'_>, State(store): State<&Store>) -> Result<Json<Scan>, Error> {
    if form.clone().any(|part| !["title", "file"].contains(&part.name)) {
        return Err(HttpError::bad_request("the form has another field").into());
    }
    let title = form.get("title").ok_or_else(|| HttpError::bad_request("the form has no title"))?.text()?;
    let file = form.get("file").ok_or_else(|| HttpError::bad_request("the form has no file"))?;
    if file.bytes.len() > 1_000_000 {
        return Err(HttpError::content_too_large("the file has more than a million bytes").into());
    }
    if !store.bookings().contains_key(&id) {
        return Err(HttpError::not_found().into());
    }
    Ok(Json(Scan { booking: id, title: title.to_owned(), bytes: file.bytes.len() }))
}

#[derive(Deserialize, Input, JsonSchema)]
struct Preferences {
    currency: Currency,
}

fn prefer(Form(preferences): Form<Preferences>) -> Response<'static, ()> {
    let currency = if preferences.currency == Currency::Eur { "eur" } else { "usd" };
    Response::new(()).status(204).cookie(Cookie::new("currency", currency).http_only(true))
}

fn app(store: Store, token: &str) -> App {
    // Comparing hashes takes the same time for each wrong token.
    let secret = Sha256::digest(token);
    let protected = |route: Route, summary: &str| {
        route.summary(summary).tag("bookings").error(401, "The request has no token, or an unknown one.")
    };
    let bookings = Router::new()
        .before(require_bearer("bookings", move |_, token| Sha256::digest(token) == secret))
        .route(protected(Route::get("/", list), "List bookings"))
        .route(
            protected(Route::post("/", create), "Book a room").status(201).docs(
                Operation::new()
                    .request_example("short", serde_json::json!({"guest": "Ada", "nights": 2, "room": "double"})),
            ),
        )
        .route(protected(Route::get("/{id}", read), "Read a booking"))
        .route(protected(Route::put("/{id}", update), "Change a booking"))
        .route(protected(Route::delete("/{id}", cancel), "Cancel a booking").error(403, "The token has other claims."))
        .route(
            protected(Route::post("/{id}/scans", upload), "Upload a scan")
                .status(201)
                .docs(Operation::new().body_of::<Upload>("multipart/form-data").error(404, "No such booking.")),
        );
    let api = OpenApi::new("Bookings", "1.0.0")
        .description("Rooms of a small hotel.")
        .tag("bookings", "Nights in rooms.")
        .security_scheme("token", SecurityScheme::bearer("opaque"))
        .security("token", [])
        .schema::<Booking>()
        .schema::<List>()
        .schema::<Cancelled>()
        .schema::<Scan>()
        .serve_at("/openapi.json")
        .page_at("/docs");
    App::new()
        .state(store)
        .validation(Validation::new())
        .include("/bookings", bookings)
        .route(
            Route::post("/preferences", prefer)
                .summary("Choose a currency")
                .docs(Operation::new().public().response_without_body(204, "The choice is in a cookie.")),
        )
        .method_fallbacks(true)
        .openapi(api)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let token = std::env::var("BOOKINGS_TOKEN").map_err(|_| "BOOKINGS_TOKEN is not set")?;
    Ok(gatewire::run(app(Store::default(), &token))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewire::testing::{Client, TestRequest, assert_openapi, undocumented};
    use serde_json::{Value, json};

    /// A client of an app that has one booking, of number 7.
    fn client_with(guest: &str) -> Client {
        let booking = Booking { id: 7, guest: guest.to_owned(), nights: 1, room: Room::Single };
        Client::new(app(Store(Mutex::new(BTreeMap::from([(7, booking)]))), "s3cr3t")).unwrap()
    }

    fn known(request: TestRequest<'_>) -> TestRequest<'_> {
        request.header("Authorization", "Bearer s3cr3t")
    }

    #[test]
    fn a_booking_is_made_read_changed_listed_and_cancelled() {
        let client = Client::new(app(Store::default(), "s3cr3t")).unwrap();
        let made =
            known(client.post("/bookings")).json(&json!({"guest": "Ad\n", "nights": 2, "room": "single"})).send();
        let wanted = json!({"id": 1, "guest": "Ad\n", "nights": 2, "room": "single"});
        assert_eq!((made.status(), made.json::<Value>()), (201, wanted.clone()));
        assert_eq!(known(client.get("/bookings/1")).send().json::<Value>(), wanted);
        let new = json!({"guest": "Ada", "nights": 3, "room": "double"});
        assert_eq!(known(client.put("/bookings/1")).json(&new).send().json::<Value>()["guest"], "Ada");
        let list = |target: &str| known(client.get(target)).cookie("currency", "usd").send().json::<Value>();
        assert_eq!(list("/bookings?room=double")["total"], 462);
        assert_eq!(list("/bookings?room=single")["bookings"], json!([]));
        assert_eq!(list("/bookings?page=2")["bookings"], json!([]));
        let cancelled = known(client.delete("/bookings/1")).send();
        assert_eq!(cancelled.json::<Value>(), json!({"id": 1, "by": null}));
        assert_eq!(known(client.delete("/bookings/1")).send().status(), 404);
    }

    #[test]
    fn all_errors_of_a_request_are_listed() {
        let client = Client::new(app(Store::default(), "s3cr3t")).unwrap();
        let detail = |request: TestRequest<'_>| {
            let response = known(request).send();
            assert_eq!(response.status(), 422);
            response.json::<Value>()["detail"].clone()
        };
        let request = client.get("/bookings?page=0&room=suite").header("x-page-size", "many");
        let wanted = json!([
            {"loc": ["query", "page"], "type": "greater_than_equal"},
            {"loc": ["query", "room"], "type": "enum"},
            {"loc": ["header", "x-page-size"], "type": "int_parsing"},
        ]);
        assert_eq!(detail(request), wanted);
        let wanted = json!([
            {"loc": ["path", "id"], "type": "int_parsing"},
            {"loc": ["body", "guest"], "type": "string_too_short"},
            {"loc": ["body", "nights"], "type": "int_type"},
            {"loc": ["body", "room"], "type": "missing"},
        ]);
        assert_eq!(detail(client.put("/bookings/x").json(&json!({"guest": "", "nights": "2"}))), wanted);
        let response = known(client.post("/bookings")).header("content-type", "text/csv").body("Ada,2").send();
        assert_eq!(response.status(), 415);
    }

    #[test]
    fn the_form_sets_the_cookie_that_the_list_reads() {
        let client = Client::new(app(Store::default(), "s3cr3t")).unwrap();
        let form = || client.post("/preferences").header("content-type", "application/x-www-form-urlencoded");
        let response = form().body("currency=usd").send();
        assert_eq!((response.status(), response.cookies()[0].starts_with("currency=usd;")), (204, true));
        assert_eq!(form().body("currency=gold").send().status(), 422);
    }

    #[test]
    fn a_file_is_uploaded() {
        let client = client_with("Ada");
        let part = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let send = |path: &str, body: String| {
            known(client.post(path)).header("content-type", "multipart/form-data; boundary=b").body(body).send()
        };
        let whole = || part("title", "Passport") + &part("file", "\0\u{1}") + "--b--";
        let response = send("/bookings/7/scans", whole());
        let wanted = json!({"booking": 7, "title": "Passport", "bytes": 2});
        assert_eq!((response.status(), response.json::<Value>()), (201, wanted));
        assert_eq!(send("/bookings/8/scans", whole()).status(), 404);
        assert_eq!(send("/bookings/7/scans", part("title", "x") + "--b--").status(), 400);
    }

    #[test]
    fn a_request_needs_the_token() {
        let client = Client::new(app(Store::default(), "s3cr3t")).unwrap();
        assert_eq!(client.get("/bookings").send().status(), 401);
        let other = client.get("/bookings").header("Authorization", "Bearer other").send();
        assert_eq!(other.header("www-authenticate"), Some("Bearer realm=\"bookings\", error=\"invalid_token\""));
    }

    #[test]
    fn claims_of_the_authorizer_name_the_caller() {
        let client = client_with("Ada");
        let mut event: Value = serde_json::from_slice(&known(client.delete("/bookings/7")).event()).unwrap();
        event["requestContext"]["authorizer"] = json!({"jwt": {"claims": {"sub": "desk"}, "scopes": null}});
        let response: Value = serde_json::from_slice(&client.invoke(event.to_string().as_bytes()).unwrap()).unwrap();
        assert_eq!(response["body"], r#"{"id":7,"by":"desk"}"#);
    }

    #[test]
    fn a_response_that_breaks_its_rules_is_not_sent() {
        let client = client_with("");
        assert_eq!(known(client.get("/bookings/7")).send().status(), 500);
    }

    #[test]
    fn the_document_is_that_of_the_file_and_complete() {
        assert_openapi(app(Store::default(), "t"), concat!(env!("CARGO_MANIFEST_DIR"), "/examples/typed.openapi.json"));
        assert_eq!(undocumented(app(Store::default(), "t")).unwrap(), Vec::<String>::new());
    }
}
