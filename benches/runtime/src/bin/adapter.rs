//! gatewire on the `lambda_runtime` crate.

#[path = "../app.rs"]
mod app;
#[path = "../count.rs"]
mod count;
#[path = "../routes.rs"]
mod routes;

fn main() {
    let _count = count::Count::start();
    // It ends when there are no more events.
    let _ = gatewire::runtime::lambda::run(app::app());
}
