//! `gatewire::run` as it is by default: the direct runtime, inside of a tokio runtime of one thread.

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
