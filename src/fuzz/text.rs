//! Strings and their encodings, compared with widely used crates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bumpalo::Bump;

use crate::codec::base64 as own_base64;
use crate::http::percent::{QueryPairs, decode_path, decode_query_component, encode_component};
use crate::json::write::{Nested, Plain, escape, escape_by_every_isa, push_string};
use crate::json::{Index, check, scan_by_every_isa, unescape};

/// Scans with every instruction set. The oracles are the scalar scan, `serde_json` and the plain checker.
pub fn scan(payload: &[u8]) {
    // At every relevant place in a block of 64 bytes, and twice, so that a block has another one before it.
    for blanks in [0, 1, 31, 63] {
        let document = [&b" ".repeat(blanks)[..], payload].concat();
        let mut found = scan_by_every_isa(&document);
        let first = found.next().expect("there is a scalar path");
        found.for_each(|other| assert_eq!(other, first, "after {blanks} blanks"));
        if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&document) {
            assert_eq!(first.map(|ends| ends.len()), Some(strings(&document)), "{value}");
        }
        assert_eq!(Index::new().read(&document).is_ok(), check(&document).is_ok());
    }
}

/// Returns the number of strings in a valid document: every second unescaped quote ends one.
fn strings(document: &[u8]) -> usize {
    let (mut quotes, mut bytes) = (0, document.iter());
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => quotes += 1,
            _ => {}
        }
    }
    quotes / 2
}

/// JSON strings, base64, paths and queries.
pub fn text(data: &[u8]) {
    base64(data);
    json_string(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    escapes(text);
    path(text);
    query(text);
}

/// A document that is a string must have the same value as in `serde_json`.
fn json_string(data: &[u8]) {
    let quoted = [b"\"", data, b"\""].concat();
    let wanted = serde_json::from_slice::<String>(&quoted).ok();
    let (mut index, arena) = (Index::new(), Bump::new());
    let document = index.read(&quoted).ok();
    let text = document.and_then(|document| document.root().as_text());
    let text = text.filter(|text| text.raw().len() == data.len());
    assert_eq!(text.map(|text| text.decode(&arena)), wanted.as_deref());
    let (Some(text), Some(wanted)) = (text, wanted) else { return };
    assert!(text.eq(&wanted) && text.eq_ignore_ascii_case(&wanted.to_ascii_uppercase()));
    assert!(!text.eq(&format!("{wanted}x")));
    let mut out = b"kept".to_vec();
    text.decode_to(&mut out);
    assert_eq!(out, [b"kept", wanted.as_bytes()].concat());
}

/// Escaping must produce the output of `serde_json`, at both levels, and be reversible.
fn escapes(text: &str) {
    let plain = serde_json::to_string(text).expect("text is JSON");
    let mut out = Vec::new();
    push_string::<Plain>(&mut out, text);
    assert_eq!(out, plain.as_bytes());
    let mut read = Vec::new();
    unescape(&out[1..out.len() - 1], &mut read);
    assert_eq!(read, text.as_bytes());
    let nested = serde_json::to_string(&plain).expect("text is JSON");
    out.clear();
    push_string::<Nested>(&mut out, text);
    assert_eq!(out, &nested.as_bytes()[1..nested.len() - 1]);
    out.clear();
    escape::<Plain>(&mut out, text);
    assert_eq!(out, &plain.as_bytes()[1..plain.len() - 1]);
    escape_by_every_isa(text.as_bytes()).for_each(|escaped| assert_eq!(escaped, out));
}

fn base64(data: &[u8]) {
    let (mut encoded, arena) = (Vec::new(), Bump::new());
    own_base64::encode_append(&mut encoded, data);
    assert_eq!(encoded, STANDARD.encode(data).as_bytes());
    assert_eq!(own_base64::decode(&arena, &encoded).map(|bytes| &*bytes), Ok(data));
    let wanted = STANDARD.decode(data).ok();
    assert_eq!(own_base64::decode(&arena, data).ok().as_deref(), wanted.as_deref());
}

/// A path must decode to the meaning of its escapes, if all of them are valid.
fn path(text: &str) {
    let (arena, mut slashes) = (Bump::new(), vec![7]);
    let good = text.split('%').skip(1).all(|rest| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2);
    let wanted = percent_encoding::percent_decode_str(text).decode_utf8().ok().filter(|_| good);
    let decoded = decode_path(&arena, text, true, &mut slashes);
    assert_eq!(decoded.ok(), wanted.as_deref());
    if let Ok(decoded) = decoded {
        // All slashes are either escaped or not.
        assert!(slashes.iter().all(|&at| decoded.as_bytes()[at as usize] == b'/') && slashes.is_sorted());
        let count = |text: &str| text.bytes().filter(|&byte| byte == b'/').count();
        assert_eq!(count(decoded), count(text) + slashes.len());
    }
    let mut encoded = Vec::new();
    encode_component(&mut encoded, text);
    let encoded = String::from_utf8(encoded).expect("escapes are ASCII");
    assert_eq!(decode_path(&arena, &encoded, true, &mut slashes), Ok(text));
    assert_eq!(decode_query_component(&arena, &encoded), text);
}

/// A query must have the same meaning as in a browser, except that escapes of no character stay unchanged.
fn query(text: &str) {
    let arena = Bump::new();
    let decode = |(name, value)| (decode_query_component(&arena, name), decode_query_component(&arena, value));
    let own: Vec<(&str, &str)> = QueryPairs::new(text).map(decode).collect();
    let wanted: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
    assert_eq!(own.len(), wanted.len());
    for ((name, value), wanted) in own.iter().zip(&wanted) {
        for (own, wanted) in [(name, &wanted.0), (value, &wanted.1)] {
            assert!(wanted.contains('\u{fffd}') || *own == wanted, "{own:?} {wanted:?}");
        }
    }
}
