//! A random answer, to every gateway. The body with its oracle is `gatewire::fuzz::respond`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::respond(data));
