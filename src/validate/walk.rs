//! Looks for all errors of a JSON document, by the description of the type that it should have.

use simd_json::{Node, StaticNode};

use super::chain::{
    BOOL_PARSING, BOOL_TYPE, Chain, FLOAT_PARSING, FLOAT_TYPE, INT_FROM_FLOAT, INT_TYPE, MODEL_TYPE, STRING_TYPE, Sink,
    Spec, integer_as_text, rules_inside, rules_of, rules_of_items,
};
use super::report::Report;
use super::shape::{Body, Enum, Field, Number, Rule, Shape, Slot, Struct, Tagging, Variant};
use crate::mismatch::Loc;

/// Adds all errors of a document that is expected to have a shape, and to keep rules.
#[cold]
pub(crate) fn walk(nodes: &[Node<'_>], slot: &Slot, loc: &[Loc], report: &mut Report) {
    Walker { nodes, sink: Sink(report) }.slot(0, slot, true, &Chain::root(loc));
}

struct Walker<'w, 't, 'n> {
    nodes: &'t [Node<'n>],
    sink: Sink<'w>,
}

/// The fields that an object may have, those of flattened structs included.
#[derive(Default)]
struct Fields {
    fields: Vec<Expected>,
    /// True if anything takes the other fields.
    open: bool,
}

struct Expected {
    field: &'static Field,
    /// True if it is in a flattened struct that may be missing.
    optional: bool,
    dives: bool,
    /// Its place on the tape, and whether it was there before.
    found: Option<usize>,
    repeated: bool,
}

impl Fields {
    fn collect(&mut self, of: &Struct, optional: bool, dives: bool, depth: usize) {
        for field in of.fields {
            if !field.flatten {
                self.fields.push(Expected { field, optional, dives, found: None, repeated: false });
                continue;
            }
            let dives = dives && field.slot.dives();
            match flattened((field.slot.shape)()) {
                // A struct that is flattened into itself has no end.
                Some((inner, is_option)) if depth < 16 => self.collect(inner, optional || is_option, dives, depth + 1),
                _ => self.open = true,
            }
        }
    }
}

fn flattened(shape: &'static Shape) -> Option<(&'static Struct, bool)> {
    match shape {
        Shape::Struct(inner) => Some((inner, false)),
        Shape::Option(inner) => flattened(inner()).map(|(inner, _)| (inner, true)),
        Shape::Newtype(slot) => flattened((slot.shape)()),
        _ => None,
    }
}

