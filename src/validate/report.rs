//! Gathers errors, and makes one error of them.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::part::Part;
use super::settings::Validation;
use crate::http::StatusCode;
use crate::mismatch::{Loc, bounded};

/// The most errors that are listed.
pub(crate) const MAX_ERRORS: usize = 1000;

/// The most bytes of names that all places have together: a place may repeat a long name for each of its values.
const MAX_BYTES: usize = 256 * 1024;

/// The most characters of a name that a client has sent.
const MAX_NAME: usize = 100;

/// The key of a map that is not known.
pub(crate) const fn any_key() -> Loc {
    Loc::Name(Cow::Borrowed("[key]"))
}

/// One error of a request: its place, its kind and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The place, outermost first.
    loc: Vec<Loc>,
    /// The parts of the place that are no field: the name of a variant.
    tags: u128,
    kind: Cow<'static, str>,
    message: Cow<'static, str>,
}

impl Detail {
    /// Returns the place: the part of the request (`path`, `query`, `header`, `cookie`, `body` or `response`), and then
    /// names and indexes.
    pub fn loc(&self) -> &[Loc] {
        &self.loc
    }

    /// Returns the kind of error in the words of pydantic: `missing`, `int_parsing`, `string_too_short` …
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns a sentence for the client: `Field required`.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The place without the names of variants, which neither validators nor serde have in theirs.
    fn bare(&self) -> impl Iterator<Item = &Loc> {
        let own = self.loc.iter().enumerate().filter(|(at, _)| *at >= 128 || self.tags & (1 << at) == 0);
        own.map(|(_, part)| part)
    }

    /// Returns whether this is the place of a value around another one.
    fn is_around(&self, loc: &[Loc]) -> bool {
        let mut parts = loc.iter();
        self.bare().all(|own| parts.next() == Some(own))
    }

    /// Returns whether this is at the same place, as a validator sees it.
    fn is_at(&self, loc: &[Loc]) -> bool {
        let mut own = self.bare();
        loc.iter().all(|part| own.next().is_some_and(|own| own == part || *part == any_key())) && own.next().is_none()
    }
}

/// The errors of a value, as validators report them.
///
/// [`Validate`](super::Validate) gets one. Nothing is allocated while no error is added.
#[derive(Debug, Default)]
pub struct Report {
    details: Vec<Detail>,
    bytes: usize,
}

impl Report {
    /// Creates a report without errors.
    pub const fn new() -> Self {
        Self { details: Vec::new(), bytes: 0 }
    }

    /// Returns whether there are no errors.
    pub fn is_empty(&self) -> bool {
        self.details.is_empty()
    }

    /// Adds an error: its place inside of the value, its kind, and a message for the client. The kind is one of
    /// pydantic's, or one of your own; `value_error` is the general one.
    ///
    /// ```
    /// use gatewire::validate::{Report, Validate};
    ///
    /// struct Span {
    ///     from: u32,
    ///     to: u32,
    /// }
    ///
    /// impl Validate for Span {
    ///     fn validate(&self, report: &mut Report) {
    ///         if self.from > self.to {
    ///             report.add(["to"], "value_error", "ends before it begins");
    ///         }
    ///     }
    /// }
    ///
    /// let mut report = Report::new();
    /// Span { from: 2, to: 1 }.validate(&mut report);
    /// assert!(!report.is_empty());
    /// ```
    pub fn add<L: Into<Loc>>(
        &mut self,
        loc: impl IntoIterator<Item = L>,
        kind: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        let loc = loc.into_iter().map(|part| cut(part.into())).collect();
        self.push(Detail { loc, tags: 0, kind: kind.into(), message: message.into() });
    }

    pub(super) fn add_tagged(&mut self, loc: Vec<Loc>, tags: u128, kind: &'static str, message: Cow<'static, str>) {
        self.push(Detail { loc, tags, kind: Cow::Borrowed(kind), message });
    }

    fn push(&mut self, detail: Detail) {
        let bytes =
            detail.loc.iter().map(|part| if let Loc::Name(name) = part { name.len() } else { 8 }).sum::<usize>();
        if self.is_full() {
            return;
        }
        self.bytes += bytes + detail.message.len();
        self.details.push(detail);
    }

    /// Returns whether no more errors are kept.
    pub(super) fn is_full(&self) -> bool {
        self.details.len() >= MAX_ERRORS || self.bytes >= MAX_BYTES
    }

    /// The number of errors.
    pub(crate) fn len(&self) -> usize {
        self.details.len()
    }

