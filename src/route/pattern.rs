//! Parses one rule.

use super::error::RouteErrorKind as Kind;
use super::name::is_name;
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;

/// The parts of a rule. Names are kept apart, so two rules have the same shape exactly if the other parts are equal.
///
/// One value is reused for all rules: `read` replaces its content.
#[derive(Debug, Default)]
pub(super) struct Pattern<'r> {
    /// The rule has no leading slash: its first segment is a regex that matches from the start of the path.
    pub(super) from_start: bool,
    pub(super) segments: Vec<Segment<'r>>,
    /// The number of slashes at the end of the rule. They are not in `segments`.
    pub(super) trailing: u32,
    /// The names of the parameters, from the left.
    pub(super) names: Vec<&'r str>,
}

/// The part between two slashes of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment<'r> {
    Literal(Cow<'r, str>),
    /// Parameters and the text around them; never two texts in a row.
    Parts(SmallVec<[Part<'r>; 2]>),
    /// A regex that captures nothing and may match slashes.
    Bare(&'r str),
    CatchAll,
}

/// A piece of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'r> {
    Text(Cow<'r, str>),
    /// `<name>` or `{name}`.
    Any,
    /// `{name:regex}`.
    Match(&'r str),
}

/// Returns whether `rule` begins with a bare regex, which needs no slash in front.
pub(crate) fn begins_with_regex(rule: &str) -> bool {
    segment_end(rule).and_then(|end| is_regex(&rule[..end])).unwrap_or(false)
}

impl<'r> Pattern<'r> {
    /// Parses `rule`, or returns the error in it.
    pub(super) fn read(&mut self, rule: &'r str) -> Result<(), Kind> {
        let body = rule.strip_prefix('/');
        self.from_start = body.is_none();
        self.trailing = 0;
        self.segments.clear();
        self.names.clear();
        let mut rest = body.unwrap_or(rule);
        loop {
            let end = segment_end(rest)?;
            let segment = parse_segment(&rest[..end], &mut self.names)?;
            if self.segments.is_empty() && self.from_start && !matches!(segment, Segment::Bare(_)) {
                return Err(Kind::NoLeadingSlash);
            }
            self.segments.push(segment);
            if end == rest.len() {
                break;
            }
            rest = &rest[end + 1..];
        }
        while matches!(self.segments.last(), Some(Segment::Literal(text)) if text.is_empty()) {
            self.segments.pop();
            self.trailing += 1;
        }
        self.check_catch_all()?;
        self.check_names()
    }

    fn check_catch_all(&self) -> Result<(), Kind> {
        let last = self.segments.len().saturating_sub(1) + self.trailing as usize;
        match self.segments.iter().position(|segment| *segment == Segment::CatchAll) {
            // A catch-all is the last parameter up to its place, since no other may follow it.
            Some(at) if at < last => {
                let before: usize = self.segments[..at].iter().map(Segment::parameters).sum();
                Err(Kind::CatchAllPosition(self.names[before].to_string()))
            }
            _ => Ok(()),
        }
    }

    fn check_names(&self) -> Result<(), Kind> {
        let twice = |&index: &usize| self.names[..index].contains(&self.names[index]);
        match (1..self.names.len()).find(twice) {
            Some(index) => Err(Kind::DuplicateParameter(self.names[index].to_string())),
            None => Ok(()),
        }
    }
}

impl Segment<'_> {
    /// The number of its parameters.
    pub(super) fn parameters(&self) -> usize {
        match self {
            Self::Literal(_) | Self::Bare(_) => 0,
            Self::CatchAll => 1,
            Self::Parts(parts) => parts.iter().filter(|part| !matches!(part, Part::Text(_))).count(),
        }
    }
}

/// Returns whether the byte has a meaning in a segment of a rule.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | b'[' | b'(' | b'|' | b'{' | b'}' | b'<' | b'.')
}

/// The length of the first segment of `rule`: up to a slash that is not inside brackets.
pub(super) fn segment_end(rule: &str) -> Result<usize, Kind> {
    let bytes = rule.as_bytes();
    // Most segments have no bracket: their characters need no look at what is open.
    let of_interest = |byte: &u8| matches!(byte, b'/' | b'\\' | b'[' | b'(' | b'{');
    let mut at = match bytes.iter().position(of_interest) {
        Some(at) if bytes[at] == b'/' => return Ok(at),
        Some(at) => at,
        None => return Ok(bytes.len()),
    };
    let mut open: SmallVec<[u8; 16]> = SmallVec::new();
    while at < bytes.len() {
        match bytes[at] {
            b'/' if open.is_empty() => return Ok(at),
            b'\\' => at += 1,
            b'[' => at = class_end(bytes, at).ok_or(Kind::Unclosed('['))? - 1,
            b'{' if open.is_empty() && bytes.get(at + 1) == Some(&b'{') => at += 1,
            opening @ (b'(' | b'{') => open.push(opening),
            b')' if open.last() == Some(&b'(') => drop(open.pop()),
            b'}' if open.last() == Some(&b'{') => drop(open.pop()),
            _ => {}
        }
        at += 1;
    }
    match open.last() {
        Some(&opening) => Err(Kind::Unclosed(char::from(opening))),
        None => Ok(bytes.len()),
    }
}

/// Returns the offset after the class `[...]` that starts at `at`. A `]` at its front is a member of it.
fn class_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'^'));
    if bytes.get(end) == Some(&b']') {
        end += 1;
    }
    loop {
        match bytes.get(end)? {
            b']' => return Some(end + 1),
            b'\\' => end += 2,
            b'[' => end = class_end(bytes, end)?,
            _ => end += 1,
        }
    }
}

