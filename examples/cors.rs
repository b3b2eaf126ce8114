//! An API that the scripts of two websites may call: CORS for all routes, and routes with their own settings.
//!
//! ```sh
//! cargo run --example cors
//! curl -i localhost:8080/profile -H 'origin: https://www.example.com'
//! curl -i -X OPTIONS localhost:8080/profile -H 'origin: https://www.example.com' -H 'access-control-request-method: PUT'
//! ```

use gatewire::{App, Cors, Error, Json, Request, Route};

fn profile(_: Request<'_>) -> Json<[&'static str; 2]> {
    Json(["ada", "lovelace"])
}

fn rename(req: Request<'_>) -> Result<Json<[&str; 2]>, Error> {
    Ok(Json(req.body_json()?))
}

fn app() -> App {
    let cors = Cors::origins(["https://www.example.com", "https://dev.example.com"])
        .allow_headers(["X-Trace"])
        .expose_headers(["X-Request-Id"])
        .max_age(600)
        // Scripts may send cookies.
        .allow_credentials(true)
        // Caches keep a response for each origin.
        .vary(true);
    App::new()
        .cors(cors)
        .get("/profile", profile)
        .put("/profile", rename)
        // Only servers call this route, so browsers get no permission.
        .route(Route::post("/webhook", |_: Request| (202, "thank you")).cors(false))
}

fn main() -> Result<(), gatewire::RunError> {
    gatewire::run(app())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewire::testing::Client;

    const SITE: &str = "https://www.example.com";

    #[test]
    fn the_sites_may_read_answers() {
        let client = Client::new(app()).unwrap();
        let response = client.get("/profile").header("Origin", SITE).send();
        assert_eq!(response.header("access-control-allow-origin"), Some(SITE));
        assert_eq!(response.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(response.header("access-control-expose-headers"), Some("X-Request-Id"));
        assert_eq!(response.json::<Vec<String>>(), ["ada", "lovelace"]);
        // Errors are responses too: a script must see them.
        let response = client.put("/profile").body("[1]").header("Origin", SITE).send();
        assert_eq!((response.status(), response.header("access-control-allow-origin")), (400, Some(SITE)));
    }

    #[test]
    fn others_may_not() {
        let client = Client::new(app()).unwrap();
        let response = client.get("/profile").header("Origin", "https://evil.example").send();
        assert_eq!((response.status(), response.header("access-control-allow-origin")), (200, None));
        assert_eq!(response.header("vary"), Some("Origin"));
    }

    #[test]
    fn a_preflight_is_answered_without_a_route_for_it() {
        let client = Client::new(app()).unwrap();
        let response = client.options("/profile").header("Origin", SITE).send();
        assert_eq!((response.status(), response.text()), (204, ""));
        assert_eq!(response.header("access-control-allow-methods"), Some("GET,OPTIONS,PUT"));
        assert!(response.header("access-control-allow-headers").unwrap().contains("X-Trace"));
        assert_eq!(response.header("access-control-max-age"), Some("600"));
    }

    #[test]
    fn the_webhook_has_no_cors_headers() {
        let response = Client::new(app()).unwrap().post("/webhook").header("Origin", SITE).send();
        assert_eq!((response.status(), response.header("access-control-allow-origin")), (202, None));
    }
}
