#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    gatewire::run(
        App::new().on_error(|e: std::num::ParseIntError, _: Request| (400, e.to_string())).get("/", |_: Request| ""),
    )
    .unwrap()
}
