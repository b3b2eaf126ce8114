//! Testing your handlers: no network, no handwritten events, and every gateway.
//!
//! ```sh
//! cargo test --example testing
//! ```
//!
//! The tests at the end of the file are the important part.

use std::sync::atomic::{AtomicU32, Ordering};

use gatewire::{App, Cookie, Error, HttpError, Json, Request, Response, SameSite};
use serde::{Deserialize, Serialize};

/// A dependency of the app. A test replaces it.
struct Visits(AtomicU32);

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Greeting {
    text: String,
    visit: u32,
}

async fn greet(req: Request<'_>) -> Result<Json<Greeting>, Error> {
    let name = req.query("name").or_else(|| req.cookie("name")).unwrap_or("stranger");
    let visit = req.state::<Visits>().0.fetch_add(1, Ordering::Relaxed) + 1;
    Ok(Json(Greeting { text: format!("hello {name}"), visit }))
}

#[derive(Deserialize, Serialize)]
struct Login<'a> {
    name: &'a str,
}

fn login(req: Request<'_>) -> Result<Response<'_>, Error> {
    let Login { name } = req.body_json()?;
    if name.is_empty() {
        return Err(HttpError::bad_request("who are you?").into());
    }
    Ok(Response::new(()).status(204).cookie(Cookie::new("name", name).http_only(true).same_site(SameSite::Lax)))
}

/// Its error has no handler, so the invocation fails.
fn fragile(_: Request<'_>) -> Result<(), std::num::ParseIntError> {
    "one".parse::<u32>().map(drop)
}

fn app(visits: Visits) -> App {
    App::new().state(visits).get("/greet", greet).post("/login", login).get("/fragile", fragile)
}

fn main() -> Result<(), gatewire::RunError> {
    gatewire::run(app(Visits(AtomicU32::new(0))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewire::EventSource;
    use gatewire::testing::{self, Client};

    fn client() -> Client {
        Client::new(app(Visits(AtomicU32::new(41)))).expect("the app builds")
    }

    #[test]
    fn a_handler_in_one_line() {
        assert_eq!(client().get("/greet?name=ada").send().json::<Greeting>().text, "hello ada");
    }

    #[test]
    fn the_same_behind_every_gateway() {
        for source in testing::sources() {
            let response = client().get("/greet").query("name", "J\u{fc}rgen & co").source(source).send();
            let greeting = Greeting { text: "hello J\u{fc}rgen & co".to_owned(), visit: 42 };
            assert_eq!((response.status(), response.json::<Greeting>()), (200, greeting), "{source:?}");
        }
    }

    #[test]
    fn state_lasts_as_long_as_the_client() {
        let client = client();
        let visits = || client.get("/greet").send().json::<Greeting>().visit;
        assert_eq!((visits(), visits(), visits()), (42, 43, 44));
    }

    #[test]
    fn a_cookie_is_set_and_sent_back() {
        let client = client();
        let response = client.post("/login").json(&Login { name: "grace" }).send();
        assert_eq!(response.status(), 204);
        assert_eq!(response.cookies(), ["name=grace; HttpOnly; Secure; SameSite=Lax"]);
        let greeting = client.get("/greet").cookie("name", "grace").send().json::<Greeting>();
        assert_eq!(greeting.text, "hello grace");
    }

    #[test]
    fn bad_bodies_are_the_clients_fault() {
        let client = client();
        for body in [r#"{"name":""}"#, r#"{"name":7}"#, "{", ""] {
            assert_eq!(client.post("/login").body(body).send().status(), 400, "{body:?}");
        }
    }

    #[test]
    fn failures_are_what_lambda_is_told() {
        let error = client().get("/fragile").try_send().unwrap_err();
        assert_eq!((error.error_type(), error.message()), ("ParseIntError", "invalid digit found in string"));
    }

    #[test]
    fn the_surroundings_can_be_chosen() {
        let surroundings = App::new()
            .get("/", |req: Request| req.reply(Json([req.source_ip(), req.stage(), Some(req.lambda().request_id)])));
        let client = Client::new(surroundings).unwrap();
        let request = client.get("/").source(EventSource::RestApi).source_ip("192.0.2.7").stage("dev");
        let response = request.lambda(testing::lambda_context().with_request_id("r-1")).send();
        assert_eq!(response.json::<Vec<String>>(), ["192.0.2.7", "dev", "r-1"]);
    }

    /// Handlers that need a tokio runtime use the runtime of the test.
    #[tokio::test]
    async fn async_tests_can_await() {
        let slow = App::new().get("/", async |_: Request| {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            "done"
        });
        assert_eq!(Client::new(slow).unwrap().get("/").send_async().await.text(), "done");
    }
}
