//! The errors in a table of rules, with advice on how to fix them.

use super::name::is_name;
use std::error::Error;
use std::fmt;

/// The kinds of errors in a rule. See [`RouteError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteErrorKind {
    /// The rule has the shape and the method of one registered before, so no request could ever reach it.
    SameShape,
    /// The method is not a token ([RFC 9110, 5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)).
    Method,
    /// The rule does not start with `/`, nor with a regex.
    NoLeadingSlash,
    /// This opening bracket is never closed.
    Unclosed(char),
    /// A `}` that closes nothing.
    LoneBrace,
    /// The part in braces is not the name of a parameter.
    ParameterName(String),
    /// Two parameters of the rule have this name.
    DuplicateParameter(String),
    /// The catch-all parameter of this name is not the whole last segment.
    CatchAllPosition(String),
    /// A segment that is a regex also contains a parameter.
    ParameterInRegex(String),
    /// A regex with a named group, `(?P<name>...)`.
    NamedGroup(String),
    /// A part of the rule is written in the syntax of another framework.
    Foreign {
        /// The part, as it is written in the rule.
        written: String,
        /// The rule to write instead.
        instead: String,
    },
    /// A part of the rule is text that no path holds.
    NeverMatches {
        /// The part, as it is written in the rule.
        written: String,
        /// The reason why no path holds it, and the remedy.
        reason: &'static str,
    },
    /// An alternative of this bare regex is cut off by a `/`.
    CutAlternative(String),
    /// A regex that does not parse, and why.
    Regex {
        /// The regex as written in the rule.
        regex: String,
        /// The message of the regex engine.
        reason: String,
    },
    /// A regex that needs the engine, in a build without the feature `regex`.
    RegexFeature(String),
}

use RouteErrorKind as Kind;

/// One rule that cannot be registered: the rule, the reason, and the advice.
///
/// Its [`Display`](fmt::Display) form is a sentence for the developer, for example
///
/// ```text
/// GET /a/{y} can never match: GET /a/<x>, registered before, has the same shape; remove one of them, or constrain the
/// parameter, as in {y:\d+}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteError {
    kind: Kind,
    rule: String,
    other: Option<String>,
}

impl RouteError {
    pub(super) fn new(kind: Kind, method: &str, rule: &str) -> Self {
        Self { kind, rule: format!("{method} {rule}"), other: None }
    }

    pub(super) fn same_shape(method: &str, rule: &str, other: &str) -> Self {
        Self { other: Some(format!("{method} {other}")), ..Self::new(Kind::SameShape, method, rule) }
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> &RouteErrorKind {
        &self.kind
    }

    /// The method and the rule as registered, as in `GET /a/{y}`.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The earlier rule that this one conflicts with, in the form of [`rule`](Self::rule).
    #[must_use]
    pub fn conflicts_with(&self) -> Option<&str> {
        self.other.as_deref()
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = &self.rule;
        match &self.kind {
            Kind::SameShape => {
                let other = self.other.as_deref().unwrap_or_default();
                write!(
                    f,
                    "{rule} can never match: {other}, registered before, has the same shape; remove one of them"
                )?;
                // The name of a plain parameter of the rule makes the advice concrete.
                match plain_parameter(rule) {
                    Some(name) => write!(f, ", or constrain the parameter, as in {{{name}:\\d+}}"),
                    None => Ok(()),
                }
            }
            Kind::Method => write!(f, "{rule}: the method is not a token of letters, digits and !#$%&'*+-.^_`|~"),
            Kind::NoLeadingSlash => {
                write!(f, "{rule}: a rule starts with `/`, or it is a regex that matches the whole path, such as .+")
            }
            Kind::Unclosed('{') => {
                write!(f, "{rule}: a `{{` is never closed; a brace that is plain text is written {{{{")
            }
            Kind::Unclosed(bracket) => {
                write!(f, "{rule}: a `{bracket}` is never closed; as plain text it is written \\{bracket}")
            }
            Kind::LoneBrace => write!(f, "{rule}: a `}}` closes nothing; a brace that is plain text is written }}}}"),
            Kind::ParameterName(text) => write!(
                f,
                "{rule}: {text:?} is not a parameter: write {{name}}, {{name:regex}} or {{name...}}, the name made of \
                 letters, digits and _ and not beginning with a digit; braces that are plain text are doubled"
            ),
            Kind::DuplicateParameter(name) => {
                write!(f, "{rule}: two parameters are named {name:?}; give each its own name")
            }
            Kind::CatchAllPosition(name) => write!(
                f,
                "{rule}: the catch-all {{{name}...}} must be the whole last segment; for one segment write {{{name}}}"
            ),
            Kind::ParameterInRegex(segment) => write!(
                f,
                "{rule}: the segment {segment:?} is a regex, which cannot hold a parameter; write the regex as one too, \
                 as in {{name:regex}}"
            ),
            Kind::NamedGroup(name) => write!(
                f,
                "{rule}: a regex cannot have the named group {name:?}; write {{{name}:regex}} for a parameter in one \
                 segment, or {{{name}...}} for the rest of the path"
            ),
            Kind::Foreign { written, instead } => {
                write!(f, "{rule}: {written:?} is the syntax of another framework; write {instead}")
            }
            Kind::NeverMatches { written, reason } => write!(f, "{rule}: {written:?} can never match: {reason}"),
            Kind::CutAlternative(segment) => write!(
                f,
                "{rule}: the alternatives of {segment:?} end at its slashes; put them in parentheses, or register one \
                 rule for each"
            ),
            Kind::Regex { regex, reason } => write!(f, "{rule}: the regex {regex:?} is not valid: {reason}"),
            Kind::RegexFeature(regex) => {
                write!(f, "{rule}: the regex {regex:?} needs the crate's feature `regex`, which this build leaves out")
            }
        }
    }
}

/// Returns the name of the last plain parameter in `rule`, if there is one.
fn plain_parameter(rule: &str) -> Option<&str> {
    let (_, tail) = rule.rsplit_once(['{', '<'])?;
    let name = tail.split(['}', '>']).next()?;
    is_name(name).then_some(name)
}

impl Error for RouteError {}

/// All errors in a table of rules: at least one, in the order of registration.
///
/// Its [`Display`](fmt::Display) form has one line for each [`RouteError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteErrors(Vec<RouteError>);

impl RouteErrors {
    /// Returns the errors, or `None` if the list is empty.
    pub(super) fn of(errors: Vec<RouteError>) -> Option<Self> {
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// The errors, one for each rule that cannot be registered.
    pub fn iter(&self) -> std::slice::Iter<'_, RouteError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a RouteErrors {
    type Item = &'a RouteError;
    type IntoIter = std::slice::Iter<'a, RouteError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for RouteErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{error}")?;
        }
        Ok(())
    }
}

impl Error for RouteErrors {}
