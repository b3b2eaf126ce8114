// refused: E0277
#![allow(unused)]

use gatewire::Error;

fn main() {
    #[derive(Debug)]
    struct E(std::cell::Cell<u8>);
    impl std::fmt::Display for E {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", self.0.get())
        }
    }
    impl std::error::Error for E {}
    let _: Error = E(std::cell::Cell::new(1)).into();
}
