//! Checks the structure of `src/`: modules import downward only, the files inside a module import each other in no
//! circle, `unsafe` stays on its islands, and files stay short.
//!
//! The sources are read as text and cut into words; comments, strings and code that only tests compile do not count.

#[path = "layering/cycles.rs"]
mod cycles;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers, from bottom to top: a module of `src/`, and the modules above its own submodules that it may use.
/// A row may name only rows above it, which rules out cycles; siblings are those that don't name each other.
/// `lib.rs` stands over all and is not listed.
#[rustfmt::skip] // one row, one line
const LAYERS: &[(&str, &[&str])] = &[
    ("swar", &[]),
    ("sync", &[]),
    ("high_water", &[]),
    ("json", &["swar"]),
    ("mismatch", &[]),
    ("codec", &[]),
    ("http", &["swar"]),
    ("unwind", &[]),
    ("arena", &["high_water", "unwind"]),
    ("invocation_error", &[]),
    ("trace_context", &[]),
    ("log", &["invocation_error", "http"]),
    ("source", &[]),
    ("arn", &[]),
    ("route", &["swar"]),
    ("event", &["source", "http", "codec", "mismatch", "json"]),
    ("form", &["event", "http", "mismatch"]),
    ("validate", &["event", "http", "mismatch"]),
    ("respond", &["source", "http", "codec", "json"]),
    ("gateway", &["source", "http", "codec", "json", "arn"]),
    ("handler", &["respond", "event", "arena", "unwind", "log", "invocation_error", "source", "http", "mismatch", "json", "codec", "validate", "form", "trace_context"]),
    ("decision", &["handler", "event", "arn", "invocation_error", "source", "http", "json"]),
    ("extract", &["handler", "event", "mismatch", "validate", "form", "http"]),
    ("openapi", &["handler", "route", "http", "validate"]),
    ("observe", &["handler", "event", "log", "trace_context", "invocation_error", "unwind", "source", "http", "json", "swar"]),
    ("http_types", &["handler", "respond", "event", "http", "codec", "json", "swar"]),
    ("build_error", &["route", "respond"]),
    ("app", &["handler", "respond", "build_error", "route", "source", "http", "codec", "validate", "openapi", "decision", "event", "invocation_error", "observe"]),
    ("static_files", &["app", "handler", "respond", "http"]),
    ("signed_cookies", &["handler", "http"]),
    ("trace", &["respond", "trace_context", "invocation_error", "handler"]),
    ("engine", &["sync", "trace", "app", "handler", "respond", "event", "build_error", "log", "invocation_error", "arena", "route", "source", "http", "json", "high_water"]),
    ("runtime", &["sync", "engine", "app", "handler", "gateway", "build_error", "log", "invocation_error", "source", "json", "high_water"]),
    ("tower", &["sync", "runtime", "http_types", "engine", "app", "handler", "event", "gateway", "build_error", "invocation_error", "source", "json"]),
    ("testing", &["engine", "app", "handler", "gateway", "build_error", "invocation_error", "source", "http", "json"]),
    ("fuzz", &["testing", "tower", "runtime", "gateway", "engine", "app", "extract", "handler", "validate", "event", "route", "source", "http", "codec", "json", "form", "decision", "arn"]),
    ("internals", &["respond", "event", "build_error", "route", "source", "http", "codec", "json", "form"]),
    ("manual", &[]),
];

/// The allowed circles of files, each with the reason. A circle of fewer of these files is allowed too.
const CIRCLES: &[(&[&str], &str)] = &[(
    &["handler/exchange.rs", "handler/observer.rs", "handler/shared.rs"],
    "a recursion of types: an exchange refers to the error handlers of its route and to observers, and both take the request \
     of an exchange",
)];

/// The files below `src/` that may use `unsafe`. Each allows it by name at its top, and says why.
const UNSAFE_ISLANDS: &[&str] = &[
    "arena.rs",
    "handler/error.rs",
    "json/scan/avx2.rs",
    "json/scan/avx512.rs",
    "json/scan/algorithm.rs",
    "json/scan/neon.rs",
    "json/write/simd/avx512.rs",
    "json/write/simd/mod.rs",
    "route/slashes.rs",
    "runtime/direct/trace_variable.rs",
];

/// The most lines that a file below `src/` may have, and the files that may have more.
const MAX_LINES: usize = 600;
const LONG_FILES: &[&str] = &[];

