//! The place of a value in parts.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, Serializer};

/// A part of the place of an error: a name, or the index of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Loc {
    /// A part of the request, the name of a parameter, or the key of a field.
    Name(Cow<'static, str>),
    /// The index of an item, or the offset of an error of syntax.
    Index(usize),
}

impl From<&str> for Loc {
    fn from(name: &str) -> Self {
        Self::Name(Cow::Owned(name.to_owned()))
    }
}

impl From<String> for Loc {
    fn from(name: String) -> Self {
        Self::Name(Cow::Owned(name))
    }
}

impl From<usize> for Loc {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl Serialize for Loc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Name(name) => serializer.serialize_str(name),
            Self::Index(index) => serializer.serialize_u64(*index as u64),
        }
    }
}

impl fmt::Display for Loc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Index(index) => index.fmt(f),
        }
    }
}
