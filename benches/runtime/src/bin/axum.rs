//! `lambda_http` with axum: on one thread if the argument ends with `one-thread`, otherwise as `#[tokio::main]` runs it. Its
//! responses are streamed if the argument begins with `streaming`.

#[path = "../count.rs"]
mod count;
#[path = "../router.rs"]
mod router;
#[path = "../routes.rs"]
mod routes;

fn main() {
    let _count = count::Count::start();
    let argument = std::env::args().nth(1).unwrap_or_default();
    let mut builder = match argument.ends_with("one-thread") {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build().expect("a tokio runtime");
    // It ends when there are no more events.
    let _ = if argument.starts_with("streaming") {
        runtime.block_on(lambda_http::run_with_streaming_response(router::router(true)))
    } else {
        runtime.block_on(lambda_http::run(router::router(false)))
    };
}
