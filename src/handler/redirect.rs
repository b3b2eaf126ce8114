//! Responses that send the client elsewhere.

use std::borrow::Cow;

use super::reply::{IntoResponse, Response};
use super::request::Request;
use crate::http::StatusCode;

/// A response that sends the client to another URL: a status of [RFC 9110 section
/// 15.4](https://www.rfc-editor.org/rfc/rfc9110#section-15.4), `Location` and no body.
///
/// | constructor | status | the client asks again |
/// | --- | --- | --- |
/// | [`see_other`](Self::see_other) | 303 | with `GET`: after a form was sent |
/// | [`temporary`](Self::temporary) | 307 | with the same method and body |
/// | [`permanent`](Self::permanent) | 308 | with the same method and body, and remembers it |
/// | [`found`](Self::found) | 302 | as 307, but many clients change `POST` to `GET` |
/// | [`moved_permanently`](Self::moved_permanently) | 301 | as 308, but many clients change `POST` to `GET` |
///
/// The location is a URL or a path, percent-encoded; one that cannot be in a header makes the response a
/// [`HeaderError`](crate::error::HeaderError). Do not send clients to a location from the request without checking it.
///
/// ```
/// use gatewire::{testing::Client, App, Redirect, Request};
///
/// let app = App::new()
///     .post("/todos", |_: Request| Redirect::see_other("/todos/1"))
///     .get("/old/{id}", |req: Request| req.reply(Redirect::permanent(format!("/new/{}", req.param("id")))));
/// let client = Client::new(app)?;
/// let response = client.get("/old/7").send();
/// assert_eq!((response.status(), response.header("location")), (308, Some("/new/7")));
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "return it from the handler"]
pub struct Redirect<'a> {
    status: StatusCode,
    location: Cow<'a, str>,
}

/// Declares a constructor for each status.
macro_rules! constructors {
    ($($name:ident: $status:ident $code:literal;)+) => {
        $(
            #[doc = concat!("Status ", $code, " with this `Location`.")]
            pub fn $name(location: impl Into<Cow<'a, str>>) -> Self {
                Self { status: StatusCode::$status, location: location.into() }
            }
        )+
    };
}

impl<'a> Redirect<'a> {
    constructors! {
        moved_permanently: MOVED_PERMANENTLY "301";
        found: FOUND "302";
        see_other: SEE_OTHER "303";
        temporary: TEMPORARY_REDIRECT "307";
        permanent: PERMANENT_REDIRECT "308";
    }
}

impl IntoResponse for Redirect<'_> {
    fn respond(self, req: Request<'_>) {
        Response::new(()).status(self.status).header("Location", self.location).respond(req);
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut super::ResponseDocs) {
        docs.status("3XX", super::ResponseDocs::empty);
    }
}
