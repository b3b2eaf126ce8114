//! Text that is already JSON: `serde_json::value::RawValue`, and `serde_json::Number` with arbitrary precision.
//!
//! Both are serialised as a struct with a private name and one field that holds the text.

use std::marker::PhantomData;

use serde::ser::{self, Impossible, Serialize, SerializeStruct};

use super::error::SerializeError;
use super::escape::Level;

type Result<T = (), E = SerializeError> = std::result::Result<T, E>;

const RAW_VALUE: &str = "$serde_json::private::RawValue";
const NUMBER: &str = "$serde_json::private::Number";

/// Returns whether a struct of this name holds JSON text.
#[inline]
pub(super) fn is_token(name: &str) -> bool {
    name == RAW_VALUE || name == NUMBER
}

/// JSON text that this serialiser writes unchanged. Other serialisers see a struct.
pub(crate) struct Verbatim<'j>(pub(crate) &'j str);

impl Serialize for Verbatim<'_> {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut raw = serializer.serialize_struct(RAW_VALUE, 1)?;
        raw.serialize_field(RAW_VALUE, self.0)?;
        raw.end()
    }
}

/// Writes the one string that it receives unchanged, and refuses everything else.
pub(super) struct VerbatimSerializer<'o, L> {
    out: &'o mut Vec<u8>,
    level: PhantomData<L>,
}

impl<'o, L: Level> VerbatimSerializer<'o, L> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, level: PhantomData }
    }

    #[cold]
    fn refused<T>(&self) -> Result<T> {
        Err(SerializeError::new("expected JSON text"))
    }
}

/// The methods of a `Serializer` that refuse their value, by the kind of the value.
macro_rules! refuse {
    ($($kind:ident),*) => { $(refuse!(@ $kind);)* };
    (@ scalars) => {
        refuse!(@ value serialize_bool(bool), serialize_char(char), serialize_f32(f32), serialize_f64(f64));
        refuse!(@ value serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_i128(i128));
        refuse!(@ value serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_u128(u128));
    };
    (@ value $($method:ident($type:ty)),*) => { $(fn $method(self, _: $type) -> Result { self.refused() })* };
    (@ bytes) => { refuse!(@ value serialize_bytes(&[u8])); };
    (@ none) => { fn serialize_none(self) -> Result { self.refused() } };
    (@ some) => { fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result { self.refused() } };
    (@ unit) => {
        fn serialize_unit(self) -> Result { self.refused() }
        fn serialize_unit_struct(self, _: &'static str) -> Result { self.refused() }
    };
    (@ unit_variant) => {
        fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result { self.refused() }
    };
    (@ newtype_struct) => {
        fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result { self.refused() }
    };
    (@ newtype_variant) => {
        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self, _: &'static str, _: u32, _: &'static str, _: &T,
        ) -> Result {
            self.refused()
        }
    };
    (@ compounds) => {
        type SerializeSeq = Impossible<(), SerializeError>;
        type SerializeTuple = Impossible<(), SerializeError>;
        type SerializeTupleStruct = Impossible<(), SerializeError>;
        type SerializeTupleVariant = Impossible<(), SerializeError>;
        type SerializeMap = Impossible<(), SerializeError>;
        type SerializeStruct = Impossible<(), SerializeError>;
        type SerializeStructVariant = Impossible<(), SerializeError>;
        fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq> { self.refused() }
        fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple> { self.refused() }
        fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct> {
            self.refused()
        }
        fn serialize_tuple_variant(
            self, _: &'static str, _: u32, _: &'static str, _: usize,
        ) -> Result<Self::SerializeTupleVariant> {
            self.refused()
        }
        fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap> { self.refused() }
        fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct> { self.refused() }
        fn serialize_struct_variant(
            self, _: &'static str, _: u32, _: &'static str, _: usize,
        ) -> Result<Self::SerializeStructVariant> {
            self.refused()
        }
    };
}
pub(super) use refuse;

impl<L: Level> ser::Serializer for VerbatimSerializer<'_, L> {
    type Ok = ();
    type Error = SerializeError;

    refuse!(scalars, bytes, none, some, unit, unit_variant, newtype_struct, newtype_variant, compounds);

    fn serialize_str(self, json: &str) -> Result {
        L::push_json(self.out, json);
        Ok(())
    }
}
