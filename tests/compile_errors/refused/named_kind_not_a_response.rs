#![allow(unused)]

use gatewire::{App, Request};

struct Todo {
    id: u32,
}

async fn h(req: Request<'_>) -> Todo {
    Todo { id: 1 }
}

fn main() {
    gatewire::run(App::new().get::<gatewire::handler::AsyncHandler, _>("/", h)).unwrap()
}
