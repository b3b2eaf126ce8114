//! The algorithm of the scan, written once for all instruction sets.
//!
//! An instruction set turns 64 bytes into 64-bit masks: one bit for each byte, the lowest bit for the first byte.
// `run` skips the UTF-8 check of ASCII, and `store` keeps the compiler from combining stores.
#![allow(unsafe_code)]

use crate::json::text::hex_unit;

/// The number of bytes that are examined together.
pub(in crate::json) const BLOCK: usize = 64;
/// The distance at which memory is prefetched ahead of the block, in bytes.
const AHEAD: usize = 5 * BLOCK;
/// The number of positions that are written together: in few blocks more strings end.
pub(super) const STEP: usize = 5;

/// A document whose strings are valid.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::json) struct Scan<'a> {
    pub(in crate::json) text: &'a str,
    /// The number of strings in it.
    pub(in crate::json) strings: usize,
    /// The blocks with backslashes.
    pub(in crate::json) escapes: Escapes,
}

/// The blocks of a document that have backslashes: bit `n` stands for block `n` and for every 64th block after it.
///
/// Keys hardly ever have backslashes, but bodies and some browsers' headers do. With this set the walk need not search
/// a key for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::json) struct Escapes(u64);

impl Escapes {
    pub(in crate::json) const NONE: Self = Self(0);

    /// Adds the block that starts at `start`.
    #[inline(always)]
    const fn add(&mut self, start: usize) {
        self.0 |= 1 << (start / BLOCK % 64);
    }

    /// Returns whether there can be a backslash between two offsets.
    #[inline(always)]
    pub(in crate::json) const fn touch(self, from: usize, to: usize) -> bool {
        let (first, last) = (from / BLOCK, to / BLOCK);
        let further = last.wrapping_sub(first);
        further >= 63 || self.0.rotate_right((first % 64) as u32) & ((2 << further) - 1) != 0
    }

    /// The form in which a short text needs one test.
    #[inline(always)]
    pub(in crate::json) const fn near(self) -> Near {
        Near(self.0 | self.0.rotate_left(1))
    }
}

/// [`Escapes`], and also the blocks after them.
#[derive(Clone, Copy)]
pub(in crate::json) struct Near(u64);

impl Near {
    /// Returns whether there can be a backslash in the last `length` bytes before `end`.
    #[inline(always)]
    pub(in crate::json) const fn reach(self, length: usize, end: usize) -> bool {
        self.0 >> (end / BLOCK % 64) & 1 != 0 || length > BLOCK
    }
}

/// The operations that an instruction set provides. A value of the type proves that the machine has the instruction set.
pub(super) trait Masks: Copy {
    /// 64 bytes in registers.
    type Block: Copy;
    /// A summary of all blocks so far.
    type Seen: Copy;

    fn load(self, bytes: &[u8; BLOCK]) -> Self::Block;
    /// Loads the last bytes, fewer than 64, and fills up with spaces: those end no string and no escape.
    #[inline(always)]
    fn load_rest(self, bytes: &[u8]) -> Self::Block {
        let mut last = [b' '; BLOCK];
        last[..bytes.len()].copy_from_slice(bytes);
        self.load(&last)
    }
    /// Prefetches memory that will be loaded soon.
    #[inline(always)]
    fn fetch(self, _address: *const u8) {}
    /// The bytes that equal `byte`.
    fn equal(self, block: Self::Block, byte: u8) -> u64;
    /// The bytes below 0x20.
    fn control(self, block: Self::Block) -> u64;
    /// The summary before the first block.
    fn nothing(self) -> Self::Seen;
    /// Adds a block to the summary.
    fn see(self, seen: Self::Seen, block: Self::Block) -> Self::Seen;
    /// Returns whether any byte has its highest bit set.
    fn any_high(self, seen: Self::Seen) -> bool;
    /// Returns whether any byte of the payload is below 0x20.
    fn any_control(self, seen: Self::Seen, payload: &[u8]) -> bool;

    /// Bit `i` becomes the parity of the bits `0..=i`: from an opening quote up to the byte before the closing one.
    #[inline(always)]
    fn prefix_xor(self, mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }

