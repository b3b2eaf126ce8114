//! Compares route tables with a matcher that tries every rule in every way.

use std::cmp::{Ordering, Reverse};

use arbitrary::{Result, Unstructured};

use crate::route::{Path, Rules, Scratch, TrailingSlash};

/// A piece of a segment: text, or a parameter with or without a class of characters.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    Text(&'static str),
    Param(Option<Class>),
}

/// A regex that is one class, repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    Digits,
    Letters,
    Any,
}

impl Class {
    fn regex(self) -> &'static str {
        match self {
            Self::Digits => r"\d+",
            Self::Letters => "[a-z]+",
            Self::Any => ".+",
        }
    }

    fn fits(self, text: &str) -> bool {
        let each = |character: char| match self {
            Self::Digits => character.is_ascii_digit(),
            Self::Letters => character.is_ascii_lowercase(),
            Self::Any => character != '\n',
        };
        !text.is_empty() && text.chars().all(each)
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Segment {
    Pieces(Vec<Piece>),
    Bare(Class),
    Rest,
}

impl Segment {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        let class = |u: &mut Unstructured<'_>| u.choose(&[Class::Digits, Class::Letters, Class::Any]).copied();
        let text = |u: &mut Unstructured<'_>| {
            u.choose(&["a", "b", "ab", "-", ".", "\u{e9}", "7", "longer-than-a-word"]).copied()
        };
        Ok(match u.int_in_range(0..=9)? {
            0..=3 => Self::Pieces(vec![Piece::Text(text(u)?)]),
            4 | 5 => Self::Pieces(vec![Piece::Param(None)]),
            6 => Self::Pieces(vec![Piece::Param(Some(class(u)?))]),
            7 => Self::Bare(class(u)?),
            _ => {
                let mut pieces = Vec::new();
                for _ in 0..u.int_in_range(2..=4)? {
                    let piece = match u.int_in_range(0..=3)? {
                        0 | 1 if !matches!(pieces.last(), Some(Piece::Text(_))) => Piece::Text(text(u)?),
                        3 => Piece::Param(Some(class(u)?)),
                        _ => Piece::Param(None),
                    };
                    pieces.push(piece);
                }
                Self::Pieces(pieces)
            }
        })
    }

    /// The precedence of a segment: its kind, then the length of its text.
    fn rank(&self) -> (usize, Reverse<usize>) {
        let Self::Pieces(pieces) = self else { return (if *self == Self::Rest { 5 } else { 4 }, Reverse(0)) };
        let text = pieces.iter().map(|piece| if let Piece::Text(text) = piece { text.len() } else { 0 }).sum();
        let kind = match &pieces[..] {
            [Piece::Text(_)] => return (0, Reverse(0)),
            [Piece::Param(None)] => 3,
            pieces if pieces.iter().any(|piece| matches!(piece, Piece::Param(Some(_)))) => 1,
            _ => 2,
        };
        (kind, Reverse(text))
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    segments: Vec<Segment>,
    slash: bool,
}

impl Rule {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        let count = u.int_in_range(0..=4)?;
        let mut segments = (0..count).map(|_| Segment::arbitrary(u)).collect::<Result<Vec<_>>>()?;
        let slash = match u.int_in_range(0..=7)? {
            0 => {
                segments.push(Segment::Rest);
                false
            }
            other => segments.is_empty() || other == 1,
        };
        Ok(Self { segments, slash })
    }

    fn text(&self) -> String {
        let (mut out, mut names) = (String::new(), 0);
        let mut name = || {
            names += 1;
            format!("p{names}")
        };
        for segment in &self.segments {
            out.push('/');
            match segment {
                Segment::Bare(class) => out.push_str(class.regex()),
                Segment::Rest => out += &format!("{{{}...}}", name()),
                Segment::Pieces(pieces) => pieces.iter().for_each(|piece| match piece {
                    Piece::Text(text) => out.push_str(text),
                    Piece::Param(None) => out += &format!("{{{}}}", name()),
                    Piece::Param(Some(class)) => out += &format!("{{{}:{}}}", name(), class.regex()),
                }),
            }
        }
        if self.slash { out + "/" } else { out }
    }
}

type Bounds = (usize, usize);

/// A path, with the starts and the ends of its segments.
struct Split<'p> {
    text: &'p str,
    segments: Vec<Bounds>,
}

