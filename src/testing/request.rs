//! A request of a test: built and sent.

use serde::Serialize;

use super::{Client, TestResponse, lambda_context};
use crate::gateway::HttpRequest;
use crate::handler::LambdaContext;
use crate::http::{header, percent};
use crate::invocation_error::InvocationError;
use crate::json::write;
use crate::source::EventSource;

/// A request to the app of a [`Client`]: made with [`Client::get`] and similar methods, sent with [`send`](Self::send).
///
/// By default it comes through an HTTP API with payload 2.0, from 127.0.0.1, with [a context](lambda_context) that has
/// 30 seconds left.
///
/// ```
/// use gatewire::testing::Client;
/// use gatewire::{App, EventSource, Json, Request};
///
/// let client = Client::new(App::new().post("/todos", |req: Request| {
///     req.reply(Json([req.query("notify"), req.cookie("theme"), req.header("x-tenant"), req.source_ip()]))
/// }))?;
/// let response = client
///     .post("/todos")
///     .query("notify", "ada@example.com")
///     .header("X-Tenant", "acme")
///     .cookie("theme", "dark")
///     .json(&["milk", "bread"])
///     .source(EventSource::RestApi)
///     .source_ip("192.0.2.7")
///     .stage("dev")
///     .send();
/// assert_eq!(response.json::<Vec<String>>(), ["ada@example.com", "dark", "acme", "192.0.2.7"]);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing happens before it is sent"]
pub struct TestRequest<'c> {
    client: &'c Client,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    /// The value of the one `Cookie` field, as browsers send it.
    cookies: String,
    body: Vec<u8>,
    is_json: bool,
    source: EventSource,
    source_ip: Option<String>,
    stage: Option<String>,
    multi_value: bool,
    lambda: LambdaContext<'c>,
}

impl<'c> TestRequest<'c> {
    pub(super) fn new(client: &'c Client, method: String, target: String) -> Self {
        Self {
            client,
            method,
            target,
            headers: Vec::new(),
            cookies: String::new(),
            body: Vec::new(),
            is_json: false,
            source: EventSource::HttpApiV2,
            source_ip: None,
            stage: None,
            multi_value: false,
            lambda: lambda_context(),
        }
    }

    /// Adds a query parameter after those that are there. Name and value are text: they are encoded here.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let mut pair = vec![if self.target.contains('?') { b'&' } else { b'?' }];
        percent::encode_component(&mut pair, name);
        pair.push(b'=');
        percent::encode_component(&mut pair, value);
        self.target.push_str(&String::from_utf8_lossy(&pair));
        self
    }

    /// Adds a header field, and keeps others of the same name.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a cookie. All cookies are sent in one `Cookie` field, as from a browser, and nothing in them is encoded.
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        if !self.cookies.is_empty() {
            self.cookies.push_str("; ");
        }
        self.cookies.extend([name, "=", value]);
        self
    }

    /// Sets the body: text or bytes. An empty body counts as absent.
    ///
    /// The gateway forwards it as text or as base64, as [`HttpRequest::body`] says: that depends on the `Content-Type`.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.is_json = false;
        self
    }

    /// Sets the body to a value as JSON, and its `Content-Type` to `application/json` if no [`header`](Self::header)
    /// names another.
    ///
    /// # Panics
    /// If the value cannot be serialised.
    #[track_caller]
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.body.clear();
        self.is_json = true;
        if let Err(error) = write::to_json::<write::Plain, T>(&mut self.body, value) {
            panic!("the body of {self} cannot be written as JSON: {error}");
        }
        self
    }

    /// Chooses the gateway that the request comes through.
    pub fn source(mut self, source: EventSource) -> Self {
        self.source = source;
        self
    }

    /// Sets the address that the request comes from.
    pub fn source_ip(mut self, source_ip: impl Into<String>) -> Self {
        self.source_ip = Some(source_ip.into());
        self
    }

    /// Sets the stage of the API: without one it is `prod` in a REST API and `$default` in an HTTP API. Other gateways
    /// have no stages.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = Some(stage.into());
        self
    }

    /// Sets whether the target group of a load balancer has multi-value headers turned on. Other gateways have no such
    /// setting.
    pub fn multi_value(mut self, multi_value: bool) -> Self {
        self.multi_value = multi_value;
        self
    }

    /// Sets the context of the invocation, instead of [`lambda_context`].
    pub fn lambda(mut self, lambda: LambdaContext<'c>) -> Self {
        self.lambda = lambda;
        self
    }

    /// The event that the gateway makes of the request and sends to the function, as JSON.
    pub fn event(&self) -> Vec<u8> {
        let mut http = HttpRequest::new(self.method.as_str(), &self.target)
            .body(self.body.as_slice())
            .multi_value(self.multi_value);
        let has_type = self.headers.iter().any(|(name, _)| header::same_name(name, "content-type"));
        if self.is_json && !has_type {
            http = http.header("Content-Type", "application/json");
        }
        for (name, value) in &self.headers {
            http = http.header(name, value);
        }
        if !self.cookies.is_empty() {
            http = http.header("Cookie", &self.cookies);
        }
        if let Some(source_ip) = &self.source_ip {
            http = http.source_ip(source_ip);
        }
        if let Some(stage) = &self.stage {
            http = http.stage(stage);
        }
        http.event(self.source)
    }
}

