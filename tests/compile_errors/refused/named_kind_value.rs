#![allow(unused)]

use gatewire::{App, Request};

fn h(req: Request<'_>) -> serde_json::Value {
    serde_json::json!({"a": 1})
}

fn main() {
    gatewire::run(App::new().get::<gatewire::handler::SyncHandler, _>("/", h)).unwrap()
}
