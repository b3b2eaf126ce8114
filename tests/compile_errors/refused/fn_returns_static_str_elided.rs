use gatewire::{App, Request};
async fn h(_: Request<'_>) -> &str {
    "hello"
}
fn main() {
    gatewire::run(App::new().get("/", h)).unwrap()
}
