//! Rules as path templates.

use crate::route::{Outline, outline};

/// A rule as OpenAPI writes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) path: String,
    /// The path without the names of the parameters: paths of one shape are one path to OpenAPI.
    pub(super) shape: String,
    pub(super) parameters: Vec<PathParameter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathParameter {
    pub(super) name: String,
    pub(super) regex: Option<String>,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A parameter of the rule.
    Plain,
    /// A parameter of the rule that takes the rest of the path.
    CatchAll,
    /// A regex of the rule, which has no name there.
    Unnamed,
}

/// Returns the template of a rule.
pub(super) fn template(rule: &str) -> Option<Template> {
    let mut template = Template { path: String::new(), shape: String::new(), parameters: Vec::new() };
    for part in outline(rule)? {
        let parameter = match part {
            Outline::Text(text) => {
                encode(&text, &mut template.path);
                encode(&text, &mut template.shape);
                continue;
            }
            Outline::Parameter { name, regex } => PathParameter { name, regex, kind: Kind::Plain },
            Outline::CatchAll { name } => PathParameter { name, regex: None, kind: Kind::CatchAll },
            Outline::Regex(regex) => {
                let name = format!("segment{}", template.parameters.len() + 1);
                PathParameter { name, regex: Some(regex), kind: Kind::Unnamed }
            }
        };
        template.path.push_str(&format!("{{{}}}", parameter.name));
        template.shape.push_str("{}");
        template.parameters.push(parameter);
    }
    Some(template)
}

/// Appends text of a rule, which is decoded, as it stands in a URL.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// Returns a regex of a rule, which holds for the whole text, as a `pattern` of JSON Schema; `None` if ECMAScript may read it
/// differently.
pub(super) fn pattern(regex: &str) -> Option<String> {
    let anchored = || if regex.contains('|') { format!("^(?:{regex})$") } else { format!("^{regex}$") };
    is_ecmascript(regex).then(anchored)
}

/// Returns whether ECMAScript, whose syntax a `pattern` of JSON Schema has, reads a regex in the same way.
pub(super) fn is_ecmascript(regex: &str) -> bool {
    let foreign = ["[[:", "&&", "~~", "(?P", "\\x{", "\\u{", "\\U"];
    let mut chars = regex.chars();
    while let Some(c) = chars.next() {
        // Escapes that both know, with the same meaning.
        if c == '\\' && !chars.next().is_some_and(|next| "dDwWsSbB^$\\.*+?()[]{}|/-nrtfv".contains(next)) {
            return false;
        }
    }
    let plain_groups = regex.match_indices("(?").all(|(at, _)| regex[at..].starts_with("(?:"));
    plain_groups && !foreign.iter().any(|text| regex.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_become_templates() {
        for (rule, path, shape) in [
            ("/", "/", "/"),
            ("/todos/{id}", "/todos/{id}", "/todos/{}"),
            (r"/todos/<id>/{n:\d+}.json", "/todos/{id}/{n}.json", "/todos/{}/{}.json"),
            ("/files/{rest...}", "/files/{rest}", "/files/{}"),
            ("/any/.+", "/any/{segment1}", "/any/{}"),
            (".+", "/{segment1}", "/{}"),
            ("/é a/{{x}}/", "/%C3%A9%20a/%7Bx%7D/", "/%C3%A9%20a/%7Bx%7D/"),
        ] {
            let template = template(rule).unwrap();
            assert_eq!((template.path.as_str(), template.shape.as_str()), (path, shape), "{rule}");
        }
        assert!(template("no slash").is_none());
    }

    #[test]
    fn regexes_become_patterns_if_they_mean_the_same() {
        for (regex, wanted) in [
            (r"\d+", Some(r"^\d+$")),
            ("[a-z]{2,4}", Some("^[a-z]{2,4}$")),
            ("a|b", Some("^(?:a|b)$")),
            (r"(?:a|b)\.txt", Some(r"^(?:(?:a|b)\.txt)$")),
            (r"[\w\-]+", Some(r"^[\w\-]+$")),
            ("(?i)a", None),
            ("[[:alpha:]]+", None),
            (r"\Aa\z", None),
            (r"\x{41}", None),
            ("[a&&b]", None),
        ] {
            assert_eq!(pattern(regex).as_deref(), wanted, "{regex}");
        }
    }
}
