//! Events of WebSocket APIs.

use std::fmt;

use serde::Deserialize;

use super::LambdaContext;
use super::endpoint::Private;
use super::event_handler::{IntoAnswer, event_argument};
use super::exchange::Request;
use super::reply::{IntoResponse, Reply};
use crate::event::{BodyError, Headers, JsonView, Query, RequestContext, StringMap};

const PROTOCOL: &str = "Sec-WebSocket-Protocol";

/// An event of a [WebSocket API][docs]: a connection that begins or ends, or a message of the client. One pointer, which
/// is `Copy`; all that it lends lives as long as the invocation.
///
/// ```
/// use gatewire::handler::Message;
/// use gatewire::{App, Error, Json, app::WebSocket};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, Serialize)]
/// struct Say<'r> {
///     text: &'r str,
/// }
///
/// fn say(message: Message<'_>) -> Result<Json<Say<'_>>, Error> {
///     Ok(Json(message.body_json()?))
/// }
///
/// let app = App::new().websocket(WebSocket::new().route("say", say));
/// # app.build().unwrap();
/// ```
///
/// A value of the [context](Self::context) of the API's authorizer comes with each message of a connection:
/// `message.context().authorizer().context("tenant")`.
///
/// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
#[derive(Clone, Copy)]
pub struct Message<'r>(Request<'r>);

/// The reason why an event of a WebSocket API was sent: `requestContext.eventType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageKind {
    /// A client wants to connect, and waits for the answer.
    Connect,
    /// A client has sent a message.
    Message,
    /// A connection has ended. This event is sent if possible, and its answer goes nowhere.
    Disconnect,
}

/// The connection.
impl<'r> Message<'r> {
    /// Returns the event of a WebSocket API that middleware receives as a [`Request`]; `None` for an HTTP request.
    ///
    /// ```
    /// use gatewire::handler::Message;
    /// use gatewire::app::WebSocket;
    ///
    /// let socket = WebSocket::new().wrap(async |req, next| {
    ///     println!("{}", Message::of(req).map_or("", |message| message.connection_id()));
    ///     next.run(req).await
    /// });
    /// ```
    pub fn of(req: Request<'r>) -> Option<Self> {
        req.exchange.event.has_connection().then_some(Self(req))
    }

    /// Returns the event as the request that middleware and error handlers receive. Its path is the name of the route.
    pub fn as_request(self) -> Request<'r> {
        self.0
    }

    /// Returns the identifier of the connection: `requestContext.connectionId`.
    pub fn connection_id(self) -> &'r str {
        let id = self.0.exchange.event.connection_id().unwrap_or_default();
        id.decode(self.0.exchange.arena.bump())
    }

    /// Returns why the event was sent.
    pub fn kind(self) -> MessageKind {
        match (self.context_text("eventType"), self.route_key()) {
            (Some("CONNECT"), _) | (None, "$connect") => MessageKind::Connect,
            (Some("DISCONNECT"), _) | (None, "$disconnect") => MessageKind::Disconnect,
            _ => MessageKind::Message,
        }
    }

    /// Returns the name of the route that the API has chosen: `$connect`, `$disconnect`, `$default`, or the value of the
    /// route selection expression, as in `sendMessage`.
    pub fn route_key(self) -> &'r str {
        self.0.exchange.path
    }

    /// Returns the identifier of the message: `requestContext.messageId`; `None` without a message.
    pub fn message_id(self) -> Option<&'r str> {
        self.context_text("messageId")
    }

    /// Returns when the connection began, in milliseconds since the Unix epoch: `requestContext.connectedAt`.
    pub fn connected_at_millis(self) -> Option<u64> {
        self.0.context().json()?.get("connectedAt")?.as_u64()
    }

    /// Returns the status with which a connection was closed ([RFC 6455 section 7.4][rfc]):
    /// `requestContext.disconnectStatusCode`.
    ///
    /// [rfc]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4
    pub fn disconnect_status(self) -> Option<u16> {
        let status = self.0.context().json()?.get("disconnectStatusCode")?.as_u64()?;
        status.try_into().ok()
    }

    /// Returns why a connection was closed: `requestContext.disconnectReason`.
    pub fn disconnect_reason(self) -> Option<&'r str> {
        self.context_text("disconnectReason")
    }

    /// Returns the URL at which the API takes messages to its connections, `https://{domain}/{stage}`: the endpoint of a
    /// client for `apigatewaymanagement`. [The manual](crate::manual::websocket) shows such a client.
    ///
    /// Under a custom domain the stage is not in the URL, but the name of the mapping, which the event does not have:
    /// use the API's own domain then, `https://{apiId}.execute-api.{region}.amazonaws.com/{stage}`.
    pub fn endpoint(self) -> &'r str {
        let arena = self.0.exchange.arena.bump();
        let domain = self.0.exchange.event.domain().unwrap_or_default().decode(arena);
        let stage = self.0.stage().unwrap_or_default();
        let mut url = bumpalo::collections::String::with_capacity_in(9 + domain.len() + stage.len(), arena);
        url.push_str("https://");
        url.push_str(domain);
        url.push('/');
        url.push_str(stage);
        url.into_bump_str()
    }

    fn context_text(self, key: &str) -> Option<&'r str> {
        self.0.context().json()?.get(key)?.as_str()
    }
}

