//! Makes the document of an API and its routes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::builder::OpenApi;
use super::errors::{Checks, add_schemas};
use super::operation::Operation;
use super::parameters::{parameters, request_body};
use super::responses::responses;
use super::schemas::{Direction, limit_integers, retain_used, unite};
use super::template::{Kind, Template, template};
use super::write;
use crate::handler::{Arguments, Endpoint, ResponseDocs, Schemas};
use crate::http::StatusCode;

/// A route, as it is registered in the app.
pub(crate) struct RouteSource {
    pub(crate) methods: Vec<String>,
    pub(crate) rule: String,
    pub(crate) handler: Endpoint,
    pub(crate) status: Option<StatusCode>,
    pub(crate) checks: Checks,
    pub(crate) docs: Option<Box<Operation>>,
}

/// An OpenAPI document.
pub(crate) struct Document {
    value: Value,
    /// A line for each thing that the document does not say.
    pub(crate) gaps: Vec<String>,
}

impl Document {
    /// Makes the document.
    pub(crate) fn new(api: &OpenApi, routes: &[RouteSource]) -> Self {
        let mut builder = Builder {
            api,
            requests: Direction::requests(api.schemas.clone()),
            responses: Direction::responses(api.schemas.clone()),
            paths: Map::new(),
            shapes: BTreeMap::new(),
            ids: BTreeSet::new(),
            gaps: Vec::new(),
            messages: routes.iter().any(|route| route.checks.messages),
        };
        // The types that any route names are known to all of them.
        let handlers: Vec<Handler> = routes.iter().map(Handler::of).collect();
        for handler in &handlers {
            builder.requests.learn(&handler.schemas);
            builder.responses.learn(&handler.schemas);
        }
        for (route, handler) in routes.iter().zip(&handlers) {
            builder.add_route(route, handler);
        }
        for (method, rule, _) in &api.operations {
            let is_route = |route: &RouteSource| route.rule == *rule && has_method(route, method);
            if !routes.iter().any(is_route) {
                builder.gaps.push(format!("{method} {rule}: it is described, but there is no such route"));
            }
        }
        builder.finish()
    }

    /// Returns the document with line breaks and indents, for people and version control.
    pub(crate) fn pretty(&self) -> String {
        write::pretty(&self.value)
    }

    /// Returns the document without blanks.
    pub(crate) fn compact(&self) -> String {
        write::compact(&self.value)
    }
}

fn has_method(route: &RouteSource, method: &str) -> bool {
    route.methods.iter().any(|own| own.eq_ignore_ascii_case(method))
}

/// The facts that the types of a handler stand for.
struct Handler {
    name: &'static str,
    arguments: Arguments,
    responses: ResponseDocs,
    schemas: Schemas,
}

impl Handler {
    fn of(route: &RouteSource) -> Self {
        let (mut arguments, mut responses, mut schemas) = Default::default();
        let name = route.handler.describe(&mut arguments);
        route.handler.document(&mut responses, &mut schemas);
        Self { name, arguments, responses, schemas }
    }
}

struct Builder<'a> {
    api: &'a OpenApi,
    requests: Direction,
    responses: Direction,
    paths: Map<String, Value>,
    /// The path of each shape, and the names of its parameters.
    shapes: BTreeMap<String, (String, Vec<String>)>,
    ids: BTreeSet<String>,
    gaps: Vec<String>,
    /// True if the errors of validation have messages, which is a setting of the app.
    messages: bool,
}

