#![allow(unused)]

use gatewire::{App, Json, Request};

struct Todo {
    id: u32,
}

fn h(req: Request<'_>) -> Json<Todo> {
    Json(Todo { id: 1 })
}

fn main() {
    gatewire::run(App::new().get::<gatewire::handler::SyncHandler, _>("/", h)).unwrap()
}
