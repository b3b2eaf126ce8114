#![allow(unused)]

use gatewire::{App, Request};

fn h(_: Request<'_>) -> anyhow::Result<String> {
    anyhow::bail!("x")
}

fn main() {
    let _ = App::new().get("/", h);
}
