//! The parsers of JSON, each driven so that it reuses all the memory that it can.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use simd_json::{Buffers, Tape};

/// Text that is borrowed if it is without escapes. serde makes an owned string of a `Cow` inside a container.
#[derive(Clone, Debug)]
pub struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Texts)
    }
}

/// An object of strings, as its pairs.
#[derive(Clone, Debug, Default)]
pub struct Pairs<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'a> Pairs<'a> {
    /// The last value of a name, without regard to case.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(own, _)| own.0.eq_ignore_ascii_case(name)).map(|(_, value)| &*value.0)
    }

    /// The same, if the payload has it without escapes.
    pub fn last_borrowed(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.0.iter().rev().find(|(own, _)| own.0 == name)?;
        match value.0 {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::with_capacity(32);
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// An event as serde types that borrow, with a table of its header fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Borrowed<'a> {
    #[serde(borrow)]
    pub http_method: Option<Text<'a>>,
    #[serde(borrow)]
    pub path: Option<Text<'a>>,
    #[serde(borrow)]
    pub raw_path: Option<Text<'a>>,
    #[serde(borrow)]
    pub headers: Option<Pairs<'a>>,
    #[serde(borrow)]
    pub query_string_parameters: Option<Pairs<'a>>,
    #[serde(borrow)]
    pub body: Option<Text<'a>>,
    #[serde(borrow)]
    pub request_context: Option<&'a RawValue>,
}

/// The same for sonic-rs, which has no `RawValue` of serde_json.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BorrowedSonic<'a> {
    #[serde(borrow)]
    pub http_method: Option<Text<'a>>,
    #[serde(borrow)]
    pub path: Option<Text<'a>>,
    #[serde(borrow)]
    pub raw_path: Option<Text<'a>>,
    #[serde(borrow)]
    pub headers: Option<Pairs<'a>>,
    #[serde(borrow)]
    pub query_string_parameters: Option<Pairs<'a>>,
    #[serde(borrow)]
    pub body: Option<Text<'a>>,
    pub request_context: Option<IgnoredAny>,
}

/// simd-json with a tape and buffers that are reused. It writes into its input, so each run begins with a copy.
#[derive(Default)]
pub struct SimdTape {
    input: Vec<u8>,
    buffers: Buffers,
    tape: Option<Tape<'static>>,
}

impl SimdTape {
    /// The number of nodes of the document.
    pub fn parse(&mut self, payload: &[u8]) -> usize {
        self.input.clear();
        self.input.extend_from_slice(payload);
        let mut tape = self.tape.take().unwrap_or_else(Tape::null).reset();
        simd_json::fill_tape(&mut self.input, &mut self.buffers, &mut tape).expect("the payload is JSON");
        let nodes = tape.0.len();
        self.tape = Some(tape.reset());
        nodes
    }
}
