#![allow(unused)]

use gatewire::{App, Request};

fn h(req: Request<'_>) -> Result<String, Box<dyn std::error::Error>> {
    Ok(String::new())
}

fn main() {
    let a = App::new().get::<gatewire::handler::SyncHandler, _>("/", h);
}
