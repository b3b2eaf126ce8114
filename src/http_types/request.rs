//! Converts a request of this crate to one of the crate `http`.

use ::http::header::COOKIE;
use ::http::uri::PathAndQuery;
use ::http::{HeaderMap, HeaderValue, Method, Uri};
use bumpalo::Bump;
use bytes::Bytes;
use smallvec::SmallVec;

use super::names::{known, other};
use super::pool;
use crate::codec::base64;
use crate::event::{BodyError, Event};
use crate::handler::{Error, HttpError, Request};
use crate::http::{StatusCode, percent};
use crate::json::Text;

impl Request<'_> {
    /// Converts the request to one of the crate `http`, with the feature `http`. Its URI is the path that rules see and
    /// the query, as a client sends them; the body is copied.
    ///
    /// ```
    /// use gatewire::testing::Client;
    /// use gatewire::{App, Error, Request};
    ///
    /// fn about(req: Request<'_>) -> Result<String, Error> {
    ///     let request = req.to_http()?;
    ///     Ok(format!("{:?} {:?}", request.method(), request.uri().query()))
    /// }
    ///
    /// let client = Client::new(App::new().get("/about", about))?;
    /// assert_eq!(client.get("/about?x=%20").send().text(), "GET Some(\"x=%20\")");
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// [`BodyError::Base64`], and an [`HttpError`] if the method or a header field is malformed, or if the target or
    /// the number of fields is over the limits of the crate `http`: no server would have taken such a request.
    pub fn to_http(self) -> Result<::http::Request<Bytes>, Error> {
        build(self, "")
    }
}

/// The longest target that the crate http takes.
const LONGEST_TARGET: usize = u16::MAX as usize - 1;

/// The name of a field as in the event, and the range of its value in the buffer.
type Field<'r> = (Text<'r>, u32, u32);

#[derive(Default)]
struct Fields<'r> {
    list: SmallVec<[Field<'r>; 48]>,
    /// The range of the field that is made of the event's list of cookies.
    cookie: Option<(u32, u32)>,
}

/// Builds the request, with the body as bytes. `prefix` is stripped from the path: whole segments with which it begins.
///
/// # Errors
/// If the request is one that no server would take.
pub(crate) fn build(req: Request<'_>, prefix: &str) -> Result<::http::Request<Bytes>, Error> {
    let event = &req.exchange.event;
    let arena = req.exchange.arena.bump();
    let method = Method::from_bytes(req.method().as_bytes()).map_err(|_| malformed("Malformed method"))?;
    let mut buffer = pool::take(event.request_size() + 64);
    write_path(req, prefix, &mut buffer);
    event.write_query(arena, &mut buffer);
    let target_end = buffer.len();
    if target_end > LONGEST_TARGET {
        return Err(HttpError::new(status(414), "The path and the query are too long").into());
    }

    let mut fields = Fields::default();
    write_fields(event, arena, &mut buffer, &mut fields);
    let body_start = buffer.len();
    if let Some(body) = event.body() {
        if event.is_base64() {
            let text = body.decode(arena).as_bytes();
            base64::decode_append(&mut buffer, text).map_err(|_| BodyError::Base64)?;
        } else {
            body.append_to(&mut buffer);
        }
    }
    if u32::try_from(buffer.len()).is_err() {
        return Err(HttpError::content_too_large("The request is too large").into());
    }

    let shared = pool::share(buffer);
    let mut request =
        ::http::Request::new(if body_start == shared.len() { Bytes::new() } else { shared.slice(body_start..) });
    *request.method_mut() = method;
    let target = PathAndQuery::from_maybe_shared(shared.slice(..target_end));
    *request.uri_mut() = Uri::from(target.map_err(|_| malformed("Malformed path"))?);
    *request.headers_mut() = header_map(arena, &fields, &shared)?;
    Ok(request)
}

