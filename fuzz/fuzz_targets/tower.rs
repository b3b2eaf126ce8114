//! A random event, and a random request through every gateway, to a service. The body with its oracle is `gatewire::fuzz::tower`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::tower(data));
