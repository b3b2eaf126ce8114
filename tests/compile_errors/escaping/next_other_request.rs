// refused: E0521
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    use std::cell::RefCell;
    thread_local! { static K: RefCell<Option<Request<'static>>> = const { RefCell::new(None) } }
    App::new().wrap(async |req, next| {
        let other = K.take().unwrap();
        K.set(Some(req));
        next.run(other).await
    });
}
