//! An automaton of at most 64 positions, with all of its states in one word (Glushkov's construction).
//!
//! A position is one occurrence of a class in the regex. The automaton reads a string forward or backward, from many starts
//! at once, and reports every place at which a match can end (or start). So one pass over the string is enough, no matter
//! how many ways there are to match it.

use super::byte_set::ByteSet;
use super::syntax::Ast;

/// A set of positions of the automaton.
type States = u64;

#[derive(Clone, Debug)]
pub(super) struct Nfa {
    /// The regex matches the empty string.
    nullable: bool,
    first: States,
    last: States,
    /// For each position, the positions that can follow it.
    after: Vec<States>,
    /// For each position, the positions that can precede it.
    before: Vec<States>,
    /// For each byte, the positions that match it.
    takes: Box<[States; 256]>,
}

/// The properties of a part of the regex that its surroundings need.
#[derive(Clone, Copy)]
struct Face {
    nullable: bool,
    first: States,
    last: States,
}

const EMPTY: Face = Face { nullable: true, first: 0, last: 0 };

impl Nfa {
    /// Builds the automaton of `ast`; returns `None` if it needs more than 64 positions. Without `empty`, the empty string does
    /// not match.
    pub(super) fn of(ast: &Ast, empty: bool) -> Option<Self> {
        let mut nfa = Self {
            nullable: false,
            first: 0,
            last: 0,
            after: Vec::new(),
            before: Vec::new(),
            takes: Box::new([0; 256]),
        };
        let face = nfa.add(ast)?;
        (nfa.nullable, nfa.first, nfa.last) = (face.nullable && empty, face.first, face.last);
        nfa.before = vec![0; nfa.after.len()];
        for (from, &after) in nfa.after.iter().enumerate() {
            for to in ones(after) {
                nfa.before[to] |= 1 << from;
            }
        }
        Some(nfa)
    }

    fn add(&mut self, ast: &Ast) -> Option<Face> {
        match ast {
            Ast::Empty => Some(EMPTY),
            Ast::Class(set) => self.add_class(set),
            Ast::Concat(all) => all.iter().try_fold(EMPTY, |face, next| {
                let next = self.add(next)?;
                Some(self.join(face, next))
            }),
            Ast::Alternatives(all) => {
                let none = Face { nullable: false, first: 0, last: 0 };
                all.iter().try_fold(none, |face, next| {
                    let next = self.add(next)?;
                    Some(Face {
                        nullable: face.nullable || next.nullable,
                        first: face.first | next.first,
                        last: face.last | next.last,
                    })
                })
            }
            Ast::Repeat(inner, min, max) => self.add_repeat(inner, *min, *max),
        }
    }

    /// Adds a position for the class, and for characters outside ASCII one more, which repeats, for their later bytes. Since
    /// the string is UTF-8, that position matches all of these bytes and nothing else.
    fn add_class(&mut self, set: &ByteSet) -> Option<Face> {
        let lead = self.position(|byte| set.has(byte) && byte & 0xC0 != 0x80)?;
        if !set.is_wide() {
            return Some(Face { nullable: false, first: lead, last: lead });
        }
        let tail = self.position(|byte| byte & 0xC0 == 0x80)?;
        self.link(lead | tail, tail);
        Some(Face { nullable: false, first: lead, last: lead | tail })
    }

    fn add_repeat(&mut self, inner: &Ast, min: u32, max: Option<u32>) -> Option<Face> {
        // More copies than positions cannot fit, unless the copies are empty, which no real rule has.
        if min.max(max.unwrap_or(0)) > 64 {
            return None;
        }
        let mut face = EMPTY;
        let least = min.max(1);
        for copy in 0..max.unwrap_or(least) {
            let mut next = self.add(inner)?;
            if max.is_none() && copy + 1 == least {
                self.link(next.last, next.first);
            }
            next.nullable |= copy >= min;
            face = self.join(face, next);
        }
        Some(face)
    }

    fn position(&mut self, takes: impl Fn(u8) -> bool) -> Option<States> {
        let at = self.after.len();
        if at == 64 {
            return None;
        }
        self.after.push(0);
        for byte in 0..=u8::MAX {
            self.takes[usize::from(byte)] |= u64::from(takes(byte)) << at;
        }
        Some(1 << at)
    }

    fn link(&mut self, from: States, to: States) {
        for position in ones(from) {
            self.after[position] |= to;
        }
    }

    fn join(&mut self, left: Face, right: Face) -> Face {
        self.link(left.last, right.first);
        Face {
            nullable: left.nullable && right.nullable,
            first: left.first | if left.nullable { right.first } else { 0 },
            last: right.last | if right.nullable { left.last } else { 0 },
        }
    }

    /// Returns whether the whole of `text` matches.
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let Some((&first, rest)) = text.split_first() else {
            return self.nullable;
        };
        let mut states = self.first & self.takes[usize::from(first)];
        for &byte in rest {
            if states == 0 {
                return false;
            }
            states = near(&self.after, states) & self.takes[usize::from(byte)];
        }
        states & self.last != 0
    }

    /// Reads `text` from `from` on. Matches may start at each offset that `starts` accepts. Calls `end` with each offset at
    /// which a match can end, in ascending order.
    pub(super) fn forward(
        &self,
        text: &[u8],
        from: usize,
        mut starts: impl FnMut(usize) -> bool,
        mut end: impl FnMut(usize),
    ) {
        let mut states = 0;
        for at in from..=text.len() {
            let fresh = starts(at);
            if states & self.last != 0 || fresh && self.nullable {
                end(at);
            }
            if let Some(&byte) = text.get(at) {
                let next = near(&self.after, states) | if fresh { self.first } else { 0 };
                states = next & self.takes[usize::from(byte)];
            }
        }
    }

    /// The mirror of [`forward`](Self::forward): reads `text` from its end down to `to`, from all offsets that `ends` accepts,
    /// and calls `start` with each offset at which a match can start, in descending order.
    pub(super) fn backward(
        &self,
        text: &[u8],
        to: usize,
        mut ends: impl FnMut(usize) -> bool,
        mut start: impl FnMut(usize),
    ) {
        let mut states = 0;
        for at in (to..=text.len()).rev() {
            let fresh = ends(at);
            if states & self.first != 0 || fresh && self.nullable {
                start(at);
            }
            if at > to {
                let next = near(&self.before, states) | if fresh { self.last } else { 0 };
                states = next & self.takes[usize::from(text[at - 1])];
            }
        }
    }
}

/// Returns all positions that `states` lead to.
#[inline]
fn near(links: &[States], states: States) -> States {
    ones(states).fold(0, |near, position| near | links[position])
}

/// Returns the numbers of the set bits, ascending.
fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(at)
    })
}
