//! A random event, to an app with a WebSocket API and a handler of raw events. The body with its oracle is `gatewire::fuzz::websocket`; `cargo test` replays the corpus there.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| gatewire::fuzz::websocket(data));