#[test]
fn modules_import_downward_only() {
    assert_none(&table_faults(LAYERS));
    let sources = sources();
    let parsed: Vec<_> = sources.iter().map(|(file, text)| (file, parse(&module_of(file), text))).collect();
    let test_modules: BTreeSet<String> = parsed.iter().flat_map(|(_, parsed)| parsed.test_modules.clone()).collect();
    let mut faults = Vec::new();
    for (file, parsed) in &parsed {
        let module = module_of(file);
        if (1..=module.len()).any(|depth| test_modules.contains(&module[..depth].join("::"))) {
            continue;
        }
        if let Some(top) = module.first() {
            faults.extend(edge_faults(LAYERS, top, &parsed.uses).iter().map(|fault| format!("src/{file}: {fault}")));
        }
    }
    assert_none(&faults);
}

#[test]
fn files_form_no_circles() {
    let found = cycles::circles(&sources());
    assert_none(&circle_faults(&found, CIRCLES));
}

#[test]
fn unsafe_stays_on_its_islands() {
    let with: Vec<String> = sources().into_iter().filter(|(_, text)| has_unsafe(text)).map(|(file, _)| file).collect();
    assert_none(&list_faults(&with, UNSAFE_ISLANDS, "holds `unsafe`, and is not in", "UNSAFE_ISLANDS"));
}

#[test]
fn files_stay_short() {
    let long: Vec<String> =
        sources().into_iter().filter(|(_, text)| text.lines().count() > MAX_LINES).map(|(file, _)| file).collect();
    assert_none(&list_faults(
        &long,
        LONG_FILES,
        &format!("has more than {MAX_LINES} lines, and is not in"),
        "LONG_FILES",
    ));
}

// ---- the rules

/// Returns the rows that break the table's own rule: a row names only rows above it, and each module has one row.
fn table_faults(layers: &[(&str, &[&str])]) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, (module, uses)) in layers.iter().enumerate() {
        let above = &layers[..at];
        if above.iter().any(|(name, _)| name == module) {
            faults.push(format!("LAYERS: `{module}` has two rows"));
        }
        for used in uses.iter().filter(|used| !above.iter().any(|(name, _)| name == *used)) {
            faults.push(format!("LAYERS: `{module}` may use `{used}`, which is not a row above it"));
        }
    }
    faults
}

/// Returns the modules that `module` uses and must not.
fn edge_faults(layers: &[(&str, &[&str])], module: &str, uses: &BTreeSet<String>) -> Vec<String> {
    let Some((_, allowed)) = layers.iter().find(|(name, _)| *name == module) else {
        return vec![format!(
            "`{module}` is not in the table: add a row for it to LAYERS in tests/layering.rs, above all that use it"
        )];
    };
    let fault = |used: &String| {
        if !layers.iter().any(|(name, _)| name == used) {
            return format!("`crate::{used}` is no module in LAYERS: name the module that it lives in, or add a row");
        }
        format!("`{module}` uses `{used}`, which LAYERS does not allow: move the code down, or pass the value in")
    };
    uses.iter().filter(|used| *used != module && !allowed.contains(&used.as_str())).map(fault).collect()
}

/// Returns the differences between the found and the listed files, either way.
fn list_faults(found: &[String], listed: &[&str], what: &str, list: &str) -> Vec<String> {
    let unlisted = found.iter().filter(|file| !listed.contains(&file.as_str()));
    let stale = listed.iter().filter(|file| !found.iter().any(|other| other == *file));
    unlisted
        .map(|file| format!("src/{file} {what} {list} in tests/layering.rs"))
        .chain(stale.map(|file| format!("src/{file} is in {list} without need: take it off")))
        .collect()
}

