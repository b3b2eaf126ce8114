//! The whole of the module against `serde_json`, and the fast path against the plain one.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::diagnose::check;
use super::error::JsonErrorKind as Fault;
use super::isa::Isa;
use super::*;

/// A REST event as API Gateway sends it, minified.
const EVENT: &str = concat!(
    r#"{"resource":"/shop/{proxy+}","path":"/shop/orders/A-1042","httpMethod":"POST","#,
    r#""headers":{"accept":"application/json","Accept-Encoding":"gzip, br","content-type":"application/json; "#,
    r#"charset=utf-8","Host":"shop.example.com","User-Agent":"test \"quoted\" \\ agent","X-Request-Name":"Zo\u00eb \ud83d\ude00 "#,
    "\u{e9}\u{4e2d}\u{1f600}",
    r#""},"multiValueHeaders":{"accept":["application/json"],"Accept-Encoding":["gzip, br"],"content-type":"#,
    r#"["application/json; charset=utf-8"],"Host":["shop.example.com"],"X-Tags":["red","green",""]},"#,
    r#""queryStringParameters":{"page":"2","q":"tea & \u0063ake"},"multiValueQueryStringParameters":{"page":["1","2"],"#,
    r#""q":["tea & cake"]},"pathParameters":{"proxy":"orders/A-1042"},"stageVariables":null,"requestContext":"#,
    r#"{"accountId":"123456789012","apiId":"a1b2c3","authorizer":{"claims":null,"scopes":["a","b"],"principalId":""},"#,
    r#""domainName":"shop.example.com","extendedRequestId":"J-4=","identity":{"accessKey":null,"accountId":null,"#,
    r#""sourceIp":"203.0.113.9","user":null,"clientCert":{"validity":{"notBefore":"May 28 12:30:02 2019 GMT"}}},"#,
    r#""path":"/shop/orders/A-1042","protocol":"HTTP/1.1","requestTime":"09/Apr/2015:12:34:56 +0000","#,
    r#""requestTimeEpoch":1428582896000,"ratio":-1.25e-3,"flags":[true,false,null,0,[],{}],"stage":"prod"},"#,
    r#""body":"{\"items\":[{\"sku\":\"T-1\",\"count\":2,\"note\":\"two\\nlines\"}],\"paid\":true}\r\n","#,
    r#""isBase64Encoded":false}"#
);

