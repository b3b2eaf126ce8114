//! Payload → event: which gateway sent it, and where in the payload its fields stand.
//!
//! [`Event::decode`] validates the whole document in one pass and keeps the spans of the top-level fields. Everything
//! below them is read when it is asked for.

mod body;
mod context;
mod error;
mod headers;
mod multi_map;
mod query;
mod view;

pub use body::BodyError;
pub use context::{
    Authorizer, ClientCertificate, CognitoIdentity, IamAuthorizer, Identity, RequestContext, StringMap, Validity,
};
pub use error::EventError;
pub use headers::Headers;
pub use query::Query;
pub use view::JsonView;

use bumpalo::Bump;

use crate::json::{self, Document, Index, Kind, Reader, Span, Text, Value};
use crate::source::Source;

/// A decoded event: spans into a validated payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    document: Document<'a>,
    source: Source,
    fields: Fields,
}

/// Where the fields stand; absent where the event has none, or has `null`.
#[derive(Clone, Copy, Debug, Default)]
struct Fields {
    version: Span,
    resource: Span,
    route_key: Span,
    method: Span,
    path: Span,
    raw_path: Span,
    raw_query: Span,
    headers: Span,
    multi_headers: Span,
    query: Span,
    multi_query: Span,
    cookies: Span,
    path_parameters: Span,
    stage_variables: Span,
    body: Span,
    base64: Span,
    context: Span,
    /// `requestContext.http.method`
    http_method: Span,
    /// `requestContext.stage`
    stage: Span,
    /// `requestContext.domainName`
    domain: Span,
    /// `raw_path` and `method` of VPC Lattice
    lattice_path: Span,
    lattice_method: Span,
    /// Whether there is `requestContext.elb`, `requestContext.http`, `requestContext.serviceNetworkArn`.
    elb: bool,
    http: bool,
    service_network: bool,
}

impl<'a> Event<'a> {
    /// Validates `payload` and finds its fields. `pinned` is the source where the app names one.
    pub(crate) fn decode(index: &'a mut Index, payload: &'a [u8], pinned: Option<Source>) -> Result<Self, EventError> {
        let (document, fields) = Fields::read(index, payload).map_err(|error| match error {
            EventError::Json(_) => error,
            // A fault of the document behind the field goes first: the verdict on JSON is that of the whole document.
            _ => json::check(payload).map_or_else(EventError::Json, |()| error),
        })?;
        let source = match pinned {
            Some(source) => source,
            None => fields.recognise(document)?,
        };
        let event = Self { document, source, fields };
        event.require("method", event.method_span())?;
        event.require("path", event.path_span())?;
        Ok(event)
    }

    fn require(&self, field: &'static str, span: Span) -> Result<(), EventError> {
        if span.is_absent() { Err(EventError::Missing { field }) } else { Ok(()) }
    }

    /// The gateway that sent the event.
    pub(crate) fn source(&self) -> Source {
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

    fn value(&self, span: Span) -> Option<Value<'a>> {
        (!span.is_absent()).then(|| self.document.value(span))
    }

