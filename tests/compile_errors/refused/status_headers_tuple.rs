use gatewire::{App, Json, Request, StatusCode};
fn h(req: Request<'_>) -> (StatusCode, [(&'static str, &'static str); 1], Json<u32>) {
    (StatusCode::OK, [("a", "b")], Json(1))
}
fn main() {
    gatewire::run(App::new().get("/", h)).unwrap()
}
