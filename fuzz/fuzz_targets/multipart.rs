//! A boundary and a body of the type `multipart/form-data`. The body with its oracle is `gatewire::fuzz::multipart`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::multipart(data));
