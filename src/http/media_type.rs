//! Media types of [RFC 9110 section 8.3.1](https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1).

/// The types of `application` that are text, besides those with a suffix.
const TEXTUAL: [&str; 17] = [
    "ecmascript",
    "graphql",
    "javascript",
    "json",
    "jsonl",
    "jwt",
    "rtf",
    "sql",
    "toml",
    "x-javascript",
    "x-json",
    "x-ndjson",
    "x-sh",
    "x-www-form-urlencoded",
    "x-yaml",
    "xml",
    "yaml",
];

/// The suffixes of [RFC 6839](https://www.rfc-editor.org/rfc/rfc6839) and [RFC 9512](https://www.rfc-editor.org/rfc/rfc9512)
/// whose types are text.
const SUFFIXES: [&str; 3] = ["json", "xml", "yaml"];

/// Returns whether a `Content-Type` names a type whose bytes are text: `text/*`, JSON, XML, YAML, JavaScript, forms and
/// similar types.
pub(crate) fn is_textual(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    let is_one_of = |word: &str, words: &[&str]| words.iter().any(|own| own.eq_ignore_ascii_case(word));
    kind.eq_ignore_ascii_case("text")
        || kind.eq_ignore_ascii_case("application") && is_one_of(subtype, &TEXTUAL)
        || subtype.rsplit_once('+').is_some_and(|(_, suffix)| is_one_of(suffix, &SUFFIXES))
}

#[cfg(test)]
mod tests {
    use super::is_textual;

    #[test]
    fn text_types_are_recognised() {
        for textual in [
            "text/plain",
            "text/csv; charset=utf-8",
            "TEXT/HTML",
            "application/json",
            "Application/JSON ; charset=utf-8",
            "application/vnd.api+json",
            "application/problem+json; charset=utf-8",
            "application/atom+xml",
            "image/svg+xml",
            "application/openapi+yaml",
            "application/javascript",
            "application/xml",
            "application/yaml",
            "application/x-yaml",
            "application/x-www-form-urlencoded",
            "application/graphql",
            " application/graphql-response+json",
        ] {
            assert!(is_textual(textual), "{textual}");
        }
        for binary in [
            "",
            "text",
            "json",
            "application/octet-stream",
            "application/pdf",
            "application/jsonp-archive",
            "application/vnd.json.zip",
            "application/cbor",
            "application/senml+cbor",
            "application/zip; name=json",
            "image/png",
            "image/json",
            "multipart/form-data; boundary=x",
            "texture/plain",
        ] {
            assert!(!is_textual(binary), "{binary}");
        }
    }
}
