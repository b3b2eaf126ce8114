//! Stage one: finds where the strings of a document end and checks everything that is inside of them.
//!
//! Where they start is not kept: in a document of good grammar each starts where the walk that follows expects a string.
//!
//! The algorithm stands here once. An instruction set gives it 64-bit masks of 64 bytes, one bit for each byte, the
//! lowest bit for the first byte.
// ASCII is taken for UTF-8 unchecked in `run`, and `store` keeps the compiler from gathering stores.
#![allow(unsafe_code)]

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
mod avx2;
#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
mod avx512;
#[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
use super::cpu::Avx2;
#[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
use super::cpu::Avx512;
use super::text::hex_unit;

/// How many bytes are looked at together.
pub(super) const BLOCK: usize = 64;
/// How far ahead of the block memory is asked for, in bytes.
const AHEAD: usize = 5 * BLOCK;
/// How many places are written together: few blocks have more strings that end.
const STEP: usize = 5;

/// A document whose strings are good.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    /// How many strings were found.
    pub(super) strings: usize,
    /// Where backslashes stand.
    pub(super) escapes: Escapes,
}

/// Which blocks of a document have backslashes: bit `n` is set if block `n`, or one a multiple of 64 further on, has.
///
/// Keys have hardly ever any, but bodies have, and some headers of browsers: this tells the walk that a key need not be
/// looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Escapes(u64);

impl Escapes {
    const NONE: Self = Self(0);

    /// Adds the block that starts at `start`.
    #[inline(always)]
    const fn add(&mut self, start: usize) {
        self.0 |= 1 << (start / BLOCK % 64);
    }

    /// Whether there can be a backslash from one place to another.
    #[inline(always)]
    pub(super) const fn touch(self, from: usize, to: usize) -> bool {
        (self.0 >> (from / BLOCK % 64) | self.0 >> (to / BLOCK % 64)) & 1 != 0 || to.wrapping_sub(from) > BLOCK
    }
}

/// An implementation of the scan that this machine can run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path {
    Scalar(scalar::Scalar),
    #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
    Avx2(Avx2),
    #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
    Avx512(Avx512),
    #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
    Neon(neon::Neon),
}

impl Path {
    /// The fastest.
    #[inline]
    pub(super) fn best() -> Self {
        #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
        if let Some(isa) = Avx512::get() {
            return Self::Avx512(isa);
        }
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        if let Some(isa) = Avx2::get() {
            return Self::Avx2(isa);
        }
        #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
        return Self::Neon(neon::Neon);
        #[allow(unreachable_code)]
        Self::Scalar(scalar::Scalar)
    }

    /// Writes the positions of all closing quotes to the front of `ends`, which grows if need be.
    ///
    /// Gives `None` for a string with a control character, a bad escape, half a surrogate pair or no end, and for text
    /// that is not UTF-8. Outside of strings it checks nothing: only a document of good grammar has a meaningful index.
    /// The walk that follows sees every byte out there, and stops at a stray backslash before it could believe a wrong
    /// end.
    #[inline]
    pub(super) fn scan<'a>(self, payload: &'a [u8], ends: &mut Vec<u32>) -> Option<Scan<'a>> {
        match self {
            Self::Scalar(isa) => isa.scan(payload, ends),
            #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
            Self::Avx2(isa) => isa.scan(payload, ends),
            #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
            Self::Avx512(isa) => isa.scan(payload, ends),
            #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
            Self::Neon(isa) => isa.scan(payload, ends),
        }
    }

    /// All that this machine can run, the scalar one first, the fastest last.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let all = std::iter::once(Self::Scalar(scalar::Scalar));
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        let all = all.chain(Avx2::get().map(Self::Avx2));
        #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
        let all = all.chain(Avx512::get().map(Self::Avx512));
        #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
        let all = all.chain([Self::Neon(neon::Neon)]);
        all
    }
}

/// What each path finds in a payload: the places of the closing quotes, or that a string is bad. For the fuzzer.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn by_every_path(payload: &[u8]) -> impl Iterator<Item = Option<Vec<u32>>> {
    Path::all().map(move |path| {
        let mut ends = Vec::new();
        let found = path.scan(payload, &mut ends)?.strings;
        ends.truncate(found);
        Some(ends)
    })
}

/// The path that decoding takes; where AVX-512 is left out, the next. For benchmarks.
#[cfg(feature = "internals")]
pub(crate) fn path(without_avx512: bool) -> &'static str {
    #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
    assert!(!without_avx512 || Avx512::leave_out(), "AVX-512 is in use already");
    #[cfg(not(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2)))))]
    let _ = without_avx512;
    match Path::best() {
        Path::Scalar(_) => "scalar",
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        Path::Avx2(_) => "AVX2",
        #[cfg(all(target_arch = "x86_64", not(any(gatewire_scalar, gatewire_avx2))))]
        Path::Avx512(_) => "AVX-512",
        #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
        Path::Neon(_) => "NEON",
    }
}

