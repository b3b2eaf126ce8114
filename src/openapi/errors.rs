//! The responses to requests that the arguments of a handler cannot be read from, or whose arguments are not valid.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::schemas::{PREFIX, references, rename};
use crate::handler::{Argument, Arguments, Location};
use crate::http::StatusCode;

/// The name of the schema of error responses. The mark keeps it apart from the schemas of types, until [`add_schemas`]
/// removes it.
const ERROR: &str = "~HttpError";
/// The names of the schemas of validation: of the response, and of one error in it.
const INVALID: &str = "~ValidationError";
const DETAIL: &str = "~ValidationDetail";

/// How the arguments of a route are checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checks {
    /// True if all arguments are checked, and not only those that say so.
    pub(crate) all: bool,
    /// The status of the response to a request that is not valid.
    pub(crate) status: StatusCode,
    /// True if each error in that response has a message.
    pub(crate) messages: bool,
}

impl Default for Checks {
    fn default() -> Self {
        Self { all: false, status: StatusCode::UNPROCESSABLE_CONTENT, messages: false }
    }
}

/// A response to a request that the arguments do not accept. Bodies of several types may have one status.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ArgumentError {
    pub(super) status: String,
    pub(super) description: &'static str,
    schemas: Vec<&'static str>,
}

impl ArgumentError {
    /// Returns the content of the body.
    pub(super) fn content(&self) -> Value {
        match &self.schemas[..] {
            [only] => json!({"schema": reference(only)}),
            several => json!({"schema": {"anyOf": several.iter().map(|name| reference(name)).collect::<Vec<_>>()}}),
        }
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("{PREFIX}{name}")})
}

/// Returns the content of the body of an error response.
pub(super) fn error_content() -> Value {
    json!({"schema": reference(ERROR)})
}

/// Returns the responses to requests that the arguments do not accept.
pub(super) fn argument_errors(arguments: &Arguments, checks: Checks) -> Vec<ArgumentError> {
    let mut errors = Vec::new();
    for argument in arguments {
        errors_of(argument, checks, |status, description, schema| {
            let status = status.as_u16().to_string();
            match errors.iter_mut().find(|error: &&mut ArgumentError| error.status == status) {
                None => errors.push(ArgumentError { status, description, schemas: vec![schema] }),
                Some(error) if !error.schemas.contains(&schema) => error.schemas.push(schema),
                Some(_) => {}
            }
        });
    }
    errors
}

fn errors_of(argument: &Argument, checks: Checks, mut add: impl FnMut(StatusCode, &'static str, &'static str)) {
    let is_checked = checks.all || argument.validated;
    // Of an error that validation lists if it is on.
    let schema = if is_checked { INVALID } else { ERROR };
    let is_form = matches!(argument.location, Location::Form | Location::File);
    let is_read = match argument.location {
        Location::Path | Location::Query | Location::Header | Location::Cookie | Location::Body | Location::Form => {
            true
        }
        // A whole form with files has no fields of its own; one file may be absent.
        Location::File => argument.name.is_some(),
        Location::State | Location::Context => false,
    };
    if is_read {
        let status = if is_checked { checks.status } else { StatusCode::BAD_REQUEST };
        let invalid = "A parameter or the body is absent, not of its type, or breaks a rule.";
        let unreadable = "A parameter or the body is absent, or not of its type.";
        add(status, if is_checked { invalid } else { unreadable }, schema);
    }
    if is_form {
        add(StatusCode::BAD_REQUEST, "The form is malformed.", ERROR);
        add(StatusCode::CONTENT_TOO_LARGE, "The form has too many fields.", ERROR);
    }
    if is_form || is_checked && argument.content_type == Some("application/json") {
        add(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not of the media type that the route takes.", schema);
    }
}

/// Adds the schemas of error responses that the paths refer to. If the type of a program has the name of one, its name gets
/// a number.
pub(super) fn add_schemas(paths: &mut Map<String, Value>, messages: bool, schemas: &mut Map<String, Value>) {
    let used: BTreeSet<String> = paths.values().flat_map(references).collect();
    let mut added = Vec::new();
    if used.contains(ERROR) {
        added.push((ERROR, error_schema()));
    }
    if used.contains(INVALID) {
        added.extend([(INVALID, invalid_schema()), (DETAIL, detail_schema(messages))]);
    }
    let names: BTreeMap<String, String> =
        added.iter().map(|(marked, _)| ((*marked).to_owned(), free_name(marked, schemas))).collect();
    for (marked, mut schema) in added {
        rename(&mut schema, &names);
        schemas.insert(names[marked].clone(), schema);
    }
    paths.values_mut().for_each(|item| rename(item, &names));
}

/// Returns the name without its mark, and with a number if there is a schema of that name.
fn free_name(marked: &str, schemas: &Map<String, Value>) -> String {
    let plain = marked.trim_start_matches('~');
    let mut name = plain.to_owned();
    let mut number = 2;
    while schemas.contains_key(&name) {
        name = format!("{plain}{number}");
        number += 1;
    }
    name
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "description": "An error.",
        "properties": {
            "statusCode": {"type": "integer", "description": "The status of the response."},
            "message": {"description": "What is wrong: text, or details."},
        },
        "required": ["statusCode", "message"],
    })
}

