//! The lookup: from a path to the rule that wins.
//!
//! Every segment of a rule except a bare regex matches one segment of the path. So a node is always reached at the same
//! place of the path, and at most once: a lookup visits no node twice, for any table and any path. A bare regex can match
//! several segments, so `multi_segment.rs` takes over below it.

use super::segment::Work;
use super::segments::{LongPath, MaskPath, Segments, WordPath};
use super::table::{Edge, EdgeKind, Leaf, RouteId, Table};
use super::{Path, Split, TrailingSlash};
use crate::swar;

/// Memory for lookups, kept by the caller. After the longest path so far, lookups do not allocate.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(super) captures: Vec<(u32, u32)>,
    stack: Vec<Fork>,
    slashes: Vec<u32>,
    methods: Vec<bool>,
    /// For matches inside a segment.
    pub(super) inner: Work,
    /// For the walk below a bare regex.
    pub(super) outer: Work,
    pub(super) trail: Vec<Step>,
    /// The work of the last lookup: the edges that it tried and the bytes that it read below a bare regex.
    #[cfg(test)]
    pub(super) steps: usize,
}

impl Scratch {
    /// Creates empty memory, which grows with its use.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The captures of the last rule that was found: ranges of the path's text, in the order of the rule.
    pub(crate) fn captures(&self) -> &[(u32, u32)] {
        &self.captures
    }

    fn reset(&mut self) {
        self.captures.clear();
        self.stack.clear();
        self.inner.budget = super::matcher::ENGINE_BYTES;
        self.outer.budget = super::matcher::ENGINE_BYTES;
        #[cfg(test)]
        {
            self.steps = 0;
        }
    }

    #[inline]
    pub(super) fn count(&mut self, _steps: usize) {
        #[cfg(test)]
        {
            self.steps += _steps;
        }
    }
}

/// An edge on the way from a bare regex to the place of the walk. See `multi_segment.rs`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) edge: Edge,
    /// The next edge of its child to try.
    pub(super) next: u32,
}

/// A node with edges that are still to be tried.
#[derive(Clone, Copy, Debug)]
struct Fork {
    node: u32,
    segment: u32,
    edge: u32,
    captures: u32,
}

/// The match between the end of a rule and the end of the path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    No,
    /// A match except for the slashes at the end.
    Lenient,
    Exact,
}

/// The result of the straight descent through the tree.
enum Descent {
    Found(RouteId),
    /// No rule matches, and there is no other way to try.
    NotFound,
    /// There are other ways to try: the full search decides.
    Undecided,
}

/// Receives the leaves that a walk reaches, the best first, until it takes one.
pub(super) trait LeafVisitor {
    fn visit(&mut self, leaves: &[Leaf], fit: impl Fn(u32) -> Match) -> Option<Leaf>;
}

/// Takes the first rule for a method.
struct FirstForMethod(u32);

impl LeafVisitor for FirstForMethod {
    #[inline]
    fn visit(&mut self, leaves: &[Leaf], fit: impl Fn(u32) -> Match) -> Option<Leaf> {
        let mut lenient = None;
        for leaf in leaves.iter().filter(|leaf| leaf.method == self.0) {
            match fit(leaf.trailing) {
                Match::Exact => return Some(*leaf),
                Match::Lenient => lenient = lenient.or(Some(*leaf)),
                Match::No => {}
            }
        }
        lenient
    }
}

/// Collects the methods of all rules, and takes none.
struct AllMethods<'m>(&'m mut [bool]);

impl LeafVisitor for AllMethods<'_> {
    fn visit(&mut self, leaves: &[Leaf], fit: impl Fn(u32) -> Match) -> Option<Leaf> {
        for leaf in leaves.iter().filter(|leaf| fit(leaf.trailing) != Match::No) {
            self.0[leaf.method as usize] = true;
        }
        None
    }
}

impl Table {
    /// Returns the rule that wins for `method`, in upper or lower case, and `path`. Leaves its captures in `scratch`.
    pub(crate) fn lookup(
        &self,
        method: &str,
        path: Path<'_>,
        slash: TrailingSlash,
        scratch: &mut Scratch,
    ) -> Option<RouteId> {
        scratch.captures.clear();
        scratch.inner.budget = super::matcher::ENGINE_BYTES;
        let method = self.method_number(method)?;
        let straight = path.escaped.is_empty() && path.text.starts_with('/');
        let descent = if straight { self.descend(method, path.text, slash, scratch) } else { Descent::Undecided };
        match descent {
            Descent::Found(route) => Some(route),
            Descent::NotFound => None,
            Descent::Undecided => self.walk(method, path, slash, scratch),
        }
    }

