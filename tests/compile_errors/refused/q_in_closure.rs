#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    gatewire::run(App::new().get("/{n}", |req: Request| {
        let n: u32 = req.parse("n")?;
        Ok(n.to_string())
    }))
    .unwrap()
}
