//! What the published package holds, and that its dependencies are told of.

use std::collections::BTreeSet;
use std::process::Command;

/// Where files of the package stand; a new folder is put here on purpose, or kept out by `exclude` in `Cargo.toml`.
const FOLDERS: &[&str] = &["benches", "examples", "src", "tests"];

/// Files beside them. Cargo makes those with a dot or `.orig`, and the lock file.
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
    "README.md",
    "SECURITY.md",
    "deny.toml",
];

/// Nothing but text is published, and nothing that is made.
const ENDINGS: &[&str] = &["json", "jsonl", "md", "py", "rs", "sh", "stderr", "toml", "txt", "yaml"];

#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn the_package_holds_what_it_should() {
    let mut command = Command::new(env!("CARGO"));
    command.args(["package", "--list", "--allow-dirty", "--offline", "--manifest-path"]);
    let output = command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    let list = String::from_utf8(output.stdout).unwrap();
    let mut found = BTreeSet::new();
    for path in list.lines().map(|path| path.replace('\\', "/")) {
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
    for needed in ["README.md", "LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md", "SECURITY.md", "src/lib.rs"] {
        assert!(list.lines().any(|path| path == needed), "{needed} would not be published");
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
