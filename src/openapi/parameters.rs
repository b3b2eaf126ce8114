//! Parameters and bodies of requests.

use serde_json::{Map, Value, json};

use super::declared;
use super::operation::Operation;
use super::rust_type::{self, RustType};
use super::schemas::{Direction, without_null};
use super::template::{Kind, PathParameter, pattern};
use crate::handler::{Argument, Arguments, Location};

/// Facts about a route that the document does not have.
pub(super) type Gaps = Vec<String>;

/// Returns the parameters of a route. `names` has the names of the path parameters in the template, which may be those of
/// another rule.
pub(super) fn parameters(
    path: &[PathParameter],
    names: &[String],
    arguments: &Arguments,
    operation: &Operation,
    schemas: &mut Direction,
    gaps: &mut Gaps,
) -> Vec<Value> {
    let mut list = List { parameters: Vec::new(), operation };
    for (index, (parameter, name)) in path.iter().zip(names).enumerate() {
        let plain: Vec<_> = path.iter().filter(|other| other.kind != Kind::Unnamed).collect();
        // An argument with a name is for this parameter alone.
        let of_path = |argument: &&Argument| {
            argument.location == Location::Path && argument.name.is_none_or(|own| own == parameter.name)
        };
        let argument = arguments.iter().find(of_path);
        let place = plain.iter().position(|other| **other == path[index]);
        let schema = argument.and_then(|argument| match argument.name {
            Some(_) => schema_of(argument, schemas),
            None => of_argument(argument, place?, &parameter.name, schemas),
        });
        list.add_path(parameter, name, schema.unwrap_or_else(|| json!({"type": "string"})));
    }
    for argument in arguments.iter() {
        match argument.location {
            Location::Query if argument.name.is_some() => list.add_named("query", argument, schemas, gaps),
            Location::Query => list.add_fields("query", argument, schemas, gaps),
            Location::Header => list.add_named("header", argument, schemas, gaps),
            Location::Cookie => list.add_named("cookie", argument, schemas, gaps),
            _ => {}
        }
    }
    for declared in &operation.query {
        let schema = schemas.declared(*declared);
        match schemas.object(&schema) {
            Some(object) => list.add_object("query", &object, true),
            None => gaps.push(format!("the query type {} has no fields", declared.type_name)),
        }
    }
    list.parameters
}

/// Returns the schema of a field of a bundle that has a schema, with the limits and the description of the field.
fn of_member(argument: &Argument, schemas: &mut Direction) -> Option<Value> {
    let (bundle, field) = argument.member?;
    let schema = schemas.find(bundle)?;
    schemas.object(&schema)?["properties"].get(field).cloned()
}

/// Returns the schema of an argument: that of its field in the bundle, or else that of its type, with what the field declares.
fn schema_of(argument: &Argument, schemas: &mut Direction) -> Option<Value> {
    let mut schema = of_member(argument, schemas).or_else(|| schemas.find(argument.type_name))?;
    declared::add(&mut schema, argument);
    Some(schema)
}

/// Returns the schema that a `Path<T>` has for one parameter.
fn of_argument(argument: &Argument, place: usize, name: &str, schemas: &mut Direction) -> Option<Value> {
    if let Some(RustType { kind: rust_type::Kind::Tuple(types), .. }) = rust_type::parse(argument.type_name) {
        return schemas.resolve(types.get(place)?);
    }
    let schema = schemas.find(argument.type_name)?;
    match schemas.object(&schema) {
        Some(object) => object["properties"].get(name).cloned(),
        None if schema["type"] == "array" => schema.get("items").cloned(),
        None if schema["type"] == "object" => schema.get("additionalProperties").cloned(),
        None => Some(schema),
    }
}

struct List<'o> {
    parameters: Vec<Value>,
    operation: &'o Operation,
}

