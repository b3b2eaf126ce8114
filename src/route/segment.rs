//! Matches inside one segment: parameters and the text around them.

use super::bit_set::{self, BitSet};
use super::error::RouteErrorKind as Kind;
use super::matcher::{Matcher, Use};
use super::pattern;

/// The compiled form of a segment with parameters that is more than one plain parameter.
#[derive(Debug)]
pub(super) enum Parts {
    /// One parameter.
    One { before: Box<str>, after: Box<str>, matcher: Option<u32> },
    /// Several, all of them plain.
    Plain(Box<[CompiledPart]>),
    /// Several, at least one of them with a regex.
    Mixed(Box<[CompiledPart]>),
}

#[derive(Debug)]
pub(super) enum CompiledPart {
    Text(Box<str>),
    Any,
    Match(u32),
}

/// Working memory that is kept from one lookup to the next.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) words: Vec<u64>,
    /// The number of bytes that the regex engine may still read.
    pub(super) budget: usize,
}

impl Parts {
    /// Compiles `parts`; `matcher` compiles a regex and returns its number.
    pub(super) fn compile<'r>(
        parts: &[pattern::Part<'r>],
        mut matcher: impl FnMut(&'r str, Use) -> Result<u32, Kind>,
    ) -> Result<Self, Kind> {
        use pattern::Part as Source;
        let (before, rest) = match parts {
            [Source::Text(text), rest @ ..] => (&**text, rest),
            rest => ("", rest),
        };
        let after = match rest {
            [_] => Some(""),
            [_, Source::Text(text)] => Some(&**text),
            _ => None,
        };
        if let Some(after) = after {
            let matcher = match &rest[0] {
                Source::Match(regex) => Some(matcher(regex, Use::Alone)?),
                _ => None,
            };
            return Ok(Self::One { before: before.into(), after: after.into(), matcher });
        }
        let plain = !parts.iter().any(|part| matches!(part, Source::Match(_)));
        let parts = parts.iter().map(|part| {
            Ok(match part {
                Source::Text(text) => CompiledPart::Text((&**text).into()),
                Source::Any => CompiledPart::Any,
                Source::Match(regex) => CompiledPart::Match(matcher(regex, Use::Among)?),
            })
        });
        let parts: Box<[CompiledPart]> = parts.collect::<Result<_, Kind>>()?;
        Ok(if plain { Self::Plain(parts) } else { Self::Mixed(parts) })
    }

    /// Returns whether the whole of `segment` matches. If so, adds its captures, moved by `at`, to `captures`. If not, the
    /// caller removes any that were added.
    pub(super) fn is_match(
        &self,
        segment: &str,
        at: u32,
        matchers: &[Matcher],
        work: &mut Work,
        captures: &mut Vec<(u32, u32)>,
    ) -> bool {
        match self {
            Self::One { before, after, matcher } => {
                let Some(inner) = between(segment, before, after) else {
                    return false;
                };
                if matcher.is_some_and(|matcher| !matchers[matcher as usize].is_match(inner)) {
                    return false;
                }
                let start = at + before.len() as u32;
                captures.push((start, start + inner.len() as u32));
                true
            }
            Self::Plain(parts) => plain(parts, segment, at, captures),
            Self::Mixed(parts) => mixed(parts, segment, at, matchers, work, captures),
        }
    }
}

/// Returns the part of `segment` between two texts, if it is not empty.
#[inline]
fn between<'s>(segment: &'s str, before: &str, after: &str) -> Option<&'s str> {
    let mut inner = segment;
    // A comparison with nothing is not free: an empty `Box<str>` is a dangling pointer, and a masked load from it is slow.
    if !before.is_empty() {
        inner = inner.strip_prefix(before)?;
    }
    if !after.is_empty() {
        inner = inner.strip_suffix(after)?;
    }
    (!inner.is_empty()).then_some(inner)
}

