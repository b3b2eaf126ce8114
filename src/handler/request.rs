//! What a handler sees.

use std::cell::{Cell, RefCell};
use std::str::FromStr;

use serde::Deserialize;

use super::current::CurrentResponse;
use super::error::Error;
use super::json_body::JsonParser;
use super::param::ParamError;
use super::reply::{IntoResponse, Reply};
use super::site::Site;
use super::stream::Start;
use super::{LambdaContext, query_as};
use crate::arena::{Arena, Values};
use crate::encode::Draft;
use crate::event::{BodyError, Event, Headers, JsonView, Members, Query, RequestContext, StringMap};
use crate::source::Source;

/// A request: one pointer, copied at will. What it gives lives as long as the invocation.
///
/// It reads the same behind every gateway: path and query are decoded once, whether or not the gateway did it, repeated
/// headers and parameters are kept where the gateway keeps them, and names of headers are compared without regard to
/// case. Nothing is decoded before it is asked for.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    pub(crate) exchange: &'r Exchange<'r>,
}

/// One request and the response to it, while the invocation lasts.
pub(crate) struct Exchange<'r> {
    pub(crate) event: Event<'r>,
    pub(crate) lambda: LambdaContext<'r>,
    pub(crate) arena: &'r Arena,
    pub(crate) members: &'r Members,
    /// The decoded path without the stage.
    pub(crate) path: &'r str,
    /// The path that rules see, without prefixes, and the offsets of slashes in it that were encoded.
    #[cfg(feature = "http")]
    pub(crate) routed: (&'r str, &'r [u32]),
    /// Whether the answer leaves while it is made.
    #[cfg(feature = "tower")]
    pub(crate) streams: bool,
    /// The rule that matched, the names of its parameters and where in the text that was matched their values stand.
    pub(crate) route: Option<Matched<'r>>,
    pub(crate) site: &'r Site,
    pub(crate) draft: &'r RefCell<Draft>,
    pub(crate) json: &'r JsonParser,
    /// What middleware has left for those further in.
    pub(crate) values: Values<'r>,
    /// What starts the producer of the body, where the draft says that the body is a stream.
    pub(crate) producer: Cell<Option<Start>>,
    /// The error that the handler, or what wrote its answer, has failed with.
    pub(crate) error: RefCell<Option<Error>>,
}

/// The route that a request matched.
#[derive(Clone, Copy)]
pub(crate) struct Matched<'r> {
    pub(crate) rule: &'r str,
    /// Ranges of the rule.
    pub(crate) names: &'r [(u32, u32)],
    pub(crate) values: &'r [(u32, u32)],
    /// The text that the values are parts of: the path, stripped of prefixes.
    pub(crate) text: &'r str,
}

impl<'r> Matched<'r> {
    fn values(&self) -> impl Iterator<Item = (&'r str, &'r str)> + use<'r> {
        let Matched { rule, names, values, text } = *self;
        let part = |text: &'r str, &(start, end): &(u32, u32)| &text[start as usize..end as usize];
        names.iter().zip(values).map(move |(name, value)| (part(rule, name), part(text, value)))
    }
}

/// The request line and the route.
impl<'r> Request<'r> {
    /// The method, as the client sent it: `GET`, `POST` or any other token.
    pub fn method(self) -> &'r str {
        self.exchange.event.method().decode(self.exchange.arena.bump())
    }

    /// The path, percent-decoded, without the stage that an HTTP API puts in front of it.
    pub fn path(self) -> &'r str {
        self.exchange.path
    }

    /// The path as the gateway sent it: percent-encoded but from an HTTP API, which decodes it, and with that one's stage.
    /// The query that VPC Lattice puts behind it is no part of it.
    pub fn raw_path(self) -> &'r str {
        self.exchange.event.path(self.exchange.arena.bump())
    }

    /// The rule that matched, as it was registered: `/todos/{id}`. `None` where none did.
    pub fn route(self) -> Option<&'r str> {
        self.exchange.route.map(|route| route.rule)
    }

    /// The value of a path parameter, percent-decoded.
    ///
    /// # Panics
    /// Where the route has no parameter of that name: [`try_param`](Self::try_param) asks without panicking.
    pub fn param(self, name: &str) -> &'r str {
        self.try_param(name)
            .unwrap_or_else(|| panic!("the route {:?} has no parameter {name:?}", self.route().unwrap_or_default()))
    }

    /// The value of a path parameter, percent-decoded; `None` where the route has none of that name.
    pub fn try_param(self, name: &str) -> Option<&'r str> {
        self.params().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Names and values of the path parameters, in the order of the rule.
    pub fn params(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.exchange.route.into_iter().flat_map(|route| route.values())
    }

    /// A path parameter as a number or whatever else reads itself from text.
    ///
    /// # Errors
    /// Where the value cannot be read; the answer is 400, unless an error handler has another.
    ///
    /// # Panics
    /// As [`param`](Self::param) does.
    pub fn parse<T: FromStr>(self, name: &str) -> Result<T, ParamError> {
        self.param(name).parse().map_err(|_| ParamError::new(name, std::any::type_name::<T>()))
    }
}

