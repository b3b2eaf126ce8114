#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    gatewire::run(App::new().get("/{n}", |req: Request| {
        let n: u32 = req.param_as("n")?;
        Ok(n.to_string())
    }))
    .unwrap()
}
