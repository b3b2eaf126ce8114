//! The rules of the documentation, by example.

use super::super::TrailingSlash::{Exact, Lenient};
use super::*;

/// Checks the result for each path: the rule that wins and its captures, or nothing.
fn check(slash: TrailingSlash, rules: &[&str], cases: &[(&str, &str)]) {
    let table = table(rules);
    for (path, expected) in cases {
        let found = get(&table, path, slash).unwrap_or_default();
        assert_eq!(found, *expected, "{path:?} in {rules:?}, {slash:?}");
    }
}

#[test]
fn the_most_explicit_rule_wins_in_any_order() {
    let rules = [".+", "/t/<id>", "/t/me", "/{rest...}", r"/t/{n:\d+}", "/t/a-<x>", "/t/a-b<x>", "/t/.+"];
    let cases = [
        ("/t/me", "/t/me"),
        ("/t/5", r"/t/{n:\d+} n=5"),
        ("/t/a-b", "/t/a-<x> x=b"),
        ("/t/a-bc", "/t/a-b<x> x=c"),
        ("/t/you", "/t/<id> id=you"),
        ("/t/you/x", "/t/.+"),
        ("/u", ".+"),
        ("/", ".+"),
    ];
    let mut turned = rules;
    for _ in 0..rules.len() {
        turned.rotate_left(1);
        check(Exact, &turned, &cases);
        turned.reverse();
        check(Exact, &turned, &cases);
    }
}

#[test]
fn between_equals_the_first_registered_wins() {
    check(Exact, &["/{a:[ab]}", "/{b:[bc]}"], &[("/b", "/{a:[ab]} a=b"), ("/c", "/{b:[bc]} b=c")]);
    check(Exact, &["/{b:[bc]}", "/{a:[ab]}"], &[("/b", "/{b:[bc]} b=b")]);
    check(Exact, &["/.+/a", "/.+/<x>", "/[^/]+/a"], &[("/x/a", "/.+/a"), ("/x/b", "/.+/<x> x=b")]);
}

#[test]
fn a_dead_end_leads_back() {
    check(
        Exact,
        &["/<a>/<b>", "/t/<id>/x", "/t/{n:[0-9]+}/y", "/<a>/<b>/z"],
        &[
            ("/t/5", "/<a>/<b> a=t b=5"),
            ("/t/5/x", "/t/<id>/x id=5"),
            ("/t/5/y", "/t/{n:[0-9]+}/y n=5"),
            ("/t/5/z", "/<a>/<b>/z a=t b=5"),
            ("/t/5/q", ""),
            ("/t", ""),
        ],
    );
}

#[test]
fn text_matches_itself() {
    check(
        Exact,
        &["/v1.0/x", "/a+b", "/logo.png", "/q?", "/{{x}}", "/a<b-c>", "/br/{id}", "/$", "/^a*"],
        &[
            ("/v1.0/x", "/v1.0/x"),
            ("/v1x0/x", ""),
            ("/a+b", "/a+b"),
            ("/aab", ""),
            ("/logoXpng", ""),
            ("/q?", "/q?"),
            ("/q", ""),
            ("/{x}", "/{{x}}"),
            ("/a<b-c>", "/a<b-c>"),
            ("/br/7", "/br/{id} id=7"),
            ("/$", "/$"),
            ("/^a*", "/^a*"),
            ("/Logo.png", ""),
        ],
    );
}

#[test]
fn parameters_match_any_nonempty_text() {
    for value in ["a b", "%2F", "é", "e\u{301}", "😀", "हिन्दी", "x²", "x\"y", "x?y", "x#y", "x\\y", "x\n", "<id>"]
    {
        let found = get(&table(&["/a/<id>"]), &format!("/a/{value}"), Exact);
        assert_eq!(found, Some(format!("/a/<id> id={value}")));
    }
    check(Exact, &["/a/<id>/b", "/<x>"], &[("/a//b", ""), ("/", "")]);
}

