//! JSON text as a value for any serialiser.

use serde::ser::{Error, Serialize, Serializer};

use super::index::Index;
use super::span::Kind;
use super::value::Value;

/// JSON text that serialises as its value. For text that is kept until an error is answered: each serialisation reads it
/// again.
pub(crate) struct Json<'a>(pub(crate) &'a str);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut index = Index::new();
        let document = index.read(self.0.as_bytes()).map_err(Error::custom)?;
        document.root().serialize(serializer)
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.kind() {
            Kind::Null => serializer.serialize_unit(),
            Kind::Bool => serializer.serialize_bool(self.as_bool() == Some(true)),
            Kind::Number => match (self.as_u64(), self.as_i64(), self.as_f64()) {
                (Some(number), ..) => serializer.serialize_u64(number),
                (_, Some(number), _) => serializer.serialize_i64(number),
                (.., number) => serializer.serialize_f64(number.unwrap_or(f64::NAN)),
            },
            Kind::String => {
                let mut text = Vec::new();
                self.as_text().unwrap_or_default().decode_to(&mut text);
                serializer.serialize_str(&String::from_utf8_lossy(&text))
            }
            Kind::Array => serializer.collect_seq(self.items()),
            Kind::Object => serializer.collect_map(self.entries().map(|(key, value)| {
                let mut text = Vec::new();
                key.decode_to(&mut text);
                (String::from_utf8_lossy(&text).into_owned(), value)
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_text_serialises_as_its_value() {
        for text in ["null", "[true,false,null]", r#"{"a":[1,-2,2.5,{"b\n":"\u00e9\""}],"c":{}}"#, "\"x\"", " 7 "] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_value(Json(text)).unwrap(), value);
        }
        assert!(serde_json::to_value(Json("{")).is_err());
    }
}
