//! The keys of a map: JSON has only strings there.

use std::fmt;
use std::marker::PhantomData;

use serde::ser::{self, Impossible, Serialize};

use super::error::SerializeError;
use super::escape::Level;
use super::object::{push_float, push_int};
use super::ser::JsonSerializer;
use super::verbatim::refuse;

type Result<T = (), E = SerializeError> = std::result::Result<T, E>;

/// Writes a key: strings as they are, numbers, booleans and characters between quotes, and refuses everything else.
pub(super) struct KeySerializer<'o, L> {
    out: &'o mut Vec<u8>,
    level: PhantomData<L>,
}

impl<'o, L: Level> KeySerializer<'o, L> {
    #[inline]
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, level: PhantomData }
    }

    fn quoted(self, write: impl FnOnce(&mut Vec<u8>)) -> Result {
        self.out.extend_from_slice(L::QUOTE);
        write(self.out);
        self.out.extend_from_slice(L::QUOTE);
        Ok(())
    }

    #[cold]
    fn refused<T>(&self) -> Result<T> {
        Err(SerializeError::new("key must be a string"))
    }
}

macro_rules! integers {
    ($($method:ident($int:ty)),*) => {
        $(
            fn $method(self, value: $int) -> Result {
                self.quoted(|out| push_int(out, value))
            }
        )*
    };
}

macro_rules! floats {
    ($($method:ident($float:ty)),*) => {
        $(
            fn $method(self, value: $float) -> Result {
                if !value.is_finite() {
                    return Err(SerializeError::new("float key must be finite (got NaN or +/-inf)"));
                }
                self.quoted(|out| push_float(out, value))
            }
        )*
    };
}

impl<L: Level> ser::Serializer for KeySerializer<'_, L> {
    type Ok = ();
    type Error = SerializeError;

    integers!(serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_i128(i128));
    integers!(serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_u128(u128));
    floats!(serialize_f32(f32), serialize_f64(f64));
    refuse!(bytes, none, unit, newtype_variant, compounds);

    fn serialize_bool(self, value: bool) -> Result {
        self.quoted(|out| out.extend_from_slice(if value { b"true" } else { b"false" }))
    }

    fn serialize_char(self, value: char) -> Result {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result {
        JsonSerializer::<L>::new(self.out).serialize_str(value)
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result {
        self.serialize_str(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result {
        value.serialize(self)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result {
        JsonSerializer::<L>::new(self.out).collect_str(value)
    }
}