/// The subprotocols of a connection that begins.
impl<'r> Message<'r> {
    /// Returns the subprotocols that the client offers, the preferred first: `Sec-WebSocket-Protocol`.
    pub fn subprotocols(self) -> impl Iterator<Item = &'r str> {
        let offers = self.0.header_all(PROTOCOL).flat_map(|list| list.split(','));
        offers.map(|name| name.trim_matches([' ', '\t'])).filter(|name| !name.is_empty())
    }

    /// Accepts the connection with one of the subprotocols that the client offers. A client that has offered some
    /// closes a connection whose answer names none of them.
    ///
    /// ```
    /// use gatewire::handler::Message;
    /// use gatewire::{HttpError, Reply};
    ///
    /// fn connect(message: Message<'_>) -> Result<Reply, HttpError> {
    ///     match message.subprotocols().find(|name| matches!(*name, "chat.v1" | "chat.v2")) {
    ///         Some(name) => Ok(message.accept_subprotocol(name)),
    ///         None => Err(HttpError::bad_request("this server speaks chat.v1 and chat.v2")),
    ///     }
    /// }
    /// # let _ = gatewire::app::WebSocket::new().connect(connect);
    /// ```
    pub fn accept_subprotocol(self, name: &str) -> Reply {
        self.0.reply(([(PROTOCOL, name)], ()))
    }
}

/// The message, or the request with which a connection begins.
impl<'r> Message<'r> {
    /// Returns the last value of a header field. Only the events that begin and end a connection have header fields.
    pub fn header(self, name: &str) -> Option<&'r str> {
        self.0.header(name)
    }

    /// Returns all header fields.
    pub fn headers(self) -> Headers<'r> {
        self.0.headers()
    }

    /// Returns the value of a cookie as it was sent. Only the event that begins a connection has cookies.
    pub fn cookie(self, name: &str) -> Option<&'r str> {
        self.0.cookie(name)
    }

    /// Returns the last value of a query parameter. Only the event that begins a connection has a query.
    pub fn query(self, name: &str) -> Option<&'r str> {
        self.0.query(name)
    }

    /// Returns all query parameters.
    pub fn query_pairs(self) -> Query<'r> {
        self.0.query_pairs()
    }

    /// Returns the message, decoded from base64 if the API encoded it; empty if there is none.
    ///
    /// # Errors
    /// [`BodyError::Base64`]
    pub fn body(self) -> Result<&'r [u8], BodyError> {
        self.0.body()
    }

    /// Returns the message as a string; empty if there is none.
    ///
    /// # Errors
    /// [`BodyError::Base64`], [`BodyError::NotUtf8`]
    pub fn body_text(self) -> Result<&'r str, BodyError> {
        self.0.body_text()
    }

    /// Returns the message as a value, read from JSON; strings in it may be borrowed. An absent message reads as `null`.
    ///
    /// # Errors
    /// [`BodyError`], for malformed base64 or JSON, and for JSON of another type.
    pub fn body_json<T: Deserialize<'r>>(self) -> Result<T, BodyError> {
        self.0.body_json()
    }
}

/// The data that the API and Lambda add.
impl<'r> Message<'r> {
    /// Returns the `requestContext`, with the authorizer's context and the identity of the client.
    pub fn context(self) -> RequestContext<'r> {
        self.0.context()
    }

    /// Returns the address of the client; `None` if the event has none.
    pub fn source_ip(self) -> Option<&'r str> {
        self.0.context().source_ip()
    }

    /// Returns the stage of the API.
    pub fn stage(self) -> Option<&'r str> {
        self.0.stage()
    }

    /// Returns the stage variables of the API.
    pub fn stage_variables(self) -> StringMap<'r> {
        self.0.stage_variables()
    }

    /// Returns the whole event as JSON, for fields that no accessor names.
    pub fn event(self) -> JsonView<'r> {
        self.0.event()
    }

    /// Returns the context of the invocation.
    pub fn lambda(self) -> LambdaContext<'r> {
        self.0.lambda()
    }

    /// Returns a value that was added with [`App::state`](crate::App::state), by its type.
    ///
    /// # Panics
    /// If the app has no state of that type: [`find_state`](Self::find_state) does not panic.
    #[track_caller]
    pub fn state<T: Send + Sync + 'static>(self) -> &'r T {
        self.0.state()
    }

    /// Returns a value that was added with [`App::state`](crate::App::state), by its type; `None` if there is none.
    pub fn find_state<T: Send + Sync + 'static>(self) -> Option<&'r T> {
        self.0.find_state()
    }

    /// Returns the value of a type that middleware has left with [`Request::set_extension`].
    pub fn extension<T: 'static>(self) -> Option<&'r T> {
        self.0.extension()
    }

    /// Writes the answer: for closures whose answer borrows from the message.
    pub fn reply(self, answer: impl IntoResponse) -> Reply {
        self.0.reply(answer)
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("route_key", &self.route_key())
            .field("connection_id", &self.connection_id())
            .finish_non_exhaustive()
    }
}

event_argument! { Message, Messages }

impl<T: IntoResponse> IntoAnswer<Message<'_>> for T {
    fn answer(self, message: Message<'_>, _: Private) {
        self.respond(message.0);
    }
}
