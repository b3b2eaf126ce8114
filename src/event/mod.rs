//! Payload → event: finds the gateway that sent it, and the positions of its fields in the payload.
//!
//! [`Event::decode`] validates the whole document in one pass and keeps the spans of the top-level fields. Everything
//! below them is read on demand.

mod body;
mod context;
mod decoded;
mod error;
mod fields;
mod headers;
mod lookup;
mod multi_map;
mod other;
mod query;
mod refused;
#[cfg(feature = "http")]
mod target;
mod view;

pub use body::BodyError;
pub(crate) use context::Ids;
pub use context::{
    Authorizer, ClientCertificate, CognitoIdentity, IamAuthorizer, Identity, RequestContext, StringMap, Validity,
};
pub use error::EventError;
pub use headers::Headers;
pub(crate) use lookup::LookupTables;
pub use other::OtherEvent;
pub use query::Query;
pub(crate) use refused::Refused;
pub use view::JsonView;

use bumpalo::Bump;
use fields::Field;
pub(crate) use fields::Fields;

use crate::json::{Document, Index, Text, Value};
use crate::source::EventSource;

/// A decoded event: spans into a validated payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    document: Document<'a>,
    source: EventSource,
    fields: &'a Fields,
}

impl<'a> Event<'a> {
    /// Validates `payload` and finds its fields, which are kept in `fields`. `pinned` is the source if the app names
    /// one. Returns the event, and why it is refused as a request, if it is.
    #[inline]
    pub(crate) fn decode(
        index: &'a mut Index,
        fields: &'a mut Fields,
        payload: &'a [u8],
        pinned: Option<EventSource>,
    ) -> (Self, Option<Refused>) {
        let document = match fields.read(index, payload) {
            Ok(document) => document,
            Err(error) => return (Self::unread(fields), Some(Refused::unread(error))),
        };
        let mut event = Self { document, source: EventSource::RestApi, fields };
        // A pinned source does not turn an event of another kind into a request.
        if let Some(kind) = event.fields.other() {
            let refused = event.refuse_kind(kind);
            return (event, Some(refused));
        }
        let Some(source) = pinned.or_else(|| event.fields.recognise(document)) else {
            return (event, Some(event.refuse(EventError::UnknownSource)));
        };
        if !event.fields.has(method_field(source)) {
            return (event, Some(event.refuse(EventError::Missing { field: "method" })));
        }
        if !event.fields.has(path_field(source)) {
            return (event, Some(event.refuse(EventError::Missing { field: "path" })));
        }
        event.source = source;
        (event, None)
    }

    /// The gateway that sent the event.
    pub(crate) fn source(&self) -> EventSource {
        self.source
    }

