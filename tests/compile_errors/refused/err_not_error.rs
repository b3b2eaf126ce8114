#![allow(unused)]

use gatewire::{App, Error, Request};

#[derive(Debug)]
enum E {
    A,
}

fn h(req: Request<'_>) -> Result<String, Error> {
    Err(E::A)?
}

fn main() {
    gatewire::run(App::new().post("/", h)).unwrap()
}
