//! Responses that are checked before they are sent.

use serde::Serialize;

use super::error::Error;
use super::exchange::Request;
use super::reply::{IntoResponse, Json};
#[cfg(feature = "openapi")]
use super::response_docs::ResponseDocs;
use crate::validate::{Report, ResponseValidationError, Validate};

/// A response that is checked by the rules of its type before anything of it is written.
///
/// A value that breaks them is a fault of the program: without an error handler for [`ResponseValidationError`], the
/// response is 500 and `{"statusCode":500,"message":"Internal server error"}`, and the first fault goes to standard
/// error.
///
/// ```
/// use gatewire::handler::Checked;
/// use gatewire::testing::Client;
/// use gatewire::{App, Json, Request};
///
/// #[derive(serde::Serialize, garde::Validate)]
/// struct Todo {
///     #[garde(length(chars, min = 3))]
///     title: String,
/// }
///
/// let app = App::new().get("/todos/{title}", |req: Request| {
///     Checked(Json(Todo { title: req.param("title").to_owned() }))
/// });
/// let client = Client::new(app)?;
/// assert_eq!(client.get("/todos/milk").send().status(), 200);
/// assert_eq!(client.get("/todos/x").send().status(), 500);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Checked<T>(pub T);

impl<T: Serialize + Validate> IntoResponse for Checked<Json<T>> {
    fn respond(self, req: Request<'_>) {
        let mut report = Report::new();
        self.0.0.validate(&mut report);
        if report.is_empty() {
            self.0.respond(req);
        } else {
            req.fail(Error::from(ResponseValidationError::new(report)));
        }
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut ResponseDocs) {
        Json::<T>::describe_response(docs);
    }
}
