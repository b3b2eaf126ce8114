//! The place of a value while it is looked at: a list on the stack, which becomes a place of the answer if it is needed.

use std::borrow::Cow;

use super::report::{Report, shown};
use super::shape::{Number, Rule, Shape, Slot, Unit};
use crate::mismatch::Loc;

/// The place of a value.
#[derive(Clone, Copy)]
pub(super) struct Chain<'c> {
    around: Option<&'c Self>,
    part: Part<'c>,
}

#[derive(Clone, Copy)]
enum Part<'c> {
    /// The place of the whole.
    Root(&'c [Loc]),
    Key(&'c str),
    Index(usize),
    /// The name of a variant, which is no place for validators.
    Tag(&'c str),
}

impl<'c> Chain<'c> {
    pub(super) fn root(loc: &'c [Loc]) -> Self {
        Self { around: None, part: Part::Root(loc) }
    }

    pub(super) fn key(&'c self, key: &'c str) -> Self {
        Self { around: Some(self), part: Part::Key(key) }
    }

    pub(super) fn index(&'c self, index: usize) -> Self {
        Self { around: Some(self), part: Part::Index(index) }
    }

    pub(super) fn tag(&'c self, tag: &'c str) -> Self {
        Self { around: Some(self), part: Part::Tag(tag) }
    }

    /// The whole place, and the bits of the parts that are variants.
    fn loc(&self) -> (Vec<Loc>, u128) {
        let parts: Vec<Part<'c>> =
            std::iter::successors(Some(self), |chain| chain.around).map(|link| link.part).collect();
        let (mut loc, mut tags) = (Vec::new(), 0);
        for part in parts.into_iter().rev() {
            match part {
                Part::Root(root) => loc.extend_from_slice(root),
                Part::Key(key) => loc.push(shown(key)),
                Part::Index(index) => loc.push(Loc::Index(index)),
                Part::Tag(tag) => {
                    if loc.len() < 128 {
                        tags |= 1 << loc.len();
                    }
                    loc.push(Loc::from(tag));
                }
            }
        }
        (loc, tags)
    }
}

/// The requirements on a value.
#[derive(Clone, Copy)]
pub(super) struct Spec<'s> {
    pub(super) shape: &'static Shape,
    pub(super) rules: &'s [&'static Rule],
    /// False if no validator looks at the inside of the value.
    pub(super) dives: bool,
}

/// The rules of a slot that a validator looks at.
pub(super) fn rules_of(slot: &Slot, dives: bool) -> Vec<&'static Rule> {
    if dives { slot.rules.iter().filter(|rule| !matches!(rule, Rule::Dive)).collect() } else { Vec::new() }
}