impl List<'_> {
    fn add(&mut self, place: &str, name: &str, required: bool, mut schema: Value, note: Option<String>) {
        // A header field of one of these names is described by other parts of the document, and ignored here.
        let is_ignored = place == "header" && ["accept", "authorization", "content-type"].contains(&name);
        if is_ignored || self.parameters.iter().any(|own| own["in"] == place && own["name"] == name) {
            return;
        }
        without_null(&mut schema);
        let mut parameter = Map::new();
        parameter.insert("name".to_owned(), name.into());
        parameter.insert("in".to_owned(), place.into());
        let declared = self.operation.descriptions.iter().rev().find(|(own, _)| own == name);
        let of_schema = schema.as_object_mut().and_then(|members| members.remove("description"));
        let text = declared.map(|(_, text)| text.clone()).or_else(|| Some(of_schema?.as_str()?.to_owned()));
        let texts: Vec<String> = text.into_iter().chain(note).collect();
        if !texts.is_empty() {
            parameter.insert("description".to_owned(), texts.join(" ").into());
        }
        parameter.insert("required".to_owned(), required.into());
        parameter.insert("schema".to_owned(), schema);
        self.parameters.push(parameter.into());
    }

    fn add_path(&mut self, parameter: &PathParameter, name: &str, mut schema: Value) {
        let mut notes = Vec::new();
        if name != parameter.name {
            notes.push(format!("In the rule of this method, it is called `{}`.", parameter.name));
        }
        match parameter.kind {
            Kind::Plain => {}
            Kind::CatchAll => notes.push("It is the rest of the path, and may have slashes.".to_owned()),
            Kind::Unnamed => notes.push("It may be several segments, with the slashes between them.".to_owned()),
        }
        if schema["type"] == "string" && schema.get("minLength").is_none() && schema.get("format").is_none() {
            schema["minLength"] = 1.into();
        }
        match parameter.regex.as_deref().map(|regex| (regex, pattern(regex))) {
            Some((_, Some(pattern))) if schema["type"] == "string" => schema["pattern"] = pattern.into(),
            Some((regex, _)) => notes.push(format!("It matches the regex `{regex}`.")),
            None => {}
        }
        let note = (!notes.is_empty()).then(|| notes.join(" "));
        self.add("path", name, true, schema, note);
        if parameter.kind != Kind::Plain
            && let Some(added) = self.parameters.last_mut()
        {
            added["x-gatewire-many-segments"] = true.into();
        }
    }

    /// Adds a parameter for each field of a type.
    fn add_fields(&mut self, place: &str, argument: &Argument, schemas: &mut Direction, gaps: &mut Gaps) {
        let schema = schemas.find(argument.type_name);
        if let Some(object) = schema.as_ref().and_then(|schema| schemas.object(schema)) {
            return self.add_object(place, &object, argument.required);
        }
        // Types that take any parameters have none to list.
        if schema.as_ref().is_some_and(|schema| matches!(schema["type"].as_str(), Some("object" | "array" | "null"))) {
            return;
        }
        gaps.push(format!("the type {} has no schema", argument.type_name));
        for name in argument.fields.unwrap_or_default() {
            self.add(place, name, false, Value::Object(Map::new()), None);
        }
    }

    fn add_named(&mut self, place: &str, argument: &Argument, schemas: &mut Direction, gaps: &mut Gaps) {
        match argument.name {
            // All fields, which nobody can list, unless the type has fields of its own.
            None if schemas.find(argument.type_name).is_none() => {}
            None => self.add_fields(place, argument, schemas, gaps),
            Some(name) => {
                let schema = schema_of(argument, schemas).unwrap_or_else(|| json!({"type": "string"}));
                self.add(place, name, argument.required, schema, None);
            }
        }
    }

    fn add_object(&mut self, place: &str, object: &Map<String, Value>, required: bool) {
        let required_names = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        for (name, schema) in object["properties"].as_object().into_iter().flatten() {
            let is_required = required && required_names.iter().any(|own| own == name);
            self.add(place, name, is_required, schema.clone(), None);
        }
    }
}

