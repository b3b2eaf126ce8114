use gatewire::{App, Json, Request};
fn h(req: Request<'_>) -> Option<Json<u32>> {
    Some(Json(1))
}
fn main() {
    gatewire::run(App::new().get("/", h)).unwrap()
}
