// refused: lifetime
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    App::new().get("/", async |req: Request<'_>| {
        tokio::spawn(async move { req.path().len() });
        "x"
    });
}
