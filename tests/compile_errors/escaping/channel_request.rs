// refused: E0277
#![allow(unused)]

use gatewire::{App, Request};

fn main() {
    let (tx, _rx) = std::sync::mpsc::channel::<Request<'static>>();
    let tx = std::sync::Mutex::new(tx);
    App::new().get("/", move |req: Request<'_>| {
        tx.lock().unwrap().send(req).unwrap();
        "x"
    });
}
