//! The app that every function answers with: an application of some size, whose `GET /todos/{id}` is what is measured.

use gatewire::{App, Json, Request};

#[derive(serde::Serialize)]
struct Todo<'r> {
    id: &'r str,
}

pub fn app() -> App {
    let other = |req: Request<'_>| req.reply("other");
    super::routes::OTHERS
        .iter()
        .fold(App::new(), |app, route| app.get(route, other))
        .get("/todos/{id}", |req: Request<'_>| req.reply(Json(Todo { id: req.param("id") })))
}
