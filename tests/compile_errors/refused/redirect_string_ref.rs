#![allow(unused)]

use gatewire::{App, Request, Response};

fn h(req: Request<'_>) -> Response<'_> {
    Response::new(String::from("x"))
}

fn main() {
    let a = App::new().get("/", h);
}
