//! Static descriptions of types: what a reader of them accepts, and the rules that hold for what it has read.
//!
//! `#[derive(Input)]` makes them. They are made of references and functions alone, so that they cost nothing before a
//! request has to be explained, and so that types may contain themselves.

/// Returns the description of a type.
pub type ShapeFn = fn() -> &'static Shape;

/// The structure of a type, as serde reads it.
#[derive(Debug)]
pub enum Shape {
    /// Nothing is known of it.
    Any,
    Unit,
    Bool,
    Char,
    Integer {
        min: i128,
        max: u128,
    },
    Float,
    Text,
    /// A string in a form of its own, such as an IP address: the kind of error, and what decides.
    Parsed {
        kind: &'static str,
        check: fn(&str) -> bool,
    },
    Option(ShapeFn),
    List {
        item: ShapeFn,
        set: bool,
    },
    /// An array of fixed length.
    Array {
        item: ShapeFn,
        length: usize,
    },
    /// A list of fixed length, of values of several types.
    Tuple(&'static [Slot]),
    Map {
        value: ShapeFn,
    },
    Newtype(Slot),
    Struct(&'static Struct),
    Enum(&'static Enum),
}

/// A value in another one, and its rules.
#[derive(Debug)]
pub struct Slot {
    pub shape: ShapeFn,
    pub rules: &'static [Rule],
}

/// A struct with named fields.
#[derive(Debug)]
pub struct Struct {
    pub fields: &'static [Field],
    /// True if unknown fields are errors.
    pub closed: bool,
}

/// A field of a struct.
#[derive(Debug)]
pub struct Field {
    /// The name in the program, which validators report.
    pub ident: &'static str,
    /// The name in documents, and then its aliases.
    pub names: &'static [&'static str],
    /// True if the field may be missing, whatever its type is.
    pub default: bool,
    /// True if its fields are fields of the struct around it.
    pub flatten: bool,
    pub slot: Slot,
}

/// An enum.
#[derive(Debug)]
pub struct Enum {
    pub tagging: Tagging,
    pub variants: &'static [Variant],
}

/// How documents name the variant of an enum.
#[derive(Debug)]
pub enum Tagging {
    External,
    Internal { tag: &'static str },
    Adjacent { tag: &'static str, content: &'static str },
}

/// A variant of an enum.
#[derive(Debug)]
pub struct Variant {
    /// The name in documents, and then its aliases; empty for one that takes all other names.
    pub names: &'static [&'static str],
    pub body: Body,
}

/// The content of a variant.
#[derive(Debug)]
pub enum Body {
    Unit,
    Newtype(Slot),
    Tuple(&'static [Slot]),
    Struct(&'static Struct),
}

/// How the length of a string is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Chars,
    Utf16,
}

/// A limit of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Integer(i128),
    /// Above the largest `i128`.
    Huge(u128),
    Float(f64),
    Single(f32),
}

/// A rule for a value. Limits are functions, since they may be any expression.
#[derive(Debug)]
pub enum Rule {
    Length {
        unit: Unit,
        min: Option<fn() -> usize>,
        max: Option<fn() -> usize>,
    },
    Range {
        min: Option<fn() -> Number>,
        max: Option<fn() -> Number>,
    },
    /// A rule for strings: the kind of error, its message, and what decides.
    Text {
        kind: &'static str,
        message: &'static str,
        /// The keyword of JSON Schema, and its value, that say the same.
        schema: Option<(&'static str, &'static str)>,
        check: fn(&str) -> bool,
    },
    /// An `Option` that must be there.
    Required,
    /// The validator looks at the inside of the value.
    Dive,
    /// Rules for the items.
    Inner(&'static [Self]),
}

macro_rules! numbers {
    ($($integer:ident)+) => {
        $(impl From<$integer> for Number {
            fn from(number: $integer) -> Self {
                i128::try_from(number).map_or_else(|_| Self::Huge(number as u128), Self::Integer)
            }
        })+
    };
}

numbers! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize }

impl From<f32> for Number {
    fn from(number: f32) -> Self {
        Self::Single(number)
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl Number {
    /// Compares two numbers; integers are compared exactly.
    pub(super) fn is_less(self, other: Self) -> bool {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a < b,
            (Self::Huge(a), Self::Huge(b)) => a < b,
            (Self::Integer(_), Self::Huge(_)) => true,
            (Self::Huge(_), Self::Integer(_)) => false,
            // As the validator sees them: `0.1` is not below a limit of `0.1`.
            (Self::Single(a), b) => a < b.to_f64() as f32,
            (a, Self::Single(b)) => (a.to_f64() as f32) < b,
            _ => self.to_f64() < other.to_f64(),
        }
    }

    fn to_f64(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Huge(number) => number as f64,
            Self::Float(number) => number,
            Self::Single(number) => f64::from(number),
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Huge(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Single(number) => number.fmt(f),
        }
    }
}

impl Shape {
    /// Returns whether a value of the type may be missing.
    pub(super) fn is_optional(&self) -> bool {
        matches!(self, Self::Option(_))
    }
}

impl Slot {
    /// Returns whether the rules ask for a value that the type need not have; `checked` if anything checks them.
    pub(super) fn is_required(&self, checked: bool) -> bool {
        checked && self.rules.iter().any(|rule| matches!(rule, Rule::Required))
    }

    /// Returns whether a validator looks at the inside of the value.
    pub(super) fn dives(&self) -> bool {
        fn any(rules: &[Rule]) -> bool {
            rules.iter().any(|rule| match rule {
                Rule::Dive => true,
                Rule::Inner(rules) => any(rules),
                _ => false,
            })
        }
        any(self.rules)
    }
}

impl Unit {
    pub(super) fn length(self, text: &str) -> usize {
        match self {
            Self::Bytes => text.len(),
            Self::Chars => text.chars().count(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_exactly() {
        assert!(Number::from(u64::MAX - 1).is_less(Number::from(u64::MAX)));
        assert!(Number::from(i128::MAX).is_less(Number::from(u128::MAX)));
        assert!(!Number::from(u128::MAX).is_less(Number::from(-1)));
        assert!(Number::from(1.5).is_less(Number::from(2u8)));
        assert!(!Number::from(f64::NAN).is_less(Number::from(2u8)));
    }

    #[test]
    fn limits_of_single_precision_are_those_that_were_written() {
        let limit = Number::from(0.1f32);
        assert!(!Number::from(0.1).is_less(limit) && !limit.is_less(Number::from(0.1)));
        assert!(Number::from(0.09).is_less(limit) && limit.is_less(Number::from(1u8)));
        assert_eq!(limit.to_string(), "0.1");
    }

    #[test]
    fn lengths_are_those_of_the_unit() {
        assert_eq!([Unit::Bytes, Unit::Chars, Unit::Utf16].map(|unit| unit.length("é😀")), [6, 2, 3]);
    }
}
