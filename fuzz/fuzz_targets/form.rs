//! A body of the type `application/x-www-form-urlencoded`. The body with its oracle is `gatewire::fuzz::form`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::form(data));
