//! Finds syntax of other frameworks in a rule, and characters that no path can hold.
//!
//! Such a rule would be taken as text, and the app would answer 404 for a route that its author sees in the source.
//! Syntax that may be meant as text stays text: `/a:b`, `/users/me:activate`, `/v1.0`, `/a+b`, `/a b`.

use super::error::RouteErrorKind as Kind;
use super::name::is_name;
use super::pattern::{brace_end, is_regex, segment_end};

/// Refuses a rule that is written for another framework, or that no path matches. This does not decide whether the rule
/// is well-formed otherwise.
pub(super) fn check(rule: &str) -> Result<(), Kind> {
    if !is_suspicious(rule) {
        return Ok(());
    }
    if let Some(control) = rule.chars().find(|c| c.is_control()) {
        return never(control, "it holds a control character: remove it");
    }
    let mut rest = rule.strip_prefix('/').unwrap_or(rule);
    // The parser of the rule reports a bracket that is not closed.
    while let Ok(end) = segment_end(rest) {
        check_segment(&rest[..end])?;
        let Some(next) = rest.get(end + 1..) else { break };
        rest = next;
    }
    Ok(())
}

/// Returns whether a rule needs a closer look: few do, so most cost one pass over their bytes.
fn is_suspicious(rule: &str) -> bool {
    let byte = |&byte: &u8| matches!(byte, b':' | b'*' | b'?' | b'#' | b'%') || !byte.is_ascii_graphic();
    rule.as_bytes().iter().any(byte) || rule.as_bytes().windows(2).any(|pair| pair == b"..")
}

fn check_segment(segment: &str) -> Result<(), Kind> {
    if let Some(instead) =
        colon(segment).or_else(|| star(segment)).or_else(|| brackets(segment)).or_else(|| angle(segment))
    {
        return foreign(segment, instead);
    }
    if segment.trim() != segment {
        return never(segment, "a segment neither begins nor ends with a blank: remove it");
    }
    let regex = is_regex(segment).unwrap_or(true);
    let bytes = segment.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' if bytes.get(at + 1) == Some(&b'{') => at += 2,
            b'{' => {
                let Some(end) = brace_end(bytes, at) else { return Ok(()) };
                if let Some(instead) = braces(&segment[at + 1..end - 1]) {
                    return foreign(&segment[at..end], instead);
                }
                at = end;
            }
            _ if regex => at += 1,
            b'<' => {
                let end = segment[at..].find('>').map_or(bytes.len(), |end| at + end + 1);
                if let Some(instead) = angle(&segment[at..end]) {
                    return foreign(&segment[at..end], instead);
                }
                at += 1;
            }
            b'*' | b'?' | b'#' | b'%' => {
                check_text(segment, at)?;
                at += 1;
            }
            _ => at += 1,
        }
    }
    Ok(())
}

/// Looks at one of the characters that mean something in a URL or to other frameworks.
fn check_text(segment: &str, at: usize) -> Result<(), Kind> {
    let after = &segment[at..];
    let parameter = segment.as_bytes()[..at].last().is_some_and(|&byte| byte == b'}' || byte == b'>');
    match segment.as_bytes()[at] {
        b'*' if parameter => foreign(segment, "{name...} for the rest of the path".into()),
        b'?' if parameter && after.len() == 1 => foreign(segment, OPTIONAL.into()),
        b'?' if segment.len() == 1 => {
            foreign("/?", "the rule without it: `App::trailing_slash` says what a slash at the end means".into())
        }
        b'?' if after.len() > 1 => never(
            after,
            "the query is no part of a path: read it with `Request::query`; as plain text a question mark is written \\?",
        ),
        b'#' => never(after, "the fragment of a URL is never sent; as plain text a number sign is written \\#"),
        b'%' if after.len() > 2 && after.as_bytes()[1..3].iter().all(u8::is_ascii_hexdigit) => {
            never(&after[..3], "a rule is written decoded: write the character itself")
        }
        _ => Ok(()),
    }
}

const OPTIONAL: &str = "two rules, one with the parameter and one without";

#[cold]
fn foreign(written: &str, instead: String) -> Result<(), Kind> {
    Err(Kind::Foreign { written: written.to_owned(), instead })
}

#[cold]
fn never(written: impl Into<String>, reason: &'static str) -> Result<(), Kind> {
    Err(Kind::NeverMatches { written: written.into(), reason })
}

/// The name at the start of `text`, and the rest.
fn name_in_front(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len());
    is_name(&text[..end]).then(|| text.split_at(end))
}

