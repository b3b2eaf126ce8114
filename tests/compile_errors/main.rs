//! Programs that the compiler has to refuse.
//!
//! `refused/` has the mistakes of people who are new to the crate, with what the compiler says, word for word: it has to say
//! what is wrong and what to do, or the manual has to (`gatewire::manual::compile_errors`). The messages are those of one
//! version of the compiler; under another one the test only says that it was skipped. After a change that is meant,
//! `TRYBUILD=overwrite cargo test --test compile_errors` writes them anew.
//!
//! `escaping/` has the ways to let something outlive its invocation, each with the codes of its errors in the first line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The compiler whose messages are kept.
const COMPILER: &str = "1.95.0";

/// Why the messages cannot be compared here, if they cannot.
fn reason_to_skip() -> Option<String> {
    // The messages list implementations, which depend on the features.
    let default_features = cfg!(all(feature = "gzip", feature = "local", feature = "regex", feature = "tokio"));
    let other_features = cfg!(any(
        feature = "bytes",
        feature = "futures",
        feature = "fuzzing",
        feature = "internals",
        feature = "lambda",
        feature = "tracing"
    ));
    if !default_features || other_features {
        return Some("the features are not the default ones".to_owned());
    }
    if env::var_os("GATEWIRE_QUICK").is_some() {
        return Some("`.ci/run quick` leaves them out: they compile each program alone".to_owned());
    }
    if cfg!(gatewire_scalar) || !cfg!(debug_assertions) {
        return Some("it is the same in every build of the crate".to_owned());
    }
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let Ok(output) = Command::new(rustc).arg("-vV").output() else {
        return Some("there is no rustc to run".to_owned());
    };
    let version = String::from_utf8_lossy(&output.stdout);
    let field = |name: &str| version.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown");
    let (release, host) = (field("release: "), field("host: "));
    if release != COMPILER {
        return Some(format!("the messages are those of Rust {COMPILER}, and this is {release}"));
    }
    if !host.starts_with(env::consts::ARCH) {
        return Some(format!("the compiler is for {host}, and this runs on {}", env::consts::ARCH));
    }
    None
}

#[test]
fn messages_of_the_compiler() {
    if let Some(reason) = reason_to_skip() {
        eprintln!("skipped: {reason}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/compile_errors/refused/*.rs");
}

/// The mistakes with `#[derive(Input)]`, which is there with its features alone.
#[test]
#[cfg(all(feature = "macros", feature = "validate"))]
fn messages_of_the_derive() {
    if let Some(reason) = reason_to_skip() {
        eprintln!("skipped: {reason}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/compile_errors/derive/*.rs");
}

#[test]
fn nothing_outlives_its_invocation() {
    if let Some(reason) = reason_to_skip() {
        eprintln!("skipped: {reason}");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected: BTreeMap<String, String> = fs::read_dir(root.join("tests/compile_errors/escaping"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let codes = text.lines().next().and_then(|line| line.strip_prefix("// refused: ")).unwrap_or_default();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), codes.to_owned())
        })
        .collect();
    assert!(expected.len() >= 34, "{} programs", expected.len());
    let found = check(root, expected.keys());
    let differ: Vec<_> = expected
        .iter()
        .map(|(name, codes)| (name, codes, found.get(name).map_or_else(String::new, join)))
        .filter(|(_, codes, found)| codes.is_empty() || *codes != found)
        .map(|(name, codes, found)| format!("{name}: expected {codes:?}, found {found:?}"))
        .collect();
    assert!(differ.is_empty(), "\n{}", differ.join("\n"));
}

fn join(codes: &BTreeSet<String>) -> String {
    codes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Checks the programs in a package of their own, all at once; returns the codes of the errors of each.
fn check<'n>(root: &Path, names: impl Iterator<Item = &'n String>) -> BTreeMap<String, BTreeSet<String>> {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("escaping");
    fs::create_dir_all(&package).unwrap();
    let mut manifest = format!(
        "[package]\nname = \"escaping\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         gatewire = {{ path = {root:?} }}\ntokio = {{ version = \"1\", features = [\"rt\"] }}\n"
    );
    for name in names {
        let path = root.join(format!("tests/compile_errors/escaping/{name}.rs"));
        manifest.push_str(&format!("\n[[bin]]\nname = {name:?}\npath = {path:?}\n"));
    }
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    // The versions of the workspace, which are there already.
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--bins", "--keep-going", "--message-format=json"])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let message = &line["message"];
        // The last message of a program counts its errors; it has no place.
        let has_place = message["spans"].as_array().is_some_and(|spans| !spans.is_empty());
        if line["reason"] == "compiler-message" && message["level"] == "error" && has_place {
            // Errors of lifetimes in closures have no code.
            let code = message["code"]["code"].as_str().unwrap_or("lifetime").to_owned();
            found.entry(line["target"]["name"].as_str().unwrap().to_owned()).or_default().insert(code);
        }
    }
    assert!(!found.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    found
}
