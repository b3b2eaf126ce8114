//! Explains one part of a request: the errors of its structure, and those of its rules.

use simd_json::Node;

use super::kinds::of_mismatch;
use super::part::Part;
use super::report::{Detail, Report};
use super::shape::{Body, Enum, Shape, Slot, Struct};
use super::{text, walk};
use crate::event::BodyError;
use crate::mismatch::{Loc, Mismatch};

/// Adds the errors of a JSON body: all that its description shows, the first of serde, and those of its validator.
#[cold]
pub(crate) fn explain_document(
    nodes: &[Node<'_>],
    slot: &Slot,
    failed: Option<&Mismatch>,
    own: Report,
    report: &mut Report,
) {
    let before = report.len();
    walk::walk(nodes, slot, &[Part::Body.loc()], report);
    add_own((slot.shape)(), &[Part::Body.loc()], own, before, report);
    if let Some(mismatch) = failed {
        add_failure(&[Part::Body.loc()], mismatch, false, before, report);
    }
}

/// Adds the errors of the values of one parameter, whose place is `loc`.
#[cold]
pub(crate) fn explain_values(
    values: &[&str],
    slot: &Slot,
    default: bool,
    loc: &[Loc],
    failed: Option<&Mismatch>,
    own: Report,
    report: &mut Report,
) {
    let before = report.len();
    text::check_values(values, slot, default, loc, report);
    add_own((slot.shape)(), loc, own, before, report);
    if let Some(mismatch) = failed
        && report.len() == before
    {
        let (kind, message) = of_mismatch(mismatch, true);
        report.add(loc.iter().cloned(), kind, message);
    }
}

/// Adds the errors of the files of one field of a form, whose place is `loc`.
#[cold]
pub(crate) fn explain_files(
    sizes: &[usize],
    slot: &Slot,
    loc: &[Loc],
    failed: Option<&Mismatch>,
    own: Report,
    report: &mut Report,
) {
    let before = report.len();
    if failed.is_none() {
        text::check_files(sizes, slot, loc, report);
    }
    add_own((slot.shape)(), loc, own, before, report);
    if let Some(mismatch) = failed {
        let (kind, message) = of_mismatch(mismatch, true);
        report.add(loc.iter().cloned(), kind, message);
    }
}

/// Adds the errors of a body of another media type than the handler takes.
#[cold]
pub(crate) fn unsupported(report: &mut Report) {
    report.add([Part::Body.loc()], "unsupported_content_type", "The content type is not supported");
}

/// Adds the error of an absent body.
#[cold]
pub(crate) fn no_body(report: &mut Report) {
    report.add([Part::Body.loc()], "missing", "Field required");
}

/// Adds errors that are known already.
#[cold]
pub(crate) fn extend(details: &[Detail], report: &mut Report) {
    for detail in details {
        report.add(detail.loc().iter().cloned(), detail.kind().to_owned(), detail.message().to_owned());
    }
}

/// Adds the errors of parameters that are the fields of a struct.
#[cold]
pub(crate) fn explain_fields<'v>(
    part: Part,
    shape: &'static Shape,
    pairs: &mut dyn Iterator<Item = (&'v str, &'v str)>,
    failed: Option<&Mismatch>,
    own: Report,
    report: &mut Report,
) {
    let (before, root) = (report.len(), [part.loc()]);
    let mut pairs: Vec<(&str, &str)> = pairs.collect();
    // Stable, so that the values of a name keep their order.
    pairs.sort_by_key(|(name, _)| *name);
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    names.dedup();
    let mut values = |name: &str| {
        let from = pairs.partition_point(|(own, _)| *own < name);
        pairs[from..].iter().take_while(|(own, _)| *own == name).map(|(_, value)| *value).collect()
    };
    text::check_fields(shape, &root, report, &names, &mut values);
    add_own(shape, &root, own, before, report);
    if let Some(mismatch) = failed {
        add_failure(&root, mismatch, true, before, report);
    }
}

/// Adds the error of a field of a form whose type has no description.
#[cold]
pub(crate) fn explain_field(part: Part, mismatch: &Mismatch, report: &mut Report) {
    let before = report.len();
    add_failure(&[part.loc()], mismatch, true, before, report);
}

