//! The context of an invocation.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The data of an invocation that Lambda sends in the headers of the [Runtime API][docs].
///
/// Lambda may add headers, and so this type may gain fields: make one with `LambdaContext::default()` and the methods
/// `with_*`.
///
/// ```
/// use gatewire::context::LambdaContext;
///
/// let context = LambdaContext::default().with_request_id("8476a536-e9f4-11e8-9739-2dfe598c3fcd").with_deadline_ms(1);
/// assert_eq!(context.remaining_time(), None); // the deadline is past
/// ```
///
/// [docs]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct LambdaContext<'a> {
    /// `Lambda-Runtime-Aws-Request-Id`: the identifier of the invocation.
    pub request_id: &'a str,
    /// `Lambda-Runtime-Deadline-Ms`: when the function times out, in milliseconds since the Unix epoch; 0 if it is not
    /// known.
    pub deadline_ms: u64,
    /// `Lambda-Runtime-Invoked-Function-Arn`: the ARN of the function, version or alias that was called.
    pub invoked_function_arn: &'a str,
    /// `Lambda-Runtime-Trace-Id`: the X-Ray trace.
    pub trace_id: Option<&'a str>,
    /// `Lambda-Runtime-Client-Context`: JSON, from the mobile SDK.
    pub client_context: Option<&'a str>,
    /// `Lambda-Runtime-Cognito-Identity`: JSON, from the mobile SDK.
    pub cognito_identity: Option<&'a str>,
    /// `Lambda-Runtime-Aws-Tenant-Id`: the tenant, if the function isolates tenants.
    pub tenant_id: Option<&'a str>,
}

impl<'a> LambdaContext<'a> {
    /// Sets the identifier of the invocation.
    pub const fn with_request_id(mut self, request_id: &'a str) -> Self {
        self.request_id = request_id;
        self
    }

    /// Sets when the function times out, in milliseconds since the Unix epoch.
    pub const fn with_deadline_ms(mut self, deadline_ms: u64) -> Self {
        self.deadline_ms = deadline_ms;
        self
    }

    /// Sets the ARN of the function, version or alias that was called.
    pub const fn with_invoked_function_arn(mut self, invoked_function_arn: &'a str) -> Self {
        self.invoked_function_arn = invoked_function_arn;
        self
    }

    /// Sets the X-Ray trace.
    pub const fn with_trace_id(mut self, trace_id: &'a str) -> Self {
        self.trace_id = Some(trace_id);
        self
    }

    /// Sets the client context, JSON from the mobile SDK.
    pub const fn with_client_context(mut self, client_context: &'a str) -> Self {
        self.client_context = Some(client_context);
        self
    }

    /// Sets the Cognito identity, JSON from the mobile SDK.
    pub const fn with_cognito_identity(mut self, cognito_identity: &'a str) -> Self {
        self.cognito_identity = Some(cognito_identity);
        self
    }

    /// Sets the tenant.
    pub const fn with_tenant_id(mut self, tenant_id: &'a str) -> Self {
        self.tenant_id = Some(tenant_id);
        self
    }

    /// Returns when the function times out, or `None` if that is not known.
    pub fn deadline(&self) -> Option<SystemTime> {
        if self.deadline_ms == 0 {
            return None;
        }
        UNIX_EPOCH.checked_add(Duration::from_millis(self.deadline_ms))
    }

    /// Returns how long it is until the function times out, or `None` if that is not known, or past: emulators send a
    /// constant.
    pub fn remaining_time(&self) -> Option<Duration> {
        self.deadline()?.duration_since(SystemTime::now()).ok()
    }

    /// Returns the part of the [remaining time](Self::remaining_time) that can be used if `margin` is kept for the
    /// response: zero if less than the margin remains. `None` if the remaining time is not known, or past.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gatewire::{Request, testing};
    ///
    /// let budget = testing::lambda_context().remaining_time_with_margin(Duration::from_secs(25)).unwrap();
    /// assert!(budget <= Duration::from_secs(5));
    /// ```
    pub fn remaining_time_with_margin(&self, margin: Duration) -> Option<Duration> {
        Some(self.remaining_time()?.saturating_sub(margin))
    }
}

/// Shows of the client context and the Cognito identity only whether they are there: they say who the client is.
impl fmt::Debug for LambdaContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |text: Option<&str>| text.map(|_| "(hidden)");
        f.debug_struct("LambdaContext")
            .field("request_id", &self.request_id)
            .field("deadline_ms", &self.deadline_ms)
            .field("invoked_function_arn", &self.invoked_function_arn)
            .field("trace_id", &self.trace_id)
            .field("client_context", &hidden(self.client_context))
            .field("cognito_identity", &hidden(self.cognito_identity))
            .field("tenant_id", &self.tenant_id)
            .finish()
    }
}
