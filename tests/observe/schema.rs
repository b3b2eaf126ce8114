//! A checker of the part of JSON Schema that the schemas of this folder use: any other keyword is refused.

use serde_json::Value;

/// Returns what is wrong with a value, each with its place.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, value, "$", &mut faults);
    faults
}

fn check(schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        let holds = match keyword.as_str() {
            "$schema" | "title" | "description" => true,
            "type" => is_type(rule, value),
            "const" => rule == value,
            "enum" => rule.as_array().unwrap().contains(value),
            "required" => {
                let missing = rule.as_array().unwrap().iter().find(|name| value.get(name.as_str().unwrap()).is_none());
                if let Some(missing) = missing {
                    faults.push(format!("{place}: {missing} is missing"));
                }
                true
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(schema, value, &format!("{place}.{name}"), faults);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |name: &String| schema["properties"].get(name).is_some();
                for (name, value) in value.as_object().into_iter().flatten().filter(|(name, _)| !known(name)) {
                    match rule {
                        Value::Bool(false) => faults.push(format!("{place}: {name:?} is not allowed")),
                        schema => check(schema, value, &format!("{place}.{name}"), faults),
                    }
                }
                true
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(rule, item, &format!("{place}[{index}]"), faults);
                }
                true
            }
            "anyOf" => rule.as_array().unwrap().iter().any(|schema| self::faults(schema, value).is_empty()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= rule.as_u64().unwrap()),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 <= rule.as_u64().unwrap()),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
            "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text)),
            other => panic!("the keyword {other} is not known"),
        };
        if !holds {
            faults.push(format!("{place}: {value} breaks {keyword}: {rule}"));
        }
    }
}

fn is_type(rule: &Value, value: &Value) -> bool {
    match rule.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("the type {other} is not known"),
    }
}

/// Compares a string with a pattern of `\d`, a class of characters, other characters, and `{n}` after any of them, from
/// the start to the end.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')).expect("an anchored pattern");
    let (mut pattern, mut text) = (pattern, text);
    while !pattern.is_empty() {
        let (item, rest) = if let Some(rest) = pattern.strip_prefix("\\d") {
            ("0-9", rest)
        } else if let Some(rest) = pattern.strip_prefix('\\') {
            rest.split_at(1)
        } else if let Some(rest) = pattern.strip_prefix('[') {
            rest.split_once(']').unwrap()
        } else {
            pattern.split_at(1)
        };
        let (count, rest) = match rest.strip_prefix('{') {
            Some(rest) => {
                let (count, rest) = rest.split_once('}').unwrap();
                (count.parse().unwrap(), rest)
            }
            None => (1, rest),
        };
        pattern = rest;
        for _ in 0..count {
            let Some(first) = text.chars().next().filter(|&first| is_in(item, first)) else { return false };
            text = &text[first.len_utf8()..];
        }
    }
    text.is_empty()
}

fn is_in(class: &str, character: char) -> bool {
    let class: Vec<char> = class.chars().collect();
    let mut at = 0;
    while at < class.len() {
        let is_range = at + 2 < class.len() && class[at + 1] == '-';
        let (from, to) = (class[at], class[if is_range { at + 2 } else { at }]);
        if (from..=to).contains(&character) {
            return true;
        }
        at += if is_range { 3 } else { 1 };
    }
    false
}

#[test]
fn the_checker_finds_faults() {
    use serde_json::json;

    let schema = json!({
        "type": "object", "required": ["a"], "additionalProperties": { "type": "string" },
        "properties": {
            "a": { "type": "array", "maxItems": 2, "items": { "type": "integer", "minimum": 0 } },
            "b": { "pattern": "^\\d{2}-[a-c]x$" },
        },
    });
    assert!(faults(&schema, &json!({ "a": [1, 2], "b": "17-bx", "c": "x" })).is_empty());
    for wrong in [
        json!([]),
        json!({}),
        json!({ "a": [1, 2, 3] }),
        json!({ "a": [-1] }),
        json!({ "a": [0.5] }),
        json!({ "a": [], "b": "17-dx" }),
        json!({ "a": [], "b": "7-ax" }),
        json!({ "a": [], "b": "17-axx" }),
        json!({ "a": [], "c": 1 }),
    ] {
        assert!(!faults(&schema, &wrong).is_empty(), "{wrong}");
    }
}
