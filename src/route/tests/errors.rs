//! The errors for invalid rules.

use super::super::{RouteErrorKind as Kind, RouteErrors};
use super::*;

fn errors(rules: &[(&str, &str)]) -> RouteErrors {
    let mut all = Rules::default();
    for (method, rule) in rules {
        all.add(method, rule);
    }
    all.build().err().unwrap_or_else(|| panic!("{rules:?} builds"))
}

#[test]
fn each_mistake_is_named() {
    let name = |text: &str| Kind::ParameterName(text.into());
    let cases = [
        ("", Kind::NoLeadingSlash),
        ("a", Kind::NoLeadingSlash),
        (r"{x:\d+}", Kind::NoLeadingSlash),
        ("a/.+", Kind::NoLeadingSlash),
        ("/a{b", Kind::Unclosed('{')),
        ("/a[b", Kind::Unclosed('[')),
        ("/a(b/c", Kind::Unclosed('(')),
        ("/{x:[a}", Kind::Unclosed('[')),
        ("/a}b", Kind::LoneBrace),
        ("/{x}}", Kind::LoneBrace),
        ("/{}", name("{}")),
        ("/{a-b}", name("{a-b}")),
        ("/{1}", name("{1}")),
        ("/{x:}", name("{x:}")),
        ("/{...}", name("{...}")),
        ("/<id>/{id}", Kind::DuplicateParameter("id".into())),
        ("/<a>/<id>/<id>", Kind::DuplicateParameter("id".into())),
        ("/{a...}/b", Kind::CatchAllPosition("a".into())),
        ("/{a...}/", Kind::CatchAllPosition("a".into())),
        ("/{z}/x{a+}", Kind::CatchAllPosition("a".into())),
        ("/{z}/{a+}x", Kind::CatchAllPosition("a".into())),
        ("/{z}/{a...}/{b...}", Kind::CatchAllPosition("a".into())),
        ("/v(1|2)-<x>", Kind::ParameterInRegex("v(1|2)-<x>".into())),
        ("/[ab]{2}<x>", Kind::ParameterInRegex("[ab]{2}<x>".into())),
        ("/[ab]{x}", Kind::ParameterInRegex("[ab]{x}".into())),
        ("/files/(?P<p>.+)", Kind::NamedGroup("p".into())),
        ("/{x:(?<p>a)}", Kind::NamedGroup("p".into())),
        ("/alt/a|/alt/b", Kind::CutAlternative("a|".into())),
    ];
    for (rule, kind) in cases {
        let errors = errors(&[("GET", rule)]);
        let error = errors.iter().next().expect("there is one");
        assert_eq!(*error.kind(), kind, "{rule}");
        assert_eq!(error.rule(), format!("GET {rule}"));
        assert!(error.to_string().starts_with(&format!("GET {rule}: ")), "{error}");
    }
}

/// The error for another framework's rule says how to write it.
#[test]
fn the_syntax_of_other_frameworks_is_named() {
    let cases = [
        ("/:id", "{id}; as plain text it is written \\:id"),
        ("/users/:id/posts", "{id}; as plain text it is written \\:id"),
        ("/:file.json", "{file}; as plain text it is written \\:file.json"),
        (r"/:id(\d+)", r"{id:\d+}"),
        ("/:path*", "{path...}"),
        ("/:path+", "{path...}"),
        ("/:id?", "two rules, one with the parameter and one without"),
        ("/{id}?", "two rules, one with the parameter and one without"),
        ("/{id?}", "two rules, one with the parameter and one without"),
        ("/{id:int?}", "two rules, one with the parameter and one without"),
        ("/<id?>", "two rules, one with the parameter and one without"),
        ("/a/*rest", "{rest...}"),
        ("/a/**rest", "{rest...}"),
        ("/a/*", "{rest...} for the rest of the path, {name} for one segment; as plain text it is written \\*"),
        ("/*", "{rest...} for the rest of the path, {name} for one segment; as plain text it is written \\*"),
        ("/a/**", "{rest...} for the rest of the path, {name} for one segment; as plain text it is written \\*"),
        ("/a/*/b", "{rest...} for the rest of the path, {name} for one segment; as plain text it is written \\*"),
        ("/{id}*", "{name...} for the rest of the path"),
        ("/{*rest}", "{rest...}"),
        ("/{**rest}", "{rest...}"),
        ("/{rest*}", "{rest...}"),
        ("/<rest..>", "{rest...}"),
        ("/files/<path:rest>", "{rest...}"),
        ("/files/{rest:path}", "{rest...}"),
        ("/[...rest]", "{rest...}"),
        ("/[[...rest]]", "{rest...}"),
        ("/<int:id>", r"{id:\d+}"),
        ("/<id:int>", r"{id:\d+}"),
        ("/<int(min=1):id>", r"{id:\d+}"),
        (r"/<id:re:[a-z]\d>", r"{id:[a-z]\d}"),
        ("/<string:name>", "{name}"),
        ("/<hex:id>", "{id} or {id:regex}"),
        ("/v<int:id>.json", r"{id:\d+}"),
        ("/< id >", "{id}"),
        ("/{ id }", "{id}"),
        ("/{id:int}", r"{id:\d+}"),
        ("/{id:uuid}", "{id:[0-9A-Fa-f-]+}"),
        ("/a/?", "the rule without it: `App::trailing_slash` says what a slash at the end means"),
    ];
    for (rule, expected) in cases {
        let errors = errors(&[("GET", "/{before}"), ("GET", rule)]);
        let error = errors.iter().next().expect("there is one");
        let Kind::Foreign { instead, .. } = error.kind() else { panic!("{rule}: {error}") };
        assert_eq!(instead, expected, "{rule}");
        assert!(
            error.to_string().ends_with(&format!("is the syntax of another framework; write {expected}")),
            "{error}"
        );
    }
}

