//! Stage one: finds the unescaped quotes of a document and checks everything that is inside of strings.
//!
//! The algorithm stands here once. An instruction set gives it 64-bit masks of 64 bytes, one bit for each byte, the
//! lowest bit for the first byte.
// The one place where text is taken for UTF-8 unchecked: `ascii_text`.
#![allow(unsafe_code)]

#[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
mod avx2;
#[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

use super::text::hex_unit;

/// How many bytes are looked at together.
pub(super) const BLOCK: usize = 64;

/// A document whose strings are good.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    /// How many quotes were found. They are even in number.
    pub(super) quotes: usize,
    /// Whether there was a backslash.
    pub(super) escapes: bool,
}

/// An implementation of the scan that this machine can run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path {
    Scalar(scalar::Scalar),
    #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
    Avx2(avx2::Avx2),
    #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
    Neon(neon::Neon),
}

impl Path {
    /// The fastest.
    #[inline]
    pub(super) fn best() -> Self {
        #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
        if let Some(isa) = avx2::Avx2::get() {
            return Self::Avx2(isa);
        }
        #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
        return Self::Neon(neon::Neon);
        #[allow(unreachable_code)]
        Self::Scalar(scalar::Scalar)
    }

    /// Writes the positions of all unescaped quotes to the front of `quotes`, which grows if need be.
    ///
    /// Gives `None` for a string with a control character, a bad escape, half a surrogate pair or no end, and for text
    /// that is not UTF-8. Outside of strings it checks nothing: only a document of good grammar has a meaningful index.
    /// The walk that follows sees every byte out there, and stops at a stray backslash before it could believe a wrong
    /// quote.
    #[inline]
    pub(super) fn scan<'a>(self, payload: &'a [u8], quotes: &mut Vec<u32>) -> Option<Scan<'a>> {
        match self {
            Self::Scalar(isa) => isa.scan(payload, quotes),
            #[cfg(all(target_arch = "x86_64", not(gatewire_scalar)))]
            Self::Avx2(isa) => isa.scan(payload, quotes),
            #[cfg(all(target_arch = "aarch64", target_endian = "little", not(gatewire_scalar)))]
            Self::Neon(isa) => isa.scan(payload, quotes),
        }
    }

    /// The scalar one, and the fastest if that is another.
    #[cfg(test)]
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let vector = Some(Self::best()).filter(|path| !matches!(path, Self::Scalar(_)));
        std::iter::once(Self::Scalar(scalar::Scalar)).chain(vector)
    }
}

/// An instruction set. A value of the type is the proof that the machine has it.
trait Isa: Copy {
    /// 64 bytes in registers.
    type Block: Copy;

    fn load(self, bytes: &[u8; BLOCK]) -> Self::Block;
    /// The bytes that equal `byte`.
    fn equal(self, block: Self::Block, byte: u8) -> u64;
    /// The bytes below 0x20.
    fn control(self, block: Self::Block) -> u64;
    /// The bitwise or of two blocks.
    fn or(self, a: Self::Block, b: Self::Block) -> Self::Block;
    /// Whether a byte has its highest bit set.
    fn any_high(self, block: Self::Block) -> bool;

    /// Bit `i` becomes the parity of the bits `0..=i`: from an opening quote up to the byte before the closing one.
    #[inline(always)]
    fn prefix_xor(self, mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }
}

/// The algorithm. Each instruction set calls it from a function that enables its features, and all of it is inlined
/// there.
#[inline(always)]
fn run<'a, I: Isa>(isa: I, payload: &'a [u8], quotes: &mut Vec<u32>) -> Option<Scan<'a>> {
    let mut strings = Strings { payload, escape_carry: 0, inside_carry: 0, bad: 0, low_surrogate: 0, escapes: 0 };
    // Spaces: they end no string and no escape.
    let mut tail = [b' '; BLOCK];
    let mut seen = isa.load(&tail);
    let mut found = 0;
    let mut start = 0;
    while start < payload.len() {
        let bytes = match payload[start..].first_chunk() {
            Some(bytes) => bytes,
            None => {
                let rest = &payload[start..];
                tail[..rest.len()].copy_from_slice(rest);
                &tail
            }
        };
        let block = isa.load(bytes);
        seen = isa.or(seen, block);
        let unescaped = strings.check(isa, block, start);
        write_positions(unescaped, start as u32, quotes, &mut found);
        start += BLOCK;
    }
    if strings.bad | strings.inside_carry != 0 {
        return None;
    }
    let text = if isa.any_high(seen) { simdutf8::basic::from_utf8(payload).ok()? } else { ascii_text(payload) };
    Some(Scan { text, quotes: found, escapes: strings.escapes != 0 })
}

/// What one block tells the next.
struct Strings<'a> {
    payload: &'a [u8],
    /// 1 if the first byte of the next block is escaped.
    escape_carry: u64,
    /// All ones if the next block starts inside of a string.
    inside_carry: u64,
    /// Nonzero once there was a backslash.
    escapes: u64,
    /// Nonzero once a string was bad.
    bad: u64,
    /// Where the letter of the escape has to be that is the second half of a surrogate pair. Never 0.
    low_surrogate: usize,
}

impl Strings<'_> {
    /// Checks a block, and gives its unescaped quotes.
    #[inline(always)]
    fn check<I: Isa>(&mut self, isa: I, block: I::Block, start: usize) -> u64 {
        let mut quotes = isa.equal(block, b'"');
        let backslashes = isa.equal(block, b'\\');
        if backslashes | self.escape_carry != 0 {
            self.escapes |= backslashes;
            let escaped = self.escaped(backslashes);
            let letters = escaped & !(quotes | backslashes);
            if letters != 0 {
                match check_letters(self.payload, letters, start, self.low_surrogate) {
                    Some(low_surrogate) => self.low_surrogate = low_surrogate,
                    None => self.bad = 1,
                }
            }
            quotes &= !escaped;
        }
        let inside = isa.prefix_xor(quotes) ^ self.inside_carry;
        self.inside_carry = ((inside as i64) >> 63) as u64;
        self.bad |= isa.control(block) & inside;
        quotes
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

/// Appends the places of the set bits.
#[inline(always)]
fn write_positions(mut bits: u64, start: u32, quotes: &mut Vec<u32>, found: &mut usize) {
    // Long strings, such as bodies, have many such blocks in a row.
    if bits == 0 {
        return;
    }
    let count = bits.count_ones() as usize;
    let first = *found;
    *found += count;
    if quotes.len() < first + BLOCK {
        grow(quotes, first + BLOCK);
    }
    let Some(out) = quotes[first..].first_chunk_mut::<BLOCK>() else {
        return;
    };
    let mut write = |places: &mut [u32]| {
        for place in places {
            *place = start + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
    };
    // Eight at a time, needed or not: the next block overwrites what is too much, and hardly a branch depends on the
    // number.
    write(&mut out[..8]);
    if count > 8 {
        write(&mut out[8..16]);
        if count > 16 {
            write(&mut out[16..count.min(BLOCK)]);
        }
    }
}

/// Makes room for `len` quotes at least.
#[cold]
#[inline(never)]
fn grow(quotes: &mut Vec<u32>, len: usize) {
    quotes.resize(len.max(quotes.len() * 2).max(512), 0);
}

/// The text of a payload in which no byte has its highest bit set.
#[inline(always)]
fn ascii_text(payload: &[u8]) -> &str {
    debug_assert!(payload.is_ascii());
    // SAFETY: The caller has seen all bytes, and each is below 0x80: ASCII is UTF-8.
    unsafe { std::str::from_utf8_unchecked(payload) }
}
