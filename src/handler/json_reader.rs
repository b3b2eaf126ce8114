//! A serde deserializer over a tape of `simd-json`, which knows where a value does not fit.
//!
//! On its way out, a fault only receives the index of the node at which its value begins; its path is made from the
//! tape afterwards. So nothing is kept for it while everything fits, and each type is compiled for one reader.

use std::fmt::Write;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use simd_json::{Node, StaticNode};

use crate::mismatch::{Fault, Mismatch, NO_PLACE, bounded, quoted};

/// Reads the nodes of a document, from the first on.
pub(super) struct Reader<'t, 'de> {
    nodes: &'t [Node<'de>],
    at: usize,
}

impl<'t, 'de> Reader<'t, 'de> {
    pub(super) fn new(nodes: &'t [Node<'de>]) -> Self {
        Self { nodes, at: 0 }
    }

    /// The next node. A tape has as many nodes as its containers say; after its end there is `null`.
    #[inline]
    fn next(&mut self) -> &'t Node<'de> {
        let node = self.nodes.get(self.at).unwrap_or(&Node::Static(StaticNode::Null));
        self.at += 1;
        node
    }

    #[inline]
    fn peek(&self) -> &'t Node<'de> {
        self.nodes.get(self.at).unwrap_or(&Node::Static(StaticNode::Null))
    }

    #[inline]
    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Fault> {
        match *self.next() {
            Node::Static(StaticNode::U64(number)) => visitor.visit_u64(number),
            Node::Static(StaticNode::I64(number)) => visitor.visit_i64(number),
            Node::Static(StaticNode::F64(number)) => visitor.visit_f64(number),
            ref node => Err(Fault::invalid_type(found(node), &visitor)),
        }
    }

    #[inline]
    fn array<V: Visitor<'de>>(&mut self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        let mut items = Items { reader: self, left: length };
        let value = visitor.visit_seq(&mut items)?;
        items.check_end(length, "an array with fewer items")?;
        Ok(value)
    }

    #[inline]
    fn object<V: Visitor<'de>>(&mut self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        let mut items = Items { reader: self, left: length };
        let value = visitor.visit_map(&mut items)?;
        items.check_end(length, "an object with fewer fields")?;
        Ok(value)
    }
}

/// Describes a node in serde's terms.
#[cold]
fn found<'de>(node: &Node<'de>) -> Unexpected<'de> {
    match *node {
        Node::String(text) => Unexpected::Str(text),
        Node::Object { .. } => Unexpected::Map,
        Node::Array { .. } => Unexpected::Seq,
        Node::Static(StaticNode::Null) => Unexpected::Unit,
        Node::Static(StaticNode::Bool(value)) => Unexpected::Bool(value),
        Node::Static(StaticNode::U64(number)) => Unexpected::Unsigned(number),
        Node::Static(StaticNode::I64(number)) => Unexpected::Signed(number),
        Node::Static(StaticNode::F64(number)) => Unexpected::Float(number),
    }
}

