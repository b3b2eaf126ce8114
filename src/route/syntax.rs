//! Parses the regexes that need no engine: ASCII characters, classes, groups, alternatives and repetition.
//!
//! An accepted regex has the same meaning as in `regex-lite` (a test compares them). For any other, the parser returns
//! `None`, and the engine decides. Greedy and lazy repetition are the same here: a regex has to match a whole string, and
//! nothing is captured.

use super::byte_set::ByteSet;

/// A parsed regex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ast {
    Empty,
    /// One character: its byte if it is ASCII; any other character if the set holds the bytes from 0x80 up.
    Class(ByteSet),
    Concat(Vec<Self>),
    Alternatives(Vec<Self>),
    Repeat(Box<Self>, u32, Option<u32>),
}

/// The engine handles groups that are nested deeper than this.
const DEPTH: u32 = 16;

/// Parses `regex`; returns `None` if it is beyond the subset or invalid.
pub(super) fn parse(regex: &str) -> Option<Ast> {
    let mut parser = Parser { bytes: regex.as_bytes(), at: 0, depth: 0 };
    let ast = if regex.is_ascii() {
        parser.alternatives()?
    } else {
        return None;
    };
    (parser.at == regex.len()).then_some(ast)
}

struct Parser<'r> {
    bytes: &'r [u8],
    at: usize,
    depth: u32,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(text.as_bytes());
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn alternatives(&mut self) -> Option<Ast> {
        let first = self.concat()?;
        if self.peek() != Some(b'|') {
            return Some(first);
        }
        let mut all = vec![first];
        while self.eat("|") {
            all.push(self.concat()?);
        }
        Some(Ast::Alternatives(all))
    }

    fn concat(&mut self) -> Option<Ast> {
        let mut all = Vec::new();
        while !matches!(self.peek(), None | Some(b'|' | b')')) {
            let atom = self.atom()?;
            all.push(self.repeat(atom)?);
        }
        Some(match all.len() {
            0 => Ast::Empty,
            1 => all.remove(0),
            _ => Ast::Concat(all),
        })
    }

    fn repeat(&mut self, atom: Ast) -> Option<Ast> {
        let (min, max) = match self.peek() {
            Some(b'?') => (0, Some(1)),
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'{') => {
                let (length, min, max) = counts(&self.bytes[self.at..])?;
                self.at += length - 1;
                (min, max)
            }
            _ => return Some(atom),
        };
        self.at += 1;
        self.eat("?");
        // A second repetition of the same atom is rare: the engine handles it.
        if matches!(self.peek(), Some(b'?' | b'*' | b'+' | b'{')) {
            return None;
        }
        Some(Ast::Repeat(Box::new(atom), min, max))
    }

    fn atom(&mut self) -> Option<Ast> {
        match self.next()? {
            b'.' => Some(Ast::Class(ByteSet::of(b"\n").negated())),
            b'[' => self.class(),
            b'(' => {
                if !self.eat("?:") && self.peek() == Some(b'?') {
                    return None;
                }
                self.depth += 1;
                let inner = if self.depth <= DEPTH {
                    self.alternatives()?
                } else {
                    return None;
                };
                self.depth -= 1;
                self.eat(")").then_some(inner)
            }
            b'\\' => self.escape().map(Ast::Class),
            b'*' | b'+' | b'?' | b'{' | b'}' | b']' | b'^' | b'$' => None,
            byte => Some(Ast::Class(ByteSet::of(&[byte]))),
        }
    }

    /// Parses the part after a backslash, inside or outside a class.
    fn escape(&mut self) -> Option<ByteSet> {
        Some(match self.next()? {
            b'd' => ByteSet::digits(),
            b'D' => ByteSet::digits().negated(),
            b'w' => ByteSet::words(),
            b'W' => ByteSet::words().negated(),
            b's' => ByteSet::spaces(),
            b'S' => ByteSet::spaces().negated(),
            b'n' => ByteSet::of(b"\n"),
            b'r' => ByteSet::of(b"\r"),
            b't' => ByteSet::of(b"\t"),
            // In some engines, `\<` and `\>` are the boundaries of words.
            byte if byte.is_ascii_punctuation() && byte != b'<' && byte != b'>' => ByteSet::of(&[byte]),
            _ => return None,
        })
    }

    fn class(&mut self) -> Option<Ast> {
        let negated = self.eat("^");
        let mut set = ByteSet::of(b"");
        let mut first = true;
        loop {
            let from = match self.next()? {
                b']' if !first => break,
                b'\\' => self.escape()?,
                // The engine handles nested classes, set operations, and a `]` or `-` in an unusual place.
                b'[' | b']' | b'&' | b'~' => return None,
                b'-' if !first && self.peek() != Some(b']') => return None,
                byte => ByteSet::of(&[byte]),
            };
            first = false;
            if self.peek() == Some(b'-') && self.bytes.get(self.at + 1) != Some(&b']') {
                self.at += 1;
                let to = match self.next()? {
                    b'\\' => self.escape()?,
                    b'[' | b'-' => return None,
                    byte => ByteSet::of(&[byte]),
                };
                let (low, high) = (from.only()?, to.only()?);
                set = set.with_range(low..=high)?;
            } else {
                set = set.or(from);
            }
        }
        Some(Ast::Class(if negated { set.negated() } else { set }))
    }
}

/// Reads `{m}`, `{m,}` or `{m,n}`: returns its length, the minimum and the maximum.
fn counts(bytes: &[u8]) -> Option<(usize, u32, Option<u32>)> {
    let end = bytes.iter().position(|&byte| byte == b'}')?;
    let inner = std::str::from_utf8(&bytes[1..end]).ok()?;
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if plain { text.parse::<u32>().ok() } else { None }
    };
    let (min, max) = match inner.split_once(',') {
        None => (number(inner)?, Some(number(inner)?)),
        Some((min, "")) => (number(min)?, None),
        Some((min, max)) => (number(min)?, Some(number(max)?)),
    };
    // An engine rejects a count that is too large; this limit is below any of theirs.
    let fits = max.is_none_or(|max| min <= max && max <= 1000) && min <= 1000;
    fits.then_some((end + 1, min, max))
}
