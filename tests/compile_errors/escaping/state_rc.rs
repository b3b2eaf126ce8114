// refused: E0277
#![allow(unused)]

use gatewire::App;

fn main() {
    App::new().state(std::rc::Rc::new(5));
}
