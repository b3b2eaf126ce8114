#![allow(unused)]

use gatewire::{App, Error, Request};

async fn h(req: Request<'_>) -> Result<String, Error> {
    let j = tokio::spawn(async move { req.path().len() });
    Ok(j.await?.to_string())
}

fn main() {
    gatewire::run(App::new().post("/", h)).unwrap()
}
