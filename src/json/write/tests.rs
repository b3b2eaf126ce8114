//! `serde_json` is the reference: the same output for every value, and the same errors.

use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Nested, Plain, push_int, push_key, push_string, to_json};

/// The number of cases in the randomised tests of this module.
pub(super) fn config() -> ProptestConfig {
    let given = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok());
    let cases = given.unwrap_or(if cfg!(miri) { 1 } else { 128 });
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Writes `value` after a few bytes, with little and with ample capacity, at both levels.
fn check<T: Serialize + ?Sized>(value: &T) {
    let expected = serde_json::to_string(value).unwrap();
    for (before, capacity) in [(0, 0), (1, 1), (5, expected.len() + 5), (40, 8 * expected.len() + 100)] {
        let mut out = Vec::with_capacity(capacity);
        out.resize(before, b'#');
        to_json::<Plain, _>(&mut out, value).unwrap();
        assert_eq!(std::str::from_utf8(&out[before..]).unwrap(), expected);
        assert!(out[..before].iter().all(|&byte| byte == b'#'));

        out.truncate(before);
        out.push(b'"');
        to_json::<Nested, _>(&mut out, value).unwrap();
        out.push(b'"');
        assert_eq!(serde_json::from_slice::<String>(&out[before..]).unwrap(), expected);
        assert_eq!(std::str::from_utf8(&out[before..]).unwrap(), serde_json::to_string(&expected).unwrap());
        assert!(out[..before].iter().all(|&byte| byte == b'#'));
    }
}

/// Asserts that both refuse `value` with the same message, and that the buffer keeps only its earlier content.
fn check_refused<T: Serialize + ?Sized>(value: &T) {
    let expected = serde_json::to_string(value).unwrap_err().to_string();
    for before in [0, 3, 50] {
        let mut out = vec![b'#'; before];
        assert_eq!(to_json::<Plain, _>(&mut out, value).unwrap_err().to_string(), expected);
        assert_eq!(to_json::<Nested, _>(&mut out, value).unwrap_err().message(), expected);
        assert_eq!(out, vec![b'#'; before]);
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["(?s).{0,40}", "[ -~]{0,80}", "[\"\\\\/\n\t\u{1}\u{7f}aé😀]{0,30}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..6).prop_map(|map| map.into_iter().collect::<Value>()),
        ]
    })
}

/// A type for each method of a `Serializer`.
#[derive(Clone, Debug, Serialize)]
struct Everything<'a> {
    ints: (i8, i16, i32, i64, i128, u8, u16, u32, u64, u128),
    bool: bool,
    floats: (f32, f64),
    char: char,
    #[serde(rename = "a \"quoted\"\nkey")]
    string: &'a str,
    #[serde(serialize_with = "as_bytes")]
    bytes: &'a [u8],
    none: Option<u8>,
    some: Option<&'a str>,
    unit: (),
    unit_struct: Unit,
    newtype: Newtype<'a>,
    tuple_struct: Pair<'a>,
    empty: [Empty; 2],
    variants: Vec<Variant<'a>>,
    maps: Maps,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u8>,
    displayed: Displayed<'a>,
    #[serde(flatten)]
    flat: BTreeMap<String, i32>,
}

#[derive(Clone, Debug, Serialize)]
struct Unit;

#[derive(Clone, Debug, Serialize)]
struct Empty {}

#[derive(Clone, Debug, Serialize)]
struct Newtype<'a>(&'a str);

#[derive(Clone, Debug, Serialize)]
struct Pair<'a>(u8, &'a str);

#[derive(Clone, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
enum Variant<'a> {
    Unit,
    #[serde(rename = "new\\type")]
    Newtype(&'a str),
    Tuple(u8, &'a str),
    Struct {
        a: i8,
        b: Option<&'a str>,
    },
    Empty {},
}

/// Maps with every kind of key that is allowed.
#[derive(Clone, Debug, Serialize)]
struct Maps {
    strings: BTreeMap<String, i32>,
    ints: BTreeMap<i64, ()>,
    bytes: BTreeMap<u8, bool>,
    wide: BTreeMap<i128, u128>,
    bools: BTreeMap<bool, u8>,
    chars: BTreeMap<char, char>,
    variants: BTreeMap<Variant<'static>, u8>,
    options: BTreeMap<Option<u16>, u8>,
    floats: FloatKeys,
}

#[derive(Clone, Debug)]
struct FloatKeys(f32, f64);

impl Serialize for FloatKeys {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(&self.0, "f32")?;
        map.serialize_entry(&self.1, "f64")?;
        map.serialize_entry(&Displayed(&["k", "\"e\"", "y\n"]), "printed")?;
        map.end()
    }
}

fn as_bytes<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// Printed in several fragments.
#[derive(Clone, Copy, Debug)]
struct Displayed<'a>(&'a [&'a str]);

impl fmt::Display for Displayed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fragment| write!(f, "{fragment:>4}"))
    }
}

