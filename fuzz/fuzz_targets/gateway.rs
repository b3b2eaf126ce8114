//! Any bytes as what a client sends to the local gateway. The body with its oracle is `gatewire::fuzz::gateway`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::gateway(data));