    /// The text of a field that was checked to be a string.
    fn string(&self, span: Span) -> Option<Text<'a>> {
        self.value(span)?.as_text()
    }

    fn method_span(&self) -> Span {
        match self.source {
            Source::Http | Source::FunctionUrl => self.fields.http_method,
            Source::LatticeV1 | Source::LatticeV2 => self.fields.lattice_method,
            _ => self.fields.method,
        }
    }

    fn path_span(&self) -> Span {
        match self.source {
            Source::Http | Source::FunctionUrl => self.fields.raw_path,
            Source::LatticeV1 => self.fields.lattice_path,
            _ => self.fields.path,
        }
    }

    /// The method, as the client sent it.
    pub(crate) fn method(&self) -> Text<'a> {
        self.string(self.method_span()).unwrap_or_default()
    }

    /// The path, as the gateway sent it but for a query behind it: [`Event::path_is_encoded`] tells in which form.
    pub(crate) fn path(&self, arena: &'a Bump) -> &'a str {
        let path = self.string(self.path_span()).unwrap_or_default().decode(arena);
        match self.source {
            Source::LatticeV1 | Source::LatticeV2 => path.split_once('?').map_or(path, |(path, _)| path),
            _ => path,
        }
    }

    /// The query that stands behind the path; only VPC Lattice sends it there.
    fn query_in_path(&self, arena: &'a Bump) -> Option<&'a str> {
        let target = self.string(self.path_span())?.decode(arena);
        target.split_once('?').map(|(_, query)| query)
    }

    /// Whether the gateway hands the path on percent-encoded. HTTP APIs decode it, in both payload formats.
    pub(crate) fn path_is_encoded(&self) -> bool {
        !matches!(self.source, Source::Http | Source::HttpV1)
    }

    /// The stage that the gateway puts in front of the path: only HTTP APIs do, and not for `$default`.
    pub(crate) fn stage_in_path(&self) -> Option<Text<'a>> {
        match self.source {
            Source::Http | Source::HttpV1 => self.stage().filter(|stage| !stage.eq("$default")),
            _ => None,
        }
    }

    /// `requestContext.stage`.
    pub(crate) fn stage(&self) -> Option<Text<'a>> {
        self.string(self.fields.stage)
    }

    /// `version`, `resource` and `routeKey`: only some sources have them.
    pub(crate) fn version(&self) -> Option<Text<'a>> {
        self.string(self.fields.version)
    }

    pub(crate) fn resource(&self) -> Option<Text<'a>> {
        self.string(self.fields.resource)
    }

    pub(crate) fn route_key(&self) -> Option<Text<'a>> {
        self.string(self.fields.route_key)
    }

    /// The objects that are read when they are asked for.
    pub(crate) fn context(&self) -> Option<Value<'a>> {
        self.value(self.fields.context)
    }

    pub(crate) fn stage_variables(&self) -> Option<Value<'a>> {
        self.value(self.fields.stage_variables)
    }

    pub(crate) fn path_parameters(&self) -> Option<Value<'a>> {
        self.value(self.fields.path_parameters)
    }

    /// Whether the response has to carry `multiValueHeaders`: a load balancer wants them where it sent them.
    pub(crate) fn is_multi_value(&self) -> bool {
        self.multi_headers().is_some()
    }

    /// `multiValueHeaders`, where the event has any.
    fn multi_headers(&self) -> Option<Value<'a>> {
        self.value(self.fields.multi_headers).filter(|value| value.entries().next().is_some())
    }

    pub(crate) fn is_base64(&self) -> bool {
        self.value(self.fields.base64).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The body as it stands in the event; `None` where there is none.
    pub(crate) fn body(&self) -> Option<Text<'a>> {
        self.string(self.fields.body)
    }
}