/// The number of random cases in a test.
pub(super) fn cases() -> u32 {
    let default = if cfg!(miri) { 1 } else { 256 };
    std::env::var("GATEWIRE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default)
}

/// Every case, or under Miri a few of them.
fn some<T>(cases: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    cases.into_iter().step_by(if cfg!(miri) { 11 } else { 1 })
}

/// As `some`, for cases that each read a whole event.
fn few<T>(cases: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    some(some(cases))
}

/// The verdict of the fast path on one instruction set.
fn fast(isa: Isa, payload: &[u8]) -> Result<(), JsonError> {
    Index::new().read_with(payload, isa).map(drop)
}

/// Asserts that the fast path on every instruction set and the plain path agree with `serde_json`.
fn assert_verdict(payload: &[u8]) {
    let model = serde_json::from_slice::<serde_json::Value>(payload);
    let plain = check(payload);
    assert_eq!(plain.is_ok(), model.is_ok(), "{plain:?} {model:?}: {:?}", String::from_utf8_lossy(payload));
    for isa in Isa::all() {
        assert_eq!(fast(isa, payload), plain, "{isa:?}: {:?}", String::from_utf8_lossy(payload));
    }
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn names_kind_and_offset() {
    let unpaired = r#"["\ud800\u0041"]"#;
    let deep = nested("[", "]", 128);
    let table: &[(&[u8], Fault, usize)] = &[
        (b"", Fault::UnexpectedEnd, 0),
        (b" \n", Fault::UnexpectedEnd, 2),
        (b"{", Fault::UnexpectedEnd, 1),
        (b"{\"a\"", Fault::UnexpectedEnd, 4),
        (b"{\"a\":", Fault::UnexpectedEnd, 5),
        (b"\"a", Fault::UnexpectedEnd, 2),
        (b"\"a\\", Fault::UnexpectedEnd, 3),
        (b"\"\\u00", Fault::UnexpectedEnd, 5),
        (b"nul", Fault::UnexpectedEnd, 3),
        (b"-", Fault::UnexpectedEnd, 1),
        (b"1.", Fault::UnexpectedEnd, 2),
        (b"[1,]", Fault::UnexpectedByte, 3),
        (b"[,1]", Fault::UnexpectedByte, 1),
        (b"{\"a\":1,}", Fault::UnexpectedByte, 7),
        (b"{1:2}", Fault::UnexpectedByte, 1),
        (b"[1}", Fault::UnexpectedByte, 2),
        (b"{\"a\" 1}", Fault::UnexpectedByte, 5),
        (b"nulx", Fault::UnexpectedByte, 3),
        (b"\xEF\xBB\xBF{}", Fault::UnexpectedByte, 0),
        (b"[\x0C1]", Fault::UnexpectedByte, 1),
        (b"[\\\"a\"]", Fault::UnexpectedByte, 1),
        (b"[\xFF]", Fault::UnexpectedByte, 1),
        (b"[\"a\x1Fb\"]", Fault::ControlCharacter, 3),
        (b"\"\n\"", Fault::ControlCharacter, 1),
        (b"\"ab\\x\"", Fault::InvalidEscape, 3),
        (b"\"ab\\u12g4\"", Fault::InvalidEscape, 3),
        (unpaired.as_bytes(), Fault::LoneSurrogate, 2),
        (b"\"\\udc00\"", Fault::LoneSurrogate, 1),
        (b"\"a\xC0\xAF\"", Fault::InvalidUtf8, 2),
        (b"\"a\xED\xA0\x80\"", Fault::InvalidUtf8, 2),
        (b"\"\xE2\x82\"", Fault::InvalidUtf8, 1),
        (b"[01]", Fault::InvalidNumber, 2),
        (b"[-x]", Fault::InvalidNumber, 2),
        (b"[1.e5]", Fault::InvalidNumber, 3),
        (b"[1e+]", Fault::InvalidNumber, 4),
        (b"[-1e400]", Fault::NumberOutOfRange, 1),
        (deep.as_bytes(), Fault::TooDeep, 127),
        (b"{} x", Fault::TrailingCharacters, 3),
        (b"1 2", Fault::TrailingCharacters, 2),
        (b"null\0", Fault::TrailingCharacters, 4),
    ];
    for &(payload, kind, offset) in some(table) {
        assert_eq!(check(payload), Err(JsonError::new(kind, offset)), "{:?}", String::from_utf8_lossy(payload));
        assert_verdict(payload);
    }
}

#[test]
fn agrees_on_malformed_documents() {
    let numbers = "0 -0 00 01 -01 +1 1. .5 1.5 -1.5e3 1E+5 1e-5 1e 1e+ - -- 1-1 0x10 1_0 NaN Infinity -Infinity 0e400 0.0e999 \
        0e99999999999 1e308 1e309 -1e309 1e400 1e-400 1e99999999999 1e-99999999999 1e2147483647 1e2147483648 1e-2147483648 \
        1.7976931348623157e308 1.7976931348623158e308 1.7976931348623159e308 1.797693134862315907729e308 17976931348623158e292 \
        179769313486231580000e288 18446744073709551615 18446744073709551616 18446744073709551616.5 -9223372036854775808 \
        -9223372036854775809 99999999999999999999 12345678901234567890123e287 0.00000000000000000000000000001e336 \
        0.000000000000000000000000000001e338 4.9e-324 2e-400 1e+0000000000308 1e+0000000000309";
    for number in some(numbers.split_whitespace()) {
        assert_verdict(number.as_bytes());
        assert_verdict(format!("[{number}]").as_bytes());
        assert_verdict(format!("{{\"n\": {number} }}").as_bytes());
    }
    for digits in some([299, 295, 300, 308, 309, 310, 330]) {
        assert_verdict("1".repeat(digits).as_bytes());
        assert_verdict(format!("-{}e-20", "9".repeat(digits)).as_bytes());
        assert_verdict(format!("0.{}1e{}", "0".repeat(digits), digits + 308).as_bytes());
        assert_verdict(format!("0.{}1e{}", "0".repeat(digits), digits + 310).as_bytes());
    }
    let strings = [
        r#""\ud800""#,
        r#""\ud800\udc00""#,
        r#""\ud800\ud800\udc00""#,
        r#""\ud83d\ude00\ude00""#,
        r#""\uDBFF\uDFFF""#,
        r#""\ud800\\udc00""#,
        r#""\ud800x\udc00""#,
        r#""\ud800"\udc00"#,
        r#""\\ud800""#,
        r#""\u00E9\uD7FF\uE000""#,
        r#""\u""#,
        r#""\u+123""#,
        r#""\u 123""#,
        r#""\U0041""#,
        r#""\a""#,
        r#""\'""#,
        r#""\0""#,
        r#""\/\b\f\n\r\t\"\\""#,
        r#"""#,
        r#""""#,
        r#"""""#,
        r#""\""#,
        r#"\"a""#,
        r#"["a"\,"b"]"#,
        r#"["a" "b"]"#,
        r#"{"a":"b" "c":"d"}"#,
        r#"{"a":"b","c"}"#,
        r#"{"a":"b":"c"}"#,
        r#"{"a":["b"]"c":1}"#,
        r#"{"a":null"b":1}"#,
        r#"{"a":nulL,"b":1}"#,
        r#"{"a":["b"],}"#,
        r#"{"a":"b",}"#,
        r#"{"a":null,}"#,
        r#"{"a":["b"],"c":["d"]}"#,
        r#"{"a":["b"},"c":["d"]}"#,
        r#"{"a":"1","a":"2"}"#,
        "\u{7f}",
        "\"\u{7f}\u{80}\u{2028}\"",
        "[1]\u{a0}",
        "\u{feff}1",
        "// c\n1",
        "[1 /* c */]",
        "{a:1}",
        "{'a':1}",
        "[1;2]",
        "tru",
        "True",
        "nulll",
        "true false",
        "[truefalse]",
        "[]]",
        "{}}",
        "[[]",
        "}",
        "]",
        ",",
        ":",
        "[1,,2]",
        "{,}",
        "[:]",
        "\t\r\n {} \t\r\n",
        "\x0b1",
        "1\x0b",
        "1\0",
        "\0",
    ];
    for document in some(strings) {
        assert_verdict(document.as_bytes());
        assert_verdict(format!("{{\"key\":\"text\",\"x\":[{document}, 1],\"y\":null,\"z\":{document}}}").as_bytes());
    }
    let bytes: &[&[u8]] = &[
        b"\"\xC0\x80\"",
        b"\"\xE0\x80\x80\"",
        b"\"\xF0\x80\x80\x80\"",
        b"\"\xF4\x90\x80\x80\"",
        b"\"\xF8\x88\x80\x80\x80\"",
        b"\"\x80\"",
        b"\"\xC3\"",
        b"\"\xC3\\\"\xA9\"",
        b"\"\\\xC3\xA9\"",
        b"{\"\xFF\":1}",
        b"\"\\u00\xE9\xE9\"",
    ];
    for document in bytes {
        assert_verdict(document);
    }
}

/// White space is not inside a string: neither in blocks without a quote, nor in those around them.
#[test]
fn agrees_on_control_characters_between_strings() {
    for length in few(0..300) {
        for space in ["\n", " \t", "\r\n ", "\u{1}"] {
            let space = space.repeat(length);
            assert_verdict(format!("[{space}1]").as_bytes());
            assert_verdict(format!("[\"a\",{space}\"b\"{space}]").as_bytes());
            assert_verdict(format!("[\"{space}\"]").as_bytes());
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "recursion 128 deep, in serde_json and the plain path, takes Miri minutes")]
fn agrees_on_depth() {
    for depth in 125..=131 {
        assert_verdict(nested("[", "]", depth).as_bytes());
        assert_verdict(nested("{\"a\":", "}", depth).as_bytes());
        assert_verdict(nested("[ {\"a\":\"b\",\"c\" : ", "} ]", depth / 2).as_bytes());
        assert_verdict(nested("[{\"a\":", "}]", depth / 2).replace('1', "[]").as_bytes());
        assert_verdict(nested("[", "]", depth).replace('1', "").as_bytes());
        // Members of common forms are not walked: a list among them is a container too.
        for member in [r#""a":["b"]"#, r#""a":"b""#, r#""a":null"#] {
            let object = format!(r#"{{{member},"c":1}}"#);
            let document = nested("{\"a\":", "}", depth).replace('1', &object);
            assert_verdict(document.as_bytes());
            assert_eq!(
                Index::new().visit(document.as_bytes(), &mut Shop::default()).is_some(),
                check(document.as_bytes()).is_ok()
            );
        }
    }
}

#[test]
fn agrees_on_every_truncation() {
    assert_verdict(EVENT.as_bytes());
    assert_eq!(check(EVENT.as_bytes()), Ok(()));
    for length in few(0..EVENT.len()) {
        assert_verdict(&EVENT.as_bytes()[..length]);
        assert!(check(&EVENT.as_bytes()[..length]).is_err());
    }
}

/// A change that JSON is likely to notice: its place, its length and its bytes.
#[derive(Clone, Debug)]
enum Mutation {
    Flip(usize, u8),
    Insert(usize, u8),
    Delete(usize, usize),
    Repeat(usize, usize, usize),
}

fn mutate(document: &mut Vec<u8>, mutation: &Mutation) {
    let len = document.len();
    let slice = |at: usize, count: usize| at % (len + 1)..(at % (len + 1) + count).min(len);
    match *mutation {
        Mutation::Flip(at, byte) => document[at % len] = byte,
        Mutation::Insert(at, byte) => document.insert(at % (len + 1), byte),
        Mutation::Delete(at, count) => drop(document.drain(slice(at, count))),
        Mutation::Repeat(at, count, to) => {
            let piece = document[slice(at, count)].to_vec();
            let to = to % (len + 1);
            document.splice(to..to, piece);
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let byte = prop_oneof![
        4 => prop::sample::select(b"\"\\{}[]:,".to_vec()),
        2 => prop::sample::select(b"0123456789eE+-.untrfalsbdDcC8 \t\n\r".to_vec()),
        1 => any::<u8>(),
    ];
    let count = prop_oneof![1..4usize, 1..80usize];
    prop_oneof![
        3 => (any::<usize>(), byte.clone()).prop_map(|(at, byte)| Mutation::Flip(at, byte)),
        2 => (any::<usize>(), byte).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        1 => (any::<usize>(), count.clone()).prop_map(|(at, count)| Mutation::Delete(at, count)),
        1 => (any::<usize>(), count, any::<usize>()).prop_map(|(at, count, to)| Mutation::Repeat(at, count, to)),
    ]
}

#[test]
fn agrees_on_mutations() {
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(EVENT).unwrap()).unwrap();
    let mutations = (prop::bool::weighted(0.2), prop::collection::vec(mutation(), 1..4));
    let mut runner = TestRunner::new(Config { cases: cases() * 8, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&mutations, |(spaced, mutations)| {
        let mut document = if spaced { pretty.clone() } else { EVENT.to_owned() }.into_bytes();
        mutations.iter().for_each(|mutation| mutate(&mut document, mutation));
        assert_verdict(&document);
        Ok(())
    });
    outcome.unwrap();
}

/// Random documents. Keys come from a small set, so that some are equal.
fn document() -> impl Strategy<Value = String> {
    let text = prop_oneof!["[a-c]{0,2}", "[ -~\u{e9}\u{4e2d}\u{1f600}\\n\u{1}]{0,90}"].prop_map(|text| quoted(&text));
    let leaf = prop_oneof![
        text.clone(),
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<u64>().prop_map(|value| value.to_string()),
        any::<f64>()
            .prop_filter("JSON has finite numbers", |value| value.is_finite())
            .prop_map(|value| format!("{value:e}")),
        Just("-0".to_owned()),
        Just("\"\\ud83d\\ude00\\/\\u0041\"".to_owned()),
    ];
    let space = prop::sample::select(vec!["", "", " ", "\n  ", "\t\r\n"]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let items = prop::collection::vec(inner.clone(), 0..6);
        let members = prop::collection::vec((text.clone(), inner), 0..6);
        prop_oneof![
            (items, space.clone()).prop_map(|(items, s)| format!("[{s}{}{s}]", items.join(&format!("{s},{s}")))),
            (members, space.clone()).prop_map(|(members, s)| {
                let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}{s}:{s}{value}")).collect();
                format!("{{{s}{}{s}}}", members.join(&format!("{s},{s}")))
            }),
        ]
    })
}

/// A JSON string, with `\u` escapes for some of the characters that need none.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for (at, character) in text.chars().enumerate() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\0'..' ' => write!(out, "\\u{:04x}", u32::from(character)).unwrap(),
            'a'..='z' if at % 7 == 6 => write!(out, "\\u{:04X}", u32::from(character)).unwrap(),
            _ => out.push(character),
        }
    }
    out + "\""
}

fn decoded(text: Text<'_>) -> String {
    let arena = bumpalo::Bump::new();
    let decoded = text.decode(&arena);
    assert_eq!(text.decode_bytes(&arena), decoded.as_bytes());
    let mut appended = b"before".to_vec();
    text.decode_to(&mut appended);
    assert_eq!(appended, [b"before", decoded.as_bytes()].concat());
    assert_eq!(text.has_escapes(), decoded != text.raw());
    assert!(text.eq(decoded) && text.eq_ignore_ascii_case(&decoded.to_ascii_uppercase()));
    assert!(!text.eq(&format!("{decoded}x")) && !text.eq_ignore_ascii_case(&format!("{decoded}x")));
    assert_eq!(text.eq(text.raw()), !text.has_escapes());
    decoded.to_owned()
}

/// Builds a value from the views.
fn rebuild(value: Value<'_>) -> serde_json::Value {
    assert_eq!(value.as_text().is_some(), value.kind() == Kind::String);
    assert_eq!(value.as_bool().is_some(), value.kind() == Kind::Bool);
    assert_eq!(value.as_f64().is_some(), value.kind() == Kind::Number);
    assert_eq!(value.is_null(), value.kind() == Kind::Null);
    assert!(value.kind() == Kind::Object || value.entries().next().is_none());
    assert!(value.kind() == Kind::Array || value.items().next().is_none());
    match value.kind() {
        Kind::Null => serde_json::Value::Null,
        Kind::Bool => value.as_bool().into(),
        Kind::String => value.as_text().map(decoded).into(),
        Kind::Array => value.items().map(rebuild).collect(),
        Kind::Object => {
            let members: serde_json::Map<_, _> = value.entries().map(|(k, v)| (decoded(k), rebuild(v))).collect();
            for (key, member) in &members {
                assert_eq!(&value.get(key).map(rebuild).unwrap(), member);
            }
            assert!(value.get("no such key").is_none());
            members.into()
        }
        Kind::Number => {
            let model: serde_json::Number = serde_json::from_str(value.raw()).unwrap();
            assert_eq!((value.as_i64(), value.as_u64()), (model.as_i64(), model.as_u64()), "{model}");
            let (ours, theirs) = (value.as_f64().unwrap(), model.as_f64().unwrap());
            assert!((ours - theirs).abs() <= ours.abs() * 1e-14 + 1e-320, "{ours} {theirs}");
            model.into()
        }
    }
}

#[test]
fn views_agree_with_serde_json() {
    let mut runner = TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&document(), |text| {
        let model: serde_json::Value = serde_json::from_str(&text).unwrap();
        let payload = format!(" {text}\n");
        let mut index = Index::new();
        let document = index.read(payload.as_bytes()).unwrap();
        assert_eq!(document.text(), payload);
        assert_eq!(document.root().raw(), text);
        assert_eq!(rebuild(document.root()), model, "{text}");
        Ok(())
    });
    outcome.unwrap();
}

