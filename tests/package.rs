//! The published package holds the intended files, its links lead somewhere, and its dependencies are documented.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The folders of the package; a new folder is added here on purpose, or left out by `exclude` in `Cargo.toml`.
const FOLDERS: &[&str] = &["benches", "examples", "src", "tests"];

/// The files outside of folders. Cargo makes those with a dot or `.orig`, and the lock file.
const FILES: &[&str] = &[
    ".cargo_vcs_info.json",
    ".gitignore",
    ".rustfmt.toml",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "SECURITY.md",
    "deny.toml",
];

/// Only text is published, and nothing that is generated.
const ENDINGS: &[&str] = &["c", "json", "jsonl", "md", "mjs", "py", "rs", "sh", "stderr", "toml", "txt", "yaml"];

/// The readme that a registry shows, and the page that it is made from.
const PACKAGED_README: &str = "src/readme.md";
const README: &str = "README.md";

/// Hosts of registries and of their documentation: a package reads the same on each of them.
const REGISTRY_HOSTS: &[&str] = &["crates.io", "docs.rs", "lib.rs", "pypi.org", "npmjs.com"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the package, by Cargo's own list.
fn packaged() -> BTreeSet<String> {
    listed("Cargo.toml")
}

/// The files of the package with the manifest.
fn listed(manifest: &str) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["package", "--list", "--allow-dirty", "--offline", "--manifest-path"]);
    let output = command.arg(root().join(manifest)).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap().lines().map(|path| path.replace('\\', "/")).collect()
}

#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn the_package_holds_the_intended_files() {
    let list = packaged();
    let mut found = BTreeSet::new();
    for path in &list {
        match path.split_once('/') {
            None => assert!(FILES.contains(&path.as_str()), "{path} would be published"),
            Some((folder, name)) => {
                assert!(FOLDERS.contains(&folder), "{path} would be published");
                assert!(
                    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending)),
                    "{path}: what is it?"
                );
                found.insert(folder.to_owned());
            }
        }
    }
    assert!(FOLDERS.iter().all(|folder| found.contains(*folder)), "{found:?}");
    for needed in [PACKAGED_README, "LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md", "SECURITY.md", "src/lib.rs"] {
        assert!(list.contains(needed), "{needed} would not be published");
    }
}

/// Returns the packaged readme: that of the repository without its pictures and without the part between the two marks.
/// A registry has neither the folders that the package leaves out nor a place for pictures.
fn packaged_readme(readme: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "<!-- repository: begin -->" => inside = true,
            "<!-- repository: end -->" => inside = false,
            _ if inside || line.starts_with("![") || line.starts_with("<!-- ") => {}
            // A removed picture would leave two empty lines.
            "" if kept.is_empty() || kept.ends_with("\n\n") => {}
            _ => {
                kept.push_str(line);
                kept.push('\n');
            }
        }
    }
    assert!(!inside, "{README}: a mark has no end");
    kept
}

#[test]
fn the_packaged_readme_is_that_of_the_repository() {
    // The package itself has only one readme.
    let Ok(readme) = fs::read_to_string(root().join(README)) else { return };
    let wanted = packaged_readme(&readme);
    if std::env::var_os("GATEWIRE_BLESS").is_some() {
        fs::write(root().join(PACKAGED_README), &wanted).unwrap();
    }
    let found = fs::read_to_string(root().join(PACKAGED_README)).unwrap_or_default();
    assert!(found == wanted, "{PACKAGED_README} is not up to date: run `GATEWIRE_BLESS=1 cargo test --test package`");
    assert!(readme.lines().count() <= 100, "{README} has more than a hundred lines");
}

#[test]
fn the_readme_asks_for_this_version() {
    let readme = fs::read_to_string(root().join(PACKAGED_README)).unwrap();
    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    assert!(readme.contains(&format!("\ngatewire = \"{major}.{minor}\"")), "{readme}");
    assert!(readme.contains(&format!("supported Rust version is {}.", env!("CARGO_PKG_RUST_VERSION"))), "{readme}");
}

/// Returns the targets of the links and pictures of a page in Markdown. Code is skipped.
fn links(markdown: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            found.extend(line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target));
            let reference = line.strip_prefix('[').and_then(|line| line.split_once("]: "));
            found.extend(reference.map(|(_, target)| target));
        }
    }
    found
}

