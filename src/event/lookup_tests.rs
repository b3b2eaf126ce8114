//! Look-ups compared with walks over all members, on events of every kind that has maps.

use proptest::prelude::*;

use super::*;
use crate::event::{Event, Fields};
use crate::json::Index;

/// Compares every look-up of these names with a walk over what the event shows.
fn check(payload: &str, names: &[&str]) {
    let (mut index, mut fields, arena) = (Index::new(), Fields::new(), Bump::new());
    let (event, refused) = Event::decode(&mut index, &mut fields, payload.as_bytes(), None);
    if refused.is_some() {
        return;
    }
    let lookup = LookupTables::default();
    let headers: Vec<_> = event.headers(&arena).collect();
    let query: Vec<_> = event.query(&arena).collect();
    let cookies: Vec<_> = event.cookies(&lookup, &arena).collect();
    assert_eq!(event.query_list(&arena), query, "{payload}");
    let all_named = |pairs: &[(&'_ str, &'_ str)], is_named: &dyn Fn(&str) -> bool| -> Vec<String> {
        pairs.iter().filter(|(own, _)| is_named(own)).map(|(_, value)| (*value).to_owned()).collect()
    };
    for name in names {
        let wanted = all_named(&headers, &|own| own.eq_ignore_ascii_case(name));
        assert_eq!(event.header_values(&lookup, &arena, name).collect::<Vec<_>>(), wanted, "{name:?} in {payload}");
        let last = event.header(&lookup, &arena, name).map(str::to_owned);
        assert_eq!(last.as_ref(), wanted.last(), "{name:?} in {payload}");
        let wanted = all_named(&query, &|own| own == *name);
        assert_eq!(event.query_values(&lookup, &arena, name).collect::<Vec<_>>(), wanted, "{name:?} in {payload}");
        let last = event.query_value(&lookup, &arena, name).map(str::to_owned);
        assert_eq!(last.as_ref(), wanted.last(), "{name:?} in {payload}");
        let wanted = all_named(&cookies, &|own| own == *name);
        let last = event.cookie(&lookup, &arena, name).map(str::to_owned);
        assert_eq!(last.as_ref(), wanted.last(), "{name:?} in {payload}");
    }
}

/// Names of members around the maps: none of them is a header field or a parameter.
const AROUND: [&str; 9] =
    ["isBase64Encoded", "isbase64encoded", "body", "path", "method", "stage", "resource", "requestContext", "version"];

#[test]
fn members_after_a_map_are_not_in_it() {
    let load_balancer = r#""requestContext":{"elb":{"targetGroupArn":"x"}},"httpMethod":"GET","path":"/""#;
    for rest in [
        r#""multiValueHeaders":{"host":["h"]},"body":"secret","isBase64Encoded":false"#,
        r#""multiValueHeaders":{"host":["h"], "x-a":"1"},"body":"""#,
        r#""queryStringParameters":{"":["2"]},"body":"zz","isBase64Encoded":false,"b":"c""#,
        r#""multiValueQueryStringParameters":{"q":["h"], "x-a":"1"},"body":"""#,
    ] {
        check(&format!("{{{load_balancer},{rest}}}"), &["host", "x-a", "body", "isBase64Encoded", "q", "b", ",\"body"]);
    }
}

#[test]
fn the_samples_have_no_members_of_the_event_in_their_maps() {
    let mut samples = 0;
    for folder in ["tests/events", "tests/events/published"] {
        for entry in std::fs::read_dir(folder).expect("the folder of samples") {
            let path = entry.expect("a sample").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                check(&std::fs::read_to_string(&path).expect("a sample"), &AROUND);
                samples += 1;
            }
        }
    }
    assert!(samples > 20, "{samples} samples");
}

/// A map in one of the forms that gateways write, or in another.
fn map() -> impl Strategy<Value = String> {
    let names = [
        "",
        "a",
        "A",
        "b",
        "cookie",
        "Cookie",
        "c\\u006fokie",
        "%61",
        "a%20b",
        "a+b",
        "\u{e9}",
        "\\u00e9",
        "x-long-name",
        "X-LONG-NAME",
        "q\\\"",
        "stage",
    ];
    let values = [
        r#""1""#,
        r#"["2"]"#,
        r#""""#,
        "[]",
        r#"["3","4"]"#,
        "null",
        "5",
        r#"{"a":"6"}"#,
        r#"["a=b; c=\"d\""]"#,
        r#""a=1;a=2; b = x ""#,
        r#"["%41+",true]"#,
        r#"[["a"]]"#,
    ];
    let member = (prop::sample::select(names.to_vec()), prop::sample::select(values.to_vec()));
    let comma = prop::sample::select(vec![",", ", ", " ,"]);
    let colon = prop::sample::select(vec![":", ":", ": "]);
    (prop::collection::vec(member, 0..6), comma, colon, any::<bool>()).prop_map(
        |(members, comma, colon, is_uniform)| {
            let first = members.first().map_or("null", |(_, value)| value);
            let written: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("\"{name}\"{colon}{}", if is_uniform { first } else { value }))
                .collect();
            format!("{{{}}}", written.join(comma))
        },
    )
}

const HEADS: [&str; 6] = [
    r#""requestContext":{"elb":{"targetGroupArn":"x"}},"httpMethod":"GET","path":"/""#,
    r#""requestContext":{"requestId":"x","stage":"s","resourcePath":"/","httpMethod":"GET"},"resource":"/","httpMethod":"GET","path":"/""#,
    r#""version":"1.0","requestContext":{"requestId":"x","stage":"s","httpMethod":"GET"},"resource":"/","httpMethod":"GET","path":"/""#,
    r#""version":"2.0","routeKey":"$default","rawPath":"/","rawQueryString":"a=1&&b&=c&%61=2&a%20b=+&q%22=%ff","requestContext":{"http":{"method":"GET","path":"/"},"domainName":"d","stage":"$default"}"#,
    r#""version":"2.0","routeKey":"$default","rawPath":"/","requestContext":{"http":{"method":"GET","path":"/"},"domainName":"d","stage":"$default"}"#,
    r#""raw_path":"/?a=1&b=2&a=%33","method":"GET""#,
];

/// The number of random cases: `GATEWIRE_CASES`, few under Miri.
fn cases() -> u32 {
    let given = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok());
    given.unwrap_or(if cfg!(miri) { 2 } else { 1000 })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn look_ups_find_what_a_walk_finds(
        maps in prop::collection::vec(prop::option::of(map()), 4),
        head in prop::sample::select(&HEADS[..]),
        tail in prop::sample::select(vec!["", r#","body":"zz","isBase64Encoded":false,"b":"c""#]),
        cookies in prop::sample::select(vec!["", r#""cookies":["a=1","b=2; a=3"],"#, r#""cookies":[],"#, r#""cookies":[1,""],"#]),
    ) {
        let fields = ["headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters"];
        let written: String = fields
            .iter()
            .zip(&maps)
            .filter_map(|(field, map)| Some(format!(",\"{field}\":{}", map.as_ref()?)))
            .collect();
        let names = ["", "a", "A", "b", "cookie", "%61", "a b", "a%20b", "a+b", "\u{e9}", "x-long-name", "q\"", "c"];
        check(&format!("{{{cookies}{head}{written}{tail}}}"), &[&names[..], &AROUND].concat());
    }
}