#[test]
fn text_that_no_path_holds_is_named() {
    for (rule, part) in [
        ("/{id}?x=1", "?x=1"),
        ("/a?b", "?b"),
        ("/a#b", "#b"),
        ("/c#", "#"),
        (" /a", " "),
        ("/a ", "a "),
        ("/a/ b", " b"),
        ("/{id} ", "{id} "),
        ("/a%20b", "%20"),
        ("/{id}%2F", "%2F"),
        ("/a\n", "\n"),
        ("/a\u{7f}b", "\u{7f}"),
        ("/a\u{85}b", "\u{85}"),
    ] {
        let errors = errors(&[("GET", rule)]);
        let error = errors.iter().next().expect("there is one");
        let Kind::NeverMatches { written, .. } = error.kind() else { panic!("{rule}: {error}") };
        assert_eq!(written, part, "{rule}");
        assert!(error.to_string().starts_with(&format!("GET {rule}: {part:?} can never match: ")), "{error}");
    }
}

#[test]
fn text_that_may_be_meant_stays_text() {
    for (rule, path) in [
        ("/a:b", "/a:b"),
        ("/users/me:activate", "/users/me:activate"),
        ("/{id}:activate", "/7:activate"),
        ("/{a}:{b}", "/1:2"),
        ("/urn:isbn:1", "/urn:isbn:1"),
        ("/a::b", "/a::b"),
        ("/:", "/:"),
        ("/v1.0/x", "/v1.0/x"),
        ("/a+b", "/a+b"),
        ("/{a}+{b}", "/1+2"),
        ("/a b", "/a b"),
        ("/é", "/é"),
        ("/100%", "/100%"),
        ("/50%off", "/50%off"),
        ("/a*b", "/a*b"),
        ("/q?", "/q?"),
        ("/$metadata", "/$metadata"),
        ("/@me", "/@me"),
        ("/a<b-c>", "/a<b-c>"),
        ("/a..b", "/a..b"),
        ("/{a}..{b}", "/1..2"),
        ("/[ab]", "/a"),
        ("/{word:abc}", "/abc"),
        (r"/\:id", "/:id"),
        (r"/c\#", "/c#"),
        (r"/what\?", "/what?"),
        (r"/\*", "/*"),
        (r"/{x:a?#*%20}", "/a#%20"),
    ] {
        assert!(get(&table(&[rule]), path, TrailingSlash::Exact).is_some(), "{rule}");
    }
}

#[test]
fn a_method_is_a_token() {
    for method in ["", "GET POST", "GÉT", "G/T", "G\n"] {
        assert_eq!(*errors(&[(method, "/")]).iter().next().expect("one").kind(), Kind::Method);
    }
    let mut rules = Rules::default();
    rules.add("M-SEARCH", "/");
    assert!(rules.build().is_ok());
}

#[test]
fn regexes_are_checked() {
    let errors = errors(&[("GET", "/{x:*a}"), ("GET", r"/\q[z-a]"), ("GET", "/{x:a)b}")]);
    for error in &errors {
        let expected = if cfg!(feature = "regex") { "is not valid" } else { "needs the crate's feature `regex`" };
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert_eq!(errors.iter().count(), 3);
}

#[test]
fn the_same_shape_twice_names_both_rules() {
    let errors = errors(&[
        ("GET", "/a/<x>"),
        ("POST", "/a/<x>"),
        ("get", "/a/{y}"),
        ("GET", r"/a/{x:\d+}"),
        ("GET", r"/a/{y:\d+}"),
        ("GET", "bad"),
        ("GET", "/s"),
        ("GET", "/s/"),
        ("GET", "/s"),
        ("GET", "/{a...}"),
        ("GET", "/{b+}"),
        ("GET", "/a/{z}"),
    ]);
    let lines = [
        r"GET /a/{y} can never match: GET /a/<x>, registered before, has the same shape; remove one of them, or constrain the parameter, as in {y:\d+}",
        r"GET /a/{y:\d+} can never match: GET /a/{x:\d+}, registered before, has the same shape; remove one of them",
        "GET bad: a rule starts with `/`, or it is a regex that matches the whole path, such as .+",
        "GET /s can never match: GET /s, registered before, has the same shape; remove one of them",
        "GET /{b+} can never match: GET /{a...}, registered before, has the same shape; remove one of them",
        r"GET /a/{z} can never match: GET /a/<x>, registered before, has the same shape; remove one of them, or constrain the parameter, as in {z:\d+}",
    ];
    assert_eq!(errors.to_string().lines().collect::<Vec<_>>(), lines);
    let first = errors.iter().next().expect("there are six");
    assert_eq!((first.conflicts_with(), first.kind()), (Some("GET /a/<x>"), &Kind::SameShape));
}
