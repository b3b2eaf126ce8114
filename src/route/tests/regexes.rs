//! The matchers of this module against `regex-lite`.

use super::super::bit_set::{self, BitSet};
use super::super::matcher::{Matcher, Use};
use super::cases;
use proptest::prelude::*;
use regex_lite::Regex;

fn regex() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "a",
        "b",
        ".",
        "-",
        r"\d",
        r"\w",
        r"\s",
        r"\D",
        r"\W",
        r"\S",
        "[ab]",
        "[^a]",
        "[a-c0-9-]",
        "[-b]",
        r"[\d.]",
        r"\.",
        r"\-",
        r"[\]a]",
        "[^/]",
        "/",
        "[]a]",
        "[a-]",
        "é",
        "[é]",
        "[[:alpha:]]",
        "[a&&b]",
        "^",
        "$",
        r"\b",
        "(?i)a",
        " ",
        "}",
        "]",
        "[A-Z]",
        r"\n",
        "&",
        "[&]",
        "[a--b]",
        r"[\w-]",
        r"[a-\d]",
        "~",
        "#",
        r"\#",
        r"\_",
        r"\<",
        "[a-z",
        "[+-.]",
    ]);
    let leaf = atom.prop_map(str::to_owned);
    leaf.prop_recursive(4, 12, 4, |inner| {
        let repeat = prop::sample::select(vec![
            "+", "*", "?", "{2}", "{1,3}", "{0,1}", "{2,}", "+?", "{0}", "{ 1}", "{,2}", "{3,1}",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            (inner.clone(), repeat.clone()).prop_map(|(part, repeat)| part + repeat),
            (inner.clone(), repeat).prop_map(|(part, repeat)| format!("({part}){repeat}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(?:{a}|{b})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a}|{b}|")),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    let chars = vec!['a', 'b', 'c', '1', '-', '.', '/', '\n', 'é', '😀', ' ', ']', '_', 'A'];
    prop::collection::vec(prop::sample::select(chars), 0..8).prop_map(|chars| chars.into_iter().collect())
}

/// All pairs of offsets between characters that match.
fn pairs(text: &str, is_match: impl Fn(&str) -> bool) -> Vec<(usize, usize)> {
    let edges: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let all = edges.iter().flat_map(|&from| edges.iter().map(move |&to| (from, to)));
    all.filter(|&(from, to)| from <= to && is_match(&text[from..to])).collect()
}

/// Compares all results of a matcher with those of the engine.
fn compare(regex: &str, text: &str) -> Result<(), TestCaseError> {
    let engine = Regex::new(regex).and_then(|_| Regex::new(&format!("^(?:{regex})$")));
    for purpose in [Use::Bare, Use::Among, Use::Alone] {
        let matcher = Matcher::compile(regex, purpose);
        prop_assert_eq!(matcher.is_ok(), engine.is_ok(), "{:?}", regex);
        let (Ok(matcher), Ok(engine)) = (matcher, &engine) else {
            return Ok(());
        };
        let empty = purpose == Use::Bare;
        let expected = pairs(text, |part| engine.is_match(part) && (empty || !part.is_empty()));
        prop_assert_eq!(&pairs(text, |part| matcher.is_match(part)), &expected, "{:?} on {:?}", regex, text);
        if purpose == Use::Alone {
            continue;
        }
        let mut edges = vec![0; bit_set::words(text.len())];
        pairs(text, str::is_empty).iter().for_each(|&(at, _)| bit_set::set(&mut edges, at));
        let edges = BitSet(&edges);
        let mut budget = 1 << 20;
        for at in edges.iter() {
            let mut ends = Vec::new();
            matcher.forward(text, at, |from| from == at, edges, &mut budget, |end| ends.push(end));
            ends.retain(|&end| edges.has(end));
            let one: Vec<usize> = expected.iter().filter(|(from, _)| *from == at).map(|pair| pair.1).collect();
            prop_assert_eq!(&ends, &one, "{:?} on {:?} from {}", regex, text, at);
            prop_assert_eq!(matcher.longest(text, at, edges, &mut budget), one.last().copied());
            let mut starts = Vec::new();
            let mut only = vec![0; bit_set::words(text.len())];
            bit_set::set(&mut only, at);
            matcher.backward(text, edges, BitSet(&only), &mut budget, |start| starts.push(start));
            starts.sort_unstable();
            let one: Vec<usize> = expected.iter().filter(|(_, to)| *to == at).map(|pair| pair.0).collect();
            prop_assert_eq!(&starts, &one, "{:?} on {:?} back from {}", regex, text, at);
        }
    }
    Ok(())
}

#[test]
fn random_regexes_have_the_same_meaning() {
    let config = ProptestConfig { cases: cases(1000), failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(regex in regex(), texts in prop::collection::vec(text(), 4))| {
        for text in &texts {
            compare(&regex, text)?;
        }
    });
}

/// A run that takes as much as possible would be wrong here. The random regexes have this case too rarely.
#[test]
fn runs_backtrack_if_they_must() {
    for regex in [".+b", "a*a", "[ab]?b", r"\w+\d", "[ab]{1,2}a", "a+b{0}a", "a+b?a", "a+b*[ab]", "ab{0}c", "[ab]{2}b"]
    {
        for text in ["", "a", "b", "aa", "ab", "ba", "aab", "aba", "abb", "aaaa", "bab", "a1", "11", "ac", "abc"] {
            compare(regex, text).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

#[test]
fn common_regexes_need_no_engine() {
    let uuid = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
    let date = r"\d{4}-\d{2}-\d{2}";
    for regex in [
        r"\d+",
        r"\d{4}",
        "[a-z0-9-]+",
        ".+",
        ".*",
        r"\w+",
        "[^/]+",
        uuid,
        "(a|b)",
        "(?:jpg|jpeg|png)",
        date,
        r"v\d+\.\d+",
        "[A-Z]{2,3}",
        r"[\w.-]+",
        r"[a-z]+(?:-[a-z]+)*",
    ] {
        let matcher = Matcher::compile(regex, Use::Bare).unwrap_or_else(|kind| panic!("{kind:?}"));
        assert!(!format!("{matcher:?}").contains("Engine"), "{regex}");
        for text in
            ["", "7", "2024", "a", "b", "jpeg", "ab-cd", "a\nb", "a/b", "é", "AB", "v1.2", "2024-01-31", "٣", "a_b"]
        {
            compare(regex, text).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    for (text, matches) in
        [("123e4567-e89b-12d3-a456-426614174000", true), ("123e4567-e89b-12d3-a456-42661417400", false)]
    {
        compare(uuid, text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            Matcher::compile(uuid, Use::Alone).unwrap_or_else(|kind| panic!("{kind:?}")).is_match(text),
            matches
        );
    }
}

#[test]
fn classes_are_ascii() {
    let matches = |regex, text| Matcher::compile(regex, Use::Alone).is_ok_and(|matcher| matcher.is_match(text));
    assert!(!matches(r"\d", "٣") && !matches(r"\w", "é"));
    assert!(matches(r"\D", "٣") && matches(".", "é") && !matches(".", "\n"));
}
