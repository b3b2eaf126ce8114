//! The routes of a WebSocket API.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::build_error::BuildError;
use crate::handler::{
    DynHandler, Endpoint, Error, EventHandler, HandlerCall, IntoResponse, Layer, Message, Messages, Next, Reply,
    Request, Wrap, erase_event,
};

const CONNECT: &str = "$connect";
const DISCONNECT: &str = "$disconnect";
const DEFAULT: &str = "$default";

/// The routes of a [WebSocket API][docs], for [`App::websocket`](crate::App::websocket).
///
/// ```
/// use gatewire::handler::Message;
/// use gatewire::testing::Client;
/// use gatewire::{App, Request, app::WebSocket};
///
/// fn connect(message: Message<'_>) -> u16 {
///     // A status other than 2xx refuses the connection.
///     if message.query("token") == Some("secret") { 200 } else { 401 }
/// }
///
/// let socket = WebSocket::new()
///     .connect(|message: Message| (connect(message), ()))
///     .route("echo", |message: Message| message.reply(message.body_text()))
///     .default(|_: Message| (400, "unknown action"));
/// let client = Client::new(App::new().get("/", |_: Request| "http").websocket(socket))?;
///
/// let connection = client.connection();
/// assert_eq!(connection.connect("?token=secret").send().status(), 200);
/// assert_eq!(connection.message("echo", "hi").send().text(), "hi");
/// assert_eq!(client.get("/").send().text(), "http");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
///
/// A handler is a function or closure of one [`Message`], sync or async, and returns [what a handler of requests
/// may](crate::IntoResponse), except a [`Stream`](crate::Stream). The API looks at the answers in this way:
///
/// | event | status | body |
/// | --- | --- | --- |
/// | `$connect` | 2xx accepts the connection, any other refuses it | ignored |
/// | a message | of no effect, unless the API has a [route response][two-way] | sent to the client, if the route has a route response |
/// | `$disconnect` | ignored | ignored |
///
/// Errors go to the error handlers of the app; one that nobody handles fails the invocation, and the client receives
/// `Internal server error`. Middleware of the app does not run: it is written for requests, and messages have no header
/// fields. [`wrap`](Self::wrap) adds middleware here.
///
/// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
/// [two-way]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
#[derive(Clone)]
#[must_use]
pub struct WebSocket {
    routes: Vec<(Cow<'static, str>, Endpoint)>,
    layers: Vec<Arc<dyn Layer>>,
}

impl WebSocket {
    /// Creates a WebSocket API without routes, which accepts every connection.
    #[expect(clippy::new_without_default, reason = "`default` is the name of a route")]
    pub fn new() -> Self {
        Self { routes: Vec::new(), layers: Vec::new() }
    }

    /// Sets the handler of connections that begin: `$connect`. Without one, every connection is accepted.
    pub fn connect<Kind: 'static, F>(self, handler: F) -> Self
    where
        F: for<'r> EventHandler<'r, Message<'r>, Kind> + Send + Sync + 'static,
    {
        self.add(CONNECT.into(), handler)
    }

    /// Sets the handler of connections that have ended: `$disconnect`. The API sends this event if it can.
    pub fn disconnect<Kind: 'static, F>(self, handler: F) -> Self
    where
        F: for<'r> EventHandler<'r, Message<'r>, Kind> + Send + Sync + 'static,
    {
        self.add(DISCONNECT.into(), handler)
    }

    /// Sets the handler of messages that no other route takes: `$default`.
    pub fn default<Kind: 'static, F>(self, handler: F) -> Self
    where
        F: for<'r> EventHandler<'r, Message<'r>, Kind> + Send + Sync + 'static,
    {
        self.add(DEFAULT.into(), handler)
    }

    /// Sets the handler of the messages of a route. The name is the value of the API's [route selection
    /// expression][docs]: `send`, if that is `$request.body.action` and the client sends `{"action":"send"}`. Names are
    /// compared byte by byte.
    ///
    /// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
    pub fn route<Kind: 'static, F>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: for<'r> EventHandler<'r, Message<'r>, Kind> + Send + Sync + 'static,
    {
        self.add(name.into().into(), handler)
    }

    fn add<Kind: 'static, F>(mut self, name: Cow<'static, str>, handler: F) -> Self
    where
        F: for<'r> EventHandler<'r, Message<'r>, Kind> + Send + Sync + 'static,
    {
        self.routes.push((name, erase_event::<Messages, F, Kind>(handler)));
        self
    }

    /// Puts an async function around the handlers, as [`App::wrap`](crate::App::wrap) does around those of requests.
    /// [`Message::of`] makes a message of the request that it receives.
    pub fn wrap<F>(mut self, middleware: F) -> Self
    where
        F: for<'r> AsyncFn(Request<'r>, Next<'r>) -> Result<Reply, Error> + Send + Sync + 'static,
    {
        self.layers.push(Arc::new(Wrap(middleware)));
        self
    }

    /// Checks that no route has two handlers.
    pub(super) fn compile(self) -> Result<Self, BuildError> {
        let names = self.routes.iter().map(|(name, _)| name);
        let twice = names.enumerate().find(|(at, name)| self.routes[..*at].iter().any(|(other, _)| other == *name));
        match twice {
            Some((_, name)) => Err(BuildError::DuplicateMessageRoute { name: name.clone().into_owned() }),
            None => Ok(self),
        }
    }

    /// Returns the handler of a route, and the middleware around it; `None` if no handler takes it.
    pub(crate) fn next(&self, name: &str) -> Option<Next<'_>> {
        static ACCEPT: Accept = Accept;
        let find = |name: &str| self.routes.iter().find(|(own, _)| own == name).map(|(_, endpoint)| &**endpoint);
        let endpoint = match name {
            CONNECT | DISCONNECT => find(name).unwrap_or(&ACCEPT),
            name => find(name).or_else(|| find(DEFAULT))?,
        };
        Some(Next::new(&self.layers, endpoint))
    }
}

/// Answers with status 200.
struct Accept;

impl DynHandler for Accept {
    fn call<'r>(&'r self, req: Request<'r>) -> HandlerCall<'r> {
        ().respond(req);
        HandlerCall::Done
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.routes.iter().map(|(name, _)| name);
        f.debug_tuple("WebSocket").field(&names.collect::<Vec<_>>()).finish()
    }
}
