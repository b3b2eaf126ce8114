//! Writes serde values as compact JSON.

use std::fmt::{self, Write as _};
use std::marker::PhantomData;

use serde::ser::{self, Impossible, Serialize};

use super::error::SerializeError;
use super::escape::{Level, escape};
use super::object::{push_float, push_int, push_key, push_string};
use super::verbatim::{self, VerbatimSerializer, refuse};

type Result<T = (), E = SerializeError> = std::result::Result<T, E>;

/// Appends `value` as compact JSON, at the level `L`.
///
/// If the value returns an error, `out` is unchanged.
pub(crate) fn to_json<L: Level, T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result {
    let start = out.len();
    let result = value.serialize(JsonSerializer::<L>::new(out));
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// Writes one value. It makes the same choices as `serde_json`, so a type has the same form in both.
pub(super) struct JsonSerializer<'o, L> {
    out: &'o mut Vec<u8>,
    level: PhantomData<L>,
}

impl<'o, L: Level> JsonSerializer<'o, L> {
    #[inline]
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, level: PhantomData }
    }

    #[inline]
    fn literal(self, text: &str) -> Result {
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    /// Opens an array or object with the brackets `open` and `close`.
    #[inline]
    fn compound(self, open: &[u8], close: &'static [u8]) -> Compound<'o, L> {
        self.out.extend_from_slice(open);
        Compound { out: self.out, first: true, close, level: PhantomData }
    }

    /// Opens the object with one key that represents a variant with content.
    #[inline]
    fn variant(self, variant: &str) -> Self {
        self.out.push(b'{');
        push_key::<L>(self.out, variant);
        self
    }
}

macro_rules! integers {
    ($($method:ident($int:ty)),*) => {
        $(
            #[inline]
            fn $method(self, value: $int) -> Result {
                push_int(self.out, value);
                Ok(())
            }
        )*
    };
}

impl<'o, L: Level> ser::Serializer for JsonSerializer<'o, L> {
    type Ok = ();
    type Error = SerializeError;
    type SerializeSeq = Compound<'o, L>;
    type SerializeTuple = Compound<'o, L>;
    type SerializeTupleStruct = Compound<'o, L>;
    type SerializeTupleVariant = Compound<'o, L>;
    type SerializeMap = Compound<'o, L>;
    type SerializeStruct = StructFields<'o, L>;
    type SerializeStructVariant = Compound<'o, L>;

    integers!(serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_i128(i128));
    integers!(serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_u128(u128));

    #[inline]
    fn serialize_bool(self, value: bool) -> Result {
        self.literal(if value { "true" } else { "false" })
    }

    fn serialize_f32(self, value: f32) -> Result {
        if !value.is_finite() {
            return self.serialize_unit();
        }
        push_float(self.out, value);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result {
        if !value.is_finite() {
            return self.serialize_unit();
        }
        push_float(self.out, value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result {
        push_string::<L>(self.out, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result {
        self.collect_seq(value)
    }

    #[inline]
    fn serialize_none(self) -> Result {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result {
        self.literal("null")
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result {
        let Self { out, .. } = self.variant(variant);
        value.serialize(JsonSerializer::<L>::new(out))?;
        out.push(b'}');
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _len: Option<usize>) -> Result<Self::SerializeSeq> {
        Ok(self.compound(b"[", b"]"))
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<Self::SerializeTuple> {
        Ok(self.compound(b"[", b"]"))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Self::SerializeTupleStruct> {
        Ok(self.compound(b"[", b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant> {
        Ok(self.variant(variant).compound(b"[", b"]}"))
    }

    #[inline]
    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap> {
        Ok(self.compound(b"{", b"}"))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Self::SerializeStruct> {
        if verbatim::is_token(name) {
            return Ok(StructFields::Verbatim(self));
        }
        Ok(StructFields::Object(self.compound(b"{", b"}")))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant> {
        Ok(self.variant(variant).compound(b"{", b"}}"))
    }

    /// Escapes the output of `value` while it is printed; the default implementation would create a `String`.
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result {
        let Self { out, .. } = self;
        out.extend_from_slice(L::QUOTE);
        write!(EscapedWriter::<L> { out, level: PhantomData }, "{value}")
            .map_err(|_| SerializeError::new("a Display implementation returned an error"))?;
        out.extend_from_slice(L::QUOTE);
        Ok(())
    }
}

/// Escapes everything that is printed to it. A fragment holds whole characters, so each can be escaped separately.
struct EscapedWriter<'o, L> {
    out: &'o mut Vec<u8>,
    level: PhantomData<L>,
}

impl<L: Level> fmt::Write for EscapedWriter<'_, L> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape::<L>(self.out, text);
        Ok(())
    }
}

/// An array or object that is being written.
pub(super) struct Compound<'o, L> {
    out: &'o mut Vec<u8>,
    first: bool,
    close: &'static [u8],
    level: PhantomData<L>,
}

impl<L: Level> Compound<'_, L> {
    #[inline]
    fn separate(&mut self) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        self.separate();
        value.serialize(JsonSerializer::<L>::new(self.out))
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result {
        self.separate();
        push_key::<L>(self.out, key);
        value.serialize(JsonSerializer::<L>::new(self.out))
    }

    #[inline]
    fn close(self) -> Result {
        self.out.extend_from_slice(self.close);
        Ok(())
    }
}

macro_rules! compound {
    ($($part:ident::$method:ident => $inner:ident($($key:ident)?)),*) => {
        $(
            impl<L: Level> ser::$part for Compound<'_, L> {
                type Ok = ();
                type Error = SerializeError;

                #[inline]
                fn $method<T: Serialize + ?Sized>(&mut self, $($key: &'static str,)? value: &T) -> Result {
                    self.$inner($($key,)? value)
                }

                #[inline]
                fn end(self) -> Result {
                    self.close()
                }
            }
        )*
    };
}

compound!(
    SerializeSeq::serialize_element => element(),
    SerializeTuple::serialize_element => element(),
    SerializeTupleStruct::serialize_field => element(),
    SerializeTupleVariant::serialize_field => element(),
    SerializeStructVariant::serialize_field => field(key)
);

impl<L: Level> ser::SerializeMap for Compound<'_, L> {
    type Ok = ();
    type Error = SerializeError;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result {
        self.separate();
        key.serialize(KeySerializer::<L>::new(self.out))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        self.out.push(b':');
        value.serialize(JsonSerializer::<L>::new(self.out))
    }

    #[inline]
    fn end(self) -> Result {
        self.close()
    }
}

/// The fields of a struct, or of a token that looks like a struct and holds JSON text.
pub(super) enum StructFields<'o, L> {
    Object(Compound<'o, L>),
    Verbatim(JsonSerializer<'o, L>),
}

impl<L: Level> ser::SerializeStruct for StructFields<'_, L> {
    type Ok = ();
    type Error = SerializeError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result {
        match self {
            Self::Object(object) => object.field(key, value),
            Self::Verbatim(json) => value.serialize(VerbatimSerializer::<L>::new(json.out)),
        }
    }

    #[inline]
    fn end(self) -> Result {
        match self {
            Self::Object(object) => object.close(),
            Self::Verbatim(_) => Ok(()),
        }
    }
}

/// Writes the key of a map, which is always a string in JSON: strings unchanged, numbers, booleans and characters between
/// quotes. Refuses everything else.
struct KeySerializer<'o, L> {
    out: &'o mut Vec<u8>,
    level: PhantomData<L>,
}

impl<'o, L: Level> KeySerializer<'o, L> {
    #[inline]
    fn new(out: &'o mut Vec<u8>) -> Self {
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

macro_rules! quoted_integers {
    ($($method:ident($int:ty)),*) => {
        $(
            fn $method(self, value: $int) -> Result {
                self.quoted(|out| push_int(out, value))
            }
        )*
    };
}

macro_rules! quoted_floats {
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

    quoted_integers!(
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_i128(i128)
    );
    quoted_integers!(
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_u128(u128)
    );
    quoted_floats!(serialize_f32(f32), serialize_f64(f64));
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
