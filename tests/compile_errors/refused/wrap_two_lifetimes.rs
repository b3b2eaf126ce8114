use gatewire::{App, Error, Next, Reply, Request};
async fn mw(req: Request<'_>, next: Next<'_>) -> Result<Reply, Error> {
    next.run(req).await
}
fn main() {
    gatewire::run(App::new().wrap(mw).get("/", |_: Request| "")).unwrap()
}
