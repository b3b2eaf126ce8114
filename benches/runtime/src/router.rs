//! The axum router of two functions: one on `lambda_http`, one on gatewire. Its routes and responses are those of `app.rs`.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};

#[derive(serde::Serialize)]
struct Todo {
    id: String,
}

async fn todo(Path(id): Path<String>) -> Json<Todo> {
    Json(Todo { id })
}

/// The same in three pieces.
async fn pieces(Path(id): Path<String>) -> impl IntoResponse {
    let pieces = [r#"{"id":""#.to_owned(), id, r#""}"#.to_owned()].map(Ok::<_, Infallible>);
    ([(CONTENT_TYPE, "application/json")], Body::from_stream(futures_util::stream::iter(pieces)))
}

/// `streaming`: the measured route answers in pieces.
pub fn router(streaming: bool) -> Router {
    let others = super::routes::OTHERS.iter().fold(Router::new(), |app, route| app.route(route, get(async || "other")));
    others.route("/todos/{id}", if streaming { get(pieces) } else { get(todo) })
}
