//! A regex of a rule, compiled to the least that can match it.
//!
//! A row of byte classes ([`Runs`]) is the common case. Other regexes of the subset become an automaton ([`Nfa`]), and
//! only the rest goes to `regex-lite`. That one is compiled when the table is built, not on first use: it takes a
//! microsecond or two, a wrong regex must be found at once, and so a table never changes after it is built. A warm
//! `is_match` of it does not allocate.

use super::bit_set::BitSet;
use super::error::RouteErrorKind as Kind;
use super::nfa::Nfa;
use super::runs::Runs;
use super::syntax;

/// How many bytes one look-up may hand to the engine while it looks for what a regex can span. Only a regex beyond the
/// subset, many slashes and a long path together come near it; behind it such a rule fits no longer.
pub(super) const ENGINE_BYTES: usize = 1 << 20;

/// What a regex is for, which decides what has to be compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    /// The only parameter of its segment: never empty, and what it has to match is known.
    Alone,
    /// A parameter among others: never empty, and all its ends and starts are asked for.
    Among,
    /// A bare regex, which may be empty, and may span slashes.
    Bare,
}

#[derive(Debug)]
pub(super) struct Matcher {
    whole: Whole,
    /// Finds all ends or starts at once.
    nfa: Option<Nfa>,
    /// Whether the empty text is no match, whatever the regex says.
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
    /// Compiles `regex`, which always has to match a whole text.
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

    /// Whether the whole of `text` matches.
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

    /// The last of `ends` where a match can end that starts at `from`.
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

    /// Calls `end` with each offset of `text` where a match can end that starts at `from` or
    /// behind it, where `starts` says.
    ///
    /// `ends` are the offsets worth asking for; others may be reported too.
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

    /// Calls `start` with each offset of `text` where a match can start that ends at one of `ends`.
    ///
    /// `starts` are the offsets worth asking for; others may be reported too.
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

    /// For the engine, which tells of one text at a time.
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
    // Alone first: what closes a bracket must not be able to close the group around it.
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
