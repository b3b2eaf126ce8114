//! The head of a streamed answer, in the form that `lambda_runtime` takes.

use lambda_runtime::MetadataPrelude;
use serde_json::{Error, Map, Value, json};

/// Reads a prelude. `lambda_runtime` has no `multiValueHeaders`, and would write several values as a list, which no
/// gateway accepts as the value of a header: they become one, and cookies become `cookies`.
pub(super) fn read(prelude: &[u8]) -> Result<MetadataPrelude, Error> {
    let mut fields: Map<String, Value> = serde_json::from_slice(prelude)?;
    let mut cookies = Vec::new();
    let mut headers = Map::new();
    if let Some(Value::Object(multi)) = fields.remove("multiValueHeaders") {
        for (name, values) in multi {
            let Value::Array(values) = values else { continue };
            if name.eq_ignore_ascii_case("set-cookie") {
                cookies = values;
                continue;
            }
            let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            headers.insert(name, values.join(", ").into());
        }
    }
    fields.entry("headers").or_insert(Value::Object(headers));
    fields.entry("cookies").or_insert(json!(cookies));
    serde_json::from_value(Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_says_the_same() {
        let single =
            br#"{"statusCode":201,"headers":{"X-A":"1, 2","Content-Type":"text/plain"},"cookies":["a=b","c=d"]}"#;
        let multi = br#"{"statusCode":201,"multiValueHeaders":{"X-A":["1","2"],"Content-Type":["text/plain"],"Set-Cookie":["a=b","c=d"]}}"#;
        let read_single = read(single).unwrap();
        assert_eq!(read_single, read(multi).unwrap());
        let expected = json!({
            "statusCode": 201, "headers": { "x-a": "1, 2", "content-type": "text/plain" }, "cookies": ["a=b", "c=d"],
        });
        assert_eq!(serde_json::to_value(&read_single).unwrap(), expected);
        assert_eq!(read(br#"{"statusCode":204}"#).unwrap().cookies, [""; 0]);
        assert!(read(b"[]").is_err());
    }
}
