#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    let name = String::from("x");
    let r = &name;
    gatewire::run(App::new().get("/", |_: Request| r.clone())).unwrap()
}
