//! The work of a lookup is bounded for every table and every path.

use super::super::TrailingSlash::{Exact, Lenient};
use super::*;

/// Returns the work of a lookup, as counted by `Scratch::steps`.
fn steps(table: &Table, path: &str, slash: TrailingSlash) -> usize {
    let mut scratch = Scratch::new();
    table.lookup("GET", plain(path), slash, &mut scratch);
    scratch.steps
}

#[test]
fn dead_ends_cost_a_visit_of_each_node_at_most() {
    // Every combination of text and parameter: each node has both edges, and only the last segment does not match.
    let rules: Vec<String> = (0..256)
        .map(|bits: u32| {
            let segment = |at: u32| {
                if bits >> at & 1 == 0 { "/a".to_owned() } else { format!("/<p{at}>") }
            };
            (0..8).map(segment).collect::<String>() + "/x"
        })
        .collect();
    let table = table(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    let steps = steps(&table, &("/a".repeat(8) + "/y"), Exact);
    // The search passes through each of them, so the count cannot be less.
    assert!((511..=2 * 511 + 256).contains(&steps), "{steps}");
}

#[test]
fn a_path_without_a_rule_costs_as_few_steps_as_can_be() {
    let table = table(&["/todos", "/todos/<id>", "/todos/<id>/items"]);
    for slash in [Exact, Lenient] {
        assert_eq!(steps(&table, "/nothing/here", slash), 0);
        assert_eq!(steps(&table, "/toys/here", slash), 1);
        assert_eq!(steps(&table, "/todos/1/nothing/here", slash), 3);
        assert_eq!(steps(&table, "/todos/1/items/2/3", slash), 4);
    }
    // A slash at the end asks for no second search.
    assert_eq!((steps(&table, "/todos/", Exact), steps(&table, "/todos/1/nothing/", Exact)), (1, 3));
    assert_eq!(get(&table, "/todos/", Exact), None);
}

#[test]
fn many_bare_regexes_cost_as_much_as_one_each() {
    let rule = "/.+".repeat(12) + "/x";
    let table = table(&[&rule, "/.+/(a|b)+/.*/<id>/z"]);
    let one = steps(&table, &"/a".repeat(100), Lenient);
    let four = steps(&table, &"/a".repeat(400), Lenient);
    assert!((200..=20 * 200 + 100 * 10).contains(&one), "{one}");
    assert!(four <= 5 * one, "{one} {four}");
}

#[test]
fn captures_below_bare_regexes_are_found_in_bounds() {
    let rule: String = (0..8).map(|n| format!("/.+/<p{n}>")).collect::<String>() + "/{rest...}";
    let table = table(&[&rule]);
    let path = "/a".repeat(2000);
    let found = get(&table, &path, Exact);
    assert!(found.is_some_and(|found| found.ends_with("p6=a p7=a rest=a")));
    assert!(steps(&table, &path, Exact) <= 16 * 2 * (4000 + 2000));
}

#[test]
fn many_parameters_in_a_segment_are_matched_in_bounds() {
    let dashes = "-".repeat(4000);
    let table = table(&["/{a}-{b}-{c}-{d}", "/{a:.+}-{b:.+}-{c:[-]+}-{d:.*}x", "/x{a:.*}{b:.*}{c:.*}y"]);
    let found = get(&table, "/-----", Exact);
    assert_eq!(found, None);
    assert_eq!(get(&table, "/-------", Exact).as_deref(), Some("/{a}-{b}-{c}-{d} a=- b=- c=- d=-"));
    // Quadratic work would take minutes here.
    for _ in 0..20 {
        assert!(get(&table, &format!("/{dashes}"), Exact).is_some());
        assert!(get(&table, &format!("/{dashes}x"), Exact).is_some());
        assert!(get(&table, &format!("/x{dashes}"), Exact).is_some());
    }
}

#[cfg(feature = "regex")]
#[test]
fn the_engine_has_a_budget() {
    // `(?i)` needs the engine. Each `.+` may end at every slash, so there are millions of strings to try.
    let table = table(&["/(?i).+x/(?i).+x/(?i).+y"]);
    let path = "/x".repeat(3000);
    assert_eq!(get(&table, &path, Exact), None);
    assert_eq!(get(&table, "/aX/bx/a/y", Exact).as_deref(), Some("/(?i).+x/(?i).+x/(?i).+y"), "is within the budget");
}

#[cfg(feature = "regex")]
#[test]
fn each_lookup_has_its_own_budget() {
    let table = table(&["/<a>", "/{a:(?i)A+}<b>/{c...}"]);
    let mut scratch = Scratch::new();
    for _ in 0..2 {
        assert_eq!(table.lookup("GET", plain("/ab/c"), Exact, &mut scratch), Some(1));
        scratch.inner.budget = 0;
    }
}

#[test]
fn ten_thousand_segments_are_matched_in_bounds() {
    let path = "/a".repeat(10_000);
    let empty = "/".repeat(10_000);
    let table = table(&["/<a>/<b>/<c>", "/.+/x", "/.+/<a>/<b>", "/a/{n:[0-9]+}"]);
    for slash in [Exact, Lenient] {
        assert_eq!(get(&table, &path, slash).as_deref(), Some("/.+/<a>/<b> a=a b=a"));
        assert_eq!(get(&table, &empty, slash), None);
        assert!(steps(&table, &path, slash) <= 4 * 10_000 * 4 + 3 * 20_000);
    }
}
