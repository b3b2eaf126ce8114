#![allow(unused)]

use gatewire::{App, Error, Request};
use serde::Deserialize;

#[derive(Deserialize)]
struct Q<'a> {
    tag: Vec<&'a str>,
}

fn h(req: Request<'_>) -> Result<String, Error> {
    let q: Q = req.query_as()?;
    Ok(q.tag.join(","))
}

fn main() {
    gatewire::run(App::new().get("/", h)).unwrap()
}
