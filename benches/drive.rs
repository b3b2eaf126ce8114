//! Handles one sample event again and again: what `benches/instructions.sh` counts the instructions of.
//!
//! `drive EVENT.json N` handles the event N times after a warm-up. Without arguments it handles each sample event once
//! and checks the answer, so `cargo test --benches` keeps it honest.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::{env, fs};

use gatewire::{App, Engine, Json, LambdaContext, Request};

/// Enough for buffers to reach the size that they keep.
const WARM_UP: usize = 32;

/// With `GET /todos/{id}` and what the other samples ask for, thirty routes, as an application of some size has.
const GET_ROUTES: &[&str] = &[
    "/",
    "/health",
    "/todos",
    "/todos/{id}",
    "/todos/{id}/comments",
    "/todos/{id}/comments/{comment}",
    "/todos/{id}/history",
    "/todos/search",
    "/lists",
    "/lists/{list}",
    "/lists/{list}/todos",
    "/lists/{list}/members",
    "/users",
    "/users/{user}",
    "/users/{user}/lists",
    "/users/{user}/settings",
    "/teams",
    "/teams/{team}",
    "/teams/{team}/members",
    "/teams/{team}/members/{user}",
    "/tags",
    "/tags/{tag}",
    "/reports/daily",
    "/reports/weekly",
    "/reports/{year}/{month}",
    "/exports/{id}",
    "/files/{path...}",
];

#[derive(serde::Serialize)]
struct Todo<'a> {
    id: &'a str,
}

fn todo(request: Request<'_>) -> Json<Todo<'_>> {
    Json(Todo { id: request.param("id") })
}

fn created(_: Request<'_>) -> Json<Todo<'static>> {
    Json(Todo { id: "43" })
}

fn engine() -> Result<Engine, Box<dyn Error>> {
    let app = GET_ROUTES.iter().fold(App::new(), |app, route| match *route {
        "/todos/{id}" => app.get(route, todo),
        _ => app.get(route, created),
    });
    Ok(app.post("/todos", created).post("/todos/{id}/photo", created).delete("/todos/{id}", todo).build()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds flags of its own.
    let mut arguments = env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    match (arguments.next(), arguments.next()) {
        (Some(event), Some(times)) => drive(&fs::read(event)?, times.parse()?),
        (None, None) => check_all(),
        _ => Err("usage: drive [EVENT.json N]".into()),
    }
}

fn drive(payload: &[u8], times: usize) -> Result<(), Box<dyn Error>> {
    let engine = engine()?;
    let mut worker = engine.worker();
    for _ in 0..WARM_UP + times {
        black_box(worker.handle(black_box(payload), &LambdaContext::default())?);
    }
    Ok(())
}

fn check_all() -> Result<(), Box<dyn Error>> {
    let engine = engine()?;
    let mut worker = engine.worker();
    let mut events = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let payload = fs::read(&path)?;
        let response: serde_json::Value = serde_json::from_slice(worker.handle(&payload, &LambdaContext::default())?)?;
        let body = response["body"].as_str().unwrap_or_default();
        let expected = if payload_creates(&payload)? { r#"{"id":"43"}"# } else { r#"{"id":"42"}"# };
        assert_eq!((response["statusCode"].as_u64(), body), (Some(200), expected), "{}", path.display());
        events += 1;
    }
    assert!(events > 0, "no sample events");
    println!("{events} sample events answered");
    Ok(())
}

/// Whether the event is a POST, whichever gateway sent it.
fn payload_creates(payload: &[u8]) -> Result<bool, serde_json::Error> {
    let event: serde_json::Value = serde_json::from_slice(payload)?;
    Ok([&event["httpMethod"], &event["requestContext"]["http"]["method"]].iter().any(|method| *method == "POST"))
}