/// Adds the error of a part whose type has no description.
#[cold]
pub(crate) fn explain_failure(part: Part, mismatch: &Mismatch, report: &mut Report) {
    let before = report.len();
    add_failure(&[part.loc()], mismatch, part != Part::Body, before, report);
}

/// Adds the error of a body that is no document. Returns `false` if it is one, of another type.
#[cold]
pub(crate) fn invalid_body(error: &BodyError, report: &mut Report) -> bool {
    let body = Part::Body.loc();
    let message = error.to_string();
    match error {
        BodyError::Syntax { offset } => report.add([body, Loc::Index(*offset)], "json_invalid", message),
        BodyError::Type(_) => return false,
        _ => report.add([body], "json_invalid", message),
    }
    true
}

/// Adds the errors of a validator, with the names that documents have.
fn add_own(shape: &'static Shape, root: &[Loc], own: Report, before: usize, report: &mut Report) {
    let mut renamed = Report::new();
    for detail in own.into_details() {
        let loc = root.iter().cloned().chain(rename(shape, detail.loc()));
        renamed.add(loc, detail.kind().to_owned(), detail.message().to_owned());
    }
    report.merge(before, renamed);
}

/// Adds the first error of serde, unless an error is known at its place.
fn add_failure(root: &[Loc], mismatch: &Mismatch, text: bool, before: usize, report: &mut Report) {
    let loc: Vec<Loc> = root.iter().chain(mismatch.loc()).cloned().collect();
    if !report.covers(before, &loc) {
        let (kind, message) = of_mismatch(mismatch, text);
        report.add(loc, kind, message);
    }
}

/// Translates a place with the names of the program to one with the names of documents.
fn rename(shape: &'static Shape, loc: &[Loc]) -> Vec<Loc> {
    let (mut renamed, mut at) = (Vec::with_capacity(loc.len()), Some(shape));
    let mut parts = loc.iter();
    while let Some(part) = parts.next() {
        let step = at.and_then(|shape| step(shape, part));
        match step {
            Some(Step { name, next }) => {
                renamed.extend(name);
                at = Some(next);
            }
            None => {
                renamed.push(part.clone());
                renamed.extend(parts.cloned());
                break;
            }
        }
    }
    renamed
}

/// A step into a value: its place in documents, if it has one there.
struct Step {
    name: Option<Loc>,
    next: &'static Shape,
}

fn step(shape: &'static Shape, part: &Loc) -> Option<Step> {
    match (shape, part) {
        (Shape::Option(inner), _) => step(inner(), part),
        (Shape::Newtype(slot), Loc::Index(0)) => Some(Step { name: None, next: (slot.shape)() }),
        (Shape::Newtype(slot), _) => step((slot.shape)(), part),
        (Shape::List { item, .. } | Shape::Array { item, .. }, Loc::Index(_)) => {
            Some(Step { name: Some(part.clone()), next: item() })
        }
        (Shape::Tuple(slots), Loc::Index(index)) => {
            Some(Step { name: Some(part.clone()), next: (slots.get(*index)?.shape)() })
        }
        (Shape::Map { value }, _) => Some(Step { name: Some(part.clone()), next: value() }),
        (Shape::Struct(of), Loc::Name(name)) => field(of, name),
        (Shape::Enum(of), part) => variant(of, part),
        _ => None,
    }
}

fn field(of: &'static Struct, name: &str) -> Option<Step> {
    let own = of.fields.iter().find(|field| field.ident == name)?;
    let document = own.names.first().filter(|_| !own.flatten).map(|name| Loc::Name((*name).into()));
    Some(Step { name: document, next: (own.slot.shape)() })
}

/// Which variant it is, the validator does not say.
fn variant(of: &'static Enum, part: &Loc) -> Option<Step> {
    of.variants.iter().find_map(|variant| match (&variant.body, part) {
        (Body::Struct(inner), Loc::Name(name)) => field(inner, name),
        (Body::Newtype(slot), Loc::Index(0)) => Some(Step { name: None, next: (slot.shape)() }),
        _ => None,
    })
}
