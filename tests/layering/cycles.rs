//! Finds circles of files inside a module: files that import each other, directly or through others.
//!
//! Paths count: those of `use` items, and those in code that begin with `crate`, `self`, `super` or the name of a child
//! module. A path leads to the file that defines the item, so a re-export is followed. The re-exports of a module are its
//! interface and not an import by it. Calls of methods have no path and do not count.

use std::collections::{BTreeMap, BTreeSet};

use super::{end_of_attributes, end_of_item, is_test_attribute, module_of, words};

/// The path of a module or an item below the crate's root.
type ItemPath = Vec<String>;

/// The imports of one file.
#[derive(Default)]
struct Imports {
    /// The paths that the file uses.
    paths: BTreeSet<ItemPath>,
    /// The names that its `use` items bring into each of its modules.
    names: BTreeMap<(ItemPath, String), ItemPath>,
    /// Its modules: the file itself and the inline ones.
    modules: BTreeSet<ItemPath>,
    /// Modules in other files that only tests compile.
    test_modules: BTreeSet<ItemPath>,
}

/// Returns the circles among `sources`, each as the sorted list of its files.
pub(super) fn circles(sources: &[(String, String)]) -> Vec<Vec<String>> {
    let read: Vec<(&str, Imports)> =
        sources.iter().map(|(file, text)| (file.as_str(), imports(&module_of(file), text))).collect();
    let test_modules: BTreeSet<&ItemPath> = read.iter().flat_map(|(_, imports)| &imports.test_modules).collect();
    let is_test = |file: &str| {
        let module = module_of(file);
        (1..=module.len()).any(|depth| test_modules.contains(&module[..depth].to_vec()))
    };
    let read: Vec<_> = read.iter().filter(|(file, _)| !is_test(file)).collect();
    let mut files: BTreeMap<ItemPath, &str> = BTreeMap::new();
    let mut names: BTreeMap<(ItemPath, String), ItemPath> = BTreeMap::new();
    for (file, imports) in &read {
        files.extend(imports.modules.iter().map(|module| (module.clone(), *file)));
        names.extend(imports.names.clone());
    }
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (file, imports) in &read {
        let top = module_of(file).first().cloned();
        let targets = imports.paths.iter().filter(|path| path.first() == top.as_ref());
        let targets = targets.filter_map(|path| defining_file(path, &files, &names)).filter(|target| target != file);
        edges.insert(file, targets.collect());
    }
    strongly_connected(&edges)
}

/// Returns the file that defines the item at `path`.
fn defining_file<'f>(
    path: &ItemPath,
    files: &BTreeMap<ItemPath, &'f str>,
    names: &BTreeMap<(ItemPath, String), ItemPath>,
) -> Option<&'f str> {
    let mut path = path.clone();
    // A chain of re-exports is short; the bound ends a chain that leads back to itself.
    for _ in 0..16 {
        let depth = (0..=path.len()).rev().find(|&depth| files.contains_key(&path[..depth]))?;
        let module = path[..depth].to_vec();
        let Some(name) = path.get(depth) else { return files.get(&module).copied() };
        match names.get(&(module.clone(), name.clone())) {
            Some(target) if *target != path => path = [target.clone(), path[depth + 1..].to_vec()].concat(),
            _ => return files.get(&module).copied(),
        }
    }
    None
}

