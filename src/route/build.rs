//! Collects rules and compiles them to a [`Table`].

use super::beginnings::Beginnings;
use super::error::{RouteError, RouteErrorKind as Kind, RouteErrors};
use super::foreign;
use super::literal::Literals;
use super::matcher::{Matcher, Use};
use super::pattern::{Part, Pattern, Segment};
use super::segment::Parts;
use super::table::{Edge, EdgeKind, Leaf, Node, Route, RouteId, Table};
use crate::swar;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// Rules, as they are registered.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<Registered>,
    /// All rules, one after the other.
    texts: String,
    /// In upper case, each once.
    methods: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug)]
struct Registered {
    /// The number of its method.
    method: u32,
    /// Its range in the texts.
    text: (u32, u32),
}

impl Rules {
    /// Creates an empty list, with room for `rules` rules of `bytes` bytes in total.
    pub(crate) fn with_capacity(rules: usize, bytes: usize) -> Self {
        Self { rules: Vec::with_capacity(rules), texts: String::with_capacity(bytes), methods: Vec::new() }
    }

    /// Adds a rule and returns its number, counted from 0. [`build`](Self::build) reports the errors in rules.
    pub(crate) fn add(&mut self, method: &str, rule: &str) -> RouteId {
        let known = self.methods.iter().position(|known| known.eq_ignore_ascii_case(method));
        let method = known.unwrap_or_else(|| {
            self.methods.push(method.to_ascii_uppercase().into());
            self.methods.len() - 1
        });
        let start = self.texts.len() as u32;
        self.texts.push_str(rule);
        self.rules.push(Registered { method: method as u32, text: (start, self.texts.len() as u32) });
        self.rules.len() as RouteId - 1
    }

    /// Compiles the rules, or returns all errors in them.
    pub(crate) fn build(self) -> Result<Table, RouteErrors> {
        let method = |id: RouteId| &*self.methods[self.rules[id as usize].method as usize];
        let rule = |id: RouteId| {
            let (from, to) = self.rules[id as usize].text;
            &self.texts[from as usize..to as usize]
        };
        let is_method: Vec<bool> = self.methods.iter().map(|method| is_token(method)).collect();
        let mut builder = Builder::new(self.rules.len(), &self.texts);
        let mut errors = Vec::new();
        for (id, registered) in (0..).zip(&self.rules) {
            let checked = if is_method[registered.method as usize] { Ok(()) } else { Err(Kind::Method) };
            if let Err(kind) = checked.and_then(|()| builder.add(id, *registered, rule(id))) {
                errors.push((id, RouteError::new(kind, method(id), rule(id))));
            }
        }
        let (table, taken) = builder.lay_out();
        for (id, by) in taken {
            let place = errors.partition_point(|(other, _)| *other < id);
            errors.insert(place, (id, RouteError::same_shape(method(id), rule(id), rule(by))));
        }
        if let Some(errors) = RouteErrors::of(errors.into_iter().map(|(_, error)| error).collect()) {
            return Err(errors);
        }
        let method_words =
            self.methods.iter().map(|method| swar::short_key(method.as_bytes()).unwrap_or(u64::MAX)).collect();
        Ok(Table { methods: self.methods.into(), method_words, rules: self.texts.into(), ..table })
    }
}

/// A method is a token: RFC 9110, 5.6.2.
fn is_token(method: &str) -> bool {
    let tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !method.is_empty() && method.bytes().all(tchar)
}

/// The tree while it grows. The edges and the leaves of all nodes are in one list each, chained by node.
struct Builder<'r> {
    nodes: Vec<Growing>,
    edges: Vec<NewEdge<'r>>,
    leaves: Vec<NewLeaf>,
    literals: Literals,
    /// Of the rules whose first segment is text.
    beginnings: Beginnings,
    texts: Vec<Box<str>>,
    parts: Vec<Parts>,
    matchers: Vec<Matcher>,
    /// Hashed without a seed, which would need a system call: nobody attacks an app with its own rules.
    compiled: HashMap<(&'r str, Use), u32, BuildHasherDefault<DefaultHasher>>,
    routes: Vec<Route>,
    names: Vec<(u32, u32)>,
    /// The rule that is being added.
    pattern: Pattern<'r>,
}

#[derive(Default)]
struct Growing {
    /// The latest edge, counted from 1.
    edge: usize,
    literals: bool,
}

struct NewEdge<'r> {
    parent: u32,
    /// The previous edge of the same parent, counted from 1; 0 if there is none.
    before: usize,
    segment: Segment<'r>,
    /// The number of bytes of literal text: edges with more bytes come first.
    weight: usize,
    edge: Edge,
}

