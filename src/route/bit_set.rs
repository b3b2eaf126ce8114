//! Sets of offsets in a string, with one bit for each.

/// A set of offsets, borrowed.
#[derive(Clone, Copy)]
pub(super) struct BitSet<'b>(pub(super) &'b [u64]);

/// The number of words that hold the offsets `0..=length`.
pub(super) fn words(length: usize) -> usize {
    length / 64 + 1
}

/// Adds `at` to the set in `words`.
#[inline]
pub(super) fn set(words: &mut [u64], at: usize) {
    words[at / 64] |= 1 << (at % 64);
}

impl<'b> BitSet<'b> {
    #[inline]
    pub(super) fn has(self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    pub(super) fn first(self) -> Option<usize> {
        let index = self.0.iter().position(|&word| word != 0)?;
        Some(index * 64 + self.0[index].trailing_zeros() as usize)
    }

    pub(super) fn last(self) -> Option<usize> {
        let index = self.0.iter().rposition(|&word| word != 0)?;
        Some(index * 64 + self.0[index].ilog2() as usize)
    }

    /// The offsets, ascending.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> + use<'b> {
        self.0.iter().enumerate().flat_map(|(index, &word)| {
            let mut word = word;
            std::iter::from_fn(move || {
                let at = (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(index * 64 + at)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_offsets_that_were_added() {
        let mut store = vec![0; words(130)];
        assert!(BitSet(&store).is_empty());
        assert_eq!((BitSet(&store).first(), BitSet(&store).last()), (None, None));
        for at in [0, 63, 64, 130] {
            set(&mut store, at);
        }
        let bits = BitSet(&store);
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 130]);
        assert_eq!((bits.first(), bits.last()), (Some(0), Some(130)));
        assert!(bits.has(64) && !bits.has(65));
    }
}
