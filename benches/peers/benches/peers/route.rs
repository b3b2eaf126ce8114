//! Routes alone: finding one, building the table, compiling a pattern.

use std::hint::black_box;

use criterion::Criterion;
use gatewire::internals::Routes;
use gatewire_benches::routes::{self, LOOK_UPS, MIXED, SIZES};

use crate::{Case, GATEWIRE};

pub(crate) fn benches(criterion: &mut Criterion) {
    for size in SIZES {
        let table = routes::table(size);
        for (name, path, captured) in LOOK_UPS {
            let paths = [(path.to_owned(), captured.map(str::to_owned))];
            find(&mut Case::elements(criterion, &format!("find/{name}, {size} routes"), 1), &table, &paths);
        }
        let captured = |path: &String| Some(path.split('/').nth(2).unwrap_or_default().to_owned());
        let paths: Vec<_> =
            routes::mixed_paths(&table, MIXED).into_iter().map(|path| (path.clone(), captured(&path))).collect();
        find(&mut Case::elements(criterion, &format!("find/mix, {size} routes"), paths.len()), &table, &paths);
        build(&mut Case::elements(criterion, &format!("build/{size} routes"), 1), &table);
    }
    for (name, pattern) in PATTERNS {
        compile(&mut Case::elements(criterion, &format!("compile/{name}"), RULES), pattern);
    }
}

/// Looks paths up, each with the capture of its first parameter.
fn find(case: &mut Case<'_>, table: &[String], paths: &[(String, Option<String>)]) {
    /// A look-up returns the capture, "" if the rule has no parameter, and `None` if no rule fits.
    fn all(
        case: &mut Case<'_>,
        name: &str,
        paths: &[(String, Option<String>)],
        mut look_up: impl for<'p> FnMut(&'p str, &mut dyn FnMut(Option<&str>)),
    ) {
        for (path, captured) in paths {
            look_up(path, &mut |found| assert_eq!(found, captured.as_deref(), "{name}, {path}"));
        }
        case.engine(name, || {
            for (path, _) in paths {
                look_up(black_box(path), &mut |found| {
                    black_box(found);
                });
            }
        });
    }
    let mut own = Routes::build(table.iter().map(String::as_str)).expect("a table of rules");
    all(case, GATEWIRE, paths, |path, then| then(own.find(path).map(|(_, first)| first)));
    // The others look the path up as it was sent, and leave the decoding to the code that reads a parameter.
    all(case, "gatewire, the path decoded too", paths, |path, then| {
        then(own.decode_and_find(path).map(|(_, first)| first));
    });
    let matchit = routes::matchit(table);
    all(case, "matchit", paths, |path, then| {
        then(matchit.at(path).ok().map(|found| found.params.iter().next().map_or("", |(_, value)| value)));
    });
    let wayfind = routes::wayfind(table);
    all(case, "wayfind", paths, |path, then| {
        then(wayfind.search(path).map(|found| found.parameters().first().map_or("", |(_, value)| *value)));
    });
    let path_tree = routes::path_tree(table);
    all(case, "path-tree", paths, |path, then| {
        let found = path_tree.find(path);
        then(found.as_ref().map(|(_, found)| found.params_iter().next().map_or("", |(_, value)| value)));
    });
}

fn build(case: &mut Case<'_>, table: &[String]) {
    let rules = || black_box(table).iter().map(String::as_str);
    assert!(Routes::build(rules()).is_ok());
    case.engine(GATEWIRE, || Routes::build(rules()).ok());
    case.engine("matchit", || routes::matchit(black_box(table)));
    // Their syntax differs: the rules are written before the clock runs.
    let colons: Vec<String> = table.iter().map(|rule| rule.replace("{id}", ":id")).collect();
    case.engine("path-tree", || {
        let mut router = path_tree::PathTree::new();
        for (at, rule) in black_box(&colons).iter().enumerate() {
            let _ = router.insert(rule, at);
        }
        router
    });
    let angles: Vec<String> = table.iter().map(|rule| rule.replace("{id}", "<id>")).collect();
    case.engine("wayfind", || {
        let mut router = wayfind::RouterBuilder::new();
        for (at, rule) in black_box(&angles).iter().enumerate() {
            router.insert(rule, at).expect("a rule of the table");
        }
        router.build()
    });
}

const PATTERNS: [(&str, &str); 4] = [
    ("digits", r"\d+"),
    ("slug", "[a-z0-9-]+"),
    ("any", ".+"),
    ("uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
];

/// The number of rules in a table of patterns: the time is that of one rule, with its share of the table.
const RULES: usize = 30;

fn compile(case: &mut Case<'_>, pattern: &str) {
    let rules: Vec<String> = (0..RULES).map(|at| format!("/r{at}/{{id:{pattern}}}")).collect();
    let build = || Routes::build(black_box(&rules).iter().map(String::as_str));
    let id = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    let value = if pattern == r"\d+" { "42" } else { id };
    let mut routes = build().expect("a table of rules");
    assert_eq!(routes.find(&format!("/r7/{value}")), Some((7, value)));
    assert!(regex::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(value)));
    case.engine(GATEWIRE, || build().ok());
    // One for each rule, anchored, as a router would keep it.
    let anchored = format!("^(?:{pattern})$");
    case.engine("regex", || {
        let compiled = |_| regex::Regex::new(black_box(&anchored)).expect("a regex");
        (0..RULES).map(compiled).collect::<Vec<_>>()
    });
    case.engine("regex, bytes, no Unicode", || {
        let compiled = |_| {
            let mut builder = regex::bytes::RegexBuilder::new(black_box(&anchored));
            builder.unicode(false).build().expect("a regex")
        };
        (0..RULES).map(compiled).collect::<Vec<_>>()
    });
}
