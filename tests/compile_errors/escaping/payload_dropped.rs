// refused: E0597
#![allow(unused)]

use gatewire::{context::LambdaContext, App};

fn main() {
    let mut w = App::new().build().unwrap().worker();
    let c = LambdaContext::default();
    let f = {
        let p = vec![1u8];
        w.call(&p, &c)
    };
    drop(f);
}
