//! Translates the terms of serde and the standard library to those of JSON.

use std::fmt;

use serde::de::Unexpected;

use super::bounded::{bounded, quoted};

/// The most characters of a type's own description of the expected value.
const LIMIT: usize = 160;

/// The value that a visitor expects, from its own description.
pub(super) fn expected(text: &dyn fmt::Display) -> String {
    let text = bounded(LIMIT, format_args!("{text}"));
    if let Some(phrase) = number(&text) {
        return phrase;
    }
    let known = match &*text {
        "a borrowed string" | "a str" | "str" | "string" | "variant identifier" | "field identifier"
        | "path string" | "a string or number" => "a string",
        "a sequence" | "sequence" => "an array",
        "a map" | "map" | "map or struct" => "an object",
        "bool" => "a boolean",
        "unit" => "null",
        "option" => "a value or null",
        "byte array" | "a borrowed byte array" | "bytes" => "bytes",
        "a character" | "char" => "a single character",
        "string or map" => "a string or an object",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    if let Some(length) = text.strip_prefix("a tuple of size ") {
        return format!("an array of length {length}");
    }
    named(&text).unwrap_or(text)
}

/// The value that a named type of the program expects: its name means nothing to a client.
fn named(text: &str) -> Option<String> {
    const KINDS: [(&str, &str); 11] = [
        ("tuple struct ", "an array"),
        ("tuple variant ", "an array"),
        ("unit struct ", "null"),
        ("unit variant ", "a string"),
        ("struct variant ", "an object"),
        ("newtype variant ", "an object"),
        ("struct ", "an object"),
        ("enum ", "a string or an object with one field"),
        ("internally tagged enum ", "an object"),
        ("adjacently tagged enum ", "an object"),
        ("variant of enum ", "a string"),
    ];
    let (_, phrase) = KINDS.into_iter().find(|(prefix, _)| text.starts_with(prefix))?;
    // `tuple struct Point with 2 elements`
    let length = text.rsplit_once(" with ").and_then(|(_, rest)| rest.split_once(" element"));
    Some(match length {
        Some((length, _)) if phrase == "an array" => format!("an array of length {length}"),
        _ => phrase.to_owned(),
    })
}

/// The phrase for the name of a number type.
fn number(name: &str) -> Option<String> {
    let (name, nonzero) = match name.strip_prefix("a nonzero ") {
        Some(name) => (name, true),
        None => (name, false),
    };
    macro_rules! ranges {
        ($($integer:ident)+) => {
            match name {
                $(stringify!($integer) => (i128::from($integer::MIN), $integer::MAX.to_string()),)+
                "usize" => (0, usize::MAX.to_string()),
                "isize" => (isize::MIN as i128, isize::MAX.to_string()),
                "i128" => return Some("an integer".to_owned()),
                "u128" => return Some("a non-negative integer".to_owned()),
                "f32" | "f64" => return Some("a number".to_owned()),
                _ => return None,
            }
        };
    }
    let (least, most) = ranges!(u8 u16 u32 u64 i8 i16 i32 i64);
    Some(match (nonzero, least) {
        (true, 0) => format!("an integer from 1 to {most}"),
        (true, _) => format!("an integer from {least} to {most} other than 0"),
        (false, _) => format!("an integer from {least} to {most}"),
    })
}

/// The value that a type read from a string expects, by its Rust name; `None` if the type is unknown.
#[cold]
pub(super) fn type_phrase(name: &str) -> Option<String> {
    if let Some(integer) = name.strip_prefix("core::num::nonzero::NonZero<").and_then(|name| name.strip_suffix('>')) {
        return number(&format!("a nonzero {integer}"));
    }
    number(name).or_else(|| {
        let phrase = match name.rsplit("::").next()? {
            "bool" => "true or false",
            "char" => "a single character",
            "IpAddr" => "an IP address",
            "Ipv4Addr" => "an IPv4 address",
            "Ipv6Addr" => "an IPv6 address",
            "SocketAddr" | "SocketAddrV4" | "SocketAddrV6" => "an IP address with a port",
            "Uuid" => "a UUID",
            _ => return None,
        };
        Some(phrase.to_owned())
    })
}

/// The kind of a value; for a number its value, if a number of another kind was expected.
pub(super) fn found_kind(found: Unexpected<'_>, expected: &str) -> String {
    let is_number = |expected: &str| expected.starts_with("an integer") || expected.ends_with("integer");
    let kind = match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => {
            if is_number(expected) {
                return found_value(found);
            }
            "a number"
        }
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::UnitVariant => "a string",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit => "null",
        Unexpected::Seq | Unexpected::TupleVariant => "an array",
        Unexpected::Map | Unexpected::StructVariant | Unexpected::Enum | Unexpected::NewtypeVariant => "an object",
        Unexpected::Option | Unexpected::NewtypeStruct => "another value",
        Unexpected::Other(kind) => return bounded(40, format_args!("{kind}")),
    };
    kind.to_owned()
}

/// A value, unchanged.
pub(super) fn found_value(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        // In full it may have 300 digits.
        Unexpected::Float(value) => bounded(40, format_args!("{value:?}")),
        Unexpected::Char(value) => quoted(value.encode_utf8(&mut [0; 4])),
        Unexpected::Str(value) => quoted(value),
        other => found_kind(other, ""),
    }
}

/// `"a"`, or `one of "a", "b"`; empty if there is nothing to choose from.
pub(super) fn one_of(choices: &[&str]) -> String {
    let mut list = String::new();
    for (at, choice) in choices.iter().enumerate() {
        if list.len() > LIMIT {
            list.push_str(", …");
            break;
        }
        list.push_str(if at == 0 { "" } else { ", " });
        list.push_str(&quoted(choice));
    }
    if choices.len() > 1 { format!("one of {list}") } else { list }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rust_name_is_left() {
        for (text, phrase) in [
            ("u8", "an integer from 0 to 255"),
            ("i16", "an integer from -32768 to 32767"),
            ("a nonzero u8", "an integer from 1 to 255"),
            ("a nonzero i8", "an integer from -128 to 127 other than 0"),
            ("u128", "a non-negative integer"),
            ("f32", "a number"),
            ("struct Todo", "an object"),
            ("struct Todo with 3 elements", "an object"),
            ("tuple struct Point with 2 elements", "an array of length 2"),
            ("a tuple of size 2", "an array of length 2"),
            ("internally tagged enum Event", "an object"),
            ("enum Sort", "a string or an object with one field"),
            ("an RFC 3339 date", "an RFC 3339 date"),
        ] {
            assert_eq!(expected(&text), phrase, "{text}");
        }
        assert_eq!(type_phrase("core::num::nonzero::NonZero<u8>").unwrap(), "an integer from 1 to 255");
        assert_eq!(type_phrase("my_app::Colour"), None);
    }

    #[test]
    fn choices_are_listed_up_to_a_limit() {
        assert_eq!(one_of(&[]), "");
        assert_eq!(one_of(&["a"]), "\"a\"");
        assert_eq!(one_of(&["a", "b"]), "one of \"a\", \"b\"");
        assert!(one_of(&["a name of some length"; 1000]).len() < 250);
    }
}