#[test]
fn parameters_share_a_segment() {
    check(
        Exact,
        &["/t/<a>-<b>", "/{name}.json", "/x<a><b>", r"/y{a:\d+}{b:\w+}", "/z{a:(a|ab)}{b:b*}c", "/w<a>-<b>-<c>.<d>"],
        &[
            ("/t/1-2-3", "/t/<a>-<b> a=1-2 b=3"),
            ("/t/-", ""),
            ("/t/a-", ""),
            ("/t/-a-", ""),
            ("/t/---", "/t/<a>-<b> a=- b=-"),
            ("/a.json", "/{name}.json name=a"),
            ("/.json", ""),
            ("/a.json.json", "/{name}.json name=a.json"),
            ("/xabé", "/x<a><b> a=ab b=é"),
            ("/xa", ""),
            ("/y123", r"/y{a:\d+}{b:\w+} a=12 b=3"),
            ("/y1x", r"/y{a:\d+}{b:\w+} a=1 b=x"),
            ("/zabbc", "/z{a:(a|ab)}{b:b*}c a=ab b=b"),
            ("/zabc", "/z{a:(a|ab)}{b:b*}c a=a b=b"),
            ("/wa-b-c-d.e", "/w<a>-<b>-<c>.<d> a=a-b b=c c=d d=e"),
        ],
    );
}

#[test]
fn a_bare_regex_may_span_slashes() {
    check(
        Exact,
        &["/between/.+/end", r"/items/\d+", "/any/.+", r"/n/(a|b/c)/<x>", "/d/.+/<a>/x/{b...}"],
        &[
            ("/between/a/end", "/between/.+/end"),
            ("/between/a/b/end", "/between/.+/end"),
            ("/between/end", ""),
            ("/between//end", ""),
            ("/items/12", r"/items/\d+"),
            ("/items/1x", ""),
            ("/items/1/2", ""),
            ("/any/x/", "/any/.+"),
            ("/any//", "/any/.+"),
            ("/any/", ""),
            ("/any", ""),
            ("/n/b/c/d", "/n/(a|b/c)/<x> x=d"),
            ("/n/a/d", "/n/(a|b/c)/<x> x=d"),
            ("/d/1/2/x/3/x/4/5", "/d/.+/<a>/x/{b...} a=3 b=4/5"),
            ("/d/1/2/x/", ""),
        ],
    );
}

#[test]
fn a_rule_without_a_slash_matches_from_the_start() {
    let cases = [("/", ".+"), ("/a/b", ".+"), ("", ""), ("x", ".+")];
    check(Exact, &[".+"], &cases);
    check(Exact, &[".*"], &[("", ".*"), ("/a", ".*")]);
    check(Exact, &["(/a)+/<x>"], &[("/a/a/b", "(/a)+/<x> x=b"), ("/b", ""), ("/a/a", "(/a)+/<x> x=a")]);
    check(Exact, &[".*/<x>"], &[("/b", ".*/<x> x=b"), ("/a/b", ".*/<x> x=b")]);
}

#[test]
fn a_catch_all_takes_the_rest() {
    let rules = ["/files/{path...}", "/p/{proxy+}", "/p", "/p/<x>/y"];
    let cases = [
        ("/files/a", "/files/{path...} path=a"),
        ("/files/a/b//c/", "/files/{path...} path=a/b//c/"),
        ("/files//", "/files/{path...} path=/"),
        ("/files/", ""),
        ("/files", ""),
        ("/p/x/y", "/p/<x>/y x=x"),
        ("/p/x/z", "/p/{proxy+} proxy=x/z"),
    ];
    check(Exact, &rules, &cases);
    check(Lenient, &rules, &cases);
    check(Lenient, &rules, &[("/p/", "/p"), ("/p//", "/p"), ("/p/x/y/", "/p/<x>/y x=x")]);
}

#[test]
fn trailing_slashes_exact() {
    check(
        Exact,
        &["/t", "/s/", "/u//", "/", "/r/.+/"],
        &[
            ("/t", "/t"),
            ("/t/", ""),
            ("/t//", ""),
            ("/s", ""),
            ("/s/", "/s/"),
            ("/s//", ""),
            ("/u//", "/u//"),
            ("/u/", ""),
            ("/", "/"),
            ("//", ""),
            ("", ""),
            ("/r/x/", "/r/.+/"),
            ("/r/x", ""),
        ],
    );
}

