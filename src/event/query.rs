//! The query of a request, read out of the event when it is asked for.

use bumpalo::Bump;

use super::Event;
use super::fields::Field;
use super::multi_map::MultiMap;
use crate::http::percent::{self, QueryPairs};
use crate::source::Source;

impl<'a> Event<'a> {
    /// The query's parameters, decoded.
    ///
    /// HTTP APIs and Function URLs hand on the query as it came, and it is read from there: their map joins repeated
    /// parameters with a comma that cannot be told from one inside a value. The map serves where an emulator sends no
    /// raw query. VPC Lattice hands it on behind the path in version 1, whose map has one value for a name; version 2
    /// has a map of lists. Load balancers alone do not decode their map.
    pub(crate) fn query(&self, arena: &'a Bump) -> Query<'a> {
        let raw = match self.source {
            Source::Http | Source::FunctionUrl => self.string(Field::RawQuery).map(|raw| raw.decode(arena)),
            Source::LatticeV1 => self.query_in_path(arena),
            Source::LatticeV2 if !self.fields.has(Field::Query) => self.query_in_path(arena),
            _ => None,
        };
        let pairs = match raw {
            Some(raw) => Pairs::Raw(QueryPairs::new(raw)),
            None => {
                let multi = self.value(Field::MultiQuery).filter(|map| map.entries().next().is_some());
                let map = multi.or_else(|| self.value(Field::Query)).or_else(|| self.value(Field::LatticeQuery));
                Pairs::Map { map: MultiMap::new(map), encoded: self.source == Source::Alb }
            }
        };
        Query { pairs, arena }
    }
}

#[derive(Clone, Debug)]
enum Pairs<'a> {
    Raw(QueryPairs<'a>),
    Map { map: MultiMap<'a>, encoded: bool },
}

/// The parameters of a request's query in the order of the event, repeated ones included: an iterator over decoded name
/// and value.
///
/// Made by [`Request::query_pairs`](crate::Request::query_pairs).
#[derive(Clone, Debug)]
pub struct Query<'r> {
    pairs: Pairs<'r>,
    arena: &'r Bump,
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
