//! The walk below a bare regex, which can match several segments and so end at many places of the path.
//!
//! The walk visits each node at most once, with the set of all places at which the node can be reached. So the order of
//! precedence stays an order between rules, which no path can change, and the work is bounded by nodes times path
//! length. The captures of the winner are found afterwards: a pass from the right marks the places that lead to the
//! end, then a pass from the left makes each piece as long as possible.
//!
//! Places are the offsets in the path at which segments end.

use super::bit_set::{self, BitSet};
use super::find::{LeafVisitor, Match, Step, Walk};
use super::table::{Edge, EdgeKind, Leaf};

/// The number of sets that do not change: all places, and the starts of all segments.
const FIXED: usize = 2;

impl Walk<'_> {
    /// Walks over `first`, a bare regex that starts with `segment` or at the start of the path.
    pub(super) fn multi_segment(
        &mut self,
        first: Edge,
        segment: usize,
        visitor: &mut impl LeafVisitor,
    ) -> Option<Leaf> {
        let words = bit_set::words(self.path.text.len());
        let mut sets = std::mem::take(&mut self.scratch.outer.words);
        let mut trail = std::mem::take(&mut self.scratch.trail);
        trail.clear();
        self.fix_sets(&mut sets, words);
        let from = if first.kind == EdgeKind::Start { 0 } else { self.path.bound(segment) + 1 };
        let found = self.search(first, from, visitor, &mut sets, &mut trail);
        let found = found.filter(|leaf| {
            let captured = self.scratch.captures.len();
            let names = self.table.names(leaf.route).len();
            captured == names || self.capture(*leaf, from, &mut sets, &trail)
        });
        self.scratch.outer.words = sets;
        self.scratch.trail = trail;
        found
    }

    fn fix_sets(&self, sets: &mut Vec<u64>, words: usize) {
        sets.clear();
        sets.resize(FIXED * words, 0);
        for segment in 0..self.len {
            bit_set::set(sets, self.path.bound(segment));
            bit_set::set(&mut sets[words..], self.path.bound(segment) + 1);
        }
        bit_set::set(sets, self.path.text.len());
    }

    fn search(
        &mut self,
        first: Edge,
        from: usize,
        visitor: &mut impl LeafVisitor,
        sets: &mut Vec<u64>,
        trail: &mut Vec<Step>,
    ) -> Option<Leaf> {
        let words = bit_set::words(self.path.text.len());
        let mut edge = first;
        loop {
            // The set after `edge` goes to the end of `sets`.
            sets.resize((FIXED + trail.len() + 1) * words, 0);
            let (before, ends) = sets.split_at_mut((FIXED + trail.len()) * words);
            ends.fill(0);
            let found = if edge.kind == EdgeKind::CatchAll {
                self.rest(edge, BitSet(&before[before.len() - words..]), visitor)
            } else {
                self.cross(edge, from, trail.is_empty(), before, ends);
                self.end(edge.child, BitSet(ends), visitor)
            };
            let dead = BitSet(ends).is_empty();
            trail.push(Step { edge, next: self.table.nodes[edge.child as usize].edges.0 });
            if found.is_some() {
                return found;
            }
            if dead {
                trail.pop();
            }
            edge = loop {
                let step = trail.last_mut()?;
                let end = self.table.nodes[step.edge.child as usize].edges.1;
                if step.next < end {
                    step.next += 1;
                    break self.table.edges[step.next as usize - 1];
                }
                trail.pop();
            };
        }
    }

    /// Puts all places after `edge` into `ends`. The places before it are the last set of `before`, or just `from`.
    fn cross(&mut self, edge: Edge, from: usize, first: bool, before: &[u64], ends: &mut [u64]) {
        let path = self.path;
        let words = ends.len();
        let places = BitSet(&before[..words]);
        if !matches!(edge.kind, EdgeKind::Bare | EdgeKind::Start) {
            let starts = BitSet(&before[before.len() - words..]);
            for segment in (0..self.len).filter(|&segment| starts.has(path.bound(segment))) {
                if self.takes_alone(edge, segment) {
                    bit_set::set(ends, path.bound(segment + 1));
                }
            }
            return;
        }
        self.scratch.count(path.text.len());
        let matcher = &self.table.matchers[edge.data as usize];
        let budget = &mut self.scratch.outer.budget;
        let end = |at| {
            if places.has(at) {
                bit_set::set(ends, at);
            }
        };
        if first {
            matcher.forward(path.text, from, |at| at == from, places, budget, end);
        } else {
            let starts = BitSet(&before[before.len() - words..]);
            let Some(from) = starts.first() else { return };
            // A segment starts after the slash that ends the one before it.
            let segment_starts = BitSet(&before[words..2 * words]);
            matcher.forward(
                path.text,
                from + 1,
                |at| segment_starts.has(at) && starts.has(at - 1),
                places,
                budget,
                end,
            );
        }
    }

    /// `takes_segment` without captures.
    fn takes_alone(&mut self, edge: Edge, segment: usize) -> bool {
        self.scratch.count(1);
        let captures = self.scratch.captures.len();
        let takes = self.table.takes_segment(edge, self.path.text, self.path.range(segment), self.scratch);
        self.scratch.captures.truncate(captures);
        takes
    }

    /// Shows `visitor` the rules that end at `node`, which was reached at `places`.
    fn end(&mut self, node: u32, places: BitSet<'_>, visitor: &mut impl LeafVisitor) -> Option<Leaf> {
        let lenient = self.lenient && places.last() >= Some(self.path.bound(self.trimmed));
        let fit = |trailing: u32| match self.exact_end(trailing) {
            Some(end) if places.has(end) => Match::Exact,
            _ if lenient => Match::Lenient,
            _ => Match::No,
        };
        visitor.visit(self.table.leaves_of(node), fit)
    }

    /// Returns the place from which exactly `trailing` slashes end the path.
    fn exact_end(&self, trailing: u32) -> Option<usize> {
        let segment = self.len.checked_sub(trailing as usize)?;
        (segment >= self.trimmed).then(|| self.path.bound(segment))
    }

    /// Shows `visitor` the rules that end with a catch-all.
    fn rest(&mut self, edge: Edge, places: BitSet<'_>, visitor: &mut impl LeafVisitor) -> Option<Leaf> {
        let fits = (0..self.len).any(|segment| places.has(self.path.bound(segment)) && self.has_rest(segment));
        if fits { visitor.visit(self.table.leaves_of(edge.child), |_| Match::Exact) } else { None }
    }

    fn has_rest(&self, segment: usize) -> bool {
        self.path.bound(segment) + 1 < self.path.text.len()
    }

    /// Adds the captures of the rule that `trail` leads to. Returns `false` if the engine's budget is used up.
    fn capture(&mut self, leaf: Leaf, from: usize, sets: &mut Vec<u64>, trail: &[Step]) -> bool {
        let words = bit_set::words(self.path.text.len());
        sets.truncate(FIXED * words);
        sets.resize((FIXED + trail.len()) * words, 0);
        let (fixed, after) = sets.split_at_mut(FIXED * words);
        // `after` has one set for each edge: the places after the edge from which the rest of the rule matches.
        self.mark_ends(leaf, trail, &mut after[(trail.len() - 1) * words..]);
        for (index, step) in trail.iter().enumerate().skip(1).rev() {
            let (left, right) = after.split_at_mut(index * words);
            let starts = &mut left[(index - 1) * words..];
            self.cross_back(step.edge, fixed, BitSet(&right[..words]), starts);
        }
        let mut from = from;
        for (step, ends) in trail.iter().zip(after.chunks_exact(words)) {
            match step.edge.kind {
                EdgeKind::Bare | EdgeKind::Start => {
                    let matcher = &self.table.matchers[step.edge.data as usize];
                    let budget = &mut self.scratch.outer.budget;
                    let Some(end) = matcher.longest(self.path.text, from, BitSet(ends), budget) else {
                        return false;
                    };
                    from = end + 1;
                }
                EdgeKind::CatchAll => self.scratch.captures.push((from as u32, self.path.text.len() as u32)),
                _ => {
                    let segment = self.path.slashes.partition_point(|&slash| (slash as usize) < from - 1);
                    self.table.takes_segment(step.edge, self.path.text, self.path.range(segment), self.scratch);
                    from = self.path.bound(segment + 1) + 1;
                }
            }
        }
        true
    }

    /// Marks the places at which the last edge may end.
    fn mark_ends(&self, leaf: Leaf, trail: &[Step], ends: &mut [u64]) {
        let catch_all = matches!(trail, [.., Step { edge: Edge { kind: EdgeKind::CatchAll, .. }, .. }]);
        if catch_all {
            bit_set::set(ends, self.path.text.len());
        } else if self.lenient {
            (self.trimmed..=self.len).for_each(|segment| bit_set::set(ends, self.path.bound(segment)));
        } else if let Some(end) = self.exact_end(leaf.trailing) {
            bit_set::set(ends, end);
        }
    }

    /// Puts all places before `edge` from which it leads to `ends` into `starts`.
    fn cross_back(&mut self, edge: Edge, fixed: &[u64], ends: BitSet<'_>, starts: &mut [u64]) {
        let path = self.path;
        if edge.kind == EdgeKind::Bare {
            let segment_starts = BitSet(&fixed[starts.len()..]);
            self.scratch.count(path.text.len());
            let matcher = &self.table.matchers[edge.data as usize];
            let start = |at: usize| {
                if segment_starts.has(at) {
                    bit_set::set(starts, at - 1);
                }
            };
            return matcher.backward(path.text, segment_starts, ends, &mut self.scratch.outer.budget, start);
        }
        for segment in 0..self.len {
            let leads = match edge.kind {
                EdgeKind::CatchAll => self.has_rest(segment),
                _ => ends.has(path.bound(segment + 1)) && self.takes_alone(edge, segment),
            };
            if leads {
                bit_set::set(starts, path.bound(segment));
            }
        }
    }
}
