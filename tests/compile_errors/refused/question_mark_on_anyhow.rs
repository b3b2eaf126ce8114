#![allow(unused)]

use gatewire::{App, Error, Request};

fn inner() -> anyhow::Result<String> {
    anyhow::bail!("x")
}

fn h(_: Request<'_>) -> Result<String, Error> {
    Ok(inner()?)
}

fn main() {
    let _ = App::new().get("/", h);
}