impl Split<'_> {
    /// Returns the captures of the first way in which the segments match from `at` on: each as long as possible, from the
    /// left.
    fn fit(&self, rule: &[Segment], slash: bool, exact: bool, at: usize) -> Option<Vec<Bounds>> {
        let Some((segment, rest)) = rule.split_first() else {
            let left = &self.segments[at..];
            let empty = left.iter().all(|(from, to)| from == to);
            return (empty && (!exact || left.len() == usize::from(slash))).then(Vec::new);
        };
        let &(from, to) = self.segments.get(at)?;
        match segment {
            Segment::Rest => (from < self.text.len()).then(|| vec![(from, self.text.len())]),
            Segment::Bare(class) => (at..self.segments.len()).rev().find_map(|last| {
                let fits = class.fits(&self.text[from..self.segments[last].1]);
                if fits { self.fit(rest, slash, exact, last + 1) } else { None }
            }),
            Segment::Pieces(pieces) => {
                let mut captures = self.pieces(pieces, from, to)?;
                captures.extend(self.fit(rest, slash, exact, at + 1)?);
                Some(captures)
            }
        }
    }

    fn pieces(&self, pieces: &[Piece], from: usize, to: usize) -> Option<Vec<Bounds>> {
        let text = &self.text[from..to];
        let Some((piece, rest)) = pieces.split_first() else { return text.is_empty().then(Vec::new) };
        match piece {
            Piece::Text(start) => text.strip_prefix(start).and_then(|_| self.pieces(rest, from + start.len(), to)),
            Piece::Param(class) => {
                let ends = text.char_indices().map(|(at, character)| at + character.len_utf8()).rev();
                ends.filter(|&end| class.is_none_or(|class| class.fits(&text[..end]))).find_map(|end| {
                    let mut captures = vec![(from, from + end)];
                    captures.extend(self.pieces(rest, from + end, to)?);
                    Some(captures)
                })
            }
        }
    }
}

/// Returns which of two rules has precedence: the first segment in which they differ decides.
fn precedence(rules: &[Rule], a: &Rule, b: &Rule) -> Ordering {
    let Some(at) = (0..a.segments.len().max(b.segments.len())).find(|&at| a.segments.get(at) != b.segments.get(at))
    else {
        return Ordering::Equal;
    };
    let (Some(left), Some(right)) = (a.segments.get(at), b.segments.get(at)) else {
        return a.segments.len().cmp(&b.segments.len());
    };
    // Between equals, the segment that was registered first at this place.
    let first = |rule: &Rule| rules.iter().position(|other| other.segments.get(..=at) == rule.segments.get(..=at));
    left.rank().cmp(&right.rank()).then_with(|| first(a).cmp(&first(b)))
}

/// Matches random paths with a random table. The oracle tries all rules.
pub fn routes(data: &[u8]) {
    let mut u = Unstructured::new(data);
    if let Ok((rules, paths)) = table_and_paths(&mut u) {
        paths.iter().for_each(|(path, escaped)| check(&rules, path, escaped));
    }
}

type Paths = Vec<(String, Vec<u32>)>;

fn table_and_paths(u: &mut Unstructured<'_>) -> Result<(Vec<Rule>, Paths)> {
    let mut rules: Vec<Rule> = Vec::new();
    for _ in 0..u.int_in_range(1..=8)? {
        let rule = Rule::arbitrary(u)?;
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    let mut paths = Vec::new();
    for _ in 0..u.int_in_range(1..=6)? {
        let (mut text, mut escaped) = (String::new(), Vec::new());
        for _ in 0..u.int_in_range(0..=6)? {
            text.push('/');
            for _ in 0..u.int_in_range(0..=3)? {
                let piece =
                    *u.choose(&["a", "b", "ab", "-", ".", "\u{e9}", "7", "longer-than-a-word", "\n", "/", "A", "x"])?;
                if piece == "/" {
                    escaped.push(text.len() as u32);
                }
                text.push_str(piece);
            }
        }
        paths.push((text, escaped));
    }
    Ok((rules, paths))
}

fn check(rules: &[Rule], text: &str, escaped: &[u32]) {
    let mut all = Rules::default();
    for rule in rules {
        all.add("GET", &rule.text());
    }
    let table = all.build().unwrap_or_else(|errors| panic!("{errors}"));
    let starts: Vec<usize> =
        text.match_indices('/').map(|(at, _)| at).filter(|at| !escaped.contains(&(*at as u32))).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let split = Split { text, segments: starts.iter().map(|start| start + 1).zip(ends).collect() };
    for policy in [TrailingSlash::Exact, TrailingSlash::Lenient] {
        let fit = |rule: &Rule, exact: bool| match (text.is_empty(), rule.segments.is_empty()) {
            (true, true) => (!exact).then(Vec::new),
            (true, false) => None,
            _ => split.fit(&rule.segments, rule.slash, exact, 0),
        };
        let fits = |rule: &Rule| fit(rule, policy == TrailingSlash::Exact);
        let order = |a: &&Rule, b: &&Rule| {
            let ends = |rule: &Rule| (fit(rule, true).is_none(), !rule.slash);
            precedence(rules, a, b).then_with(|| ends(a).cmp(&ends(b)))
        };
        let wanted = rules.iter().filter(|rule| fits(rule).is_some()).min_by(order);
        let wanted = wanted.map(|rule| (rule.text(), fits(rule).unwrap_or_default()));
        let mut scratch = Scratch::new();
        let found = table.lookup("get", Path { text, escaped }, policy, &mut scratch);
        let captures = scratch.captures().iter().map(|&(from, to)| (from as usize, to as usize)).collect();
        let found = found.map(|rule| (table.rule(rule).to_owned(), captures));
        let texts: Vec<String> = rules.iter().map(Rule::text).collect();
        assert_eq!(found, wanted, "{policy:?} {text:?} {escaped:?} in {texts:?}");
    }
}
