#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    gatewire::run(App::new().get("/{n}", |req: Request| req.param("n"))).unwrap()
}