/// A leaf and its node, in a form whose order is the order in which leaves are tried. All sorts here are of pairs of the
/// same type, so the program contains the sort only once.
type NewLeaf = (u64, u64);

impl<'r> Builder<'r> {
    /// Creates a builder for `rules` rules with these texts.
    fn new(rules: usize, texts: &str) -> Self {
        let segments = texts.bytes().filter(|&byte| byte == b'/').count();
        let mut nodes = Vec::with_capacity(segments + rules + 1);
        nodes.push(Growing::default());
        Self {
            nodes,
            edges: Vec::new(),
            leaves: Vec::with_capacity(rules),
            literals: Literals::new(segments),
            beginnings: Beginnings::new(),
            texts: Vec::new(),
            parts: Vec::new(),
            matchers: Vec::new(),
            compiled: HashMap::default(),
            routes: Vec::with_capacity(rules),
            names: Vec::with_capacity(rules),
            pattern: Pattern::default(),
        }
    }

    /// Adds a rule.
    fn add(&mut self, id: RouteId, registered: Registered, rule: &'r str) -> Result<(), Kind> {
        let mut pattern = std::mem::take(&mut self.pattern);
        let read = pattern.read(rule);
        // The syntax of another framework goes first: it may be an error in this crate's syntax too, with a message
        // that does not help.
        let added = foreign::check(rule).and(read).and_then(|()| self.grow(&mut pattern));
        let first = self.names.len() as u32;
        self.names.extend(pattern.names.iter().map(|name| place(rule, name)));
        self.routes.push(Route { rule: registered.text, names: (first, self.names.len() as u32) });
        let trailing = pattern.trailing;
        self.pattern = pattern;
        self.leaves.push(pack(added?, Leaf { method: registered.method, trailing, route: id }));
        Ok(())
    }

    /// Adds the segments of a rule, and returns the node at its end.
    fn grow(&mut self, pattern: &mut Pattern<'r>) -> Result<u32, Kind> {
        let mut node = 0;
        let mut below_bare = false;
        for (index, segment) in pattern.segments.drain(..).enumerate() {
            let bare = matches!(segment, Segment::Bare(_));
            node = match segment {
                Segment::Literal(text) if !below_bare => self.literal(node, &text),
                segment => self.edge(node, segment, pattern.from_start && index == 0)?,
            };
            below_bare |= bare;
        }
        Ok(node)
    }

    fn node(&mut self) -> u32 {
        self.nodes.push(Growing::default());
        self.nodes.len() as u32 - 1
    }

    fn literal(&mut self, node: u32, text: &str) -> u32 {
        self.literals.get(node, text.as_bytes()).unwrap_or_else(|| {
            let child = self.node();
            self.nodes[node as usize].literals = true;
            self.literals.insert(node, text.as_bytes(), child);
            if node == 0 {
                self.beginnings.add(text.as_bytes());
            }
            child
        })
    }

    /// Returns the child over an edge, which is added if necessary. For all segments except literals above bare regexes.
    fn edge(&mut self, parent: u32, segment: Segment<'r>, start: bool) -> Result<u32, Kind> {
        let mut next = self.nodes[parent as usize].edge;
        while next != 0 {
            let known = &self.edges[next - 1];
            if known.segment == segment && (known.edge.kind == EdgeKind::Start) == start {
                return Ok(known.edge.child);
            }
            next = known.before;
        }
        let (kind, data, weight) = self.compile(&segment, start)?;
        let child = self.node();
        let before = std::mem::replace(&mut self.nodes[parent as usize].edge, self.edges.len() + 1);
        self.edges.push(NewEdge { parent, before, segment, weight, edge: Edge { kind, child, data } });
        Ok(child)
    }

