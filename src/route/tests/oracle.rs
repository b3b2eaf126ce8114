//! Random tables and paths against a matcher that tries everything.
//!
//! It knows rules only in the form that these tests generate. It tries one after the other in the documented order of
//! precedence, and splits strings in every way, the longest first.

use super::super::Split;
use super::*;
use proptest::prelude::*;
use std::cmp::Ordering;

/// A piece of a segment: text, or a parameter, with a regex or without.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(&'static str),
    Param(Option<&'static str>),
}

#[derive(Clone, Debug, PartialEq)]
enum Seg {
    Pieces(Vec<Piece>),
    Bare(&'static str),
    Rest,
}

#[derive(Clone, Debug)]
struct Rule {
    method: &'static str,
    rootless: bool,
    segs: Vec<Seg>,
    trailing: usize,
}

impl Seg {
    fn rank(&self) -> usize {
        match self {
            Self::Pieces(pieces) => match &pieces[..] {
                [Piece::Text(_)] => 0,
                [Piece::Param(None)] => 3,
                pieces if pieces.iter().any(|piece| matches!(piece, Piece::Param(Some(_)))) => 1,
                _ => 2,
            },
            Self::Bare(_) => 4,
            Self::Rest => 6,
        }
    }

    fn text_length(&self) -> usize {
        let Self::Pieces(pieces) = self else { return 0 };
        pieces.iter().map(|piece| if let Piece::Text(text) = piece { text.len() } else { 0 }).sum()
    }
}

impl Rule {
    fn text(&self) -> String {
        let mut names = (0..).map(|n| format!("p{n}"));
        let mut name = || names.next().unwrap_or_default();
        let mut out = String::new();
        for (index, seg) in self.segs.iter().enumerate() {
            if index > 0 || !self.rootless {
                out.push('/');
            }
            match seg {
                Seg::Bare(regex) => out.push_str(regex),
                Seg::Rest => out += &format!("{{{}...}}", name()),
                Seg::Pieces(pieces) => {
                    for piece in pieces {
                        match piece {
                            Piece::Text(text) => out.push_str(text),
                            Piece::Param(None) => out += &format!("<{}>", name()),
                            Piece::Param(Some(regex)) => out += &format!("{{{}:{regex}}}", name()),
                        }
                    }
                }
            }
        }
        out + &"/".repeat(self.trailing)
    }

    fn same_way(&self, other: &Self, count: usize) -> bool {
        self.rootless == other.rootless && self.segs[..count] == other.segs[..count]
    }

    fn rank(&self, at: usize) -> usize {
        if self.rootless && at == 0 { 5 } else { self.segs[at].rank() }
    }
}

/// Returns the order of precedence between the rules `a` and `b` of `rules`, apart from the slashes at their ends.
fn precedence(rules: &[Rule], a: usize, b: usize) -> Ordering {
    let (left, right) = (&rules[a], &rules[b]);
    let differs = |&at: &usize| left.segs.get(at) != right.segs.get(at) || left.rootless != right.rootless;
    let Some(at) = (0..left.segs.len().max(right.segs.len())).find(differs) else {
        return Ordering::Equal;
    };
    // A rule that ends here is more explicit than one that goes on.
    if left.segs.len() == at || right.segs.len() == at {
        return left.segs.len().cmp(&right.segs.len());
    }
    let first_with = |rule: &Rule| {
        let fits = |known: &Rule| known.segs.len() > at && known.same_way(rule, at + 1);
        rules.iter().position(fits)
    };
    let by_rank = left.rank(at).cmp(&right.rank(at));
    by_rank
        .then_with(|| right.segs[at].text_length().cmp(&left.segs[at].text_length()))
        .then_with(|| first_with(left).cmp(&first_with(right)))
}

#[derive(Clone, Copy)]
struct Text<'t> {
    path: Split<'t>,
    slash: TrailingSlash,
}

fn regex_fits(regex: &str, text: &str) -> bool {
    regex_lite::Regex::new(&format!("^(?:{regex})$")).is_ok_and(|regex| regex.is_match(text))
}