fn invalid_schema() -> Value {
    json!({
        "type": "object",
        "description": "The errors of a request that is not valid.",
        "properties": {
            "statusCode": {"type": "integer", "description": "The status of the response."},
            "detail": {"type": "array", "minItems": 1, "items": reference(DETAIL)},
        },
        "required": ["statusCode", "detail"],
    })
}

fn detail_schema(messages: bool) -> Value {
    let place = json!({
        "type": "array",
        "description": "The place: the part of the request, then names and indexes.",
        "items": {"type": ["string", "integer"]},
    });
    let mut schema = json!({
        "type": "object",
        "description": "One error of a request.",
        "properties": {
            "loc": place,
            "type": {"type": "string", "description": "The kind of error, such as `missing`."},
        },
        "required": ["loc", "type"],
    });
    if messages {
        schema["properties"]["msg"] = json!({"type": "string", "description": "A sentence about it."});
        schema["required"] = json!(["loc", "type", "msg"]);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(arguments: &Arguments, checks: Checks) -> Vec<(String, Vec<&'static str>)> {
        argument_errors(arguments, checks).into_iter().map(|error| (error.status, error.schemas)).collect()
    }

    #[test]
    fn the_status_and_the_schema_are_those_of_validation_if_it_is_on() {
        let mut arguments = Arguments::new();
        arguments.add(Argument::new::<u8>(Location::Query));
        arguments.add(Argument::new::<u8>(Location::Body).content_type("application/json"));
        arguments.add(Argument::new::<u8>(Location::State));
        let own = |status: &str, schemas: &[&'static str]| (status.to_owned(), schemas.to_vec());
        assert_eq!(errors(&arguments, Checks::default()), [own("400", &[ERROR])]);
        let on = Checks { all: true, ..Checks::default() };
        assert_eq!(errors(&arguments, on), [own("422", &[INVALID]), own("415", &[INVALID])]);

        let mut form = Arguments::new();
        form.add(Argument::new::<u8>(Location::Form));
        let on = Checks { status: StatusCode::BAD_REQUEST, ..on };
        let wanted = [own("400", &[INVALID, ERROR]), own("413", &[ERROR]), own("415", &[INVALID])];
        assert_eq!(errors(&form, on), wanted);
        let wanted = json!({"schema": {"anyOf": [reference(INVALID), reference(ERROR)]}});
        assert_eq!(argument_errors(&form, on)[0].content(), wanted);
    }

    #[test]
    fn an_argument_may_be_checked_alone() {
        let mut arguments = Arguments::new();
        arguments.add(Argument { validated: true, ..Argument::new::<u8>(Location::Path) });
        arguments.add(Argument::new::<u8>(Location::Query));
        let statuses: Vec<_> = errors(&arguments, Checks::default()).into_iter().map(|error| error.0).collect();
        assert_eq!(statuses, ["422", "400"]);
    }
}