/// An instruction set. A value of the type is the proof that the machine has it.
trait Isa: Copy {
    /// 64 bytes in registers.
    type Block: Copy;
    /// What is kept of all blocks together.
    type Seen: Copy;

    fn load(self, bytes: &[u8; BLOCK]) -> Self::Block;
    /// The bytes that are left over, fewer than 64, and spaces behind them: those end no string and no escape.
    #[inline(always)]
    fn load_rest(self, bytes: &[u8]) -> Self::Block {
        let mut last = [b' '; BLOCK];
        last[..bytes.len()].copy_from_slice(bytes);
        self.load(&last)
    }
    /// Asks for memory that will be loaded soon.
    #[inline(always)]
    fn fetch(self, _address: *const u8) {}
    /// The bytes that equal `byte`.
    fn equal(self, block: Self::Block, byte: u8) -> u64;
    /// The bytes below 0x20.
    fn control(self, block: Self::Block) -> u64;
    /// No block yet.
    fn nothing(self) -> Self::Seen;
    /// Adds a block.
    fn see(self, seen: Self::Seen, block: Self::Block) -> Self::Seen;
    /// Whether any byte has its highest bit set.
    fn any_high(self, seen: Self::Seen) -> bool;
    /// Whether any byte is below 0x20.
    fn any_control(self, seen: Self::Seen) -> bool;

    /// Bit `i` becomes the parity of the bits `0..=i`: from an opening quote up to the byte before the closing one.
    #[inline(always)]
    fn prefix_xor(self, mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }

    /// Writes the places of the set bits, and gives how many they are.
    #[inline(always)]
    fn write_positions(self, mut bits: u64, start: u32, out: &mut [u32; BLOCK]) -> usize {
        let count = bits.count_ones() as usize;
        let mut write = |places: &mut [u32]| {
            for place in places {
                store(place, start + bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
            }
        };
        // Needed or not: the next block overwrites what is too much, and hardly a branch depends on the number.
        write(&mut out[..STEP]);
        if count > STEP {
            write(&mut out[STEP..2 * STEP]);
            if count > 2 * STEP {
                write(&mut out[2 * STEP..count]);
            }
        }
        count
    }
}

/// The algorithm. Each instruction set calls it from a function that enables its features, and all of it is inlined
/// there.
#[inline(always)]
fn run<'a, I: Isa>(isa: I, payload: &'a [u8], ends: &mut Vec<u32>) -> Option<Scan<'a>> {
    let mut pass = blocks::<I, false>(isa, payload, ends);
    // Minified documents have none. Looking for them in the first pass would make those a quarter dearer.
    if isa.any_control(pass.seen) {
        pass = blocks::<I, true>(isa, payload, ends);
    }
    if pass.strings.bad | pass.strings.open != 0 {
        return None;
    }
    let text = if isa.any_high(pass.seen) {
        simdutf8::basic::from_utf8(payload).ok()?
    } else {
        debug_assert!(payload.is_ascii());
        // SAFETY: All bytes were seen, and each is below 0x80: ASCII is UTF-8.
        unsafe { std::str::from_utf8_unchecked(payload) }
    };
    Some(Scan { text, strings: pass.found, escapes: pass.strings.escapes })
}

/// One pass over all blocks. It looks for control characters inside of strings if `CONTROL`.
///
/// No closures: they do not have the features of the function around them, and the intrinsics would be calls.
#[inline(always)]
fn blocks<'a, I: Isa, const CONTROL: bool>(isa: I, payload: &'a [u8], ends: &mut Vec<u32>) -> Pass<'a, I> {
    let (whole, rest) = payload.as_chunks::<BLOCK>();
    let mut pass = Pass { strings: Strings::new(payload), seen: isa.nothing(), found: 0, ends: 0, start: 0 };
    let mut whole = whole.iter();
    while !whole.as_slice().is_empty() {
        // Room for a block there is before each: one comparison.
        let mut room = make_room(ends, pass.found);
        let all = room.len();
        while let Some(out) = room.first_chunk_mut()
            && let Some(bytes) = whole.next()
        {
            isa.fetch(bytes.as_ptr().wrapping_add(AHEAD));
            let count = pass.block::<CONTROL>(isa, isa.load(bytes), out);
            room = &mut room[count..];
        }
        pass.found += all - room.len();
    }
    if !rest.is_empty()
        && let Some(out) = make_room(ends, pass.found).first_chunk_mut()
    {
        pass.found += pass.block::<CONTROL>(isa, isa.load_rest(rest), out);
    }
    pass
}

/// What a pass over all blocks finds.
struct Pass<'a, I: Isa> {
    strings: Strings<'a>,
    seen: I::Seen,
    /// How many strings ended.
    found: usize,
    /// The closing quotes of the last block.
    ends: u64,
    /// Where the next block begins.
    start: usize,
}

