//! The characters that are allowed in the name and in the value of a header field
//! ([RFC 9110 section 5](https://www.rfc-editor.org/rfc/rfc9110#section-5)).

use crate::swar;

/// Returns whether a field name is a token: one or more letters, digits and ``!#$%&'*+-.^_`|~``.
pub(crate) fn valid_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| TOKEN[usize::from(byte)])
}

/// Returns whether a field value has no control characters except the tab. A line break would begin another field.
///
/// Characters beyond ASCII are allowed: RFC 9110 calls them obsolete, but the gateways transport them.
pub(crate) fn valid_value(value: &str) -> bool {
    !swar::any_marked(value.as_bytes(), |word| swar::control_marks(word) & !swar::equal_marks(word, b'\t'))
}

/// Returns whether two field names are equal, without regard to case.
#[inline]
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Returns whether a field has one value, so that two of them cannot be joined by a comma: these are the fields of a
/// response that are not defined as lists.
///
/// [RFC 9110 section 5.5][values] distinguishes the two. Fields that are not named here, custom fields of an app among
/// them, are lists.
///
/// [values]: https://www.rfc-editor.org/rfc/rfc9110#section-5.5
pub(crate) fn has_one_value(name: &str) -> bool {
    const FIELDS: &[&str] = &[
        // RFC 9110, and its predecessors.
        "Authorization",
        "Content-Disposition",
        "Content-Length",
        "Content-Location",
        "Content-MD5",
        "Content-Range",
        "Content-Type",
        "Date",
        "ETag",
        "Expect",
        "From",
        "Host",
        "If-Modified-Since",
        "If-Range",
        "If-Unmodified-Since",
        "Last-Modified",
        "Location",
        "Max-Forwards",
        "Proxy-Authorization",
        "Range",
        "Referer",
        "Retry-After",
        "Server",
        "User-Agent",
        // RFC 9111, caching.
        "Age",
        "Expires",
        // The Fetch standard.
        "Access-Control-Allow-Credentials",
        "Access-Control-Allow-Origin",
        "Access-Control-Max-Age",
        "Access-Control-Request-Method",
        "Cross-Origin-Resource-Policy",
        "Origin",
        "X-Content-Type-Options",
        // The HTML standard.
        "Cross-Origin-Embedder-Policy",
        "Cross-Origin-Embedder-Policy-Report-Only",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Opener-Policy-Report-Only",
        "Origin-Agent-Cluster",
        "Refresh",
        "X-Frame-Options",
        // Others.
        "Deprecation",
        "SourceMap",
        "Strict-Transport-Security",
        "Sunset",
        "X-DNS-Prefetch-Control",
        "X-Download-Options",
        "X-Permitted-Cross-Domain-Policies",
        "X-XSS-Protection",
    ];
    FIELDS.iter().any(|field| same_name(field, name))
}

static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let symbols = b"!#$%&'*+-.^_`|~";
    let mut i = 0;
    while i < symbols.len() {
        table[symbols[i] as usize] = true;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_name() {
        for byte in 0..=255u8 {
            // RFC 9110 section 5.6.2: any visible ASCII character except delimiters.
            let delimiter = b"\"(),/:;<=>?@[\\]{}".contains(&byte);
            assert_eq!(TOKEN[usize::from(byte)], byte.is_ascii_graphic() && !delimiter, "{byte:#x}");
        }
    }

    #[test]
    fn every_byte_of_a_value() {
        for character in '\0'..='\u{ff}' {
            let expected = !character.is_ascii_control() || character == '\t';
            for value in [format!("{character}"), format!("a {character}"), format!("a longer value {character} é\t")]
            {
                assert_eq!(valid_value(&value), expected, "{value:?}");
            }
        }
    }

    #[test]
    fn names() {
        for name in ["a", "Content-Type", "x_1.~", "!#$%&'*+-.^_`|~"] {
            assert!(valid_name(name), "{name}");
        }
        for name in ["", " ", "a b", "a:", "naïve", "a\r\nb", "a\0", "\"a\""] {
            assert!(!valid_name(name), "{name:?}");
        }
    }

    #[test]
    fn fields_of_one_value_and_lists() {
        for name in ["Content-Type", "location", "ETAG", "access-control-allow-origin", "Strict-Transport-Security"] {
            assert!(has_one_value(name), "{name}");
        }
        let lists = "Vary Cache-Control Link WWW-Authenticate Allow Via Warning Accept-Ranges Content-Encoding \
            Content-Language Access-Control-Allow-Headers Access-Control-Expose-Headers Content-Security-Policy \
            Referrer-Policy Server-Timing Trailer X-Own Content-Typ";
        for name in lists.split_whitespace() {
            assert!(!has_one_value(name), "{name}");
        }
    }

    #[test]
    fn values() {
        for value in ["", " ", "text/html; charset=\"utf-8\"", "a\tb", "naïve 😀", "(comment)"] {
            assert!(valid_value(value), "{value}");
        }
        for value in ["a\nb", "a\r\nSet-Cookie: b", "\0", "\u{7f}", "\u{1b}[0m"] {
            assert!(!valid_value(value), "{value:?}");
        }
    }
}
