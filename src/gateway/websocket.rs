//! The events of WebSocket APIs.

use super::HttpRequest;
use super::object::Object;
use super::parts::{self, API_ID, Arrival, HeaderStyle, TextBodies};
use super::rest::write_maps;

/// A connection of a client to a WebSocket API, whose events it makes.
///
/// ```
/// use gatewire::gateway::{Connection, HttpRequest};
///
/// let connection = Connection::new("L0SM9cOFvHcCIhw=");
/// let request = HttpRequest::new("GET", "/?room=7").header("Sec-WebSocket-Protocol", "chat.v2");
/// assert!(connection.connect_event(&request).starts_with(b"{"));
/// assert!(connection.message_event("send", b"{\"action\":\"send\"}").starts_with(b"{"));
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    id: String,
    stage: String,
    source_ip: String,
    authorizer: Vec<(String, String)>,
}

impl Connection {
    /// A connection with this identifier, to the stage `prod`, from 127.0.0.1.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), stage: "prod".to_owned(), source_ip: "127.0.0.1".to_owned(), authorizer: Vec::new() }
    }

    /// Sets the identifier.
    #[must_use]
    pub(crate) fn with_id(mut self, id: String) -> Self {
        self.id = id;
        self
    }

    /// Sets the stage of the API.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = stage.into();
        self
    }

    /// Sets the address of the client.
    #[must_use]
    pub fn source_ip(mut self, source_ip: impl Into<String>) -> Self {
        self.source_ip = source_ip.into();
        self
    }

    /// Adds a value of the context that an authorizer has returned: it comes with every event of the connection.
    #[must_use]
    pub fn authorizer(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.authorizer.push((name.into(), value.into()));
        self
    }

    /// The identifier of the connection.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The event of a connection that begins with a request: header fields and query count. A WebSocket API knows no
    /// paths.
    pub fn connect_event(&self, request: &HttpRequest) -> Vec<u8> {
        Object::json(|event| {
            let arrival = Arrival::now();
            let headers = parts::headers(request, &arrival, HeaderStyle::AsSent);
            write_maps(event, &headers, "headers", "multiValueHeaders");
            let query = parts::decoded_query(request);
            if !query.is_empty() {
                write_maps(event, &query, "queryStringParameters", "multiValueQueryStringParameters");
            }
            self.context(event, "$connect", "CONNECT", &arrival, |_| {});
            event.bool("isBase64Encoded", false);
        })
    }

    /// The event of a message for a route. The API chooses the route by its route selection expression, which is not
    /// evaluated here. A message that is not UTF-8 is sent as base64.
    pub fn message_event(&self, route: &str, message: &[u8]) -> Vec<u8> {
        Object::json(|event| {
            let arrival = Arrival::now();
            let message_id = arrival.short_id();
            self.context(event, route, "MESSAGE", &arrival, |context| context.text("messageId", &message_id));
            let request = HttpRequest::new("GET", "/").body(message);
            let (body, base64) = parts::body(&request, TextBodies::Utf8);
            event.text("body", &body.unwrap_or_default());
            event.bool("isBase64Encoded", base64);
        })
    }

    /// The event of a connection that has ended, with a status and a reason ([RFC 6455 section 7.4][rfc]).
    ///
    /// [rfc]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4
    pub fn disconnect_event(&self, status: u16, reason: &str) -> Vec<u8> {
        Object::json(|event| {
            let arrival = Arrival::now();
            event.object("headers", |headers| headers.text("x-restapi", ""));
            event.object("multiValueHeaders", |headers| headers.texts("x-restapi", &[""]));
            self.context(event, "$disconnect", "DISCONNECT", &arrival, |context| {
                context.int("disconnectStatusCode", status.into());
                context.text("disconnectReason", reason);
            });
            event.bool("isBase64Encoded", false);
        })
    }

    /// The event about a new connection for the authorizer of the API.
    pub(super) fn authorizer_event(&self, request: &HttpRequest, arn: &str) -> Vec<u8> {
        Object::json(|event| {
            let arrival = Arrival::now();
            event.text("type", "REQUEST");
            event.text("methodArn", arn);
            let headers = parts::headers(request, &arrival, HeaderStyle::AsSent);
            write_maps(event, &headers, "headers", "multiValueHeaders");
            let query = parts::decoded_query(request);
            query.write_last(event, "queryStringParameters");
            query.write_lists(event, "multiValueQueryStringParameters");
            event.object("stageVariables", |_| {});
            self.context(event, "$connect", "CONNECT", &arrival, |_| {});
        })
    }

    fn context(&self, event: &mut Object, route: &str, kind: &str, arrival: &Arrival, own: impl FnOnce(&mut Object)) {
        event.object("requestContext", |context| {
            context.text("routeKey", route);
            if !self.authorizer.is_empty() {
                context.object("authorizer", |values| {
                    self.authorizer.iter().for_each(|(name, value)| values.text(name, value));
                });
            }
            own(context);
            context.text("eventType", kind);
            context.text("extendedRequestId", &arrival.short_id());
            context.text("requestTime", &arrival.time());
            context.text("messageDirection", "IN");
            context.text("stage", &self.stage);
            context.int("connectedAt", arrival.epoch_millis());
            context.int("requestTimeEpoch", arrival.epoch_millis());
            context.object("identity", |identity| identity.text("sourceIp", &self.source_ip));
            context.text("requestId", &arrival.short_id());
            context.text("domainName", parts::API_DOMAIN);
            context.text("connectionId", &self.id);
            context.text("apiId", API_ID);
        });
    }
}
