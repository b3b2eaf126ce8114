//! Writes a document in one order, whatever order `serde_json` keeps: it depends on a feature that any crate may turn on.

use std::cmp::Ordering;

use serde_json::Value;

/// The members that come before others, in this order.
const FIRST: &[&str] = &[
    "openapi",
    "info",
    "title",
    "version",
    "summary",
    "description",
    "servers",
    "tags",
    "externalDocs",
    "paths",
    "name",
    "in",
    "operationId",
    "parameters",
    "required",
    "requestBody",
    "responses",
    "deprecated",
    "security",
    "type",
    "schema",
];

fn rank(name: &str) -> usize {
    FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len())
}

fn order(a: &str, b: &str) -> Ordering {
    rank(a).cmp(&rank(b)).then_with(|| a.cmp(b))
}

pub(super) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, Some(0), &mut out);
    out.push('\n');
    out
}

pub(super) fn compact(value: &Value) -> String {
    let mut out = String::new();
    write(value, None, &mut out);
    out
}

/// Appends a value; `depth` is that of its indent.
fn write(value: &Value, depth: Option<usize>, out: &mut String) {
    let inner = depth.map(|depth| depth + 1);
    let line = |depth: Option<usize>, out: &mut String| {
        if let Some(depth) = depth {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                out.push(if index == 0 { '[' } else { ',' });
                line(inner, out);
                write(item, inner, out);
            }
            line(depth, out);
            out.push(']');
        }
        Value::Object(members) if !members.is_empty() => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| order(a.0, b.0));
            for (index, (name, member)) in members.into_iter().enumerate() {
                out.push(if index == 0 { '{' } else { ',' });
                line(inner, out);
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push_str(if depth.is_some() { ": " } else { ":" });
                write(member, inner, out);
            }
            line(depth, out);
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_in_order_and_nothing_is_lost() {
        let value = json!({"b": [1, {"x": "\"é\n"}, []], "paths": {}, "openapi": "3.1.0", "a": null});
        assert_eq!(compact(&value), r#"{"openapi":"3.1.0","paths":{},"a":null,"b":[1,{"x":"\"é\n"},[]]}"#);
        let text = pretty(&value);
        assert_eq!(text.lines().nth(1), Some(r#"  "openapi": "3.1.0","#));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