/// Keeps the values of some keys, and visits those of one.
#[derive(Default)]
struct Shop {
    method: Span,
    stage: Span,
    headers: Span,
    context: Span,
    seen: usize,
}

impl Visitor for Shop {
    type Field = &'static str;

    const KEY_FILTER: u64 = key_filter(&Self::KEYS);

    fn field(key: &[u8]) -> Option<&'static str> {
        Self::KEYS.into_iter().find(|name| name.as_bytes() == key)
    }

    fn text(&mut self, field: &'static str, span: Span) -> Option<()> {
        self.seen += 1;
        *self.place(field)? = span;
        Some(())
    }

    fn member(&mut self, field: &'static str, member: Member<'_, '_>) -> Option<()> {
        self.seen += 1;
        if field == "requestContext" {
            self.context = member.visit(self)?;
            return Some(());
        }
        *self.place(field)? = member.take()?;
        Some(())
    }
}

impl Shop {
    const KEYS: [&'static str; 5] = ["httpMethod", "headers", "stage", "requestContext", "stop!"];

    fn place(&mut self, field: &str) -> Option<&mut Span> {
        Some(match field {
            "httpMethod" => &mut self.method,
            "headers" => &mut self.headers,
            "stage" => &mut self.stage,
            _ => return None,
        })
    }
}

#[test]
fn shows_the_wanted_keys() {
    let mut index = Index::new();
    let mut shop = Shop::default();
    let document = index.visit(EVENT.as_bytes(), &mut shop).unwrap();
    assert_eq!(document.value(shop.method).raw(), "\"POST\"");
    assert_eq!(document.value(shop.stage).as_text().unwrap().raw(), "prod");
    assert_eq!(document.value(shop.headers).get("Host").unwrap().raw(), "\"shop.example.com\"");
    assert_eq!(document.value(shop.context).get("accountId").unwrap().raw(), "\"123456789012\"");
    assert!(document.value(Span::ABSENT).is_null() && Span::default().is_absent());
    assert_eq!(document.root().raw(), EVENT);
    // Other keys are passed unseen, even those that share a bit with a wanted one.
    let mut shop = Shop::default();
    index.visit(br#"{"httpMethod":"GET","a":"b","c":[1],"hidden_":null,"d":{"stage":"x"}}"#, &mut shop).unwrap();
    assert_eq!(shop.seen, 1);
    assert_eq!(["a", "c", "d"].map(|key| key_bit(key.as_bytes()) & Shop::KEY_FILTER), [0; 3]);
    assert_ne!(key_bit(b"hidden_") & Shop::KEY_FILTER, 0);
}

#[test]
fn keys_with_escapes_are_decoded() {
    let cases = [
        (r#"{"\u0068ttpMethod":"A","x":1}"#, "\"A\""),
        (r#"{"a":"\n","b":[1],"h\u0074tpMethod":"B"}"#, "\"B\""),
        (r#"{"httpMethod":"C","a":"\"\"","httpMethod\u0021":"D"}"#, "\"C\""),
        (r#"{"httpMethod":"C","http\u004dethod":{"a":["\\"]}}"#, r#"{"a":["\\"]}"#),
        (r#"{"httpMethod":"C","requestContext":{"http\u004dethod":7}}"#, "7"),
    ];
    for (payload, method) in cases {
        for padding in some([0, 1, 30, 62, 63, 64, 65, 130]) {
            // The escape and the key are at different places in their blocks each time.
            let payload = format!("{{\"{:x>padding$}\":0,{}", "", &payload[1..]);
            let (mut index, mut shop) = (Index::new(), Shop::default());
            let document = index.visit(payload.as_bytes(), &mut shop).unwrap();
            assert_eq!(document.value(shop.method).raw(), method, "{payload}");
        }
    }
}

#[test]
fn a_visit_ends_if_the_visitor_says_so_and_at_every_fault() {
    let visit = |payload: &str| Index::new().visit(payload.as_bytes(), &mut Shop::default()).is_some();
    assert!(visit(r#" {"a":1} "#) && visit("{}") && visit(r#"{"requestContext":{},"stage":"a"}"#));
    assert!(!visit(r#"{"stop!":1}"#));
    assert!(!visit(r#"{"requestContext":[]}"#));
    for malformed in [" [1]", "true", "", "{", r#"{"a":1} x"#, r#"{"a":1]"#, r#"{"stage" "a"}"#, r#"{"stage":}"#] {
        assert!(!visit(malformed), "{malformed}");
    }
    for length in few(0..EVENT.len()) {
        assert!(!visit(&EVENT[..EVENT.floor_char_boundary(length)]), "{length}");
    }
}

#[test]
fn a_visit_has_the_verdict_of_the_walk_on_mutations() {
    // Each byte of an event is replaced by each structural byte: both walks over objects must refuse the same documents.
    for at in few(0..EVENT.len()) {
        for byte in some(*b"\"{}[]:,\\ 0n\x01") {
            let mut payload = EVENT.as_bytes().to_vec();
            payload[at] = byte;
            let visited = Index::new().visit(&payload, &mut Shop::default()).is_some();
            let read = Index::new().read(&payload).is_ok_and(|document| document.root().kind() == Kind::Object);
            let context_is_object = serde_json::from_slice::<serde_json::Value>(&payload)
                .is_ok_and(|event| event["requestContext"].is_object() || event.get("requestContext").is_none());
            assert_eq!(visited, read && context_is_object, "{}", String::from_utf8_lossy(&payload));
        }
    }
}

#[test]
fn spans_of_another_document_do_not_panic() {
    let (mut one, mut other) = (Index::new(), Index::new());
    let mut spans = Vec::new();
    let mut shop = Shop::default();
    one.visit(EVENT.as_bytes(), &mut shop).unwrap();
    spans.extend([shop.method, shop.stage, shop.headers, shop.context]);
    let payload = r#"{"\u00e9":["\ud83d\ude00", {"\\\u0041":1e5}, "\n"],"é":"中"}"#;
    for padding in some(0..payload.len()) {
        let padded = format!("{:padding$}{payload}", "");
        let document = other.read(padded.as_bytes()).unwrap();
        for &span in &spans {
            let value = document.value(span);
            let arena = bumpalo::Bump::new();
            let mut keys = Keys::default();
            keys.read(value);
            let found =
                |name| keys.text(document, keys.previous(document, usize::MAX, name, true)?).map(|(text, _)| text);
            let texts = value.entries().map(|(key, _)| key).chain(["A", "name"].iter().filter_map(|name| found(name)));
            let texts = texts.chain(value.as_text()).chain(value.as_single_text());
            let length: usize = texts.map(|text| text.decode(&arena).len()).sum();
            assert!(length + value.items().count() <= padded.len() * 6);
            let _ = (value.kind(), value.as_bool(), value.as_f64(), value.as_i64(), value.as_u64(), value.get("a"));
        }
    }
}

#[test]
fn the_index_keeps_its_high_water_mark_until_it_shrinks() {
    let mut index = Index::new();
    assert_eq!(index.capacity(), 0);
    let long = format!("[{}1]", "\"a\",".repeat(600));
    index.read(long.as_bytes()).unwrap();
    let grown = index.capacity();
    assert!(grown >= 600);
    index.read(EVENT.as_bytes()).unwrap();
    index.read(long.as_bytes()).unwrap();
    assert_eq!(index.capacity(), grown);
    index.shrink_to(128);
    assert!(index.capacity() < 300);
    index.read(EVENT.as_bytes()).unwrap();
    index.read(long.as_bytes()).unwrap();
}
