//! A string of a request as a serde value.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::mismatch::Fault;

/// A string as the requested type: numbers and booleans are read from it.
#[derive(Clone, Copy)]
pub(crate) struct Scalar<'de>(pub(crate) &'de str);

impl<'de> Scalar<'de> {
    fn parse<T: std::str::FromStr>(self) -> Result<T, Fault> {
        self.0.parse().map_err(|_| Fault::unreadable(self.0, std::any::type_name::<T>()))
    }
}

/// The methods of a deserializer that hand a string on to a [`Scalar`]: `scalar_methods! { self => the scalar }`, with more
/// methods after a semicolon if need be.
macro_rules! scalar_methods {
    ($this:ident => $scalar:expr $(; $($more:ident)+)?) => {
        scalar_methods! {
            @each $this ($scalar)
            deserialize_any deserialize_bool deserialize_char deserialize_i8 deserialize_i16 deserialize_i32
            deserialize_i64 deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
            deserialize_u128 deserialize_f32 deserialize_f64 $($($more)+)?
        }
    };
    (@each $this:ident ($scalar:expr) $($method:ident)+) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>($this, visitor: V) -> Result<V::Value, Fault> {
            $scalar.$method(visitor)
        })+
    };
}

pub(crate) use scalar_methods;

macro_rules! parsed {
    ($($method:ident => $visit:ident),+ $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.parse()?)
        })+
    };
}

impl<'de> Deserializer<'de> for Scalar<'de> {
    type Error = Fault;

    parsed! {
        deserialize_bool => visit_bool, deserialize_char => visit_char,
        deserialize_i8 => visit_i8, deserialize_i16 => visit_i16, deserialize_i32 => visit_i32,
        deserialize_i64 => visit_i64, deserialize_i128 => visit_i128,
        deserialize_u8 => visit_u8, deserialize_u16 => visit_u16, deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64, deserialize_u128 => visit_u128,
        deserialize_f32 => visit_f32, deserialize_f64 => visit_f64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.0))
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
