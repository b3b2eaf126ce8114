//! Responses of routes.

use serde_json::{Map, Value, json};

use super::errors::{Checks, argument_errors, error_content};
use super::operation::{Body, Operation};
use super::parameters::Gaps;
use super::schemas::Direction;
use crate::handler::{Arguments, HttpError, ResponseDoc};
use crate::http::StatusCode;

/// Returns the responses of a route. `status` is the one of responses that name none. `arguments` are those whose errors are
/// listed.
pub(super) fn responses(
    inferred: &[ResponseDoc],
    status: Option<StatusCode>,
    arguments: Option<(&Arguments, Checks)>,
    operation: &Operation,
    schemas: &mut Direction,
    gaps: &mut Gaps,
) -> Value {
    let mut responses = Map::new();
    let own_status = status.map_or_else(|| "200".to_owned(), |status| status.as_u16().to_string());
    for declared in &operation.responses {
        let status = declared.status.to_string();
        let content = match &declared.body {
            Body::None => None,
            Body::Error => Some(("application/json", error_content())),
            Body::Typed { media_type, schema } => Some((*media_type, json!({"schema": schemas.declared(*schema)}))),
            Body::OfHandler => {
                let fits = |doc: &&ResponseDoc| doc.status.is_none_or(|own| own == "default" || own == status);
                let body = inferred.iter().find(fits).and_then(|doc| doc.body);
                body.map(|body| (body.0, content_of(body, schemas, gaps)))
            }
        };
        add(&mut responses, &status, &declared.description, content);
    }
    let succeeds = operation.responses.iter().any(|declared| (200..400).contains(&declared.status));
    for doc in inferred {
        let status = doc.status.unwrap_or(&own_status);
        let is_declared = operation.responses.iter().any(|declared| declared.status.to_string() == *status);
        // A declared status says which one the handler chooses.
        if is_declared || succeeds && doc.status.is_none_or(|own| own == "default" || own == "3XX") && !is_error(doc) {
            continue;
        }
        let content = doc.body.map(|body| (body.0, content_of(body, schemas, gaps)));
        add(&mut responses, status, &description(status), content);
    }
    if responses.is_empty() {
        gaps.push("its responses are not known".to_owned());
        add(&mut responses, "default", "A response that the types of the handler do not describe.", None);
    }
    for error in arguments.into_iter().flat_map(|(arguments, checks)| argument_errors(arguments, checks)) {
        if !responses.contains_key(&error.status) {
            add(&mut responses, &error.status, error.description, Some(("application/json", error.content())));
        }
    }
    for (status, name, value) in &operation.response_examples {
        let content = responses.get_mut(&status.to_string()).and_then(|own| own.get_mut("content"));
        match content.and_then(Value::as_object_mut).and_then(|content| content.values_mut().next()) {
            Some(content) => content["examples"][name] = json!({"value": value}),
            None => gaps.push(format!("the example {name} is for a response {status} that has no body")),
        }
    }
    Value::Object(responses)
}

/// Adds a response, or another body to one.
fn add(responses: &mut Map<String, Value>, status: &str, description: &str, content: Option<(&str, Value)>) {
    let response = responses.entry(status).or_insert_with(|| json!({"description": description}));
    if let Some((media_type, content)) = content
        && response["content"].get(media_type).is_none()
    {
        response["content"][media_type] = content;
    }
}

fn is_error(doc: &ResponseDoc) -> bool {
    doc.body.is_some_and(|(_, type_name)| type_name == std::any::type_name::<HttpError>())
}

fn content_of((media_type, type_name): (&str, &str), schemas: &mut Direction, gaps: &mut Gaps) -> Value {
    if type_name == std::any::type_name::<HttpError>() {
        return error_content();
    }
    match media_type {
        "application/octet-stream" => json!({}),
        _ => match schemas.find(type_name) {
            Some(schema) => json!({"schema": schema}),
            None => {
                gaps.push(format!("the type {type_name} has no schema"));
                json!({})
            }
        },
    }
}

fn description(status: &str) -> String {
    match (status, status.parse().ok().and_then(|status| StatusCode::new(status).ok())) {
        (_, Some(status)) if !status.reason().is_empty() => status.reason().to_owned(),
        ("3XX", _) => "A redirection.".to_owned(),
        ("default", _) => "A response whose status is chosen at run time.".to_owned(),
        _ => "A response.".to_owned(),
    }
}