    fn compile(&mut self, segment: &Segment<'r>, start: bool) -> Result<(EdgeKind, u32, usize), Kind> {
        Ok(match segment {
            Segment::Literal(text) => {
                self.texts.push((&**text).into());
                (EdgeKind::Literal, self.texts.len() as u32 - 1, 0)
            }
            Segment::CatchAll => (EdgeKind::CatchAll, 0, 0),
            Segment::Bare(regex) => {
                let kind = if start { EdgeKind::Start } else { EdgeKind::Bare };
                (kind, self.matcher(regex, Use::Bare)?, 0)
            }
            Segment::Parts(parts) if parts[..] == [Part::Any] => (EdgeKind::Param, 0, 0),
            Segment::Parts(parts) => {
                let constrained = parts.iter().any(|part| matches!(part, Part::Match(_)));
                let weight = parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 0 }).sum();
                let parts = Parts::compile(parts, |regex, purpose| self.matcher(regex, purpose))?;
                self.parts.push(parts);
                let kind = if constrained { EdgeKind::Constrained } else { EdgeKind::Mixed };
                (kind, self.parts.len() as u32 - 1, weight)
            }
        })
    }

    fn matcher(&mut self, regex: &'r str, purpose: Use) -> Result<u32, Kind> {
        if let Some(&known) = self.compiled.get(&(regex, purpose)) {
            return Ok(known);
        }
        let number = self.matchers.len() as u32;
        self.matchers.push(Matcher::compile(regex, purpose)?);
        self.compiled.insert((regex, purpose), number);
        Ok(number)
    }

    /// Turns the tree into flat arrays. Also returns each rule with the shape and the method of an earlier one, and that one.
    fn lay_out(mut self) -> (Table, Vec<(RouteId, RouteId)>) {
        let none = Leaf { method: u32::MAX, trailing: 0, route: 0 };
        let node = |growing: &Growing| Node {
            edges: (0, 0),
            leaves: (0, 0),
            first: none,
            literals: growing.literals,
            others: false,
            param: 0,
        };
        let mut nodes: Box<[Node]> = self.nodes.iter().map(node).collect();
        // Equal edges stay in the order of registration.
        let key = |(index, new): (u32, &NewEdge<'_>)| {
            (join(new.parent, new.edge.kind as u32), join(!(new.weight as u32), index))
        };
        let mut order: Vec<(u64, u64)> = (0..).zip(&self.edges).map(key).collect();
        order.sort_unstable();
        let edges: Vec<&NewEdge<'_>> = order.iter().map(|(_, place)| &self.edges[*place as u32 as usize]).collect();
        for (index, new) in (0..).zip(&edges) {
            let node = &mut nodes[new.parent as usize];
            extend(&mut node.edges, index);
            node.others = true;
            let only = new.edge.kind == EdgeKind::Param && node.edges.1 - node.edges.0 == 1;
            node.param = if only { new.edge.child } else { 0 };
        }
        // Rules with more slashes at their end come first, so that the first exact match is the most explicit one.
        self.leaves.sort_unstable();
        for (index, new) in (0..).zip(&self.leaves) {
            let (node, leaf) = unpack(new);
            let node = &mut nodes[node as usize];
            if node.first.method == none.method {
                node.first = leaf;
            }
            extend(&mut node.leaves, index);
        }
        let groups = self.leaves.chunk_by(same_shape);
        let route = |new| unpack(new).1.route;
        let taken = groups.flat_map(|group| group[1..].iter().map(|new| (route(new), route(&group[0])))).collect();
        let table = Table {
            beginnings: if nodes[0].others { Beginnings::ALL } else { self.beginnings },
            nodes,
            literals: self.literals,
            edges: edges.iter().map(|new| new.edge).collect(),
            leaves: self.leaves.iter().map(|new| unpack(new).1).collect(),
            texts: self.texts.into(),
            parts: self.parts.into(),
            matchers: self.matchers.into(),
            methods: Box::default(),
            method_words: Box::default(),
            routes: self.routes.into(),
            rules: Box::default(),
            names: self.names.into(),
        };
        (table, taken)
    }
}

fn pack(node: u32, leaf: Leaf) -> NewLeaf {
    (join(node, !leaf.trailing), join(leaf.method, leaf.route))
}

fn unpack(&(shape, rule): &NewLeaf) -> (u32, Leaf) {
    ((shape >> 32) as u32, Leaf { method: (rule >> 32) as u32, trailing: !(shape as u32), route: rule as u32 })
}

/// Returns whether two leaves differ only in the rule.
fn same_shape(left: &NewLeaf, right: &NewLeaf) -> bool {
    left.0 == right.0 && left.1 >> 32 == right.1 >> 32
}

/// Joins two numbers to one whose order is that of the pair.
const fn join(major: u32, minor: u32) -> u64 {
    (major as u64) << 32 | minor as u64
}

/// Returns the range of `part` in `whole`. `part` must be a slice of `whole`.
fn place(whole: &str, part: &str) -> (u32, u32) {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    (start as u32, (start + part.len()) as u32)
}

/// Adds `index` to the range of a node. The items of a node follow each other.
fn extend(range: &mut (u32, u32), index: u32) {
    if range.0 == range.1 {
        range.0 = index;
    }
    range.1 = index + 1;
}
