#![allow(unused)]

use gatewire::{App, Request};

#[derive(Debug)]
enum E {
    A,
}

async fn h(req: Request<'_>) -> Result<String, E> {
    Err(E::A)
}

fn main() {
    gatewire::run(App::new().post::<gatewire::handler::AsyncHandler, _>("/", h)).unwrap()
}
