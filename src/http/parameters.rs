//! The parameters of a header value: `form-data; name="a"; filename="b.txt"`.
//!
//! The grammar is that of [RFC 9110 section 5.6.6](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.6), with two
//! differences that forms need: there may be blanks around the `=`, and a value without quotes may have any characters
//! except blanks and `;`.

use bumpalo::Bump;
use memchr::memchr;

/// The part of a header value before its parameters.
pub(crate) fn main_value(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim_matches(BLANKS)
}

/// Returns the parameters of a header value: an iterator over their names and values. A piece that has not the form of a
/// parameter is an error, and ends the iterator.
pub(crate) fn parameters(value: &str) -> Parameters<'_> {
    Parameters { rest: memchr(b';', value.as_bytes()).map_or("", |at| &value[at..]) }
}

const BLANKS: [char; 2] = [' ', '\t'];

/// A header value is not a list of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// See [`parameters`].
#[derive(Clone, Debug)]
pub(crate) struct Parameters<'a> {
    /// Begins with a `;`, unless it is empty.
    rest: &'a str,
}

/// The value of a parameter, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameter<'a> {
    pub(crate) raw: &'a str,
    /// True if the value has `\"` for a quote.
    has_escapes: bool,
}

impl<'a> Parameter<'a> {
    /// Returns the value with quotes for `\"`. Other backslashes are text: browsers send them as they are, and so do
    /// programs that send whole paths of Windows.
    pub(crate) fn decode<'b>(self, arena: &'b Bump) -> &'b str
    where
        'a: 'b,
    {
        if !self.has_escapes {
            return self.raw;
        }
        let mut value = bumpalo::collections::String::with_capacity_in(self.raw.len(), arena);
        let mut from = 0;
        for (at, _) in self.raw.match_indices("\\\"") {
            value.push_str(&self.raw[from..at]);
            from = at + 1;
        }
        value.push_str(&self.raw[from..]);
        value.into_bump_str()
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Result<(&'a str, Parameter<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        // A `;` without a parameter after it, as in `text/html;`, is allowed.
        while let Some(after) = self.rest.strip_prefix(';') {
            self.rest = after.trim_start_matches(BLANKS);
        }
        if self.rest.is_empty() {
            return None;
        }
        let parsed = split(self.rest);
        self.rest = parsed.map_or("", |(.., rest)| rest);
        Some(parsed.map(|(name, value, _)| (name, value)).ok_or(Malformed))
    }
}

/// Reads the parameter at the start of `text`. The rest is empty or begins with a `;`.
fn split(text: &str) -> Option<(&str, Parameter<'_>, &str)> {
    let (name, value) = text.split_once('=')?;
    let name = name.trim_end_matches(BLANKS);
    if name.is_empty() || name.contains([';', '"', ' ', '\t']) {
        return None;
    }
    let value = value.trim_start_matches(BLANKS);
    let (value, rest) = match value.strip_prefix('"') {
        Some(quoted) => {
            let end = end_of_quotes(quoted)?;
            let raw = &quoted[..end.at];
            (Parameter { raw, has_escapes: end.has_escapes }, &quoted[end.at + 1..])
        }
        None => {
            let end = value.find([';', ' ', '\t']).unwrap_or(value.len());
            (Parameter { raw: &value[..end], has_escapes: false }, &value[end..])
        }
    };
    let rest = rest.trim_start_matches(BLANKS);
    (rest.is_empty() || rest.starts_with(';')).then_some((name, value, rest))
}

struct End {
    at: usize,
    has_escapes: bool,
}

/// Returns the place of the quote that ends a string; a quote after a backslash does not.
fn end_of_quotes(text: &str) -> Option<End> {
    let mut has_escapes = false;
    for at in memchr::memchr_iter(b'"', text.as_bytes()) {
        if at == 0 || text.as_bytes()[at - 1] != b'\\' {
            return Some(End { at, has_escapes });
        }
        has_escapes = true;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parameters as text, and whether the list is malformed at its end.
    fn read(value: &str) -> (Vec<(String, String)>, bool) {
        let arena = Bump::new();
        let (mut pairs, mut malformed) = (Vec::new(), false);
        for parameter in parameters(value) {
            match parameter {
                Ok((name, value)) => pairs.push((name.to_owned(), value.decode(&arena).to_owned())),
                Err(Malformed) => malformed = true,
            }
        }
        (pairs, malformed)
    }

    #[test]
    fn parameters_are_read_with_and_without_quotes() {
        for (value, wanted) in [
            ("text/html", &[][..]),
            ("text/html;", &[]),
            ("form-data; name=a", &[("name", "a")]),
            ("form-data;name=\"a\"", &[("name", "a")]),
            ("form-data ; name = \"a;b\" ;; filename =c.txt ; ", &[("name", "a;b"), ("filename", "c.txt")]),
            ("x; a=; b=\"\"", &[("a", ""), ("b", "")]),
            (r#"x; a="say \"hi\"""#, &[("a", "say \"hi\"")]),
            (r#"x; a="C:\new\file""#, &[("a", r"C:\new\file")]),
            ("x; a=\"é=;\tü\"", &[("a", "é=;\tü")]),
            ("x; filename*=UTF-8''%e2%82%ac", &[("filename*", "UTF-8''%e2%82%ac")]),
        ] {
            let wanted: Vec<_> = wanted.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            assert_eq!(read(value), (wanted, false), "{value}");
        }
        assert_eq!(main_value("Multipart/Form-Data ; boundary=x"), "Multipart/Form-Data");
        assert_eq!(main_value(""), "");
    }

    #[test]
    fn a_piece_that_is_no_parameter_ends_the_list() {
        for value in ["x; a", "x; =b", "x; a=b c", "x; a=\"b", "x; a=\"b\"c", "x; a b=c", "x; \"a\"=b", r#"x; a="b\""#]
        {
            assert_eq!(read(value), (Vec::new(), true), "{value}");
            let (pairs, malformed) = read(&format!("x; first=1; {}; last=2", &value[3..]));
            assert!(malformed && pairs.len() == 1, "{value}: {pairs:?}");
        }
    }
}