    /// Descends straight through the tree, over text if it can and over plain parameters otherwise. Most lookups end here:
    /// the full search would reach the same rule first. `text` begins with a slash, and all its slashes separate segments.
    #[inline(never)]
    fn descend(&self, method: u32, text: &str, slash: TrailingSlash, scratch: &mut Scratch) -> Descent {
        let path = text.as_bytes();
        let (trimmed, left) = match path {
            [rest @ .., b'/'] if rest.ends_with(b"/") => return Descent::Undecided,
            [rest @ .., b'/'] => (rest, 1),
            _ => (path, 0),
        };
        // Here rather than in `lookup`, where it made the lookups that find a rule 6 % slower.
        if !self.beginnings.has(path) {
            return Descent::NotFound;
        }
        let wanted = (method, left, slash);
        if trimmed.len() < WordPath::BELOW {
            self.descend_by(WordPath::new(trimmed), trimmed.len(), text, wanted, scratch)
        } else if trimmed.len() < MaskPath::BELOW {
            self.descend_by(MaskPath::new(trimmed), trimmed.len(), text, wanted, scratch)
        } else {
            self.descend_by(LongPath(trimmed), trimmed.len(), text, wanted, scratch)
        }
    }

    /// [`Self::descend`] with the form of the path that suits its length. `len` leaves out a slash at the end.
    #[inline(always)]
    fn descend_by(
        &self,
        segments: impl Segments,
        len: usize,
        text: &str,
        (method, left, slash): (u32, u32, TrailingSlash),
        scratch: &mut Scratch,
    ) -> Descent {
        let path = text.as_bytes();
        let mut here = &self.nodes[0];
        let mut node = 0;
        let mut forks = false;
        let mut start = 1;
        while start <= len {
            scratch.count(1);
            let end = segments.end(start);
            if here.literals
                && let Some(child) =
                    self.literals.get_by_key(node, segments.key(start, end), end - start, || &path[start..end])
            {
                node = child;
                forks |= here.others;
            } else if here.param != 0 && start != end {
                scratch.captures.push((start as u32, end as u32));
                node = here.param;
            } else if here.others
                && let Some((child, last)) = self.first_edge(here.edges, text, (start, end), scratch)
            {
                node = child;
                forks |= !last;
            } else {
                return if forks || here.others { Descent::Undecided } else { Descent::NotFound };
            }
            here = &self.nodes[node as usize];
            start = end + 1;
        }
        if here.first.method == method && here.first.trailing == left {
            return Descent::Found(here.first.route);
        }
        let otherwise = if slash == TrailingSlash::Lenient { Match::Lenient } else { Match::No };
        let fit = |trailing| {
            if trailing == left { Match::Exact } else { otherwise }
        };
        match FirstForMethod(method).visit(self.leaves_of(node), fit) {
            Some(leaf) => Descent::Found(leaf.route),
            // A slash that is left is an empty segment, which neither text nor a plain parameter matches at the end of a path.
            None if forks || left != 0 && here.others && here.param == 0 => Descent::Undecided,
            None => Descent::NotFound,
        }
    }

    /// Returns the child over the first of `edges` that matches the segment, and whether that is the last edge. Returns
    /// `None` at an edge that can match more than one segment.
    #[inline(never)]
    fn first_edge(
        &self,
        edges: (u32, u32),
        text: &str,
        segment: (usize, usize),
        scratch: &mut Scratch,
    ) -> Option<(u32, bool)> {
        let captures = scratch.captures.len();
        for number in edges.0..edges.1 {
            let edge = self.edges[number as usize];
            if edge.kind >= EdgeKind::Bare {
                return None;
            }
            scratch.count(1);
            if self.takes_segment(edge, text, segment, scratch) {
                return Some((edge.child, number + 1 == edges.1));
            }
            scratch.captures.truncate(captures);
        }
        None
    }

