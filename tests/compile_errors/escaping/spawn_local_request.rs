// refused: E0521
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    App::new().get("/", async |req: Request<'_>| {
        tokio::task::spawn_local(async move { req.path().len() });
        "x"
    });
}
