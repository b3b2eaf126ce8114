//! Debug mode: when it is on, and what it prints.

use crate::build_error::BuildError;
use crate::handler::Request;

/// The environment variables that turn debug mode on, the newer one first.
const VARIABLES: [&str; 2] = ["POWERTOOLS_DEV", "POWERTOOLS_EVENT_HANDLER_DEBUG"];

/// Returns whether debug mode is on: the app's setting, or else the environment's.
pub(super) fn decide(setting: Option<bool>) -> Result<bool, BuildError> {
    if let Some(on) = setting {
        return Ok(on);
    }
    for name in VARIABLES {
        if let Ok(value) = std::env::var(name) {
            return parse(&value).ok_or(BuildError::Debug { variable: name, value });
        }
    }
    Ok(false)
}

fn parse(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "y" | "yes" | "t" | "true" | "on" => Some(true),
        "0" | "n" | "no" | "f" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// Prints an event and the route that it takes.
#[cold]
pub(crate) fn print_event(req: Request<'_>) {
    use std::io::Write;
    // Standard error may be closed.
    let _ = writeln!(std::io::stderr(), "{}\nroute: {}", pretty(req.event().raw()), req.route().unwrap_or("none"));
}

/// Indents JSON that was validated.
fn pretty(json: &str) -> String {
    let (mut out, mut depth, mut in_string, mut escaped) = (String::new(), 0, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            out.push(character);
            continue;
        }
        match character {
            '{' | '[' => {
                out.push(character);
                depth += 1;
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth -= 1;
                // An empty container stays on its line.
                let trimmed = out.trim_end().len();
                if out[..trimmed].ends_with(['{', '[']) {
                    out.truncate(trimmed);
                } else {
                    line(&mut out, depth);
                }
                out.push(character);
            }
            ',' => {
                out.push(character);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            character if character.is_ascii_whitespace() => {}
            character => {
                in_string = character == '"';
                out.push(character);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_and_stays_the_same() {
        let json = r#" {"a":[1, {},[ ]] ,"b":"x\"{,:}\\","c":{"d":null}}"#;
        let wanted = "{\n  \"a\": [\n    1,\n    {},\n    []\n  ],\n  \"b\": \"x\\\"{,:}\\\\\",\n  \"c\": {\n    \"d\": null\n  }\n}";
        assert_eq!(pretty(json), wanted);
        let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(parse(&pretty(json)), parse(json));
    }

    #[test]
    fn switches_are_read_as_in_powertools() {
        for (value, on) in [("1", Some(true)), ("TRUE", Some(true)), ("off", Some(false)), ("", None), ("2", None)] {
            assert_eq!(parse(value), on);
        }
        assert_eq!(decide(Some(true)).ok(), Some(true));
    }
}