impl Fields {
    /// Reads the whole document and keeps what is needed.
    fn read<'a>(index: &'a mut Index, payload: &'a [u8]) -> Result<(Document<'a>, Self), EventError> {
        let mut reader = index.read(payload)?;
        let mut fields = Self::default();
        // Keys with escapes are looked for only where the document has any.
        if reader.has_escapes() {
            fields.all::<true>(&mut reader)?
        } else {
            fields.all::<false>(&mut reader)?
        }
        Ok((reader.finish()?, fields))
    }

    fn all<const ESCAPES: bool>(&mut self, reader: &mut Reader<'_>) -> Result<(), EventError> {
        reader.object()?;
        while let Some(key) = reader.next_key()? {
            self.top::<ESCAPES>(reader, key.raw())?;
        }
        Ok(())
    }

    /// Takes the value of a top-level key. Of duplicate keys the last one counts, as in `serde_json`.
    fn top<const ESCAPES: bool>(&mut self, reader: &mut Reader<'_>, name: &str) -> Result<(), EventError> {
        use Kind::{Array, Bool, Object, String};
        let (field, kind, name) = match name {
            "version" => (&mut self.version, String, "version"),
            "resource" => (&mut self.resource, String, "resource"),
            "routeKey" => (&mut self.route_key, String, "routeKey"),
            "httpMethod" => (&mut self.method, String, "httpMethod"),
            "path" => (&mut self.path, String, "path"),
            "rawPath" => (&mut self.raw_path, String, "rawPath"),
            "rawQueryString" => (&mut self.raw_query, String, "rawQueryString"),
            "headers" => (&mut self.headers, Object, "headers"),
            "multiValueHeaders" => (&mut self.multi_headers, Object, "multiValueHeaders"),
            "queryStringParameters" => (&mut self.query, Object, "queryStringParameters"),
            "multiValueQueryStringParameters" => (&mut self.multi_query, Object, "multiValueQueryStringParameters"),
            "cookies" => (&mut self.cookies, Array, "cookies"),
            "pathParameters" => (&mut self.path_parameters, Object, "pathParameters"),
            "stageVariables" => (&mut self.stage_variables, Object, "stageVariables"),
            "body" => (&mut self.body, String, "body"),
            "isBase64Encoded" => (&mut self.base64, Bool, "isBase64Encoded"),
            "method" => (&mut self.lattice_method, String, "method"),
            "raw_path" => (&mut self.lattice_path, String, "raw_path"),
            "query_string_parameters" => (&mut self.query, Object, "query_string_parameters"),
            "is_base64_encoded" => (&mut self.base64, Bool, "is_base64_encoded"),
            "requestContext" => return self.request_context::<ESCAPES>(reader),
            _ => match meant::<ESCAPES>(name) {
                Some(name) => return self.top::<ESCAPES>(reader, &name),
                None => return skip(reader),
            },
        };
        *field = typed(reader, name, kind)?;
        Ok(())
    }

    /// Takes what recognises the source out of `requestContext` on the way through it.
    fn request_context<const ESCAPES: bool>(&mut self, reader: &mut Reader<'_>) -> Result<(), EventError> {
        let Some(start) = enter(reader, "requestContext")? else {
            self.context = Span::ABSENT;
            return Ok(());
        };
        (self.stage, self.domain, self.http_method) = Default::default();
        (self.elb, self.http, self.service_network) = Default::default();
        while let Some(key) = reader.next_key()? {
            self.context_field::<ESCAPES>(reader, key.raw())?;
        }
        self.context = reader.leave(start);
        Ok(())
    }

    fn context_field<const ESCAPES: bool>(&mut self, reader: &mut Reader<'_>, name: &str) -> Result<(), EventError> {
        match name {
            "stage" => self.stage = typed(reader, "requestContext.stage", Kind::String)?,
            "domainName" => self.domain = typed(reader, "requestContext.domainName", Kind::String)?,
            "elb" => self.elb = !typed(reader, "requestContext.elb", Kind::Object)?.is_absent(),
            "http" => {
                self.http_method = Span::ABSENT;
                self.http = enter(reader, "requestContext.http")?.is_some();
                while self.http
                    && let Some(key) = reader.next_key()?
                {
                    self.http_field::<ESCAPES>(reader, key.raw())?;
                }
            }
            "serviceNetworkArn" => {
                let arn = typed(reader, "requestContext.serviceNetworkArn", Kind::String)?;
                self.service_network = !arn.is_absent();
            }
            _ => match meant::<ESCAPES>(name) {
                Some(name) => return self.context_field::<ESCAPES>(reader, &name),
                None => return skip(reader),
            },
        }
        Ok(())
    }

    fn http_field<const ESCAPES: bool>(&mut self, reader: &mut Reader<'_>, name: &str) -> Result<(), EventError> {
        match name {
            "method" => self.http_method = typed(reader, "requestContext.http.method", Kind::String)?,
            _ => match meant::<ESCAPES>(name) {
                Some(name) => return self.http_field::<ESCAPES>(reader, &name),
                None => return skip(reader),
            },
        }
        Ok(())
    }

    /// The source by the keys of the event. `httpMethod` alone tells nothing: `cargo lambda` sends it everywhere.
    fn recognise(&self, document: Document<'_>) -> Result<Source, EventError> {
        let text = |span: Span| if span.is_absent() { None } else { document.value(span).as_text() };
        if self.elb {
            Ok(Source::Alb)
        } else if self.http {
            let domain = text(self.domain).map_or("", Text::raw);
            Ok(if domain.contains(".lambda-url.") { Source::FunctionUrl } else { Source::Http })
        } else if !self.lattice_path.is_absent() {
            Ok(Source::LatticeV1)
        } else if self.service_network {
            Ok(Source::LatticeV2)
        } else if !self.method.is_absent() && !self.path.is_absent() {
            let version_1 = text(self.version).is_some_and(|version| version.eq("1.0"));
            Ok(if version_1 { Source::HttpV1 } else { Source::Rest })
        } else {
            Err(EventError::UnknownSource)
        }
    }
}

/// What a key that is no field means, where it is written with escapes.
#[inline]
fn meant<const ESCAPES: bool>(name: &str) -> Option<String> {
    if ESCAPES && name.bytes().any(|byte| byte == b'\\') { decoded_name(name) } else { None }
}

fn skip(reader: &mut Reader<'_>) -> Result<(), EventError> {
    reader.value()?;
    Ok(())
}

/// What a key with escapes means; `None` for one that means no field.
#[cold]
fn decoded_name(raw: &str) -> Option<String> {
    let mut decoded = Vec::new();
    json::unescape(raw.as_bytes(), &mut decoded);
    // No field has a backslash of its own: to look for one again would not end.
    String::from_utf8(decoded).ok().filter(|name| !name.contains('\\'))
}

/// Enters the object that comes, and gives what [`Reader::leave`] needs; `None` where `null` came instead.
fn enter(reader: &mut Reader<'_>, field: &'static str) -> Result<Option<Span>, EventError> {
    match reader.peek()? {
        Kind::Object => Ok(Some(reader.enter()?)),
        Kind::Null => {
            reader.value()?;
            Ok(None)
        }
        _ => Err(EventError::wrong_type(field, Kind::Object, reader.offset())),
    }
}

/// The span of a value that has to be of the given kind, or absent where it is `null`.
#[inline]
fn typed(reader: &mut Reader<'_>, field: &'static str, kind: Kind) -> Result<Span, EventError> {
    let found = reader.peek()?;
    let offset = reader.offset();
    let span = reader.value()?;
    if found == kind {
        Ok(span)
    } else if found == Kind::Null {
        Ok(Span::ABSENT)
    } else {
        Err(EventError::wrong_type(field, kind, offset))
    }
}
