//! A random request, through every gateway. The body with its oracle is `gatewire::fuzz::sources`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::sources(data));
