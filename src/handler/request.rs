//! The methods with which handlers read a request.

use std::str::FromStr;

use serde::Deserialize;

use super::error::Error;
use super::exchange::Answered;
pub use super::exchange::Request;
use super::param::ParamError;
use super::{LambdaContext, Location, json_body};
use crate::event::{BodyError, Headers, JsonView, Query, RequestContext, StringMap};
use crate::form::{self, FormError, FormFields, Multipart};
use crate::source::EventSource;

/// The request line and the route.
impl<'r> Request<'r> {
    /// Returns the method as the client sent it: `GET`, `POST` or any other token.
    pub fn method(self) -> &'r str {
        self.exchange.event.method(self.exchange.arena.bump())
    }

    /// Returns the path, percent-decoded, without the stage that an HTTP API puts in front of it. A slash that was
    /// written as `%2F` is part of its segment, as for the router, and stays `%2F`: so a check of the path's beginning
    /// sees the segments that the router sees. (`%252F` also becomes `%2F`.) Parameters are decoded.
    pub fn path(self) -> &'r str {
        self.exchange.path
    }

    /// Returns the path as the gateway sent it: percent-encoded, except from an HTTP API, which decodes it and puts the
    /// stage in front. The query that VPC Lattice appends to it is not included.
    pub fn raw_path(self) -> &'r str {
        self.exchange.event.path(self.exchange.arena.bump())
    }

    /// Returns the rule that matched, as it was registered: `/todos/{id}`; `None` if none did.
    pub fn route(self) -> Option<&'r str> {
        self.exchange.route.map(|route| route.rule)
    }

    /// Returns the value of a path parameter, percent-decoded.
    ///
    /// # Panics
    /// If the route has no parameter of that name: [`find_param`](Self::find_param) does not panic.
    #[track_caller]
    pub fn param(self, name: &str) -> &'r str {
        // Not in a closure: the panic would be blamed on this file.
        let Some(value) = self.find_param(name) else {
            panic!("the route {:?} has no parameter {name:?}", self.route().unwrap_or_default())
        };
        value
    }

    /// Returns the value of a path parameter, percent-decoded; `None` if the route has none of that name.
    pub fn find_param(self, name: &str) -> Option<&'r str> {
        self.params().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Returns names and values of the path parameters, in the order of the rule.
    pub fn params(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.exchange.route.into_iter().flat_map(|route| route.values())
    }

    /// Returns a path parameter as a number or another type that implements `FromStr`.
    ///
    /// # Errors
    /// If the value cannot be read; the response is 400, unless an error handler responds otherwise.
    ///
    /// # Panics
    /// As [`param`](Self::param) does.
    #[track_caller]
    pub fn param_as<T: FromStr>(self, name: &str) -> Result<T, ParamError> {
        let value = self.param(name);
        value.parse().map_err(|_| ParamError::of_path(name, value, std::any::type_name::<T>()))
    }
}

/// The query.
impl<'r> Request<'r> {
    /// Returns the last value of a query parameter.
    pub fn query(self, name: &str) -> Option<&'r str> {
        self.exchange.event.query_value(self.exchange.lookup, self.exchange.arena.bump(), name)
    }

    /// Returns all values of a query parameter, in their order.
    pub fn query_all<'n>(self, name: &'n str) -> impl Iterator<Item = &'r str> + use<'r, 'n> {
        self.exchange.event.query_values(self.exchange.lookup, self.exchange.arena.bump(), name)
    }

    /// Returns all query parameters, in their order.
    pub fn query_pairs(self) -> Query<'r> {
        self.exchange.event.query(self.exchange.arena.bump())
    }

    /// Returns the query as a value: a struct with a field for each parameter. Numbers and booleans are read from
    /// strings, a `Vec` takes all values of its parameter and anything else the last one; `Option` is for a parameter
    /// that may be absent.
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
    /// If the parameters are not those of the type; the response is 400, unless an error handler responds otherwise.
    pub fn query_as<T: Deserialize<'r>>(self) -> Result<T, ParamError> {
        let arena = self.exchange.arena.bump();
        form::deserialize(self.exchange.event.query_list(arena).iter().copied(), arena)
            .map_err(|fault| ParamError::new(Location::Query, fault))
    }
}

