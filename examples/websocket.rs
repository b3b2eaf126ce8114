//! HTTP requests and a WebSocket API in one program.
//!
//! ```sh
//! cargo test --example websocket
//! ```
//!
//! `examples/deploy/websocket.yaml` is the API; `wscat -c "$URL?name=ada"` talks to it:
//!
//! ```text
//! > {"action":"say","text":"hello"}
//! < {"from":"ada","text":"hello"}
//! ```
//!
//! The gateway on your machine plays HTTP alone. `examples/push` pushes to other clients with the AWS SDK.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gatewire::app::WebSocket;
use gatewire::handler::{Message, RawEvent};
use gatewire::{App, Error, HttpError, Json, Request};
use serde::{Deserialize, Serialize};

/// The names of clients by their connections. It lives as long as this one process: keep them in a table of DynamoDB, or use
/// the context of an authorizer, which comes with each message.
#[derive(Default)]
struct Names(Mutex<HashMap<String, String>>);

impl Names {
    fn with<T>(&self, read: impl FnOnce(&mut HashMap<String, String>) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Deserialize)]
struct Say<'r> {
    text: &'r str,
}

#[derive(Serialize)]
struct Said {
    from: String,
    text: String,
}

/// A status other than 2xx refuses the connection.
fn connect(message: Message<'_>) -> Result<(), HttpError> {
    let name = message.query("name").ok_or_else(|| HttpError::unauthorized("say your name: ?name=ada"))?;
    let names: &Names = message.state();
    names.with(|names| names.insert(message.connection_id().to_owned(), name.to_owned()));
    Ok(())
}

fn disconnect(message: Message<'_>) {
    message.state::<Names>().with(|names| names.remove(message.connection_id()));
}

/// A message that is not of this form is answered with 400.
fn say(message: Message<'_>) -> Result<Json<Said>, Error> {
    let say: Say<'_> = message.body_json()?;
    let from = message.state::<Names>().with(|names| names.get(message.connection_id()).cloned());
    Ok(Json(Said { from: from.unwrap_or_default(), text: say.text.trim().to_owned() }))
}

fn app() -> App {
    let socket = WebSocket::new()
        .connect(connect)
        .disconnect(disconnect)
        .route("say", say)
        .default(|_: Message| (400, r#"send {"action":"say","text":"..."}"#));
    App::new()
        .state(Names::default())
        .get("/clients", |req: Request| Json(req.state::<Names>().with(|names| names.len())))
        .websocket(socket)
        // A schedule keeps the function warm.
        .other_events(|event: RawEvent| println!("{:?}", event.kind()))
}

fn main() -> Result<(), gatewire::RunError> {
    gatewire::run(app())
}

#[cfg(test)]
mod tests {
    use gatewire::testing::Client;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn clients_say_their_name_first() {
        let client = Client::new(app()).unwrap();
        let (ada, bob) = (client.connection().id("a="), client.connection().id("b="));
        assert_eq!(ada.connect("/").send().status(), 401);
        assert_eq!(ada.connect("/?name=ada").send().status(), 200);
        assert_eq!(bob.connect("/?name=bob").send().status(), 200);
        assert_eq!(client.get("/clients").send().text(), "2");
        let said = bob.json("say", &json!({"action": "say", "text": " hello "})).send();
        assert_eq!(said.json::<Value>(), json!({"from": "bob", "text": "hello"}));
        assert_eq!(bob.message("say", "hello").send().status(), 400);
        assert_eq!(bob.message("$default", "hello").send().status(), 400);
        assert_eq!(ada.disconnect(1001, "going away").send().status(), 200);
        assert_eq!(client.get("/clients").send().text(), "1");
    }

    #[test]
    fn a_schedule_is_answered() {
        let client = Client::new(app()).unwrap();
        assert_eq!(client.invoke(br#"{"detail-type":"Scheduled Event","source":"aws.events"}"#).unwrap(), b"null");
    }
}
