//! The crate `percent-encoding` is the reference, except for malformed escapes: it keeps them in paths too.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;

use super::*;

/// The number of cases in the randomised tests.
pub(super) fn config() -> ProptestConfig {
    let given = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok());
    let cases = given.unwrap_or(if cfg!(miri) { 1 } else { 256 });
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The decoded path and its segments.
fn path(raw: &str, encoded: bool) -> Result<(String, Vec<String>), MalformedPath> {
    let arena = Bump::new();
    let mut escaped = vec![77, 88];
    let text = decode_path(&arena, raw, encoded, &mut escaped)?;
    assert!(escaped.is_sorted() && escaped.iter().all(|&slash| text.as_bytes()[slash as usize] == b'/'));
    let mut segments = Vec::new();
    let mut start = 0;
    for (slash, _) in text.match_indices('/').filter(|(at, _)| !escaped.contains(&(*at as u32))) {
        segments.push(text[start..slash].to_string());
        start = slash + 1;
    }
    segments.push(text[start..].to_string());
    Ok((text.to_string(), segments))
}

fn component(raw: &str) -> String {
    decode_query_component(&Bump::new(), raw).to_string()
}

fn has_malformed_escape(raw: &str) -> bool {
    raw.split('%').skip(1).any(|after| {
        let digits = after.as_bytes().iter().take(2).take_while(|byte| byte.is_ascii_hexdigit());
        digits.count() < 2
    })
}

/// A raw string with many escapes, valid and invalid.
fn raw() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z/é+&=%]{0,3}",
        Just("%2F".to_string()),
        Just("%2f%C3%A9".to_string()),
        Just("%F0%9F%98%80".to_string()),
        "%[0-9a-fA-F]{2}",
        "%[89a-fA-F][0-9a-f]",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

#[test]
fn paths() {
    let segments = |raw| path(raw, true).unwrap().1;
    assert_eq!(segments("/a/b"), ["", "a", "b"]);
    assert_eq!(segments("/a%2Fb/c"), ["", "a/b", "c"]);
    assert_eq!(segments("/%2F%2f/"), ["", "//", ""]);
    assert_eq!(segments("/caf%C3%A9/+/%F0%9f%98%80"), ["", "café", "+", "😀"]);
    assert_eq!(segments("/%25/%2525"), ["", "%", "%25"]);
    assert_eq!(segments(""), [""]);
    assert_eq!(segments("//%20"), ["", "", " "]);
    assert_eq!(segments("/%00%7f"), ["", "\0\x7f"]);
}

#[test]
fn malformed_paths() {
    for raw in ["%", "/%", "/%4", "/%zz", "/%4z", "/%z4", "/%+1", "/%-1", "/%%41", "/%é", "/a%2", "/%C3", "/%C3/%A9"] {
        assert_eq!(path(raw, true), Err(MalformedPath), "{raw}");
    }
    for raw in ["/%FF", "/%C0%AF", "/%ED%A0%80", "/%F4%90%80%80", "/%A9", "/%C3é", "/é%A9", "/%E2%82"] {
        assert_eq!(path(raw, true), Err(MalformedPath), "{raw}");
    }
    assert_eq!(MalformedPath.to_string(), "Malformed path");
}

#[test]
fn a_decoded_path_is_taken_as_it_is() {
    for raw in ["/a%2Fb", "/%", "/100%/%zz"] {
        let (text, segments) = path(raw, false).unwrap();
        assert_eq!(text, raw);
        assert_eq!(segments, raw.split('/').collect::<Vec<_>>());
    }
}

#[test]
fn text_without_escapes_is_borrowed() {
    let arena = Bump::new();
    let before = arena.allocated_bytes();
    let raw = "/plain/é";
    assert_eq!(decode_path(&arena, raw, true, &mut Vec::new()).unwrap().as_ptr(), raw.as_ptr());
    assert_eq!(decode_query_component(&arena, raw).as_ptr(), raw.as_ptr());
    assert_eq!(arena.allocated_bytes(), before);
}

