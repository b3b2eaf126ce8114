//! User code that misbehaves by a script. The body with its oracle is `gatewire::fuzz::hostile`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::hostile(data));
