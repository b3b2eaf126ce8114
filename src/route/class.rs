//! Byte classes, and the matcher for a row of them: what most regexes in rules are.

use super::syntax::Ast;
use std::ops::RangeInclusive;

/// A set of bytes. Of the bytes from 0x80 up it holds all or none, so it is also a set of characters.
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

    /// Whether it holds the characters outside ASCII.
    pub(super) fn is_wide(&self) -> bool {
        self.has(0xFF)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|index| self.0[index] | other.0[index]))
    }

    pub(super) fn negated(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// `self` and the bytes of `range`, which must not be empty.
    pub(super) fn with_range(self, range: RangeInclusive<u8>) -> Option<Self> {
        let bytes: Vec<u8> = range.collect();
        (!bytes.is_empty()).then(|| self.or(Self::of(&bytes)))
    }

    /// Its only byte, where it has just one.
    pub(super) fn only(&self) -> Option<u8> {
        let count: u32 = self.0.iter().map(|word| word.count_ones()).sum();
        let at = self.0.iter().position(|&word| word != 0)?;
        (count == 1).then(|| at as u8 * 64 + self.0[at].trailing_zeros() as u8)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(left, right)| left & right != 0)
    }
}

/// From `min` to `max` characters of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    set: ByteSet,
    min: u32,
    max: u32,
}

/// Runs one after the other, each of which can take all it gets: what follows a run of no fixed length starts with no
/// character of its class, so giving back never helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Runs(Box<[Run]>);

impl Runs {
    /// The runs of a regex that is a row of classes of this kind.
    pub(super) fn of(ast: &Ast) -> Option<Self> {
        let run = |ast: &Ast| match ast {
            Ast::Class(set) => Some(Run { set: *set, min: 1, max: 1 }),
            Ast::Repeat(inner, min, max) => match **inner {
                Ast::Class(set) => Some(Run { set, min: *min, max: max.unwrap_or(u32::MAX) }),
                _ => None,
            },
            _ => None,
        };
        let runs: Box<[Run]> = match ast {
            Ast::Concat(all) => all.iter().map(run).collect::<Option<_>>()?,
            one => [run(one)?].into(),
        };
        let exact = (0..runs.len()).all(|at| runs[at].min == runs[at].max || never_gives_back(&runs[at..]));
        exact.then_some(Self(runs))
    }

    /// Whether the whole of `text` matches.
    #[inline]
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let mut at = 0;
        for run in &self.0 {
            let mut count = 0;
            while let Some(&byte) = text.get(at)
                && run.set.has(byte)
            {
                // Every byte but the second and later ones of a character starts one.
                let starts = u32::from(byte & 0xC0 != 0x80);
                if count + starts > run.max {
                    break;
                }
                count += starts;
                at += 1;
            }
            if count < run.min {
                return false;
            }
        }
        at == text.len()
    }
}

/// Whether nothing that can follow the first run starts with a character of its class.
fn never_gives_back(runs: &[Run]) -> bool {
    for next in &runs[1..] {
        if next.max > 0 && next.set.overlaps(&runs[0].set) {
            return false;
        }
        if next.min > 0 {
            break;
        }
    }
    true
}
