//! Handlers of events that are not HTTP requests.

use super::websocket::WebSocket;
use crate::build_error::BuildError;
use crate::event::{EventError, OtherEvent};
use crate::handler::{DynHandler, Endpoint};

/// The handlers of events that are not HTTP requests.
#[derive(Default)]
pub(crate) struct Others {
    pub(super) websocket: Option<WebSocket>,
    pub(super) authorizer: Option<Endpoint>,
    /// The handler of whatever nothing else takes.
    pub(super) rest: Option<Endpoint>,
}

/// The handler of one event.
#[derive(Clone, Copy)]
pub(crate) enum Other<'a> {
    Message(&'a WebSocket),
    Authorizer(&'a dyn DynHandler),
    Raw(&'a dyn DynHandler),
}

impl Other<'_> {
    /// Returns whether an error of the handler fails the invocation: only messages are answered by error handlers.
    pub(crate) const fn fails(self) -> bool {
        !matches!(self, Self::Message(_))
    }
}

impl Others {
    pub(super) fn compile(self) -> Result<Self, BuildError> {
        let websocket = self.websocket.map(WebSocket::compile).transpose()?;
        Ok(Self { websocket, ..self })
    }

    /// Returns whether the program is an authorizer.
    #[cfg(feature = "local")]
    pub(crate) fn is_authorizer(&self) -> bool {
        self.authorizer.is_some()
    }

    /// Returns the handler of an event that was refused as a request; `None` if it stays refused.
    #[cold]
    pub(crate) fn handler_for(&self, refused: EventError) -> Option<Other<'_>> {
        let own = match refused {
            EventError::Other(OtherEvent::WebSocket) => self.websocket.as_ref().map(Other::Message),
            EventError::Other(OtherEvent::Authorizer) => self.authorizer.as_deref().map(Other::Authorizer),
            _ => None,
        };
        own.or_else(|| self.rest.as_deref().filter(|_| refused.is_of_json()).map(Other::Raw))
    }
}
