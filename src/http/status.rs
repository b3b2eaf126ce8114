//! Status codes of [RFC 9110 section 15](https://www.rfc-editor.org/rfc/rfc9110#section-15).

use std::fmt;

/// The status code of a response: a number from 200 to 599.
///
/// Codes of the class 1xx are not among them: they belong to interim answers, which no function can send
/// ([RFC 9110 section 15.2](https://www.rfc-editor.org/rfc/rfc9110#section-15.2)). Nor are numbers from 600 on, which
/// are not part of HTTP.
///
/// Named codes are constants, and [`new`](Self::new) makes any other.
///
/// ```
/// use gatewire::StatusCode;
///
/// assert_eq!(StatusCode::NOT_FOUND, 404);
/// assert_eq!(StatusCode::NOT_FOUND.reason(), "Not Found");
/// assert_eq!(StatusCode::new(404), Ok(StatusCode::NOT_FOUND));
/// assert!(StatusCode::new(42).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

/// The number is not the status code of a response: these are 200 to 599.
///
/// ```
/// let error = gatewire::StatusCode::new(1000).unwrap_err();
/// assert_eq!(error.to_string(), "1000 is not the status code of a response: these are 200 to 599");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidStatusCode(u16);

impl fmt::Display for InvalidStatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not the status code of a response: these are 200 to 599", self.0)
    }
}

impl std::error::Error for InvalidStatusCode {}

macro_rules! named {
    ($($code:literal $name:ident $reason:literal),* $(,)?) => {
        impl StatusCode {
            $(
                #[doc = concat!($code, " ", $reason)]
                pub const $name: Self = match Self::new($code) {
                    Ok(status) => status,
                    Err(_) => panic!("no response has this status code"),
                };
            )*

            /// The phrase that goes with the code in its specification, or `""` without one.
            ///
            /// ```
            /// assert_eq!(gatewire::StatusCode::CONFLICT.reason(), "Conflict");
            /// ```
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self.0 {
                    $($code => $reason,)*
                    _ => "",
                }
            }
        }

        /// Every code that has a name.
        #[cfg(test)]
        const NAMED: &[StatusCode] = &[$(StatusCode::$name),*];
    };
}

// Those that the crate `http` names: RFC 9110, and RFC 2295 (506), 2324 (418), 2774 (510), 3229 (226), 4918 (102, 207, 423,
// 424, 507), 5842 (208, 508), 6585 (428, 429, 431, 511), 7725 (451), 8297 (103) and 8470 (425).
named! {
    200 OK "OK",
    201 CREATED "Created",
    202 ACCEPTED "Accepted",
    203 NON_AUTHORITATIVE_INFORMATION "Non-Authoritative Information",
    204 NO_CONTENT "No Content",
    205 RESET_CONTENT "Reset Content",
    206 PARTIAL_CONTENT "Partial Content",
    207 MULTI_STATUS "Multi-Status",
    208 ALREADY_REPORTED "Already Reported",
    226 IM_USED "IM Used",
    300 MULTIPLE_CHOICES "Multiple Choices",
    301 MOVED_PERMANENTLY "Moved Permanently",
    302 FOUND "Found",
    303 SEE_OTHER "See Other",
    304 NOT_MODIFIED "Not Modified",
    305 USE_PROXY "Use Proxy",
    307 TEMPORARY_REDIRECT "Temporary Redirect",
    308 PERMANENT_REDIRECT "Permanent Redirect",
    400 BAD_REQUEST "Bad Request",
    401 UNAUTHORIZED "Unauthorized",
    402 PAYMENT_REQUIRED "Payment Required",
    403 FORBIDDEN "Forbidden",
    404 NOT_FOUND "Not Found",
    405 METHOD_NOT_ALLOWED "Method Not Allowed",
    406 NOT_ACCEPTABLE "Not Acceptable",
    407 PROXY_AUTHENTICATION_REQUIRED "Proxy Authentication Required",
    408 REQUEST_TIMEOUT "Request Timeout",
    409 CONFLICT "Conflict",
    410 GONE "Gone",
    411 LENGTH_REQUIRED "Length Required",
    412 PRECONDITION_FAILED "Precondition Failed",
    413 CONTENT_TOO_LARGE "Content Too Large",
    414 URI_TOO_LONG "URI Too Long",
    415 UNSUPPORTED_MEDIA_TYPE "Unsupported Media Type",
    416 RANGE_NOT_SATISFIABLE "Range Not Satisfiable",
    417 EXPECTATION_FAILED "Expectation Failed",
    418 IM_A_TEAPOT "I'm a teapot",
    421 MISDIRECTED_REQUEST "Misdirected Request",
    422 UNPROCESSABLE_CONTENT "Unprocessable Content",
    423 LOCKED "Locked",
    424 FAILED_DEPENDENCY "Failed Dependency",
    425 TOO_EARLY "Too Early",
    426 UPGRADE_REQUIRED "Upgrade Required",
    428 PRECONDITION_REQUIRED "Precondition Required",
    429 TOO_MANY_REQUESTS "Too Many Requests",
    431 REQUEST_HEADER_FIELDS_TOO_LARGE "Request Header Fields Too Large",
    451 UNAVAILABLE_FOR_LEGAL_REASONS "Unavailable For Legal Reasons",
    500 INTERNAL_SERVER_ERROR "Internal Server Error",
    501 NOT_IMPLEMENTED "Not Implemented",
    502 BAD_GATEWAY "Bad Gateway",
    503 SERVICE_UNAVAILABLE "Service Unavailable",
    504 GATEWAY_TIMEOUT "Gateway Timeout",
    505 HTTP_VERSION_NOT_SUPPORTED "HTTP Version Not Supported",
    506 VARIANT_ALSO_NEGOTIATES "Variant Also Negotiates",
    507 INSUFFICIENT_STORAGE "Insufficient Storage",
    508 LOOP_DETECTED "Loop Detected",
    510 NOT_EXTENDED "Not Extended",
    511 NETWORK_AUTHENTICATION_REQUIRED "Network Authentication Required",
}

