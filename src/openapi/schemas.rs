//! The schemas of types, found by the names of the types.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::rust_type::{Kind, RustType, parse};
use crate::handler::{Schemas, TypeSchema};

pub(super) const PREFIX: &str = "#/components/schemas/";

/// The schemas of one direction: of what clients send, or of what they get. They may differ, as serde's attributes do.
pub(super) struct Direction {
    generator: SchemaGenerator,
    known: Vec<TypeSchema>,
}

/// The name of [`Owned`](crate::extract::Owned), which is only a wrapper.
const OWNED: &str = concat!(env!("CARGO_CRATE_NAME"), "::extract::input::Owned");

type Make = fn(&mut SchemaGenerator) -> Schema;

fn of<T: JsonSchema + ?Sized>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The types of the standard library that have no types in them.
const STANDARD: &[(&str, Make)] = &[
    ("bool", of::<bool>),
    ("char", of::<char>),
    ("str", of::<str>),
    ("String", of::<String>),
    ("i8", of::<i8>),
    ("i16", of::<i16>),
    ("i32", of::<i32>),
    ("i64", of::<i64>),
    ("i128", of::<i128>),
    ("isize", of::<isize>),
    ("u8", of::<u8>),
    ("u16", of::<u16>),
    ("u32", of::<u32>),
    ("u64", of::<u64>),
    ("u128", of::<u128>),
    ("usize", of::<usize>),
    ("f32", of::<f32>),
    ("f64", of::<f64>),
    ("IpAddr", of::<std::net::IpAddr>),
    ("Ipv4Addr", of::<std::net::Ipv4Addr>),
    ("Ipv6Addr", of::<std::net::Ipv6Addr>),
];

impl Direction {
    /// The schemas of what clients send.
    pub(super) fn requests(known: Schemas) -> Self {
        Self { generator: settings().for_deserialize().into_generator(), known: known.0 }
    }

    /// The schemas of what clients get.
    pub(super) fn responses(known: Schemas) -> Self {
        Self { generator: settings().for_serialize().into_generator(), known: known.0 }
    }

    /// Adds the schemas of more types.
    pub(super) fn learn(&mut self, schemas: &Schemas) {
        self.known.extend_from_slice(&schemas.0);
    }

    /// Returns the schema of a declared type.
    pub(super) fn declared(&mut self, schema: TypeSchema) -> Value {
        (schema.make)(&mut self.generator).to_value()
    }

    /// Returns the schema of a type by its name; `None` if it is not known.
    pub(super) fn find(&mut self, type_name: &str) -> Option<Value> {
        // A whole name may be registered that cannot be read.
        if let Some(known) = self.known.iter().find(|known| known.type_name == type_name).copied() {
            return Some(self.declared(known));
        }
        self.resolve(&parse(type_name)?)
    }

    pub(super) fn resolve(&mut self, rust_type: &RustType<'_>) -> Option<Value> {
        if let Some(known) = self.known.iter().find(|known| known.type_name == rust_type.text).copied() {
            return Some(self.declared(known));
        }
        match &rust_type.kind {
            Kind::List(item) => Some(json!({"type": "array", "items": self.resolve(item)?})),
            Kind::Tuple(types) if types.is_empty() => Some(json!({"type": "null"})),
            Kind::Tuple(types) => {
                let items = types.iter().map(|item| self.resolve(item)).collect::<Option<Vec<_>>>()?;
                let count = items.len();
                Some(json!({"type": "array", "prefixItems": items, "minItems": count, "maxItems": count}))
            }
            Kind::Named(path, arguments) => self.named(path, arguments),
        }
    }

    fn named(&mut self, path: &str, arguments: &[RustType<'_>]) -> Option<Value> {
        let (name, is_std) = match path.rsplit_once("::") {
            Some((module, name)) => (name, ["core", "alloc", "std"].contains(&module.split("::").next()?)),
            None => (path, true),
        };
        match (name, arguments) {
            ("Value", []) if path == "serde_json::value::Value" => Some(Value::Bool(true)),
            ("Owned", [inner]) if path == OWNED => self.resolve(inner),
            _ if !is_std => None,
            (_, []) => {
                STANDARD.iter().find(|(own, _)| *own == name).map(|(_, make)| make(&mut self.generator).to_value())
            }
            ("Box" | "Rc" | "Arc" | "Cow", [inner, ..]) => self.resolve(inner),
            ("Option", [inner]) => self.resolve(inner).map(nullable),
            ("Vec" | "VecDeque" | "LinkedList", [item, ..]) => {
                Some(json!({"type": "array", "items": self.resolve(item)?}))
            }
            ("HashSet" | "BTreeSet", [item, ..]) => {
                Some(json!({"type": "array", "items": self.resolve(item)?, "uniqueItems": true}))
            }
            ("HashMap" | "BTreeMap", [_, value, ..]) => {
                Some(json!({"type": "object", "additionalProperties": self.resolve(value)?}))
            }
            ("NonZero", [number]) => {
                let mut schema = self.resolve(number)?;
                if schema["minimum"] == 0 {
                    schema["minimum"] = 1.into();
                } else {
                    schema["not"] = json!({"const": 0});
                }
                Some(schema)
            }
            _ => None,
        }
    }

    /// Returns the object that a schema is, or refers to.
    pub(super) fn object(&self, schema: &Value) -> Option<Map<String, Value>> {
        let mut schema = schema;
        // Bounded: a definition may refer to itself.
        for _ in 0..8 {
            let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix(PREFIX)) else { break };
            schema = self.generator.definitions().get(name)?;
        }
        schema.as_object().filter(|members| members.contains_key("properties")).cloned()
    }
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    })
}

