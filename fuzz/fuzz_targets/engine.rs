//! Any bytes as a payload. The body with its oracle is `gatewire::fuzz::engine`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::engine(data));