/// The names of RFC 7231, which the crate `http` has.
impl StatusCode {
    /// 413: [`CONTENT_TOO_LARGE`](Self::CONTENT_TOO_LARGE) by its older name.
    pub const PAYLOAD_TOO_LARGE: Self = Self::CONTENT_TOO_LARGE;
    /// 422: [`UNPROCESSABLE_CONTENT`](Self::UNPROCESSABLE_CONTENT) by its older name.
    pub const UNPROCESSABLE_ENTITY: Self = Self::UNPROCESSABLE_CONTENT;
}

impl StatusCode {
    /// The status code of this number.
    ///
    /// # Errors
    ///
    /// The number is below 200 or above 599.
    pub const fn new(code: u16) -> Result<Self, InvalidStatusCode> {
        match code {
            200..=599 => Ok(Self(code)),
            _ => Err(InvalidStatusCode(code)),
        }
    }

    /// The number.
    #[inline]
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// 2xx: it worked.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 / 100 == 2
    }

    /// 3xx: the client must look elsewhere, or into its cache.
    #[must_use]
    pub const fn is_redirection(self) -> bool {
        self.0 / 100 == 3
    }

    /// 4xx: the request was wrong.
    #[must_use]
    pub const fn is_client_error(self) -> bool {
        self.0 / 100 == 4
    }

    /// 5xx: the server failed.
    #[must_use]
    pub const fn is_server_error(self) -> bool {
        self.0 / 100 == 5
    }

    /// Returns whether a response with this code ends with its headers
    /// ([RFC 9112 section 6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3)): 204 and 304.
    ///
    /// ```
    /// assert!(gatewire::StatusCode::NO_CONTENT.forbids_body());
    /// assert!(!gatewire::StatusCode::OK.forbids_body());
    /// ```
    #[inline]
    #[must_use]
    pub const fn forbids_body(self) -> bool {
        matches!(self.0, 204 | 304)
    }
}

impl TryFrom<u16> for StatusCode {
    type Error = InvalidStatusCode;

    fn try_from(code: u16) -> Result<Self, InvalidStatusCode> {
        Self::new(code)
    }
}

impl From<StatusCode> for u16 {
    fn from(status: StatusCode) -> Self {
        status.0
    }
}

impl PartialEq<u16> for StatusCode {
    fn eq(&self, code: &u16) -> bool {
        self.0 == *code
    }
}

impl PartialEq<StatusCode> for u16 {
    fn eq(&self, status: &StatusCode) -> bool {
        *self == status.0
    }
}

/// 200.
impl Default for StatusCode {
    fn default() -> Self {
        Self::OK
    }
}

/// The number.
impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number.
impl fmt::Debug for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number() {
        for code in (0..=u16::MAX).step_by(if cfg!(miri) { 97 } else { 1 }) {
            let status = StatusCode::new(code);
            assert_eq!(status, StatusCode::try_from(code));
            assert_eq!(status.is_ok(), (200..600).contains(&code));
            let Ok(status) = status else { continue };
            assert_eq!((status.as_u16(), u16::from(status)), (code, code));
            assert_eq!(status, code);
            assert_eq!(code, status);
            assert_eq!(status.to_string(), code.to_string());
            let classes =
                [status.is_success(), status.is_redirection(), status.is_client_error(), status.is_server_error()];
            let expected = [2, 3, 4, 5].map(|class| code >= class * 100 && code < (class + 1) * 100);
            assert_eq!(classes, expected);
            assert_eq!(status.forbids_body(), code == 204 || code == 304);
            assert_eq!(status.reason().is_empty(), !NAMED.contains(&status));
        }
    }

    #[test]
    fn named_codes_are_valid_and_in_order() {
        assert!(NAMED.is_sorted_by(|a, b| a < b));
        assert!(NAMED.iter().all(|status| StatusCode::new(status.as_u16()) == Ok(*status)));
    }

    #[test]
    fn reasons() {
        assert_eq!(StatusCode::IM_A_TEAPOT.reason(), "I'm a teapot");
        assert_eq!(StatusCode::UNPROCESSABLE_CONTENT.reason(), "Unprocessable Content");
        assert_eq!(StatusCode::new(299).unwrap().reason(), "");
        assert_eq!(StatusCode::default(), StatusCode::OK);
    }
}