/// Returns the schema of an `Option`.
fn nullable(schema: Value) -> Value {
    match schema["type"].as_str() {
        Some(kind) => {
            let kinds = json!([kind, "null"]);
            let mut schema = schema;
            schema["type"] = kinds;
            schema
        }
        None => json!({"anyOf": [schema, {"type": "null"}]}),
    }
}

/// Removes `null` from the types and the default of a schema: a parameter that is absent is not a value.
pub(super) fn without_null(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else { return };
    if members.get("default").is_some_and(Value::is_null) {
        members.remove("default");
    }
    if let Some(Value::Array(kinds)) = members.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = &kinds[..] {
            let kind = kind.clone();
            members.insert("type".to_owned(), kind);
        }
    }
    if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(only)] = &choices[..] {
            let only = only.clone();
            members.remove("anyOf");
            members.extend(only);
        }
    }
}

/// Adds the limits of integers of 64 bits, which their formats do not have in JSON Schema.
pub(super) fn limit_integers(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(limit_integers),
        Value::Object(members) => {
            let (least, most): (Value, Value) = match members.get("format").and_then(Value::as_str) {
                Some("int64" | "int") => (i64::MIN.into(), i64::MAX.into()),
                Some("uint64" | "uint") => (0.into(), u64::MAX.into()),
                _ => (Value::Null, Value::Null),
            };
            if !most.is_null() {
                members.entry("minimum").or_insert(least);
                members.entry("maximum").or_insert(most);
            }
            let values = ["example", "examples", "default", "enum", "const"];
            let parts = members.iter_mut().filter(|(name, _)| !values.contains(&name.as_str()));
            parts.for_each(|(_, member)| limit_integers(member));
        }
        _ => {}
    }
}

/// Unites the definitions of both directions. If a type has two schemas, the one of responses is called `…Output`: the
/// renamed references are corrected in `responses`, which is a part of the document.
pub(super) fn unite(mut requests: Direction, mut responses: Direction, parts: &mut [&mut Value]) -> Map<String, Value> {
    let mut definitions = requests.generator.take_definitions(true);
    let mut output = responses.generator.take_definitions(true);
    let mut renamed: BTreeSet<String> = output
        .iter()
        .filter(|(name, own)| definitions.get(*name).is_some_and(|other| other != *own))
        .map(first)
        .collect();
    // A type that refers to a renamed one has two schemas too.
    loop {
        let refers = |schema: &Value| references(schema).iter().any(|name| renamed.contains(name));
        let more: Vec<String> = output
            .iter()
            .filter(|(name, schema)| definitions.contains_key(*name) && !renamed.contains(*name) && refers(schema))
            .map(first)
            .collect();
        if more.is_empty() {
            break;
        }
        renamed.extend(more);
    }
    let names: BTreeMap<String, String> =
        renamed.into_iter().map(|name| (name.clone(), format!("{name}Output"))).collect();
    for schema in output.values_mut().chain(parts.iter_mut().map(|part| &mut **part)) {
        rename(schema, &names);
    }
    for (name, schema) in output {
        definitions.insert(names.get(&name).cloned().unwrap_or(name), schema);
    }
    definitions
}

fn first((name, _): (&String, &Value)) -> String {
    name.clone()
}

/// Removes the definitions that nothing refers to, from `roots` on: those of types whose fields are parameters.
pub(super) fn retain_used<'v>(definitions: &mut Map<String, Value>, roots: impl Iterator<Item = &'v Value>) {
    let mut open: Vec<String> = roots.flat_map(references).collect();
    let mut used = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(schema) = definitions.get(&name)
            && used.insert(name)
        {
            open.extend(references(schema));
        }
    }
    definitions.retain(|name, _| used.contains(name));
}

/// Returns the names of the schemas that a part of the document refers to.
pub(super) fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(members) => {
            let own = schema["$ref"].as_str().and_then(|name| name.strip_prefix(PREFIX)).map(str::to_owned);
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        _ => Vec::new(),
    }
}

/// Replaces names in the references of a part of the document.
pub(super) fn rename(part: &mut Value, names: &BTreeMap<String, String>) {
    match part {
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(PREFIX).and_then(|name| names.get(name))
            {
                *reference = format!("{PREFIX}{name}");
            }
            members.values_mut().for_each(|member| rename(member, names));
        }
        _ => {}
    }
}
