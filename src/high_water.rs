//! The policy for kept memory: it stays at its high-water mark, and shrinks after a run of small uses.
//!
//! A buffer that is reused must not be freed after each use, since the next use would allocate again. It must not stay
//! large after a single large use either, because an idle function would hold that memory until it ends. So a buffer keeps its
//! size until it was mostly empty for [`SHRINK_AFTER`] uses in a row.
//!
//! ```text
//! let mut policy = HighWater::new(FLOOR);
//! // After each use:
//! if policy.is_oversized(used, buffer.capacity()) {
//!     buffer.shrink_to(FLOOR);
//! }
//! ```

/// After this many small uses in a row the memory shrinks.
pub(crate) const SHRINK_AFTER: u32 = 64;

/// Counts the small uses of a buffer in a row, to decide when it shrinks.
#[derive(Clone, Debug)]
pub(crate) struct HighWater {
    /// A buffer of this many bytes or fewer never shrinks.
    floor: usize,
    /// Small uses in a row.
    small: u32,
}

impl HighWater {
    /// A policy for memory that keeps at least `floor` bytes.
    pub(crate) const fn new(floor: usize) -> Self {
        Self { floor, small: 0 }
    }

    /// Records one use, which took `used` of `held` bytes. Returns `true` if the memory is to shrink now.
    ///
    /// A use is small if a quarter of the memory would have been enough.
    #[inline]
    pub(crate) const fn is_oversized(&mut self, used: usize, held: usize) -> bool {
        if held <= self.floor || used > held / 4 {
            self.small = 0;
            return false;
        }
        self.small += 1;
        if self.small < SHRINK_AFTER {
            return false;
        }
        self.small = 0;
        true
    }

    /// Starts the count again, for example after the memory was replaced.
    pub(crate) const fn restart(&mut self) {
        self.small = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how many of 1,000 uses of the same size shrink the memory.
    fn shrinks(policy: &mut HighWater, used: usize, held: usize) -> usize {
        (0..1000).filter(|_| policy.is_oversized(used, held)).count()
    }

    #[test]
    fn memory_shrinks_after_a_run_of_small_uses() {
        let mut policy = HighWater::new(100);
        for _ in 1..SHRINK_AFTER {
            assert!(!policy.is_oversized(10, 1000));
        }
        assert!(policy.is_oversized(10, 1000));
        assert!(!policy.is_oversized(10, 1000), "the next run starts from zero");
    }

    #[test]
    fn one_large_use_starts_the_run_again() {
        let mut policy = HighWater::new(100);
        for use_ in 1..1000 {
            let used = if use_ % SHRINK_AFTER == 0 { 251 } else { 10 };
            assert!(!policy.is_oversized(used, 1000), "use {use_}");
        }
    }

    #[test]
    fn a_restart_starts_the_run_again() {
        let mut policy = HighWater::new(100);
        for use_ in 1..1000 {
            if use_ % (SHRINK_AFTER - 1) == 0 {
                policy.restart();
            }
            assert!(!policy.is_oversized(10, 1000), "use {use_}");
        }
    }

    #[test]
    fn the_bounds_are_a_quarter_and_the_floor() {
        let mut policy = HighWater::new(100);
        assert_ne!(shrinks(&mut policy, 250, 1000), 0);
        assert_eq!(shrinks(&mut policy, 251, 1000), 0);
        assert_eq!(shrinks(&mut policy, 0, 100), 0);
        assert_ne!(shrinks(&mut policy, 0, 101), 0);
        assert_eq!(shrinks(&mut policy, usize::MAX, usize::MAX), 0, "no overflow");
    }
}
