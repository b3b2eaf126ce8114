// refused: E0521
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    thread_local! { static K: std::cell::Cell<Option<&'static str>> = const { std::cell::Cell::new(None) } }
    App::new().get("/", |req: Request<'_>| {
        K.set(Some(req.path()));
        "x"
    });
}
