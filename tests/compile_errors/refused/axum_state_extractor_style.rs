#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    let a = App::new().get("/", |req: Request| async move { req.path().to_owned() });
}
