//! Compares each instruction set with a scan byte by byte, around all block boundaries.

use super::algorithm::Masks;
use super::properties::*;
use super::*;
use crate::json::isa::Scalar;

/// Returns the positions that a scan finds, or `None` if a string is invalid.
fn found(isa: Isa, payload: &[u8]) -> Option<Vec<u32>> {
    let mut ends = Vec::new();
    let scan = scan(isa, payload, &mut ends)?;
    assert_eq!(scan.text.as_bytes(), payload);
    ends.truncate(scan.strings);
    Some(ends)
}

/// The simple model: one byte after the other.
pub(super) fn model(payload: &[u8]) -> Option<Vec<u32>> {
    std::str::from_utf8(payload).ok()?;
    let (mut ends, mut inside, mut at) = (Vec::new(), false, 0);
    while let Some(&byte) = payload.get(at) {
        match byte {
            b'\\' => at += escape(&payload[at..])? - 1,
            b'"' => {
                if inside {
                    ends.push(at as u32);
                }
                inside = !inside;
            }
            0..0x20 if inside => return None,
            _ => {}
        }
        at += 1;
    }
    // A backslash at the very end escapes nothing. The scan need not detect that outside strings; no case has it.
    (!inside).then_some(ends)
}

/// Returns the length of the escape at the start of `rest`. A surrogate pair is one escape.
fn escape(rest: &[u8]) -> Option<usize> {
    let unit = |at| Some(u32::from_str_radix(std::str::from_utf8(rest.get(at..at + 4)?).ok()?, 16).unwrap_or(0xDC00));
    match rest.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => match unit(2)? {
            0xDC00..0xE000 => None,
            0xD800..0xDC00 => (rest[6..].starts_with(b"\\u") && (0xDC00..0xE000).contains(&unit(8)?)).then_some(12),
            _ => Some(6),
        },
        _ => None,
    }
}

fn assert_same(payload: &[u8]) {
    let expected = model(payload);
    for isa in Isa::all() {
        assert_eq!(found(isa, payload), expected, "{isa:?}: {:?}", String::from_utf8_lossy(payload));
    }
}

/// A small generator of pseudo-random numbers (xorshift): the same cases at each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % limit
    }
}

