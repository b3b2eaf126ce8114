#![allow(unused)]

use gatewire::{App, Error, Request};

fn inner() -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    Err("boxed".into())
}

fn h(_: Request<'_>) -> Result<String, Error> {
    Ok(inner()?)
}

fn main() {
    let _ = App::new().get("/", h);
}