impl Builder<'_> {
    fn add_route(&mut self, route: &RouteSource, handler: &Handler) {
        // Rules that cannot be read are errors of `build`.
        let Some(template) = template(&route.rule) else { return };
        for method in &route.methods {
            let mut operation = route.docs.as_deref().cloned().unwrap_or_default();
            for (_, _, outer) in self
                .api
                .operations
                .iter()
                .filter(|(own, rule, _)| own.eq_ignore_ascii_case(method) && *rule == route.rule)
            {
                operation.merge(outer.clone());
            }
            if !operation.hidden {
                self.add_operation(method, route, &template, handler, &operation);
            }
        }
    }

    fn add_operation(
        &mut self,
        method: &str,
        route: &RouteSource,
        template: &Template,
        handler: &Handler,
        operation: &Operation,
    ) {
        let own_names = || template.parameters.iter().map(|parameter| parameter.name.clone()).collect();
        let (path, names) =
            self.shapes.entry(template.shape.clone()).or_insert_with(|| (template.path.clone(), own_names())).clone();
        let mut gaps = Vec::new();
        if operation.summary.is_none() && operation.description.is_none() {
            gaps.push("it has no summary".to_owned());
        }
        let arguments = &handler.arguments;
        let mut value = Map::new();
        let mut set = |name: &str, member: Value| value.insert(name.to_owned(), member);
        if !operation.tags.is_empty() {
            set("tags", json!(operation.tags));
        }
        set("summary", operation.summary.clone().unwrap_or_else(|| format!("{method} {path}")).into());
        if let Some(text) = description(operation, template) {
            set("description", text.into());
        }
        if let Some(docs) = &operation.external_docs {
            set("externalDocs", docs.clone());
        }
        set("operationId", self.operation_id(method, &path, handler.name, operation).into());
        let list = parameters(&template.parameters, &names, arguments, operation, &mut self.requests, &mut gaps);
        if !list.is_empty() {
            set("parameters", list.into());
        }
        if let Some(body) = request_body(arguments, operation, &mut self.requests, &mut gaps) {
            set("requestBody", body);
        }
        let errors = self.api.argument_errors.then_some((arguments, route.checks));
        let inferred = handler.responses.list();
        set("responses", responses(inferred, route.status, errors, operation, &mut self.responses, &mut gaps));
        if operation.deprecated {
            set("deprecated", true.into());
        }
        if let Some(security) = &operation.security {
            set("security", json!(security));
        }
        value.extend(operation.extensions.clone());
        for gap in gaps {
            self.gaps.push(format!("{method} {}: {gap}", route.rule));
        }
        self.insert(method, &route.rule, path, value);
    }

    /// Adds an operation to its path.
    fn insert(&mut self, method: &str, rule: &str, path: String, operation: Map<String, Value>) {
        const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
        let item = self.paths.entry(path).or_insert_with(|| json!({}));
        let lower = method.to_ascii_lowercase();
        let place = if METHODS.contains(&lower.as_str()) {
            &mut item[&lower]
        } else {
            // OpenAPI 3.1 knows no other methods; 3.2 has `additionalOperations`.
            &mut item["x-additionalOperations"][method]
        };
        if place.is_null() {
            *place = Value::Object(operation);
            return;
        }
        // Two rules that differ only in their regexes are one path to OpenAPI.
        let note = format!("Another route takes this method for paths that match `{rule}`.");
        let before = place["description"].as_str().map(|text| format!("{text}\n\n")).unwrap_or_default();
        place["description"] = format!("{before}{note}").into();
        self.gaps.push(format!("{method} {rule}: OpenAPI cannot distinguish it from another route of the same path"));
    }

    fn operation_id(&mut self, method: &str, path: &str, handler: &str, operation: &Operation) -> String {
        let id = operation.operation_id.clone().unwrap_or_else(|| {
            let name = handler.rsplit("::").next().unwrap_or_default();
            let name = if name.contains(['{', '<', '>']) { "" } else { name };
            let text = format!("{name}{path}_{}", method.to_ascii_lowercase());
            let text: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            text.trim_start_matches('_').to_owned()
        });
        let mut unique = id.clone();
        let mut number = 2;
        while !self.ids.insert(unique.clone()) {
            unique = format!("{id}_{number}");
            number += 1;
        }
        unique
    }

    fn finish(mut self) -> Document {
        let mut parts: Vec<&mut Value> = Vec::new();
        for (name, item) in self.paths.values_mut().filter_map(Value::as_object_mut).flatten() {
            if name == "x-additionalOperations" {
                let operations = item.as_object_mut().into_iter().flat_map(Map::values_mut);
                parts.extend(operations.filter_map(|operation| operation.get_mut("responses")));
            } else {
                parts.extend(item.get_mut("responses"));
            }
        }
        let mut schemas = unite(self.requests, self.responses, &mut parts);
        schemas.values_mut().chain(self.paths.values_mut()).for_each(limit_integers);
        retain_used(&mut schemas, self.paths.values().chain(self.api.extensions.values()));
        add_schemas(&mut self.paths, self.messages, &mut schemas);
        let mut components = Map::new();
        if !schemas.is_empty() {
            components.insert("schemas".to_owned(), schemas.into());
        }
        if !self.api.security_schemes.is_empty() {
            components.insert("securitySchemes".to_owned(), self.api.security_schemes.clone().into());
        }
        let mut document = self.api.extensions.clone();
        let mut set = |name: &str, member: Value| document.insert(name.to_owned(), member);
        set("openapi", "3.1.0".into());
        set("info", self.api.info.clone().into());
        set("paths", self.paths.into());
        for (name, list) in [("servers", &self.api.servers), ("tags", &self.api.tags), ("security", &self.api.security)]
        {
            if !list.is_empty() {
                set(name, list.clone().into());
            }
        }
        if let Some(docs) = &self.api.external_docs {
            set("externalDocs", docs.clone());
        }
        if !components.is_empty() {
            set("components", components.into());
        }
        Document { value: document.into(), gaps: self.gaps }
    }
}

/// Returns the description of an operation, with what the path cannot say.
fn description(operation: &Operation, template: &Template) -> Option<String> {
    let many = template.parameters.iter().filter(|parameter| parameter.kind != Kind::Plain);
    let notes = many.map(|parameter| match parameter.kind {
        Kind::CatchAll => format!("`{{{}}}` stands for the rest of the path, slashes included.", parameter.name),
        _ => format!(
            "`{{{}}}` stands for one or more segments that match `{}`.",
            parameter.name,
            parameter.regex.as_deref().unwrap_or_default()
        ),
    });
    let texts: Vec<String> = operation.description.iter().cloned().chain(notes).collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}
