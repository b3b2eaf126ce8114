// refused: E0499
#![allow(unused)]

use gatewire::{App, LambdaContext};

fn main() {
    let mut w = App::new().build().unwrap().worker();
    let c = LambdaContext::default();
    let a = w.handle(b"{}", &c).unwrap();
    let b = w.handle(b"{}", &c).unwrap();
    println!("{}{}", a.len(), b.len());
}