macro_rules! numbers {
    ($($method:ident)+) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.number(visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for &mut Reader<'_, 'de> {
    type Error = Fault;

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match *self.next() {
            Node::String(text) => visitor.visit_borrowed_str(text),
            Node::Object { len, .. } => self.object(len, visitor),
            Node::Array { len, .. } => self.array(len, visitor),
            Node::Static(StaticNode::Null) => visitor.visit_unit(),
            Node::Static(StaticNode::Bool(value)) => visitor.visit_bool(value),
            Node::Static(StaticNode::U64(number)) => visitor.visit_u64(number),
            Node::Static(StaticNode::I64(number)) => visitor.visit_i64(number),
            Node::Static(StaticNode::F64(number)) => visitor.visit_f64(number),
        }
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match *self.next() {
            Node::Static(StaticNode::Bool(value)) => visitor.visit_bool(value),
            ref node => Err(Fault::invalid_type(found(node), &visitor)),
        }
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match *self.next() {
            Node::String(text) => visitor.visit_borrowed_str(text),
            ref node => Err(Fault::invalid_type(found(node), &visitor)),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if let Node::Static(StaticNode::Null) = self.peek() {
            self.at += 1;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match *self.next() {
            Node::Static(StaticNode::Null) => visitor.visit_unit(),
            ref node => Err(Fault::invalid_type(found(node), &visitor)),
        }
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match *self.next() {
            Node::Array { len, .. } => self.array(len, visitor),
            ref node => Err(Fault::invalid_type(found(node), &visitor)),
        }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match *self.next() {
            Node::Object { len, .. } => self.object(len, visitor),
            ref node => Err(Fault::invalid_type(found(node), &visitor)),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match *self.next() {
            Node::Object { len, .. } => self.object(len, visitor),
            Node::Array { len, .. } => self.array(len, visitor),
            ref node => Err(Fault::invalid_type(found(node), &visitor)),
        }
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match *self.next() {
            Node::String(text) => visitor.visit_enum(text.into_deserializer()),
            Node::Object { len: 1, .. } => visitor.visit_enum(Variant(self)),
            ref node => Err(Fault::no_variant(variants, found(node))),
        }
    }

    /// Steps over the value: its nodes are counted already.
    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if let Node::Object { count, .. } | Node::Array { count, .. } = *self.next() {
            self.at += count;
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { char bytes byte_buf identifier }
}

/// The items of an array, or the keys and values of an object.
struct Items<'a, 't, 'de> {
    reader: &'a mut Reader<'t, 'de>,
    left: usize,
}

impl Items<'_, '_, '_> {
    /// A visitor that stops before the end would leave its items for the value that is read next.
    #[inline]
    fn check_end(&self, length: usize, expected: &str) -> Result<(), Fault> {
        if self.left == 0 { Ok(()) } else { Err(Fault::invalid_length(length, &expected)) }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, '_, 'de> {
    type Error = Fault;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let place = self.reader.at;
        seed.deserialize(&mut *self.reader).map(Some).map_err(|fault| fault.at(place))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Items<'_, '_, 'de> {
    type Error = Fault;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(Key(self.reader)).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let place = self.reader.at;
        seed.deserialize(&mut *self.reader).map_err(|fault| fault.at(place))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// An enum that is written as an object of one field: the variant and what is in it.
struct Variant<'a, 't, 'de>(&'a mut Reader<'t, 'de>);

impl<'de> EnumAccess<'de> for Variant<'_, '_, 'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        Ok((seed.deserialize(&mut *self.0)?, self))
    }
}

impl<'de> Variant<'_, '_, 'de> {
    fn read<T>(self, read: impl FnOnce(&mut Reader<'_, 'de>) -> Result<T, Fault>) -> Result<T, Fault> {
        let place = self.0.at;
        read(self.0).map_err(|fault| fault.at(place))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_, 'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        self.read(|reader| serde::Deserialize::deserialize(reader))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.read(|reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.read(|reader| reader.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.read(|reader| reader.deserialize_struct("", &[], visitor))
    }
}

/// A key of an object: a string, from which integers are read too.
struct Key<'a, 't, 'de>(&'a mut Reader<'t, 'de>);

impl<'de> Key<'_, '_, 'de> {
    #[inline]
    fn text(self) -> &'de str {
        match *self.0.next() {
            Node::String(text) => text,
            // No tape has such a node.
            _ => "",
        }
    }
}

macro_rules! integer_keys {
    ($($method:ident => $visit:ident: $integer:ident),+ $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let text = self.text();
            match text.as_bytes() {
                [b'0'] | [b'1'..=b'9', ..] | [b'-', b'1'..=b'9', ..] => text.parse().ok(),
                _ => None,
            }
            .map_or_else(|| Err(Fault::unreadable(text, stringify!($integer))), |key| visitor.$visit(key))
        })+
    };
}

