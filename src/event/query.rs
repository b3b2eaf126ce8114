//! The query of a request, read from the event on demand.

use std::fmt;

use bumpalo::Bump;

use super::Event;
use super::fields::Field;
use super::lookup::LookupTables;
use super::multi_map::{self, Maps, MultiMap, Names};
use super::view;
use crate::http::percent::{self, QueryPairs};
use crate::json::Value;
use crate::source::EventSource;

impl<'a> Event<'a> {
    /// The query's parameters, decoded.
    ///
    /// HTTP APIs and Function URLs forward the query as it came, and it is read from there: their map joins repeated
    /// parameters with a comma that looks like one inside a value. The map serves if an emulator sends no
    /// raw query. VPC Lattice sends it after the path in version 1, whose map has one value for a name; version 2
    /// has a map of lists. Only load balancers do not decode their map.
    pub(crate) fn query(&self, arena: &'a Bump) -> Query<'a> {
        self.query_of(self.raw_query(arena), arena)
    }

    /// [`query`](Self::query), for callers that have [`raw_query`](Self::raw_query).
    fn query_of(&self, raw: Option<&'a str>, arena: &'a Bump) -> Query<'a> {
        let pairs = match raw {
            Some(raw) => Pairs::Raw(QueryPairs::new(raw)),
            None => Pairs::Map {
                map: MultiMap::new(self.query_maps(), Names::Exact, arena),
                encoded: self.query_map_is_encoded(),
            },
        };
        Query { pairs, arena }
    }

    /// The query's parameters, as [`Event::query`] returns them, in memory of the invocation.
    pub(crate) fn query_list(&self, arena: &'a Bump) -> &'a [(&'a str, &'a str)] {
        let mut list = bumpalo::collections::Vec::new_in(arena);
        let raw = self.raw_query(arena);
        if raw.is_some() || self.query_map_is_encoded() {
            list.extend(self.query_of(raw, arena));
        } else {
            multi_map::each(self.query_maps(), Names::Exact, arena, |name, value, plain| {
                list.push((name.decode(arena), if plain { value.raw() } else { value.decode(arena) }));
            });
        }
        list.into_bump_slice()
    }

    /// The query as the client sent it, if the event has it in that form: otherwise it is in the maps.
    pub(super) fn raw_query(&self, arena: &'a Bump) -> Option<&'a str> {
        match self.source {
            EventSource::HttpApiV2 | EventSource::FunctionUrl => self.decoded(Field::RawQuery, arena),
            EventSource::LatticeV1 => self.query_in_path(arena),
            EventSource::LatticeV2 if !self.fields.has(Field::Query) => self.query_in_path(arena),
            _ => None,
        }
    }

    /// Returns whether names and values in the maps are percent-encoded.
    pub(super) fn query_map_is_encoded(&self) -> bool {
        self.source == EventSource::Alb
    }

    /// Returns whether a name in the maps may have to be decoded before it is compared.
    fn query_names_are_encoded(&self, lookup: &'a LookupTables) -> bool {
        self.query_map_is_encoded()
            && *lookup.encoded_names.get_or_init(|| {
                let Maps { first, second } = self.query_maps();
                let mut names = first.into_iter().chain(second).flat_map(Value::entries).map(|(name, _)| name);
                // A `%` may itself be written as an escape of JSON.
                names.any(|name| name.has_escapes() || percent::is_encoded_component(name.raw()))
            })
    }

    /// The last value of one of the query's parameters, decoded.
    pub(crate) fn query_value(&self, lookup: &'a LookupTables, arena: &'a Bump, name: &str) -> Option<&'a str> {
        if let Some(raw) = self.raw_query(arena) {
            return percent::last_value(arena, raw, name);
        }
        if self.query_names_are_encoded(lookup) {
            let mut query = self.query(arena);
            return std::iter::from_fn(|| query.next_of(name)).last();
        }
        let value = lookup.query.find_last(self.document, || self.query_maps(), Names::Exact, name, arena, Some)?;
        Some(if self.query_map_is_encoded() { percent::decode_query_component(arena, value) } else { value })
    }

    /// The values of one of the query's parameters, decoded, in the order of the event.
    pub(crate) fn query_values<'n>(
        &self,
        lookup: &'a LookupTables,
        arena: &'a Bump,
        name: &'n str,
    ) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        let raw = self.raw_query(arena);
        let is_walked = raw.is_some() || self.query_map_is_encoded();
        let mut query = is_walked.then(|| self.query_of(raw, arena));
        let found =
            (!is_walked).then(|| lookup.query.values(self.document, &|| self.query_maps(), Names::Exact, name, arena));
        let walked = std::iter::from_fn(move || query.as_mut()?.next_of(name));
        found.into_iter().flatten().chain(walked)
    }

    /// The maps that hold the parameters: as for headers, the single values count for names that the lists lack.
    pub(super) fn query_maps(&self) -> Maps<'a> {
        let multi = self.value(Field::MultiQuery).filter(|map| map.has_members());
        Maps::new(multi, self.value(Field::Query).or_else(|| self.value(Field::LatticeQuery)))
    }
}

