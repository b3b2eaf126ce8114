// refused: E0521
#![allow(unused)]

use gatewire::{handler::Sink, App, Request, Stream};

fn main() {
    thread_local! { static K: std::cell::RefCell<Option<Sink<'static>>> = const { std::cell::RefCell::new(None) } }
    App::new().get("/", |_: Request<'_>| {
        Stream::new(async move |s: Sink<'_>| {
            K.with_borrow_mut(|k| *k = Some(s));
            Ok(())
        })
    });
}