/// Returns why a link of the file `page` is broken, if it is.
fn link_fault(page: &str, target: &str, files: &BTreeSet<String>) -> Option<String> {
    if let Some(url) = target.strip_prefix("https://") {
        let host = url.split(['/', '#']).next().unwrap_or_default();
        let registry = REGISTRY_HOSTS.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")));
        return registry.then(|| format!("{page}: {target} names the host of a registry"));
    }
    let path = target.split('#').next().unwrap_or_default();
    // An anchor of the page itself, or a Rust path, which rustdoc resolves.
    if path.is_empty() || path.contains("::") {
        return None;
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    // Cargo resolves links of the readme from the root, whatever folder it is in.
    parts.truncate(if page == PACKAGED_README { 0 } else { parts.len() - 1 });
    for part in path.trim_end_matches('/').split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    let folder = format!("{path}/");
    let found = files.iter().any(|file| *file == path || file.starts_with(&folder));
    (!found).then(|| format!("{page}: {target} is not there"))
}

fn link_faults<'p>(pages: impl Iterator<Item = &'p String>, files: &BTreeSet<String>) -> (usize, Vec<String>) {
    let mut count = 0;
    let mut faults = Vec::new();
    for page in pages.filter(|page| page.ends_with(".md")) {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let targets = links(&text);
        count += targets.len();
        faults.extend(targets.iter().filter_map(|target| link_fault(page, target, files)));
    }
    (count, faults)
}

#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn the_links_of_the_package_lead_somewhere() {
    let list = packaged();
    let (count, faults) = link_faults(list.iter(), &list);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 10, "the links were not read");
    let readme = fs::read_to_string(root().join(PACKAGED_README)).unwrap();
    assert!(!readme.contains("!["), "a registry has no place for a picture");
}

/// The pages that only the repository has also link to files that are not packaged.
#[test]
fn the_links_of_the_repository_lead_somewhere() {
    let mut files = BTreeSet::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = entry.file_name();
            if name == ".git" || name.to_string_lossy().starts_with("target") {
            } else if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    let own = |page: &&String| !page.starts_with("src/") && !page.contains("/target/");
    let (_, faults) = link_faults(files.iter().filter(own), &files);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_broken_link_is_reported() {
    let files = BTreeSet::from(["a.md".to_owned(), "b/c.md".to_owned(), "b/d.rs".to_owned()]);
    let fault = |page: &str, target: &str| link_fault(page, target, &files);
    for (page, target) in
        [("a.md", "b/c.md#part"), ("a.md", "b/"), ("b/c.md", "../a.md"), ("b/c.md", "d.rs"), ("a.md", "#part")]
    {
        assert_eq!(fault(page, target), None, "{page} {target}");
    }
    for (page, target) in [("a.md", "c.md"), ("b/c.md", "a.md"), ("a.md", "https://docs.rs/gatewire"), ("a.md", "e/")] {
        assert!(fault(page, target).is_some(), "{page} {target}");
    }
    assert_eq!(links("[a](b) `c` ![d](e)\n```\n[f](g)\n```\n[h]: i"), ["b", "e", "i"]);
    let readme = "a\n\n![p](q)\n\nb\n<!-- repository: begin -->\nc\n<!-- repository: end -->\nd\n";
    assert_eq!(packaged_readme(readme), "a\n\nb\nd\n");
}

/// The derive is a package of its own, with the same version.
#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn the_package_of_the_derive_holds_the_intended_files() {
    let intended = [
        ".cargo_vcs_info.json",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
    ];
    for path in listed("macros/Cargo.toml") {
        let known = intended.contains(&path.as_str()) || path.starts_with("src/") && path.ends_with(".rs");
        assert!(known, "{path} would be published");
    }
    let manifest = fs::read_to_string(root().join("macros/Cargo.toml")).unwrap();
    assert!(manifest.contains(concat!("\nversion = \"", env!("CARGO_PKG_VERSION"), "\"")), "another version");
    let own = format!("gatewire-macros = {{ version = \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(include_str!("../Cargo.toml").contains(&own), "the crate asks for another version");
    for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
        assert_eq!(read(license), read(&format!("macros/{license}")));
    }
}

/// Every dependency has a row that says why it is there.
#[test]
fn dependencies_are_justified() {
    let manifest = include_str!("../Cargo.toml");
    let page = include_str!("../src/manual/dependencies.md");
    let mut told = 0;
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = matches!(line, "[dependencies]" | "[dev-dependencies]");
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| inside) {
            assert!(page.contains(&format!("`{name}`")), "src/manual/dependencies.md says nothing of {name}");
            told += 1;
        }
    }
    assert!(told > 10, "the manifest was not read");
}
