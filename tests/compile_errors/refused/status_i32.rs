#![allow(unused)]

use gatewire::{App, Request};

fn h(req: Request<'_>) -> (i32, String) {
    (201, String::new())
}

fn main() {
    gatewire::run(App::new().get("/", h).post("/", |_: Request| (201i32, "x"))).unwrap()
}
