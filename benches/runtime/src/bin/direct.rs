//! gatewire on its direct runtime, without tokio; `one-write` sends the response and the next request in one write.

#[path = "../app.rs"]
mod app;
#[path = "../count.rs"]
mod count;
#[path = "../routes.rs"]
mod routes;

use gatewire::runtime::direct::Direct;

fn main() {
    let _count = count::Count::start();
    let pipelined = std::env::args().nth(1).is_some_and(|argument| argument == "one-write");
    let engine = app::app().build().expect("an app that builds");
    let direct = Direct::from_env(engine).expect("the address of a Runtime API");
    // It ends when there are no more events.
    let _ = direct.pipelined(pipelined).run();
}