impl Text<'_> {
    /// Returns the start and the end of segment `index`.
    fn segment(&self, index: usize) -> (usize, usize) {
        let ends = |at: usize| self.path.slashes.get(at).map_or(self.path.text.len(), |&slash| slash as usize);
        (ends(index) + 1, ends(index + 1))
    }

    fn count(&self) -> usize {
        self.path.slashes.len()
    }

    /// Returns whether the rest of the path consists of slashes that the rule allows.
    fn ends(&self, index: usize, trailing: usize, exact: bool) -> bool {
        let empty = (index..self.count()).all(|index| self.segment(index).0 == self.segment(index).1);
        empty && (self.count() - index == trailing || !exact && self.slash == TrailingSlash::Lenient)
    }

    /// Returns the captures with which `segs` match from segment `index` on, each as long as possible, from the left.
    fn fit(&self, segs: &[Seg], index: usize, trailing: usize, exact: bool) -> Option<Vec<(u32, u32)>> {
        let Some((seg, rest)) = segs.split_first() else {
            return self.ends(index, trailing, exact).then(Vec::new);
        };
        if index >= self.count() {
            return None;
        }
        let (from, to) = self.segment(index);
        match seg {
            Seg::Rest => {
                let whole = (from as u32, self.path.text.len() as u32);
                (whole.0 < whole.1).then(|| vec![whole])
            }
            Seg::Bare(regex) => (index..self.count()).rev().find_map(|last| {
                let text = &self.path.text[from..self.segment(last).1];
                if regex_fits(regex, text) { self.fit(rest, last + 1, trailing, exact) } else { None }
            }),
            Seg::Pieces(pieces) => {
                let mut captures = self.pieces(pieces, from, to)?;
                captures.extend(self.fit(rest, index + 1, trailing, exact)?);
                Some(captures)
            }
        }
    }

    fn pieces(&self, pieces: &[Piece], from: usize, to: usize) -> Option<Vec<(u32, u32)>> {
        let text = &self.path.text[from..to];
        let Some((piece, rest)) = pieces.split_first() else {
            return text.is_empty().then(Vec::new);
        };
        match piece {
            Piece::Text(start) => text.strip_prefix(start).and_then(|_| self.pieces(rest, from + start.len(), to)),
            Piece::Param(regex) => {
                let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
                let mut ends = ends.filter(|&end| regex.is_none_or(|regex| regex_fits(regex, &text[..end])));
                ends.find_map(|end| {
                    let mut captures = vec![(from as u32, (from + end) as u32)];
                    captures.extend(self.pieces(rest, from + end, to)?);
                    Some(captures)
                })
            }
        }
    }

    fn fits(&self, rule: &Rule, exact: bool) -> Option<Vec<(u32, u32)>> {
        let rooted = self.path.slashes.first() == Some(&0);
        if !rule.rootless {
            let empty = self.path.text.is_empty() && rule.segs.is_empty();
            return if rooted || empty { self.fit(&rule.segs, 0, rule.trailing, exact) } else { None };
        }
        let Seg::Bare(regex) = rule.segs[0] else { panic!("starts with a regex") };
        // It ends at a slash, the first one of the path included, or at the end of the path.
        (0..=self.count()).rev().find_map(|index| {
            let end = self.path.slashes.get(index).map_or(self.path.text.len(), |&slash| slash as usize);
            let fits = regex_fits(regex, &self.path.text[..end]);
            if fits { self.fit(&rule.segs[1..], index, rule.trailing, exact) } else { None }
        })
    }

    fn find(&self, rules: &[Rule], method: &str) -> Option<(u32, Vec<(u32, u32)>)> {
        let fitting =
            (0..rules.len()).filter(|&id| rules[id].method == method && self.fits(&rules[id], false).is_some());
        let ends = |id: usize| (self.fits(&rules[id], true).is_none(), std::cmp::Reverse(rules[id].trailing));
        let best = fitting.min_by(|&a, &b| precedence(rules, a, b).then_with(|| ends(a).cmp(&ends(b))))?;
        Some((best as u32, self.fits(&rules[best], false)?))
    }
}

/// Two of them are too long for a `MaskPath`.
const LONG: &str = "abababab-abababab-abababab-abababab";