#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "it lives on the stack, and a box would be an allocation")]
enum Pairs<'a> {
    Raw(QueryPairs<'a>),
    Map { map: MultiMap<'a>, encoded: bool },
}

/// The parameters of a request's query in the order of the event, repeated ones included: an iterator over decoded name
/// and value.
///
/// Made by [`Request::query_pairs`](crate::Request::query_pairs).
#[derive(Clone)]
pub struct Query<'r> {
    pairs: Pairs<'r>,
    arena: &'r Bump,
}

impl<'r> Query<'r> {
    /// The next value of one parameter. The values of other parameters are not decoded.
    pub(crate) fn next_of(&mut self, name: &str) -> Option<&'r str> {
        let arena = self.arena;
        let decode = |text| percent::decode_query_component(arena, text);
        match &mut self.pairs {
            Pairs::Raw(pairs) => pairs.find(|(own, _)| decode(own) == name).map(|(_, value)| decode(value)),
            Pairs::Map { map, encoded: false } => {
                map.find(|(own, _)| own.eq(name)).map(|(_, value)| value.decode(arena))
            }
            Pairs::Map { map, encoded: true } => {
                map.find(|(own, _)| decode(own.decode(arena)) == name).map(|(_, value)| decode(value.decode(arena)))
            }
        }
    }
}

impl<'r> Iterator for Query<'r> {
    type Item = (&'r str, &'r str);

    fn next(&mut self) -> Option<Self::Item> {
        let arena = self.arena;
        match &mut self.pairs {
            Pairs::Raw(pairs) => {
                let (name, value) = pairs.next()?;
                Some((percent::decode_query_component(arena, name), percent::decode_query_component(arena, value)))
            }
            Pairs::Map { map, encoded } => {
                let (name, value) = map.next()?;
                let (name, value) = (name.decode(arena), value.decode(arena));
                if *encoded {
                    Some((percent::decode_query_component(arena, name), percent::decode_query_component(arena, value)))
                } else {
                    Some((name, value))
                }
            }
        }
    }
}

/// Only the names, as they stand in the event: values may be secrets.
impl fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Query ")?;
        match &self.pairs {
            Pairs::Raw(pairs) => view::names(f, pairs.clone().map(|(name, _)| name)),
            Pairs::Map { map, .. } => view::names(f, map.clone().map(|(name, _)| name.raw())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Fields;
    use crate::json::Index;

    #[test]
    fn a_load_balancers_parameters_are_found_by_their_decoded_names() {
        let maps = [
            r#"{"a":["1","%32"],"b":["x+y"],"a":["3%20"]}"#,
            r#"{"\u002561":["1"],"b":["2"]}"#,
            r#"{"%61":["1"],"b%20c":["2+"],"a":["3"],"b+c":["4"],"b c":["5"]}"#,
            r#"{"a\"b":["1"],"a":"2"}"#,
        ];
        for map in maps {
            for event in [
                format!(r#"{{"multiValueQueryStringParameters":{map},"queryStringParameters":{{"d":"4","%61":"5"}}"#),
                format!(r#"{{"queryStringParameters":{map}"#),
            ] {
                let payload = format!(r#"{event},"requestContext":{{"elb":{{}}}},"httpMethod":"GET","path":"/"}}"#);
                let (mut index, mut fields, arena) = (Index::new(), Fields::new(), Bump::new());
                let (event, refused) = Event::decode(&mut index, &mut fields, payload.as_bytes(), None);
                assert!(refused.is_none() && event.source == EventSource::Alb, "{payload}");
                for name in ["a", "b", "b c", "a\"b", "d", "%61", "e", ""] {
                    let lookup = LookupTables::default();
                    let walked: Vec<_> =
                        event.query(&arena).filter(|(own, _)| *own == name).map(|(_, value)| value).collect();
                    assert_eq!(event.query_value(&lookup, &arena, name), walked.last().copied(), "{name}: {payload}");
                    assert_eq!(
                        event.query_values(&lookup, &arena, name).collect::<Vec<_>>(),
                        walked,
                        "{name}: {payload}"
                    );
                }
            }
        }
    }
}
