//! The keys of an event that matter, and the positions of their values.

use bumpalo::Bump;

use super::EventError;
use super::other::OtherEvent;
use crate::json::{self, Document, Index, JsonError, JsonErrorKind, Kind, Member, Span, Text, Visitor};
use crate::source::EventSource;

/// The fields of an event that the engine looks at: path in the event, and kind.
macro_rules! fields {
    ($($field:ident: $name:literal $kind:ident,)*) => {
        /// A field of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Field {
            $(#[doc = $name] $field,)*
        }

        impl Field {
            /// All fields, in their order.
            const VARIANTS: &[Self] = &[$(Self::$field,)*];
            /// Path and kind of each field, in the order of the fields.
            const ALL: &[(&str, Kind)] = &[$(($name, Kind::$kind),)*];
        }
    };
}

fields! {
    Version: "version" String,
    Resource: "resource" String,
    RouteKey: "routeKey" String,
    Method: "httpMethod" String,
    Path: "path" String,
    RawPath: "rawPath" String,
    RawQuery: "rawQueryString" String,
    Headers: "headers" Object,
    MultiHeaders: "multiValueHeaders" Object,
    Query: "queryStringParameters" Object,
    MultiQuery: "multiValueQueryStringParameters" Object,
    Cookies: "cookies" Array,
    PathParameters: "pathParameters" Object,
    StageVariables: "stageVariables" Object,
    Body: "body" String,
    Base64: "isBase64Encoded" Bool,
    Context: "requestContext" Object,
    LatticeMethod: "method" String,
    LatticePath: "raw_path" String,
    LatticeQuery: "query_string_parameters" Object,
    LatticeBase64: "is_base64_encoded" Bool,
    Type: "type" String,
    MethodArn: "methodArn" String,
    RouteArn: "routeArn" String,
    AuthorizationToken: "authorizationToken" String,
    Stage: "requestContext.stage" String,
    Domain: "requestContext.domainName" String,
    Elb: "requestContext.elb" Object,
    Http: "requestContext.http" Object,
    ServiceNetwork: "requestContext.serviceNetworkArn" String,
    Connection: "requestContext.connectionId" String,
    HttpMethod: "requestContext.http.method" String,
}

// There is a bit for each of them in `Fields::present`.
const _: () = assert!(Field::ALL.len() <= u32::BITS as usize);

/// The positions of the fields. Of repeated keys the last one counts, as in `serde_json`.
#[derive(Debug)]
pub(crate) struct Fields {
    spans: [Span; Field::ALL.len()],
    /// A bit for each field that the event has and that is not `null`: one store clears all.
    present: u32,
}

impl Fields {
    /// No fields.
    pub(crate) const fn new() -> Self {
        Self { spans: [Span::ABSENT; Field::ALL.len()], present: 0 }
    }

    /// Validates the whole document and keeps the positions of its fields.
    pub(super) fn read<'a>(&mut self, index: &'a mut Index, payload: &'a [u8]) -> Result<Document<'a>, EventError> {
        self.present = 0;
        let mut reading = Reading { fields: self, wrong: None };
        let document = index.visit(payload, &mut EventVisitor(&mut reading));
        document.ok_or_else(|| fault(payload, reading.wrong))
    }

    /// Returns whether the event has the field.
    #[inline(always)]
    pub(super) const fn has(&self, field: Field) -> bool {
        self.present >> field as u32 & 1 != 0
    }

    /// The position of the field, if the event has it.
    #[inline(always)]
    pub(super) fn get(&self, field: Field) -> Option<Span> {
        self.has(field).then(|| self.spans[field as usize])
    }

    /// The position of a field that is a string, if the event has it.
    #[inline(always)]
    pub(super) fn text(&self, field: Field) -> Option<Span> {
        debug_assert_eq!(Field::ALL[field as usize].1, Kind::String);
        self.get(field)
    }

    #[inline(always)]
    fn set(&mut self, field: Field, span: Span) {
        self.spans[field as usize] = span;
        self.present |= 1 << field as u32;
    }

    #[inline(always)]
    fn clear(&mut self, field: Field) {
        self.present &= !(1 << field as u32);
    }

    /// Removes a field, and all that follow it.
    #[inline(always)]
    fn clear_from(&mut self, field: Field) {
        self.present &= (1 << field as u32) - 1;
    }

