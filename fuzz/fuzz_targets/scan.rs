//! Any bytes as a payload, scanned by every set of instructions. The body with its oracle is `gatewire::fuzz::scan`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::scan(data));
