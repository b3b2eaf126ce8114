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
        ("/{*rest}", name("{*rest}")),
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