/// Headers and cookies.
impl<'r> Request<'r> {
    /// Returns the last value of a header field; its name is compared without regard to case. A number or a boolean in
    /// the event becomes a string.
    ///
    /// `Cookie` is here even if the gateway sends the cookies separately, as HTTP APIs do.
    pub fn header(self, name: &str) -> Option<&'r str> {
        self.exchange.event.header(self.exchange.lookup, self.exchange.arena.bump(), name)
    }

    /// Returns all values of a header field, in their order.
    ///
    /// HTTP APIs and Function URLs join repeated fields with a comma before they send them: the joined string is one
    /// value.
    pub fn header_all<'n>(self, name: &'n str) -> impl Iterator<Item = &'r str> + use<'r, 'n> {
        self.exchange.event.header_values(self.exchange.lookup, self.exchange.arena.bump(), name)
    }

    /// Returns all header fields, in the order in which the gateway sent them. The cookies that HTTP APIs send
    /// separately are the last field, `cookie`.
    pub fn headers(self) -> Headers<'r> {
        self.exchange.event.headers(self.exchange.arena.bump())
    }

    /// Returns the value of a cookie as it was sent: nothing in it is decoded. If the cookie is repeated, this is its
    /// last value.
    pub fn cookie(self, name: &str) -> Option<&'r str> {
        self.exchange.event.cookie(self.exchange.lookup, self.exchange.arena.bump(), name)
    }

    /// Returns names and values of the cookies, in their order. A cookie without a `=` has no name and is left out, as
    /// [RFC 6265 section 4.2.1](https://www.rfc-editor.org/rfc/rfc6265#section-4.2.1) does not allow such cookies: it
    /// is in [`header("cookie")`](Self::header).
    pub fn cookies(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.exchange.event.cookies(self.exchange.lookup, self.exchange.arena.bump())
    }
}

/// The body.
impl<'r> Request<'r> {
    /// Returns whether the event has a body. Load balancers and VPC Lattice send an empty one if the client sent none.
    pub fn has_body(self) -> bool {
        self.exchange.event.body().is_some()
    }

    /// Returns the body, decoded from base64 if the gateway encoded it; empty if there is none. It is decoded once,
    /// however often this is called.
    ///
    /// # Errors
    /// [`BodyError::Base64`]
    pub fn body(self) -> Result<&'r [u8], BodyError> {
        self.exchange.event.body_bytes(self.exchange.lookup)
    }

    /// Returns the body as a string; empty if there is none.
    ///
    /// # Errors
    /// [`BodyError::Base64`], [`BodyError::NotUtf8`]
    pub fn body_text(self) -> Result<&'r str, BodyError> {
        self.exchange.event.body_text(self.exchange.lookup)
    }

    /// Returns the body as a value, read from JSON; strings in it may be borrowed, also those with escapes. An absent
    /// or empty body reads as `null`, so that `Option` takes it.
    ///
    /// ```
    /// use gatewire::{error::BodyError, Request};
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
        let body = self.exchange.event.decode_body(self.exchange.lookup, self.exchange.arena.bump())?;
        self.exchange.json.parse(body).map_err(|error| json_body::locate_syntax(error, self.body().unwrap_or_default()))
    }
}

