#![doc = include_str!("RULES.md")]

mod beginnings;
mod bit_set;
mod build;
mod byte_set;
mod error;
mod find;
mod foreign;
mod literal;
mod matcher;
mod multi_segment;
mod name;
mod nfa;
#[cfg(feature = "openapi")]
mod outline;
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
#[cfg(feature = "openapi")]
pub(crate) use outline::{Outline, outline};
pub(crate) use pattern::begins_with_regex;
pub(crate) use table::{RouteId, Table};

/// The meaning of slashes at the end of a path.
///
/// ```
/// use gatewire::app::TrailingSlash;
///
/// assert_ne!(TrailingSlash::Exact, TrailingSlash::Lenient);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrailingSlash {
    /// A path must have exactly the slashes of the rule at its end: `/s` and `/s/` are two rules.
    Exact,
    /// A path may have any number of slashes at its end, with or without slashes at the end of the rule: both `/t` and
    /// `/t/` match the paths `/t`, `/t/` and `/t//`, and `/` matches the empty path too. If several such rules are
    /// registered, the one that matches exactly wins.
    Lenient,
}

/// A decoded path, in the form that routing needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'p> {
    pub(crate) text: &'p str,
    /// The ascending offsets in `text` of the slashes that were decoded from `%2F`: these are ordinary characters of their
    /// segments. All other slashes separate segments.
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

/// A path, split into segments.
#[derive(Clone, Copy, Debug)]
struct Split<'p> {
    text: &'p str,
    /// The ascending offsets of the slashes that separate segments.
    slashes: &'p [u32],
}

impl<'p> Split<'p> {
    /// The number of segments. The part before the first slash is not a segment.
    #[inline]
    fn len(&self) -> usize {
        self.slashes.len()
    }

    /// The boundary before segment `index`: the offset of a slash, or the end of the path.
    #[inline]
    fn bound(&self, index: usize) -> usize {
        self.slashes.get(index).map_or(self.text.len(), |&slash| slash as usize)
    }

    /// The offsets of a segment: its start and its end.
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
