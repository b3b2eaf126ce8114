//! Reads of a request: the whole path with handlers that read one value each, beside a handler that reads nothing.

use std::hint::black_box;

use criterion::Criterion;
use gatewire::{App, Error, Json, Request};
use gatewire_benches::samples::{self, Sample};
use gatewire_benches::{Handle, app, bodies, body_of, gatewire};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Case, GATEWIRE};

pub(crate) fn benches(criterion: &mut Criterion) {
    let browser = samples::sample("rest_browser");
    let post = samples::sample("rest_post");
    let large = samples::with_body("rest", "rest+10KB", &bodies::json(10 << 10));
    let text = bodies::json(10 << 10).len();
    read(criterion, "nothing", &browser, nothing, &json!(0));
    read(criterion, "four headers", &browser, headers, &json!(4));
    read(criterion, "all headers", &browser, all_headers, &json!(28));
    read(criterion, "query", &browser, query, &json!("title"));
    read(criterion, "cookie", &browser, cookie, &json!("dark"));
    read(criterion, "claims", &browser, claims, &json!("ana.lopes"));
    read(criterion, "JSON body", &post, json_body, &json!("buy \"oat\" milk"));
    read(criterion, "text of 10 KB", &large, text_body, &json!(text));
    read(criterion, "JSON of 10 KB", &large, json_list, &json!(bodies::items(10 << 10).len()));
}

fn read<F, Kind: 'static>(criterion: &mut Criterion, name: &str, sample: &Sample, handler: F, expected: &Value)
where
    F: for<'r> gatewire::handler::Handler<'r, Kind> + Send + Sync + Copy + 'static,
{
    let methods = ["GET", "POST"];
    let others = app::ROUTES.iter().filter(|(_, rule)| !matches!(*rule, "/todos" | "/todos/{id}"));
    let app = others.fold(App::new(), |app, (method, rule)| app.on([*method], rule, nothing));
    let app = app.on(methods, "/todos", handler).on(methods, "/todos/{id}", handler);
    let mut engine = gatewire(&app.build().expect("the app builds"));
    assert_eq!(body_of(engine.handle(&sample.payload), name), *expected, "{name}");
    Case::bytes(criterion, &format!("request/{name}"), sample.payload.len()).engine(GATEWIRE, || {
        black_box(engine.handle(black_box(&sample.payload)));
    });
}

fn nothing(_: Request<'_>) -> Json<usize> {
    Json(0)
}

fn headers(request: Request<'_>) -> Json<usize> {
    Json(app::BUSY_HEADERS.iter().filter_map(|name| request.header(name)).count())
}

fn all_headers(request: Request<'_>) -> Json<usize> {
    Json(request.headers().map(black_box).count())
}

fn query(request: Request<'_>) -> Json<&str> {
    Json(request.query("fields").unwrap_or_default())
}

fn cookie(request: Request<'_>) -> Json<&str> {
    Json(request.cookie("theme").unwrap_or_default())
}

fn claims(request: Request<'_>) -> Json<&str> {
    Json(request.context().authorizer().claims().get("cognito:username").unwrap_or_default())
}

#[derive(Deserialize)]
struct NewTodo<'r> {
    title: &'r str,
}

fn json_body(request: Request<'_>) -> Result<Json<&str>, Error> {
    let todo: NewTodo = request.body_json()?;
    Ok(Json(todo.title))
}

fn text_body(request: Request<'_>) -> Result<Json<usize>, Error> {
    Ok(Json(request.body_text()?.len()))
}

#[derive(Deserialize)]
struct Listed<'r> {
    #[serde(borrow)]
    title: &'r str,
    done: bool,
    price: f64,
}

fn json_list(request: Request<'_>) -> Result<Json<usize>, Error> {
    let items: Vec<Listed> = request.body_json()?;
    Ok(Json(items.iter().filter(|item| !item.title.is_empty() && (item.done || item.price >= 0.0)).count()))
}
