//! The error of reading a value: the same as serde's, but in parts.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::bounded::{bounded, quoted};
use super::phrases::{expected, found_kind, found_value, one_of, type_phrase};
use super::{Mismatch, MismatchKind};

/// The most characters of a field's name: as many as the details of validation have, so that both name the same place.
const MAX_NAME: usize = 100;

/// The place of a fault that is not known yet.
pub(crate) const NO_PLACE: usize = usize::MAX;

/// The reason why a value cannot be read. One word, so that results stay small if nothing fails.
pub(crate) struct Fault(Box<Parts>);

struct Parts {
    kind: MismatchKind,
    expected: String,
    found: String,
    /// The field that is missing, unknown or repeated; in a query the parameter.
    field: Option<String>,
    /// The start of the innermost value that cannot be read, in the count of the reader.
    place: usize,
}

impl Fault {
    #[cold]
    pub(crate) fn new(kind: MismatchKind, expected: String, found: String) -> Self {
        Self(Box::new(Parts { kind, expected, found, field: None, place: NO_PLACE }))
    }

    /// A string that does not parse as the type with the Rust name `type_name`.
    #[cold]
    pub(crate) fn unreadable(text: &str, type_name: &str) -> Self {
        match type_phrase(type_name) {
            Some(expected) => Self::new(MismatchKind::Value, expected, quoted(text)),
            None => Self::new(MismatchKind::Custom, format!("{} is not valid", quoted(text)), String::new()),
        }
    }

    /// Something other than a variant of an enum.
    #[cold]
    pub(crate) fn no_variant(variants: &[&str], found: Unexpected<'_>) -> Self {
        Self::new(MismatchKind::Type, one_of(variants), found_kind(found, ""))
    }

    /// A field or parameter that is absent.
    #[cold]
    pub(crate) fn missing(field: &str) -> Self {
        Self::of_field(MismatchKind::Missing, field, String::new())
    }

    #[cold]
    fn of_field(kind: MismatchKind, field: &str, expected: String) -> Self {
        let mut fault = Self::new(kind, expected, String::new());
        fault.0.field = Some(bounded(MAX_NAME, format_args!("{field}")));
        fault
    }

    /// Records the start of the value, unless a value inside has recorded its own.
    #[cold]
    #[inline(never)]
    pub(crate) fn at(mut self, place: usize) -> Self {
        if self.0.place == NO_PLACE {
            self.0.place = place;
        }
        self
    }

    /// Records the field, unless a value inside has recorded its own.
    #[cold]
    #[inline(never)]
    pub(crate) fn of(mut self, field: &str) -> Self {
        if self.0.field.is_none() {
            self.0.field = Some(bounded(MAX_NAME, format_args!("{field}")));
        }
        self
    }

    /// The place that [`at`](Self::at) has recorded.
    pub(crate) fn place(&self) -> usize {
        self.0.place
    }

    /// The mismatch; `path` takes the field and returns the whole path.
    #[cold]
    pub(crate) fn into_mismatch(self, path: impl FnOnce(Option<&str>) -> String) -> Mismatch {
        let Parts { kind, expected, found, field, .. } = *self.0;
        Mismatch::new(kind, path(field.as_deref()), expected, found)
    }
}

impl Error for Fault {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = bounded(200, format_args!("{message}"));
        // Serde's message ends with the name of the enum.
        let message = match message.starts_with("data did not match any variant of untagged enum") {
            true => "the value has none of the expected forms".to_owned(),
            false => message,
        };
        Self::new(MismatchKind::Custom, message, String::new())
    }

    #[cold]
    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let expected = expected(&wanted);
        let found = found_kind(found, &expected);
        Self::new(MismatchKind::Type, expected, found)
    }

    #[cold]
    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::new(MismatchKind::Value, expected(&wanted), found_value(found))
    }

    #[cold]
    fn invalid_length(length: usize, wanted: &dyn Expected) -> Self {
        let found = format!("{length} item{}", if length == 1 { "" } else { "s" });
        Self::new(MismatchKind::Length, expected(&wanted), found)
    }

    #[cold]
    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        match known {
            [] => Self::new(MismatchKind::Custom, "no value is possible".to_owned(), String::new()),
            known => Self::new(MismatchKind::Value, one_of(known), quoted(variant)),
        }
    }

    #[cold]
    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::of_field(MismatchKind::Unknown, field, one_of(known))
    }

    #[cold]
    fn missing_field(field: &'static str) -> Self {
        Self::missing(field)
    }

    #[cold]
    fn duplicate_field(field: &'static str) -> Self {
        Self::of_field(MismatchKind::Duplicate, field, String::new())
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { kind, expected, found, field, .. } = &*self.0;
        write!(f, "{kind:?} {field:?}: {expected}, {found}")
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
