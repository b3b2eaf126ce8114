#![allow(unused)]

use gatewire::{App, Request};
use std::rc::Rc;

fn main() {
    gatewire::run(App::new().state(Rc::new(1)).get("/", |_: Request| "x")).unwrap()
}