#[test]
fn query_components() {
    let cases = [
        ("", ""),
        ("a+b%20c%2Bd", "a b c+d"),
        ("%C3%A9+%f0%9F%98%80", "é 😀"),
        ("100%", "100%"),
        ("%4", "%4"),
        ("%zz%41%%41", "%zzA%A"),
        ("%é%A9", "%é%A9"),
        ("%FF%C3%A9%fe", "%FFé%fe"),
        ("%E2%82A%41", "%E2%82AA"),
        ("%E2%C3%A9", "%E2é"),
        ("%E2%82%AC%E2%82", "€%E2%82"),
        ("%ED%A0%80%C0%AF", "%ED%A0%80%C0%AF"),
        ("%C3+%A9", "%C3 %A9"),
        ("%C3%zz", "%C3%zz"),
        ("%C3%4", "%C3%4"),
        ("%2525%+1", "%25% 1"),
        ("%00", "\0"),
    ];
    for (raw, expected) in cases {
        assert_eq!(component(raw), expected, "{raw}");
    }
}

#[test]
fn query_pairs() {
    let pairs = |query| QueryPairs::new(query).collect::<Vec<_>>();
    assert_eq!(pairs(""), []);
    assert_eq!(pairs("&&"), []);
    assert_eq!(pairs("a=1"), [("a", "1")]);
    assert_eq!(pairs("a=1&a=2&&b"), [("a", "1"), ("a", "2"), ("b", "")]);
    assert_eq!(pairs("&a=b=c&=v&=&x=&"), [("a", "b=c"), ("", "v"), ("", ""), ("x", "")]);
    assert_eq!(pairs("é=%26+&;=?"), [("é", "%26+"), (";", "?")]);
}

#[test]
fn encoding() {
    let mut out = b"kept".to_vec();
    encode_component(&mut out, "aZ09-._~ /é+%\n");
    assert_eq!(out, b"keptaZ09-._~%20%2F%C3%A9%2B%25%0A");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_last_value_is_that_of_the_last_pair(
        pieces in prop::collection::vec("(a|b|ab|%61|%6|%C3%A9|é|\\+|=|&|%){0,3}(=[a+%é]{0,2})?", 0..6),
    ) {
        let (arena, query) = (Bump::new(), pieces.join("&"));
        let decode = |text| decode_query_component(&arena, text);
        for name in ["", "a", "b", "ab", "é", " ", "a ", "%6", "=", "%", "aé"] {
            let last = QueryPairs::new(&query).filter(|(own, _)| decode(own) == name).last();
            assert_eq!(last_value(&arena, &query, name), last.map(|(_, value)| decode(value)), "{name:?} in {query:?}");
        }
    }

    #[test]
    fn a_path_decodes_as_the_reference_does(raw in raw()) {
        let expected = if has_malformed_escape(&raw) {
            Err(MalformedPath)
        } else {
            let whole = |text: &str| percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| MalformedPath);
            let segments: Result<Vec<_>, _> = raw.split('/').map(whole).collect();
            segments.and_then(|segments| Ok((whole(&raw)?, segments)))
        };
        prop_assert_eq!(path(&raw, true), expected);
    }

    #[test]
    fn a_good_component_decodes_as_the_reference_does(raw in raw()) {
        // Without the slashes of a path in between, the reference decides whether the escapes are UTF-8.
        let spaced = raw.replace('+', " ");
        match percent_decode_str(&spaced).decode_utf8() {
            Ok(expected) => prop_assert_eq!(component(&raw), expected),
            Err(_) => prop_assert!(component(&raw).contains('%')),
        }
    }

    #[test]
    fn a_component_keeps_exactly_the_bytes_that_are_not_utf8(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
        let raw: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
        let expected: String = bytes
            .utf8_chunks()
            .map(|chunk| {
                let kept: String = chunk.invalid().iter().map(|byte| format!("%{byte:02x}")).collect();
                chunk.valid().to_string() + &kept
            })
            .collect();
        prop_assert_eq!(component(&raw), expected);
    }

    #[test]
    fn encoded_text_decodes_to_itself(text in "(?s).{0,30}") {
        let mut out = Vec::new();
        encode_component(&mut out, &text);
        let encoded = String::from_utf8(out).unwrap();
        const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        prop_assert_eq!(&encoded, &utf8_percent_encode(&text, ESCAPED).to_string());
        prop_assert_eq!(&component(&encoded), &text);
        prop_assert_eq!(path(&encoded, true), Ok((text.clone(), vec![text])));
    }
}
