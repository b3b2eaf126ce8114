// refused: E0277
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    App::new().get("/", |req: Request<'_>| {
        std::thread::scope(|s| {
            s.spawn(move || req.path().len());
        });
        "x"
    });
}
