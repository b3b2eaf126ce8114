//! The measured axum router: the thirty routes of `app.rs`, with the same responses.

use axum::extract::Path;
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Json, Router};

use crate::app::{NO_ID, ROUTES};

/// The response of handlers that own it.
#[derive(serde::Serialize)]
pub struct Todo {
    pub id: String,
}

/// Makes the router. `todo` is its endpoint at `/todos/{id}`.
pub fn router(todo: MethodRouter) -> Router {
    let mut todo = Some(todo);
    ROUTES.iter().fold(Router::new(), |router, (method, rule)| {
        let endpoint = match (*method, *rule, rule.matches('{').count()) {
            ("GET", "/todos/{id}", _) => todo.take().expect("one such rule"),
            ("GET", _, 0) => get(none),
            ("GET", _, 1) => get(one),
            ("GET", ..) => get(two),
            ("POST", _, 0) => post(none),
            ("POST", ..) => post(one),
            _ => delete(one),
        };
        router.route(&rule.replace("{path...}", "{*path}"), endpoint)
    })
}

async fn none() -> Json<Todo> {
    Json(Todo { id: NO_ID.to_owned() })
}

pub async fn one(Path(id): Path<String>) -> Json<Todo> {
    Json(Todo { id })
}

async fn two(Path((id, _)): Path<(String, String)>) -> Json<Todo> {
    Json(Todo { id })
}