/// The rules for what an `Option` holds: its own, and those for its inside.
pub(super) fn rules_inside(rules: &[&'static Rule]) -> Vec<&'static Rule> {
    let mut inside = Vec::new();
    for rule in rules {
        match rule {
            Rule::Inner(inner) => inside.extend(*inner),
            rule => inside.push(*rule),
        }
    }
    inside
}

/// The rules for the items of a list.
pub(super) fn rules_of_items(rules: &[&'static Rule]) -> Vec<&'static Rule> {
    rules.iter().filter_map(|rule| if let Rule::Inner(inner) = rule { Some(*inner) } else { None }).flatten().collect()
}

/// Takes the errors of one part of a request.
pub(super) struct Sink<'w>(pub(super) &'w mut Report);

impl Sink<'_> {
    pub(super) fn error(&mut self, chain: &Chain<'_>, kind: &'static str, message: impl Into<Cow<'static, str>>) {
        if !self.0.is_full() {
            let (loc, tags) = chain.loc();
            self.0.add_tagged(loc, tags, kind, message.into());
        }
    }

    pub(super) fn missing(&mut self, chain: &Chain<'_>) {
        self.error(chain, "missing", "Field required");
    }

    /// Checks a string, up to the first rule that fails.
    pub(super) fn text(&mut self, text: &str, rules: &[&'static Rule], chain: &Chain<'_>) {
        for rule in rules {
            match rule {
                Rule::Length { unit, min, max } => {
                    let length = unit.length(text);
                    if let Some(limit) = max.map(|max| max()).filter(|max| length > *max) {
                        return self.error(chain, "string_too_long", text_length("most", limit, *unit));
                    }
                    if let Some(limit) = min.map(|min| min()).filter(|min| length < *min) {
                        return self.error(chain, "string_too_short", text_length("least", limit, *unit));
                    }
                }
                Rule::Text { kind, message, check, .. } if !check(text) => {
                    return self.error(chain, kind, *message);
                }
                _ => {}
            }
        }
    }

    /// Checks the size of a file, up to the first rule that fails.
    pub(super) fn size(&mut self, size: usize, rules: &[&'static Rule], chain: &Chain<'_>) {
        for rule in rules {
            let Rule::Length { min, max, .. } = rule else { continue };
            let (min, max) = (min.map(|min| min()), max.map(|max| max()));
            if let Some(limit) = max.filter(|max| size > *max) {
                return self.error(chain, "bytes_too_long", data_length("most", limit));
            }
            if let Some(limit) = min.filter(|min| size < *min) {
                return self.error(chain, "bytes_too_short", data_length("least", limit));
            }
        }
    }

    /// Checks that a string is one character.
    pub(super) fn char(&mut self, text: &str, chain: &Chain<'_>) {
        match text.chars().take(2).count() {
            1 => {}
            0 => self.error(chain, "string_too_short", text_length("least", 1, Unit::Chars)),
            _ => self.error(chain, "string_too_long", text_length("most", 1, Unit::Chars)),
        }
    }

    /// Checks a number.
    pub(super) fn number(&mut self, number: Number, rules: &[&'static Rule], chain: &Chain<'_>) {
        for rule in rules {
            if let Rule::Range { min, max } = rule
                && self.out_of_range(number, min.map(|min| min()), max.map(|max| max()), chain)
            {
                return;
            }
        }
    }

    /// Reports a number that is not between the limits.
    pub(super) fn out_of_range(
        &mut self,
        number: Number,
        min: Option<Number>,
        max: Option<Number>,
        chain: &Chain<'_>,
    ) -> bool {
        if let Some(min) = min.filter(|min| number.is_less(*min)) {
            self.error(chain, "greater_than_equal", format!("Input should be greater than or equal to {min}"));
            return true;
        }
        if let Some(max) = max.filter(|max| max.is_less(number)) {
            self.error(chain, "less_than_equal", format!("Input should be less than or equal to {max}"));
            return true;
        }
        false
    }

    /// Reports a list or a map with too many items.
    pub(super) fn too_long(&mut self, length: usize, rules: &[&'static Rule], what: &str, chain: &Chain<'_>) -> bool {
        let limit = rules.iter().filter_map(|rule| if let Rule::Length { max, .. } = rule { *max } else { None });
        let Some(limit) = limit.map(|max| max()).find(|max| length > *max) else { return false };
        self.error(chain, "too_long", items(what, "most", limit, length));
        true
    }

    /// Reports a list or a map with too few items.
    pub(super) fn too_short(&mut self, length: usize, rules: &[&'static Rule], what: &str, chain: &Chain<'_>) {
        let limit = rules.iter().filter_map(|rule| if let Rule::Length { min, .. } = rule { *min } else { None });
        if let Some(limit) = limit.map(|min| min()).find(|min| length < *min) {
            self.error(chain, "too_short", items(what, "least", limit, length));
        }
    }
}

fn text_length(bound: &str, limit: usize, unit: Unit) -> String {
    let unit = match unit {
        Unit::Bytes => "byte",
        Unit::Chars => "character",
        Unit::Utf16 => "UTF-16 unit",
    };
    format!("String should have at {bound} {limit} {unit}{}", if limit == 1 { "" } else { "s" })
}

fn data_length(bound: &str, limit: usize) -> String {
    format!("Data should have at {bound} {limit} byte{}", if limit == 1 { "" } else { "s" })
}

fn items(what: &str, bound: &str, limit: usize, length: usize) -> String {
    let s = if limit == 1 { "" } else { "s" };
    format!("{what} should have at {bound} {limit} item{s} after validation, not {length}")
}

/// Returns whether Powertools reads a string as an integer.
fn is_integer(text: &str) -> bool {
    let text = text.trim();
    let (whole, zeros) = text.split_once('.').unwrap_or((text, "0"));
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !zeros.is_empty()
        && zeros.bytes().all(|b| b == b'0')
}

/// The kind of error of a string where an integer is expected: the text is no integer, or strings are not taken.
pub(super) fn integer_as_text(text: &str) -> (&'static str, &'static str) {
    if is_integer(text) { INT_TYPE } else { INT_PARSING }
}

pub(super) const INT_TYPE: (&str, &str) = ("int_type", "Input should be a valid integer");
pub(super) const INT_PARSING: (&str, &str) =
    ("int_parsing", "Input should be a valid integer, unable to parse string as an integer");
pub(super) const INT_FROM_FLOAT: (&str, &str) =
    ("int_from_float", "Input should be a valid integer, got a number with a fractional part");
pub(super) const FLOAT_TYPE: (&str, &str) = ("float_type", "Input should be a valid number");
pub(super) const FLOAT_PARSING: (&str, &str) =
    ("float_parsing", "Input should be a valid number, unable to parse string as a number");
pub(super) const BOOL_TYPE: (&str, &str) = ("bool_type", "Input should be a valid boolean");
pub(super) const BOOL_PARSING: (&str, &str) =
    ("bool_parsing", "Input should be a valid boolean, unable to interpret input");
pub(super) const STRING_TYPE: (&str, &str) = ("string_type", "Input should be a valid string");
pub(super) const MODEL_TYPE: (&str, &str) =
    ("model_attributes_type", "Input should be a valid dictionary or object to extract fields from");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_that_powertools_reads_as_integers() {
        for text in ["5", "-5", "+5", "1.0", " 7 "] {
            assert_eq!(integer_as_text(text), INT_TYPE, "{text}");
        }
        for text in ["", "x", "1.5", "-", "1.", ".0", "yes"] {
            assert_eq!(integer_as_text(text), INT_PARSING, "{text}");
        }
    }

    #[test]
    fn variants_are_no_place_for_validators() {
        let root = [Loc::from("body")];
        let (body, index) = (Chain::root(&root), 3);
        let tag = body.index(index);
        let tag = tag.tag("cat");
        let chain = tag.key("lives");
        let mut report = Report::new();
        Sink(&mut report).missing(&chain);
        let mut other = Report::new();
        other.add([Loc::from("body"), 3.into(), "lives".into()], "value_error", "");
        report.merge(0, other);
        assert_eq!(report.len(), 1);
        assert_eq!(report.into_details()[0].loc(), ["body".into(), 3.into(), "cat".into(), "lives".into()]);
    }
}
