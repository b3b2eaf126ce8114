//! Events that are neither HTTP requests nor of another kind that the app takes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::LambdaContext;
use super::endpoint::Private;
use super::error::Error;
use super::event_handler::{IntoAnswer, event_argument};
use super::exchange::Request;
use super::reply::{IntoError, Json};
use crate::event::{BodyError, JsonView, OtherEvent};
use crate::json::write::{self, Plain};

/// An event that is not an HTTP request, for the handler of [`App::other_events`](crate::App::other_events): a ping that
/// keeps the function warm, a schedule, the records of a queue. Its payload may be any JSON.
#[derive(Clone, Copy)]
pub struct RawEvent<'r>(Request<'r>);

impl<'r> RawEvent<'r> {
    /// Returns the kind of the event, if its keys show it.
    pub fn kind(self) -> Option<OtherEvent> {
        self.0.exchange.event.other_kind()
    }

    /// Returns the event as a value of a type of your own, or of the crate `aws_lambda_events`; strings in it may be
    /// borrowed.
    ///
    /// ```
    /// use gatewire::handler::RawEvent;
    /// use gatewire::{App, Error, Json};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Ping<'r> {
    ///     ping: &'r str,
    /// }
    ///
    /// fn pong(event: RawEvent<'_>) -> Result<Json<&str>, Error> {
    ///     let Ping { ping } = event.parse()?;
    ///     Ok(Json(ping))
    /// }
    ///
    /// let mut worker = App::new().other_events(pong).build()?.worker();
    /// assert_eq!(worker.call_blocking(br#"{"ping":"a"}"#, &Default::default())?, br#""a""#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`BodyError::Type`] if the event is of another type.
    pub fn parse<T: Deserialize<'r>>(self) -> Result<T, BodyError> {
        self.0.event_as()
    }

    /// Returns the event as JSON, read in place.
    pub fn json(self) -> JsonView<'r> {
        self.0.event()
    }

    /// Returns the context of the invocation.
    pub fn lambda(self) -> LambdaContext<'r> {
        self.0.lambda()
    }

    /// Returns a value that was added with [`App::state`](crate::App::state), by its type.
    ///
    /// # Panics
    /// If the app has no state of that type: [`find_state`](Self::find_state) does not panic.
    #[track_caller]
    pub fn state<T: Send + Sync + 'static>(self) -> &'r T {
        self.0.state()
    }

    /// Returns a value that was added with [`App::state`](crate::App::state), by its type; `None` if there is none.
    pub fn find_state<T: Send + Sync + 'static>(self) -> Option<&'r T> {
        self.0.find_state()
    }
}

/// The kind alone: an event may hold secrets.
impl fmt::Debug for RawEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEvent").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

event_argument! { RawEvent, RawEvents }

/// The value as JSON.
impl<T: Serialize> IntoAnswer<RawEvent<'_>> for Json<T> {
    fn answer(self, event: RawEvent<'_>, _: Private) {
        event.0.write_payload(|out| write::to_json::<Plain, T>(out, &self.0).map_err(Error::from));
    }
}

/// `null`
impl IntoAnswer<RawEvent<'_>> for () {
    fn answer(self, event: RawEvent<'_>, token: Private) {
        Json(()).answer(event, token);
    }
}

impl<'r, T: IntoAnswer<RawEvent<'r>>, E: IntoError> IntoAnswer<RawEvent<'r>> for Result<T, E> {
    fn answer(self, event: RawEvent<'r>, token: Private) {
        match self {
            Ok(value) => value.answer(event, token),
            Err(error) => event.0.fail(error.into_error()),
        }
    }
}

impl Request<'_> {
    /// Writes the whole payload of the answer. Nothing is borrowed meanwhile: a value that writes itself may do anything.
    pub(crate) fn write_payload(self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>) {
        let mut out = self.exchange.buffer.borrow_mut().take_payload();
        let written = write(&mut out);
        self.exchange.buffer.borrow_mut().restore_payload(out);
        if let Err(error) = written {
            self.fail(error);
        }
    }
}