/// Places each text as far to the right as those after it allow. This makes the first parameter as long as possible, then
/// the second, and so on, like a greedy regex, but without backtracking.
fn plain(parts: &[CompiledPart], segment: &str, at: u32, captures: &mut Vec<(u32, u32)>) -> bool {
    let first = captures.len();
    let mut end = segment.len();
    let mut parts = parts;
    if let [rest @ .., CompiledPart::Text(text)] = parts {
        if !segment.ends_with(&**text) {
            return false;
        }
        (parts, end) = (rest, end - text.len());
    }
    let mut low = 0;
    if let [CompiledPart::Text(text), rest @ ..] = parts {
        if !segment.starts_with(&**text) || text.len() > end {
            return false;
        }
        (parts, low) = (rest, text.len());
    }
    // From the right: a parameter, then the text before it, unless two parameters are adjacent.
    while let [rest @ .., CompiledPart::Any] = parts {
        // This parameter has at least the last character before `end`.
        let Some((last, _)) = segment[low..end].char_indices().next_back() else {
            return false;
        };
        let start = match rest {
            [] => low,
            [.., CompiledPart::Text(text)] => match segment[low..low + last].rfind(&**text) {
                Some(found) => low + found + text.len(),
                None => return false,
            },
            _ => low + last,
        };
        captures.push((at + start as u32, at + end as u32));
        (parts, end) = match rest {
            [rest @ .., CompiledPart::Text(text)] => (rest, start - text.len()),
            _ => (rest, start),
        };
    }
    captures[first..].reverse();
    true
}

/// A pass from the right finds the places at which each part can start so that all parts after it match. A pass from the
/// left then makes each parameter as long as possible. The work is bounded by parts times length.
fn mixed(
    parts: &[CompiledPart],
    segment: &str,
    at: u32,
    matchers: &[Matcher],
    work: &mut Work,
    captures: &mut Vec<(u32, u32)>,
) -> bool {
    let words = bit_set::words(segment.len());
    work.words.clear();
    work.words.resize((parts.len() + 2) * words, 0);
    let (edges, sets) = work.words.split_at_mut(words);
    segment.char_indices().for_each(|(offset, _)| bit_set::set(edges, offset));
    bit_set::set(edges, segment.len());
    let edges = BitSet(edges);
    bit_set::set(&mut sets[parts.len() * words..], segment.len());
    for (index, part) in parts.iter().enumerate().rev() {
        let (left, right) = sets.split_at_mut((index + 1) * words);
        let starts = &mut left[index * words..];
        let ends = BitSet(&right[..words]);
        match part {
            CompiledPart::Text(text) => {
                let fits = |&end: &usize| segment[..end].ends_with(&**text);
                ends.iter().filter(fits).for_each(|end| bit_set::set(starts, end - text.len()));
            }
            CompiledPart::Any => {
                let end = ends.last().unwrap_or(0);
                edges.iter().take_while(|&start| start < end).for_each(|start| bit_set::set(starts, start));
            }
            CompiledPart::Match(matcher) => {
                let matcher = &matchers[*matcher as usize];
                matcher.backward(segment, edges, ends, &mut work.budget, |start| bit_set::set(starts, start));
            }
        }
    }
    if !BitSet(&sets[..words]).has(0) {
        return false;
    }
    let mut start = 0;
    for (part, ends) in parts.iter().zip(sets.chunks_exact(words).skip(1)) {
        let end = match part {
            CompiledPart::Text(text) => {
                start += text.len();
                continue;
            }
            CompiledPart::Any => BitSet(ends).last(),
            CompiledPart::Match(matcher) => {
                matchers[*matcher as usize].longest(segment, start, BitSet(ends), &mut work.budget)
            }
        };
        // There is always an end, unless the engine's budget is used up.
        let Some(end) = end else { return false };
        captures.push((at + start as u32, at + end as u32));
        start = end;
    }
    true
}
