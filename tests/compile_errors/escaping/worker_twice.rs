// refused: E0499
#![allow(unused)]

use gatewire::{context::LambdaContext, App};

fn main() {
    let mut w = App::new().build().unwrap().worker();
    let c = LambdaContext::default();
    let a = w.call(b"{}", &c);
    let b = w.call(b"{}", &c);
    drop((a, b));
}