impl<'t, 'n> Walker<'_, 't, 'n> {
    fn node(&self, at: usize) -> &'t Node<'n> {
        self.nodes.get(at).unwrap_or(&Node::Static(StaticNode::Null))
    }

    /// The place of the value after this one.
    fn after(&self, at: usize) -> usize {
        match *self.node(at) {
            Node::Object { count, .. } | Node::Array { count, .. } => at + 1 + count,
            _ => at + 1,
        }
    }

    fn refuse(&mut self, (kind, message): (&'static str, &'static str), chain: &Chain<'_>) {
        self.sink.error(chain, kind, message);
    }

    fn slot(&mut self, at: usize, slot: &Slot, dives: bool, chain: &Chain<'_>) {
        let rules = rules_of(slot, dives);
        self.value(at, Spec { shape: (slot.shape)(), rules: &rules, dives: dives && slot.dives() }, chain);
    }

    fn value(&mut self, at: usize, spec: Spec<'_>, chain: &Chain<'_>) {
        let Spec { shape, rules, dives } = spec;
        match (shape, self.node(at)) {
            (Shape::Any, _) => {}
            (Shape::Option(inner), node) => {
                let required = rules.iter().any(|rule| matches!(rule, Rule::Required));
                if required || !matches!(node, Node::Static(StaticNode::Null)) {
                    let rules = rules_inside(rules);
                    self.value(at, Spec { shape: inner(), rules: &rules, dives }, chain);
                }
            }
            // Rules for the newtype itself need an implementation that nothing is known of.
            (Shape::Newtype(slot), _) => self.slot(at, slot, dives || !rules.is_empty(), chain),
            (Shape::Unit, Node::Static(StaticNode::Null)) => {}
            (Shape::Unit, _) => self.refuse(("none_required", "Input should be None"), chain),
            (Shape::Bool, node) => self.boolean(node, chain),
            (Shape::Integer { min, max }, node) => self.integer(node, (*min, *max), rules, chain),
            (Shape::Float, node) => self.float(node, rules, chain),
            (Shape::Text, Node::String(text)) => self.sink.text(text, rules, chain),
            (Shape::Char, Node::String(text)) => self.sink.char(text, chain),
            (Shape::Parsed { kind, check }, Node::String(text)) => {
                if !check(text) {
                    self.sink.error(chain, kind, "Input is not valid");
                }
            }
            (Shape::Parsed { kind, .. }, _) if kind.starts_with("ip_") => {
                self.sink.error(chain, kind, "Input is not valid");
            }
            (Shape::Text | Shape::Char | Shape::Parsed { .. }, _) => self.refuse(STRING_TYPE, chain),
            (Shape::List { item, .. }, Node::Array { len, .. }) => self.list(at, *len, item(), spec, chain),
            (Shape::List { set: true, .. }, _) => self.refuse(("set_type", "Input should be a valid set"), chain),
            (Shape::List { .. }, _) => self.refuse(("list_type", "Input should be a valid list"), chain),
            (Shape::Array { item, length }, Node::Array { len, .. }) => {
                self.array(at, (*len, *length), item(), spec, chain);
            }
            (Shape::Array { .. }, _) => self.refuse(("list_type", "Input should be a valid list"), chain),
            (Shape::Tuple(slots), Node::Array { len, .. }) => self.tuple(at, *len, slots, dives, chain),
            (Shape::Tuple(_), _) => self.refuse(("tuple_type", "Input should be a valid tuple"), chain),
            (Shape::Map { value }, Node::Object { len, .. }) => self.map(at, *len, value(), spec, chain),
            (Shape::Map { .. }, _) => self.refuse(("dict_type", "Input should be a valid dictionary"), chain),
            (Shape::Struct(of), Node::Object { len, .. }) => self.object(at, *len, of, dives, &[], chain),
            (Shape::Struct(_), _) => self.refuse(MODEL_TYPE, chain),
            (Shape::Enum(of), _) => self.choice(at, of, dives, chain),
        }
    }

    fn boolean(&mut self, node: &Node<'_>, chain: &Chain<'_>) {
        match node {
            Node::Static(StaticNode::Bool(_)) => {}
            // Powertools reads these strings and numbers as booleans.
            Node::String(text) if is_boolean(text) => self.refuse(BOOL_TYPE, chain),
            Node::Static(StaticNode::U64(0 | 1)) => self.refuse(BOOL_TYPE, chain),
            Node::String(_) | Node::Static(StaticNode::U64(_) | StaticNode::I64(_)) => self.refuse(BOOL_PARSING, chain),
            _ => self.refuse(BOOL_TYPE, chain),
        }
    }

    fn integer(&mut self, node: &Node<'_>, (min, max): (i128, u128), rules: &[&'static Rule], chain: &Chain<'_>) {
        let number = match *node {
            Node::Static(StaticNode::U64(number)) => Number::from(number),
            Node::Static(StaticNode::I64(number)) => Number::from(number),
            Node::Static(StaticNode::F64(number)) if number.fract() != 0.0 => {
                return self.refuse(INT_FROM_FLOAT, chain);
            }
            Node::Static(StaticNode::F64(number)) => Number::from(number),
            Node::String(text) => return self.refuse(integer_as_text(text), chain),
            _ => return self.refuse(INT_TYPE, chain),
        };
        if self.sink.out_of_range(number, Some(Number::from(min)), Some(Number::from(max)), chain) {
            return;
        }
        if let Number::Float(_) = number {
            return self.refuse(INT_TYPE, chain);
        }
        self.sink.number(number, rules, chain);
    }

    fn float(&mut self, node: &Node<'_>, rules: &[&'static Rule], chain: &Chain<'_>) {
        match *node {
            Node::Static(StaticNode::U64(number)) => self.sink.number(Number::from(number as f64), rules, chain),
            Node::Static(StaticNode::I64(number)) => self.sink.number(Number::from(number as f64), rules, chain),
            Node::Static(StaticNode::F64(number)) => self.sink.number(Number::from(number), rules, chain),
            Node::String(text) if text.trim().parse::<f64>().is_err() => self.refuse(FLOAT_PARSING, chain),
            _ => self.refuse(FLOAT_TYPE, chain),
        }
    }

    fn list(&mut self, at: usize, length: usize, item: &'static Shape, spec: Spec<'_>, chain: &Chain<'_>) {
        // As pydantic does: a list that is too long is not looked into, and one that is too short only counts as such
        // if its items are right.
        if self.sink.too_long(length, spec.rules, "List", chain) {
            return;
        }
        let before = self.sink.0.len();
        let rules = rules_of_items(spec.rules);
        let mut next = at + 1;
        for index in 0..length {
            if self.sink.0.is_full() {
                return;
            }
            self.value(next, Spec { shape: item, rules: &rules, dives: spec.dives }, &chain.index(index));
            next = self.after(next);
        }
        if self.sink.0.len() == before {
            self.sink.too_short(length, spec.rules, "List", chain);
        }
    }

    /// An array that has to have a length.
    fn array(
        &mut self,
        at: usize,
        (found, wanted): (usize, usize),
        item: &'static Shape,
        spec: Spec<'_>,
        chain: &Chain<'_>,
    ) {
        let s = if wanted == 1 { "" } else { "s" };
        if found > wanted {
            let message = format!("List should have at most {wanted} item{s} after validation, not {found}");
            return self.sink.error(chain, "too_long", message);
        }
        let before = self.sink.0.len();
        self.list(at, found, item, spec, chain);
        if found < wanted && self.sink.0.len() == before {
            let message = format!("List should have at least {wanted} item{s} after validation, not {found}");
            self.sink.error(chain, "too_short", message);
        }
    }

    fn tuple(&mut self, at: usize, length: usize, slots: &'static [Slot], dives: bool, chain: &Chain<'_>) {
        if length > slots.len() {
            let (limit, s) = (slots.len(), if slots.len() == 1 { "" } else { "s" });
            let message = format!("Tuple should have at most {limit} item{s} after validation, not {length}");
            return self.sink.error(chain, "too_long", message);
        }
        let mut next = at + 1;
        for (index, slot) in slots.iter().enumerate() {
            if index >= length {
                self.sink.missing(&chain.index(index));
                continue;
            }
            // A tuple has no place for rules, so its items are looked at as it is.
            let rules = rules_of(slot, dives);
            self.value(next, Spec { shape: (slot.shape)(), rules: &rules, dives }, &chain.index(index));
            next = self.after(next);
        }
    }

    fn map(&mut self, at: usize, length: usize, value: &'static Shape, spec: Spec<'_>, chain: &Chain<'_>) {
        if self.sink.too_long(length, spec.rules, "Dictionary", chain) {
            return;
        }
        let before = self.sink.0.len();
        let rules = rules_of_items(spec.rules);
        let mut next = at + 1;
        for _ in 0..length {
            let Node::String(key) = *self.node(next) else { return };
            if self.sink.0.is_full() {
                return;
            }
            self.value(next + 1, Spec { shape: value, rules: &rules, dives: spec.dives }, &chain.key(key));
            next = self.after(next + 1);
        }
        if self.sink.0.len() == before {
            self.sink.too_short(length, spec.rules, "Dictionary", chain);
        }
    }

    /// The members of an object; `known` are keys that are no fields.
    fn object(
        &mut self,
        at: usize,
        length: usize,
        of: &'static Struct,
        dives: bool,
        known: &[&str],
        chain: &Chain<'_>,
    ) {
        let mut expected = Fields::default();
        expected.collect(of, false, dives, 0);
        let mut unknown: Vec<&str> = Vec::new();
        let mut next = at + 1;
        for _ in 0..length {
            let Node::String(key) = *self.node(next) else { return };
            match expected.fields.iter_mut().find(|own| own.field.names.contains(&key)) {
                Some(own) => own.repeated = own.found.replace(next + 1).is_some(),
                None => {
                    let forbidden = of.closed && !expected.open && !known.contains(&key);
                    if forbidden && unknown.len() < super::report::MAX_ERRORS {
                        unknown.push(key);
                    }
                }
            }
            next = self.after(next + 1);
        }
        for Expected { field, optional, dives, found, repeated } in expected.fields {
            let [name, ..] = field.names else { continue };
            let chain = chain.key(name);
            match found {
                _ if repeated => self.sink.error(&chain, "value_error", "The field is there more than once"),
                Some(at) => self.slot(at, &field.slot, dives, &chain),
                None if field.default || optional => {}
                None if (field.slot.shape)().is_optional() && !field.slot.is_required(dives) => {}
                None => self.sink.missing(&chain),
            }
        }
        for key in unknown {
            self.sink.error(&chain.key(key), "extra_forbidden", "Extra inputs are not permitted");
        }
    }

    fn choice(&mut self, at: usize, of: &'static Enum, dives: bool, chain: &Chain<'_>) {
        match of.tagging {
            Tagging::External => self.external(at, of, dives, chain),
            Tagging::Internal { tag } => {
                let Some(variant) = self.tagged(at, tag, of, chain) else { return };
                let chain = chain.tag(variant.0);
                match &variant.1.body {
                    Body::Unit | Body::Tuple(_) => {}
                    Body::Struct(inner) => {
                        if let Node::Object { len, .. } = *self.node(at) {
                            self.object(at, len, inner, dives, &[tag], &chain);
                        }
                    }
                    Body::Newtype(slot) => match ((slot.shape)(), self.node(at)) {
                        (Shape::Struct(inner), Node::Object { len, .. }) => {
                            self.object(at, *len, inner, dives && slot.dives(), &[tag], &chain);
                        }
                        _ => self.slot(at, slot, dives, &chain),
                    },
                }
            }
            Tagging::Adjacent { tag, content } => {
                let Some(variant) = self.tagged(at, tag, of, chain) else { return };
                match self.member(at, content) {
                    Some(place) => self.body(place, &variant.1.body, dives, &chain.tag(variant.0).key(content)),
                    None if matches!(variant.1.body, Body::Unit) => {}
                    None => self.sink.missing(&chain.tag(variant.0).key(content)),
                }
            }
        }
    }

    fn external(&mut self, at: usize, of: &'static Enum, dives: bool, chain: &Chain<'_>) {
        let plain = of.variants.iter().all(|variant| matches!(variant.body, Body::Unit));
        match *self.node(at) {
            Node::String(name) => match variant_of(of, name) {
                Some(Variant { body: Body::Unit, .. }) => {}
                Some(_) => self.refuse(MODEL_TYPE, chain),
                None => self.not_a_variant(of, chain),
            },
            Node::Object { len: 1, .. } if !plain => {
                let Node::String(name) = *self.node(at + 1) else { return };
                match variant_of(of, name) {
                    Some(variant) => self.body(at + 2, &variant.body, dives, &chain.key(name)),
                    None => self.sink.error(chain, "union_tag_invalid", expected_tags(of)),
                }
            }
            _ if plain => self.not_a_variant(of, chain),
            Node::Object { .. } => {
                self.refuse(("union_tag_not_found", "Input should have one field, the name of a variant"), chain);
            }
            _ => self.refuse(MODEL_TYPE, chain),
        }
    }

    fn not_a_variant(&mut self, of: &Enum, chain: &Chain<'_>) {
        self.sink.error(chain, "enum", format!("Input should be {}", names(of)));
    }

    fn body(&mut self, at: usize, body: &'static Body, dives: bool, chain: &Chain<'_>) {
        match (body, self.node(at)) {
            (Body::Unit, Node::Static(StaticNode::Null)) => {}
            (Body::Unit, _) => self.refuse(("none_required", "Input should be None"), chain),
            (Body::Newtype(slot), _) => self.slot(at, slot, dives, chain),
            (Body::Tuple(slots), Node::Array { len, .. }) => self.tuple(at, *len, slots, dives, chain),
            (Body::Tuple(_), _) => self.refuse(("tuple_type", "Input should be a valid tuple"), chain),
            (Body::Struct(inner), Node::Object { len, .. }) => self.object(at, *len, inner, dives, &[], chain),
            (Body::Struct(_), _) => self.refuse(MODEL_TYPE, chain),
        }
    }

    /// The variant that a member of the object names.
    fn tagged(
        &mut self,
        at: usize,
        tag: &'static str,
        of: &'static Enum,
        chain: &Chain<'_>,
    ) -> Option<(&'n str, &'static Variant)> {
        let Node::Object { .. } = self.node(at) else {
            self.refuse(MODEL_TYPE, chain);
            return None;
        };
        let Some(place) = self.member(at, tag) else {
            self.sink.error(chain, "union_tag_not_found", format!("Unable to extract tag using discriminator '{tag}'"));
            return None;
        };
        if let Node::String(name) = *self.node(place)
            && let Some(variant) = variant_of(of, name)
        {
            return Some((name, variant));
        }
        self.sink.error(chain, "union_tag_invalid", expected_tags(of));
        None
    }

    /// The place of a member's value.
    fn member(&self, at: usize, name: &str) -> Option<usize> {
        let Node::Object { len, .. } = *self.node(at) else { return None };
        let mut next = at + 1;
        for _ in 0..len {
            if matches!(self.node(next), Node::String(key) if *key == name) {
                return Some(next + 1);
            }
            next = self.after(next + 1);
        }
        None
    }
}

fn variant_of(of: &'static Enum, name: &str) -> Option<&'static Variant> {
    let named = of.variants.iter().find(|variant| variant.names.contains(&name));
    named.or_else(|| of.variants.iter().find(|variant| variant.names.is_empty()))
}

/// The names of all variants: `'a', 'b' or 'c'`.
pub(super) fn names(of: &Enum) -> String {
    let all: Vec<String> = of.variants.iter().filter_map(|own| Some(format!("'{}'", own.names.first()?))).collect();
    match all.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn expected_tags(of: &Enum) -> String {
    let all: Vec<String> = of.variants.iter().filter_map(|own| Some(format!("'{}'", own.names.first()?))).collect();
    format!("Input tag does not match any of the expected tags: {}", all.join(", "))
}

/// The strings that Powertools reads as booleans.
fn is_boolean(text: &str) -> bool {
    ["0", "1", "f", "t", "n", "y", "no", "off", "on", "yes", "false", "true"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(text))
}
