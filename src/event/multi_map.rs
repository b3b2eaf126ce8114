//! Maps of text to text, or to a list of texts: the form of headers and of query parameters.

use crate::json::{Entries, Items, Text, Value};

/// Every name with each of its values. What is neither text nor a list of it is left out.
#[derive(Clone, Debug)]
pub(super) struct MultiMap<'a> {
    entries: Option<Entries<'a>>,
    name: Text<'a>,
    values: Option<Items<'a>>,
}

impl<'a> MultiMap<'a> {
    /// Walks `map`; nothing where there is none.
    pub(super) fn new(map: Option<Value<'a>>) -> Self {
        Self { entries: map.map(Value::entries), name: Text::default(), values: None }
    }
}

impl<'a> Iterator for MultiMap<'a> {
    type Item = (Text<'a>, Text<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(values) = &mut self.values {
                match values.find_map(Value::as_text) {
                    Some(value) => return Some((self.name, value)),
                    None => self.values = None,
                }
            }
            let (name, value) = self.entries.as_mut()?.next()?;
            match value.as_text() {
                Some(text) => return Some((name, text)),
                None => (self.name, self.values) = (name, Some(value.items())),
            }
        }
    }
}