    /// Returns whether an edge for a single segment matches this one. Adds its captures; if it does not match, the caller
    /// removes any that were added.
    #[inline]
    pub(super) fn takes_segment(
        &self,
        edge: Edge,
        text: &str,
        (start, end): (usize, usize),
        scratch: &mut Scratch,
    ) -> bool {
        match edge.kind {
            EdgeKind::Param if start == end => false,
            EdgeKind::Param => {
                scratch.captures.push((start as u32, end as u32));
                true
            }
            EdgeKind::Literal => self.texts[edge.data as usize].as_bytes() == &text.as_bytes()[start..end],
            EdgeKind::Constrained | EdgeKind::Mixed => {
                let Scratch { inner, captures, .. } = scratch;
                self.parts[edge.data as usize].is_match(
                    &text[start..end],
                    start as u32,
                    &self.matchers,
                    inner,
                    captures,
                )
            }
            EdgeKind::Bare | EdgeKind::Start | EdgeKind::CatchAll => false,
        }
    }

    /// The full search.
    #[inline(never)]
    fn walk(&self, method: u32, path: Path<'_>, slash: TrailingSlash, scratch: &mut Scratch) -> Option<RouteId> {
        let leaf = self.run(path, slash, scratch, &mut FirstForMethod(method));
        leaf.map(|leaf| leaf.route)
    }

    fn run(
        &self,
        path: Path<'_>,
        slash: TrailingSlash,
        scratch: &mut Scratch,
        visitor: &mut impl LeafVisitor,
    ) -> Option<Leaf> {
        scratch.reset();
        let mut slashes = std::mem::take(&mut scratch.slashes);
        path.split(&mut slashes);
        let split = Split { text: path.text, slashes: &slashes };
        let leaf = Walk::new(self, split, slash, scratch).run(visitor);
        scratch.slashes = slashes;
        leaf
    }

    #[inline]
    fn method_number(&self, method: &str) -> Option<u32> {
        // Nearly all methods are short and in upper case: their length and bytes as a word identify them.
        // All others become 0, the word of the empty method, which no table has.
        let word = swar::short_key(method.as_bytes()).unwrap_or(0);
        let number = match self.method_words.iter().position(|known| *known == word) {
            Some(number) => number,
            None => self.any_method_number(method)?,
        };
        Some(number as u32)
    }

    #[cold]
    fn any_method_number(&self, method: &str) -> Option<usize> {
        self.methods.iter().position(|known| known.eq_ignore_ascii_case(method))
    }

    /// Calls `each` with the method of every rule that matches `path`, once per method, in the order of registration.
    pub(crate) fn allowed(
        &self,
        path: Path<'_>,
        slash: TrailingSlash,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(&str),
    ) {
        if !self.beginnings.has(path.text.as_bytes()) {
            return;
        }
        let mut methods = std::mem::take(&mut scratch.methods);
        methods.clear();
        methods.resize(self.methods.len(), false);
        self.run(path, slash, scratch, &mut AllMethods(&mut methods));
        scratch.captures.clear();
        for (method, _) in self.methods.iter().zip(&methods).filter(|(_, allowed)| **allowed) {
            each(method);
        }
        scratch.methods = methods;
    }
}

pub(super) struct Walk<'w> {
    pub(super) table: &'w Table,
    pub(super) path: Split<'w>,
    /// The number of segments.
    pub(super) len: usize,
    /// The number of segments without the empty ones at the end.
    pub(super) trimmed: usize,
    pub(super) lenient: bool,
    pub(super) scratch: &'w mut Scratch,
}

/// The result of the edges of a node.
enum Tried {
    Down(u32),
    Found(Leaf),
    Dead,
}

impl<'w> Walk<'w> {
    #[inline]
    fn new(table: &'w Table, path: Split<'w>, slash: TrailingSlash, scratch: &'w mut Scratch) -> Self {
        let lenient = slash == TrailingSlash::Lenient;
        Self { table, path, len: path.len(), trimmed: path.trimmed(), lenient, scratch }
    }

