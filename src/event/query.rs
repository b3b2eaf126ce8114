//! The query of a request, read from the event on demand.

use std::fmt;

use bumpalo::Bump;

use super::Event;
use super::fields::Field;
use super::lookup::LookupTables;
use super::multi_map::{Maps, MultiMap, Names};
use super::view;
use crate::http::percent::{self, QueryPairs};
use crate::json::Text;
use crate::source::EventSource;

impl<'a> Event<'a> {
    /// The query's parameters, decoded.
    ///
    /// HTTP APIs and Function URLs forward the query as it came, and it is read from there: their map joins repeated
    /// parameters with a comma that looks like one inside a value. The map serves if an emulator sends no
    /// raw query. VPC Lattice sends it after the path in version 1, whose map has one value for a name; version 2
    /// has a map of lists. Only load balancers do not decode their map.
    pub(crate) fn query(&self, arena: &'a Bump) -> Query<'a> {
        let pairs = match self.raw_query(arena) {
            Some(raw) => Pairs::Raw(QueryPairs::new(raw)),
            None => Pairs::Map {
                map: MultiMap::new(self.query_maps(), Names::Exact, arena),
                encoded: self.query_map_is_encoded(),
            },
        };
        Query { pairs, arena }
    }

    /// The query as the client sent it, if the event has it in that form: otherwise it is in the maps.
    pub(super) fn raw_query(&self, arena: &'a Bump) -> Option<&'a str> {
        match self.source {
            EventSource::HttpApiV2 | EventSource::FunctionUrl => {
                self.string(Field::RawQuery).map(|raw| raw.decode(arena))
            }
            EventSource::LatticeV1 => self.query_in_path(arena),
            EventSource::LatticeV2 if !self.fields.has(Field::Query) => self.query_in_path(arena),
            _ => None,
        }
    }

    /// Returns whether names and values in the maps are percent-encoded.
    pub(super) fn query_map_is_encoded(&self) -> bool {
        self.source == EventSource::Alb
    }

    /// The last value of one of the query's parameters, decoded.
    pub(crate) fn query_value(&self, lookup: &'a LookupTables, arena: &'a Bump, name: &str) -> Option<&'a str> {
        match self.source {
            EventSource::RestApi | EventSource::HttpApiV1 => {
                let maps = || self.query_maps();
                lookup.query.last_text(self.document, maps, name, Text::eq).map(|value| value.decode(arena))
            }
            _ => {
                let mut query = self.query(arena);
                std::iter::from_fn(|| query.next_of(name)).last()
            }
        }
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