impl<I: Isa> Pass<'_, I> {
    /// Writes the places of a block's closing quotes, and gives how many they are.
    #[inline(always)]
    fn block<const CONTROL: bool>(&mut self, isa: I, block: I::Block, out: &mut [u32; BLOCK]) -> usize {
        self.seen = isa.see(self.seen, block);
        let start = self.start;
        self.start += BLOCK;
        let quotes = self.strings.unescaped_quotes(isa, block, start);
        // Long strings, such as bodies, have many such blocks in a row; one alone is not worth a guess.
        if self.ends | quotes == 0 {
            if CONTROL {
                self.strings.bad |= isa.control(block) & self.strings.open;
            }
            return 0;
        }
        let inside = self.strings.inside(isa, quotes);
        if CONTROL {
            self.strings.bad |= isa.control(block) & inside;
        }
        self.ends = quotes & !inside;
        isa.write_positions(self.ends, start as u32, out)
    }
}

/// What one block tells the next.
struct Strings<'a> {
    payload: &'a [u8],
    /// 1 if the first byte of the next block is escaped.
    escape_carry: u64,
    /// All ones if the next block starts inside of a string, else 0.
    open: u64,
    escapes: Escapes,
    /// Nonzero once a string was bad.
    bad: u64,
    /// Where the letter of the escape has to be that is the second half of a surrogate pair. Never 0.
    low_surrogate: usize,
}

impl<'a> Strings<'a> {
    #[inline(always)]
    const fn new(payload: &'a [u8]) -> Self {
        Self { payload, escape_carry: 0, open: 0, escapes: Escapes::NONE, bad: 0, low_surrogate: 0 }
    }

    /// Checks the escapes of a block, and gives its unescaped quotes.
    #[inline(always)]
    fn unescaped_quotes<I: Isa>(&mut self, isa: I, block: I::Block, start: usize) -> u64 {
        let quotes = isa.equal(block, b'"');
        let backslashes = isa.equal(block, b'\\');
        if backslashes | self.escape_carry == 0 {
            return quotes;
        }
        self.escapes.add(start);
        let escaped = self.escaped(backslashes);
        let letters = escaped & !(quotes | backslashes);
        if letters != 0 {
            match check_letters(self.payload, letters, start, self.low_surrogate) {
                Some(low_surrogate) => self.low_surrogate = low_surrogate,
                None => self.bad = 1,
            }
        }
        quotes & !escaped
    }

    /// The bytes of a block that are inside of strings, opening quotes with them, given its unescaped quotes.
    #[inline(always)]
    fn inside<I: Isa>(&mut self, isa: I, quotes: u64) -> u64 {
        let inside = isa.prefix_xor(quotes) ^ self.open;
        self.open = (inside >> 63).wrapping_neg();
        inside
    }

    /// The bytes that a backslash escapes: those behind an odd number of backslashes.
    ///
    /// As in simdjson: the subtraction borrows along a run of backslashes and so flips its every second bit, and the
    /// mask of odd bits makes it start in step with the run.
    #[inline(always)]
    fn escaped(&mut self, backslashes: u64) -> u64 {
        const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
        let starters = backslashes & !self.escape_carry;
        let stepped = ((starters << 1) | ODD).wrapping_sub(starters) ^ ODD;
        let escaped = stepped ^ (backslashes | self.escape_carry);
        self.escape_carry = (stepped & backslashes) >> 63;
        escaped
    }
}

/// Checks the escapes other than `\"` and `\\`, given the places of their letters. Takes and gives the place where the
/// letter of a second half of a surrogate pair has to be; gives `None` for a bad escape.
#[inline(never)]
fn check_letters(payload: &[u8], mut letters: u64, start: usize, mut low_surrogate: usize) -> Option<usize> {
    while letters != 0 {
        let at = start + letters.trailing_zeros() as usize;
        letters &= letters - 1;
        match payload.get(at)? {
            b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
            b'u' => {
                let rest = &payload[at + 1..];
                let second = at == low_surrogate;
                match hex_unit(rest.first_chunk()?)? {
                    0xD800..0xDC00 => {
                        // The backslash stands behind a digit, so it starts an escape, whose letter comes here too.
                        low_surrogate = at + 6;
                        if second || !rest[4..].starts_with(b"\\u") {
                            return None;
                        }
                    }
                    unit => {
                        if second != (0xDC00..0xE000).contains(&unit) {
                            return None;
                        }
                    }
                }
            }
            _ => return None,
        }
    }
    Some(low_surrogate)
}

/// Stores a number by itself: the compiler would gather them in a vector, element by element, and take a few
/// percent longer for an event.
#[inline(always)]
fn store(place: &mut u32, number: u32) {
    // SAFETY: A reference is valid for writes and aligned.
    unsafe { std::ptr::write_volatile(place, number) }
}

/// The room behind the ends that were found, enough for a block.
#[inline(always)]
fn make_room(ends: &mut Vec<u32>, found: usize) -> &mut [u32] {
    if ends.len() < found + BLOCK {
        grow(ends, found + BLOCK);
    }
    &mut ends[found..]
}

/// Makes room for `len` ends at least.
#[cold]
#[inline(never)]
fn grow(ends: &mut Vec<u32>, len: usize) {
    ends.resize(len.max(ends.len() * 2).max(256), 0);
}
