//! The app of every function: an application of some size, whose `GET /todos/{id}` is measured.

use gatewire::{App, IntoResponse, Json, Request, Response, Stream};

#[derive(serde::Serialize)]
struct Todo<'r> {
    id: &'r str,
}

/// The same response in three pieces, each of which is sent when it is written.
fn pieces(_: Request<'_>) -> impl IntoResponse + use<> {
    let body = Stream::new(async |mut sink| {
        let id = sink.request().param("id");
        sink.write(r#"{"id":""#).await;
        sink.write(id).await;
        sink.write(r#""}"#).await;
        Ok(())
    });
    Response::new(body).content_type("application/json")
}

/// It streams if the argument of the program is `streaming`.
pub fn app() -> App {
    let other = |req: Request<'_>| req.reply("other");
    let app = super::routes::OTHERS.iter().fold(App::new(), |app, route| app.get(route, other));
    if std::env::args().nth(1).is_some_and(|argument| argument == "streaming") {
        return app.streaming(true).get("/todos/{id}", pieces);
    }
    app.get("/todos/{id}", |req: Request<'_>| req.reply(Json(Todo { id: req.param("id") })))
}
