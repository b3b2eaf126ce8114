#![allow(unused)]

use gatewire::{App, Error, Next, Reply, Request};

fn mw(req: Request<'_>, next: Next<'_>) -> Result<Reply, Error> {
    Ok(req.reply("x"))
}

fn main() {
    gatewire::run(App::new().wrap(mw).get("/", |_: Request| "")).unwrap()
}
