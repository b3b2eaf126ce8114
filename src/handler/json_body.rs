//! JSON bodies as serde values, by `simd-json`, in place and on a kept tape.

use std::cell::Cell;

use serde::Deserialize;
use serde::de::value::UnitDeserializer;
use simd_json::{Buffers, Deserializer, ErrorType, Tape};

use crate::event::BodyError;

/// The containers that may be nested in one another: as many as in the payload itself. Reading a value is recursive.
const MAX_DEPTH: usize = 127;

/// The parser's memory, kept from one body to the next.
#[derive(Default)]
pub(crate) struct JsonParser {
    /// Taken while a body is read: a `Deserialize` may read another one, which then has memory of its own.
    kept: Cell<Option<Box<Kept>>>,
}

struct Kept {
    tape: Tape<'static>,
    buffers: Buffers,
}

impl Default for Kept {
    fn default() -> Self {
        Self { tape: Tape(Vec::new()), buffers: Buffers::with_max_depth(0, MAX_DEPTH) }
    }
}

impl JsonParser {
    /// Reads a value from `body`, which becomes the ground of what the value borrows. An empty body reads as `null`.
    pub(super) fn parse<'r, T: Deserialize<'r>>(&self, body: &'r mut [u8]) -> Result<T, BodyError> {
        if body.is_empty() {
            return T::deserialize(UnitDeserializer::<serde::de::value::Error>::new())
                .map_err(|error| BodyError::Type(error.to_string().into()));
        }
        let mut kept = self.kept.take().unwrap_or_default();
        let mut tape = std::mem::replace(&mut kept.tape, Tape(Vec::new())).reset();
        let value = match simd_json::fill_tape(body, &mut kept.buffers, &mut tape) {
            Err(error) if *error.error() == ErrorType::DepthLimitExceeded => Err(BodyError::TooDeep),
            Err(error) => Err(BodyError::Syntax { offset: error.index() }),
            Ok(()) => {
                let mut deserializer = Deserializer::from_tape(tape);
                let value = T::deserialize(&mut deserializer);
                tape = deserializer.into_tape();
                value.map_err(|error| BodyError::Type(error.to_string().into()))
            }
        };
        kept.tape = tape.reset();
        self.kept.set(Some(kept));
        value
    }
}
