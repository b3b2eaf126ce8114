//! The rules and the default that a bundle declares for one of its fields, as keywords of a schema.

use serde_json::{Value, json};

#[cfg(feature = "validate")]
use super::template::is_ecmascript;
use crate::handler::{Argument, DeclaredDefault};
#[cfg(feature = "validate")]
use crate::validate::shape::{Number, Rule, Unit};

/// Adds what an argument declares to the schema of its type.
pub(super) fn add(schema: &mut Value, argument: &Argument) {
    #[cfg(feature = "validate")]
    for rule in argument.rules {
        add_rule(schema, rule, argument.type_name.starts_with("core::option::Option<"));
    }
    let default = match argument.default {
        None => None,
        Some(DeclaredDefault::Json(text)) => serde_json::from_str(text).ok(),
        Some(DeclaredDefault::OfType) => default_of(argument.type_name),
    };
    if let (Some(default), Some(members)) = (default, schema.as_object_mut()) {
        members.insert("default".to_owned(), default);
    }
}

/// Returns the value that `Default` has for a type of the language or of the library.
fn default_of(type_name: &str) -> Option<Value> {
    Some(match type_name {
        "bool" => json!(false),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => json!(0),
        "f32" | "f64" => json!(0.0),
        "&str" | "alloc::string::String" => json!(""),
        list if list.starts_with("alloc::vec::Vec<") => json!([]),
        _ => return None,
    })
}

/// Returns whether a value of the type is allowed.
#[cfg(feature = "validate")]
fn is_a(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(own) => own == name,
        Value::Array(all) => all.iter().any(|own| own == name),
        _ => false,
    }
}

/// Adds a rule to the schema of a value; `is_option` is true if the type is an `Option`.
#[cfg(feature = "validate")]
fn add_rule(schema: &mut Value, rule: &Rule, is_option: bool) {
    match rule {
        Rule::Length { unit, min, max } => {
            let (min, max) = (min.map(|min| min()), max.map(|max| max()));
            if is_a(schema, "array") {
                set(schema, "minItems", min.map(Value::from));
                set(schema, "maxItems", max.map(Value::from));
            } else if is_a(schema, "string") {
                // JSON Schema counts characters: one has up to four bytes, or two units of UTF-16.
                let most = match unit {
                    Unit::Bytes => 4,
                    Unit::Utf16 => 2,
                    Unit::Chars => 1,
                };
                set(schema, "minLength", min.map(|min| min.div_ceil(most).into()));
                set(schema, "maxLength", max.map(Value::from));
            }
        }
        Rule::Range { min, max } if is_a(schema, "integer") || is_a(schema, "number") => {
            set(schema, "minimum", min.and_then(|min| number(min())));
            set(schema, "maximum", max.and_then(|max| number(max())));
        }
        Rule::Text { schema: Some(("pattern", regex)), .. } if !is_ecmascript(regex) => describe_regex(schema, regex),
        Rule::Text { schema: Some((keyword, value)), .. } if is_a(schema, "string") => {
            set(schema, keyword, Some((*value).into()));
        }
        Rule::Inner(rules) => {
            // An `Option` is a level of its own to garde.
            let inner = if !is_option && is_a(schema, "array") { schema.get_mut("items") } else { Some(schema) };
            let Some(inner) = inner else { return };
            let is_option = !is_option && is_a(inner, "null");
            rules.iter().for_each(|rule| add_rule(inner, rule, is_option));
        }
        _ => {}
    }
}

/// Puts a regex that is no `pattern` into the description, as for the regexes of paths.
#[cfg(feature = "validate")]
fn describe_regex(schema: &mut Value, regex: &str) {
    let Some(members) = schema.as_object_mut() else { return };
    // `schemars` writes each regex as it is.
    if members.get("pattern").is_some_and(|own| own == regex) {
        members.remove("pattern");
    }
    let before = members.get("description").and_then(Value::as_str).map(|text| format!("{text} ")).unwrap_or_default();
    members.insert("description".to_owned(), format!("{before}It matches the regex `{regex}`.").into());
}

#[cfg(feature = "validate")]
fn set(schema: &mut Value, keyword: &str, value: Option<Value>) {
    if let (Some(value), Some(members)) = (value, schema.as_object_mut()) {
        members.insert(keyword.to_owned(), value);
    }
}

/// Returns a limit; `None` for one that JSON has no number for.
#[cfg(feature = "validate")]
fn number(limit: Number) -> Option<Value> {
    let number = match limit {
        Number::Integer(number) => match (i64::try_from(number), u64::try_from(number)) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) => number.into(),
            _ => serde_json::Number::from_f64(number as f64)?,
        },
        Number::Huge(number) => serde_json::Number::from_f64(number as f64)?,
        Number::Float(number) => serde_json::Number::from_f64(number)?,
        Number::Single(number) => serde_json::Number::from_f64(number.to_string().parse().ok()?)?,
    };
    Some(number.into())
}

#[cfg(all(test, feature = "validate"))]
mod tests {
    use super::*;

    fn of(mut schema: Value, rules: &[Rule]) -> Value {
        let is_option = is_a(&schema, "null");
        rules.iter().for_each(|rule| add_rule(&mut schema, rule, is_option));
        schema
    }

    #[test]
    fn lengths_are_those_of_the_type() {
        let bytes = Rule::Length { unit: Unit::Bytes, min: Some(|| 5), max: Some(|| 8) };
        let chars = Rule::Length { unit: Unit::Chars, min: Some(|| 5), max: None };
        assert_eq!(of(json!({"type": "string"}), &[bytes]), json!({"type": "string", "minLength": 2, "maxLength": 8}));
        assert_eq!(of(json!({"type": ["array", "null"]}), &[chars]), json!({"type": ["array", "null"], "minItems": 5}));
        let chars = Rule::Length { unit: Unit::Chars, min: Some(|| 5), max: None };
        assert_eq!(of(json!({"$ref": "#/x"}), &[chars]), json!({"$ref": "#/x"}));
    }

    #[test]
    fn rules_inside_are_those_of_items() {
        const RANGE: Rule = Rule::Range { min: Some(|| Number::Integer(1)), max: Some(|| Number::Float(f64::NAN)) };
        let list = json!({"type": "array", "items": {"type": "integer"}});
        let wanted = json!({"type": "array", "items": {"type": "integer", "minimum": 1}});
        assert_eq!(of(list, &[Rule::Inner(&[RANGE])]), wanted);
        assert_eq!(of(json!({"type": "integer"}), &[Rule::Inner(&[RANGE])]), json!({"type": "integer", "minimum": 1}));
        assert_eq!(of(json!({"type": "string"}), &[RANGE]), json!({"type": "string"}));
        // A list of anything has no schema of its items.
        assert_eq!(of(json!({"type": "array"}), &[Rule::Inner(&[RANGE])]), json!({"type": "array"}));
    }
}