/// The offset after the brace that closes the one at `at`. `segment_end` has seen that there is one.
pub(super) fn brace_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0;
    let mut end = at;
    loop {
        match bytes.get(end)? {
            b'\\' => end += 1,
            b'[' => end = class_end(bytes, end)? - 1,
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(end + 1),
            b'}' => depth -= 1,
            _ => {}
        }
        end += 1;
    }
}

fn parse_segment<'r>(segment: &'r str, names: &mut Vec<&'r str>) -> Result<Segment<'r>, Kind> {
    if !segment.bytes().any(is_special) {
        return Ok(Segment::Literal(Cow::Borrowed(segment)));
    }
    // The common form of a parameter needs no further look.
    let whole = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    if let Some(name) = whole.filter(|name| is_name(name)) {
        names.push(name);
        return Ok(Segment::Parts(smallvec![Part::Any]));
    }
    if is_regex(segment)? {
        check_bare(segment)?;
        return Ok(Segment::Bare(segment));
    }
    parse_parts(segment, names)
}

/// Returns whether a segment is a regex, by the text outside of the braces of its parameters.
pub(super) fn is_regex(segment: &str) -> Result<bool, Kind> {
    let bytes = segment.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' | b'[' | b'(' | b'|' => return Ok(true),
            b'.' if matches!(bytes.get(at + 1), Some(b'+' | b'*')) => return Ok(true),
            b'{' if bytes.get(at + 1) == Some(&b'{') => at += 2,
            b'{' => at = brace_end(bytes, at).ok_or(Kind::Unclosed('{'))?,
            _ => at += 1,
        }
    }
    Ok(false)
}

/// Refuses parts that a bare regex cannot have: parameters, named groups, and alternatives that end at a slash.
fn check_bare(segment: &str) -> Result<(), Kind> {
    check_groups(segment)?;
    let bytes = segment.as_bytes();
    let mut at = 0;
    let mut cut = bytes.first() == Some(&b'|');
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' => at = class_end(bytes, at).ok_or(Kind::Unclosed('['))? - 1,
            b'{' => {
                let end = brace_end(bytes, at).ok_or(Kind::Unclosed('{'))?;
                if !segment[at + 1..end - 1].bytes().all(|byte| byte.is_ascii_digit() || byte == b',') {
                    return Err(Kind::ParameterInRegex(segment.to_owned()));
                }
                at = end - 1;
            }
            b'<' if angle_name(&segment[at..]).is_some() => return Err(Kind::ParameterInRegex(segment.to_owned())),
            b'|' if at + 1 == bytes.len() => cut = true,
            _ => {}
        }
        at += 1;
    }
    if cut { Err(Kind::CutAlternative(segment.to_owned())) } else { Ok(()) }
}

