use gatewire::{App, IntoResponse, Json, Request};
fn h(req: Request<'_>) -> impl IntoResponse {
    Json(1)
}
async fn a(req: Request<'_>) -> impl IntoResponse {
    Json(1)
}
fn main() {
    gatewire::run(App::new().get("/", h).get("/a", a)).unwrap()
}
