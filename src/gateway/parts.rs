//! The parts of an event that several gateways have in common.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bumpalo::Bump;

use super::object::Object;
use super::request::HttpRequest;
use crate::codec::base64;
use crate::http::percent::{QueryPairs, decode_path, decode_query_component};
use crate::http::{date, header};

pub(super) const ACCOUNT_ID: &str = "111122223333";
pub(super) const API_ID: &str = "a1b2c3d4e5";
const API_DOMAIN: &str = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
/// The domain of a request with a base path, which only a custom domain maps.
const CUSTOM_DOMAIN: &str = "api.example.com";

/// The facts that a gateway records when a request arrives.
pub(super) struct Arrival {
    time: SystemTime,
    /// Different for each request.
    id: [u64; 2],
}

impl Arrival {
    pub(super) fn now() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let time = SystemTime::now();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // The count makes ids differ within the process, the time between processes.
        let first = mix(count ^ since_epoch(time).as_nanos() as u64);
        Self { time, id: [first, mix(first ^ count)] }
    }

    /// `14/Oct/2026:08:15:42 +0000`
    pub(super) fn time(&self) -> String {
        // `Wed, 14 Oct 2026 08:15:42 GMT`
        let fixdate = date::imf_fixdate(self.time).unwrap_or(*b"Thu, 01 Jan 1970 00:00:00 GMT");
        let part = |range: std::ops::Range<usize>| String::from_utf8_lossy(&fixdate[range]).into_owned();
        format!("{}/{}/{}:{} +0000", part(5..7), part(8..11), part(12..16), part(17..25))
    }

    pub(super) fn epoch_millis(&self) -> u64 {
        since_epoch(self.time).as_millis() as u64
    }

    pub(super) fn epoch_micros(&self) -> u64 {
        since_epoch(self.time).as_micros() as u64
    }

    /// A request id in the form of REST APIs and Function URLs: a UUID of version 4.
    pub(super) fn uuid(&self) -> String {
        let [high, low] = self.id;
        let hex = format!("{:016x}{:016x}", high & !0xf000 | 0x4000, low & (u64::MAX >> 2) | 1 << 63);
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    /// A request id in the form of HTTP APIs: 15 letters and digits, and `=`.
    pub(super) fn short_id(&self) -> String {
        let [high, low] = self.id.map(u64::to_be_bytes);
        let mut id = Vec::new();
        base64::encode_append(&mut id, &[&high[..], &low[..3]].concat());
        String::from_utf8_lossy(&id).into_owned()
    }

    fn trace_id(&self) -> String {
        let [high, low] = self.id;
        format!("Root=1-{:08x}-{high:016x}{:08x}", since_epoch(self.time).as_secs() as u32, low as u32)
    }
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Spreads a number over all 64 bits; no two numbers have the same result.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// Names with their values: names in the order of their first appearance, values in theirs.
#[derive(Default)]
pub(super) struct Grouped {
    groups: Vec<(String, Vec<String>)>,
    /// The index of the group of a name. A linear search for each name would be work that grows with the square of a
    /// request, which the local gateway takes from anybody; the hasher is seeded, so that names cannot be made to
    /// collide.
    places: HashMap<String, usize>,
}

impl Grouped {
    fn add(&mut self, name: &str, value: &str) {
        self.add_as(name.to_owned(), name, value);
    }

    /// Adds to the group of a header: names that differ only in case are the same.
    fn add_header(&mut self, name: &str, value: &str) {
        self.add_as(name.to_ascii_lowercase(), name, value);
    }

    fn add_as(&mut self, key: String, name: &str, value: &str) {
        match self.places.entry(key) {
            Entry::Occupied(place) => self.groups[*place.get()].1.push(value.to_owned()),
            Entry::Vacant(place) => {
                place.insert(self.groups.len());
                self.groups.push((name.to_owned(), vec![value.to_owned()]));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// A map of each name to its last value.
    pub(super) fn write_last(&self, object: &mut Object, key: &str) {
        object.object(key, |map| self.each(|name, values| map.text(name, values.last().map_or("", String::as_str))));
    }

    /// A map of each name to all its values, joined with commas.
    pub(super) fn write_joined(&self, object: &mut Object, key: &str) {
        object.object(key, |map| self.each(|name, values| map.text(name, &values.join(","))));
    }

    /// A map of each name to the list of its values.
    pub(super) fn write_lists(&self, object: &mut Object, key: &str) {
        object.object(key, |map| self.each(|name, values| map.texts(name, values)));
    }

    fn each(&self, mut write: impl FnMut(&str, &[String])) {
        self.groups.iter().for_each(|(name, values)| write(name, values));
    }
}

/// The differences between the headers of gateways.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderStyle {
    /// API Gateway with payload 1.0: names as the client wrote them.
    AsSent,
    /// Payload 2.0 of HTTP APIs: names in lower case, and cookies in a separate list.
    LowerCaseNoCookies,
    /// Function URLs: names in lower case, and cookies here too.
    LowerCase,
    /// A load balancer and VPC Lattice: names in lower case, and the client's address appended to `X-Forwarded-For`.
    LowerCaseAppend,
}

/// The headers of the event: those of the request, and those that the gateway adds.
pub(super) fn headers(request: &HttpRequest, arrival: &Arrival, style: HeaderStyle) -> Grouped {
    let mut headers = Grouped::default();
    for (name, value) in &request.headers {
        match style {
            HeaderStyle::AsSent => headers.add_header(name, value),
            HeaderStyle::LowerCaseNoCookies | HeaderStyle::LowerCase if header::same_name(name, "cookie") => {}
            _ => headers.add_header(&name.to_ascii_lowercase(), value),
        }
    }
    let cookies = cookies(request);
    if style == HeaderStyle::LowerCase && !cookies.is_empty() {
        headers.add_header("cookie", &cookies.join("; "));
    }
    let trace_id = arrival.trace_id();
    for (name, value) in [
        ("X-Amzn-Trace-Id", trace_id.as_str()),
        ("X-Forwarded-For", &request.source_ip),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ] {
        let present = headers.groups.iter_mut().find(|(own, _)| header::same_name(own, name));
        match present {
            None if style == HeaderStyle::AsSent => headers.add_header(name, value),
            None => headers.add_header(&name.to_ascii_lowercase(), value),
            Some((_, values)) if style == HeaderStyle::LowerCaseAppend && name == "X-Forwarded-For" => {
                let last = values.last_mut().expect("a group has a value");
                *last = format!("{last}, {value}");
            }
            Some(_) => {}
        }
    }
    headers
}

/// The cookies of all `Cookie` headers, as they are written.
pub(super) fn cookies(request: &HttpRequest) -> Vec<&str> {
    let headers = request.headers.iter().filter(|(name, _)| header::same_name(name, "cookie"));
    let cookies = headers.flat_map(|(_, value)| value.split(';')).map(|cookie| cookie.trim_matches([' ', '\t']));
    cookies.filter(|cookie| !cookie.is_empty()).collect()
}

/// Writes the domain that the client called.
pub(super) fn write_domain(context: &mut Object, request: &HttpRequest) {
    let domain = if request.base_path.is_empty() { API_DOMAIN } else { CUSTOM_DOMAIN };
    context.text("domainName", domain);
    context.text("domainPrefix", domain.split('.').next().unwrap_or(domain));
}

/// The last value of a header field of the request.
pub(super) fn last_header<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers.iter().rev().find(|(own, _)| header::same_name(own, name)).map(|(_, value)| value.as_str())
}

/// The query as the client sent it.
pub(super) fn raw_query(request: &HttpRequest) -> Grouped {
    let mut query = Grouped::default();
    for (name, value) in QueryPairs::new(&request.query) {
        query.add(name, value);
    }
    query
}

/// The query, decoded.
pub(super) fn decoded_query(request: &HttpRequest) -> Grouped {
    let arena = Bump::new();
    let mut query = Grouped::default();
    for (name, value) in QueryPairs::new(&request.query) {
        query.add(decode_query_component(&arena, name), decode_query_component(&arena, value));
    }
    query
}

/// The path as the API sees it, without the base path.
pub(super) fn own_path(request: &HttpRequest) -> &str {
    request.mapped_path().unwrap_or(&request.path)
}

/// A path, decoded; unchanged if it cannot be decoded.
pub(super) fn decoded_path(path: &str) -> String {
    let arena = Bump::new();
    decode_path(&arena, path, true, &mut Vec::new()).unwrap_or(path).to_owned()
}

/// The path that an HTTP API sends: decoded, and after the stage if that has a name.
///
/// HTTP APIs cut the path at a `?` that was encoded in it.
pub(super) fn staged_path(path: &str, stage: &str) -> String {
    let mut path = decoded_path(path);
    path.truncate(path.find('?').unwrap_or(path.len()));
    if stage == "$default" { path } else { format!("/{stage}{path}") }
}

/// The bodies that a gateway treats as text, and forwards as they came; the rest becomes base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TextBodies {
    /// REST APIs: every UTF-8 body. They know no binary bodies unless configured; a body that would be damaged counts
    /// as one.
    Utf8,
    /// HTTP APIs and Function URLs: by content type. Forms and bodies without a type are not text to them.
    ByType,
    /// Load balancers and VPC Lattice: by content type, unless there is a content encoding.
    ByTypeUnencoded,
}

/// The body as an event carries it, and whether it is base64; `None` without a body.
pub(super) fn body(request: &HttpRequest, texts: TextBodies) -> (Option<Cow<'_, str>>, bool) {
    if request.body.is_empty() {
        return (None, false);
    }
    let is_text = match texts {
        TextBodies::Utf8 => true,
        TextBodies::ByTypeUnencoded if last_header(request, "content-encoding").is_some() => false,
        _ => last_header(request, "content-type").is_some_and(is_text),
    };
    match std::str::from_utf8(&request.body) {
        Ok(text) if is_text => (Some(text.into()), false),
        _ => {
            let mut encoded = Vec::new();
            base64::encode_append(&mut encoded, &request.body);
            (Some(String::from_utf8_lossy(&encoded).into_owned().into()), true)
        }
    }
}

/// Returns whether bodies of this content type are text to the gateways that decide by it: the list in the
/// documentation of load balancers, which HTTP APIs were observed to share.
fn is_text(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = ["application/json", "application/javascript", "application/xml"];
    media_type.starts_with("text/") || known.contains(&media_type.as_str())
}
