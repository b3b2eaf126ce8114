// refused: E0277
#![allow(unused)]

use gatewire::{context::LambdaContext, App};

fn main() {
    fn send<T: Send>(_: T) {}
    let mut w = App::new().build().unwrap().worker();
    let c = LambdaContext::default();
    send(w.call(b"{}", &c));
}