    /// Puts a part in front of the places of all errors after the first `len`.
    pub(crate) fn nest(&mut self, len: usize, part: impl FnOnce() -> Loc) {
        if let Some(added) = self.details.get_mut(len..).filter(|added| !added.is_empty()) {
            let part = cut(part());
            for detail in added {
                detail.loc.insert(0, part.clone());
                detail.tags <<= 1;
            }
        }
    }

    /// Adds the errors of a validator, except at places that have an error after the first `own`: as in pydantic, a rule
    /// counts only if those before it hold, and a list that is too long is not looked into.
    pub(super) fn merge(&mut self, own: usize, other: Self) {
        let known = own..self.details.len();
        for detail in other.details {
            let shadows = |own: &Detail| own.is_at(&detail.loc) || own.kind == "too_long" && own.is_around(&detail.loc);
            if !self.details[known.clone()].iter().any(shadows) {
                self.push(detail);
            }
        }
    }

    /// Returns whether an error after the first `own` is at the place, inside of it or around it.
    pub(super) fn covers(&self, own: usize, loc: &[Loc]) -> bool {
        self.details[own..].iter().any(|detail| detail.bare().zip(loc).all(|(own, part)| own == part))
    }

    pub(crate) fn into_details(self) -> Vec<Detail> {
        self.details
    }
}

/// Checks a value inside of another one.
#[doc(hidden)]
#[inline(always)]
pub fn __inside(report: &mut Report, place: impl Into<Loc>, check: impl FnOnce(&mut Report)) {
    let before = report.len();
    check(report);
    report.nest(before, || place.into());
}

/// Takes the errors of a field out, without its name.
#[doc(hidden)]
#[cold]
pub fn __take(report: &mut Report, field: &str) -> Report {
    let is_own = |detail: &mut Detail| matches!(detail.loc.first(), Some(Loc::Name(name)) if name == field);
    let mut taken = Report::new();
    for mut detail in report.details.extract_if(.., is_own) {
        detail.loc.remove(0);
        taken.push(detail);
    }
    taken
}

/// Adds the errors of a bundle that are those of no field.
#[doc(hidden)]
#[cold]
pub fn __rest(report: &mut Report, into: &mut Report) {
    for detail in report.details.drain(..) {
        into.push(detail);
    }
}

/// Makes an error of what was gathered: `None` if there is nothing.
///
/// As in Powertools, a body of another content type or with malformed JSON is the only error.
#[cold]
pub(crate) fn finish(report: Report, validation: Validation) -> Option<ValidationError> {
    let mut details = report.details;
    let mut status = validation.status;
    for (kind, own) in [("unsupported_content_type", Some(StatusCode::UNSUPPORTED_MEDIA_TYPE)), ("json_invalid", None)]
    {
        if let Some(at) = details.iter().position(|detail| detail.kind == kind) {
            details = vec![details.swap_remove(at)];
            status = own.unwrap_or(status);
            break;
        }
    }
    // Stable: within a part, the order is that of the arguments.
    details.sort_by_key(|detail| {
        let first = detail.loc.first();
        Part::ALL.iter().position(|part| first.is_some_and(|loc| *loc == part.loc())).unwrap_or(Part::ALL.len())
    });
    (!details.is_empty()).then(|| ValidationError::new(status, validation.messages, details))
}

/// Cuts a name that is too long for an answer.
fn cut(part: Loc) -> Loc {
    match part {
        Loc::Name(name) if name.len() > MAX_NAME => shown(&name),
        part => part,
    }
}

/// A name that a client has sent, in a length that fits into an answer.
pub(super) fn shown(name: &str) -> Loc {
    if name.len() > MAX_NAME { Loc::from(bounded(MAX_NAME, format_args!("{name}"))) } else { Loc::from(name) }
}

/// The error of a request that does not fit what its handler declares: all errors of path, query, headers, cookies and
/// body.
///
/// Without an error handler for it, the response has its status, 422 or 415, and the body
/// `{"statusCode":422,"detail":[{"loc":["body","title"],"type":"missing"}]}`: that of Powertools for AWS Lambda
/// (Python). An error handler changes the status and the shape:
///
/// ```
/// use gatewire::{error::ValidationError, App, Json, Request};
///
/// let app = App::new().on_error(|error: &ValidationError, _: Request| {
///     let faults: Vec<String> = error.details().iter().map(|detail| detail.message().to_owned()).collect();
///     (400, Json(faults))
/// });
/// # app.build().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationError(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    status: StatusCode,
    messages: bool,
    details: Vec<Detail>,
}

impl ValidationError {
    pub(crate) fn new(status: StatusCode, messages: bool, details: Vec<Detail>) -> Self {
        Self(Box::new(Parts { status, messages, details }))
    }