/// Returns the groups of two or more files that reach each other.
fn strongly_connected(edges: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<Vec<String>> {
    let reach = |start: &str| {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = edges[start].iter().copied().collect();
        while let Some(file) = open.pop() {
            if reached.insert(file) {
                open.extend(edges.get(file).into_iter().flatten());
            }
        }
        reached
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|file| (*file, reach(file))).collect();
    let circle = |file: &&str| -> Vec<String> {
        reached[file].iter().filter(|other| reached[**other].contains(file)).map(|other| (*other).to_owned()).collect()
    };
    let circles: BTreeSet<Vec<String>> = reached.keys().map(circle).filter(|circle| circle.len() > 1).collect();
    circles.into_iter().collect()
}

/// Reads the imports of a file whose outermost items are in `module`.
fn imports(module: &[String], text: &str) -> Imports {
    let words = words(text);
    let mut imports = Imports { modules: [module.to_vec()].into(), ..Imports::default() };
    let children = children(module, &words);
    let mut inline: Vec<(String, usize)> = Vec::new();
    let (mut at, mut depth) = (0, 0);
    while at < words.len() {
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        let here: ItemPath = module.iter().chain(inline.iter().map(|(name, _)| name)).cloned().collect();
        let before = if at == 0 { "" } else { word(at - 1) };
        match word(at) {
            "#" if is_test_attribute(&words[at..]) => {
                let item = end_of_attributes(&words, at);
                if word(item) == "mod" && word(item + 2) == ";" {
                    imports.test_modules.insert(join(&here, word(item + 1)));
                }
                at = end_of_item(&words, item);
                continue;
            }
            "mod" if word(at + 2) == "{" => {
                inline.push((word(at + 1).to_owned(), depth + 1));
                imports.modules.insert(join(&here, word(at + 1)));
            }
            "{" => depth += 1,
            "}" => {
                inline.retain(|(_, inside)| *inside < depth);
                depth = depth.saturating_sub(1);
            }
            // `use<'a>` is a bound.
            "use" if word(at + 1) != "<" => {
                let exported = matches!(before, "pub" | ")");
                let mut tree = Vec::new();
                at = use_tree(&words, at + 1, &mut Vec::new(), &mut tree);
                for (path, name) in tree {
                    let Some(path) = absolute(&here, &path, &children) else { continue };
                    // A module that re-exports an item of its child does not use it.
                    if !(exported && path.len() > here.len() && path.starts_with(&here)) {
                        imports.paths.insert(path.clone());
                    }
                    imports.names.insert((here.clone(), name), path);
                }
                continue;
            }
            // `pub(in crate::a)` does not use `a`.
            "in" if before == "(" && at > 1 && word(at - 2) == "pub" => {
                while !matches!(word(at), ")" | "") {
                    at += 1;
                }
            }
            _ if before != "::" && before != "." && word(at + 1) == "::" => {
                let mut path = vec![word(at).to_owned()];
                while word(at + 1) == "::" && word(at + 2).starts_with(|c: char| c.is_alphabetic() || c == '_') {
                    path.push(word(at + 2).to_owned());
                    at += 2;
                }
                imports.paths.extend(absolute(&here, &path, &children));
            }
            _ => {}
        }
        at += 1;
    }
    imports
}

fn join(module: &[String], name: &str) -> ItemPath {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// Returns the modules that the file declares, in files of their own or inline.
fn children(module: &[String], words: &[String]) -> BTreeSet<ItemPath> {
    let declared = words.windows(3).filter(|three| three[0] == "mod" && matches!(three[2].as_str(), ";" | "{"));
    declared.map(|three| join(module, &three[1])).collect()
}

/// Returns `path`, written in the module `here`, from the root; `None` if it leads out of the crate.
fn absolute(here: &[String], path: &[String], children: &BTreeSet<ItemPath>) -> Option<ItemPath> {
    let mut base = here.to_vec();
    let mut rest = path;
    match rest.first()?.as_str() {
        "crate" => base.clear(),
        "self" => {}
        "super" => {
            base.pop();
        }
        name if children.contains(&join(here, name)) => return Some([here, path].concat()),
        _ => return None,
    }
    rest = &rest[1..];
    while let [first, more @ ..] = rest
        && matches!(first.as_str(), "self" | "super")
    {
        if first == "super" {
            base.pop();
        }
        rest = more;
    }
    Some([base, rest.to_vec()].concat())
}

/// Reads the tree of a `use` item at `at`: each path with the name that it gets. Returns the place after the tree.
fn use_tree(words: &[String], mut at: usize, base: &mut ItemPath, tree: &mut Vec<(ItemPath, String)>) -> usize {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let length = base.len();
    loop {
        match word(at) {
            "{" => {
                at += 1;
                while !matches!(word(at), "}" | "") {
                    at = use_tree(words, at, base, tree);
                    at += usize::from(word(at) == ",");
                }
                at += 1;
                break;
            }
            "*" => {
                tree.push((base.clone(), "*".to_owned()));
                at += 1;
                break;
            }
            "" => break,
            name => {
                base.push(name.to_owned());
                at += 1;
            }
        }
        if word(at) == "::" {
            at += 1;
            continue;
        }
        let mut name = base.last().cloned().unwrap_or_default();
        if word(at) == "as" {
            name = word(at + 1).to_owned();
            at += 2;
        }
        let path = if base.last().is_some_and(|last| last == "self") && base.len() > 1 {
            name = if name == "self" { base[base.len() - 2].clone() } else { name };
            base[..base.len() - 1].to_vec()
        } else {
            base.clone()
        };
        tree.push((path, name));
        break;
    }
    base.truncate(length);
    at
}

// ---- the reader can fail

fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    circles(&files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect::<Vec<_>>())
}

#[test]
fn finds_circles_by_every_form_of_path() {
    for (left, right) in [
        ("use super::y::Y;", "use super::x::X;"),
        ("use crate::a::y::Y;", "use crate::a::{other, x::X};"),
        ("use super::{y};", "fn f() { super::x::g() }"),
        ("use super::Y;", "use crate::a::Renamed;"),
        ("use crate::a::y as z;", "fn f(x: super::super::a::x::X) {}"),
        ("use super::y::{self, Y};", "use super::x::{self as other};"),
    ] {
        let root = "mod x; mod y; pub(crate) use x::X as Renamed; pub use y::{Y};";
        let circles = found(&[("a/mod.rs", root), ("a/x.rs", left), ("a/y.rs", right)]);
        assert_eq!(circles, [["a/x.rs", "a/y.rs"]], "{left} {right}");
    }
    let parent = found(&[("a/mod.rs", "mod x; fn f() { x::g() } struct S;"), ("a/x.rs", "use super::S;")]);
    assert_eq!(parent, [["a/mod.rs", "a/x.rs"]]);
    let three = found(&[
        ("a/x.rs", "use super::y::Y;"),
        ("a/y.rs", "mod inner { use super::super::z::Z; }"),
        ("a/z.rs", "use crate::a::x::X;"),
    ]);
    assert_eq!(three, [["a/x.rs", "a/y.rs", "a/z.rs"]]);
}

#[test]
fn finds_no_circle_if_there_is_none() {
    for (left, right) in [
        ("use super::y::Y;", ""),
        ("use super::y::Y;", "// use super::x::X;\nconst TEXT: &str = \"super::x::X\";"),
        ("use super::y::Y;", "#[cfg(test)] mod tests { use super::super::x::X; }"),
        ("use super::y::Y;", "pub(in crate::a::x) struct Y;"),
        ("use super::y::Y;", "use super::S; fn f() -> impl Fn() + use<'_> { std::x::g() }"),
    ] {
        let root = "mod x; mod y; pub use x::X; pub use y::*; struct S;";
        assert!(found(&[("a/mod.rs", root), ("a/x.rs", left), ("a/y.rs", right)]).is_empty(), "{left} {right}");
    }
    // A file that only tests compile may use all others.
    let test = found(&[
        ("a/mod.rs", "mod x; #[cfg(test)] mod tests;"),
        ("a/x.rs", "fn f() { super::tests::g() }"),
        ("a/tests.rs", "use super::x::X;"),
    ]);
    assert!(test.is_empty());
}