#[test]
fn trailing_slashes_lenient() {
    let both = [("/t", "/t"), ("/t/", "/t"), ("/t//", "/t"), ("/", "/"), ("", "/"), ("//", "/"), ("/a//t", "/a//t")];
    check(Lenient, &["/t", "/", "/a//t"], &both);
    check(Lenient, &["/s/"], &[("/s", "/s/"), ("/s/", "/s/"), ("/s//", "/s/"), ("/s/x", "")]);
    check(Lenient, &["/s", "/s/"], &[("/s", "/s"), ("/s/", "/s/")]);
    check(Lenient, &["/s/", "/s"], &[("/s", "/s"), ("/s/", "/s/")]);
    check(Lenient, &["/u/<x>"], &[("/u/1/", "/u/<x> x=1"), ("/u/1//", "/u/<x> x=1"), ("/u/", "")]);
    let any = [("/any/x", "/any/.+"), ("/any/x/", "/any/.+"), ("/any//", "/any/.+"), ("/any/", ""), ("/any", "")];
    check(Lenient, &["/any/.+"], &any);
    check(Lenient, &[r"/n/\d+"], &[("/n/5", r"/n/\d+"), ("/n/5//", r"/n/\d+"), ("/n/", "")]);
    check(Lenient, &["/m/.+/<x>"], &[("/m/1/2/", "/m/.+/<x> x=2"), ("/m/1/", "")]);
    check(Lenient, &["/", ".+"], &[("/", "/"), ("//", "/"), ("", "/"), ("/a", ".+")]);
}

#[test]
fn a_decoded_slash_stays_in_its_segment() {
    let table = table(&["/a/<x>", "/a/<x>/<y>", r"/b/{x:[^/]+}", "/c/{x...}", "/d/{x:.+}", "/e/[^/]+", "/f/"]);
    let cases = [
        ("/a/b/c", &[0, 2][..], Some(("/a/<x>", vec!["x=b/c"]))),
        ("/a//", &[0, 2], Some(("/a/<x>", vec!["x=/"]))),
        ("/b/x/y", &[0, 2], None),
        ("/c/x/y", &[0, 2], Some(("/c/{x...}", vec!["x=x/y"]))),
        ("/d/x/y", &[0, 2], Some(("/d/{x:.+}", vec!["x=x/y"]))),
        ("/e/x/y", &[0, 2], None),
        ("/f/", &[0], None),
    ];
    for (text, slashes, expected) in cases {
        for slash in [Exact, Lenient] {
            let escaped = escaped(text, slashes);
            let found = find(&table, "GET", Path { text, escaped: &escaped }, slash);
            let expected =
                expected.clone().map(|(rule, captures)| (rule, captures.iter().map(|c| c.to_string()).collect()));
            assert_eq!(found, expected, "{text:?}");
        }
    }
}

/// A lookup uses one of several forms of the path, depending on its length.
#[test]
fn paths_of_any_length_are_found() {
    let letters: String = ('a'..='z').cycle().take(80).collect();
    for len in (2..=80).step_by(if cfg!(miri) { 31 } else { 1 }) {
        let (whole, half) = (&letters[..len - 1], &letters[..len / 2]);
        let mut other = whole.to_owned();
        other.replace_range(other.len() / 2..=other.len() / 2, "-");
        let captured = |text: &str| vec![format!("x={text}")];
        let rules = [format!("/{whole}"), "/<x>".into(), format!("/{half}/<x>"), format!("/{half}/z/<x>/")];
        let table = table(&rules.each_ref().map(String::as_str));
        let paths = [
            (format!("/{whole}"), Some((rules[0].as_str(), vec![]))),
            (format!("/{other}"), Some(("/<x>", captured(&other)))),
            (format!("/{half}/{whole}"), Some((rules[2].as_str(), captured(whole)))),
            (format!("/{half}/z/{whole}"), None),
        ];
        for (path, expected) in paths {
            assert_eq!(find(&table, "GET", plain(&path), Exact), expected, "{path}");
            assert_eq!(find(&table, "GET", plain(&format!("{path}//")), Exact), None, "{path}//");
            let behind = find(&table, "GET", plain(&format!("{path}/")), Exact);
            let with_slash = Some((rules[3].as_str(), captured(whole)));
            assert_eq!(behind, if expected.is_none() { with_slash.clone() } else { None }, "{path}/");
            let lenient = expected.or(with_slash);
            for end in ["", "/", "//"] {
                assert_eq!(find(&table, "GET", plain(&format!("{path}{end}")), Lenient), lenient, "{path}{end}");
            }
        }
    }
}

