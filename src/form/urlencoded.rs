//! Forms of the type `application/x-www-form-urlencoded`.

use std::fmt;

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;

use super::error::FormError;
use super::limits::MAX_FIELDS;
use crate::http::parameters::main_value;
use crate::http::percent::{QueryPairs, decode_form_component};

const URLENCODED: &str = "application/x-www-form-urlencoded";

/// Checks the `Content-Type` of a request.
pub(crate) fn check_urlencoded(content_type: Option<&str>) -> Result<(), FormError> {
    match content_type.map(main_value) {
        Some(own) if own.eq_ignore_ascii_case(URLENCODED) => Ok(()),
        _ => Err(FormError::ContentType { expected: URLENCODED }),
    }
}

/// Reads the fields of a form.
pub(crate) fn fields<'r>(body: &'r str, arena: &'r Bump) -> Result<FormFields<'r>, FormError> {
    let mut fields = ArenaVec::new_in(arena);
    for (name, value) in QueryPairs::new(body) {
        if fields.len() == MAX_FIELDS {
            return Err(FormError::TooMany { limit: MAX_FIELDS });
        }
        let decode = |raw| decode_form_component(arena, raw).ok_or(FormError::NotUtf8);
        fields.push((decode(name)?, decode(value)?));
    }
    Ok(FormFields { fields: fields.into_bump_slice() })
}

/// The fields of a form in their order, repeated ones included: an iterator over decoded name and value.
///
/// Made by [`Request::form_fields`](crate::Request::form_fields).
#[derive(Clone)]
pub struct FormFields<'r> {
    fields: &'r [(&'r str, &'r str)],
}

impl<'r> Iterator for FormFields<'r> {
    type Item = (&'r str, &'r str);

    fn next(&mut self) -> Option<Self::Item> {
        let (first, rest) = self.fields.split_first()?;
        self.fields = rest;
        Some(*first)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.fields.len(), Some(self.fields.len()))
    }
}

impl ExactSizeIterator for FormFields<'_> {}

/// Only the names: values may be secrets.
impl fmt::Debug for FormFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormFields ")?;
        f.debug_list().entries(self.fields.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<(String, String)>, FormError> {
        let arena = Bump::new();
        fields(body, &arena).map(|fields| fields.map(|(a, b)| (a.to_owned(), b.to_owned())).collect())
    }

    #[test]
    fn fields_are_those_of_the_reference() {
        for body in [
            "",
            "a",
            "a=",
            "=a",
            "=",
            "&&a=1&&b=2&",
            "a=1&a=2",
            "a=b=c",
            "a+b=c+d",
            "%61=%62%20%2B",
            "a=%",
            "a=%4",
            "a=%zz%41",
            "a=%%41",
            "%C3%A9=%E2%82%AC%f0%9f%98%80",
            "é=€",
            "a;b=c",
        ] {
            let wanted: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            assert_eq!(read(body), Ok(wanted), "{body}");
        }
    }

    #[test]
    fn escapes_that_are_not_utf8_are_refused() {
        for body in ["a=%ff", "%C3=1", "a=%C3+", "a=%ed%a0%80", "a=%c0%af", "é=%80"] {
            assert_eq!(read(body), Err(FormError::NotUtf8), "{body}");
        }
    }

    #[test]
    fn the_number_of_fields_is_bounded() {
        assert_eq!(read(&"a=1&".repeat(MAX_FIELDS)).map(|fields| fields.len()), Ok(MAX_FIELDS));
        assert_eq!(read(&"a&".repeat(MAX_FIELDS + 1)), Err(FormError::TooMany { limit: MAX_FIELDS }));
        assert_eq!(read(&"&".repeat(100_000)), Ok(Vec::new()));
    }

    #[test]
    fn other_content_types_are_refused() {
        for good in [URLENCODED, "Application/X-WWW-Form-Urlencoded ; charset=UTF-8"] {
            assert_eq!(check_urlencoded(Some(good)), Ok(()));
        }
        for bad in [None, Some(""), Some("application/json"), Some("multipart/form-data; boundary=x"), Some("x")] {
            let error = check_urlencoded(bad).unwrap_err();
            assert_eq!((error.status().as_u16(), error.mismatch()), (415, None));
        }
    }

    #[test]
    fn the_debug_form_hides_the_values() {
        let arena = Bump::new();
        let shown = format!("{:?}", fields("user=ada&password=secret", &arena).unwrap());
        assert_eq!(shown, r#"FormFields ["user", "password"]"#);
    }
}
