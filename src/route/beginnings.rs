//! The first characters of the paths that can match: most paths without a rule are refused by them, before their slashes
//! are found.

/// A set of pairs of bytes, the two after the leading slash of a path. It may contain pairs that were not added.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beginnings([u64; 4]);

impl Beginnings {
    /// The beginnings of all paths.
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    /// Creates a set of the paths without a first segment: the slashes at the end of a path are no segments, so the path
    /// `//` can match the rule `/`.
    pub(super) const fn new() -> Self {
        let mut set = Self([0; 4]);
        set.add_pair(b'/', b'/');
        set
    }

    /// Adds the paths whose first segment is `segment`.
    pub(super) const fn add(&mut self, segment: &[u8]) {
        match segment {
            [] => *self = Self::ALL,
            [only] => self.add_pair(*only, b'/'),
            [first, second, ..] => self.add_pair(*first, *second),
        }
    }

    const fn add_pair(&mut self, first: u8, second: u8) {
        let place = place(first, second);
        self.0[place / 64] |= 1 << (place % 64);
    }

    /// Returns whether a rule can match a path that begins like this one. The answer is always yes for a path that does not
    /// begin with a slash or has fewer than three bytes.
    #[inline(always)]
    pub(super) fn has(&self, path: &[u8]) -> bool {
        let [b'/', first, second, ..] = path else { return true };
        let place = place(*first, *second);
        self.0[place / 64] >> (place % 64) & 1 != 0
    }
}

/// The place of a pair: the lower bits of letters and digits differ, so it has all of those.
#[inline(always)]
const fn place(first: u8, second: u8) -> usize {
    (first as usize ^ (second as usize) << 3) % 256
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(segments: &[&str]) -> Beginnings {
        let mut set = Beginnings::new();
        segments.iter().for_each(|segment| set.add(segment.as_bytes()));
        set
    }

    #[test]
    fn a_path_that_begins_with_a_segment_is_in_the_set() {
        let texts = ["a", "bc", "todos", "\u{e9}", "z-1"];
        for text in texts {
            let set = with(&[text]);
            for path in [format!("/{text}"), format!("/{text}/"), format!("/{text}/x"), format!("/{text}//")] {
                assert!(set.has(path.as_bytes()), "{path}");
                assert!(with(&texts).has(path.as_bytes()), "{path}");
            }
            for other in texts.iter().filter(|other| **other != text && other.len() > 1) {
                assert!(!set.has(format!("/{other}").as_bytes()), "{other} with {text}");
            }
        }
    }

    #[test]
    fn paths_without_a_first_segment_are_in_every_set() {
        for set in [Beginnings::new(), with(&["todos"]), Beginnings::ALL] {
            for path in ["", "/", "/a", "//", "///", "a", "todos/x"] {
                assert!(set.has(path.as_bytes()), "{path}");
            }
        }
        assert!(!Beginnings::new().has(b"/xy"));
    }

    #[test]
    fn an_empty_segment_may_begin_any_path_with_two_slashes() {
        assert!((0..=255).all(|byte| with(&[""]).has(&[b'/', b'/', byte])));
    }
}