#[test]
fn methods_of_any_length_differ() {
    let methods = ["GET", "DELETE", "OPTIONS", "PROPFIND", "PROPPATCH", "MKCALENDAR"];
    let mut rules = Rules::default();
    for method in methods {
        rules.add(method, "/t");
    }
    let table = rules.build().unwrap_or_else(|errors| panic!("{errors}"));
    let mut scratch = Scratch::new();
    for (number, method) in (0..).zip(methods) {
        for method in [method.to_owned(), method.to_lowercase()] {
            assert_eq!(table.lookup(&method, plain("/t"), Exact, &mut scratch), Some(number), "{method}");
        }
    }
    for method in ["", "G", "GETS", "OPTION", "OPTIONSS", "MKCALENDAS", "\0\0\0\0\0\0\0", "\u{7f}"] {
        assert_eq!(table.lookup(method, plain("/t"), Exact, &mut scratch), None, "{method:?}");
    }
}

#[test]
fn a_rule_of_another_method_hides_nothing() {
    let mut rules = Rules::default();
    let ids = [("post", "/t/me"), ("GET", "/t/<id>"), ("PUT", "/t/{n:[a-z]+}"), ("CUSTOM", "/{all...}"), ("GET", ".+")]
        .map(|(method, rule)| rules.add(method, rule));
    assert_eq!(ids, [0, 1, 2, 3, 4]);
    let table = rules.build().unwrap_or_else(|errors| panic!("{errors}"));
    let path = plain("/t/me");
    let mut scratch = Scratch::new();
    let mut find = |method| table.lookup(method, path, Exact, &mut scratch);
    assert_eq!(
        ["POST", "get", "Put", "custom", "DELETE", ""].map(&mut find),
        [Some(0), Some(1), Some(2), Some(3), None, None]
    );
    assert_eq!((table.len(), table.rule(0)), (5, "/t/me"));
    let allowed = |text: &str, slash| {
        let mut methods = Vec::new();
        table.allowed(plain(text), slash, &mut Scratch::new(), &mut |method| methods.push(method.to_owned()));
        methods.join(" ")
    };
    assert_eq!(allowed("/t/me", Exact), "POST GET PUT CUSTOM");
    assert_eq!(allowed("/t/5", Exact), "GET CUSTOM");
    assert_eq!(allowed("/t/me/", Exact), "GET CUSTOM");
    assert_eq!(allowed("/t/me/", Lenient), "POST GET PUT CUSTOM");
    assert_eq!(allowed("", Lenient), "");
}

#[test]
fn an_empty_table_finds_nothing() {
    assert_eq!(get(&table(&[]), "/", Lenient), None);
}

#[test]
#[cfg_attr(miri, ignore = "ten thousand segments take Miri minutes")]
fn deep_and_wide_paths_are_found() {
    let deep = "/x".repeat(10_000);
    check(Exact, &["/{a...}"], &[(&deep, &format!("/{{a...}} a={}", &deep[1..]))]);
    check(Lenient, &["/.+/<a>", "/.+/y"], &[(&deep, "/.+/<a> a=x")]);
    let table = table(&[&deep, "/<a>"]);
    assert_eq!(get(&table, &deep, Exact), Some(deep));
    let numbered: Vec<String> = (0..500).map(|n| format!("/api/resource-{n}/<id>")).collect();
    let table = super::table(&numbered.iter().map(String::as_str).collect::<Vec<_>>());
    for (n, rule) in numbered.iter().enumerate() {
        assert_eq!(get(&table, &format!("/api/resource-{n}/7"), Exact), Some(format!("{rule} id=7")));
    }
}
