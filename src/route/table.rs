//! The compiled rules: a tree of segments, in flat arrays.

use super::beginnings::Beginnings;
use super::literal::Literals;
use super::matcher::Matcher;
use super::segment::Parts;

/// The number of a rule, in the order of registration.
pub(crate) type RouteId = u32;

/// All rules of an application, compiled. See [`Rules::build`](super::Rules::build).
#[derive(Debug)]
pub(crate) struct Table {
    /// Of the paths that can match.
    pub(super) beginnings: Beginnings,
    /// The first one is the root: the path's leading slash.
    pub(super) nodes: Box<[Node]>,
    /// The literal segments of all nodes except those below a bare regex.
    pub(super) literals: Literals,
    pub(super) edges: Box<[Edge]>,
    pub(super) leaves: Box<[Leaf]>,
    /// Literal segments below a bare regex.
    pub(super) texts: Box<[Box<str>]>,
    pub(super) parts: Box<[Parts]>,
    pub(super) matchers: Box<[Matcher]>,
    /// In upper case, each once.
    pub(super) methods: Box<[Box<str>]>,
    /// Each short method as a word; `u64::MAX`, which is the word of no method, for a long one.
    pub(super) method_words: Box<[u64]>,
    pub(super) routes: Box<[Route]>,
    /// The rules as registered, one after the other.
    pub(super) rules: Box<str>,
    /// The names of the parameters of all rules: ranges of the rule that has them.
    pub(super) names: Box<[(u32, u32)]>,
}

/// A place in the tree: ranges of its edges and leaves, each in the order in which they are tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) edges: (u32, u32),
    pub(super) leaves: (u32, u32),
    /// A copy of the first leaf, which saves a load: most lookups need no other. If there is no leaf, one whose method does
    /// not exist.
    pub(super) first: Leaf,
    /// The node has edges in the table of literals.
    pub(super) literals: bool,
    /// The node has other edges: one byte to read instead of a range.
    pub(super) others: bool,
    /// The child over a plain parameter, if that is the only edge; else 0.
    pub(super) param: u32,
}

/// An edge from a node to a child.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) kind: EdgeKind,
    pub(super) child: u32,
    /// An index into the table of its kind.
    pub(super) data: u32,
}

/// The kinds of edges, in the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EdgeKind {
    /// A literal segment, in `texts`.
    Literal,
    /// A segment with a parameter that has a regex, in `parts`.
    Constrained,
    /// Plain parameters with text around them, in `parts`.
    Mixed,
    /// A whole segment as one parameter.
    Param,
    /// A bare regex, in `matchers`.
    Bare,
    /// A bare regex from the start of the path, in `matchers`. Only the root has such edges.
    Start,
    /// The rest of the path. Its child has leaves only.
    CatchAll,
}

/// The end of a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    pub(super) method: u32,
    /// The number of slashes at the end of the rule.
    pub(super) trailing: u32,
    pub(super) route: RouteId,
}

/// A rule: ranges of the table's `rules` and `names`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) rule: (u32, u32),
    pub(super) names: (u32, u32),
}

impl Table {
    /// The names of the rule's parameters, in the order of the captures: ranges of the rule.
    pub(crate) fn names(&self, route: RouteId) -> &[(u32, u32)] {
        let (from, to) = self.routes[route as usize].names;
        &self.names[from as usize..to as usize]
    }

    /// The rule as registered.
    pub(crate) fn rule(&self, route: RouteId) -> &str {
        let (from, to) = self.routes[route as usize].rule;
        &self.rules[from as usize..to as usize]
    }

    /// The number of rules.
    pub(crate) fn len(&self) -> usize {
        self.routes.len()
    }

    #[inline]
    pub(super) fn edges_of(&self, node: u32) -> &[Edge] {
        let (from, to) = self.nodes[node as usize].edges;
        &self.edges[from as usize..to as usize]
    }

    #[inline]
    pub(super) fn leaves_of(&self, node: u32) -> &[Leaf] {
        let (from, to) = self.nodes[node as usize].leaves;
        &self.leaves[from as usize..to as usize]
    }
}
