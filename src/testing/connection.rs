//! The events of a connection to a WebSocket API.

use std::fmt;

use serde::Serialize;

use super::{Client, TestResponse};
use crate::gateway::{Connection, HttpRequest};
use crate::http::percent;
use crate::invocation_error::InvocationError;
use crate::json::write;
use crate::source::EventSource;

/// A connection of a test to the WebSocket API of an app: made with [`Client::connection`].
///
/// ```
/// use gatewire::app::WebSocket;
/// use gatewire::handler::Message;
/// use gatewire::testing::Client;
/// use gatewire::{App, Json};
///
/// let socket = WebSocket::new()
///     .connect(|message: Message| message.accept_subprotocol(message.subprotocols().last().unwrap_or_default()))
///     .route("who", |message: Message| message.reply(Json(message.context().authorizer().principal_id())));
/// let client = Client::new(App::new().websocket(socket))?;
///
/// let connection = client.connection().id("abc=").authorizer("principalId", "ada");
/// let accepted = connection.connect("/").header("Sec-WebSocket-Protocol", "chat.v1, chat.v2").send();
/// assert_eq!((accepted.status(), accepted.header("sec-websocket-protocol")), (200, Some("chat.v2")));
/// assert_eq!(connection.message("who", "").send().json::<String>(), "ada");
/// assert_eq!(connection.disconnect(1000, "bye").send().status(), 200);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing happens before one of its events is sent"]
pub struct TestConnection<'c> {
    client: &'c Client,
    connection: Connection,
}

impl<'c> TestConnection<'c> {
    pub(super) fn new(client: &'c Client) -> Self {
        Self { client, connection: Connection::new("L0SM9cOFvHcCIhw=") }
    }

    /// Sets the identifier of the connection.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.connection = self.connection.with_id(id.into());
        self
    }

    /// Sets the stage of the API, which is `prod` without this.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.connection = self.connection.stage(stage);
        self
    }

    /// Sets the address of the client.
    pub fn source_ip(mut self, source_ip: impl Into<String>) -> Self {
        self.connection = self.connection.source_ip(source_ip);
        self
    }

    /// Adds a value of the context that an authorizer has returned when the connection began.
    pub fn authorizer(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.connection = self.connection.authorizer(name, value);
        self
    }

    /// The event `$connect`. The target may have a query: `/?token=secret`. Header fields and parameters can be added.
    pub fn connect(&self, target: &str) -> TestMessage<'c> {
        self.event(Event::Connect { target: target.to_owned(), headers: Vec::new() })
    }

    /// The event of a message that the API has routed to a route: `send`, `$default`.
    pub fn message(&self, route: impl Into<String>, message: impl Into<Vec<u8>>) -> TestMessage<'c> {
        self.event(Event::Message { route: route.into(), message: message.into() })
    }

    /// The event of a message that is a value as JSON.
    ///
    /// # Panics
    /// If the value cannot be serialised.
    #[track_caller]
    pub fn json<T: Serialize + ?Sized>(&self, route: impl Into<String>, value: &T) -> TestMessage<'c> {
        let (route, mut message) = (route.into(), Vec::new());
        if let Err(error) = write::to_json::<write::Plain, T>(&mut message, value) {
            panic!("the message for {route} cannot be written as JSON: {error}");
        }
        self.event(Event::Message { route, message })
    }

    /// The event `$disconnect`, with a status and a reason as in [RFC 6455 section 7.4][rfc].
    ///
    /// [rfc]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4
    pub fn disconnect(&self, status: u16, reason: impl Into<String>) -> TestMessage<'c> {
        self.event(Event::Disconnect { status, reason: reason.into() })
    }

    fn event(&self, event: Event) -> TestMessage<'c> {
        TestMessage { client: self.client, connection: self.connection.clone(), event }
    }
}

#[derive(Clone, Debug)]
enum Event {
    Connect { target: String, headers: Vec<(String, String)> },
    Message { route: String, message: Vec<u8> },
    Disconnect { status: u16, reason: String },
}

/// An event of a [`TestConnection`], sent with [`send`](Self::send).
#[derive(Clone, Debug)]
#[must_use = "nothing happens before it is sent"]
pub struct TestMessage<'c> {
    client: &'c Client,
    connection: Connection,
    event: Event,
}

impl TestMessage<'_> {
    /// Adds a header field, and keeps others of the same name. Only a connection that begins has header fields of the
    /// client: those of other events are ignored.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Event::Connect { headers, .. } = &mut self.event {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// Adds a query parameter to a connection that begins. Name and value are text: they are encoded here.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if let Event::Connect { target, .. } = &mut self.event {
            let mut pair = vec![if target.contains('?') { b'&' } else { b'?' }];
            percent::encode_component(&mut pair, name);
            pair.push(b'=');
            percent::encode_component(&mut pair, value);
            target.push_str(&String::from_utf8_lossy(&pair));
        }
        self
    }

    /// The event that the API sends to the function, as JSON.
    pub fn event(&self) -> Vec<u8> {
        match &self.event {
            Event::Connect { target, headers } => {
                let request = HttpRequest::new("GET", target);
                let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
                self.connection.connect_event(&request)
            }
            Event::Message { route, message } => self.connection.message_event(route, message),
            Event::Disconnect { status, reason } => self.connection.disconnect_event(*status, reason),
        }
    }

    /// Sends the event and returns the answer: its status accepts or refuses a connection, and its body goes to the
    /// client if the route has a route response.
    ///
    /// # Panics
    /// If the invocation fails, if the API would not take the answer, and inside of a tokio runtime if a handler waits.
    #[track_caller]
    pub fn send(self) -> TestResponse {
        let name = self.to_string();
        match self.try_send() {
            Ok(response) => response,
            Err(error) => panic!("the invocation has failed, for {name}: {error}"),
        }
    }

    /// Sends the event and returns the answer, or the error that would be reported to Lambda.
    ///
    /// # Errors
    /// If the invocation fails.
    ///
    /// # Panics
    /// As [`send`](Self::send), except for that.
    #[track_caller]
    pub fn try_send(self) -> Result<TestResponse, InvocationError> {
        let payload = self.client.invoke(&self.event())?;
        Ok(TestResponse::read(EventSource::RestApi, payload))
    }

    /// [`try_send`](Self::try_send) for async tests, such as those of `#[tokio::test]`.
    ///
    /// # Errors
    /// As `try_send`.
    pub async fn try_send_async(self) -> Result<TestResponse, InvocationError> {
        let payload = self.client.invoke_async(&self.event()).await?;
        Ok(TestResponse::read(EventSource::RestApi, payload))
    }
}

/// The route, for the message of a panic.
impl fmt::Display for TestMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = match &self.event {
            Event::Connect { .. } => "$connect",
            Event::Message { route, .. } => route,
            Event::Disconnect { .. } => "$disconnect",
        };
        write!(f, "{route} of the connection {}", self.connection.id())
    }
}
