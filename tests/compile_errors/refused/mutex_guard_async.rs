use gatewire::{App, Request};
async fn h(req: Request<'_>) -> String {
    let s = req.state::<std::sync::Mutex<u32>>().lock().unwrap();
    tokio::task::yield_now().await;
    s.to_string()
}
fn main() {
    let a = App::new().state(std::sync::Mutex::new(1)).get("/", h);
}
