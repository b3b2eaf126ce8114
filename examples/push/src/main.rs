//! A chat by a WebSocket API: each message is pushed to all clients, by the AWS SDK.
//!
//! ```sh
//! cargo test --manifest-path examples/push/Cargo.toml
//! ```
//!
//! The template `examples/deploy/websocket.yaml` fits, with the permission `execute-api:ManageConnections` for the function. The
//! connections are kept in this one process: keep them in a table of DynamoDB.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::Builder;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use gatewire::app::WebSocket;
use gatewire::handler::Message;
use gatewire::{App, Error};

/// The clients that are connected.
#[derive(Default)]
struct Connections(Mutex<HashSet<String>>);

impl Connections {
    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Credentials and settings. They are loaded once, because that takes requests.
struct Sdk(SdkConfig);

fn connect(message: Message<'_>) {
    message.state::<Connections>().lock().insert(message.connection_id().to_owned());
}

fn disconnect(message: Message<'_>) {
    message.state::<Connections>().lock().remove(message.connection_id());
}

/// Sends the message to all, to its sender too.
async fn shout(message: Message<'_>) -> Result<(), Error> {
    let config = &message.state::<Sdk>().0;
    // A test, or another region, names the address itself.
    let endpoint = config.endpoint_url().unwrap_or(message.endpoint());
    let client = Client::from_conf(Builder::from(config).endpoint_url(endpoint).build());
    let connections = message.state::<Connections>();
    let all: Vec<String> = connections.lock().iter().cloned().collect();
    for connection in all {
        let push = client.post_to_connection().connection_id(&connection).data(Blob::new(message.body()?));
        match push.send().await {
            Ok(_) => {}
            // 410: the client has gone, and `$disconnect` has not come.
            Err(error) if error.as_service_error().is_some_and(|error| error.is_gone_exception()) => {
                connections.lock().remove(&connection);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn app(config: SdkConfig) -> App {
    App::new()
        .state(Sdk(config))
        .state(Connections::default())
        .websocket(WebSocket::new().connect(connect).disconnect(disconnect).default(shout))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gatewire::RunError> {
    gatewire::serve(app(aws_config::load_from_env().await)).await
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use aws_config::{BehaviorVersion, Region};
    use aws_sdk_apigatewaymanagement::config::{Credentials, SharedCredentialsProvider};
    use gatewire::testing;

    use super::*;

    /// Plays the management API on this machine: `gone` has disconnected. Returns the address, and what was pushed by connection.
    fn management_api(requests: usize) -> (String, thread::JoinHandle<Vec<(String, String)>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let api = thread::spawn(move || {
            let mut pushed = Vec::new();
            for _ in 0..requests {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap());
                let (mut head, mut length) = (String::new(), 0);
                while !head.ends_with("\r\n\r\n") {
                    let start = head.len();
                    assert!(lines.read_line(&mut head).unwrap() > 0);
                    if let Some(own) = head[start..].to_ascii_lowercase().strip_prefix("content-length:") {
                        length = own.trim().parse().unwrap();
                    }
                }
                assert!(head.to_ascii_lowercase().contains("\r\nauthorization: aws4-hmac-sha256 "), "{head}");
                let mut body = vec![0; length];
                lines.read_exact(&mut body).unwrap();
                let path = head.split(' ').nth(1).unwrap();
                let connection = path.strip_prefix("/@connections/").unwrap().to_owned();
                let status =
                    if connection == "gone" { "410 Gone\r\nx-amzn-errortype: GoneException" } else { "200 OK" };
                write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
                pushed.push((connection, String::from_utf8(body).unwrap()));
            }
            pushed
        });
        (address, api)
    }

    fn config(endpoint: &str) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .endpoint_url(endpoint)
            .build()
    }

    #[test]
    fn a_message_is_pushed_to_all_who_are_connected() {
        let (address, api) = management_api(3);
        let client = testing::Client::new(app(config(&address))).unwrap();
        let (ada, gone) = (client.connection().id("ada"), client.connection().id("gone"));
        assert_eq!(ada.connect("/").send().status(), 200);
        assert_eq!(gone.connect("/").send().status(), 200);
        // To both; then the one that has gone is forgotten.
        assert_eq!(ada.message("$default", "hello").send().status(), 200);
        assert_eq!(ada.message("$default", "again").send().status(), 200);
        let mut pushed = api.join().unwrap();
        pushed[..2].sort();
        let expected = [("ada", "hello"), ("gone", "hello"), ("ada", "again")];
        assert_eq!(pushed, expected.map(|(connection, text)| (connection.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_client_that_leaves_gets_nothing() {
        let (address, api) = management_api(1);
        let client = testing::Client::new(app(config(&address))).unwrap();
        let (ada, bob) = (client.connection().id("ada"), client.connection().id("bob"));
        for connection in [&ada, &bob] {
            assert_eq!(connection.connect("/").send().status(), 200);
        }
        assert_eq!(bob.disconnect(1000, "bye").send().status(), 200);
        assert_eq!(ada.message("$default", "alone").send().status(), 200);
        assert_eq!(api.join().unwrap(), [("ada".to_owned(), "alone".to_owned())]);
    }
}
