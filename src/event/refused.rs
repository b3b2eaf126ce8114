//! Events that are not requests: the reason, and the event for handlers of their own.

use super::other::OtherEvent;
use super::{Event, EventError, Field, Fields, path_field};
use crate::json::{Document, Index, JsonErrorKind, Text, Value};
use crate::source::EventSource;

/// Why an event is refused as a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    pub(crate) error: EventError,
    /// True if the walk over the event ended early, so that nothing in it can be read: [`Event::read`] reads it if it is
    /// JSON.
    pub(crate) unread: bool,
}

impl Refused {
    #[cold]
    pub(super) fn unread(error: EventError) -> Self {
        Self { error, unread: true }
    }
}

impl<'a> Event<'a> {
    /// The event of a payload that was not read to its end.
    #[cold]
    pub(super) fn unread(fields: &'a mut Fields) -> Self {
        fields.clear_all();
        Self { document: Document::EMPTY, source: EventSource::RestApi, fields }
    }

    /// The refusal of an event of a WebSocket API or an authorizer.
    #[cold]
    pub(super) fn refuse_kind(&mut self, kind: OtherEvent) -> Refused {
        // Both have the fields of payload 1.0; only authorizers of HTTP APIs may have those of 2.0.
        if kind == OtherEvent::Authorizer {
            let version = self.version().unwrap_or_default();
            self.source = if version.eq("2.0") {
                EventSource::HttpApiV2
            } else if version.eq("1.0") {
                EventSource::HttpApiV1
            } else {
                EventSource::RestApi
            };
        }
        Refused { error: EventError::Other(kind), unread: false }
    }

    /// The refusal of any other event. The service that sent it is the reason, if its keys show that, or else `reason`.
    #[cold]
    pub(super) fn refuse(&self, reason: EventError) -> Refused {
        let error = OtherEvent::of(self.root()).map_or(reason, EventError::Other);
        Refused { error, unread: false }
    }
}

impl EventError {
    /// Returns whether the payload is JSON, if not a request.
    pub(crate) fn is_of_json(self) -> bool {
        match self {
            Self::Json(error) => error.kind() == JsonErrorKind::WrongType,
            _ => true,
        }
    }
}

/// Events that are not requests.
impl<'a> Event<'a> {
    /// Reads any JSON document; its fields are not looked for.
    #[cold]
    pub(crate) fn read(index: &'a mut Index, fields: &'a mut Fields, payload: &'a [u8]) -> Result<Self, EventError> {
        fields.clear_all();
        let document = index.read(payload)?;
        Ok(Self { document, source: EventSource::RestApi, fields })
    }

    /// The kind of an event that is not a request, if its keys show it.
    pub(crate) fn other_kind(&self) -> Option<OtherEvent> {
        self.fields.other().or_else(|| OtherEvent::of(self.root()))
    }

    /// Returns whether the event is about a connection of a WebSocket API.
    pub(crate) fn has_connection(&self) -> bool {
        self.fields.has(Field::Connection)
    }

    /// `requestContext.connectionId` of a WebSocket API.
    pub(crate) fn connection_id(&self) -> Option<Text<'a>> {
        self.string(Field::Connection)
    }

    /// `requestContext.domainName`
    pub(crate) fn domain(&self) -> Option<Text<'a>> {
        self.string(Field::Domain)
    }

    /// `requestContext.routeKey` of a WebSocket API: the name of the route.
    pub(crate) fn message_route(&self) -> Option<Text<'a>> {
        self.context()?.get("routeKey").and_then(Value::as_text)
    }

    /// `methodArn` of an authorizer's event.
    pub(crate) fn method_arn(&self) -> Option<Text<'a>> {
        self.string(Field::MethodArn)
    }

    /// `routeArn` of an authorizer's event in payload 2.0.
    pub(crate) fn route_arn(&self) -> Option<Text<'a>> {
        self.string(Field::RouteArn)
    }

    /// `authorizationToken` of an authorizer's event.
    pub(crate) fn authorization_token(&self) -> Option<Text<'a>> {
        self.string(Field::AuthorizationToken)
    }

    /// Returns whether the event has the path of a request, which those of authorizers may lack.
    pub(crate) fn has_path(&self) -> bool {
        self.fields.has(path_field(self.source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The refusal of a payload: kind or message, and whether the event comes with it.
    fn refused(payload: &str) -> (String, bool, bool) {
        let (mut index, mut fields) = (Index::new(), Fields::new());
        let refused = Event::decode(&mut index, &mut fields, payload.as_bytes(), None).1.unwrap();
        let name = match refused.error {
            EventError::Other(kind) => format!("{kind:?}"),
            error => error.to_string().split([':', ' ']).next().unwrap_or_default().to_owned(),
        };
        (name, !refused.unread, refused.error.is_of_json())
    }

    #[test]
    fn an_event_comes_with_its_refusal() {
        let arn = r#""methodArn":"arn:aws:execute-api:eu-central-1:1:a/s/GET/""#;
        for (payload, name) in [
            (r#"{"requestContext":{"connectionId":"a"}}"#.to_owned(), "WebSocket"),
            (format!(r#"{{"type":"TOKEN",{arn}}}"#), "Authorizer"),
            (format!(r#"{{"type":"REQUEST",{arn},"requestContext":{{"connectionId":"a"}}}}"#), "Authorizer"),
            (format!(r#"{{"type":7,{arn},"requestContext":{{"connectionId":"a"}}}}"#), "WebSocket"),
            (r#"{"Records":[]}"#.to_owned(), "Records(None)"),
        ] {
            assert_eq!(refused(&payload), (name.to_owned(), true, true), "{payload}");
        }
        assert!(refused("{}").1);
        // These end the walk early, and are JSON or not.
        for (payload, is_json) in [("\"ping\"", true), (r#"{"path":7}"#, true), ("[", false), (r#"{"a":}"#, false)] {
            let (_, has_event, is_of_json) = refused(payload);
            assert_eq!((has_event, is_of_json), (false, is_json), "{payload}");
        }
    }

    #[test]
    fn any_document_can_be_read() {
        let (mut index, mut fields) = (Index::new(), Fields::new());
        assert!(Event::decode(&mut index, &mut fields, br#"{"path":"/a","version":7}"#, None).1.is_some());
        let event = Event::read(&mut index, &mut fields, br#"["ping"]"#).unwrap();
        assert_eq!((event.root().raw(), event.has_path(), event.other_kind()), (r#"["ping"]"#, false, None));
        assert!(Event::read(&mut index, &mut fields, b"[").is_err());
    }
}