    /// The whole event.
    pub(crate) fn root(&self) -> Value<'a> {
        self.document.root()
    }

    /// The whole payload.
    pub(crate) fn text(&self) -> &'a str {
        self.document.text()
    }

    fn value(&self, field: Field) -> Option<Value<'a>> {
        self.fields.get(field).map(|span| self.document.value(span))
    }

    /// The text of a field that is a string.
    #[inline]
    fn string(&self, field: Field) -> Option<Text<'a>> {
        self.fields.text(field).map(|span| self.document.string(span))
    }

    /// The value of a field that is a string.
    #[inline]
    fn decoded(&self, field: Field, arena: &'a Bump) -> Option<&'a str> {
        self.fields.text(field).map(|span| self.document.decode_string(span, arena))
    }

    /// The method, as the client sent it.
    #[inline]
    pub(crate) fn method(&self, arena: &'a Bump) -> &'a str {
        self.decoded(method_field(self.source), arena).unwrap_or_default()
    }

    /// The path as the gateway sent it, without a query after it: [`Event::path_is_encoded`] says in which form.
    pub(crate) fn path(&self, arena: &'a Bump) -> &'a str {
        let path = self.decoded(path_field(self.source), arena).unwrap_or_default();
        match self.source {
            EventSource::LatticeV1 | EventSource::LatticeV2 => path.split_once('?').map_or(path, |(path, _)| path),
            _ => path,
        }
    }

    /// The query after the path; only VPC Lattice sends it there.
    fn query_in_path(&self, arena: &'a Bump) -> Option<&'a str> {
        let target = self.decoded(path_field(self.source), arena)?;
        target.split_once('?').map(|(_, query)| query)
    }

    /// Returns whether the gateway sends the path percent-encoded. HTTP APIs decode it, in both payload formats.
    pub(crate) fn path_is_encoded(&self) -> bool {
        !matches!(self.source, EventSource::HttpApiV2 | EventSource::HttpApiV1)
    }

    /// The stage that the gateway may put in front of the path: only HTTP APIs do, and not for `$default`.
    pub(crate) fn stage_in_path(&self) -> Option<Text<'a>> {
        match self.source {
            EventSource::HttpApiV2 | EventSource::HttpApiV1 => self.stage().filter(|stage| !stage.eq("$default")),
            _ => None,
        }
    }

    /// Returns whether the gateway leaves the stage out: with payload 1.0 it does, under a domain other than the API's
    /// default, which is `{apiId}.execute-api.{region}.amazonaws.com`. Emulators send no domain.
    pub(crate) fn leaves_stage_out(&self) -> bool {
        if self.source != EventSource::HttpApiV1 {
            return false;
        }
        let arena = Bump::new();
        let domain = self.string(Field::Domain).map_or("", |domain| domain.decode(&arena));
        if domain.is_empty() {
            return false;
        }
        let Some((label, rest)) = domain.split_once('.') else { return true };
        let Some(context) = self.context().filter(|_| rest.starts_with("execute-api.")) else { return true };
        // The event rarely has another id to compare.
        let is_other = |api: Text<'_>| !api.eq_ignore_ascii_case(label);
        !context.shows("apiId", label) && context.get("apiId").and_then(Value::as_text).is_some_and(is_other)
    }

    /// `requestContext.stage`.
    pub(crate) fn stage(&self) -> Option<Text<'a>> {
        self.string(Field::Stage)
    }

    /// `version`, `resource` and `routeKey`: only some sources have them.
    pub(crate) fn version(&self) -> Option<Text<'a>> {
        self.string(Field::Version)
    }

    pub(crate) fn resource(&self) -> Option<Text<'a>> {
        self.string(Field::Resource)
    }

    pub(crate) fn route_key(&self) -> Option<Text<'a>> {
        self.string(Field::RouteKey)
    }

    /// The objects that are read on demand.
    pub(crate) fn context(&self) -> Option<Value<'a>> {
        self.value(Field::Context)
    }

    pub(crate) fn stage_variables(&self) -> Option<Value<'a>> {
        self.value(Field::StageVariables)
    }

    pub(crate) fn path_parameters(&self) -> Option<Value<'a>> {
        self.value(Field::PathParameters)
    }

    /// Returns whether the response must carry `multiValueHeaders`: a load balancer requires them if it sent them, even
    /// if they are empty.
    pub(crate) fn is_multi_value(&self) -> bool {
        self.fields.has(Field::MultiHeaders)
    }

    /// `multiValueHeaders`, if the event has them.
    fn multi_headers(&self) -> Option<Value<'a>> {
        self.value(Field::MultiHeaders).filter(|value| value.has_members())
    }

    pub(crate) fn is_base64(&self) -> bool {
        self.value(Field::Base64).or_else(|| self.value(Field::LatticeBase64)).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The body as it stands in the event; `None` without one.
    pub(crate) fn body(&self) -> Option<Text<'a>> {
        self.string(Field::Body)
    }
}

/// The field that has the method.
const fn method_field(source: EventSource) -> Field {
    match source {
        EventSource::HttpApiV2 | EventSource::FunctionUrl => Field::HttpMethod,
        EventSource::LatticeV1 | EventSource::LatticeV2 => Field::LatticeMethod,
        _ => Field::Method,
    }
}

/// The field that has the path.
const fn path_field(source: EventSource) -> Field {
    match source {
        EventSource::HttpApiV2 | EventSource::FunctionUrl => Field::RawPath,
        EventSource::LatticeV1 => Field::LatticePath,
        _ => Field::Path,
    }
}
