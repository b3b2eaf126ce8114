// refused: lifetime
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    App::new().get("/", |req: Request<'_>| {
        let s: &'static str = req.body_json().unwrap();
        s
    });
}
