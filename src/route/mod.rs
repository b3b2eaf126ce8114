#![doc = include_str!("RULES.md")]

mod bit_set;
mod build;
mod byte_set;
mod error;
mod find;
mod literal;
mod matcher;
mod multi_segment;
mod name;
mod nfa;
mod pattern;
mod runs;
mod segment;
mod segments;
mod slashes;
mod syntax;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use build::Rules;
pub use error::{RouteError, RouteErrorKind, RouteErrors};
pub(crate) use find::Scratch;
pub(crate) use table::{RouteId, Table};

/// What a slash at the end of a path means.
///
/// ```
/// use gatewire::TrailingSlash;
///
/// assert_ne!(TrailingSlash::Exact, TrailingSlash::Lenient);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrailingSlash {
    /// A rule fits with just the slashes that it is written with: `/s` and `/s/` are two rules.
    Exact,
    /// A rule fits with any number of slashes at its end, whether it is written with some or not: both `/t` and `/t/`
    /// fit the paths `/t`, `/t/` and `/t//`, and `/` fits the empty path too. Where several such rules are registered,
    /// the one that fits exactly wins.
    Lenient,
}

/// A decoded path, as routing sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'p> {
    pub(crate) text: &'p str,
    /// The offsets in `text` of the slashes that were decoded from `%2F`, ascending: they are ordinary text of their
    /// segments. All others separate segments.
    pub(crate) escaped: &'p [u32],
}

impl Path<'_> {
    /// Finds the slashes that separate segments.
    fn split(&self, slashes: &mut Vec<u32>) {
        slashes.clear();
        let mut escaped = self.escaped.iter().peekable();
        let all = memchr::memchr_iter(b'/', self.text.as_bytes()).map(|slash| slash as u32);
        slashes.extend(all.filter(|slash| escaped.next_if_eq(&slash).is_none()));
    }
}

/// A path that was split.
#[derive(Clone, Copy, Debug)]
struct Split<'p> {
    text: &'p str,
    /// The offsets of the slashes that separate segments, ascending.
    slashes: &'p [u32],
}

impl<'p> Split<'p> {
    /// How many segments there are; what stands before the first slash is none.
    #[inline]
    fn len(&self) -> usize {
        self.slashes.len()
    }

    /// Where segment `index` starts and the one before it ends: at a slash, or at the end of the path.
    #[inline]
    fn bound(&self, index: usize) -> usize {
        self.slashes.get(index).map_or(self.text.len(), |&slash| slash as usize)
    }

    /// Where a segment starts and ends.
    #[inline]
    fn range(&self, index: usize) -> (usize, usize) {
        (self.slashes[index] as usize + 1, self.bound(index + 1))
    }

    /// The bytes of a segment.
    #[inline]
    fn bytes(&self, index: usize) -> &'p [u8] {
        let (start, end) = self.range(index);
        &self.text.as_bytes()[start..end]
    }

    /// The number of segments, leaving out the empty ones at the end.
    #[inline]
    fn trimmed(&self) -> usize {
        let mut len = self.len();
        while len > 0 && self.bound(len - 1) + 1 == self.bound(len) {
            len -= 1;
        }
        len
    }
}