/// Returns the circles that are not listed, and the listed ones that are gone.
fn circle_faults(found: &[Vec<String>], listed: &[(&[&str], &str)]) -> Vec<String> {
    let within = |circle: &[String], files: &[&str]| circle.iter().all(|file| files.contains(&file.as_str()));
    let unlisted = found.iter().filter(|circle| !listed.iter().any(|(files, _)| within(circle, files)));
    let stale = listed.iter().filter(|(files, _)| !found.iter().any(|circle| within(circle, files)));
    let unlisted = unlisted.map(|circle| {
        let files = circle.join(", src/");
        format!("these files import each other: src/{files}: move what they share to a file of its own, below them")
    });
    let stale = stale.map(|(files, _)| format!("no such circle any more: take {files:?} off CIRCLES"));
    unlisted.chain(stale).collect()
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

// ---- the reader

/// Returns the files below `src/`: their path there with `/`, and their text.
fn sources() -> Vec<(String, String)> {
    fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    assert!(files.contains(&root.join("lib.rs")), "no src/lib.rs: the walk is broken");
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// Returns the module path of a file: `json/scan.rs` is `json`, `scan`; `lib.rs` is the empty path.
fn module_of(file: &str) -> Vec<String> {
    let stem = file.strip_suffix(".rs").unwrap();
    let mut path: Vec<String> = stem.split('/').map(str::to_owned).collect();
    if matches!(stem, "lib" | "main") || path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

/// The modules that a file names.
#[derive(Default)]
struct Parsed {
    /// Names directly below the crate's root that its paths go through; `*` for a glob of the root.
    uses: BTreeSet<String>,
    /// Modules in files of their own that only tests compile, as full paths.
    test_modules: BTreeSet<String>,
}

/// Reads the paths of a file, with `module` as the place of its outermost items.
fn parse(module: &[String], text: &str) -> Parsed {
    let words = words(text);
    let mut parsed = Parsed::default();
    // The inline modules around a word: the name, and the depth of braces inside.
    let mut inline: Vec<(String, usize)> = Vec::new();
    let (mut at, mut depth) = (0, 0);
    while at < words.len() {
        let next = |ahead: usize| words.get(at + ahead).map_or("", String::as_str);
        let here = || module.iter().chain(inline.iter().map(|(name, _)| name)).cloned().collect::<Vec<_>>();
        match next(0) {
            "#" if is_test_attribute(&words[at..]) => {
                let item = end_of_attributes(&words, at);
                if let [Some("mod"), Some(name), Some(";")] = [0, 1, 2].map(|i| words.get(item + i).map(String::as_str))
                {
                    parsed.test_modules.insert([here(), vec![name.to_owned()]].concat().join("::"));
                }
                at = end_of_item(&words, item);
                continue;
            }
            "mod" if next(2) == "{" => inline.push((next(1).to_owned(), depth + 1)),
            "{" => depth += 1,
            "}" => {
                inline.retain(|(_, inside)| *inside < depth);
                depth = depth.saturating_sub(1);
            }
            "crate" | "super" if matches!(next(1), "::" | "as") => {
                at = read_path(&words, at, &here(), &mut parsed.uses);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    parsed
}

/// Reads the path at `at`, whose start is relative to `base`, into `uses`; returns the place of the first unread word.
fn read_path(words: &[String], mut at: usize, base: &[String], uses: &mut BTreeSet<String>) -> usize {
    let mut base = base.to_vec();
    loop {
        match words.get(at).map_or("", String::as_str) {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            "self" => {}
            "{" => {
                at += 1;
                while words.get(at).is_some_and(|word| word != "}") {
                    at = read_path(words, at, &base, uses);
                    // The rest of the element (`as x`, deeper segments) names nothing new below the root.
                    at = end_of_element(words, at);
                }
                return at + 1;
            }
            // A macro that the crate exports has no module: what it expands to is no code of this file.
            _ if base.is_empty() && words.get(at + 1).is_some_and(|word| word == "!") => return at + 1,
            name => {
                // An item below a module counts as a use of the module itself.
                uses.insert(base.first().map_or(name, String::as_str).to_owned());
                return at + 1;
            }
        }
        // A path that ends here names a module; the root under another name would hide the used modules, like a glob.
        if words.get(at + 1).is_none_or(|word| word != "::") {
            uses.insert(base.first().map_or("*", String::as_str).to_owned());
            return at + 1;
        }
        at += 2;
    }
}

/// Returns the place after the element of a `use` list that holds `at`, past its comma.
fn end_of_element(words: &[String], mut at: usize) -> usize {
    let mut depth = 0;
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "{" => depth += 1,
            "}" if depth == 0 => return at,
            "}" => depth -= 1,
            "," if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Returns whether the attribute at the start limits its item to tests: `#[cfg(test)]`, `#[cfg(all(test, ..))]`, `#[test]`.
fn is_test_attribute(words: &[String]) -> bool {
    let end = words.iter().position(|word| word == "]").unwrap_or(words.len());
    let has = |name: &str| words[..end].iter().any(|word| word == name);
    let is = |name: &str| words.get(2).is_some_and(|word| word == name);
    words.get(1).is_some_and(|word| word == "[")
        && (is("test") || is("cfg") && has("test") && !has("not") && !has("any"))
}

/// Returns the place of the first word after the attributes at `at`.
fn end_of_attributes(words: &[String], mut at: usize) -> usize {
    while words.get(at).is_some_and(|word| word == "#") {
        let mut depth = 0;
        for (offset, word) in words[at..].iter().enumerate() {
            depth += i32::from(word == "[") - i32::from(word == "]");
            if depth == 0 && offset > 0 {
                at += offset + 1;
                break;
            }
        }
    }
    at
}

/// Returns the place after the item at `at`: past its `;`, or past the brace that closes its body.
fn end_of_item(words: &[String], mut at: usize) -> usize {
    let (mut braces, mut others) = (0, 0);
    // A `use` list has braces before its `;`.
    let body_ends = words.get(at).is_none_or(|word| word != "use");
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "(" | "[" => others += 1,
            ")" | "]" => others -= 1,
            "{" => braces += 1,
            "}" => braces -= 1,
            _ => {}
        }
        at += 1;
        if braces == 0 && others == 0 && (word == ";" || word == "}" && body_ends) {
            break;
        }
    }
    at
}

/// Returns whether a file uses `unsafe`, or allows it.
fn has_unsafe(text: &str) -> bool {
    let words = words(text);
    let allows = |at: usize| {
        let mut list = words[at + 1..].iter().take_while(|word| *word != ")");
        matches!(words[at].as_str(), "allow" | "expect") && list.any(|word| word == "unsafe_code")
    };
    (0..words.len()).any(|at| words[at] == "unsafe" || allows(at))
}

/// Returns the words of a source: identifiers, `::`, and single characters. No comments, literals or lifetimes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(length) = comment(rest).or_else(|| string(rest)).or_else(|| quoted(rest)) {
            length
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            words.push(rest[..length].to_owned());
            length
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            if !first.is_whitespace() {
                words.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    words
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the length of the comment at the start of `text`. Block comments nest.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    text.strip_prefix("/*")?;
    let (mut at, mut depth) = (2, 1);
    while depth > 0 && at < text.len() {
        let (step, change) = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        (at, depth) = (at + step, depth + change);
    }
    Some(at)
}

/// Returns the length of the string literal at the start of `text`, with any prefix, raw or not.
fn string(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let rest = text.strip_prefix(prefix).unwrap_or("");
        rest.starts_with('"') || prefix.ends_with('r') && rest.trim_start_matches('#').starts_with('"')
    })?;
    let rest = &text[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let close = format!("\"{}", "#".repeat(hashes));
        let open = prefix.len() + hashes + 1;
        return Some(text[open..].find(&close).map_or(text.len(), |end| open + end + close.len()));
    }
    Some(prefix.len() + escaped(rest, b'"'))
}

/// Returns the length of the character literal, byte literal or lifetime at the start of `text`.
fn quoted(text: &str) -> Option<usize> {
    let prefix = usize::from(text.starts_with("b'"));
    let rest = text[prefix..].strip_prefix('\'')?;
    let first = rest.chars().next()?;
    let is_literal = first == '\\' || rest[first.len_utf8()..].starts_with('\'');
    let lifetime = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    Some(prefix + if is_literal { escaped(&text[prefix..], b'\'') } else { 1 + lifetime })
}

/// Returns the length of a literal between two of `quote`, in which a backslash escapes the next byte.
fn escaped(text: &str, quote: u8) -> usize {
    let mut at = 1;
    while at < text.len() && text.as_bytes()[at] != quote {
        at += if text.as_bytes()[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

// ---- the reader and the rules can fail

/// Returns the names that `text` uses as the source of `file`.
fn uses(file: &str, text: &str) -> Vec<String> {
    parse(&module_of(file), text).uses.into_iter().collect()
}

#[test]
fn reads_every_form_of_path() {
    assert_eq!(uses("a.rs", "use crate::b::C; fn f() { crate::d::g() }"), ["b", "d"]);
    assert_eq!(uses("a.rs", "use crate::{b::{C, D as E}, d::*, self as root, f};"), ["*", "b", "d", "f"]);
    assert_eq!(uses("a.rs", "pub(in crate::b) struct S(pub(crate) super::c::T, pub(super) u8);"), ["b", "c"]);
    assert_eq!(uses("a.rs", "use crate::*;"), ["*"]);
    assert_eq!(uses("a.rs", "use super::*;"), ["*"]);
    assert_eq!(uses("a.rs", "use crate as root;"), ["*"]);
    assert_eq!(uses("a/x.rs", "use super::y; use super::super::b; use super::{super::c, z};"), ["a", "b", "c"]);
    assert_eq!(uses("a/mod.rs", "use super::b; mod inner { use super::c; use super::super::d; }"), ["a", "b", "d"]);
    assert_eq!(
        uses("a.rs", "mod m { mod n {} use super::x; } use super::b; macro_rules! m { () => { $crate::c } }"),
        ["a", "b", "c"]
    );
    assert_eq!(uses("a.rs", "macro_rules! m { () => { $crate::m! { } $crate::b::n!() } }"), ["b"]);
}

#[test]
fn skips_comments_and_literals() {
    let text = r###"
        //! use crate::b;
        /* use crate::c; /* nested */ crate::c */
        /// crate::d
        fn f<'a>(x: &'a str) { ("crate::e", r#""crate::f"#, b"\"crate::g", '"', b'\'', '\u{22}'); } use crate::h;
    "###;
    assert_eq!(uses("a.rs", text), ["h"]);
}

#[test]
fn skips_code_that_only_tests_compile() {
    let text = "
        #[cfg(test)] use crate::{b, c};
        #[cfg(all(test, unix))] #[allow(x)] mod tests { use crate::d; fn f() -> [u8; 2] { crate::e::f() } }
        #[test] fn t() { crate::f::g() }
        #[cfg(test)] mod far;
        #[cfg(not(test))] use crate::kept_one;
        #[cfg(any(test, feature))] use crate::kept_two;
        mod near { #[cfg(test)] mod far; }";
    let parsed = parse(&module_of("a.rs"), text);
    assert_eq!(parsed.uses.into_iter().collect::<Vec<_>>(), ["kept_one", "kept_two"]);
    assert_eq!(parsed.test_modules.into_iter().collect::<Vec<_>>(), ["a::far", "a::near::far"]);
}

#[test]
fn finds_faults_of_edges_and_table() {
    let layers: &[(&str, &[&str])] = &[("low", &[]), ("left", &["low"]), ("right", &["low"])];
    let faults = |module: &str, text: &str| edge_faults(layers, module, &parse(&[module.to_owned()], text).uses);
    assert!(table_faults(layers).is_empty());
    assert!(faults("left", "use crate::low::X; use crate::left::Y;").is_empty());
    assert!(faults("left", "use crate::right::X;")[0].contains("`left` uses `right`"));
    assert!(faults("low", "use super::left;")[0].contains("`low` uses `left`"));
    assert!(faults("left", "use crate::Error;")[0].contains("no module in LAYERS"));
    assert!(faults("other", "")[0].contains("add a row"));
    assert!(table_faults(&[("low", &["high"]), ("high", &[])])[0].contains("not a row above"));
    assert!(table_faults(&[("low", &[]), ("low", &[])])[0].contains("two rows"));
}

#[test]
fn finds_faults_of_circles() {
    let found = [vec!["a/x.rs".to_owned(), "a/y.rs".to_owned()]];
    assert!(circle_faults(&found, &[(&["a/x.rs", "a/y.rs"], "reason")]).is_empty());
    assert!(circle_faults(&found, &[(&["a/x.rs", "a/y.rs", "a/z.rs"], "reason")]).is_empty());
    assert!(circle_faults(&found, &[(&["a/x.rs"], "reason")]).len() == 2);
    assert!(circle_faults(&found, &[])[0].contains("src/a/x.rs, src/a/y.rs"));
    assert!(circle_faults(&[], &[(&["a/x.rs", "a/y.rs"], "reason")])[0].contains("no such circle"));
}

#[test]
fn finds_unsafe_and_differing_lists() {
    assert!(has_unsafe("fn f() { unsafe { g() } }"));
    assert!(has_unsafe("#![allow(missing_docs, unsafe_code)]"));
    assert!(!has_unsafe("#![deny(unsafe_code)] #![allow(x)] // unsafe\n fn unsafe_name() { \"unsafe\"; }"));
    let found = ["a.rs".to_owned()];
    assert!(list_faults(&found, &["a.rs"], "", "").is_empty());
    assert!(list_faults(&found, &[], "holds it, not in", "LIST")[0].contains("src/a.rs holds it, not in LIST"));
    assert!(list_faults(&[], &["a.rs"], "", "LIST")[0].contains("without need"));
}
