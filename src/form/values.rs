//! Names and values, of a query or a form, as a serde value.

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::scalar::{Scalar, scalar_methods};
use crate::mismatch::Fault;

/// Reads `T` from decoded names and values.
///
/// Numbers and booleans are read from strings, a list takes all values of its name, and anything else takes the last one.
pub(crate) fn deserialize<'de, T: Deserialize<'de>>(
    pairs: impl Iterator<Item = (&'de str, &'de str)>,
    arena: &'de Bump,
) -> Result<T, Fault> {
    T::deserialize(Parameters(by_name(pairs, arena)))
}

/// The parameters that are still to be read.
struct Parameters<'p, 'de>(&'p [Values<'p, 'de>]);

impl<'de> Deserializer<'de> for Parameters<'_, 'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf tuple tuple_struct map struct
        enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Parameters<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some(values) = self.0.first() else { return Ok(None) };
        seed.deserialize(Scalar(values.last().name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((values, rest)) = self.0.split_first() else {
            return Err(serde::de::Error::custom("a value is asked for before its key"));
        };
        self.0 = rest;
        seed.deserialize(*values).map_err(|fault| fault.of(values.last().name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The parameters as pairs of name and value.
impl<'de> SeqAccess<'de> for Parameters<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((values, rest)) = self.0.split_first() else { return Ok(None) };
        self.0 = rest;
        seed.deserialize(Entry { values, read: 0 }).map(Some)
    }
}

/// A parameter as a sequence of two: its name, and its value.
struct Entry<'p, 'de> {
    values: &'p Values<'p, 'de>,
    read: usize,
}

impl<'de> Deserializer<'de> for Entry<'_, 'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> SeqAccess<'de> for Entry<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        self.read += 1;
        match self.read {
            1 => seed.deserialize(Scalar(self.values.last().name)).map(Some),
            2 => seed.deserialize(*self.values).map(Some).map_err(|fault| fault.of(self.values.last().name)),
            _ => Ok(None),
        }
    }
}

/// The parameters by their names, in the order of the last of each.
// Compiled once for each kind of pairs, not once for each type that is read.
fn by_name<'de>(pairs: impl Iterator<Item = (&'de str, &'de str)>, arena: &'de Bump) -> &'de [Values<'de, 'de>] {
    // Sorted, so that the values of a name are adjacent: searching for them would take a time that grows with the
    // square of their number.
    let mut sorted = ArenaVec::new_in(arena);
    sorted.extend(pairs.enumerate().map(|(place, (name, value))| Pair { name, value, place }));
    if are_few_and_distinct(&sorted) {
        let mut names = ArenaVec::with_capacity_in(sorted.len(), arena);
        names.extend(sorted.into_bump_slice().chunks(1).map(|pairs| Values { pairs }));
        return names.into_bump_slice();
    }
    sorted.sort_unstable_by_key(|pair| (pair.name, pair.place));
    let sorted = sorted.into_bump_slice();
    // Each name once, with all of its values, at its last place: so a type that is not a list takes the last value.
    let mut names = ArenaVec::new_in(arena);
    names.extend(sorted.chunk_by(|a, b| a.name == b.name).map(|pairs| Values { pairs }));
    names.sort_unstable_by_key(|values: &Values<'_, '_>| values.last().place);
    names.into_bump_slice()
}

/// Returns whether there are so few pairs that comparing each with each takes less time than sorting them, and no name twice.
fn are_few_and_distinct(pairs: &[Pair<'_>]) -> bool {
    pairs.len() <= 8
        && pairs.iter().enumerate().all(|(at, pair)| pairs[..at].iter().all(|other| other.name != pair.name))
}

/// A parameter, and its place in the query.
#[derive(Clone, Copy)]
struct Pair<'de> {
    name: &'de str,
    value: &'de str,
    place: usize,
}

/// The values of one parameter, in their order.
#[derive(Clone, Copy)]
struct Values<'p, 'de> {
    /// INVARIANT: not empty until it is read as a list.
    pairs: &'p [Pair<'de>],
}

impl<'de> Values<'_, 'de> {
    fn last(&self) -> Pair<'de> {
        self.pairs[self.pairs.len() - 1]
    }
}

impl<'de> Deserializer<'de> for Values<'_, 'de> {
    type Error = Fault;

    scalar_methods! { self => Scalar(self.last().value) }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        Scalar(self.last().value).deserialize_enum(name, variants, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct tuple_struct map struct identifier ignored_any
    }
}

/// All values of the parameter, in their order.
impl<'de> SeqAccess<'de> for Values<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((first, rest)) = self.pairs.split_first() else { return Ok(None) };
        self.pairs = rest;
        seed.deserialize(Scalar(first.value)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: std::env::var("GATEWIRE_CASES").map_or(if cfg!(miri) { 1 } else { 500 }, |cases| cases.parse().expect("a number")),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn names_are_in_the_order_of_their_last_values(
            names in prop::collection::vec("[a-c]{0,2}", 0..12),
            distinct in any::<bool>(),
        ) {
            let mut names = names;
            if distinct {
                names.sort();
                names.dedup();
                names.reverse();
            }
            let values: Vec<String> = (0..names.len()).map(|place| place.to_string()).collect();
            let pairs = || names.iter().map(String::as_str).zip(values.iter().map(String::as_str));
            let arena = Bump::new();
            let found: Vec<(&str, Vec<&str>)> = by_name(pairs(), &arena)
                .iter()
                .map(|values| (values.last().name, values.pairs.iter().map(|pair| pair.value).collect()))
                .collect();
            let mut expected: Vec<(&str, Vec<&str>)> = Vec::new();
            for (name, value) in pairs() {
                let mut all = Vec::new();
                if let Some(at) = expected.iter().position(|(own, _)| *own == name) {
                    all = expected.remove(at).1;
                }
                all.push(value);
                expected.push((name, all));
            }
            assert_eq!(found, expected);
        }
    }
}