    /// The kind of an event that is not a request to answer, though it may look like one: that of a WebSocket API, or of
    /// a Lambda authorizer.
    #[inline(always)]
    pub(super) fn other(&self) -> Option<OtherEvent> {
        const ARN: u32 = 1 << Field::MethodArn as u32 | 1 << Field::RouteArn as u32;
        const OTHERS: u32 = ARN | 1 << Field::Connection as u32;
        if self.present & OTHERS == 0 {
            return None;
        }
        // An authorizer of a WebSocket API is asked about a connection.
        if self.present & ARN != 0 && self.has(Field::Type) {
            return Some(OtherEvent::Authorizer);
        }
        self.has(Field::Connection).then_some(OtherEvent::WebSocket)
    }

    /// The event has none of the fields.
    pub(super) fn clear_all(&mut self) {
        self.present = 0;
    }

    /// The source by the keys of the event; `None` if it is another event. `httpMethod` alone decides nothing:
    /// `cargo lambda` sends it everywhere.
    pub(super) fn recognise(&self, document: Document<'_>) -> Option<EventSource> {
        let text = |field| -> Option<Text<'_>> { document.value(self.get(field)?).as_text() };
        if self.has(Field::Elb) {
            Some(EventSource::Alb)
        } else if self.has(Field::Http) {
            let is_url = text(Field::Domain).is_some_and(is_url);
            Some(if is_url { EventSource::FunctionUrl } else { EventSource::HttpApiV2 })
        } else if self.has(Field::LatticePath) {
            Some(EventSource::LatticeV1)
        } else if self.has(Field::ServiceNetwork) {
            Some(EventSource::LatticeV2)
        } else if self.has(Field::Method) && self.has(Field::Path) {
            let version_1 = text(Field::Version).is_some_and(|version| version.eq("1.0"));
            Some(if version_1 { EventSource::HttpApiV1 } else { EventSource::RestApi })
        } else {
            None
        }
    }
}

/// The part that every domain of a Function URL contains.
const URL_LABEL: &str = ".lambda-url.";

/// Returns whether a domain is that of a Function URL.
#[inline]
fn is_url(domain: Text<'_>) -> bool {
    let raw = domain.raw();
    // The second label decides for the domains that AWS gives, without a search in the rest.
    let rest = memchr::memchr(b'.', raw.as_bytes()).map_or("", |dot| &raw[dot + 1..]);
    if rest.starts_with("execute-api.") {
        return false;
    }
    rest.starts_with("lambda-url.") || raw.contains(URL_LABEL) || domain.has_escapes() && is_escaped_url(domain)
}

#[cold]
#[inline(never)]
fn is_escaped_url(domain: Text<'_>) -> bool {
    let arena = Bump::new();
    // Not `contains`: a function with this single caller is compiled for this label.
    domain.decode(&arena).as_bytes().windows(URL_LABEL.len()).any(|part| part == URL_LABEL.as_bytes())
}

/// The reason why a payload was refused. A fault of the document precedes a wrong type: the verdict on JSON is that of
/// the whole document.
#[cold]
fn fault(payload: &[u8], wrong: Option<EventError>) -> EventError {
    let root = || payload.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    match json::check(payload) {
        Err(error) => EventError::Json(error),
        Ok(()) => wrong.unwrap_or_else(|| EventError::Json(JsonError::new(JsonErrorKind::WrongType, root()))),
    }
}

/// The findings of the visitors of an event.
struct Reading<'f> {
    fields: &'f mut Fields,
    wrong: Option<EventError>,
}

impl Reading<'_> {
    /// Keeps the position of a string.
    #[inline(always)]
    fn take_text(&mut self, field: Field, span: Span) -> Option<()> {
        let (_, kind) = Field::ALL[field as usize];
        if kind == Kind::String {
            self.fields.set(field, span);
            return Some(());
        }
        self.take_other(field, Kind::String, span.start())
    }

    /// Keeps the position of the value, which has to be of the field's kind or `null`.
    #[inline(always)]
    fn take(&mut self, field: Field, member: Member<'_, '_>) -> Option<()> {
        let (found, offset) = (member.kind()?, member.offset());
        let span = member.take()?;
        let (_, kind) = Field::ALL[field as usize];
        if found == kind {
            self.fields.set(field, span);
            return Some(());
        }
        self.take_other(field, found, offset)
    }

    /// As [`Self::take`], for a value of another kind.
    #[cold]
    #[inline(never)]
    fn take_other(&mut self, field: Field, found: Kind, offset: usize) -> Option<()> {
        let (name, kind) = Field::ALL[field as usize];
        self.fields.clear(field);
        // Members of these names mean something only in the events of authorizers.
        if found == Kind::Null || matches!(field, Field::Type | Field::AuthorizationToken) {
            return Some(());
        }
        self.wrong = Some(EventError::wrong_type(name, kind, offset));
        None
    }
}

