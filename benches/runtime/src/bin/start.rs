//! gatewire on its direct runtime, with more of the crate in use, one feature of this package each: for the cost that each
//! adds to a start. Without any it is `direct` without its arguments.

#[path = "../app.rs"]
mod app;
#[path = "../count.rs"]
mod count;
#[path = "../routes.rs"]
mod routes;

use gatewire::App;

/// A service that answers what no rule does.
#[cfg(feature = "start_tower")]
mod service {
    use std::convert::Infallible;
    use std::future::{Ready, ready};
    use std::task::{Context, Poll};

    use gatewire::tower::Body;

    #[derive(Clone)]
    pub struct NotFound;

    impl tower_service::Service<http::Request<Body>> for NotFound {
        type Response = http::Response<String>;
        type Error = Infallible;
        type Future = Ready<Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: http::Request<Body>) -> Self::Future {
            let mut response = http::Response::new(request.uri().path().to_owned());
            *response.status_mut() = http::StatusCode::NOT_FOUND;
            ready(Ok(response))
        }
    }
}

fn in_use(app: App) -> App {
    #[cfg(feature = "start_gzip")]
    let app = app.compress(true);
    #[cfg(feature = "start_regex")]
    let app = app.get("/reports/{day:[0-9]{4}-[0-9]{2}-(0[1-9]|[12][0-9]|3[01])}", |req: gatewire::Request<'_>| {
        req.reply("a report")
    });
    #[cfg(feature = "start_tower")]
    let app = app.fallback_service(service::NotFound);
    #[cfg(feature = "start_openapi")]
    let app = app.openapi(gatewire::openapi::OpenApi::new("todos", "1.0"));
    #[cfg(feature = "start_validate")]
    let app = app.validation(gatewire::validate::Validation::new());
    #[cfg(feature = "start_log")]
    let app = app.access_log(gatewire::observe::AccessLog::json());
    #[cfg(feature = "start_metrics")]
    let app = app.metrics(gatewire::observe::Metrics::namespace("todos"));
    app
}

fn main() {
    let _count = count::Count::start();
    let engine = in_use(app::app()).build().expect("an app that builds");
    let direct = gatewire::runtime::direct::Direct::from_env(engine).expect("the address of a Runtime API");
    // It ends when there are no more events.
    let _ = direct.run();
}
