//! An axum application on gatewire, with one route moved to a handler of gatewire.
//!
//! ```sh
//! cargo run --example axum --features tower
//! curl -i localhost:8080/todos
//! curl -i localhost:8080/todos/7
//! curl -i localhost:8080/todos -H 'content-type: application/json' -d '{"title":"buy milk"}'
//! ```
//!
//! Any axum application has such a router. With `lambda_http`, `main` would be `lambda_http::run(router()).await`. With
//! gatewire it is `gatewire::tower::run(router())`, or an [`App`] around the router, as in this example.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use axum::{Extension, Json, Router};
use gatewire::tower::{Mount, Peer};
use gatewire::{App, Request};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize)]
struct Todo {
    id: usize,
    title: String,
}

#[derive(Clone, Default)]
struct Todos(Arc<Mutex<Vec<Todo>>>);

impl Todos {
    fn with<T>(&self, work: impl FnOnce(&mut Vec<Todo>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    skip: usize,
}

async fn list(State(todos): State<Todos>, Query(page): Query<Page>) -> Json<Vec<Todo>> {
    Json(todos.with(|todos| todos.iter().skip(page.skip).cloned().collect()))
}

#[derive(Deserialize)]
struct NewTodo {
    title: String,
}

async fn create(State(todos): State<Todos>, Json(new): Json<NewTodo>) -> impl IntoResponse {
    let todo = todos.with(|todos| {
        let todo = Todo { id: todos.len(), title: new.title };
        todos.push(todo.clone());
        todo
    });
    (StatusCode::CREATED, [("location", format!("/todos/{}", todo.id))], Json(todo))
}

async fn show(State(todos): State<Todos>, Path(id): Path<usize>) -> Result<Json<Todo>, (StatusCode, String)> {
    let todo = todos.with(|todos| todos.get(id).cloned());
    todo.map(Json).ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no todo {id}")))
}

/// The data of the gateway beyond HTTP is an extension of the request.
async fn whoami(peer: Option<Extension<Peer>>) -> String {
    peer.map_or_else(|| "somebody".to_owned(), |Extension(Peer(address))| address.to_string())
}

fn router() -> Router {
    Router::new()
        .route("/", get(async || Redirect::to("/todos")))
        .route("/todos", get(list).post(create))
        .route("/todos/{id}", get(show))
        .route("/whoami", get(whoami))
        .route("/health", get(async || "axum is fine"))
        .with_state(Todos::default())
}

/// A route that was moved: it needs no heap allocation, and goes before the same route of the router.
fn health(_: Request<'_>) -> &'static str {
    "fine"
}

fn app() -> App {
    App::new().get("/health", health).fallback(Mount::new(router()).extensions(true))
}

fn main() -> Result<(), gatewire::RunError> {
    gatewire::run(app())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewire::testing::{self, Client};
    use serde_json::{Value, json};

    #[test]
    fn the_router_answers_behind_every_gateway() {
        for source in testing::sources() {
            let client = Client::new(app()).unwrap();
            let created = client.post("/todos").json(&json!({"title": "buy milk"})).source(source).send();
            assert_eq!((created.status(), created.header("location")), (201, Some("/todos/0")), "{source:?}");
            let shown = client.get("/todos/0").source(source).send();
            assert_eq!(shown.json::<Value>(), json!({"id": 0, "title": "buy milk"}));
            assert_eq!(client.get("/todos?skip=1").source(source).send().json::<Value>(), json!([]));
            let missing = client.get("/todos/7").source(source).send();
            assert_eq!((missing.status(), missing.text()), (404, "there is no todo 7"));
            assert_eq!(client.delete("/todos").source(source).send().status(), 405);
            assert_eq!(client.get("/").source(source).send().header("location"), Some("/todos"));
            let whoami = client.get("/whoami").source_ip("192.0.2.7").source(source).send();
            assert_eq!(whoami.text(), "192.0.2.7", "{source:?}");
        }
    }

    #[test]
    fn the_route_that_was_moved_answers_first() {
        let client = Client::new(app()).unwrap();
        assert_eq!(client.get("/health").send().text(), "fine");
        assert_eq!(client.head("/health").send().status(), 200, "the router has the other methods still");
    }

    #[test]
    fn a_body_that_is_wrong_is_answered_by_axum() {
        let client = Client::new(app()).unwrap();
        assert_eq!(client.post("/todos").json(&json!({"titel": "typo"})).send().status(), 422);
        assert_eq!(client.post("/todos").body("no type").send().status(), 415);
    }
}
