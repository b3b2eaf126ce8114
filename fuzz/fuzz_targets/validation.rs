//! A query and a body, valid or not. The body with its oracle is `gatewire::fuzz::validation`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::validation(data));
