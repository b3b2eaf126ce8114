// refused: E0277
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    let rc = std::rc::Rc::new(5);
    App::new().get("/", move |_: Request<'_>| rc.to_string());
}
