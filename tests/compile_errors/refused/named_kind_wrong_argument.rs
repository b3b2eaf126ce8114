#![allow(unused)]

use gatewire::App;

async fn h(id: u32) -> String {
    id.to_string()
}

fn main() {
    gatewire::run(App::new().get::<gatewire::handler::AsyncHandler, _>("/{id}", h)).unwrap()
}
