//! The measured app. It has thirty routes, like an application of some size, and handlers that do little, so that the way to
//! them and back is measured.

use gatewire::extract::{Header, Path, Query, State, names};
use gatewire::{App, Error, HttpError, Json, Request, engine::Engine, error::BuildError};

/// Method and rule. Most samples ask for `GET /todos/{id}`, which stands among the others.
pub const ROUTES: [(&str, &str); 30] = [
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/todos"),
    ("GET", "/todos/{id}"),
    ("GET", "/todos/{id}/comments"),
    ("GET", "/todos/{id}/comments/{comment}"),
    ("GET", "/todos/{id}/history"),
    ("GET", "/todos/search"),
    ("GET", "/lists"),
    ("GET", "/lists/{list}"),
    ("GET", "/lists/{list}/todos"),
    ("GET", "/lists/{list}/members"),
    ("GET", "/users"),
    ("GET", "/users/{user}"),
    ("GET", "/users/{user}/lists"),
    ("GET", "/users/{user}/settings"),
    ("GET", "/teams"),
    ("GET", "/teams/{team}"),
    ("GET", "/teams/{team}/members"),
    ("GET", "/teams/{team}/members/{user}"),
    ("GET", "/tags"),
    ("GET", "/tags/{tag}"),
    ("GET", "/reports/daily"),
    ("GET", "/reports/weekly"),
    ("GET", "/reports/{year}/{month}"),
    ("GET", "/exports/{id}"),
    ("GET", "/files/{path...}"),
    ("POST", "/todos"),
    ("POST", "/todos/{id}/photo"),
    ("DELETE", "/todos/{id}"),
];

/// The response if the rule has no parameter.
pub const NO_ID: &str = "43";

/// The header fields that the busy handler reads.
pub const BUSY_HEADERS: [&str; 4] = ["accept-encoding", "authorization", "user-agent", "x-forwarded-for"];

#[derive(serde::Serialize)]
struct Todo<'r> {
    id: &'r str,
}

/// The values that the busy handler read.
#[derive(serde::Serialize)]
pub struct Read<'r> {
    pub id: &'r str,
    pub fields: &'r str,
    pub lang: &'r str,
    /// The length of the header values.
    pub headers: usize,
}

fn todo(request: Request<'_>) -> Json<Todo<'_>> {
    Json(Todo { id: request.param("id") })
}

fn other(request: Request<'_>) -> Json<Todo<'_>> {
    Json(Todo { id: request.params().next().map_or(NO_ID, |(_, value)| value) })
}

/// Reads a path parameter, two query parameters and four header fields.
fn busy(request: Request<'_>) -> Json<Read<'_>> {
    Json(Read {
        id: request.param("id"),
        fields: request.query("fields").unwrap_or_default(),
        lang: request.query("lang").unwrap_or_default(),
        headers: BUSY_HEADERS.iter().filter_map(|name| request.header(name)).map(str::len).sum(),
    })
}

/// The parameters of the query that the typed handler takes.
#[derive(serde::Deserialize)]
pub struct Asked<'r> {
    pub fields: &'r str,
    pub lang: &'r str,
}

gatewire::input!(Asked<'r>);

/// The state of the app that `typed` and `untyped` take.
pub struct Table(pub &'static str);

/// The same as `typed`, by the plain accessors.
fn untyped(request: Request<'_>) -> Result<Json<Read<'_>>, Error> {
    let id = request.param_as::<u32>("id")?;
    let Asked { fields, lang } = request.query_as()?;
    let Some(agent) = request.header("user-agent") else { return Err(HttpError::bad_request("no user agent").into()) };
    let table = request.state::<Table>();
    Ok(Json(Read { id: if id == 42 { table.0 } else { "" }, fields, lang, headers: agent.len() }))
}

/// Four typed arguments.
fn typed<'r>(
    Path(id): Path<u32>,
    Query(Asked { fields, lang }): Query<Asked<'r>>,
    Header(agent): Header<'r, names::UserAgent>,
    State(table): State<&'r Table>,
) -> Json<Read<'r>> {
    Json(Read { id: if id == 42 { table.0 } else { "" }, fields, lang, headers: agent.len() })
}

/// The app with a handler that reads four values: typed arguments, or the plain accessors.
pub fn arguments_engine(is_typed: bool) -> Result<Engine, BuildError> {
    let app = ROUTES.iter().fold(App::new().state(Table("42")), |app, (method, rule)| match (*method, *rule) {
        ("GET", "/todos/{id}") if is_typed => app.get(rule, typed),
        ("GET", "/todos/{id}") => app.get(rule, untyped),
        _ => app.on([*method], rule, other),
    });
    app.build()
}

/// The app whose handlers answer with the first parameter of their rule.
pub fn engine() -> Result<Engine, BuildError> {
    let app = ROUTES.iter().fold(App::new(), |app, (method, rule)| match *rule {
        "/todos/{id}" => app.on([*method], rule, todo),
        _ => app.on([*method], rule, other),
    });
    app.build()
}

/// The same with the busy handler at `GET /todos/{id}`.
pub fn busy_engine() -> Result<Engine, BuildError> {
    let app = ROUTES.iter().fold(App::new(), |app, (method, rule)| match (*method, *rule) {
        ("GET", "/todos/{id}") => app.get(rule, busy),
        _ => app.on([*method], rule, other),
    });
    app.build()
}