/// The number of rounds in the random tests: `GATEWIRE_CASES`, few under Miri.
fn rounds() -> usize {
    let default = if cfg!(miri) { 1 } else { 40 };
    std::env::var("GATEWIRE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default)
}

/// Checks the masks of an instruction set for all bytes in all places.
fn assert_masks<I: Masks>(isa: I) {
    for byte in (0..=255u8).step_by(if cfg!(miri) { 31 } else { 1 }) {
        for place in (0..BLOCK).step_by(if cfg!(miri) { 21 } else { 1 }) {
            let mut bytes = [b' '; BLOCK];
            bytes[place] = byte;
            let block = isa.load(&bytes);
            let bit = 1u64 << place;
            assert_eq!(isa.control(block), if byte < 0x20 { bit } else { 0 });
            assert_eq!(isa.equal(block, b'"'), if byte == b'"' { bit } else { 0 });
            assert_eq!(isa.equal(block, b' '), if byte == b' ' { !0 } else { !bit });
            let seen = isa.see(isa.see(isa.nothing(), isa.load(&[b' '; BLOCK])), block);
            assert_eq!((isa.any_high(seen), isa.any_control(seen, &bytes)), (byte >= 0x80, byte < 0x20));
            // Both kinds in one payload: neither hides the other.
            bytes[(place + 1) % BLOCK] = 0xC3;
            let seen = isa.see(seen, isa.load(&bytes));
            assert_eq!((isa.any_high(seen), isa.any_control(seen, &bytes)), (true, byte < 0x20));
        }
    }
    for length in 0..BLOCK {
        // Bytes after the rest are not read.
        let mut bytes = [b'"'; BLOCK];
        bytes[..length].fill(b'\\');
        let block = isa.load_rest(&bytes[..length]);
        assert_eq!(isa.equal(block, b'\\'), (1 << length) - 1);
        assert_eq!(isa.equal(block, b' '), !((1 << length) - 1));
    }
    assert_positions(isa);
    for bits in [0, 1, 1 << 63, !0, 0x8000_0000_0000_0001u64, 0x0123_4567_89AB_CDEF, 0xAAAA_AAAA_AAAA_AAAA] {
        let parity = (0..64).map(|at| u64::from((u64::wrapping_shl(bits, 63 - at)).count_ones() & 1) << at);
        assert_eq!(isa.prefix_xor(bits), parity.sum::<u64>(), "{bits:#x}");
    }
}

/// Checks the positions that are written for masks of every number of bits, at every offset of a longer list.
fn assert_positions<I: Masks>(isa: I) {
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    for count in 0..=BLOCK {
        for offset in if cfg!(miri) { 0..2 } else { 0..17 } {
            let mut bits = 0u64;
            while (bits.count_ones() as usize) < count {
                bits |= 1 << random.below(BLOCK);
            }
            let mut list = [u32::MAX; BLOCK + 17];
            let out = list[offset..].first_chunk_mut().expect("it is long enough");
            assert_eq!(isa.write_positions(bits, 0xFFFF_0000, out), count);
            let expected: Vec<u32> = (0..64).filter(|at| bits >> at & 1 != 0).map(|at| 0xFFFF_0000 + at).collect();
            assert_eq!(out[..count], expected);
            assert!(list[..offset].iter().chain(&list[offset + BLOCK..]).all(|&place| place == u32::MAX));
        }
    }
}

/// Calls a generic function with the value of an instruction set.
macro_rules! with_masks {
    ($isa:expr, $check:ident($($argument:expr),*)) => {
        match $isa {
            Isa::Scalar(isa) => $check(isa $(, $argument)*),
            #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
            Isa::Avx2(isa) => $check(isa $(, $argument)*),
            #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
            Isa::Avx512(isa) => $check(isa $(, $argument)*),
            #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
            Isa::Neon(isa) => $check(isa $(, $argument)*),
        }
    };
}

#[test]
fn masks_are_right_for_every_byte_and_place() {
    for isa in Isa::all() {
        with_masks!(isa, assert_masks());
    }
}

fn config() -> proptest::test_runner::Config {
    let cases = rounds() as u32;
    proptest::test_runner::Config { cases, failure_persistence: None, ..Default::default() }
}

proptest::proptest! {
    #![proptest_config(config())]

    #[test]
    fn masks_and_positions_are_right_for_random_blocks(
        bytes in proptest::collection::vec(proptest::prop_oneof![0..=0xFFu8, 0..0x23u8, b'['..=b'^'], BLOCK),
        bits in proptest::prelude::any::<u64>(),
    ) {
        let bytes: [u8; BLOCK] = bytes.try_into().expect("as many bytes");
        for isa in Isa::all() {
            with_masks!(isa, masks_are_those_of_the_bytes(&bytes, b'\\'));
            with_masks!(isa, masks_are_those_of_the_bytes(&bytes, b'"'));
            with_masks!(isa, prefix_xor_is_the_parity(bits));
            with_masks!(isa, positions_are_those_of_the_bits(bits, 64 * 1000));
        }
    }
}

#[test]
fn escapes_and_quotes_cross_blocks() {
    let pieces = [
        "\"",
        "\\\"",
        "\\\\",
        "\\\\\\\"",
        "\\n",
        "\\u0041",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\ud83d\\u0041",
        "\\udc00",
        "\\u12x4",
        "\\ud83d",
        "\\x",
        "\u{1}",
        "\u{7f}",
        "\u{e9}",
        "\u{1f600}",
        "\"\"",
        "\",\"",
        "\\\\\\\\\\\\\\\\\\\\\\\\\\\\",
    ];
    for start in if cfg!(miri) { 62..63 } else { 40..140 } {
        for piece in pieces {
            let before = "a".repeat(start);
            assert_same(format!("\"{before}{piece}\"").as_bytes());
            assert_same(format!("\"{before}{piece}b\"").as_bytes());
            assert_same(format!("\"{before}{piece}").as_bytes());
            assert_same(format!("\"{before}{piece}{piece}{before}\" \"{piece}\"").as_bytes());
        }
    }
}

#[test]
fn runs_of_backslashes_cross_blocks() {
    let runs = if cfg!(miri) { 62..65 } else { 0..200 };
    for run in runs {
        for start in if cfg!(miri) { 0..2 } else { 0..66 } {
            let (before, run) = ("a".repeat(start), "\\".repeat(run));
            assert_same(format!("\"{before}{run}\"").as_bytes());
            assert_same(format!("\"{before}{run}\"\"").as_bytes());
        }
    }
}

#[test]
fn all_instruction_sets_agree_at_every_length_and_offset() {
    const ALPHABET: &[&str] =
        &["\"", "\"", "\\\\", "\\\"", "\\n", "a", "b", " ", ":", ",", "\\u00e9", "\\ud83d\\ude00", "\u{e9}", "\u{1}"];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (lengths, offsets) = if cfg!(miri) { (63..66, 3) } else { (0..201, 64) };
    for _ in 0..rounds().div_ceil(40) {
        for length in lengths.clone() {
            // Mostly valid strings, so that the scan gets past the first byte.
            let choices = if random.below(2) == 0 { ALPHABET.len() - 1 } else { ALPHABET.len() };
            let mut text = String::new();
            while text.len() < length {
                text += ALPHABET[random.below(choices)];
            }
            for offset in 0..offsets {
                let padded = [&vec![b' '; offset][..], text.as_bytes()].concat();
                assert_same(&padded[offset..]);
                assert_same(&padded);
            }
        }
    }
}

#[test]
fn all_instruction_sets_agree_on_random_bytes() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for _ in 0..rounds() * if cfg!(miri) { 10 } else { 50 } {
        let length = random.below(201);
        let payload: Vec<u8> = (0..length)
            .map(|_| match random.below(8) {
                0 => random.below(256) as u8,
                1 => b"\"\\u"[random.below(3)],
                _ => b'a' + random.below(26) as u8,
            })
            .collect();
        // The walk finds invalid text outside strings. Here the instruction sets only have to agree with one another.
        let scalar = found(Isa::Scalar(Scalar), &payload);
        for isa in Isa::all() {
            assert_eq!(found(isa, &payload), scalar, "{isa:?}: {:?}", String::from_utf8_lossy(&payload));
        }
    }
}

#[test]
fn many_quotes_make_the_index_grow() {
    for quotes in [2, 8, 62, 64, 66, 510, 512, 514, 1500] {
        assert_same("\"".repeat(quotes).as_bytes());
        assert_same(" \"".repeat(quotes).as_bytes());
    }
}
