//! A random event, to a Lambda authorizer. The body with its oracle is `gatewire::fuzz::authorizer`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::authorizer(data));
