//! The parameters of a rule as a serde value, and the check of a rule before there is a request.

use std::cell::Cell;

use serde::de::value::StrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::form::{Scalar, scalar_methods};
use crate::handler::Matched;
use crate::mismatch::{Fault, MismatchKind};

/// Names and values of the parameters.
#[derive(Clone, Copy)]
pub(super) enum Pairs<'p, 'de> {
    /// Those of a request.
    Route(Option<Matched<'de>>),
    /// Those of no request: `check` looks at what the type does with them.
    Invented(&'p [(&'p str, &'static str)]),
}

impl<'p, 'de: 'p> Pairs<'p, 'de> {
    #[inline]
    fn get(self, index: usize) -> Option<(&'p str, &'de str)> {
        match self {
            Self::Route(route) => route?.values().nth(index),
            Self::Invented(pairs) => pairs.get(index).copied(),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Route(route) => route.map_or(0, |route| route.values().count()),
            Self::Invented(pairs) => pairs.len(),
        }
    }
}

/// The form in which a type asks for parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shape {
    #[default]
    Any,
    One,
    Tuple(usize),
    Fields(&'static [&'static str]),
}

/// The parameters that a type has asked for so far.
#[derive(Default)]
struct Seen {
    shape: Cell<Shape>,
    /// A variant of the last enum.
    variant: Cell<Option<&'static str>>,
}

/// The parameters that are still to be read.
#[derive(Clone, Copy)]
pub(super) struct Params<'p, 'de> {
    pairs: Pairs<'p, 'de>,
    next: usize,
    seen: Option<&'p Seen>,
}

impl<'p, 'de: 'p> Params<'p, 'de> {
    pub(super) fn new(pairs: Pairs<'p, 'de>) -> Self {
        Self { pairs, next: 0, seen: None }
    }

    fn take(&mut self) -> Option<(&'p str, Value<'p, 'de>)> {
        let (name, text) = self.pairs.get(self.next)?;
        self.next += 1;
        Some((name, Value { scalar: Scalar(text), seen: self.seen }))
    }

    fn note(&self, shape: Shape) {
        if let Some(seen) = self.seen {
            seen.shape.set(shape);
        }
    }

    /// The value of the one parameter, read by `read`.
    #[inline]
    fn one<T>(mut self, read: impl FnOnce(Value<'p, 'de>) -> Result<T, Fault>) -> Result<T, Fault> {
        self.note(Shape::One);
        match self.take() {
            Some((name, value)) => read(value).map_err(|fault| fault.of(name)),
            None => Err(Fault::missing("")),
        }
    }
}

macro_rules! one {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.one(|value| value.$method(visitor))
        })+
    };
}

impl<'p, 'de: 'p> Deserializer<'de> for Params<'p, 'de> {
    type Error = Fault;

    one! {
        deserialize_bool deserialize_char deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_identifier
    }

