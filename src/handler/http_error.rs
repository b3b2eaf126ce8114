//! Errors that are an HTTP response.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::http::StatusCode;
use crate::json::transcode;
use crate::json::write::{self, SerializeError, Verbatim};

/// An error that is answered with its status and `{"statusCode":…,"message":…}`.
///
/// ```
/// use gatewire::{Error, HttpError, Request};
///
/// fn secret(req: Request<'_>) -> Result<&'static str, Error> {
///     if req.header("authorization").is_none() {
///         return Err(HttpError::unauthorized("who are you?").into());
///     }
///     Ok("42")
/// }
/// # let _ = gatewire::App::new().get("/secret", secret).build().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpError {
    status: StatusCode,
    message: Message,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Message {
    Text(Cow<'static, str>),
    /// The JSON of a value that is not a string.
    Json(Box<str>),
}

/// Declares a constructor for a status.
macro_rules! predefined {
    ($($name:ident: $status:ident;)+) => {
        $(
            #[doc = concat!("Status ", stringify!($status), " with a message.")]
            pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
                Self::new(StatusCode::$status, message)
            }
        )+
    };
}

impl HttpError {
    /// Creates an error of any status, with a message.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: Message::Text(message.into()) }
    }

    /// Creates an error of any status, whose `message` is a JSON value.
    ///
    /// # Errors
    /// If the value cannot be serialised.
    pub fn json<T: Serialize + ?Sized>(status: StatusCode, detail: &T) -> Result<Self, SerializeError> {
        let mut json = Vec::new();
        write::to_json::<write::Plain, T>(&mut json, detail)?;
        let json = String::from_utf8(json).map_err(|_| serde::ser::Error::custom("the detail is not UTF-8"))?;
        Ok(Self { status, message: Message::Json(json.into()) })
    }

    predefined! {
        bad_request: BAD_REQUEST;
        unauthorized: UNAUTHORIZED;
        payment_required: PAYMENT_REQUIRED;
        forbidden: FORBIDDEN;
        method_not_allowed: METHOD_NOT_ALLOWED;
        not_acceptable: NOT_ACCEPTABLE;
        request_timeout: REQUEST_TIMEOUT;
        conflict: CONFLICT;
        gone: GONE;
        length_required: LENGTH_REQUIRED;
        precondition_failed: PRECONDITION_FAILED;
        content_too_large: CONTENT_TOO_LARGE;
        unsupported_media_type: UNSUPPORTED_MEDIA_TYPE;
        range_not_satisfiable: RANGE_NOT_SATISFIABLE;
        misdirected_request: MISDIRECTED_REQUEST;
        unprocessable_content: UNPROCESSABLE_CONTENT;
        locked: LOCKED;
        failed_dependency: FAILED_DEPENDENCY;
        too_early: TOO_EARLY;
        precondition_required: PRECONDITION_REQUIRED;
        too_many_requests: TOO_MANY_REQUESTS;
        internal_server_error: INTERNAL_SERVER_ERROR;
        not_implemented: NOT_IMPLEMENTED;
        bad_gateway: BAD_GATEWAY;
        service_unavailable: SERVICE_UNAVAILABLE;
        gateway_timeout: GATEWAY_TIMEOUT;
    }

    /// Status 404 with the message `Not found`. For another message, use
    /// [`new`](Self::new)`(StatusCode::NOT_FOUND, message)`.
    pub const fn not_found() -> Self {
        Self { status: StatusCode::NOT_FOUND, message: Message::Text(Cow::Borrowed("Not found")) }
    }

    /// Returns the status of the response.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the message, or the JSON of the detail.
    pub fn message(&self) -> &str {
        match &self.message {
            Message::Text(text) => text,
            Message::Json(json) => json,
        }
    }
}

/// Creates the error of a status: its message is the [reason](StatusCode::reason).
impl From<StatusCode> for HttpError {
    fn from(status: StatusCode) -> Self {
        Self::new(status, status.reason())
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for HttpError {}

/// The body of the response: `{"statusCode":…,"message":…}`.
impl Serialize for HttpError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.message {
            Message::Text(text) => serialize(self.status, text, serializer),
            Message::Json(json) => serialize(self.status, &transcode::Json(json), serializer),
        }
    }
}

fn serialize<S: Serializer>(
    status: StatusCode,
    message: &(impl Serialize + ?Sized),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut body = serializer.serialize_struct("HttpError", 2)?;
    body.serialize_field("statusCode", &status.as_u16())?;
    body.serialize_field("message", message)?;
    body.end()
}

/// The same for the serialiser of this crate, which takes JSON text as it is: numbers are not read and written again,
/// and a program that does neither has no code for it.
pub(super) struct Body<'e>(pub(super) &'e HttpError);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.message {
            Message::Text(text) => serialize(self.0.status, text, serializer),
            Message::Json(json) => serialize(self.0.status, &Verbatim(json), serializer),
        }
    }
}
