//! Any bytes as JSON strings, base64, paths and queries. The body with its oracle is `gatewire::fuzz::text`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::text(data));
