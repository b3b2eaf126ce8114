//! The query and the header fields as a server gets them: for the types of the crate http.

use bumpalo::Bump;

use super::Event;
use super::fields::Field;
use super::multi_map::{self, Names};
use crate::http::percent;
use crate::json::{Text, Value};

impl<'a> Event<'a> {
    /// Appends `?` and the query, if there is one: as the client sent it if the gateway forwards that, else encoded
    /// again.
    pub(crate) fn write_query(&self, arena: &'a Bump, out: &mut Vec<u8>) {
        if let Some(raw) = self.raw_query(arena) {
            if !raw.is_empty() {
                out.push(b'?');
                percent::escape_query(out, raw);
            }
            return;
        }
        let write = if self.query_map_is_encoded() { percent::escape_query } else { percent::encode_component };
        let mut separator = b'?';
        multi_map::each(self.query_maps(), Names::Exact, arena, |name, value, _| {
            out.push(separator);
            separator = b'&';
            write(out, name.decode(arena));
            out.push(b'=');
            write(out, value.decode(arena));
        });
    }

    /// The map that holds the header fields, or most of them, as it stands in the event.
    pub(crate) fn header_block(&self) -> &'a str {
        self.header_maps().first.map_or("", Value::raw)
    }

    /// Shows names and values of the header fields, as they stand in the event. The flag is true if the value certainly
    /// has no escapes.
    #[inline(always)]
    pub(crate) fn each_header(&self, arena: &'a Bump, show: impl FnMut(Text<'a>, Text<'a>, bool)) {
        multi_map::each(self.header_maps(), Names::AnyCase, arena, show);
    }

    /// The cookies that the event has in a separate list; nothing without such a list.
    pub(crate) fn cookie_texts(&self) -> impl Iterator<Item = Text<'a>> + use<'a> {
        self.value(Field::Cookies).into_iter().flat_map(Value::items).filter_map(Value::as_text)
    }

    /// The approximate number of bytes of path, query, header fields and body.
    pub(crate) fn request_size(&self) -> usize {
        let length = |value: Option<Value<'_>>| value.map_or(0, |value| value.raw().len());
        let query =
            if self.fields.has(Field::RawQuery) { self.value(Field::RawQuery) } else { self.query_maps().first };
        length(self.value(self.path_field()))
            + length(query)
            + length(self.header_maps().first)
            + length(self.value(Field::Cookies))
            + length(self.value(Field::Body))
    }
}
