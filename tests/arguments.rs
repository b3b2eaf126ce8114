//! Handlers with typed arguments.

use gatewire::extract::{Path, Query, RawBody, State, Text};
use gatewire::testing::Client;
use gatewire::{App, Error, HttpError, Json, Request};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct Body<'r> {
    title: &'r str,
}

#[derive(Deserialize)]
struct Page {
    page: u32,
}

gatewire::input!(Body<'r>, Page);

struct Database(String);

fn plain(req: Request<'_>) -> &str {
    req.path()
}

async fn async_plain(req: Request<'_>) -> Result<&str, Error> {
    Ok(req.path())
}

fn one(Path(name): Path<&str>) -> &str {
    name
}

fn two<'r>(Path(_): Path<u64>, Json(body): Json<Body<'r>>) -> Json<Body<'r>> {
    Json(body)
}

async fn three(
    Path(id): Path<u64>,
    Json(body): Json<Body<'_>>,
    State(db): State<&Database>,
) -> Result<(u16, String), Error> {
    if id > 9 {
        return Err(HttpError::not_found().into());
    }
    Ok((201, format!("{id} {} {}", body.title, db.0)))
}

fn with_request(req: Request<'_>, Path(id): Path<u64>) -> (u16, String) {
    (200, format!("{} {id}", req.method()))
}

#[test]
fn every_form_of_handler_is_taken() {
    let app = App::new()
        .state(Database("db".to_owned()))
        .get("/a", plain)
        .get("/b", async_plain)
        .get("/c", |req: Request| req.path().len().to_string())
        .get("/d", async |req: Request| req.path().len().to_string())
        .post("/e/{id}", two)
        .post("/f/{id}", three)
        .get("/g/{name}", one)
        .get("/h/{id}", with_request)
        .get("/i/{n}", |Path(n): Path<u64>| n.to_string())
        .get("/j/{n}", async |Path(n): Path<u64>, State(db): State<&Database>| format!("{n}{}", db.0))
        .get("/k", |Query(Page { page }): Query<Page>| page.to_string())
        .post("/l", |Text(text): Text, RawBody(body): RawBody| format!("{text} {}", body.len()));
    let client = Client::new(app).unwrap();
    for (path, expected) in [
        ("/a", "/a"),
        ("/b", "/b"),
        ("/c", "2"),
        ("/d", "2"),
        ("/g/x%20y", "x y"),
        ("/h/5", "GET 5"),
        ("/i/5", "5"),
        ("/j/5", "5db"),
        ("/k?page=3", "3"),
    ] {
        let response = client.get(path).send();
        assert_eq!((response.status(), &*response.text()), (200, expected), "{path}");
    }
}

#[derive(Deserialize)]
struct Place<'r> {
    user: &'r str,
    id: u64,
    extra: Option<u8>,
}

gatewire::input!(Place<'r>);

fn place(Path(Place { user, id, extra }): Path<Place<'_>>) -> String {
    format!("{user} {id} {extra:?}")
}

/// Returns the message of an app that does not build.
fn build_error(app: App) -> String {
    // Some compilers name the lifetimes of types.
    app.build().err().map(|error| error.to_string().replace("<'_>", "")).unwrap_or_default()
}

#[test]
fn a_rule_without_the_parameters_of_a_handler_is_refused() {
    assert_eq!(build_error(App::new().get("/users/{user}/{id}", place)), "");
    assert_eq!(
        build_error(App::new().get("/users/{user}", place)),
        "\"/users/{user}\": the handler arguments::place takes Path<arguments::Place>, but the rule has no parameter \"id\""
    );
    assert_eq!(
        build_error(App::new().get("/", one)),
        "\"/\": the handler arguments::one takes Path<&str>, but it takes 1 parameter, and the rule has 0"
    );
    assert_eq!(
        build_error(App::new().post("/{id}", three)),
        "\"/{id}\": the handler arguments::three takes State<&arguments::Database>, but no state of that type was added: \
         call `.state(value)` on the app, or on the router of the rule"
    );
}
