#![allow(unused)]

use gatewire::App;

fn main() {
    gatewire::run(App::new().get("/{n}", |req| req.param("n"))).unwrap()
}
