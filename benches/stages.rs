//! One stage of the engine alone, over the events of the mix: `stages STAGE N`, for the stages `decode`, `look_up` and `encode`.
//!
//! `benches/instructions.sh` counts the instructions. A fifth of a small stage is little of a whole event; here it is a fifth.

// Shared with benches/peers, where these are modules of a library.
#[allow(dead_code, unreachable_pub)]
mod app;
#[allow(dead_code, unreachable_pub)]
mod mix;

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::hint::black_box;

use gatewire::internals::{Decoder, Encoder, Routes};
use serde::Serialize;

/// The answer of the handlers of the app.
#[derive(Serialize)]
struct Body<'e> {
    id: &'e str,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(stage), Some(times)) = (arguments.next(), arguments.next()) else {
        return Err("usage: stages decode|look_up|encode N".into());
    };
    let events = mix::events();
    // After a pass over all, in which buffers reach their final size.
    let events = events.iter().cycle().take(events.len() + times.parse::<usize>()?);
    match &*stage {
        "decode" => {
            let mut decoder = Decoder::default();
            for event in events {
                black_box(decoder.decode(black_box(event.payload.as_bytes()))?);
            }
        }
        "look_up" => {
            // The same rule for several methods is one rule here.
            let rules: BTreeSet<&str> = app::ROUTES.iter().map(|(_, rule)| *rule).collect();
            let mut routes = Routes::build(rules)?;
            for event in events {
                black_box(routes.decode_and_find(black_box(&event.path))).ok_or("no rule fits")?;
            }
        }
        "encode" => {
            let mut encoder = Encoder::default();
            for event in events {
                black_box(encoder.json(black_box(&Body { id: &event.id }))?);
            }
        }
        _ => return Err(format!("no stage {stage}").into()),
    }
    Ok(())
}
