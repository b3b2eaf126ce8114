// refused: E0505 E0597
#![allow(unused)]

use gatewire::Error;

fn main() {
    let e: Error = std::fmt::Error.into();
    let r: &'static (dyn std::error::Error + 'static) = e.get();
    drop(e);
    println!("{r}");
}
