//! Entity tags, and the lists of them that `If-Match` and `If-None-Match` hold
//! ([RFC 9110 section 8.8.3](https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3)).

/// An entity tag: `"v1"`, or `W/"v1"` for a weak one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntityTag<'a> {
    /// The characters between the quotes.
    opaque: &'a str,
    weak: bool,
}

impl<'a> EntityTag<'a> {
    /// Reads one tag, which must be the whole of `text`.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (tag, rest) = take(text.trim_matches([' ', '\t']))?;
        rest.is_empty().then_some(tag)
    }

    /// Compares two tags of which one may be weak: for the question whether a cached response may be used.
    pub(crate) fn weakly_equals(self, other: Self) -> bool {
        self.opaque == other.opaque
    }

    /// Compares two tags, and a weak one equals none: for changes, and for parts of a body.
    pub(crate) fn strongly_equals(self, other: Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }
}

/// Takes a tag from the beginning of `text`, and returns it with the rest.
fn take(text: &str) -> Option<(EntityTag<'_>, &str)> {
    let (text, weak) = match text.strip_prefix("W/") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (opaque, rest) = text.strip_prefix('"')?.split_once('"')?;
    // Visible characters except the quote, and anything beyond ASCII. A comma is one of them.
    let valid = opaque.bytes().all(|byte| byte > b' ' && byte != 0x7f);
    valid.then_some((EntityTag { opaque, weak }, rest))
}

/// The value of `If-Match` or `If-None-Match`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tags<'a> {
    /// `*`: any tag.
    Any,
    List(List<'a>),
}

impl<'a> Tags<'a> {
    /// Reads one value of the field.
    pub(crate) fn parse(value: &'a str) -> Self {
        match value.trim_matches([' ', '\t']) {
            "*" => Self::Any,
            value => Self::List(List { rest: value }),
        }
    }
}

/// The tags of a list, in their order. The first malformed element ends it: the elements after it cannot be trusted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<'a> {
    rest: &'a str,
}

impl<'a> Iterator for List<'a> {
    type Item = EntityTag<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        // Empty elements are allowed: section 5.6.1.2.
        let text = std::mem::take(&mut self.rest).trim_start_matches([' ', '\t', ',']);
        let (tag, rest) = take(text)?;
        let rest = rest.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
        self.rest = rest;
        Some(tag)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(value: &str) -> Option<Vec<(bool, String)>> {
        match Tags::parse(value) {
            Tags::Any => None,
            Tags::List(list) => Some(list.map(|tag| (tag.weak, tag.opaque.to_owned())).collect()),
        }
    }

    #[test]
    fn lists_are_read_up_to_the_first_fault() {
        let strong = |opaque: &str| (false, opaque.to_owned());
        let weak = |opaque: &str| (true, opaque.to_owned());
        for (value, wanted) in [
            ("\"a\"", vec![strong("a")]),
            ("W/\"a\"", vec![weak("a")]),
            ("\"\"", vec![strong("")]),
            ("\"a\", W/\"b\" ,\t\"c,d\"", vec![strong("a"), weak("b"), strong("c,d")]),
            (",, \"a\",,\"b\",", vec![strong("a"), strong("b")]),
            ("\"a\" \"b\"", vec![]),
            ("\"a\", b, \"c\"", vec![strong("a")]),
            ("w/\"a\"", vec![]),
            ("W/ \"a\"", vec![]),
            ("\"a b\"", vec![]),
            ("\"a", vec![]),
            ("a", vec![]),
            ("*, \"a\"", vec![]),
            ("", vec![]),
            ("\"é\"", vec![strong("é")]),
        ] {
            assert_eq!(list(value), Some(wanted), "{value:?}");
        }
        assert_eq!(list(" * "), None);
    }

    /// The table of section 8.8.3.2.
    #[test]
    fn tags_are_compared_by_the_two_functions() {
        for (a, b, strongly, weakly) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
        ] {
            let (a, b) = (EntityTag::parse(a).unwrap(), EntityTag::parse(b).unwrap());
            assert_eq!((a.strongly_equals(b), a.weakly_equals(b)), (strongly, weakly), "{a:?} {b:?}");
        }
        assert_eq!(EntityTag::parse("\"1\" "), EntityTag::parse("\"1\""));
        assert_eq!(EntityTag::parse("\"1\",\"2\""), None);
        assert_eq!(EntityTag::parse("1"), None);
    }

    /// Reads a list character by character, by a machine with a state for each place in the grammar.
    fn model(value: &str) -> Vec<(bool, String)> {
        enum State {
            Between,
            Weak,
            Slash,
            Inside(bool, String),
            After,
        }
        let (mut state, mut found, mut last) = (State::Between, Vec::new(), None);
        for character in value.chars().chain([',']) {
            state = match (state, character) {
                (State::Between, ' ' | '\t' | ',') => State::Between,
                (State::Between, 'W') => State::Weak,
                (State::Between, '"') => State::Inside(false, String::new()),
                (State::Weak, '/') => State::Slash,
                (State::Slash, '"') => State::Inside(true, String::new()),
                (State::Inside(weak, opaque), '"') => {
                    last = Some((weak, opaque));
                    State::After
                }
                (State::Inside(weak, mut opaque), other) if other > ' ' && other != '\x7f' => {
                    opaque.push(other);
                    State::Inside(weak, opaque)
                }
                (State::After, ' ' | '\t') => State::After,
                (State::After, ',') => {
                    found.extend(last.take());
                    State::Between
                }
                _ => return found,
            };
        }
        found
    }

    /// The number of cases in the randomised tests.
    fn config() -> ProptestConfig {
        let given = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok());
        let cases = given.unwrap_or(if cfg!(miri) { 1 } else { 256 });
        ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn random_lists_are_read_as_by_the_model(value in "[W/\"ab ,\t*é]{0,24}") {
            let expected = (value.trim_matches([' ', '\t']) != "*").then(|| model(&value));
            prop_assert_eq!(list(&value), expected);
        }

        #[test]
        fn whatever_is_written_as_a_list_is_read(
            tags in proptest::collection::vec((any::<bool>(), "[!#-~é]{0,6}"), 0..6),
            comma in "[ \t]{0,2},[ \t,]{0,3}",
        ) {
            let written: Vec<_> =
                tags.iter().map(|(weak, opaque)| format!("{}\"{opaque}\"", if *weak { "W/" } else { "" })).collect();
            prop_assert_eq!(list(&written.join(&comma)), Some(tags));
        }
    }
}