/// The query.
impl<'r> Request<'r> {
    /// The last value of a query parameter.
    pub fn query(self, name: &str) -> Option<&'r str> {
        self.exchange.event.query_value(self.exchange.members, self.exchange.arena.bump(), name)
    }

    /// All values of a query parameter, in their order.
    pub fn query_all<'n>(self, name: &'n str) -> impl Iterator<Item = &'r str> + use<'r, 'n> {
        let mut query = self.query_pairs();
        std::iter::from_fn(move || query.next_of(name))
    }

    /// All query parameters, in their order.
    pub fn query_pairs(self) -> Query<'r> {
        self.exchange.event.query(self.exchange.arena.bump())
    }

    /// The query as a value: a struct with a field for each parameter. Numbers and booleans are read from their text, a
    /// `Vec` takes all values of its parameter and anything else the last one; `Option` is for what may be absent.
    ///
    /// ```
    /// use gatewire::{Error, Request};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Page<'r> {
    ///     page: u32,
    ///     #[serde(borrow, default)]
    ///     tag: Vec<&'r str>,
    /// }
    ///
    /// fn list(req: Request<'_>) -> Result<String, Error> {
    ///     let Page { page, tag } = req.query_as()?;
    ///     Ok(format!("page {page} of {tag:?}"))
    /// }
    /// # let _ = gatewire::App::new().get("/list", list).build().unwrap();
    /// ```
    ///
    /// # Errors
    /// Where the parameters are not those of the type; the answer is 400, unless an error handler has another.
    pub fn query_as<T: Deserialize<'r>>(self) -> Result<T, ParamError> {
        query_as::deserialize(self.query_pairs(), self.exchange.arena.bump())
    }
}

/// Headers and cookies.
impl<'r> Request<'r> {
    /// The last value of a header field; its name is compared without regard to case.
    pub fn header(self, name: &str) -> Option<&'r str> {
        let last = self.exchange.event.header(self.exchange.members, name)?;
        Some(last.decode(self.exchange.arena.bump()))
    }

    /// All values of a header field, in their order.
    ///
    /// HTTP APIs and Function URLs join repeated fields with a comma before anyone here sees them: the joined text is
    /// one value.
    pub fn header_all<'n>(self, name: &'n str) -> impl Iterator<Item = &'r str> + use<'r, 'n> {
        let arena = self.exchange.arena.bump();
        self.exchange.event.header_values(self.exchange.members, name).map(move |value| value.decode(arena))
    }

    /// All header fields, in the order in which the gateway sent them.
    pub fn headers(self) -> Headers<'r> {
        self.exchange.event.headers(self.exchange.arena.bump())
    }

    /// The value of a cookie, as it came: nothing in it is decoded. Of repeated ones the last.
    pub fn cookie(self, name: &str) -> Option<&'r str> {
        self.cookies().filter(|(own, _)| *own == name).last().map(|(_, value)| value)
    }

    /// Names and values of the cookies, in their order.
    pub fn cookies(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.exchange.event.cookies(self.exchange.arena.bump())
    }
}

/// The body.
impl<'r> Request<'r> {
    /// Whether the event has a body. Load balancers and VPC Lattice send an empty one where the client sent none.
    pub fn has_body(self) -> bool {
        self.exchange.event.body().is_some()
    }

