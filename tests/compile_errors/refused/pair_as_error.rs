#![allow(unused)]

use gatewire::{App, Request, StatusCode};

fn h(_: Request<'_>) -> Result<String, (StatusCode, String)> {
    Err((StatusCode::NOT_FOUND, "no todo".into()))
}

fn main() {
    let _ = App::new().get("/", h);
}
