//! Middleware: a check of the caller, a measurement around every handler, and headers for all responses.
//!
//! ```sh
//! cargo run --example middleware
//! curl -i localhost:8080/
//! curl -i localhost:8080/admin/users
//! curl -i localhost:8080/admin/users -H 'authorization: Bearer let-me-in'
//! ```

use std::ops::ControlFlow;
use std::time::Instant;

use gatewire::{App, Error, Json, Next, Reply, Request, Response, Router};

/// Stops a request without a token: the inner layers and the handler do not run.
fn authorize(req: Request<'_>) -> ControlFlow<Reply> {
    match req.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        Some("let-me-in") => ControlFlow::Continue(()),
        Some(_) => ControlFlow::Break(req.reply((403, "not you"))),
        None => {
            let who = Response::new("who are you?").status(401).header("WWW-Authenticate", "Bearer");
            ControlFlow::Break(req.reply(who))
        }
    }
}

/// Measures the time of everything inside, for the browser's developer tools. Middleware may be async.
async fn measure<'r>(req: Request<'r>, next: Next<'r>) -> Result<Reply, Error> {
    let start = Instant::now();
    let reply = next.run(req).await?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    req.response().set_header("Server-Timing", format!("handler;dur={milliseconds:.3}"));
    Ok(reply)
}

/// Runs after the handler, on its response: sets the client's identifier of the request, or the gateway's.
fn correlate(req: Request<'_>) {
    if let Some(id) = req.header("x-request-id").or_else(|| req.correlation_id()) {
        req.response().set_header("X-Request-Id", id);
    }
}

fn admin() -> Router {
    Router::new().before(authorize).get("/users", |_: Request| Json(["ada", "grace"]))
}

fn app() -> App {
    App::new()
        // The first layer is the outermost: it measures the others too.
        .wrap(measure)
        .after(correlate)
        .after(|req| req.response().set_header("X-Content-Type-Options", "nosniff"))
        .get("/", |_: Request| "hello")
        .include("/admin", admin())
}

fn main() -> Result<(), gatewire::RunError> {
    gatewire::run(app())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewire::testing::{self, Client};

    #[test]
    fn everybody_is_greeted() {
        let response = Client::new(app()).unwrap().get("/").send();
        assert_eq!((response.status(), response.text()), (200, "hello"));
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    }

    #[test]
    fn admins_need_a_token() {
        let client = Client::new(app()).unwrap();
        let users = |token: &str| client.get("/admin/users").header("Authorization", token).send();
        assert_eq!(users("Bearer let-me-in").json::<Vec<String>>(), ["ada", "grace"]);
        assert_eq!(users("Bearer please").status(), 403);
        let response = client.get("/admin/users").send();
        assert_eq!((response.status(), response.header("www-authenticate")), (401, Some("Bearer")));
        // The outer layers see that response too.
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    }

    #[test]
    fn the_time_is_told_also_where_there_is_no_route() {
        let client = Client::new(app()).unwrap();
        for target in ["/", "/nowhere"] {
            let response = client.get(target).send();
            let timing = response.header("server-timing").unwrap();
            let duration: f64 = timing.strip_prefix("handler;dur=").unwrap().parse().unwrap();
            assert!(duration >= 0.0);
        }
    }

    #[test]
    fn requests_can_be_correlated() {
        let client = Client::new(app()).unwrap();
        let response = client.get("/").header("X-Request-Id", "mine").send();
        assert_eq!(response.header("x-request-id"), Some("mine"));
        // Every gateway names its requests.
        for source in testing::sources() {
            assert!(client.get("/").source(source).send().header("x-request-id").is_some(), "{source:?}");
        }
    }
}
