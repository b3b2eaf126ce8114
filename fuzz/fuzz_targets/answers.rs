//! Answers of the Runtime API, in pieces of any size. The body with its oracle is `gatewire::fuzz::answers`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::answers(data));
