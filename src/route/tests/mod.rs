//! Tests of routing as a whole.

// They count work, which takes minutes under Miri.
#[cfg(not(miri))]
mod bounds;
mod errors;
mod examples;
#[cfg(feature = "regex")]
mod oracle;
#[cfg(feature = "regex")]
mod regexes;

use super::{Path, Rules, Scratch, Table, TrailingSlash};

/// The number of cases in a randomised test.
#[cfg(feature = "regex")]
fn cases(default: u32) -> u32 {
    let given = std::env::var("GATEWIRE_CASES").ok().and_then(|count| count.parse().ok());
    given.unwrap_or(if cfg!(miri) { 1 } else { default })
}

/// A decoded path whose slashes all separate segments.
fn plain(text: &str) -> Path<'_> {
    Path { text, escaped: &[] }
}

/// The slashes of a path that do not separate segments.
fn escaped(text: &str, separating: &[u32]) -> Vec<u32> {
    let all = text.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at as u32);
    all.filter(|slash| !separating.contains(slash)).collect()
}

/// A table of GET rules.
fn table(rules: &[&str]) -> Table {
    let mut all = Rules::default();
    for rule in rules {
        all.add("GET", rule);
    }
    all.build().unwrap_or_else(|errors| panic!("{errors}"))
}

/// Returns the rule that was found and its captures, as `name=value`.
fn find<'t>(table: &'t Table, method: &str, path: Path<'_>, slash: TrailingSlash) -> Option<(&'t str, Vec<String>)> {
    let mut scratch = Scratch::new();
    let route = table.lookup(method, path, slash, &mut scratch)?;
    fn part<'t>(text: &'t str, &(from, to): &(u32, u32)) -> &'t str {
        &text[from as usize..to as usize]
    }
    let pairs = table.names(route).iter().zip(scratch.captures());
    let captures = pairs.map(|(name, value)| format!("{}={}", part(table.rule(route), name), part(path.text, value)));
    let captures: Vec<_> = captures.collect();
    assert_eq!(table.names(route).len(), scratch.captures().len());
    Some((table.rule(route), captures))
}

/// `find` for GET: the rule and its captures in one string.
fn get(table: &Table, path: &str, slash: TrailingSlash) -> Option<String> {
    let (rule, captures) = find(table, "GET", plain(path), slash)?;
    Some([&[rule.to_owned()][..], &captures].concat().join(" "))
}
