//! A regex of a rule, compiled to the simplest matcher that is sufficient.
//!
//! A row of byte classes ([`Runs`]) is the common case. Other regexes of the supported subset become an automaton
//! ([`Nfa`]), and the rest uses `regex-lite`. Such a regex is compiled when the table is built, not on first use: it takes
//! a microsecond or two, an invalid regex must be reported at once, and a table never changes after it is built. Its
//! `is_match` does not allocate after the first use.

use super::bit_set::BitSet;
use super::error::RouteErrorKind as Kind;
use super::nfa::Nfa;
use super::runs::Runs;
use super::syntax;

/// The number of bytes that one lookup may pass to the engine to find out which parts of a path a regex matches. Only a
/// regex beyond the subset, many slashes and a long path together reach this limit. Beyond it, the rule does not match.
pub(super) const ENGINE_BYTES: usize = 1 << 20;

/// The use of a regex, which decides the parts to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    /// The only parameter of its segment: never empty, and the string that it has to match is known.
    Alone,
    /// One of several parameters in a segment: never empty, and all possible starts and ends are needed.
    Among,
    /// A bare regex, which may match the empty string and may contain slashes.
    Bare,
}

#[derive(Debug)]
pub(super) struct Matcher {
    whole: Whole,
    /// Finds all ends or starts at once.
    nfa: Option<Nfa>,
    /// The empty string does not match, even if the regex matches it.
    never_empty: bool,
}

#[derive(Debug)]
enum Whole {
    Runs(Runs),
    /// The automaton is the matcher.
    Nfa,
    #[cfg(feature = "regex")]
    Engine(regex_lite::Regex),
}

impl Matcher {
    /// Compiles `regex`, which always has to match a whole string.
    pub(super) fn compile(regex: &str, purpose: Use) -> Result<Self, Kind> {
        let ast = syntax::parse(regex);
        let runs = ast.as_ref().and_then(Runs::of);
        let wanted = purpose != Use::Alone || runs.is_none();
        let never_empty = purpose != Use::Bare;
        let nfa = ast.filter(|_| wanted).and_then(|ast| Nfa::of(&ast, !never_empty));
        let whole = match (runs, &nfa) {
            (Some(runs), _) => Whole::Runs(runs),
            (None, Some(_)) => Whole::Nfa,
            (None, None) => engine(regex)?,
        };
        Ok(Self { whole, nfa, never_empty })
    }

    /// Returns whether the whole of `text` matches.
    #[inline]
    pub(super) fn is_match(&self, text: &str) -> bool {
        if self.never_empty && text.is_empty() {
            return false;
        }
        match (&self.whole, &self.nfa) {
            (Whole::Runs(runs), _) => runs.is_match(text.as_bytes()),
            (Whole::Nfa, nfa) => nfa.as_ref().is_some_and(|nfa| nfa.is_match(text.as_bytes())),
            #[cfg(feature = "regex")]
            (Whole::Engine(regex), _) => regex.is_match(text),
        }
    }

    /// Returns the last of `ends` at which a match from `from` can end.
    pub(super) fn longest(&self, text: &str, from: usize, ends: BitSet<'_>, budget: &mut usize) -> Option<usize> {
        let mut last = None;
        match &self.nfa {
            Some(nfa) => nfa.forward(
                text.as_bytes(),
                from,
                |at| at == from,
                |at| last = if ends.has(at) { Some(at) } else { last },
            ),
            None => self.each_end(text, from, ends, budget, |to| last = Some(to)),
        }
        last
    }

    /// Calls `end` with each offset of `text` at which a match can end. The match starts at `from` or later, at an offset that
    /// `starts` accepts.
    ///
    /// `ends` are the offsets of interest; others may be reported too.
    pub(super) fn forward(
        &self,
        text: &str,
        from: usize,
        starts: impl Fn(usize) -> bool,
        ends: BitSet<'_>,
        budget: &mut usize,
        mut end: impl FnMut(usize),
    ) {
        match &self.nfa {
            Some(nfa) => nfa.forward(text.as_bytes(), from, starts, end),
            None => (from..=text.len())
                .filter(|&from| starts(from))
                .for_each(|from| self.each_end(text, from, ends, budget, &mut end)),
        }
    }

    /// Calls `start` with each offset of `text` at which a match can start that ends at one of `ends`.
    ///
    /// `starts` are the offsets of interest; others may be reported too.
    pub(super) fn backward(
        &self,
        text: &str,
        starts: BitSet<'_>,
        ends: BitSet<'_>,
        budget: &mut usize,
        mut start: impl FnMut(usize),
    ) {
        let Some(to) = starts.first() else { return };
        match &self.nfa {
            Some(nfa) => nfa.backward(text.as_bytes(), to, |at| ends.has(at), start),
            None => starts.iter().for_each(|from| self.each_end(text, from, ends, budget, |_| start(from))),
        }
    }

    /// Tries each end separately: the engine only decides whether one string matches.
    fn each_end(&self, text: &str, from: usize, ends: BitSet<'_>, budget: &mut usize, mut found: impl FnMut(usize)) {
        for to in ends.iter().filter(|&to| to >= from) {
            let Some(left) = budget.checked_sub(to - from + 1) else {
                return;
            };
            *budget = left;
            if self.is_match(&text[from..to]) {
                found(to);
            }
        }
    }
}

#[cfg(feature = "regex")]
fn engine(regex: &str) -> Result<Whole, Kind> {
    // Compile it alone first: its brackets must not be able to close the group around it.
    let checked = regex_lite::Regex::new(regex).and_then(|_| regex_lite::Regex::new(&format!("^(?:{regex})$")));
    match checked {
        Ok(engine) => Ok(Whole::Engine(engine)),
        Err(error) => Err(Kind::Regex { regex: regex.to_owned(), reason: error.to_string() }),
    }
}

#[cfg(not(feature = "regex"))]
fn engine(regex: &str) -> Result<Whole, Kind> {
    Err(Kind::RegexFeature(regex.to_owned()))
}