    fn run(&mut self, visitor: &mut impl LeafVisitor) -> Option<Leaf> {
        // A path without a leading slash can only match regexes that start at the start of the path.
        if self.path.slashes.first() != Some(&0) {
            return self.run_rootless(visitor);
        }
        let (mut node, mut segment) = (0, 0);
        loop {
            let here = &self.table.nodes[node as usize];
            if segment >= self.trimmed
                && let Some(leaf) = self.leaf(node, segment, visitor)
            {
                return Some(leaf);
            }
            let mut edge = here.edges.0;
            if segment < self.len {
                self.scratch.count(1);
                if here.literals
                    && let Some(child) = self.table.literals.get(node, self.path.bytes(segment))
                {
                    if edge != here.edges.1 {
                        self.fork(node, segment, edge);
                    }
                    (node, segment) = (child, segment + 1);
                    continue;
                }
            }
            // Go back to the latest node with an untried edge that matches.
            loop {
                match self.try_edges(node, segment, edge, visitor) {
                    Tried::Found(leaf) => return Some(leaf),
                    Tried::Down(child) => {
                        (node, segment) = (child, segment + 1);
                        break;
                    }
                    Tried::Dead => {
                        let fork = self.scratch.stack.pop()?;
                        (node, segment, edge) = (fork.node, fork.segment as usize, fork.edge);
                        self.scratch.captures.truncate(fork.captures as usize);
                    }
                }
            }
        }
    }

    #[cold]
    fn run_rootless(&mut self, visitor: &mut impl LeafVisitor) -> Option<Leaf> {
        if self.path.text.is_empty()
            && let Some(leaf) = self.leaf(0, 0, visitor)
        {
            return Some(leaf);
        }
        let edges = self.table.edges_of(0);
        edges.iter().filter(|edge| edge.kind == EdgeKind::Start).find_map(|edge| self.multi_segment(*edge, 0, visitor))
    }

    #[inline]
    fn fork(&mut self, node: u32, segment: usize, edge: u32) {
        let captures = self.scratch.captures.len() as u32;
        self.scratch.stack.push(Fork { node, segment: segment as u32, edge, captures });
    }

    /// Shows `visitor` the rules that end at `node`; all segments from `segment` on are empty.
    #[inline]
    fn leaf(&mut self, node: u32, segment: usize, visitor: &mut impl LeafVisitor) -> Option<Leaf> {
        let left = self.len - segment;
        let otherwise = if self.lenient { Match::Lenient } else { Match::No };
        let fit = |trailing| {
            if trailing as usize == left { Match::Exact } else { otherwise }
        };
        visitor.visit(self.table.leaves_of(node), fit)
    }

    /// Tries the edges of `node` from number `edge` on. If one matches, keeps its captures, and remembers the edges after it
    /// for later.
    #[inline(never)]
    fn try_edges(&mut self, node: u32, segment: usize, edge: u32, visitor: &mut impl LeafVisitor) -> Tried {
        if segment == self.len {
            return Tried::Dead;
        }
        let end = self.table.nodes[node as usize].edges.1;
        let captures = self.scratch.captures.len();
        for number in edge..end {
            self.scratch.count(1);
            let edge = self.table.edges[number as usize];
            let fits = match edge.kind {
                EdgeKind::Bare | EdgeKind::Start => match self.multi_segment(edge, segment, visitor) {
                    Some(leaf) => return Tried::Found(leaf),
                    None => false,
                },
                EdgeKind::CatchAll => match self.catch_all(edge, segment, visitor) {
                    Some(leaf) => return Tried::Found(leaf),
                    None => false,
                },
                _ => self.table.takes_segment(edge, self.path.text, self.path.range(segment), self.scratch),
            };
            if fits {
                if number + 1 != end {
                    let captures = captures as u32;
                    self.scratch.stack.push(Fork { node, segment: segment as u32, edge: number + 1, captures });
                }
                return Tried::Down(edge.child);
            }
            self.scratch.captures.truncate(captures);
        }
        Tried::Dead
    }

    fn catch_all(&mut self, edge: Edge, segment: usize, visitor: &mut impl LeafVisitor) -> Option<Leaf> {
        let (from, to) = (self.path.bound(segment) + 1, self.path.text.len());
        let leaf = if from < to { visitor.visit(self.table.leaves_of(edge.child), |_| Match::Exact) } else { None };
        leaf.inspect(|_| self.scratch.captures.push((from as u32, to as u32)))
    }
}
