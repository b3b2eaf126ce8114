// refused: lifetime
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    #[derive(Debug)]
    struct E<'a>(&'a str);
    impl std::fmt::Display for E<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }
    impl std::error::Error for E<'_> {}
    fn h<'r>(req: Request<'r>) -> Result<(), E<'r>> {
        Err(E(req.path()))
    }
    App::new().get("/", h);
}