    /// Returns the status of the response: 422, 415 for a content type that the handler does not take, or the one of
    /// [`Validation::status`](super::Validation::status).
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Returns the errors: those of the path first, then of query, headers, cookies and body. There are at most 1,000.
    pub fn details(&self) -> &[Detail] {
        &self.0.details
    }
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe(self.details(), "the request is not valid", f)
    }
}

impl std::error::Error for ValidationError {}

/// The body of the default response.
impl Serialize for ValidationError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("statusCode", &self.0.status.as_u16())?;
        map.serialize_entry("detail", &Details(self))?;
        map.end()
    }
}

struct Details<'e>(&'e ValidationError);

impl Serialize for Details<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Parts { messages, details, .. } = &*self.0.0;
        let mut list = serializer.serialize_seq(Some(details.len()))?;
        for detail in details {
            list.serialize_element(&Shown { detail, message: *messages })?;
        }
        list.end()
    }
}

struct Shown<'e> {
    detail: &'e Detail,
    message: bool,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("loc", &self.detail.loc)?;
        map.serialize_entry("type", &*self.detail.kind)?;
        if self.message {
            map.serialize_entry("msg", &*self.detail.message)?;
        }
        map.end()
    }
}

/// The error of a response that does not keep the rules of its type: the handler returned
/// [`Checked`](crate::handler::Checked) with a value that its validator refuses.
///
/// It is the fault of the program, so nothing of it is shown to the client: without an error handler for it, the
/// response is 500 and `{"statusCode":500,"message":"Internal server error"}`, and the errors are printed to standard
/// error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseValidationError(Vec<Detail>);

impl ResponseValidationError {
    #[cold]
    pub(crate) fn new(mut report: Report) -> Self {
        report.nest(0, || Loc::Name("response".into()));
        Self(report.details)
    }

    /// Returns the errors. Their places begin with `response`.
    pub fn details(&self) -> &[Detail] {
        &self.0
    }
}

impl fmt::Display for ResponseValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe(&self.0, "the response is not valid", f)
    }
}

impl std::error::Error for ResponseValidationError {}

/// Writes the first error, and how many more there are.
fn describe(details: &[Detail], nothing: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let [first, rest @ ..] = details else { return f.write_str(nothing) };
    for (at, part) in first.loc.iter().enumerate() {
        write!(f, "{}{part}", if at == 0 { "" } else { "." })?;
    }
    write!(f, ": {}", first.message)?;
    match rest.len() {
        0 => Ok(()),
        more => write!(f, " (and {more} more)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(report: &Report) -> Vec<String> {
        report.details.iter().map(|detail| format!("{:?} {}", detail.loc.len(), detail.kind)).collect()
    }

    #[test]
    fn errors_that_are_known_are_not_repeated() {
        let mut report = Report::new();
        report.add(["a"], "string_too_short", "");
        let mut other = Report::new();
        for loc in [["a"], ["b"], ["b"]] {
            other.add(loc, "value_error", "");
        }
        report.merge(0, other);
        assert_eq!(kinds(&report), ["1 string_too_short", "1 value_error", "1 value_error"]);
        let mut other = Report::new();
        other.add(["a"], "value_error", "");
        report.merge(1, other);
        assert_eq!(report.len(), 4, "errors before `own` belong to another part");
    }

    #[test]
    fn the_number_and_the_length_of_places_are_bounded() {
        let mut report = Report::new();
        for _ in 0..2 * MAX_ERRORS {
            report.add(["n".repeat(100_000)], "missing", "");
        }
        assert_eq!(report.len(), MAX_ERRORS);
        assert!(report.bytes < 2 * MAX_BYTES, "{}", report.bytes);
    }

    #[test]
    fn names_are_put_in_front_of_what_was_added() {
        let mut report = Report::new();
        report.add(["a"], "missing", "");
        report.add(["b"], "missing", "");
        report.nest(1, || Loc::Index(7));
        report.nest(2, || unreachable!("nothing was added"));
        assert_eq!(report.details[0].loc, ["a".into()]);
        assert_eq!(report.details[1].loc, [7.into(), "b".into()]);
    }

    #[test]
    fn the_message_names_the_first_error() {
        let mut report = Report::new();
        report.add([Loc::from("body"), 1.into()], "missing", "Field required");
        report.add(["x"], "missing", "Field required");
        let status = StatusCode::UNPROCESSABLE_CONTENT;
        let error = ValidationError::new(status, false, report.into_details());
        assert_eq!(error.to_string(), "body.1: Field required (and 1 more)");
        assert_eq!(ValidationError::new(status, false, Vec::new()).to_string(), "the request is not valid");
    }
}