fn seg() -> impl Strategy<Value = Seg> {
    let text = prop::sample::select(vec!["a", "b", "ab", "", "é", "abababab-abababab", LONG]).prop_map(Piece::Text);
    let inner = prop::sample::select(vec!["a", "-", "b", "ab", "é"]).prop_map(Piece::Text);
    let plain = Just(Piece::Param(None));
    let regexes = vec!["a+", "[ab]*", "(a|ab)", r"\w+", ".*", "[^b]+", "(?i)A+", "b{1,2}", "(?:ab)*", r"a.|\D"];
    let regex = prop::sample::select(regexes).prop_map(|regex| Piece::Param(Some(regex)));
    let piece = prop_oneof![inner, plain.clone(), plain.clone(), regex.clone()];
    let bare = vec![".+", ".*", r"\w+", "[^/]+", "(a|b/a)", "(a/)*b", "[ab]{2}", "(?i).+B", "(é|-)", ".*a", "()"];
    let pieces = prop::collection::vec(piece, 1..5).prop_map(|pieces| {
        let both = |pair: &[Piece]| matches!(pair, [Piece::Text(_), Piece::Text(_)]);
        if pieces.windows(2).any(both) { Seg::Pieces(vec![Piece::Text("a")]) } else { Seg::Pieces(pieces) }
    });
    prop_oneof![
        4 => text.prop_map(|text| Seg::Pieces(vec![text])),
        3 => plain.prop_map(|param| Seg::Pieces(vec![param])),
        2 => regex.prop_map(|param| Seg::Pieces(vec![param])),
        3 => pieces,
        3 => prop::sample::select(bare).prop_map(Seg::Bare),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let method = prop::sample::select(vec!["GET", "GET", "PUT"]);
    let segs = prop::collection::vec(seg(), 0..4);
    (method, segs, 0_usize..3, any::<bool>(), 0..5).prop_map(|(method, mut segs, trailing, rootless, rest)| {
        let trailing = if segs.is_empty() { trailing.max(1) } else { trailing };
        let rootless = rootless && matches!(segs.first(), Some(Seg::Bare(_)));
        let mut rule = Rule { method, rootless, segs: Vec::new(), trailing };
        // `trailing` counts the empty segments at the end.
        while segs.last() == Some(&Seg::Pieces(vec![Piece::Text("")])) {
            segs.pop();
            rule.trailing += 1;
        }
        rule.segs = segs;
        if rest == 0 {
            rule.segs.push(Seg::Rest);
            rule.trailing = 0;
        }
        rule
    })
}

/// A path: its segments may hold slashes, and it may lack the leading one.
fn path() -> impl Strategy<Value = (String, Vec<u32>)> {
    let choices =
        vec!["", "a", "b", "ab", "a", "-", "a-b", "é", "aab", "b/a", "/", "abababab-abababab", LONG, "A", "a-b-a"];
    let segments = prop::collection::vec(prop::sample::select(choices), 0..6);
    (segments, 0..8).prop_map(|(segments, rootless)| {
        let (mut text, mut slashes) = (String::new(), Vec::new());
        for (index, segment) in segments.iter().enumerate() {
            if index > 0 || rootless > 0 {
                slashes.push(text.len() as u32);
                text.push('/');
            }
            text.push_str(segment);
        }
        (text, slashes)
    })
}

/// Returns the rules without those that have the shape and the method of an earlier one.
fn distinct(rules: Vec<Rule>) -> Vec<Rule> {
    let mut kept: Vec<Rule> = Vec::new();
    for rule in rules {
        let same = |known: &Rule| {
            known.segs == rule.segs
                && (known.rootless, known.trailing, known.method) == (rule.rootless, rule.trailing, rule.method)
        };
        if !kept.iter().any(same) {
            kept.push(rule);
        }
    }
    kept
}

fn compile(rules: &[Rule]) -> Table {
    let mut all = Rules::default();
    for rule in rules {
        all.add(rule.method, &rule.text());
    }
    all.build().unwrap_or_else(|errors| panic!("{errors}"))
}

fn config(default: u32) -> ProptestConfig {
    let cases = cases(default);
    ProptestConfig { cases, max_global_rejects: 1000 + cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn random_tables_agree_with_trying_everything() {
    let tables = (prop::collection::vec(rule(), 1..10), prop::collection::vec(path(), 8));
    proptest!(config(400), |((rules, paths) in tables)| {
        let rules = distinct(rules);
        let table = compile(&rules);
        let mut scratch = Scratch::new();
        for (text, slashes) in &paths {
            for slash in [TrailingSlash::Exact, TrailingSlash::Lenient] {
                let escaped = escaped(text, slashes);
                let path = Path { text, escaped: &escaped };
                let oracle = Text { path: Split { text, slashes }, slash };
                for method in ["GET", "PUT"] {
                    let found = table.lookup(method, path, slash, &mut scratch).map(|id| (id, scratch.captures().to_vec()));
                    prop_assert_eq!(found, oracle.find(&rules, method), "{} {:?} {:?} in {:?}", method, path, slash,
                        rules.iter().map(|rule| format!("{} {}", rule.method, rule.text())).collect::<Vec<_>>());
                }
                let mut allowed = Vec::new();
                table.allowed(path, slash, &mut scratch, &mut |method| allowed.push(method.to_owned()));
                allowed.sort();
                let mut expected: Vec<&str> =
                    rules.iter().filter(|rule| oracle.fits(rule, false).is_some()).map(|rule| rule.method).collect();
                expected.sort_unstable();
                expected.dedup();
                prop_assert_eq!(allowed, expected);
            }
        }
    });
}

/// If no two rules are equal in precedence, the order of registration has no effect.
#[test]
fn the_order_of_registration_only_decides_between_equals() {
    let rules = prop::collection::vec(rule(), 1..7).prop_map(distinct);
    let shuffled = rules.prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle()));
    proptest!(config(400), |((rules, other) in shuffled, paths in prop::collection::vec(path(), 8))| {
        let tied = (0..rules.len()).any(|a| (0..a).any(|b| {
            let (a, b) = (&rules[a], &rules[b]);
            let at = (0..a.segs.len().min(b.segs.len())).find(|&at| a.segs[at] != b.segs[at]);
            at.is_some_and(|at| a.rank(at) == b.rank(at) && a.segs[at].text_length() == b.segs[at].text_length())
        }));
        prop_assume!(!tied);
        let (one, two) = (compile(&rules), compile(&other));
        for (text, slashes) in &paths {
            for slash in [TrailingSlash::Exact, TrailingSlash::Lenient] {
                let escaped = escaped(text, slashes);
                let path = Path { text, escaped: &escaped };
                prop_assert_eq!(find(&one, "GET", path, slash), find(&two, "GET", path, slash));
            }
        }
    });
}