/// Returns the body of a request; `None` if the route takes none.
pub(super) fn request_body(
    arguments: &Arguments,
    operation: &Operation,
    schemas: &mut Direction,
    gaps: &mut Gaps,
) -> Option<Value> {
    let mut content = Map::new();
    let mut required = false;
    for declared in &operation.bodies {
        required = true;
        content.insert(declared.media_type.to_owned(), json!({"schema": schemas.declared(declared.schema)}));
    }
    let (fields, arguments): (Vec<&Argument>, Vec<&Argument>) =
        arguments.iter().partition(|argument| is_field(argument));
    if let Some(first) = fields.first() {
        required |= fields.iter().any(|field| field.required);
        let form = json!({"schema": form_of(&fields, schemas, gaps)});
        // A form without files may have either format.
        for media_type in ["multipart/form-data"].into_iter().chain(first.content_type) {
            content.entry(media_type).or_insert_with(|| form.clone());
        }
    }
    for argument in arguments {
        let Some(media_type) = argument.content_type else { continue };
        required |= argument.required;
        let declared = operation.bodies.iter().any(|body| body.media_type == media_type);
        if declared || content.contains_key(media_type) {
            continue;
        }
        content.insert(media_type.to_owned(), body_of(argument, media_type, schemas, gaps));
    }
    let examples: Map<String, Value> =
        operation.request_examples.iter().map(|(name, value)| (name.clone(), json!({"value": value}))).collect();
    if !examples.is_empty()
        && let Some(first) = content.values_mut().next()
    {
        first["examples"] = Value::Object(examples);
    }
    (!content.is_empty()).then(|| json!({"required": required, "content": content}))
}

/// Returns whether an argument is one field or file of a form.
fn is_field(argument: &Argument) -> bool {
    matches!(argument.location, Location::Form | Location::File) && argument.name.is_some()
}

/// Returns the schema of a form with these fields and files.
fn form_of(fields: &[&Argument], schemas: &mut Direction, gaps: &mut Gaps) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields {
        let name = field.name.unwrap_or_default();
        let mut schema = match field.location {
            Location::File => file_of(field, schemas),
            _ => schema_of(field, schemas).unwrap_or_else(|| {
                gaps.push(format!("the type {} has no schema", field.type_name));
                json!({})
            }),
        };
        without_null(&mut schema);
        properties.insert(name.to_owned(), schema);
        if field.required {
            required.push(name);
        }
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

/// Returns whether the field of a form is one file; the length of one is in bytes, which no schema limits.
fn is_single_file(field: &Argument) -> bool {
    let name = field.type_name.strip_prefix("core::option::Option<").unwrap_or(field.type_name);
    !name.starts_with("alloc::vec::Vec<")
}

/// Returns the schema of a file, or of a list of files, with the description of the field.
fn file_of(field: &Argument, schemas: &mut Direction) -> Value {
    let mut schema = json!({"type": "string", "contentMediaType": "application/octet-stream"});
    if !is_single_file(field) {
        schema = json!({"type": "array", "items": schema});
        declared::add(&mut schema, field);
    }
    if let Some(member) = of_member(field, schemas)
        && let Some(text) = member.get("description")
    {
        schema["description"] = text.clone();
    }
    schema
}

fn body_of(argument: &Argument, media_type: &str, schemas: &mut Direction, gaps: &mut Gaps) -> Value {
    match media_type {
        // Bytes have no schema in OpenAPI 3.1.
        "application/octet-stream" => json!({}),
        "multipart/form-data" => {
            gaps.push("the fields of its multipart form are not declared".to_owned());
            json!({"schema": {"type": "object", "additionalProperties": true}})
        }
        _ => match schema_of(argument, schemas) {
            Some(schema) => json!({"schema": schema}),
            None => {
                gaps.push(format!("the type {} has no schema", argument.type_name));
                let fields = argument.fields.unwrap_or_default().iter().map(|name| ((*name).to_owned(), json!({})));
                let fields: Map<String, Value> = fields.collect();
                if fields.is_empty() { json!({}) } else { json!({"schema": {"type": "object", "properties": fields}}) }
            }
        },
    }
}
