//! The kinds of pydantic for errors of serde, for types without a description.

use crate::mismatch::{Mismatch, MismatchKind};

/// Returns kind and message of an error; `text` if the value was a string in the request, as parameters are.
#[cold]
pub(super) fn of_mismatch(mismatch: &Mismatch, text: bool) -> (&'static str, String) {
    let (expected, found) = (mismatch.expected(), mismatch.found());
    let kind = match mismatch.kind() {
        MismatchKind::Missing => return ("missing", "Field required".to_owned()),
        MismatchKind::Unknown => return ("extra_forbidden", "Extra inputs are not permitted".to_owned()),
        MismatchKind::Duplicate => return ("value_error", "The field is there more than once".to_owned()),
        MismatchKind::Custom => return ("value_error", expected.to_owned()),
        MismatchKind::Length => length(expected, found),
        MismatchKind::Type | MismatchKind::Value => of_value(expected, found, text),
    };
    (kind, format!("Input should be {expected}"))
}

fn length(expected: &str, found: &str) -> &'static str {
    let number = |text: &str| text.split(|c: char| !c.is_ascii_digit()).find_map(|part| part.parse::<usize>().ok());
    match (number(expected), number(found)) {
        (Some(expected), Some(found)) if found < expected => "too_short",
        _ => "too_long",
    }
}

fn of_value(expected: &str, found: &str, text: bool) -> &'static str {
    let quoted = found.starts_with('"');
    if expected.starts_with("an integer") || expected.ends_with("integer") {
        return integer(expected, found, text);
    }
    match expected {
        "a string" => "string_type",
        "a single character" if quoted => "string_too_long",
        "a single character" => "string_type",
        "a number" if text || quoted => "float_parsing",
        "a number" => "float_type",
        "true or false" => "bool_parsing",
        "a boolean" if text => "bool_parsing",
        "a boolean" => "bool_type",
        "null" => "none_required",
        "an array" => "list_type",
        "an object" => "model_attributes_type",
        "an IP address" => "ip_any_address",
        "an IPv4 address" => "ip_v4_address",
        "an IPv6 address" => "ip_v6_address",
        "a UUID" => "uuid_parsing",
        _ if expected.starts_with("an array of length") => "list_type",
        _ if expected.starts_with("one of \"") || expected.starts_with('"') => "enum",
        _ => "value_error",
    }
}

/// A value that is not an integer, or is out of the range which the phrase names.
fn integer(expected: &str, found: &str, text: bool) -> &'static str {
    let found = found.trim_matches('"');
    let range = expected.strip_prefix("an integer from ").map(|range| range.split(" other ").next().unwrap_or(range));
    let limits = range.and_then(|range| range.split_once(" to "));
    let number = found.parse::<i128>().ok();
    match (limits.map(|(min, max)| (min.parse::<i128>(), max.parse::<i128>())), number) {
        (Some((Ok(min), _)), Some(number)) if number < min => "greater_than_equal",
        (Some((_, Ok(max))), Some(number)) if number > max => "less_than_equal",
        (None, Some(number)) if number < 0 && expected == "a non-negative integer" => "greater_than_equal",
        (_, Some(_)) => "int_type",
        _ if text => "int_parsing",
        _ if found.parse::<f64>().is_ok_and(|number| number.fract() != 0.0) => "int_from_float",
        _ => "int_type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(kind: MismatchKind, expected: &str, found: &str, text: bool) -> &'static str {
        of_mismatch(&Mismatch::new(kind, String::new(), expected.to_owned(), found.to_owned()), text).0
    }

    #[test]
    fn errors_of_serde_have_the_kinds_of_pydantic() {
        use MismatchKind::{Custom, Duplicate, Length, Missing, Type, Unknown, Value};
        for (fault, expected, found, text, wanted) in [
            (Missing, "", "", false, "missing"),
            (Unknown, "\"a\"", "", false, "extra_forbidden"),
            (Duplicate, "", "", false, "value_error"),
            (Custom, "bad", "", false, "value_error"),
            (Type, "a string", "a number", false, "string_type"),
            (Type, "a boolean", "a number", false, "bool_type"),
            (Value, "true or false", "\"x\"", true, "bool_parsing"),
            (Type, "an integer from 0 to 255", "a string", false, "int_type"),
            (Value, "an integer from 0 to 255", "300", false, "less_than_equal"),
            (Value, "an integer from 0 to 255", "-1", false, "greater_than_equal"),
            (Type, "an integer from 0 to 255", "1.5", false, "int_from_float"),
            (Value, "an integer from 0 to 255", "\"x\"", true, "int_parsing"),
            (Value, "an integer from 0 to 255", "\"300\"", true, "less_than_equal"),
            (Value, "an integer from -128 to 127 other than 0", "0", false, "int_type"),
            (Value, "an integer from 0 to 340282366920938463463374607431768211455", "-1", false, "greater_than_equal"),
            (Value, "a number", "\"x\"", true, "float_parsing"),
            (Type, "an array", "a string", false, "list_type"),
            (Type, "an object", "null", false, "model_attributes_type"),
            (Length, "an array of length 2", "1 item", false, "too_short"),
            (Length, "an array of length 2", "3 items", false, "too_long"),
            (Value, "one of \"a\", \"b\"", "\"c\"", false, "enum"),
            (Value, "an IPv4 address", "\"c\"", true, "ip_v4_address"),
            (Type, "an RFC 3339 date", "a number", false, "value_error"),
        ] {
            assert_eq!(kind(fault, expected, found, text), wanted, "{fault:?} {expected} {found}");
        }
    }
}