impl<'de> Deserializer<'de> for Key<'_, '_, 'de> {
    type Error = Fault;

    integer_keys! {
        deserialize_i8 => visit_i8: i8, deserialize_i16 => visit_i16: i16, deserialize_i32 => visit_i32: i32,
        deserialize_i64 => visit_i64: i64, deserialize_i128 => visit_i128: i128,
        deserialize_u8 => visit_u8: u8, deserialize_u16 => visit_u16: u16, deserialize_u32 => visit_u32: u32,
        deserialize_u64 => visit_u64: u64, deserialize_u128 => visit_u128: u128,
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.text())
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
        visitor.visit_enum(self.text().into_deserializer())
    }

    forward_to_deserialize_any! {
        bool f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

/// Makes a mismatch of a fault, with its path in the document.
#[cold]
pub(super) fn locate(fault: Fault, nodes: &[Node<'_>]) -> Mismatch {
    let place = fault.place();
    let mut path = Path::default();
    #[cfg(feature = "validate")]
    let mut loc = Vec::new();
    let mismatch = fault.into_mismatch(|field| {
        if place != NO_PLACE {
            path_to(nodes, place, &mut path);
        }
        if let Some(field) = field {
            path.push_key(field);
        }
        #[cfg(feature = "validate")]
        {
            loc = path.loc;
        }
        shorten(path.text)
    });
    #[cfg(feature = "validate")]
    let mismatch = mismatch.with_loc(loc);
    mismatch
}

/// A path in a document: `items[1].count`.
#[derive(Default)]
struct Path {
    text: String,
    #[cfg(feature = "validate")]
    loc: Vec<crate::mismatch::Loc>,
}

impl Path {
    fn push_key(&mut self, key: &str) {
        push_key(&mut self.text, key);
        #[cfg(feature = "validate")]
        self.loc.push(bounded(100, format_args!("{key}")).into());
    }

    fn push_index(&mut self, index: usize) {
        let _ = write!(self.text, "[{index}]");
        #[cfg(feature = "validate")]
        self.loc.push(index.into());
    }
}

/// Appends the path of the node at `place`; that of a key is the path of its object.
fn path_to(nodes: &[Node<'_>], place: usize, path: &mut Path) {
    // The container to search, and its index; each iteration goes one level down.
    let mut container = 0;
    while let Some(&node) = nodes.get(container).filter(|_| container < place) {
        let (length, is_object) = match node {
            Node::Object { len, .. } => (len, true),
            Node::Array { len, .. } => (len, false),
            Node::String(_) | Node::Static(_) => return,
        };
        let mut at = container + 1;
        for index in 0..length {
            let key = match nodes.get(at) {
                Some(&Node::String(key)) if is_object => {
                    at += 1;
                    key
                }
                _ => "",
            };
            let end = at + 1 + descendants(nodes, at);
            if place < at {
                return;
            }
            if place < end {
                if is_object {
                    path.push_key(key);
                } else {
                    path.push_index(index);
                }
                break;
            }
            at = end;
        }
        if at <= container || at > place {
            return;
        }
        container = at;
    }
}

fn descendants(nodes: &[Node<'_>], at: usize) -> usize {
    match nodes.get(at) {
        Some(&(Node::Object { count, .. } | Node::Array { count, .. })) => count,
        _ => 0,
    }
}

/// Appends a key: `.name`, or `["first name"]` if it is not a plain word.
fn push_key(path: &mut String, key: &str) {
    let is_word = !key.is_empty() && key.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '-' | '…'));
    if !is_word {
        let _ = write!(path, "[{}]", quoted(key));
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(&bounded(40, format_args!("{key}")));
}

/// Returns both ends of a path that is too long for a message.
fn shorten(path: String) -> String {
    const END: usize = 60;
    let length = path.chars().count();
    if length <= 2 * END {
        return path;
    }
    let first: String = path.chars().take(END).collect();
    let last: String = path.chars().skip(length - END).collect();
    format!("{first}…{last}")
}
