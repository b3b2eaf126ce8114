//! The matcher for a row of byte classes, the form of most regexes in rules.

use super::byte_set::ByteSet;
use super::syntax::Ast;

/// From `min` to `max` characters of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    set: ByteSet,
    min: u32,
    max: u32,
}

/// A row of runs, each of which can be as long as possible: after a run without a fixed length, no character of its class
/// can follow, so backtracking never helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Runs(Box<[Run]>);

impl Runs {
    /// Returns the runs of a regex, if it is such a row of classes.
    pub(super) fn of(ast: &Ast) -> Option<Self> {
        let run = |ast: &Ast| match ast {
            Ast::Class(set) => Some(Run { set: *set, min: 1, max: 1 }),
            Ast::Repeat(inner, min, max) => match **inner {
                Ast::Class(set) => Some(Run { set, min: *min, max: max.unwrap_or(u32::MAX) }),
                _ => None,
            },
            _ => None,
        };
        let runs: Box<[Run]> = match ast {
            Ast::Concat(all) => all.iter().map(run).collect::<Option<_>>()?,
            one => [run(one)?].into(),
        };
        let exact = (0..runs.len()).all(|at| runs[at].min == runs[at].max || never_gives_back(&runs[at..]));
        exact.then_some(Self(runs))
    }

    /// Returns whether the whole of `text` matches.
    #[inline]
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let mut at = 0;
        for run in &self.0 {
            let mut count = 0;
            while let Some(&byte) = text.get(at)
                && run.set.has(byte)
            {
                // Every byte except the second and later bytes of a character starts a character.
                let starts = u32::from(byte & 0xC0 != 0x80);
                if count + starts > run.max {
                    break;
                }
                count += starts;
                at += 1;
            }
            if count < run.min {
                return false;
            }
        }
        at == text.len()
    }
}

/// Returns whether no character of the first run's class can follow that run.
fn never_gives_back(runs: &[Run]) -> bool {
    for next in &runs[1..] {
        if next.max > 0 && next.set.overlaps(&runs[0].set) {
            return false;
        }
        if next.min > 0 {
            break;
        }
    }
    true
}
