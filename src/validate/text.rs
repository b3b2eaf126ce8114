//! Looks for all errors of values that are strings: those of path, query, headers, cookies and forms.

use super::chain::{
    BOOL_PARSING, Chain, FLOAT_PARSING, INT_PARSING, MODEL_TYPE, Sink, Spec, rules_inside, rules_of, rules_of_items,
};
use super::report::Report;
use super::shape::{Body, Number, Shape, Slot, Struct};
use super::walk::names;
use crate::mismatch::Loc;

/// Adds all errors of the values of one parameter; none if it is absent.
#[cold]
pub(crate) fn check_values(values: &[&str], slot: &Slot, default: bool, loc: &[Loc], report: &mut Report) {
    let rules = rules_of(slot, true);
    let spec = Spec { shape: (slot.shape)(), rules: &rules, dives: true };
    let chain = Chain::root(loc);
    let mut sink = Sink(report);
    if values.is_empty() {
        let optional = default || spec.shape.is_optional() && !slot.is_required(true);
        if !optional {
            sink.missing(&chain);
        }
        return;
    }
    values_of(values, spec, &chain, &mut sink);
}

/// Adds the errors of files: of a list its length, of a single file its size.
#[cold]
pub(crate) fn check_files(sizes: &[usize], slot: &Slot, loc: &[Loc], report: &mut Report) {
    let (rules, chain, mut sink) = (rules_of(slot, true), Chain::root(loc), Sink(report));
    match (slot.shape)() {
        Shape::List { .. } => {
            if !sink.too_long(sizes.len(), &rules, "List", &chain) {
                sink.too_short(sizes.len(), &rules, "List", &chain);
            }
        }
        _ => {
            let rules = rules_inside(&rules);
            if let Some(size) = sizes.last() {
                sink.size(*size, &rules, &chain);
            }
        }
    }
}

/// Adds all errors of parameters that are the fields of a struct; `values` returns those of a name.
#[cold]
pub(crate) fn check_fields<'v>(
    shape: &'static Shape,
    root: &[Loc],
    report: &mut Report,
    names: &[&str],
    values: &mut dyn FnMut(&str) -> Vec<&'v str>,
) {
    match shape {
        Shape::Option(inner) => check_fields(inner(), root, report, names, values),
        Shape::Newtype(slot) => check_fields((slot.shape)(), root, report, names, values),
        Shape::Struct(of) => fields(of, Place { root, names, depth: 0, dives: true, optional: false }, report, values),
        _ => {}
    }
}

#[derive(Clone, Copy)]
struct Place<'p> {
    root: &'p [Loc],
    /// All names that were sent, each once.
    names: &'p [&'p str],
    depth: usize,
    dives: bool,
    optional: bool,
}

fn fields<'v>(of: &Struct, place: Place<'_>, report: &mut Report, values: &mut dyn FnMut(&str) -> Vec<&'v str>) {
    for field in of.fields {
        let Some(name) = field.names.first() else { continue };
        if field.flatten {
            let dives = place.dives && field.slot.dives();
            let (shape, optional) = match (field.slot.shape)() {
                Shape::Option(inner) => (inner(), true),
                shape => (shape, place.optional),
            };
            if let Shape::Struct(of) = shape
                && place.depth < 16
            {
                fields(of, Place { depth: place.depth + 1, dives, optional, ..place }, report, values);
            }
            continue;
        }
        let sent: Vec<&str> = field.names.iter().flat_map(|name| values(name)).collect();
        let mut loc = place.root.to_vec();
        loc.push(Loc::from(*name));
        let rules = if place.dives { field.slot.rules } else { &[] };
        let slot = Slot { shape: field.slot.shape, rules };
        check_values(&sent, &slot, field.default || place.optional, &loc, report);
    }
    if of.closed && place.depth == 0 {
        let root = Chain::root(place.root);
        let known = |name: &&&str| of.fields.iter().any(|field| field.names.contains(*name));
        for name in place.names.iter().filter(|name| !known(name)) {
            Sink(report).error(&root.key(name), "extra_forbidden", "Extra inputs are not permitted");
        }
    }
}