/// `:name`, with a regex, `*`, `+` or `?` after it: Express, Rails, Gin, axum before 0.8.
fn colon(segment: &str) -> Option<String> {
    let (name, rest) = name_in_front(segment.strip_prefix(':')?)?;
    Some(match rest.as_bytes() {
        [b'*' | b'+', ..] => format!("{{{name}...}}"),
        [b'?', ..] => OPTIONAL.into(),
        [b'(', .., b')'] => format!("{{{name}:{}}}", &rest[1..rest.len() - 1]),
        _ => format!("{{{name}}}; as plain text it is written \\{segment}"),
    })
}

/// `*`, `**` or `*name`: axum before 0.8, Express, Gin, Spring.
fn star(segment: &str) -> Option<String> {
    let name = segment.strip_prefix('*')?.trim_start_matches('*');
    Some(match name_in_front(name) {
        Some((name, _)) => format!("{{{name}...}}"),
        None => "{rest...} for the rest of the path, {name} for one segment; as plain text it is written \\*".into(),
    })
}

/// `[...name]` or `[[...name]]`: Next.js. `[name]` is a class of characters.
fn brackets(segment: &str) -> Option<String> {
    let name = segment.trim_start_matches('[').strip_prefix("...")?.trim_end_matches(']');
    (segment.starts_with('[') && is_name(name)).then(|| format!("{{{name}...}}"))
}

/// `<type:name>`, `<name:type>`, `<name..>` or `<name?>`: Flask, Django, Bottle, Rocket. Any other `<text>` is text.
fn angle(segment: &str) -> Option<String> {
    let inner = segment.strip_prefix('<')?.strip_suffix('>')?;
    if let Some(name) = inner.strip_suffix("..").filter(|name| is_name(name)) {
        return Some(format!("{{{name}...}}"));
    }
    if inner.strip_suffix('?').is_some_and(is_name) {
        return Some(OPTIONAL.into());
    }
    if inner.trim() != inner && is_name(inner.trim()) {
        return Some(format!("{{{}}}", inner.trim()));
    }
    let (front, back) = (inner.split(':').next()?.trim(), inner.rsplit_once(':')?.1.trim());
    // Flask and Django write the type before the name, Bottle after it.
    if is_name(front) && by_type(front, "").is_none() {
        let kind = &inner[inner.find(':')? + 1..];
        if let Some(instead) = by_type(kind.trim(), front) {
            return Some(instead);
        }
        if let Some(regex) = kind.strip_prefix("re:") {
            return Some(format!("{{{front}:{regex}}}"));
        }
    }
    let kind = front.split('(').next().unwrap_or(front);
    is_name(back).then(|| by_type(kind, back).unwrap_or_else(|| format!("{{{back}}} or {{{back}:regex}}")))
}

/// Translates the text between two braces: `*name`, `name*`, `name?`, `name:type`, or a name among blanks.
fn braces(inner: &str) -> Option<String> {
    let trimmed = inner.trim();
    let bare = trimmed.trim_matches('*');
    if is_name(bare) && bare != trimmed {
        return Some(format!("{{{bare}...}}"));
    }
    if trimmed.strip_suffix('?').is_some_and(|rest| is_name(rest.split(':').next().unwrap_or(rest))) {
        // `{name:regex?}` is a regex.
        return (!trimmed.contains(':') || by_type(trimmed.split_once(':')?.1.trim_end_matches('?'), "").is_some())
            .then(|| OPTIONAL.into());
    }
    if is_name(trimmed) && trimmed != inner {
        return Some(format!("{{{trimmed}}}"));
    }
    let (name, kind) = inner.split_once(':')?;
    if is_name(name) { by_type(kind, name) } else { None }
}

/// The parameter `name` of a type that other frameworks name by this word. As a regex the word would only match itself.
fn by_type(word: &str, name: &str) -> Option<String> {
    let regex = match word {
        "int" | "integer" | "long" | "number" | "digits" => r"\d+",
        "float" | "double" | "decimal" => r"\d+(\.\d+)?",
        "uuid" | "guid" | "Uuid" => "[0-9A-Fa-f-]+",
        "alpha" => "[A-Za-z]+",
        "slug" => "[A-Za-z0-9_-]+",
        "bool" | "boolean" => "true|false",
        "path" => return Some(format!("{{{name}...}}")),
        "str" | "string" | "any" | "default" => return Some(format!("{{{name}}}")),
        _ => return None,
    };
    Some(format!("{{{name}:{regex}}}"))
}
