// refused: E0525
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    let mut n = 0;
    App::new().get("/", move |_: Request<'_>| {
        n += 1;
        n.to_string()
    });
}
