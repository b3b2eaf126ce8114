//! Extensions of a request: the data of the gateway and Lambda beyond HTTP.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bumpalo::Bump;
use http::Extensions;

use crate::event::RequestContext;
use crate::handler::{LambdaContext, Request};
use crate::json::Index;
use crate::source::EventSource;

/// The address of the client, as an extension of a request: see [`Mount::extensions`](super::Mount::extensions).
///
/// Behind a gateway there is no socket, so there is no port. In axum, `Extension(Peer(address)): Extension<Peer>` reads
/// it. Code that wants axum's `ConnectInfo<SocketAddr>` gets one from a layer:
///
/// ```
/// use axum::extract::{ConnectInfo, Request};
/// use axum::routing::get;
/// use axum::{Router, middleware::{self, Next}};
/// use gatewire::App;
/// use gatewire::testing::Client;
/// use gatewire::tower::{Mount, Peer};
/// use std::net::SocketAddr;
///
/// async fn connect_info(mut request: Request, next: Next) -> axum::response::Response {
///     if let Some(Peer(address)) = request.extensions().get().copied() {
///         request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 0)));
///     }
///     next.run(request).await
/// }
///
/// async fn who(ConnectInfo(address): ConnectInfo<SocketAddr>) -> String {
///     address.ip().to_string()
/// }
///
/// let router = Router::new().route("/", get(who)).layer(middleware::from_fn(connect_info));
/// let client = Client::new(App::new().fallback(Mount::new(router).extensions(true)))?;
/// assert_eq!(client.get("/").source_ip("192.0.2.7").send().text(), "192.0.2.7");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(pub IpAddr);

/// The data of the gateway and Lambda about a request, as an extension: see
/// [`Mount::extensions`](super::Mount::extensions).
///
/// It is owned, and a clone only counts a reference. In axum, `Extension(invocation): Extension<Invocation>` reads it.
///
/// ```
/// use axum::routing::get;
/// use axum::{Extension, Router};
/// use gatewire::App;
/// use gatewire::testing::Client;
/// use gatewire::tower::{Invocation, Mount};
///
/// async fn about(Extension(invocation): Extension<Invocation>) -> String {
///     let api = invocation.with_context(|context| context.api_id().map(str::to_owned));
///     format!("{} of {api:?}", invocation.lambda().request_id)
/// }
///
/// let router = Router::new().route("/", get(about));
/// let client = Client::new(App::new().fallback(Mount::new(router).extensions(true)))?;
/// assert_eq!(client.get("/").send().text(), r#"79b4f56e-95b1-4643-9700-2807f4e68189 of Some("a1b2c3d4e5")"#);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Invocation(Arc<Facts>);

struct Facts {
    source: EventSource,
    /// `requestContext`, as in the event.
    context: Box<str>,
    stage: Option<Box<str>>,
    request_id: Box<str>,
    deadline_ms: u64,
    invoked_function_arn: Box<str>,
    trace_id: Option<Box<str>>,
    client_context: Option<Box<str>>,
    cognito_identity: Option<Box<str>>,
    tenant_id: Option<Box<str>>,
}

impl Invocation {
    /// Returns the kind of gateway that sent the event.
    pub fn source(&self) -> EventSource {
        self.0.source
    }

    /// Returns the stage of the API; `None` behind a load balancer or VPC Lattice.
    pub fn stage(&self) -> Option<&str> {
        self.0.stage.as_deref()
    }

    /// Returns the context of the invocation: its deadline, identifier, ARN and trace.
    pub fn lambda(&self) -> LambdaContext<'_> {
        LambdaContext {
            request_id: &self.0.request_id,
            deadline_ms: self.0.deadline_ms,
            invoked_function_arn: &self.0.invoked_function_arn,
            trace_id: self.0.trace_id.as_deref(),
            client_context: self.0.client_context.as_deref(),
            cognito_identity: self.0.cognito_identity.as_deref(),
            tenant_id: self.0.tenant_id.as_deref(),
        }
    }

    /// Returns the `requestContext` of the event as JSON: for your own types, or others such as those of the
    /// `aws_lambda_events` crate.
    pub fn context_json(&self) -> &str {
        &self.0.context
    }

    /// Reads the `requestContext` of the event, which is parsed again for each call.
    pub fn with_context<T>(&self, read: impl FnOnce(RequestContext<'_>) -> T) -> T {
        let (mut index, arena) = (Index::new(), Bump::new());
        // The context is a part of JSON that has been checked. It is nested less deeply alone, so it cannot be too deep
        // either.
        let root = index.read(self.0.context.as_bytes()).ok().map(|document| document.root());
        read(RequestContext::new(root, &arena))
    }
}

impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("source", &self.0.source)
            .field("request_id", &self.0.request_id)
            .finish_non_exhaustive()
    }
}

/// Adds the extensions to a request.
pub(super) fn insert(req: Request<'_>, extensions: &mut Extensions) {
    let lambda = req.lambda();
    let owned = |text: Option<&str>| text.map(Box::from);
    extensions.insert(Invocation(Arc::new(Facts {
        source: req.source(),
        context: req.exchange.event.context().map_or("null", |context| context.raw()).into(),
        stage: owned(req.stage()),
        request_id: lambda.request_id.into(),
        deadline_ms: lambda.deadline_ms,
        invoked_function_arn: lambda.invoked_function_arn.into(),
        trace_id: owned(lambda.trace_id),
        client_context: owned(lambda.client_context),
        cognito_identity: owned(lambda.cognito_identity),
        tenant_id: owned(lambda.tenant_id),
    })));
    if let Some(address) = req.source_ip().and_then(|address| address.parse().ok()) {
        extensions.insert(Peer(address));
    }
}
