//! What the compiler says to programs that it has to refuse, word for word.
//!
//! `refused/` has the mistakes of people who are new to the crate: each message has to say what is wrong and what to do, or
//! the manual has to (`gatewire::manual::compile_errors`). `escaping/` has the ways to let something outlive its invocation.
//!
//! The messages are those of one version of the compiler; under another one the test only says that it was skipped. After
//! a change that is meant, `TRYBUILD=overwrite cargo test --test compile_errors` writes them anew.

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
    if !cfg!(debug_assertions) {
        return Some("it is the same in every profile".to_owned());
    }
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let Ok(output) = std::process::Command::new(rustc).arg("-vV").output() else {
        return Some("there is no rustc to run".to_owned());
    };
    let version = String::from_utf8_lossy(&output.stdout);
    let field = |name: &str| version.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown");
    let (release, host) = (field("release: "), field("host: "));
    if release != COMPILER {
        return Some(format!("the messages are those of Rust {COMPILER}, and this is {release}"));
    }
    if !host.starts_with(std::env::consts::ARCH) {
        return Some(format!("the compiler is for {host}, and this runs on {}", std::env::consts::ARCH));
    }
    None
}

#[test]
fn messages_of_the_compiler() {
    if let Some(reason) = reason_to_skip() {
        eprintln!("skipped: {reason}");
        return;
    }
    let programs = trybuild::TestCases::new();
    programs.compile_fail("tests/compile_errors/refused/*.rs");
    programs.compile_fail("tests/compile_errors/escaping/*.rs");
}