/// The name of a field of the event itself, in a table with one place for each.
#[derive(Clone, Copy)]
struct Name {
    /// The first and the last bytes, as [`Name::ends`] returns them.
    head: u64,
    tail: u64,
    /// Those between them, of a name of more than 16 bytes: see [`Name::middle`].
    middle: (u64, u64),
    length: usize,
    field: Field,
}

impl Name {
    /// The number of fields of the event itself: the others are in `requestContext`.
    const COUNT: usize = Field::Stage as usize;

    /// The names by [`Name::place`]. An empty place has a length that no key with ends has.
    const TABLE: [Self; 64] = {
        let mut table = [Self { head: 0, tail: 0, middle: (0, 0), length: 0, field: Field::Version }; 64];
        let mut at = 0;
        while at < Self::COUNT {
            let field = Field::VARIANTS[at];
            let name = Field::ALL[at].0.as_bytes();
            let Some((head, tail)) = Self::ends(name) else { panic!("the name is too short") };
            let place = Self::place(head, tail);
            assert!(table[place].length == 0, "two names have one place");
            let middle = if let Some(middle) = Self::middle(name) { middle } else { (0, 0) };
            assert!(name.len() <= 32, "the name has more bytes than are compared");
            table[place] = Self { head, tail, middle, length: name.len(), field };
            at += 1;
        }
        table
    };

    /// The first eight bytes and the last eight, or four of a shorter key; `None` for a key that is shorter still.
    #[inline(always)]
    const fn ends(key: &[u8]) -> Option<(u64, u64)> {
        if let (Some(head), Some(tail)) = (key.first_chunk(), key.last_chunk()) {
            return Some((u64::from_le_bytes(*head), u64::from_le_bytes(*tail)));
        }
        match (key.first_chunk(), key.last_chunk()) {
            (Some(head), Some(tail)) => Some((u32::from_le_bytes(*head) as u64, u32::from_le_bytes(*tail) as u64)),
            _ => None,
        }
    }

    /// The second eight bytes and the last but one of a key of more than 16 bytes.
    #[inline(always)]
    const fn middle(key: &[u8]) -> Option<(u64, u64)> {
        if key.len() <= 16 {
            return None;
        }
        match (key.split_at(8).1.first_chunk(), key.split_at(key.len() - 8).0.last_chunk()) {
            (Some(left), Some(right)) => Some((u64::from_le_bytes(*left), u64::from_le_bytes(*right))),
            _ => None,
        }
    }

    /// One of 64 places. The factor was searched: with it each name has a place of its own.
    #[inline(always)]
    const fn place(head: u64, tail: u64) -> usize {
        (head.wrapping_add(tail).wrapping_mul(0xB222_1A58_008A_05A7) >> 58) as usize
    }

    /// The field of the event itself that a key names.
    #[inline(always)]
    fn field(key: &[u8]) -> Option<Field> {
        static TABLE: [Name; 64] = Name::TABLE;
        let (head, tail) = Self::ends(key)?;
        let name = &TABLE[Self::place(head, tail)];
        if (name.head, name.tail, name.length) != (head, tail, key.len()) {
            return None;
        }
        // The ends are the whole of most names.
        Self::middle(key).is_none_or(|middle| middle == name.middle).then_some(name.field)
    }
}

/// The field that a key names. Comparisons of arrays compile to comparisons of words.
macro_rules! named {
    ($key:ident: $($name:literal => $field:ident,)*) => {{
        $(if <&[u8; _]>::try_from($key).is_ok_and(|key| key == $name) {
            return Some(Field::$field);
        })*
        None
    }};
}

/// Visits the event.
struct EventVisitor<'r, 'f>(&'r mut Reading<'f>);

impl Visitor for EventVisitor<'_, '_> {
    type Field = Field;

    // Nearly all of its keys matter.
    const KEY_FILTER: u64 = u64::MAX;

    #[inline(always)]
    fn field(key: &[u8]) -> Option<Field> {
        Name::field(key)
    }

    #[inline(always)]
    fn text(&mut self, field: Field, span: Span) -> Option<()> {
        self.0.take_text(field, span)
    }