/// Forms.
impl<'r> Request<'r> {
    /// Returns a form of the type `application/x-www-form-urlencoded` as a value: a struct with a member for each field.
    /// Numbers and booleans are read from strings, a `Vec` takes all values of its field and anything else the last one;
    /// `Option` is for a field that may be absent. Strings may be borrowed, also those with escapes.
    ///
    /// The format is that of the [URL Standard](https://url.spec.whatwg.org/#urlencoded-parsing): `+` is a space, and a
    /// `%` without two hexadecimal digits after it is text. An empty body has no fields.
    ///
    /// ```
    /// use gatewire::{error::FormError, testing::Client, App, Request};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Order<'r> {
    ///     dish: &'r str,
    ///     count: u32,
    ///     #[serde(borrow, default)]
    ///     extra: Vec<&'r str>,
    /// }
    ///
    /// fn order(req: Request<'_>) -> Result<String, FormError> {
    ///     let Order { dish, count, extra } = req.form_as()?;
    ///     Ok(format!("{count} {dish} with {}", extra.join(" and ")))
    /// }
    ///
    /// let client = Client::new(App::new().post("/orders", order))?;
    /// let form = client.post("/orders").header("content-type", "application/x-www-form-urlencoded");
    /// let response = form.body("dish=pad+thai&count=2&extra=lime&extra=chili").send();
    /// assert_eq!(response.text(), "2 pad thai with lime and chili");
    /// assert_eq!(client.post("/orders").body("{}").send().status(), 415);
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// [`FormError`]. The response is 415 for another content type, 413 for more than
    /// [`MAX_FIELDS`](crate::form::MAX_FIELDS) fields, and 400 for a form that is malformed or not one of the type,
    /// unless an error handler responds otherwise.
    pub fn form_as<T: Deserialize<'r>>(self) -> Result<T, FormError> {
        form::deserialize(self.form_fields()?, self.exchange.arena.bump()).map_err(FormError::of_fields)
    }

    /// Returns the fields of a form of the type `application/x-www-form-urlencoded`: decoded names and values, in their
    /// order.
    ///
    /// ```
    /// use gatewire::{error::FormError, Request};
    ///
    /// fn names(req: Request<'_>) -> Result<String, FormError> {
    ///     Ok(req.form_fields()?.map(|(name, _)| name).collect::<Vec<_>>().join(", "))
    /// }
    /// # let _ = gatewire::App::new().post("/names", names).build().unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`form_as`](Self::form_as), except that the fields are not those of a type.
    pub fn form_fields(self) -> Result<FormFields<'r>, FormError> {
        form::check_urlencoded(self.header("content-type"))?;
        form::fields(self.body_text()?, self.exchange.arena.bump())
    }

    /// Returns the parts of a form of the type `multipart/form-data`, as [RFC
    /// 7578](https://www.rfc-editor.org/rfc/rfc7578) defines it: fields, and files with their names and types. The whole
    /// body is checked first, and no byte of it is copied.
    ///
    /// ```
    /// use gatewire::{error::FormError, testing::Client, App, Request};
    ///
    /// fn upload(req: Request<'_>) -> Result<(u16, String), FormError> {
    ///     let form = req.multipart()?;
    ///     let title = form.get("title").map_or(Ok("untitled"), |part| part.text())?;
    ///     let Some(photo) = form.get("photo") else { return Ok((400, "no photo".to_owned())) };
    ///     Ok((201, format!("{title}: {} bytes of {}", photo.bytes.len(), photo.file_name.unwrap_or("a file"))))
    /// }
    ///
    /// let client = Client::new(App::new().post("/photos", upload))?;
    /// let body = "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nHarbour\r\n\
    ///     --x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\n\
    ///     Content-Type: image/png\r\n\r\n\x01\x02\r\n--x--\r\n";
    /// let form = client.post("/photos").header("content-type", "multipart/form-data; boundary=x");
    /// assert_eq!(form.body(body).send().text(), "Harbour: 2 bytes of a.png");
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    ///
    /// A REST API passes bytes through only if `multipart/form-data` is one of its binary media types.
    ///
    /// # Errors
    /// [`FormError`]. The response is 415 for another content type, 413 for more than
    /// [`MAX_PARTS`](crate::form::MAX_PARTS) parts, and 400 for a malformed body, unless an error handler responds
    /// otherwise.
    pub fn multipart(self) -> Result<Multipart<'r>, FormError> {
        let arena = self.exchange.arena.bump();
        let boundary = form::boundary(self.header("content-type"), arena)?;
        form::multipart(self.body()?, boundary, arena)
    }
}

/// The data that the gateway and Lambda add to a request.
impl<'r> Request<'r> {
    /// Returns the kind of gateway that sent the event.
    pub fn source(self) -> EventSource {
        self.exchange.event.source()
    }

