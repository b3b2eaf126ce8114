//! The query and the header fields as a server gets them: for the types of the crate http.

use bumpalo::Bump;

use super::fields::Field;
use super::multi_map::{MultiMap, Names};
use super::query::Pairs;
use super::{Event, path_field};
use crate::http::percent;
use crate::json::{Text, Value};

impl<'a> Event<'a> {
    /// Appends `?` and the query, if there is one: as the client sent it if the gateway forwards that, else encoded
    /// again.
    pub(crate) fn write_query(&self, arena: &'a Bump, out: &mut Vec<u8>) {
        match self.query(arena).into_pairs() {
            Pairs::Raw(pairs) => {
                let raw = pairs.rest();
                if !raw.is_empty() {
                    out.push(b'?');
                    percent::escape_query(out, raw);
                }
            }
            Pairs::Map { map, encoded } => {
                let mut separator = b'?';
                for (name, value) in map {
                    out.push(separator);
                    separator = b'&';
                    let (name, value) = (name.decode(arena), value.decode(arena));
                    let write = if encoded { percent::escape_query } else { percent::encode_component };
                    write(out, name);
                    out.push(b'=');
                    write(out, value);
                }
            }
        }
    }

    /// Names and values of the header fields, as they stand in the event.
    pub(crate) fn raw_headers(&self, arena: &'a Bump) -> impl Iterator<Item = (Text<'a>, Text<'a>)> + use<'a> {
        MultiMap::new(self.header_maps(), Names::AnyCase, arena)
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
        length(self.value(path_field(self.source)))
            + length(query)
            + length(self.header_maps().first)
            + length(self.value(Field::Cookies))
            + length(self.value(Field::Body))
    }
}
