// refused: E0521
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    App::new().get("/", |req: Request<'_>| {
        req.set_extension(Some(req.path()));
        "x"
    });
}
