//! The router of `axum.rs` on gatewire's direct runtime, without `lambda_http`. Its responses are streamed if the argument is
//! `streaming`.

#[path = "../count.rs"]
mod count;
#[path = "../router.rs"]
mod router;
#[path = "../routes.rs"]
mod routes;

use gatewire::App;
use gatewire::runtime::direct::Direct;

fn main() {
    let _count = count::Count::start();
    let streaming = std::env::args().nth(1).is_some_and(|argument| argument == "streaming");
    let app = App::new().streaming(streaming).fallback_service(router::router(streaming));
    let engine = app.build().expect("an app that builds");
    // It ends when there are no more events.
    let _ = Direct::from_env(engine).expect("the address of a Runtime API").run();
}
