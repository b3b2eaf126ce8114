// refused: E0277
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    async fn h(req: Request<'static>) -> &'static str {
        req.path()
    }
    App::new().get("/", h);
}
