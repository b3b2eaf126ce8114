//! Request headers and cookies, read out of the event when they are asked for.

use std::cell::{Cell, RefCell};

use bumpalo::Bump;

use super::Event;
use super::fields::Field;
use super::multi_map::MultiMap;
use crate::http::cookie::RequestCookies;
use crate::json::{Items, Place, Span, Text, Value};

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

    /// The values of a header field, last one last. Names are compared without regard to case. `table` is filled by the first
    /// look-up.
    pub(crate) fn header_values<'n>(
        &self,
        table: &'a HeaderTable,
        name: &'n str,
    ) -> impl Iterator<Item = Text<'a>> + use<'a, 'n> {
        if !table.filled.replace(true)
            && let Some(map) = self.header_map()
        {
            map.places(&mut table.members.borrow_mut());
        }
        let document = self.document;
        let mut at = 0;
        let values = std::iter::from_fn(move || {
            let members = table.members.borrow();
            let found = members.get(at..)?.iter().position(|(own, _)| document.is_text_at(*own, name))?;
            at += found + 1;
            members.get(at - 1).map(|(_, value)| document.value(*value))
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

/// Where the names and the values of the header fields stand, once one was looked up.
///
/// Kept from one event to the next.
#[derive(Debug, Default)]
pub(crate) struct HeaderTable {
    filled: Cell<bool>,
    members: RefCell<Vec<(Place, Span)>>,
}

impl HeaderTable {
    /// Forgets the event.
    pub(crate) fn clear(&mut self) {
        self.filled.set(false);
        self.members.get_mut().clear();
    }

    /// Gives back the memory of more than `fields`.
    pub(crate) fn shrink_to(&mut self, fields: usize) {
        self.members.get_mut().shrink_to(fields);
    }
}

/// The header fields of a request, in the order in which the gateway sent them: an iterator over name and value.
///
/// Made by [`Request::headers`](crate::Request::headers).
#[derive(Clone, Debug)]
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

/// The cookies of a request, as name and value.
#[derive(Clone, Debug)]
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
