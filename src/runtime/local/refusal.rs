//! Requests that the gateway answers by itself.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use super::answer::Answer;

/// Why the app does not answer, or its answer is none.
pub(super) enum Refusal {
    BadRequest,
    /// The path is none of those that the gateway sends to the app.
    OutsideBasePath,
    TooLarge,
    /// The invocation has failed, or its response is none: the client is not told why.
    Failed(String),
}

impl Refusal {
    /// What the client is told, as API Gateway does. The developer is told on stderr.
    pub(super) fn response(self) -> Response<Answer> {
        let (status, message) = match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, r#"{"message":"Bad Request"}"#),
            Self::OutsideBasePath => {
                eprintln!("gatewire: the path is not below the base path, so the app is not asked");
                (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#)
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, r#"{"message":"Request Too Long"}"#),
            Self::Failed(why) => {
                eprintln!("gatewire: {why}");
                (StatusCode::BAD_GATEWAY, r#"{"message":"Internal server error"}"#)
            }
        };
        let mut response = Response::new(Answer::whole(message));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}
