//! `gatewire::run` with its defaults: the direct runtime, inside a tokio runtime of one thread.

#[path = "../app.rs"]
mod app;
#[path = "../count.rs"]
mod count;
#[path = "../routes.rs"]
mod routes;

fn main() {
    let _count = count::Count::start();
    // It ends when there are no more events.
    let _ = gatewire::run(app::app());
}
