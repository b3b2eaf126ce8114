//! Requests that the gateway answers by itself.

use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::ResponseBody;
use crate::invocation_error::InvocationError;
use crate::log::{Escaped, log_failure, print};

/// The reason why the app does not answer, or why its answer is not one.
pub(super) enum Refusal {
    /// The request is ambiguous. The bytes after it may be no request.
    BadRequest,
    /// It is for a host that the gateway does not answer for.
    OtherHost(String),
    /// The body has not arrived in time.
    TooSlow,
    /// The path is not one of those that the gateway sends to the app.
    OutsideBasePath,
    TooLarge,
    /// The authorizer does not know who calls.
    Unauthorized,
    /// The authorizer denies the call.
    Denied,
    /// The authorizer has failed, or its answer is malformed.
    Undecided(InvocationError),
    /// The invocation has failed, or its response is malformed: the client does not learn why.
    Failed(InvocationError),
    /// The invocation has failed, and the access log has the reason.
    Logged,
}

impl Refusal {
    /// The response to the client, as from API Gateway. The developer finds the reason on stderr.
    pub(super) fn response(self, request_id: &str) -> Response<ResponseBody> {
        let closes = matches!(self, Self::BadRequest | Self::TooSlow);
        let (status, message) = match &self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, r#"{"message":"Bad Request"}"#),
            Self::OutsideBasePath => {
                print(format_args!("gatewire: the path is not below the base path, so the app is not asked"));
                (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#)
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, r#"{"message":"Request Too Long"}"#),
            Self::OtherHost(host) => {
                print(format_args!(
                    "gatewire: requests for the host {} are not answered; GATEWIRE_HOSTS={} allows it",
                    Escaped(host),
                    Escaped(host)
                ));
                (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#)
            }
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, r#"{"message":"Unauthorized"}"#),
            Self::Denied => (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#),
            Self::Undecided(error) => {
                log_failure(request_id, error);
                (StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"Internal Server Error"}"#)
            }
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, r#"{"message":"Request Timeout"}"#),
            Self::Failed(_) | Self::Logged => {
                if let Self::Failed(error) = &self {
                    log_failure(request_id, error);
                }
                (StatusCode::BAD_GATEWAY, r#"{"message":"Internal server error"}"#)
            }
        };
        let mut response = Response::new(ResponseBody::whole(message));
        *response.status_mut() = status;
        if closes {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}