/// Sending.
impl TestRequest<'_> {
    /// Sends the request and returns the response. The thread waits for async handlers. With the feature `tokio`
    /// they run in a tokio runtime of the client, so that timers and the AWS SDK work in them.
    ///
    #[cfg_attr(feature = "tokio", doc = "```")]
    #[cfg_attr(not(feature = "tokio"), doc = "```no_run")]
    /// # use gatewire::{testing::Client, App, Request};
    /// async fn patient(_: Request<'_>) -> &'static str {
    ///     tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    ///     "done"
    /// }
    ///
    /// let client = Client::new(App::new().get("/patient", patient))?;
    /// assert_eq!(client.get("/patient").send().text(), "done");
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    ///
    /// # Panics
    /// If the invocation fails: [`try_send`](Self::try_send) expects that. If the gateway would not take the response. If a
    /// handler waits for something inside of a tokio runtime, as in `#[tokio::test]`, whose thread must not be blocked:
    /// [`send_async`](Self::send_async) is for that.
    #[track_caller]
    pub fn send(self) -> TestResponse {
        let name = self.to_string();
        match self.try_send() {
            Ok(response) => response,
            Err(error) => panic!("the invocation has failed, for {name}: {error}"),
        }
    }

    /// Sends the request and returns the response, or the error that would be reported to Lambda.
    ///
    /// ```
    /// # use gatewire::{testing::Client, App, Request};
    /// let client = Client::new(App::new().get("/broken", |req: Request| req.param("no such").to_owned()))?;
    /// let error = client.get("/broken").try_send().unwrap_err();
    /// assert_eq!(error.error_type(), "Panic");
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// If the invocation fails: no error handler took the error of a handler, or one panicked.
    ///
    /// # Panics
    /// If the gateway would not take the response, and inside of a tokio runtime as [`send`](Self::send) does.
    #[track_caller]
    pub fn try_send(self) -> Result<TestResponse, InvocationError> {
        let mut worker = self.client.take_worker();
        let event = self.event();
        let sent = self.client.block_on(async {
            let sent = worker.call(&event, &self.lambda).await.map(<[u8]>::to_vec);
            worker.after_response().await;
            sent
        });
        let Some(payload) = sent else {
            panic!(
                "the handler of {self} waits, and this thread is that of a tokio runtime, which must not be blocked: \
                 use `send_async().await` instead of `send()`"
            );
        };
        self.client.keep_worker(worker);
        Ok(TestResponse::read(self.source, payload?))
    }

    /// [`send`](Self::send) for async tests, such as those of `#[tokio::test]`: handlers run on the runtime that awaits
    /// it.
    ///
    /// ```
    /// # use gatewire::{testing::Client, App, Request};
    /// async fn patient(_: Request<'_>) -> &'static str {
    ///     tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    ///     "done"
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let client = Client::new(App::new().get("/patient", patient))?;
    /// assert_eq!(client.get("/patient").send_async().await.text(), "done");
    /// # Ok::<(), gatewire::error::BuildError>(()) }).unwrap();
    /// ```
    ///
    /// # Panics
    /// As `send` does.
    pub async fn send_async(self) -> TestResponse {
        let name = self.to_string();
        match self.try_send_async().await {
            Ok(response) => response,
            Err(error) => panic!("the invocation has failed, for {name}: {error}"),
        }
    }

    /// [`try_send`](Self::try_send) for async tests.
    ///
    /// # Errors
    /// As `try_send`.
    ///
    /// # Panics
    /// As `try_send` does.
    pub async fn try_send_async(self) -> Result<TestResponse, InvocationError> {
        let mut worker = self.client.take_worker();
        let payload = worker.call(&self.event(), &self.lambda).await.map(<[u8]>::to_vec);
        worker.after_response().await;
        self.client.keep_worker(worker);
        Ok(TestResponse::read(self.source, payload?))
    }
}

/// The request line and the gateway, for the message of a panic.
impl std::fmt::Display for TestRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} through {:?}", self.method, self.target, self.source)
    }
}