    /// The body, base64 decoded where the gateway encoded it; empty where there is none.
    ///
    /// # Errors
    /// [`BodyError::Base64`]
    pub fn body(self) -> Result<&'r [u8], BodyError> {
        self.exchange.event.body_bytes(self.exchange.arena.bump())
    }

    /// The body as text; empty where there is none.
    ///
    /// # Errors
    /// [`BodyError::Base64`], [`BodyError::NotUtf8`]
    pub fn body_text(self) -> Result<&'r str, BodyError> {
        self.exchange.event.body_text(self.exchange.arena.bump())
    }

    /// The body as a value, read from JSON; texts in it may be borrowed, also those with escapes. An absent or empty body
    /// reads as `null`, so that `Option` takes it.
    ///
    /// ```
    /// use gatewire::{BodyError, Request};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct NewTodo<'r> {
    ///     title: &'r str,
    /// }
    ///
    /// fn create(req: Request<'_>) -> Result<(u16, &str), BodyError> {
    ///     let todo: NewTodo = req.body_json()?;
    ///     Ok((201, todo.title))
    /// }
    /// # let _ = gatewire::App::new().post("/todos", create).build().unwrap();
    /// ```
    ///
    /// # Errors
    /// [`BodyError`], for malformed base64 or JSON, and for JSON of another type.
    pub fn body_json<T: Deserialize<'r>>(self) -> Result<T, BodyError> {
        let body = self.exchange.event.decode_body(self.exchange.arena.bump())?;
        self.exchange.json.parse(body)
    }
}

/// What the gateway and Lambda know.
impl<'r> Request<'r> {
    /// The gateway that sent the event.
    pub fn source(self) -> Source {
        self.exchange.event.source()
    }

    /// The `requestContext` of the event.
    pub fn context(self) -> RequestContext<'r> {
        RequestContext::new(self.exchange.event.context(), self.exchange.arena.bump())
    }

    /// The address of the client, or of the last proxy before the gateway: from the request context, and behind a load
    /// balancer or VPC Lattice the last of `X-Forwarded-For`, which is the one that they have put there.
    pub fn source_ip(self) -> Option<&'r str> {
        self.context().source_ip().or_else(|| {
            let forwarded = self.header("x-forwarded-for")?;
            Some(forwarded.rsplit(',').next().unwrap_or(forwarded).trim())
        })
    }

    /// The client's `User-Agent`.
    pub fn user_agent(self) -> Option<&'r str> {
        // Payload 2.0 has an empty text in its context where the client sent none.
        self.header("user-agent").or_else(|| self.context().user_agent().filter(|agent| !agent.is_empty()))
    }

    /// The gateway's identifier of the request; `None` behind a load balancer or VPC Lattice, which have none. The
    /// identifier of the invocation is [`lambda().request_id`](LambdaContext::request_id).
    pub fn request_id(self) -> Option<&'r str> {
        self.context().request_id()
    }

    /// What ties the logs of a request together, as the `correlation_paths` of Powertools define it: the gateway's
    /// identifier of the request, and behind a load balancer or VPC Lattice the `X-Amzn-Trace-Id` header.
    pub fn correlation_id(self) -> Option<&'r str> {
        self.request_id().or_else(|| self.header("x-amzn-trace-id"))
    }

    /// The stage of the API; `$default` for a Function URL, `None` behind a load balancer or VPC Lattice.
    pub fn stage(self) -> Option<&'r str> {
        Some(self.exchange.event.stage()?.decode(self.exchange.arena.bump()))
    }

    /// The stage variables of the API.
    pub fn stage_variables(self) -> StringMap<'r> {
        StringMap::new(self.exchange.event.stage_variables(), self.exchange.arena.bump())
    }

    /// The path parameters of the gateway's own route. Those of the app's route are [`param`](Self::param).
    pub fn gateway_params(self) -> StringMap<'r> {
        StringMap::new(self.exchange.event.path_parameters(), self.exchange.arena.bump())
    }

    /// The resource of a REST API as it is configured, as in `/todos/{id}`; `None` from other sources.
    pub fn resource(self) -> Option<&'r str> {
        Some(self.exchange.event.resource()?.decode(self.exchange.arena.bump()))
    }

    /// The route of an HTTP API that matched in the gateway, as in `GET /todos/{id}`; `$default` for a Function URL,
    /// `None` from other sources.
    pub fn route_key(self) -> Option<&'r str> {
        Some(self.exchange.event.route_key()?.decode(self.exchange.arena.bump()))
    }

    /// The version of the payload format, `1.0` or `2.0`, where the event names it: those of HTTP APIs and Function
    /// URLs do, and `2.0` is also version 2 of VPC Lattice.
    pub fn payload_version(self) -> Option<&'r str> {
        Some(self.exchange.event.version()?.decode(self.exchange.arena.bump()))
    }

    /// The whole event as JSON, for fields that no accessor names: its [`raw`](JsonView::raw) text is the payload.
    pub fn event(self) -> JsonView<'r> {
        JsonView::new(self.exchange.event.root(), self.exchange.arena.bump())
    }

    /// The whole event as a value of a type of your own, such as one of the `aws_lambda_events` crate.
    ///
    /// # Errors
    /// [`BodyError::Type`] where the event is of another type.
    pub fn event_as<T: Deserialize<'r>>(self) -> Result<T, BodyError> {
        let copy = self.exchange.arena.bump().alloc_slice_copy(self.exchange.event.text().as_bytes());
        self.exchange.json.parse(copy)
    }

    /// The context of the invocation: its deadline, identifier, ARN and trace.
    pub fn lambda(self) -> LambdaContext<'r> {
        self.exchange.lambda
    }

    /// A value that [`App::state`](crate::App::state) was given, by its type.
    ///
    /// # Panics
    /// Where the app has no state of that type: [`try_state`](Self::try_state) asks without panicking.
    pub fn state<T: Send + Sync + 'static>(self) -> &'r T {
        self.try_state().unwrap_or_else(|| panic!("the app has no state of the type {}", std::any::type_name::<T>()))
    }

    /// A value that [`App::state`](crate::App::state) was given, by its type; `None` where there is none.
    pub fn try_state<T: Send + Sync + 'static>(self) -> Option<&'r T> {
        self.exchange.site.state.get()
    }
}

