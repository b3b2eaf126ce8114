// refused: E0603
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    use gatewire::handler::Handler;
    struct H;
    impl<'r> Handler<'r, u8> for H {
        fn call(&'r self, req: Request<'r>, token: gatewire::handler::Private) -> gatewire::handler::Progress<'r> {
            todo!()
        }
    }
    App::new().get::<u8, _>("/", H);
}
