//! A random route table, and random paths. The body with its oracle is `gatewire::fuzz::routes`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::routes(data));
