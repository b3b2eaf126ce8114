// refused: E0277
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    #[derive(Debug)]
    struct E(std::rc::Rc<u8>);
    impl std::fmt::Display for E {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", self.0)
        }
    }
    impl std::error::Error for E {}
    App::new().get("/", |_: Request<'_>| -> Result<(), E> { Err(E(std::rc::Rc::new(1))) });
}
