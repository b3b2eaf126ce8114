//! All strings over a small alphabet, for tests that compare fast code with its definition on each of them.
//!
//! A test covers the strings of up to a small length at every run. `GATEWIRE_EXHAUSTIVE_SECONDS` lets each test go on
//! for that long, up to [`LONGEST`] pieces: `.ci/full` does. Each test prints a line with what it has covered.

use std::time::{Duration, Instant};

/// The most pieces of a string.
const LONGEST: usize = 8;
/// The clock is read after this many strings.
const BETWEEN_CLOCKS: u64 = 64;

/// Calls `check` for each string of up to `always` pieces, and for the longer ones while there is time, short ones first.
/// `check` returns the number of comparisons that it made.
pub(crate) fn for_all_strings(what: &str, pieces: &[&[u8]], always: usize, mut check: impl FnMut(&[u8]) -> u64) {
    let seconds = std::env::var("GATEWIRE_EXHAUSTIVE_SECONDS").ok().and_then(|text| text.parse().ok());
    let deadline = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    // An emulator takes about ten times as long.
    let always = if cfg!(gatewire_emulated) { always - 1 } else { always };
    let (mut text, mut comparisons, mut covered) = (Vec::new(), 0, String::new());
    'lengths: for length in 0..=if seconds.is_some() { LONGEST } else { always } {
        let all = (pieces.len() as u64).pow(length as u32);
        for number in 0..all {
            if length > always && number % BETWEEN_CLOCKS == 0 && Instant::now() >= deadline {
                covered += &format!(" and {number} of {all} of {length}");
                break 'lengths;
            }
            write(&mut text, pieces, length, number);
            comparisons += check(&text);
        }
        covered = format!("all strings of up to {length} pieces of {}", pieces.len());
    }
    assert_ne!(comparisons, 0);
    println!("\nexhaustive: {what}: {covered}; {comparisons} comparisons");
}

/// Writes the string with a number: its digits in the base of the number of pieces. Digits of the end change slowest, so
/// that a part of the strings of a length has many forms of their beginning.
fn write(text: &mut Vec<u8>, pieces: &[&[u8]], length: usize, mut number: u64) {
    text.clear();
    for _ in 0..length {
        text.extend_from_slice(pieces[(number % pieces.len() as u64) as usize]);
        number /= pieces.len() as u64;
    }
}

/// Text around a string that stays in its place while the text before it gets longer, byte by byte: no payload is copied.
pub(crate) struct Padded {
    bytes: Vec<u8>,
    filler: u8,
    /// The largest length of the text before.
    most: usize,
    /// The bytes that were replaced for the last payload, and what they were.
    replaced: [(usize, u8); 2],
}

impl Padded {
    /// `after` comes after the string.
    pub(crate) fn new(filler: u8, most: usize, text: &[u8], after: &[u8]) -> Self {
        let bytes = [&vec![filler; most], text, after].concat();
        let replaced = [(0, bytes.first().copied().unwrap_or(filler)); 2];
        Self { bytes, filler, most, replaced }
    }

    /// The string with `before` fillers in front of it, and all that comes after it.
    pub(crate) fn at(&self, before: usize) -> &[u8] {
        debug_assert!(self.bytes[self.most - before..self.most].iter().all(|byte| *byte == self.filler));
        &self.bytes[self.most - before..]
    }

    /// `length` bytes, of which the first and the last are `edge`: the string with `before` bytes in front of it, and what comes
    /// after it.
    pub(crate) fn between(&mut self, edge: u8, before: usize, length: usize) -> &[u8] {
        for (at, byte) in self.replaced {
            self.bytes[at] = byte;
        }
        let start = self.most - before;
        let payload = start..start + length;
        self.replaced = [start, payload.end - 1].map(|at| (at, self.bytes[at]));
        self.bytes[start] = edge;
        self.bytes[payload.end - 1] = edge;
        &self.bytes[payload]
    }
}

#[test]
fn every_string_comes_once() {
    let mut seen = std::collections::BTreeSet::new();
    for_all_strings("itself", &[b"a", b"b", b"cd"], 4, |text| {
        assert!(seen.insert(text.to_vec()));
        1
    });
    let lengths = if cfg!(gatewire_emulated) { 4 } else { 5 };
    assert!(seen.len() >= (0..lengths).map(|length| 3usize.pow(length)).sum());
}

#[test]
fn the_text_before_grows() {
    let mut padded = Padded::new(b'-', 3, b"x", b"!!!");
    assert_eq!(padded.at(3), b"---x!!!");
    assert_eq!(padded.between(b'"', 3, 6), b"\"--x!\"");
    assert_eq!(padded.between(b'"', 1, 5), b"\"x!!\"");
    assert_eq!(padded.between(b'"', 2, 4), b"\"-x\"");
    let padded = Padded::new(b'-', 2, b"", b"");
    assert_eq!((padded.at(2), padded.at(0)), (&b"--"[..], &b""[..]));
}
