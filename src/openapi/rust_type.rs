//! Reads the Rust names of types, as [`std::any::type_name`] returns them.

/// The parts of a type's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RustType<'n> {
    /// The whole name.
    pub(super) text: &'n str,
    pub(super) kind: Kind<'n>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind<'n> {
    /// A path, and the types in its angle brackets.
    Named(&'n str, Vec<RustType<'n>>),
    Tuple(Vec<RustType<'n>>),
    /// A slice or an array.
    List(Box<RustType<'n>>),
}

/// Deeper types are not read.
const MAX_DEPTH: usize = 32;

/// Reads a name; `None` for functions, trait objects and other types that no value of a request has.
pub(super) fn parse(name: &str) -> Option<RustType<'_>> {
    let mut reader = Reader { rest: name };
    let parsed = reader.read(0)?;
    reader.rest.is_empty().then_some(parsed)
}

struct Reader<'n> {
    rest: &'n str,
}

impl<'n> Reader<'n> {
    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Skips a lifetime, which some versions of the compiler print.
    fn eat_lifetime(&mut self) -> bool {
        let Some(rest) = self.rest.strip_prefix('\'') else { return false };
        self.rest = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        true
    }

    fn read(&mut self, depth: usize) -> Option<RustType<'n>> {
        if depth == MAX_DEPTH {
            return None;
        }
        // A reference is read as what it refers to.
        while self.eat("&") {
            if self.eat_lifetime() {
                self.eat(" ");
            }
            self.eat("mut ");
        }
        let start = self.rest;
        let kind = if self.eat("(") {
            Kind::Tuple(self.list(")", depth)?)
        } else if self.eat("[") {
            let item = self.read(depth + 1)?;
            if self.eat("; ") {
                self.rest = self.rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
            }
            self.eat("]").then_some(Kind::List(Box::new(item)))?
        } else {
            let end = self.rest.find(|c: char| !(c.is_alphanumeric() || "_:{}#".contains(c)));
            let (path, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
            if path.is_empty() || matches!(path, "dyn" | "fn" | "unsafe" | "extern" | "impl") {
                return None;
            }
            self.rest = rest;
            let arguments = if self.eat("<") { self.list(">", depth)? } else { Vec::new() };
            Kind::Named(path, arguments)
        };
        Some(RustType { text: &start[..start.len() - self.rest.len()], kind })
    }

    /// Reads types with commas between them, up to `close`. Lifetimes and constants are left out.
    fn list(&mut self, close: &str, depth: usize) -> Option<Vec<RustType<'n>>> {
        let mut types = Vec::new();
        while !self.eat(close) {
            if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
                self.rest = self.rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
            } else if !self.eat_lifetime() {
                types.push(self.read(depth + 1)?);
            }
            if !self.eat(", ") {
                self.eat(",");
            }
            if self.rest.is_empty() {
                return None;
            }
        }
        Some(types)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::any::type_name;
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    /// The parts in a notation without references and lifetimes.
    fn shown(parsed: &RustType<'_>) -> String {
        let list = |types: &[RustType<'_>]| types.iter().map(shown).collect::<Vec<_>>().join(",");
        match &parsed.kind {
            Kind::Named(path, arguments) if arguments.is_empty() => path.rsplit("::").next().unwrap().to_owned(),
            Kind::Named(path, arguments) => format!("{}<{}>", path.rsplit("::").next().unwrap(), list(arguments)),
            Kind::Tuple(types) => format!("({})", list(types)),
            Kind::List(item) => format!("[{}]", shown(item)),
        }
    }

    struct Own<'r>(#[allow(dead_code)] &'r str);
    struct Page<T, const N: usize>([T; N]);

    #[test]
    fn names_of_types_are_read() {
        let _ = (Own(""), Page([0]));
        for (name, wanted) in [
            (type_name::<u64>(), "u64"),
            (type_name::<&str>(), "str"),
            (type_name::<()>(), "()"),
            (type_name::<(u64, &str)>(), "(u64,str)"),
            (type_name::<(u8,)>(), "(u8)"),
            (type_name::<Vec<Option<Own<'_>>>>(), "Vec<Option<Own>>"),
            (type_name::<&[Own<'_>]>(), "[Own]"),
            (type_name::<[[u8; 2]; 3]>(), "[[u8]]"),
            (type_name::<Cow<'_, str>>(), "Cow<str>"),
            (type_name::<BTreeMap<String, Page<u8, 3>>>(), "BTreeMap<String,Page<u8>>"),
            ("a::Own<'_>", "Own"),
            ("a::Own<'_, &'_ mut b::C>", "Own<C>"),
        ] {
            assert_eq!(parse(name).as_ref().map(shown).as_deref(), Some(wanted), "{name}");
        }
        for name in ["", "dyn a::B", "fn(u8) -> u8", "(u8", "a::B<u8", "*const u8", "u8 u8", &"&[".repeat(50)] {
            assert_eq!(parse(name), None, "{name}");
        }
        let name = type_name::<Vec<Own<'static>>>();
        let Some(RustType { kind: Kind::Named(_, arguments), .. }) = parse(name) else { panic!("{name}") };
        assert_eq!(arguments[0].text, type_name::<Own<'static>>());
    }
}
