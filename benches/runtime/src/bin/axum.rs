//! `lambda_http` with axum: on one thread if the argument ends with `one-thread`, otherwise as `#[tokio::main]` runs it. Its
//! responses are streamed if the argument begins with `streaming`.

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
    let argument = std::env::args().nth(1).unwrap_or_default();
    let mut builder = match argument.ends_with("one-thread") {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build().expect("a tokio runtime");
    // It ends when there are no more events.
    let _ = if argument.starts_with("streaming") {
        runtime.block_on(lambda_http::run_with_streaming_response(others.route("/todos/{id}", get(pieces))))
    } else {
        runtime.block_on(lambda_http::run(others.route("/todos/{id}", get(todo))))
    };
}
