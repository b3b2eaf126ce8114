//! Request headers and cookies, read out of the event when they are asked for.

use std::fmt;

use bumpalo::Bump;

use super::Event;
use super::fields::Field;
use super::members::Members;
use super::multi_map::MultiMap;
use super::view;
use crate::http::cookie::RequestCookies;
use crate::json::{Items, Text, Value};

impl<'a> Event<'a> {
    /// The map that holds the headers: `multiValueHeaders` where the event has any, else `headers`.
    ///
    /// The two are never mixed: REST APIs send the same headers in both.
    pub(crate) fn header_map(&self) -> Option<Value<'a>> {
        self.multi_headers().or_else(|| self.value(Field::Headers))
    }

    /// All header fields in the order of the event, a value each.
    ///
    /// An HTTP API and a Function URL join repeated fields with a comma, and there is no telling such a comma from one
    /// inside a value: the joined text is one value here.
    pub(crate) fn headers(&self, arena: &'a Bump) -> Headers<'a> {
        Headers { fields: MultiMap::new(self.header_map()), arena }
    }

    /// The last value of a header field. Names are compared without regard to case.
    pub(crate) fn header(&self, members: &'a Members, name: &str) -> Option<Text<'a>> {
        members.headers.fill(|| self.header_map());
        members.headers.last_text(self.document, name, Text::eq_ignore_ascii_case)
    }

    /// The values of a header field, last one last. Names are compared without regard to case.
    pub(crate) fn header_values<'n>(
        &self,
        members: &'a Members,
        name: &'n str,
    ) -> impl Iterator<Item = Text<'a>> + use<'a, 'n> {
        members.headers.fill(|| self.header_map());
        let document = self.document;
        let mut from = 0;
        let values = std::iter::from_fn(move || {
            let (number, value) = members.headers.next(document, from, name, Text::eq_ignore_ascii_case)?;
            from = number + 1;
            Some(value)
        });
        values.flat_map(|value| value.as_text().into_iter().chain(value.items().filter_map(Value::as_text)))
    }

    /// The request's cookies: the `cookies` list of the event, or its `Cookie` headers.
    pub(crate) fn cookies(&self, arena: &'a Bump) -> Cookies<'a> {
        let list = self.value(Field::Cookies);
        Cookies {
            list: list.map(Value::items),
            headers: MultiMap::new(if list.is_none() { self.header_map() } else { None }),
            current: RequestCookies::new(""),
            arena,
        }
    }
}

/// The header fields of a request, in the order in which the gateway sent them: an iterator over name and value.
///
/// Made by [`Request::headers`](crate::Request::headers).
#[derive(Clone)]
pub struct Headers<'r> {
    fields: MultiMap<'r>,
    arena: &'r Bump,
}

impl<'r> Iterator for Headers<'r> {
    type Item = (&'r str, &'r str);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.fields.next()?;
        Some((name.decode(self.arena), value.decode(self.arena)))
    }
}

/// The names alone: values may be secrets.
impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers ")?;
        view::names(f, self.fields.clone().map(|(name, _)| name.raw()))
    }
}

/// The cookies of a request, as name and value.
#[derive(Clone)]
pub(crate) struct Cookies<'r> {
    list: Option<Items<'r>>,
    headers: MultiMap<'r>,
    current: RequestCookies<'r>,
    arena: &'r Bump,
}

impl<'r> Iterator for Cookies<'r> {
    type Item = (&'r str, &'r str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(pair) = self.current.next() {
                return Some(pair);
            }
            let text = match &mut self.list {
                Some(list) => list.find_map(Value::as_text)?,
                None => self.headers.find(|(name, _)| name.eq_ignore_ascii_case("cookie"))?.1,
            };
            self.current = RequestCookies::new(text.decode(self.arena));
        }
    }
}