    /// Returns the `requestContext` of the event.
    pub fn context(self) -> RequestContext<'r> {
        RequestContext::new(self.exchange.event.context(), self.exchange.arena.bump())
    }

    /// Returns the address of the client, or of the last proxy before the gateway. It is read from the request context
    /// or, behind a load balancer or VPC Lattice, from the last value of `X-Forwarded-For`, which they add. An empty
    /// string is treated as absent.
    pub fn source_ip(self) -> Option<&'r str> {
        self.context().source_ip().or_else(|| {
            let forwarded = self.header("x-forwarded-for")?;
            forwarded.rsplit(',').map(str::trim).find(|address| !address.is_empty())
        })
    }

    /// Returns the client's `User-Agent`.
    pub fn user_agent(self) -> Option<&'r str> {
        self.header("user-agent").or_else(|| self.context().user_agent())
    }

    /// Returns the gateway's identifier of the request; `None` behind a load balancer or VPC Lattice, which have none.
    /// The identifier of the invocation is [`lambda().request_id`](LambdaContext::request_id).
    pub fn request_id(self) -> Option<&'r str> {
        self.context().request_id()
    }

    /// Returns the identifier that the logs of a request share, as the `correlation_paths` of Powertools define it: the
    /// gateway's identifier of the request or, behind a load balancer or VPC Lattice, the `X-Amzn-Trace-Id` header.
    pub fn correlation_id(self) -> Option<&'r str> {
        self.request_id().or_else(|| self.header("x-amzn-trace-id"))
    }

    /// Returns the stage of the API; `$default` for a Function URL, `None` behind a load balancer or VPC Lattice.
    pub fn stage(self) -> Option<&'r str> {
        Some(self.exchange.event.stage()?.decode(self.exchange.arena.bump()))
    }

    /// Returns the stage variables of the API.
    pub fn stage_variables(self) -> StringMap<'r> {
        StringMap::new(self.exchange.event.stage_variables(), self.exchange.arena.bump())
    }

    /// Returns the path parameters of the gateway's own route. Those of the app's route are [`param`](Self::param).
    pub fn gateway_params(self) -> StringMap<'r> {
        StringMap::new(self.exchange.event.path_parameters(), self.exchange.arena.bump())
    }

    /// Returns the resource of a REST API as it is configured, as in `/todos/{id}`; `None` from other sources.
    pub fn resource(self) -> Option<&'r str> {
        Some(self.exchange.event.resource()?.decode(self.exchange.arena.bump()))
    }

    /// Returns the route of an HTTP API that matched in the gateway, as in `GET /todos/{id}`; `$default` for a Function
    /// URL, `None` from other sources.
    pub fn route_key(self) -> Option<&'r str> {
        Some(self.exchange.event.route_key()?.decode(self.exchange.arena.bump()))
    }

    /// Returns the version of the payload format, `1.0` or `2.0`, if the event names it: events of HTTP APIs and
    /// Function URLs do, and `2.0` is also version 2 of VPC Lattice.
    pub fn payload_version(self) -> Option<&'r str> {
        Some(self.exchange.event.version()?.decode(self.exchange.arena.bump()))
    }

    /// Returns the whole event as JSON, for fields that no accessor names: its [`raw`](JsonView::raw) text is the
    /// payload.
    pub fn event(self) -> JsonView<'r> {
        JsonView::new(self.exchange.event.root(), self.exchange.arena.bump())
    }

    /// Returns the whole event as a value of a type of your own, such as one of the `aws_lambda_events` crate.
    ///
    /// # Errors
    /// [`BodyError::Type`] if the event is of another type.
    pub fn event_as<T: Deserialize<'r>>(self) -> Result<T, BodyError> {
        let copy = self.exchange.arena.bump().alloc_slice_copy(self.exchange.event.text().as_bytes());
        self.exchange.json.parse(copy)
    }

    /// Returns the context of the invocation: its deadline, identifier, ARN and trace.
    pub fn lambda(self) -> LambdaContext<'r> {
        *self.exchange.lambda
    }

    /// Returns a value that was added with [`App::state`](crate::App::state), by its type.
    ///
    /// # Panics
    /// If the app has no state of that type: [`find_state`](Self::find_state) does not panic.
    #[track_caller]
    pub fn state<T: Send + Sync + 'static>(self) -> &'r T {
        let Some(state) = self.find_state() else {
            panic!("the app has no state of the type {}: add one with `App::state`", std::any::type_name::<T>())
        };
        state
    }

    /// Returns a value that was added with [`App::state`](crate::App::state), by its type; `None` if there is none.
    pub fn find_state<T: Send + Sync + 'static>(self) -> Option<&'r T> {
        self.exchange.scope.state.get()
    }
}

/// The values that middleware and handlers leave for each other.
impl<'r> Request<'r> {
    /// Keeps a value until the end of this invocation: middleware leaves it for handlers, which get it by its type.
    ///
    /// ```
    /// use gatewire::{App, Json, Request};
    ///
    /// struct User(String);
    ///
    /// let app = App::new()
    ///     .wrap(async |req, next| {
    ///         req.set_extension(User("ada".to_owned()));
    ///         next.run(req).await
    ///     })
    ///     .get("/me", |req: Request| req.reply(Json(req.extension::<User>().map(|user| &user.0))));
    /// # app.build().unwrap();
    /// ```
    pub fn set_extension<T: 'static>(self, value: T) {
        self.exchange.values.insert(value);
    }

    /// Returns the value of a type that [`set_extension`](Self::set_extension) has kept last in this invocation.
    pub fn extension<T: 'static>(self) -> Option<&'r T> {
        self.exchange.values.get()
    }

    /// Returns the error that the response answers; `None` if the handler has not failed. Middleware reads it after
    /// [`Next::run`](crate::Next::run), and an error handler while it runs.
    ///
    /// ```
    /// use gatewire::App;
    ///
    /// let app = App::new().after(|req| {
    ///     if let Some(error) = req.error() {
    ///         println!("{} was answered with {}", error, req.response().status());
    ///     }
    /// });
    /// # app.build().unwrap();
    /// ```
    pub fn error(self) -> Option<&'r Error> {
        if !self.exchange.answered.get() {
            return None;
        }
        self.exchange.values.get().map(|Answered(error)| error)
    }
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("method", &self.method()).field("path", &self.path()).finish_non_exhaustive()
    }
}