impl Serialize for Displayed<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(serializer.is_human_readable());
        serializer.collect_str(self)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_value(value in value()) {
        check(&value);
    }

    #[test]
    fn every_method(
        (text, other, char) in (text(), text(), any::<char>()),
        (small, int, wide, unsigned) in (any::<i8>(), any::<i64>(), any::<i128>(), any::<u128>()),
        (float, double) in (any::<f32>(), any::<f64>()),
        bytes in prop::collection::vec(any::<u8>(), 0..9),
    ) {
        let maps = Maps {
            strings: [(text.clone(), 1), (other.clone(), 2)].into(),
            ints: [(int, ()), (i64::MIN, ())].into(),
            bytes: bytes.iter().map(|&byte| (byte, byte > 9)).collect(),
            wide: [(wide, unsigned)].into(),
            bools: [(true, 1), (false, 0)].into(),
            chars: [(char, char), ('"', '\\')].into(),
            variants: [(Variant::Unit, 3)].into(),
            options: [(Some(7), 8)].into(),
            floats: FloatKeys(
                if float.is_finite() { float } else { 1.0 },
                if double.is_finite() { double } else { 1e300 },
            ),
        };
        check(&Everything {
            ints: (small, int as i16, int as i32, int, wide, small as u8, int as u16, int as u32, int as u64, unsigned),
            bool: small > 0,
            floats: (float, double),
            char,
            string: &text,
            bytes: &bytes,
            none: None,
            some: Some(&other),
            unit: (),
            unit_struct: Unit,
            newtype: Newtype(&text),
            tuple_struct: Pair(3, &other),
            empty: [Empty {}, Empty {}],
            variants: vec![
                Variant::Unit,
                Variant::Newtype(&text),
                Variant::Tuple(9, &other),
                Variant::Struct { a: small, b: Some(&text) },
                Variant::Struct { a: small, b: None },
                Variant::Empty {},
            ],
            flat: maps.strings.clone(),
            maps,
            left_out: None,
            displayed: Displayed(&[&text, "", &other]),
        });
    }

    #[test]
    fn raw_json_is_passed_through(value in value(), key in text()) {
        let raw = RawValue::from_string(format!(" {:#} ", value)).unwrap();
        check(&raw);
        check(&BTreeMap::from([(key, vec![&raw, &raw])]));
    }
}

#[test]
fn floats() {
    for float in [0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1e17, 1e21, 1e-5, 1e-6, 1e-7, f64::MAX, f64::MIN_POSITIVE, 5e-324] {
        check(&float);
        check(&(float as f32));
    }
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        check(&float);
        check(&(float as f32));
    }
}

#[test]
fn limits_of_the_integers() {
    check(&(i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN, u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX));
}

#[test]
fn keys_that_are_not_strings() {
    check_refused(&BTreeMap::from([((1, 2), 3)]));
    check_refused(&BTreeMap::from([(vec![1], 3)]));
    check_refused(&BTreeMap::from([((), 3)]));
    check_refused(&BTreeMap::from([(None::<u8>, 3)]));
    check_refused(&BTreeMap::from([(BTreeMap::from([(1, 2)]), 3)]));
    check_refused(&BTreeMap::from([(Variant::Newtype("x"), 3)]));
    check_refused(&BTreeMap::from([(Variant::Tuple(1, "x"), 3)]));
    check_refused(&BTreeMap::from([(Variant::Struct { a: 1, b: None }, 3)]));
    check_refused(&FloatKeys(f32::NAN, 1.0));
    check_refused(&FloatKeys(1.0, f64::INFINITY));
    // The error comes late: the output up to it is removed.
    check_refused(&("some text", [1.5, 2.5], BTreeMap::from([("deep", BTreeMap::from([((), "x")]))])));
}

struct Refuses;

impl fmt::Display for Refuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half of it")?;
        Err(fmt::Error)
    }
}

impl Serialize for Refuses {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no \"such\" value"))
    }
}

#[test]
fn errors_of_the_value_itself() {
    check_refused(&["a", "b"].map(|text| (text, Refuses)));

    struct Prints;
    impl Serialize for Prints {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&Refuses)
        }
    }
    let mut out = b"kept".to_vec();
    let error = to_json::<Plain, _>(&mut out, &[Prints]).unwrap_err();
    assert_eq!(error.message(), "a Display implementation returned an error");
    assert_eq!(out, b"kept");

    /// Has the name of raw JSON, but holds no string.
    #[derive(Serialize)]
    #[serde(rename = "$serde_json::private::RawValue")]
    struct Impostor {
        field: u8,
    }
    assert_eq!(to_json::<Nested, _>(&mut out, &[Impostor { field: 1 }]).unwrap_err().message(), "expected JSON text");
    assert_eq!(out, b"kept");
}

#[test]
fn an_unsized_value() {
    check("text");
    check(&[1, 2, 3][..]);
}

#[test]
fn an_object_by_hand() {
    let mut out = b"{".to_vec();
    push_key::<Plain>(&mut out, "status\tCode");
    push_int(&mut out, 200);
    out.push(b',');
    push_key::<Plain>(&mut out, "body");
    out.push(b'"');
    to_json::<Nested, _>(&mut out, &json!({"message": "a \"b\""})).unwrap();
    out.extend_from_slice(b"\",");
    push_key::<Plain>(&mut out, "type");
    push_string::<Plain>(&mut out, "text/\"plain\"");
    out.push(b'}');
    let expected = r#"{"status\tCode":200,"body":"{\"message\":\"a \\\"b\\\"\"}","type":"text/\"plain\""}"#;
    assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
}

#[test]
fn nothing_is_allocated_if_there_is_room() {
    let value = json!({"a": [1, 2.5, "x\ny", null, true], "b": {"c": "d"}});
    let mut out = Vec::with_capacity(1000);
    let start = out.as_ptr();
    for _ in 0..3 {
        out.clear();
        to_json::<Plain, _>(&mut out, &value).unwrap();
        to_json::<Nested, _>(&mut out, &value).unwrap();
        assert_eq!((out.as_ptr(), out.capacity()), (start, 1000));
    }
}
