//! Sets of bytes, for the classes of regexes.

use std::ops::RangeInclusive;

/// A set of bytes. It holds all bytes from 0x80 up or none, so it is also a set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut words = [0; 4];
        for &byte in bytes {
            words[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        Self(words)
    }

    /// The ASCII digits.
    pub(super) fn digits() -> Self {
        Self::of(b"0123456789")
    }

    /// The ASCII letters and digits, and `_`.
    pub(super) fn words() -> Self {
        Self::digits().or(Self::of(b"_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    }

    /// The ASCII white space.
    pub(super) fn spaces() -> Self {
        Self::of(b" \t\n\r\x0B\x0C")
    }

    #[inline]
    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

    /// Returns whether it holds the characters outside ASCII.
    pub(super) fn is_wide(&self) -> bool {
        self.has(0xFF)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|index| self.0[index] | other.0[index]))
    }

    pub(super) fn negated(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// Returns `self` with the bytes of `range` added; `None` if `range` is empty.
    pub(super) fn with_range(self, range: RangeInclusive<u8>) -> Option<Self> {
        let bytes: Vec<u8> = range.collect();
        (!bytes.is_empty()).then(|| self.or(Self::of(&bytes)))
    }

    /// Returns its only byte; `None` if it has none or several.
    pub(super) fn only(&self) -> Option<u8> {
        let count: u32 = self.0.iter().map(|word| word.count_ones()).sum();
        let at = self.0.iter().position(|&word| word != 0)?;
        (count == 1).then(|| at as u8 * 64 + self.0[at].trailing_zeros() as u8)
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(left, right)| left & right != 0)
    }
}
