// refused: E0521
#![allow(unused)]

use gatewire::{handler::Sink, App, Request, Stream};

fn main() {
    App::new().get("/", |req: Request<'_>| {
        let p = req.path();
        Stream::new(async move |mut s: Sink<'_>| {
            s.write(p).await;
            Ok(())
        })
    });
}
