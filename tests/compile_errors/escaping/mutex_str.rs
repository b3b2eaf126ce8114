// refused: E0521
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    let kept = std::sync::Mutex::new(None::<&'static str>);
    App::new().get("/", move |req: Request<'_>| {
        *kept.lock().unwrap() = Some(req.path());
        "x"
    });
}
