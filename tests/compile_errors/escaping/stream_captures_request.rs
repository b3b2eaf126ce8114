// refused: E0521
#![allow(unused)]

use gatewire::{handler::Sink, App, Request, Stream};

fn main() {
    App::new().get("/", |req: Request<'_>| {
        Stream::new(async move |mut s: Sink<'_>| {
            s.write(req.path()).await;
            Ok(())
        })
    });
}
