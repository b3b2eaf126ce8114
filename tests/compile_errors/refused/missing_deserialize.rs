#![allow(unused)]

use gatewire::{App, Error, Request};

struct New {
    t: String,
}

fn h(req: Request<'_>) -> Result<String, Error> {
    let n: New = req.body_json()?;
    Ok(n.t)
}

fn main() {
    gatewire::run(App::new().post("/", h)).unwrap()
}