    /// Writes the positions of the set bits and returns their number. `start` is the position of the first bit.
    #[inline(always)]
    fn write_positions(self, mut bits: u64, start: u32, out: &mut [u32; BLOCK]) -> usize {
        let count = bits.count_ones() as usize;
        let mut write = |positions: &mut [u32]| {
            for position in positions {
                store(position, start + bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
            }
        };
        // Needed or not: the next block overwrites the excess, and hardly any branch depends on the number.
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

/// Runs the algorithm. Each instruction set calls it from a function that enables its features, and all of it is inlined
/// there.
#[inline(always)]
pub(super) fn run<'a, I: Masks>(isa: I, payload: &'a [u8], ends: &mut Vec<u32>) -> Option<Scan<'a>> {
    let mut pass = blocks::<I, false>(isa, payload, ends);
    // Minified documents have none. To look for them in the first pass would slow those down by a quarter.
    if isa.any_control(pass.seen, payload) {
        pass = blocks::<I, true>(isa, payload, ends);
    }
    if pass.strings.bad | pass.strings.open != 0 {
        return None;
    }
    let text = if isa.any_high(pass.seen) {
        simdutf8::basic::from_utf8(payload).ok()?
    } else {
        debug_assert!(payload.is_ascii());
        // SAFETY: The pass saw all bytes, and each is below 0x80: ASCII is UTF-8.
        unsafe { std::str::from_utf8_unchecked(payload) }
    };
    Some(Scan { text, strings: pass.found, escapes: pass.strings.escapes })
}

/// Makes one pass over all blocks. Looks for control characters inside strings if `CONTROL`.
///
/// Contains no closures: they lack the features of the function around them, so the intrinsics would be calls.
#[inline(always)]
fn blocks<'a, I: Masks, const CONTROL: bool>(isa: I, payload: &'a [u8], ends: &mut Vec<u32>) -> Pass<'a, I> {
    let (whole, rest) = payload.as_chunks::<BLOCK>();
    let mut pass = Pass { strings: Strings::new(payload), seen: isa.nothing(), found: 0, ends: 0, start: 0 };
    let mut whole = whole.iter();
    while !whole.as_slice().is_empty() {
        // There is room for a block before each block: one comparison.
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

/// The state and the result of a pass over all blocks.
struct Pass<'a, I: Masks> {
    strings: Strings<'a>,
    seen: I::Seen,
    /// The number of strings that ended.
    found: usize,
    /// The closing quotes of the last block.
    ends: u64,
    /// The offset of the next block.
    start: usize,
}

impl<I: Masks> Pass<'_, I> {
    /// Writes the positions of a block's closing quotes and returns their number.
    #[inline(always)]
    fn block<const CONTROL: bool>(&mut self, isa: I, block: I::Block, out: &mut [u32; BLOCK]) -> usize {
        self.seen = isa.see(self.seen, block);
        let start = self.start;
        self.start += BLOCK;
        let quotes = self.strings.unescaped_quotes(isa, block, start);
        // Long strings, such as bodies, have many such blocks in a row. A single one is not worth a branch.
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

/// The state that one block hands to the next.
struct Strings<'a> {
    payload: &'a [u8],
    /// 1 if the first byte of the next block is escaped.
    escape_carry: u64,
    /// All ones if the next block starts inside a string, else 0.
    open: u64,
    escapes: Escapes,
    /// Nonzero once a string was invalid.
    bad: u64,
    /// The required position of the letter of the escape that completes a surrogate pair. 0 stands for no position: the
    /// letter of an escape is never the first byte.
    low_surrogate: usize,
}

impl<'a> Strings<'a> {
    #[inline(always)]
    const fn new(payload: &'a [u8]) -> Self {
        Self { payload, escape_carry: 0, open: 0, escapes: Escapes::NONE, bad: 0, low_surrogate: 0 }
    }

    /// Checks the escapes of a block and returns its unescaped quotes.
    #[inline(always)]
    fn unescaped_quotes<I: Masks>(&mut self, isa: I, block: I::Block, start: usize) -> u64 {
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

    /// Returns the bytes of a block that are inside strings, opening quotes included, given its unescaped quotes.
    #[inline(always)]
    fn inside<I: Masks>(&mut self, isa: I, quotes: u64) -> u64 {
        let inside = isa.prefix_xor(quotes) ^ self.open;
        self.open = (inside >> 63).wrapping_neg();
        inside
    }

    /// Returns the bytes that a backslash escapes: those after an odd number of backslashes.
    ///
    /// As in simdjson: the subtraction borrows along a run of backslashes and so flips every second bit of it, and the
    /// mask of odd bits aligns it with the start of the run.
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

/// Checks the escapes other than `\"` and `\\`, given the positions of their letters. Takes and returns the required
/// position of the letter that completes a surrogate pair. Returns `None` for an invalid escape.
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
                        // The backslash follows a digit, so it starts an escape, whose letter is checked here as well.
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

/// Stores a number on its own. Otherwise the compiler gathers the numbers in a vector, element by element, and an event
/// takes a few percent longer.
#[inline(always)]
pub(super) fn store(position: &mut u32, number: u32) {
    // SAFETY: A reference is valid for writes and aligned.
    unsafe { std::ptr::write_volatile(position, number) }
}

/// Returns the room after the ends that were found, enough for a block.
#[inline(always)]
fn make_room(ends: &mut Vec<u32>, found: usize) -> &mut [u32] {
    if ends.len() < found + BLOCK {
        grow(ends, found + BLOCK);
    }
    &mut ends[found..]
}

/// Makes room for at least `len` ends.
#[cold]
#[inline(never)]
fn grow(ends: &mut Vec<u32>, len: usize) {
    ends.resize(len.max(ends.len() * 2).max(256), 0);
}
