//! A larger app in parts: each module has a router with its routes, its state and its errors, and `app` joins them.
//!
//! ```sh
//! cargo run --example routers
//! curl localhost:8080/users
//! curl localhost:8080/users/ada
//! curl localhost:8080/tenants/acme/notes/1
//! curl localhost:8080/v1/health localhost:8080/v2/health
//! ```

use gatewire::App;

/// People: routes, and the state that only they need.
mod users {
    use gatewire::{HttpError, Json, Request, Router};

    struct Users(&'static [&'static str]);

    fn list(req: Request<'_>) -> Json<&[&'static str]> {
        Json(req.state::<Users>().0)
    }

    fn show(req: Request<'_>) -> Result<Json<&str>, HttpError> {
        let name = req.param("name");
        if !req.state::<Users>().0.contains(&name) {
            return Err(HttpError::not_found());
        }
        Ok(Json(name))
    }

    pub(super) fn router() -> Router {
        // The router's `/` is the prefix itself: `/users`.
        Router::new().state(Users(&["ada", "grace"])).get("/", list).get("/{name}", show)
    }
}

/// Notes of a tenant, whose name is in the prefix.
mod notes {
    use gatewire::{Error, Json, Request, Router};
    use serde::Serialize;

    #[derive(Serialize)]
    struct Note<'r> {
        tenant: &'r str,
        id: u32,
    }

    fn show(req: Request<'_>) -> Result<Json<Note<'_>>, Error> {
        Ok(Json(Note { tenant: req.param("tenant"), id: req.param_as("id")? }))
    }

    pub(super) fn router() -> Router {
        Router::new()
            .get("/{id}", show)
            // Wraps the routes of this router, and no others.
            .after(|req| req.response().set_header("X-Tenant", req.param("tenant")))
    }
}

/// Routes for monitoring.
mod health {
    use gatewire::{Json, Request, Router};

    use super::Version;

    pub(super) fn router() -> Router {
        Router::new().get("/health", |req: Request| Json(["ok", req.state::<Version>().0]))
    }
}

/// State of the whole app: every handler can ask for it.
struct Version(&'static str);

fn app() -> App {
    let health = health::router();
    App::new()
        .state(Version("1.4.2"))
        .include("/users", users::router())
        .include("/tenants/{tenant}/notes", notes::router())
        // The same router twice: it is cheap to clone.
        .include("/v1", health.clone())
        .include("/v2", health)
}

fn main() -> Result<(), gatewire::RunError> {
    gatewire::run(app())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewire::testing::Client;
    use serde_json::{Value, json};

    fn get(target: &str) -> (u16, Value) {
        let response = Client::new(app()).unwrap().get(target).send();
        (response.status(), response.json())
    }

    #[test]
    fn users_are_below_their_prefix() {
        assert_eq!(get("/users"), (200, json!(["ada", "grace"])));
        assert_eq!(get("/users/ada"), (200, json!("ada")));
        assert_eq!(get("/users/bob").0, 404);
        assert_eq!(get("/").0, 404);
    }

    #[test]
    fn a_prefix_may_have_parameters() {
        assert_eq!(get("/tenants/acme/notes/1"), (200, json!({"tenant": "acme", "id": 1})));
        assert_eq!(get("/tenants/acme/notes/one").0, 400);
    }

    #[test]
    fn middleware_of_a_router_is_around_its_own_routes() {
        let client = Client::new(app()).unwrap();
        assert_eq!(client.get("/tenants/acme/notes/1").send().header("x-tenant"), Some("acme"));
        assert_eq!(client.get("/users").send().header("x-tenant"), None);
    }

    #[test]
    fn a_router_can_be_included_twice() {
        for version in ["v1", "v2"] {
            assert_eq!(get(&format!("/{version}/health")), (200, json!(["ok", "1.4.2"])));
        }
    }
}
