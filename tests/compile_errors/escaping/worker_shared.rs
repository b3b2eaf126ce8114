// refused: E0277
#![allow(unused)]

use gatewire::App;

fn main() {
    let w = App::new().build().unwrap().worker();
    std::thread::scope(|s| {
        s.spawn(|| format!("{:?}", &w));
        s.spawn(|| format!("{:?}", &w));
    });
}
