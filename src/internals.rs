//! The parts of the engine, separately, for the benchmarks in `benches/peers`. Not a part of the API.

use bumpalo::Bump;
use serde::{Deserialize, Serialize};

use crate::build_error::BuildError;
use crate::event::{Event, EventError, Fields};
use crate::form::{self, FormError};
use crate::http::percent;
use crate::json::write::SerializeError;
use crate::json::{self, Index};
use crate::respond::{ResponseBuffer, write_json};
use crate::route::{Path, Rules, Scratch, Table, TrailingSlash};
use crate::source::EventSource;

/// The instruction set that decoding uses on this machine.
pub fn vector_path() -> &'static str {
    json::isa_name(false)
}

/// The same, with AVX-512 disabled for the whole process.
///
/// # Panics
/// If anything was decoded before.
pub fn vector_path_without_avx512() -> &'static str {
    json::isa_name(true)
}

/// Payload → event.
pub struct Decoder {
    index: Index,
    fields: Fields,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { index: Index::new(), fields: Fields::new() }
    }
}

impl Decoder {
    /// Validates a whole payload and finds its fields. Returns the source that it recognised.
    pub fn decode(&mut self, payload: &[u8]) -> Result<EventSource, EventError> {
        let (event, refused) = Event::decode(&mut self.index, &mut self.fields, payload, None);
        refused.map_or_else(|| Ok(event.source()), |refused| Err(refused.error))
    }
}

/// Body → form.
#[derive(Default)]
pub struct Forms(Bump);

impl Forms {
    /// Reads a form of the type `application/x-www-form-urlencoded` as a value.
    pub fn read<'f, T: Deserialize<'f>>(&'f mut self, body: &'f str) -> Result<T, FormError> {
        self.0.reset();
        form::deserialize(form::fields(body, &self.0)?, &self.0).map_err(FormError::of_fields)
    }

    /// Reads a form of the type `multipart/form-data`.
    pub fn multipart<'f>(&'f mut self, body: &'f [u8], boundary: &str) -> Result<form::Multipart<'f>, FormError> {
        self.0.reset();
        form::multipart(body, boundary, &self.0)
    }
}

/// Compiled rules, with the memory for lookups.
pub struct Routes {
    table: Table,
    scratch: Scratch,
    escaped: Vec<u32>,
    arena: Bump,
}

impl Routes {
    /// Compiles rules for `GET`.
    pub fn build<'r>(rules: impl IntoIterator<Item = &'r str>) -> Result<Self, BuildError> {
        let mut collected = Rules::default();
        for rule in rules {
            collected.add("GET", rule);
        }
        let table = collected.build()?;
        Ok(Self { table, scratch: Scratch::new(), escaped: Vec::new(), arena: Bump::new() })
    }

    /// Returns the number of the rule for a path, and the capture of its first parameter.
    pub fn find<'p>(&mut self, path: &'p str) -> Option<(u32, &'p str)> {
        look_up(&self.table, &mut self.scratch, Path { text: path, escaped: &[] })
    }

    /// The same for a path as sent, which is decoded first.
    pub fn decode_and_find<'p>(&'p mut self, path: &'p str) -> Option<(u32, &'p str)> {
        self.arena.reset();
        let text = percent::decode_path(&self.arena, path, true, &mut self.escaped).ok()?;
        look_up(&self.table, &mut self.scratch, Path { text, escaped: &self.escaped })
    }
}

fn look_up<'p>(table: &Table, scratch: &mut Scratch, path: Path<'p>) -> Option<(u32, &'p str)> {
    let rule = table.lookup("GET", path, TrailingSlash::Exact, scratch)?;
    let first = scratch.captures().first().map_or("", |&(from, to)| &path.text[from as usize..to as usize]);
    Some((rule, first))
}

/// Response → payload.
pub struct Encoder(ResponseBuffer);

impl Default for Encoder {
    fn default() -> Self {
        Self(ResponseBuffer::new())
    }
}

impl Encoder {
    /// Writes a response to an HTTP API whose body is already JSON text.
    pub fn text(&mut self, body: &str) -> &[u8] {
        self.0.clear();
        self.0.set_text(body, Some("application/json"));
        self.0.encode(EventSource::HttpApiV2, false)
    }

    /// The same with a value that is serialised as JSON.
    pub fn json<T: Serialize>(&mut self, body: &T) -> Result<&[u8], SerializeError> {
        self.0.clear();
        let mut out = self.0.take_output();
        let written = write_json(&mut out, body);
        self.0.restore_output(out, written.is_ok());
        written?;
        Ok(self.0.encode(EventSource::HttpApiV2, false))
    }

    /// The same with bytes, which are encoded as base64.
    pub fn bytes(&mut self, body: &[u8]) -> &[u8] {
        self.0.clear();
        self.0.set_bytes(body, Some("application/octet-stream"));
        self.0.encode(EventSource::HttpApiV2, false)
    }
}

/// Body → gzip → base64.
#[cfg(feature = "gzip")]
#[derive(Default)]
pub struct Gzip {
    compressor: crate::codec::compress::KeptCompressor,
    out: Vec<u8>,
}

#[cfg(feature = "gzip")]
impl Gzip {
    /// Returns the base64 of the compressed body, at a level from 1 to 12.
    pub fn compress(&mut self, body: &[u8], level: i32) -> Option<&[u8]> {
        let compressed = self.compressor.compress(body, crate::codec::compress::Format::Gzip, level)?;
        self.out.clear();
        crate::codec::base64::encode_append(&mut self.out, compressed);
        Some(&self.out)
    }
}