    #[inline(always)]
    fn member(&mut self, field: Field, member: Member<'_, '_>) -> Option<()> {
        if field == Field::Context {
            self.0.fields.clear_from(Field::Stage);
            if member.kind() == Some(Kind::Object) {
                let span = member.visit(&mut ContextVisitor(self.0))?;
                self.0.fields.set(field, span);
                return Some(());
            }
        }
        self.0.take(field, member)
    }
}

/// Visits `requestContext`.
struct ContextVisitor<'r, 'f>(&'r mut Reading<'f>);

impl Visitor for ContextVisitor<'_, '_> {
    type Field = Field;

    const KEY_FILTER: u64 =
        json::key_filter(&["stage", "domainName", "elb", "http", "serviceNetworkArn", "connectionId"]);

    #[inline(always)]
    fn field(key: &[u8]) -> Option<Field> {
        named! { key:
            b"stage" => Stage,
            b"domainName" => Domain,
            b"elb" => Elb,
            b"http" => Http,
            b"serviceNetworkArn" => ServiceNetwork,
            b"connectionId" => Connection,
        }
    }

    #[inline(always)]
    fn text(&mut self, field: Field, span: Span) -> Option<()> {
        self.0.take_text(field, span)
    }

    #[inline(always)]
    fn member(&mut self, field: Field, member: Member<'_, '_>) -> Option<()> {
        if field == Field::Http {
            self.0.fields.clear(Field::HttpMethod);
            if member.kind() == Some(Kind::Object) {
                let span = member.visit(&mut HttpVisitor(self.0))?;
                self.0.fields.set(field, span);
                return Some(());
            }
        }
        self.0.take(field, member)
    }
}

/// Visits `requestContext.http`.
struct HttpVisitor<'r, 'f>(&'r mut Reading<'f>);

impl Visitor for HttpVisitor<'_, '_> {
    type Field = Field;

    const KEY_FILTER: u64 = json::key_filter(&["method"]);

    #[inline(always)]
    fn field(key: &[u8]) -> Option<Field> {
        named! { key: b"method" => HttpMethod, }
    }

    #[inline(always)]
    fn text(&mut self, field: Field, span: Span) -> Option<()> {
        self.0.take_text(field, span)
    }

    #[inline(always)]
    fn member(&mut self, field: Field, member: Member<'_, '_>) -> Option<()> {
        self.0.take(field, member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key with the mark of another would be compared with it for nothing.
    #[test]
    fn other_keys_of_a_request_context_are_passed_unseen() {
        let others = "accountId apiId authentication authorizer awsEndpointRequestId deploymentId domainPrefix \
            eventType extendedRequestId httpMethod identity operationName path protocol region requestId requestTime \
            requestTimeEpoch resourceId resourcePath routeKey serviceArn targetGroupArn time timeEpoch tlsCipherSuite";
        for key in others.split_whitespace() {
            assert_eq!(json::key_bit(key.as_bytes()) & ContextVisitor::KEY_FILTER, 0, "{key}");
        }
        for key in ["path", "protocol", "sourceIp", "userAgent"] {
            assert_eq!(json::key_bit(key.as_bytes()) & HttpVisitor::KEY_FILTER, 0, "{key}");
        }
    }

    #[test]
    fn every_field_is_found_by_its_name() {
        let found = |name: &str| match name.strip_prefix("requestContext.") {
            None => EventVisitor::field(name.as_bytes()),
            Some(name) => match name.strip_prefix("http.") {
                None => ContextVisitor::field(name.as_bytes()),
                Some(name) => HttpVisitor::field(name.as_bytes()),
            },
        };
        for (number, (name, _)) in Field::ALL.iter().enumerate() {
            assert_eq!(found(name).map(|field| field as usize), Some(number), "{name}");
            let (objects, own) = name.split_at(name.rfind('.').map_or(0, |dot| dot + 1));
            let marks = [EventVisitor::KEY_FILTER, ContextVisitor::KEY_FILTER, HttpVisitor::KEY_FILTER];
            assert_ne!(json::key_bit(own.as_bytes()) & marks[objects.split('.').count() - 1], 0, "{name}");
            for wrong in [format!("{own}s"), own.replace('o', "e"), own.to_uppercase(), own[1..].to_owned()] {
                assert!(found(&format!("{objects}{wrong}")).is_none() || wrong == own, "{objects}{wrong}");
            }
        }
    }
}
