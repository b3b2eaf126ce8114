//! The rules of serde's `rename_all`.

use proc_macro2::Span;

/// How names are written in documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    pub(crate) fn parse(name: &str, span: Span) -> syn::Result<Self> {
        Ok(match name {
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return Err(syn::Error::new(span, format!("`{name}` is no rule of `rename_all`"))),
        })
    }

    /// Writes the name of a field, which is in snake case.
    pub(crate) fn field(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_ascii_uppercase(),
            Self::Pascal => pascal(name),
            Self::Camel => {
                let pascal = pascal(name);
                let mut chars = pascal.chars();
                chars.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + chars.as_str())
            }
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }

    /// Writes the name of a variant, which is in Pascal case.
    pub(crate) fn variant(self, name: &str) -> String {
        match self {
            Self::Pascal => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Camel => {
                let mut chars = name.chars();
                chars.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + chars.as_str())
            }
            Self::Snake => snake(name),
            Self::ScreamingSnake => snake(name).to_ascii_uppercase(),
            Self::Kebab => snake(name).replace('_', "-"),
            Self::ScreamingKebab => snake(name).to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(name: &str) -> String {
    let mut written = String::new();
    let mut upper = true;
    for char in name.chars() {
        if char == '_' {
            upper = true;
        } else if upper {
            written.push(char.to_ascii_uppercase());
            upper = false;
        } else {
            written.push(char);
        }
    }
    written
}

fn snake(name: &str) -> String {
    let mut written = String::new();
    for (at, char) in name.char_indices() {
        if at > 0 && char.is_uppercase() {
            written.push('_');
        }
        written.push(char.to_ascii_lowercase());
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_serde() {
        let all = [
            ("lowercase", "first_name", "firstname"),
            ("UPPERCASE", "FIRST_NAME", "FIRSTNAME"),
            ("PascalCase", "FirstName", "FirstName"),
            ("camelCase", "firstName", "firstName"),
            ("snake_case", "first_name", "first_name"),
            ("SCREAMING_SNAKE_CASE", "FIRST_NAME", "FIRST_NAME"),
            ("kebab-case", "first-name", "first-name"),
            ("SCREAMING-KEBAB-CASE", "FIRST-NAME", "FIRST-NAME"),
        ];
        for (rule, field, variant) in all {
            let case = Case::parse(rule, Span::call_site()).unwrap();
            assert_eq!(case.field("first_name"), field, "{rule}");
            assert_eq!(case.variant("FirstName"), variant, "{rule}");
        }
        assert!(Case::parse("Kebab", Span::call_site()).is_err());
    }
}