/// Appends the values of all header fields, and notes their places. The cookies of payload 2.0 become one field.
fn write_fields<'r>(event: &Event<'r>, arena: &'r Bump, buffer: &mut Vec<u8>, fields: &mut Fields<'r>) {
    let Fields { list, cookie } = fields;
    let mut cookies = event.cookie_texts();
    if let Some(first) = cookies.next() {
        let start = buffer.len();
        first.append_to(buffer);
        for cookie in cookies {
            buffer.extend_from_slice(b"; ");
            cookie.append_to(buffer);
        }
        *cookie = Some((start as u32, buffer.len() as u32));
    }
    // One copy for all values: most have no escapes, so they are slices of the copy.
    let block = event.header_block();
    let block_start = buffer.len();
    buffer.extend_from_slice(block.as_bytes());
    event.each_header(arena, |name, value, plain| {
        if cookie.is_some() && name.eq_ignore_ascii_case("cookie") {
            return;
        }
        let start = match value.offset_in(block) {
            Some(offset) if plain || !value.has_escapes() => block_start + offset,
            _ => {
                let start = buffer.len();
                value.append_to(buffer);
                list.push((name, start as u32, buffer.len() as u32));
                return;
            }
        };
        list.push((name, start as u32, (start + value.raw().len()) as u32));
    });
}

/// Appends the path that rules see, encoded as a client would send it.
fn write_path(req: Request<'_>, prefix: &str, out: &mut Vec<u8>) {
    let (routed, escaped) = req.exchange.routed;
    let start = out.len();
    let event = &req.exchange.event;
    // In `req.path()`, an escaped slash has three characters.
    if event.path_is_encoded() && routed.len() + 2 * escaped.len() == req.path().len() {
        // The raw path is used, since nothing was stripped from it.
        let raw = req.raw_path();
        percent::escape_path(out, skip_segments(raw, prefix));
    } else {
        let from = prefix.len().min(routed.len());
        let before = escaped.partition_point(|slash| (*slash as usize) < from);
        let rest = routed.get(from..).unwrap_or_default();
        let escaped: SmallVec<[u32; 8]> = escaped[before..].iter().map(|slash| slash - from as u32).collect();
        percent::encode_path(out, rest, &escaped);
    }
    if out.get(start) != Some(&b'/') {
        out.insert(start, b'/');
    }
}

/// Returns the rest of an encoded path after as many segments as `prefix` has.
fn skip_segments<'p>(path: &'p str, prefix: &str) -> &'p str {
    let count = prefix.bytes().filter(|byte| *byte == b'/').count();
    if count == 0 {
        return path;
    }
    let next = path.bytes().enumerate().filter(|(_, byte)| *byte == b'/').nth(count);
    next.map_or("", |(at, _)| &path[at..])
}

/// Makes the map of the fields, whose values are slices of `shared`.
fn header_map(arena: &Bump, fields: &Fields<'_>, shared: &Bytes) -> Result<HeaderMap, Error> {
    let too_many = || HttpError::new(status(431), "There are too many header fields");
    let wrong = || malformed("Malformed header field");
    let value = |start: u32, end: u32| HeaderValue::from_maybe_shared(shared.slice(start as usize..end as usize));
    let mut map = HeaderMap::try_with_capacity(fields.list.len() + 1).map_err(|_| too_many())?;
    if let Some((start, end)) = fields.cookie {
        map.insert(COOKIE, value(start, end).map_err(|_| wrong())?);
    }
    for &(name, start, end) in &fields.list {
        // A name with an escape in it is not found among the known ones.
        let name = known(name.raw().as_bytes()).cloned().or_else(|| other(name.decode(arena))).ok_or_else(wrong)?;
        map.try_append(name, value(start, end).map_err(|_| wrong())?).map_err(|_| too_many())?;
    }
    Ok(map)
}

#[cold]
fn malformed(what: &'static str) -> Error {
    HttpError::bad_request(what).into()
}

#[cold]
fn status(code: u16) -> StatusCode {
    StatusCode::new(code).unwrap_or(StatusCode::BAD_REQUEST)
}