/// Refuses a named group in `regex`.
fn check_groups(regex: &str) -> Result<(), Kind> {
    let bytes = regex.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' => at = class_end(bytes, at).ok_or(Kind::Unclosed('['))? - 1,
            b'(' => {
                let tail = regex[at + 1..].strip_prefix("?P").or_else(|| regex[at + 1..].strip_prefix('?'));
                if let Some(name) = tail.and_then(angle_name) {
                    return Err(Kind::NamedGroup(name.to_owned()));
                }
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// The name in `<name>` at the start of `text`.
fn angle_name(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('<')?.split_once('>')?;
    is_name(name).then_some(name)
}

/// Parses a segment that is not a regex: text, `{{`, `}}` and parameters.
fn parse_parts<'r>(segment: &'r str, names: &mut Vec<&'r str>) -> Result<Segment<'r>, Kind> {
    let mut parts: SmallVec<[Part<'r>; 2]> = SmallVec::new();
    let mut at = 0;
    while at < segment.len() {
        let rest = &segment[at..];
        if let Some(name) = angle_name(rest) {
            names.push(name);
            parts.push(Part::Any);
            at += name.len() + 2;
        } else if rest.starts_with("{{") || rest.starts_with("}}") {
            push_text(&mut parts, &rest[..1]);
            at += 2;
        } else if rest.starts_with('}') {
            return Err(Kind::LoneBrace);
        } else if rest.starts_with('{') {
            let end = brace_end(rest.as_bytes(), 0).ok_or(Kind::Unclosed('{'))?;
            match parse_braces(&rest[1..end - 1], names)? {
                Some(part) => parts.push(part),
                None if at == 0 && end == segment.len() => return Ok(Segment::CatchAll),
                None => return Err(Kind::CatchAllPosition(names.pop().unwrap_or_default().into())),
            }
            at += end;
        } else {
            let first = rest.chars().next().map_or(1, char::len_utf8);
            let end = rest[first..].find(['<', '{', '}']).map_or(rest.len(), |end| end + first);
            push_text(&mut parts, &rest[..end]);
            at += end;
        }
    }
    match &mut parts[..] {
        [] => Ok(Segment::Literal(Cow::Borrowed(""))),
        [Part::Text(text)] => Ok(Segment::Literal(std::mem::take(text))),
        _ => Ok(Segment::Parts(parts)),
    }
}

fn push_text<'r>(parts: &mut SmallVec<[Part<'r>; 2]>, text: &'r str) {
    match parts.last_mut() {
        Some(Part::Text(before)) => before.to_mut().push_str(text),
        _ => parts.push(Part::Text(Cow::Borrowed(text))),
    }
}

/// Parses the part in the braces of a parameter. `None` is a catch-all.
fn parse_braces<'r>(inner: &'r str, names: &mut Vec<&'r str>) -> Result<Option<Part<'r>>, Kind> {
    let (name, part) = match inner.split_once(':') {
        Some((name, regex)) => (name, (!regex.is_empty()).then_some(Some(Part::Match(regex)))),
        None => match inner.strip_suffix("...").or_else(|| inner.strip_suffix('+')) {
            Some(name) => (name, Some(None)),
            None => (inner, Some(Some(Part::Any))),
        },
    };
    let (true, Some(part)) = (is_name(name), part) else {
        return Err(Kind::ParameterName(format!("{{{inner}}}")));
    };
    if let Some(Part::Match(regex)) = &part {
        check_groups(regex)?;
    }
    names.push(name);
    Ok(part)
}
