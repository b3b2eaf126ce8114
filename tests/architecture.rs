//! The tour of the code in the manual names files that exist.

use std::fs;
use std::path::Path;

/// Returns the names in backquotes on a page that begin with a folder of this repository.
fn files_named(page: &str) -> Vec<&str> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted.filter(|name| ["src/", "tests/", "benches/", ".ci/"].iter().any(|folder| name.starts_with(folder))).collect()
}

#[test]
fn every_file_of_the_tour_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The fences of code blocks have three backquotes, which would turn even places into odd ones.
    let page = fs::read_to_string(root.join("src/manual/architecture.md")).unwrap().replace("```", "");
    let files = files_named(&page);
    let missing: Vec<_> = files.iter().filter(|file| !root.join(file).exists()).collect();
    assert!(missing.is_empty(), "src/manual/architecture.md names what is not there: {missing:?}");
    assert!(files.len() > 30, "the page was not read: {files:?}");
}

#[test]
fn only_paths_count_as_files() {
    assert_eq!(files_named("see `src/a.rs`, `App` and src/b.rs; `tests/c.rs`"), ["src/a.rs", "tests/c.rs"]);
}
