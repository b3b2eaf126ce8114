//! Request headers and cookies, read from the event on demand.

use std::fmt;

use bumpalo::Bump;

use super::Event;
use super::fields::Field;
use super::lookup::LookupTables;
use super::multi_map::{Maps, MultiMap, Names};
use super::view;
use crate::http::cookie::{self, RequestCookies};
use crate::http::header;
use crate::json::{Items, Value};

impl<'a> Event<'a> {
    /// The maps that hold the headers: `multiValueHeaders`, and for names that it lacks `headers`.
    ///
    /// REST APIs send the same headers in both; handwritten events often have some only in one of them.
    pub(super) fn header_maps(&self) -> Maps<'a> {
        Maps::new(self.multi_headers(), self.value(Field::Headers))
    }

    /// All header fields in the order of the event, a value each.
    ///
    /// An HTTP API and a Function URL join repeated fields with a comma, and such a comma looks like one inside a
    /// value: the joined text is one value here.
    pub(crate) fn headers(&self, arena: &'a Bump) -> Headers<'a> {
        let fields = MultiMap::new(self.header_maps(), Names::AnyCase, arena);
        Headers { fields, cookies: self.cookie_list(), arena }
    }

    /// The last value of a header field. Names are compared without regard to case.
    pub(crate) fn header(&self, lookup: &'a LookupTables, arena: &'a Bump, name: &str) -> Option<&'a str> {
        let found = self.find_last_header(lookup, arena, name, Some);
        if found.is_some() { found } else { self.cookie_header(arena, name) }
    }

    /// Shows the values of a header field, the last one first, until `take` takes one.
    #[inline]
    fn find_last_header<T>(
        &self,
        lookup: &'a LookupTables,
        arena: &'a Bump,
        name: &str,
        take: impl Fn(&'a str) -> Option<T>,
    ) -> Option<T> {
        lookup.headers.find_last(self.document, || self.header_maps(), Names::AnyCase, name, arena, take)
    }

    /// The values of a header field, in the order of the event. Names are compared without regard to case.
    pub(crate) fn header_values<'n>(
        &self,
        lookup: &'a LookupTables,
        arena: &'a Bump,
        name: &'n str,
    ) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        let mut values = lookup.headers.values(self.document, &|| self.header_maps(), Names::AnyCase, name, arena);
        let first = values.next().or_else(|| self.cookie_header(arena, name));
        first.into_iter().chain(values)
    }

    /// The `cookies` of payload 2.0, unless the list is empty.
    fn cookie_list(&self) -> Option<Items<'a>> {
        let list = self.value(Field::Cookies)?.items();
        list.clone().find_map(Value::as_text).map(|_| list)
    }

    /// The `Cookie` field that payload 2.0 has taken apart, if `name` is that.
    #[inline]
    fn cookie_header(&self, arena: &'a Bump, name: &str) -> Option<&'a str> {
        if self.fields.has(Field::Cookies) && header::same_name(name, COOKIE) {
            return joined(self.cookie_list()?, arena);
        }
        None
    }

    /// The request's cookies, as name and value: those of the `cookies` list of the event, or of its `Cookie` headers.
    pub(crate) fn cookies(
        &self,
        lookup: &'a LookupTables,
        arena: &'a Bump,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.cookie_strings(lookup, arena).flat_map(RequestCookies::new)
    }

    /// The last value of a cookie.
    pub(crate) fn cookie(&self, lookup: &'a LookupTables, arena: &'a Bump, name: &str) -> Option<&'a str> {
        let listed = self.value(Field::Cookies).into_iter().flat_map(Value::items).filter_map(Value::as_text);
        let (mut is_listed, mut found) = (false, None);
        for text in listed {
            is_listed = true;
            found = cookie::last_value(text.decode(arena), name).or(found);
        }
        if is_listed {
            return found;
        }
        self.find_last_header(lookup, arena, COOKIE, |cookies| cookie::last_value(cookies, name))
    }

    /// The strings that have the cookies: a list, or the values of a header field.
    fn cookie_strings(&self, lookup: &'a LookupTables, arena: &'a Bump) -> impl Iterator<Item = &'a str> + use<'a> {
        let list = self.cookie_list();
        let fields = list.is_none().then(|| self.header_values(lookup, arena, COOKIE));
        let listed = list.into_iter().flatten().filter_map(Value::as_text).map(|text| text.decode(arena));
        listed.chain(fields.into_iter().flatten())
    }
}

const COOKIE: &str = "cookie";

/// The cookies as clients write them, in one field.
fn joined<'a>(list: Items<'a>, arena: &'a Bump) -> Option<&'a str> {
    let mut cookies = list.filter_map(Value::as_text).map(|cookie| cookie.decode(arena));
    let first = cookies.next()?;
    let Some(second) = cookies.next() else { return Some(first) };
    let mut joined = bumpalo::collections::String::from_str_in(first, arena);
    for cookie in std::iter::once(second).chain(cookies) {
        joined.push_str("; ");
        joined.push_str(cookie);
    }
    Some(joined.into_bump_str())
}

/// The header fields of a request, in the order in which the gateway sent them: an iterator over name and value.
///
/// Made by [`Request::headers`](crate::Request::headers), and an [argument](crate::extract) of handlers.
///
/// ```
/// use gatewire::{App, context::Headers};
///
/// let app = App::new().get("/", |headers: Headers| headers.get("Accept").unwrap_or("*/*").to_owned());
/// # let client = gatewire::testing::Client::new(app)?;
/// # assert_eq!(client.get("/").header("accept", "text/html").send().text(), "text/html");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Headers<'r> {
    fields: MultiMap<'r>,
    /// The cookies that a gateway has taken out of the header fields, unless a `Cookie` field was among these.
    cookies: Option<Items<'r>>,
    arena: &'r Bump,
}

impl<'r> Headers<'r> {
    /// Returns the last value of a field among those that the iterator has not passed yet; names are compared without
    /// regard to case.
    pub fn get(&self, name: &str) -> Option<&'r str> {
        self.clone().filter(|(own, _)| header::same_name(own, name)).last().map(|(_, value)| value)
    }
}

impl<'r> Iterator for Headers<'r> {
    type Item = (&'r str, &'r str);

    fn next(&mut self) -> Option<Self::Item> {
        let Some((name, value)) = self.fields.next() else {
            return Some((COOKIE, joined(self.cookies.take()?, self.arena)?));
        };
        let name = name.decode(self.arena);
        if self.cookies.is_some() && header::same_name(name, COOKIE) {
            self.cookies = None;
        }
        Some((name, value.decode(self.arena)))
    }
}

/// Only the names: values may be secrets.
impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers ")?;
        view::names(f, self.fields.clone().map(|(name, _)| name.raw()))
    }
}