    /// A type that takes anything gets a string if there is one parameter.
    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        match self.pairs.len() {
            1 => match self.take() {
                Some((name, value)) => value.deserialize_any(visitor).map_err(|fault| fault.of(name)),
                None => visitor.visit_map(self),
            },
            _ => visitor.visit_map(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.one(|value| value.deserialize_enum(name, variants, visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        self.note(Shape::Tuple(length));
        visitor.visit_seq(self)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.note(Shape::Fields(fields));
        visitor.visit_map(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

impl<'p, 'de: 'p> SeqAccess<'de> for Params<'p, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((name, value)) = self.take() else { return Ok(None) };
        seed.deserialize(value).map(Some).map_err(|fault| fault.of(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len() - self.next)
    }
}

impl<'p, 'de: 'p> MapAccess<'de> for Params<'p, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        match self.pairs {
            Pairs::Route(route) => match route.and_then(|route| route.values().nth(self.next)) {
                Some((name, _)) => seed.deserialize(Scalar(name)).map(Some),
                None => Ok(None),
            },
            Pairs::Invented(pairs) => match pairs.get(self.next) {
                Some((name, _)) => seed.deserialize(StrDeserializer::new(name)).map(Some),
                None => Ok(None),
            },
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, value)) = self.take() else {
            return Err(Fault::custom("a value is asked for before its key"));
        };
        seed.deserialize(value).map_err(|fault| fault.of(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len() - self.next)
    }
}

/// The value of one parameter.
#[derive(Clone, Copy)]
struct Value<'p, 'de> {
    scalar: Scalar<'de>,
    seen: Option<&'p Seen>,
}

impl<'de> Deserializer<'de> for Value<'_, 'de> {
    type Error = Fault;

    scalar_methods! { self => self.scalar }

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
        if let (Some(seen), Some(variant)) = (self.seen, variants.first()) {
            seen.variant.set(Some(variant));
        }
        self.scalar.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Values that types are likely to take. Each parameter tries them one after the other.
const CANDIDATES: [&str; 7] =
    ["1", "true", "a", "00000000-0000-4000-8000-000000000000", "2000-01-01", "2000-01-01T00:00:00Z", "127.0.0.1"];

/// Returns the names of the fields of `T`, if it is a struct.
pub(super) fn fields<'de, T: Deserialize<'de>>() -> Option<&'static [&'static str]> {
    let seen = Seen::default();
    // Nothing is there to be read: only the question counts.
    let _ = T::deserialize(Params { pairs: Pairs::Invented(&[]), next: 0, seen: Some(&seen) });
    match seen.shape.get() {
        Shape::Fields(fields) => Some(fields),
        Shape::Any | Shape::One | Shape::Tuple(_) => None,
    }
}

/// Returns what is wrong with a rule whose parameters have these names.
///
/// It reads a `T` from invented values. A field that is missing then is missing in every request. If a type takes none
/// of the values, nothing is known about it, and nothing is wrong.
pub(super) fn check<'de, T: Deserialize<'de>>(names: &[&str]) -> Result<(), String> {
    let seen = Seen::default();
    let mut pairs: Vec<(&str, &'static str)> = names.iter().map(|name| (*name, CANDIDATES[0])).collect();
    let mut tried = vec![0; names.len()];
    loop {
        let params = Params { pairs: Pairs::Invented(&pairs), next: 0, seen: Some(&seen) };
        let read = T::deserialize(params).map(drop);
        seen.shape.get().check(names)?;
        let Err(fault) = read else { return Ok(()) };
        let mismatch = fault.into_mismatch(|name| name.unwrap_or_default().to_owned());
        let name = mismatch.path();
        let Some(index) = names.iter().position(|own| *own == name) else {
            return match mismatch.kind() {
                MismatchKind::Missing => Err(format!("the rule has no parameter {name:?}")),
                _ => Ok(()),
            };
        };
        if mismatch.kind() == MismatchKind::Unknown {
            return Err(format!("it has no field for the parameter {name:?} of the rule"));
        }
        // Each value is tried once for each parameter, so that the loop ends.
        let Some(candidate) = CANDIDATES.iter().copied().chain(seen.variant.take()).nth(tried[index] + 1) else {
            return Ok(());
        };
        tried[index] += 1;
        pairs[index].1 = candidate;
    }
}

impl Shape {
    /// Returns what is wrong with a rule whose parameters have these names, as far as their number says it.
    fn check(self, names: &[&str]) -> Result<(), String> {
        let wanted = match self {
            Self::One => 1,
            Self::Tuple(length) => length,
            Self::Any | Self::Fields(_) => return Ok(()),
        };
        if names.len() == wanted {
            return Ok(());
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let found = names.len();
        Err(format!("it takes {wanted} parameter{}, and the rule has {found}", plural(wanted)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[allow(dead_code)] // only read
    struct Names<'a> {
        #[serde(rename = "list-id")]
        list: &'a str,
        id: u8,
        #[serde(default)]
        page: u8,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)] // only read
    struct Flat<'a> {
        #[serde(borrow, flatten)]
        names: HashMap<&'a str, &'a str>,
    }

    /// A type that takes none of the invented values.
    struct Never;

    impl<'de> Deserialize<'de> for Never {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let _ = <&str>::deserialize(deserializer)?;
            Err(D::Error::custom("no"))
        }
    }

    #[test]
    fn fields_are_those_that_serde_reads() {
        assert_eq!(fields::<Names<'_>>(), Some(&["list-id", "id", "page"][..]));
        assert_eq!(fields::<(u8, Names<'_>)>(), None);
        assert_eq!(fields::<u8>(), None);
        assert_eq!(fields::<HashMap<&str, &str>>(), None);
    }

    #[test]
    fn a_rule_is_compared_with_the_type() {
        let reason = |checked: Result<(), String>| checked.err().unwrap_or_default();
        assert_eq!(reason(check::<Names<'_>>(&["id", "list-id"])), "");
        assert_eq!(reason(check::<Names<'_>>(&["page", "list-id", "id", "more"])), "");
        assert_eq!(reason(check::<Names<'_>>(&["id", "list"])), "the rule has no parameter \"list-id\"");
        assert_eq!(reason(check::<u8>(&["a"])), "");
        assert_eq!(reason(check::<u8>(&[])), "it takes 1 parameter, and the rule has 0");
        assert_eq!(reason(check::<[u8; 2]>(&["a", "b", "c"])), "it takes 2 parameters, and the rule has 3");
        assert_eq!(reason(check::<Vec<u8>>(&[])), "");
        assert_eq!(reason(check::<Option<bool>>(&["a"])), "");
        assert_eq!(reason(check::<Flat<'_>>(&["a", "b"])), "");
        assert_eq!(reason(check::<()>(&["a"])), "");
    }

    #[test]
    fn nothing_is_known_of_a_type_that_takes_no_invented_value() {
        assert_eq!(check::<Never>(&["a"]), Ok(()));
        assert_eq!(check::<(Never, u8)>(&["a", "b"]), Ok(()));
        assert!(check::<(Never, u8)>(&["a"]).is_err());
    }
}
