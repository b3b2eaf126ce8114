//! The router of `axum.rs` on gatewire's direct runtime: the same routes and responses, without `lambda_http`. Its responses
//! are streamed if the argument is `streaming`.

#[path = "../count.rs"]
mod count;
#[path = "../routes.rs"]
mod routes;

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use gatewire::App;
use gatewire::runtime::direct::Direct;

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

fn main() {
    let _count = count::Count::start();
    let others = routes::OTHERS.iter().fold(Router::new(), |app, route| app.route(route, get(async || "other")));
    let streaming = std::env::args().nth(1).is_some_and(|argument| argument == "streaming");
    let todo = if streaming { get(pieces) } else { get(todo) };
    let app = App::new().streaming(streaming).fallback_service(others.route("/todos/{id}", todo));
    let engine = app.build().expect("an app that builds");
    // It ends when there are no more events.
    let _ = Direct::from_env(engine).expect("the address of a Runtime API").run();
}