/// What middleware and handlers leave for each other.
impl<'r> Request<'r> {
    /// Keeps a value for the time of this invocation: middleware leaves it for handlers, which get it by its type.
    ///
    /// ```
    /// use gatewire::{App, Json, Request};
    ///
    /// struct User(String);
    ///
    /// let app = App::new()
    ///     .wrap(async |req, next| {
    ///         req.put(User("ada".to_owned()));
    ///         next.run(req).await
    ///     })
    ///     .get("/me", |req: Request| req.reply(Json(req.get::<User>().map(|user| &user.0))));
    /// # app.build().unwrap();
    /// ```
    pub fn put<T: 'static>(self, value: T) {
        self.exchange.values.insert(value);
    }

    /// The value of a type that [`put`](Self::put) has kept last in this invocation.
    pub fn get<T: 'static>(self) -> Option<&'r T> {
        self.exchange.values.get()
    }
}

/// The answer.
impl<'r> Request<'r> {
    /// Answers with a value that need not outlive the call: how a closure answers with what it has borrowed.
    ///
    /// A later answer takes the place of an earlier one.
    ///
    /// ```
    /// use gatewire::{App, Json, Request};
    ///
    /// let app = App::new().get("/hello/{name}", |req: Request| req.reply(Json(&[req.param("name")])));
    /// # app.build().unwrap();
    /// ```
    pub fn reply(self, response: impl IntoResponse) -> Reply {
        self.exchange.error.take();
        self.exchange.draft.borrow_mut().clear();
        response.respond(self);
        Reply::given()
    }

    /// The response that the request has been given so far, for middleware.
    pub fn response(self) -> CurrentResponse<'r> {
        CurrentResponse(self)
    }

    /// Remembers that the handler has failed, and with what; the answer so far is forgotten.
    #[cold]
    pub(crate) fn fail(self, error: Error) {
        self.exchange.draft.borrow_mut().clear();
        self.exchange.error.replace(Some(error));
    }

    pub(crate) fn has_error(self) -> bool {
        self.exchange.error.borrow().is_some()
    }

    pub(crate) fn take_error(self) -> Option<Error> {
        self.exchange.error.take()
    }
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("method", &self.method()).field("path", &self.path()).finish_non_exhaustive()
    }
}
