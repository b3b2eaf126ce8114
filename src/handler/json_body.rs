//! JSON bodies as serde values: `simd-json` parses them in place onto a kept tape, which a reader of this crate reads.

use std::cell::Cell;

use serde::Deserialize;
use serde::de::value::UnitDeserializer;
use simd_json::{Buffers, ErrorType, Tape};

use super::json_reader::{Reader, locate};
use crate::event::BodyError;
use crate::json;
use crate::mismatch::Fault;

/// The most containers that may be nested in one another, as in the payload itself: reading a value is recursive.
pub(super) const MAX_DEPTH: usize = 127;

/// The parser's memory, kept from one body to the next.
#[derive(Default)]
pub(crate) struct JsonParser {
    /// Taken while a body is read: a `Deserialize` may read another one, which then has its own memory.
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
    /// Reads a value from `body`, from which the value may borrow. An empty body reads as `null`.
    pub(crate) fn parse<'r, T: Deserialize<'r>>(&self, body: &'r mut [u8]) -> Result<T, BodyError> {
        if body.is_empty() {
            return T::deserialize(UnitDeserializer::<Fault>::new()).map_err(nothing);
        }
        let mut kept = self.kept.take().unwrap_or_default();
        let mut tape = std::mem::replace(&mut kept.tape, Tape(Vec::new())).reset();
        let value = match simd_json::fill_tape(body, &mut kept.buffers, &mut tape) {
            Err(error) if *error.error() == ErrorType::DepthLimitExceeded => Err(BodyError::TooDeep),
            Err(error) => Err(BodyError::Syntax { offset: error.index() }),
            Ok(()) => {
                let value = T::deserialize(&mut Reader::new(&tape.0));
                value.map_err(|fault| BodyError::Type(locate(fault, &tape.0)))
            }
        };
        kept.tape = tape.reset();
        self.kept.set(Some(kept));
        value
    }
}

/// The error of a type that does not take an absent body.
#[cold]
fn nothing(fault: Fault) -> BodyError {
    BodyError::Type(fault.into_mismatch(|field| field.unwrap_or_default().to_owned()))
}

/// Returns where the syntax of `body` is wrong: the parser has changed its own copy, and has no exact place.
#[cold]
pub(super) fn locate_syntax(error: BodyError, body: &[u8]) -> BodyError {
    match (&error, json::check(body)) {
        (BodyError::Syntax { .. }, Err(fault)) => BodyError::Syntax { offset: fault.offset() },
        _ => error,
    }
}
