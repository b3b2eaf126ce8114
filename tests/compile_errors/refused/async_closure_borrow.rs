#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    gatewire::run(App::new().get("/{n}", async |req: Request| req.param("n"))).unwrap()
}