fn values_of(values: &[&str], spec: Spec<'_>, chain: &Chain<'_>, sink: &mut Sink<'_>) {
    let Some(last) = values.last() else { return };
    match spec.shape {
        Shape::Option(inner) => {
            let rules = rules_inside(spec.rules);
            values_of(values, Spec { shape: inner(), rules: &rules, ..spec }, chain, sink);
        }
        Shape::Newtype(slot) => {
            let rules = rules_of(slot, spec.dives);
            values_of(values, Spec { shape: (slot.shape)(), rules: &rules, ..spec }, chain, sink);
        }
        Shape::List { item, .. } | Shape::Array { item, .. } => {
            if sink.too_long(values.len(), spec.rules, "List", chain) {
                return;
            }
            let (before, rules) = (sink.0.len(), rules_of_items(spec.rules));
            for (index, value) in values.iter().enumerate() {
                one(value, Spec { shape: item(), rules: &rules, ..spec }, &chain.index(index), sink);
            }
            if sink.0.len() == before {
                sink.too_short(values.len(), spec.rules, "List", chain);
            }
        }
        Shape::Tuple(slots) => {
            for (index, slot) in slots.iter().enumerate() {
                let rules = rules_of(slot, spec.dives);
                match values.get(index) {
                    Some(value) => {
                        one(value, Spec { shape: (slot.shape)(), rules: &rules, ..spec }, &chain.index(index), sink);
                    }
                    None => sink.missing(&chain.index(index)),
                }
            }
        }
        _ => one(last, spec, chain, sink),
    }
}

/// One string.
fn one(text: &str, spec: Spec<'_>, chain: &Chain<'_>, sink: &mut Sink<'_>) {
    let Spec { shape, rules, .. } = spec;
    let mut refuse = |(kind, message): (&'static str, &'static str)| sink.error(chain, kind, message);
    match shape {
        Shape::Any | Shape::Unit => {}
        Shape::Option(inner) => {
            let rules = rules_inside(rules);
            one(text, Spec { shape: inner(), rules: &rules, ..spec }, chain, sink);
        }
        Shape::Newtype(slot) => {
            let rules = rules_of(slot, spec.dives);
            one(text, Spec { shape: (slot.shape)(), rules: &rules, ..spec }, chain, sink);
        }
        Shape::Bool => {
            if text.parse::<bool>().is_err() {
                refuse(BOOL_PARSING);
            }
        }
        Shape::Integer { min, max } => match integer(text) {
            Some(number) => {
                if !sink.out_of_range(number, Some(Number::from(*min)), Some(Number::from(*max)), chain) {
                    sink.number(number, rules, chain);
                }
            }
            None => refuse(INT_PARSING),
        },
        Shape::Float => match text.parse::<f64>() {
            Ok(number) => sink.number(Number::from(number), rules, chain),
            Err(_) => refuse(FLOAT_PARSING),
        },
        Shape::Text => sink.text(text, rules, chain),
        Shape::Char => sink.char(text, chain),
        Shape::Parsed { kind, check } => {
            if !check(text) {
                refuse((kind, "Input is not valid"));
            }
        }
        Shape::Enum(of) => {
            let is_unit = |body: &Body| matches!(body, Body::Unit);
            let fits = |names: &[&str]| names.is_empty() || names.contains(&text);
            if !of.variants.iter().any(|variant| is_unit(&variant.body) && fits(variant.names)) {
                sink.error(chain, "enum", format!("Input should be {}", names(of)));
            }
        }
        Shape::List { .. } | Shape::Array { .. } => refuse(("list_type", "Input should be a valid list")),
        Shape::Tuple(_) => refuse(("tuple_type", "Input should be a valid tuple")),
        Shape::Map { .. } => refuse(("dict_type", "Input should be a valid dictionary")),
        Shape::Struct(_) => refuse(MODEL_TYPE),
    }
}

/// An integer as Rust reads it; one that is too long for every type is out of every range.
fn integer(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(match (text.parse::<i128>(), text.parse::<u128>()) {
        (Ok(number), _) => Number::Integer(number),
        (_, Ok(number)) => Number::Huge(number),
        _ if text.starts_with('-') => Number::Float(f64::NEG_INFINITY),
        _ => Number::Float(f64::INFINITY),
    })
}
