#![allow(unused)]

use gatewire::{App, Request};
use std::rc::Rc;

fn main() {
    let c = Rc::new(1);
    gatewire::run(App::new().get("/", move |_: Request| c.to_string())).unwrap()
}
