#![allow(unused)]

use gatewire::{App, Request};

struct Path<T>(T);
async fn h(Path(id): Path<u32>, req: Request<'_>) -> String {
    id.to_string()
}

fn main() {
    gatewire::run(App::new().get("/{id}", h)).unwrap()
}
