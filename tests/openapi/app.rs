//! A small booking API.

use gatewire::error::FormError;
use gatewire::extract::{Cookies, Form, Header, HeaderName, Multipart, Path, Query};
use gatewire::openapi::{OpenApi, Operation, SecurityScheme};
use gatewire::{App, Html, HttpError, Json, Request, Route, Router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A booking, as it is stored.
#[derive(Serialize, JsonSchema)]
struct Booking<'r> {
    id: u64,
    /// The name of the guest.
    guest: &'r str,
    nights: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'r str>,
    kind: RoomKind,
}

/// A booking, as a client asks for it.
#[derive(Deserialize, JsonSchema)]
struct NewBooking<'r> {
    #[schemars(length(min = 1, max = 80))]
    guest: &'r str,
    #[schemars(range(min = 1, max = 30))]
    nights: u8,
    #[serde(default)]
    note: Option<&'r str>,
    #[serde(default)]
    kind: RoomKind,
}

#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RoomKind {
    #[default]
    Single,
    Double,
}

#[derive(Deserialize, JsonSchema)]
struct Page<'r> {
    /// The number of the page, from 1.
    #[serde(default)]
    page: Option<u32>,
    kind: RoomKind,
    #[serde(borrow, default)]
    tag: Vec<&'r str>,
}

#[derive(Deserialize, JsonSchema)]
struct Login<'r> {
    user: &'r str,
    password: &'r str,
}

#[derive(Deserialize, JsonSchema)]
struct Place<'r> {
    hotel: &'r str,
    room: u16,
}

/// The fields of a photo's form.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Photo {
    title: String,
    #[schemars(extend("format" = "binary"))]
    photo: String,
}

gatewire::input!(NewBooking<'r>, Page<'r>, Login<'r>, Place<'r>);

struct Trace;

impl HeaderName for Trace {
    const NAME: &'static str = "x-trace";
    type Value<'r> = u32;
}

fn list<'r>(Query(page): Query<Page<'r>>, trace: Option<Header<'r, Trace>>, _: Cookies<'r>) -> Json<Vec<Booking<'r>>> {
    let id = u64::from(page.page.unwrap_or(1)) + trace.map_or(0, |trace| u64::from(trace.0));
    let guest = page.tag.first().copied().unwrap_or_default();
    Json(vec![Booking { id, guest, nights: 1, note: None, kind: page.kind }])
}

fn create<'r>(Json(new): Json<NewBooking<'r>>) -> (u16, Json<Booking<'r>>) {
    let NewBooking { guest, nights, note, kind } = new;
    (201, Json(Booking { id: 1, guest, nights, note, kind }))
}

async fn read(Path(id): Path<u64>) -> Result<Json<Booking<'static>>, HttpError> {
    if id == 0 {
        return Err(HttpError::not_found());
    }
    Ok(Json(Booking { id, guest: "Ada", nights: 2, note: Some("late"), kind: RoomKind::Double }))
}

fn room<'r>(Path(Place { hotel, room }): Path<Place<'r>>) -> String {
    format!("{room} of {hotel}")
}

fn log_in(Form(Login { user, password }): Form<Login<'_>>) -> Html<String> {
    Html(format!("<p>{user}{}", password.len()))
}

fn upload(form: Multipart<'_>) -> Result<(u16, Json<usize>), FormError> {
    Ok((201, Json(form.get("photo").map_or(0, |part| part.bytes.len()))))
}

fn file(req: Request<'_>) -> &[u8] {
    req.param("path").as_bytes()
}

fn old(_: Request<'_>) -> Option<&'static str> {
    None
}

/// The routes, with what they declare.
pub(crate) fn bookings() -> App {
    let bookings = Router::new()
        .route(Route::get("/", list).summary("List bookings").tag("bookings"))
        .route(
            Route::post("/", create)
                .summary("Book a room")
                .tag("bookings")
                .operation_id("book")
                .returns(201, "The booking.")
                .response::<Vec<String>>(409, "The nights that are taken.")
                .docs(
                    Operation::new()
                        .request_example("short", json!({"guest": "Ada", "nights": 2}))
                        .response_example(409, "weekend", ["2027-01-02", "2027-01-03"])
                        .security("token", ["bookings:write"])
                        .security("key", []),
                ),
        )
        .route(
            Route::get(r"/{id:\d+}", read)
                .summary("Read a booking")
                .description("It is kept for a year.")
                .tag("bookings")
                .docs(Operation::new().parameter("id", "The number on the bill.").response_without_body(404, "None.")),
        );
    App::new()
        .include("/bookings", bookings)
        .route(Route::get("/hotels/{hotel}/rooms/{room}", room).summary("Show a room").tag("rooms"))
        .route(Route::post("/login", log_in).summary("Log in").docs(Operation::new().public()))
        .route(
            Route::post("/photos", upload)
                .summary("Add a photo")
                .docs(Operation::new().body_of::<Photo>("multipart/form-data").returns(201, "Its size.")),
        )
        .route(Route::get("/files/{path...}", file).summary("Read a file"))
        .route(
            Route::get("/old", old)
                .summary("Read the old list")
                .deprecated()
                .docs(Operation::new().external_docs("https://example.com/old", "Why it is old")),
        )
}

/// The app with its description.
pub(crate) fn app() -> App {
    let token = SecurityScheme::oauth2_client_credentials(
        "https://example.com/token",
        [("bookings:write", "Book rooms"), ("bookings:read", "List bookings")],
    );
    bookings().openapi(
        OpenApi::new("Bookings", "1.2.0")
            .summary("Rooms and nights")
            .description("A small API, to show *everything* in its document.")
            .terms_of_service("https://example.com/terms")
            .contact("Desk", "desk@example.com")
            .license("MIT", "MIT")
            .server("https://api.example.com/prod")
            .described_server("http://127.0.0.1:8080", "The local gateway")
            .tag("bookings", "Nights in rooms")
            .tag("rooms", "The rooms themselves")
            .external_docs("https://example.com/guide", "The guide")
            .security_scheme("key", SecurityScheme::api_key_header("X-Api-Key").description("From the desk."))
            .security_scheme("token", token)
            .security("key", [])
            .schema::<Booking>()
            .extension("x-audience", "partners")
            .serve_at("/openapi.json")
            .page_at("/docs"),
    )
}
