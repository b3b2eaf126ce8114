// refused: E0499
#![allow(unused)]

use gatewire::{context::LambdaContext, App};

fn main() {
    let mut w = App::new().build().unwrap().worker();
    let c = LambdaContext::default();
    let a = w.call_blocking(b"{}", &c).unwrap();
    let b = w.call_blocking(b"{}", &c).unwrap();
    println!("{}{}", a.len(), b.len());
}
