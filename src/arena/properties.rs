//! Properties of every sequence of allocations, as functions that random tests and Kani harnesses call.
//!
//! Kani was not run by the authors. `cargo kani` runs the harness.

use std::alloc::Layout;
use std::ops::Range;

use super::Arena;

/// Pieces of these sizes and alignments are aligned, and overlap no other piece. The same holds after the arena was
/// emptied.
pub(super) fn pieces_are_apart(arena: &mut Arena, layouts: &[Layout]) {
    for _ in 0..2 {
        let mut pieces: Vec<Range<usize>> = Vec::new();
        for layout in layouts {
            let start = arena.bump().alloc_layout(*layout).addr().get();
            assert_eq!(start % layout.align(), 0);
            let piece = start..start + layout.size();
            for other in &pieces {
                assert!(piece.is_empty() || other.is_empty() || piece.end <= other.start || other.end <= piece.start);
            }
            pieces.push(piece);
        }
        arena.reset();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn config() -> ProptestConfig {
        let given = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok());
        let cases = given.unwrap_or(if cfg!(miri) { 2 } else { 128 });
        ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn random_pieces(pieces in prop::collection::vec((0..if cfg!(miri) { 40 } else { 3000usize }, 0..7u32), 0..30)) {
            let layout = |(size, align): (usize, u32)| Layout::from_size_align(size, 1 << align).unwrap();
            let layouts: Vec<Layout> = pieces.into_iter().map(layout).collect();
            pieces_are_apart(&mut Arena::new(), &layouts);
        }
    }
}

#[cfg(kani)]
mod proofs {
    use super::*;

    #[kani::proof]
    #[kani::unwind(10)]
    fn two_pieces() {
        let layout = || {
            let (size, align): (usize, u32) = (kani::any(), kani::any());
            kani::assume(size <= 8 && align <= 4);
            Layout::from_size_align(size, 1 << align).unwrap()
        };
        pieces_are_apart(&mut Arena::new(), &[layout(), layout()]);
    }
}
