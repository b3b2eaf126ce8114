//! `lambda_http` with axum: on one thread where the argument is `one-thread`, else as `#[tokio::main]` has it.

#[path = "../count.rs"]
mod count;
#[path = "../routes.rs"]
mod routes;

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};

#[derive(serde::Serialize)]
struct Todo {
    id: String,
}

async fn todo(Path(id): Path<String>) -> Json<Todo> {
    Json(Todo { id })
}

fn main() {
    let _count = count::Count::start();
    let others = routes::OTHERS.iter().fold(Router::new(), |app, route| app.route(route, get(async || "other")));
    let app = others.route("/todos/{id}", get(todo));
    let mut builder = match std::env::args().nth(1).as_deref() {
        Some("one-thread") => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build().expect("a tokio runtime");
    // It ends when there are no more events.
    let _ = runtime.block_on(lambda_http::run(app));
}
