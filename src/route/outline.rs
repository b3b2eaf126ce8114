//! The parts of a rule, for documents about it.

use super::pattern::{Part, Pattern, Segment};

/// A part of a rule, from the left. Slashes are text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outline {
    Text(String),
    Parameter {
        name: String,
        regex: Option<String>,
    },
    /// A parameter that takes the rest of the path.
    CatchAll {
        name: String,
    },
    /// A regex that captures nothing, and may match several segments.
    Regex(String),
}

/// Returns the parts of a rule that is well-formed.
pub(crate) fn outline(rule: &str) -> Option<Vec<Outline>> {
    let mut pattern = Pattern::default();
    pattern.read(rule).ok()?;
    let mut names = pattern.names.iter().map(|name| (*name).to_owned());
    let mut parts = Vec::new();
    for segment in &pattern.segments {
        // The slash in front of a regex that begins the rule is part of its match: the document needs one anyway.
        push_text(&mut parts, "/");
        match segment {
            Segment::Literal(text) => push_text(&mut parts, text),
            Segment::Bare(regex) => parts.push(Outline::Regex((*regex).to_owned())),
            Segment::CatchAll => parts.push(Outline::CatchAll { name: names.next()? }),
            Segment::Parts(pieces) => {
                for piece in pieces {
                    match piece {
                        Part::Text(text) => push_text(&mut parts, text),
                        Part::Any => parts.push(Outline::Parameter { name: names.next()?, regex: None }),
                        Part::Match(regex) => {
                            let regex = Some((*regex).to_owned());
                            parts.push(Outline::Parameter { name: names.next()?, regex });
                        }
                    }
                }
            }
        }
    }
    push_text(&mut parts, &"/".repeat(pattern.trailing as usize));
    Some(parts)
}

fn push_text(parts: &mut Vec<Outline>, text: &str) {
    match parts.last_mut() {
        Some(Outline::Text(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => parts.push(Outline::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::Outline::{CatchAll, Parameter, Regex, Text};
    use super::*;

    #[test]
    fn rules_are_outlined_with_all_their_text() {
        let text = |text: &str| Text(text.to_owned());
        let parameter =
            |name: &str, regex: Option<&str>| Parameter { name: name.to_owned(), regex: regex.map(str::to_owned) };
        for (rule, wanted) in [
            ("/", vec![text("/")]),
            ("/a/b/", vec![text("/a/b/")]),
            ("/a//", vec![text("/a//")]),
            (
                r"/a/{id:\d+}/<x>.json",
                vec![text("/a/"), parameter("id", Some(r"\d+")), text("/"), parameter("x", None), text(".json")],
            ),
            ("/f/{rest...}", vec![text("/f/"), CatchAll { name: "rest".to_owned() }]),
            ("/{{a}}/.+", vec![text("/{a}/"), Regex(".+".to_owned())]),
            (".+", vec![text("/"), Regex(".+".to_owned())]),
        ] {
            assert_eq!(outline(rule), Some(wanted), "{rule}");
        }
        assert_eq!(outline("no slash"), None);
    }
}
