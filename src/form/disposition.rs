//! The header fields of a part: its name, the name of its file, and its type.

use bumpalo::Bump;

use super::error::MultipartFault;
use crate::http::header::{same_name, valid_name, valid_value};
use crate::http::parameters::{Parameter, main_value, parameters};

/// The values of the header fields of a part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head<'r> {
    pub(super) name: &'r str,
    pub(super) file_name: Option<&'r str>,
    pub(super) content_type: Option<&'r str>,
}

/// Reads the lines of a head, without the empty line at its end. Other fields are checked, and otherwise ignored.
pub(super) fn read_head<'r>(lines: &'r str, arena: &'r Bump) -> Result<Head<'r>, MultipartFault> {
    let (mut disposition, mut content_type) = (None, None);
    for line in lines.split("\r\n") {
        let (name, value) = line.split_once(':').ok_or(MultipartFault::Head)?;
        let value = value.trim_matches([' ', '\t']);
        if !valid_name(name) || !valid_value(value) {
            return Err(MultipartFault::Head);
        }
        let slot = if same_name(name, "content-disposition") {
            &mut disposition
        } else if same_name(name, "content-type") {
            &mut content_type
        } else {
            continue;
        };
        // Two readers could take different ones for the right one.
        if slot.replace(value).is_some() {
            return Err(MultipartFault::Head);
        }
    }
    let (name, file_name) = read_disposition(disposition.ok_or(MultipartFault::NoName)?, arena)?;
    Ok(Head { name, file_name, content_type })
}

/// Returns the name and the name of the file.
fn read_disposition<'r>(value: &'r str, arena: &'r Bump) -> Result<(&'r str, Option<&'r str>), MultipartFault> {
    if !main_value(value).eq_ignore_ascii_case("form-data") {
        return Err(MultipartFault::Head);
    }
    let (mut name, mut file_name, mut extended) = (None, None, None);
    for parameter in parameters(value) {
        let (own, value) = parameter.map_err(|_| MultipartFault::Head)?;
        let slot = if own.eq_ignore_ascii_case("name") {
            &mut name
        } else if own.eq_ignore_ascii_case("filename") {
            &mut file_name
        } else if own.eq_ignore_ascii_case("filename*") {
            &mut extended
        } else {
            continue;
        };
        if slot.replace(value).is_some() {
            return Err(MultipartFault::Head);
        }
    }
    let name = decode(name.ok_or(MultipartFault::NoName)?, arena);
    let extended = extended.and_then(|value: Parameter<'_>| decode_extended(value.raw, arena));
    Ok((name, extended.or_else(|| file_name.map(|value| decode(value, arena)))))
}

/// Decodes a name as browsers encode it: a quote is `%22`, and line breaks are `%0D%0A`; nothing else is an escape. This is
/// the rule of the [HTML Standard][html]. Other programs write `\"` for a quote.
///
/// [html]: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
fn decode<'r>(value: Parameter<'r>, arena: &'r Bump) -> &'r str {
    let value = value.decode(arena);
    let Some(first) = value.find('%') else { return value };
    let mut decoded = bumpalo::collections::String::with_capacity_in(value.len(), arena);
    decoded.push_str(&value[..first]);
    let mut rest = &value[first..];
    while let Some(character) = rest.chars().next() {
        let escaped = match rest.get(..3) {
            Some("%22") => Some('"'),
            Some("%0D" | "%0d") => Some('\r'),
            Some("%0A" | "%0a") => Some('\n'),
            _ => None,
        };
        decoded.push(escaped.unwrap_or(character));
        rest = &rest[if escaped.is_some() { 3 } else { character.len_utf8() }..];
    }
    decoded.into_bump_str()
}

/// Decodes a value by [RFC 8187](https://www.rfc-editor.org/rfc/rfc8187): `UTF-8'en'%E2%82%AC.txt`. Returns `None` for
/// another character set and for a malformed value: the plain file name counts then.
fn decode_extended<'r>(value: &'r str, arena: &'r Bump) -> Option<&'r str> {
    let (charset, value) = value.split_once('\'')?;
    let (_language, value) = value.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let decoded = arena.alloc_slice_fill_copy(value.len(), 0);
    let (mut len, mut bytes) = (0, value.bytes());
    while let Some(byte) = bytes.next() {
        decoded[len] = byte;
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            decoded[len] = (digit()? << 4 | digit()?) as u8;
        }
        len += 1;
    }
    str::from_utf8(&decoded[..len]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<(String, Option<String>, Option<String>), MultipartFault> {
        let arena = Bump::new();
        let head = read_head(lines, &arena)?;
        Ok((head.name.to_owned(), head.file_name.map(str::to_owned), head.content_type.map(str::to_owned)))
    }

    fn disposition(parameters: &str) -> Result<(String, Option<String>), MultipartFault> {
        read(&format!("Content-Disposition: form-data; {parameters}")).map(|(name, file, _)| (name, file))
    }

    #[test]
    fn names_are_read_in_every_notation() {
        for (parameters, name, file) in [
            ("name=a", "a", None),
            ("NAME=\"a\"", "a", None),
            ("name=\"\"", "", None),
            ("filename=b.txt; name=a", "a", Some("b.txt")),
            ("name=\"a\"; filename=\"\"", "a", Some("")),
            ("name=\"a;b\"; filename=\"c=d\"", "a;b", Some("c=d")),
            (r#"name="a"; filename="say \"hi\".txt""#, "a", Some("say \"hi\".txt")),
            (r#"name="a"; filename="C:\x\y.txt""#, "a", Some(r"C:\x\y.txt")),
            ("name=\"a%22b\"; filename=\"%0D%0a%41%é.txt\"", "a\"b", Some("\r\n%41%é.txt")),
            ("name=\"你好\"; filename=\"कखग.txt\"", "你好", Some("कखग.txt")),
            ("name=a; filename=x.txt; filename*=UTF-8''%E2%82%AC.txt", "a", Some("€.txt")),
            ("name=a; filename*=utf-8'en'%e2%82%ac; filename=\"x\"", "a", Some("€")),
            ("name=a; filename=x; filename*=ISO-8859-1''%A3", "a", Some("x")),
            ("name=a; filename=x; filename*=UTF-8''%ff", "a", Some("x")),
            ("name=a; filename=x; filename*=UTF-8''%4", "a", Some("x")),
            ("name=a; filename*=nothing", "a", None),
            ("name=a; size=3", "a", None),
        ] {
            assert_eq!(disposition(parameters), Ok((name.to_owned(), file.map(str::to_owned))), "{parameters}");
        }
    }

    #[test]
    fn a_part_without_a_name_or_with_two_is_refused() {
        for (lines, fault) in [
            ("Content-Type: text/plain", MultipartFault::NoName),
            ("Content-Disposition: form-data", MultipartFault::NoName),
            ("Content-Disposition: form-data; filename=x", MultipartFault::NoName),
            ("Content-Disposition: form-data; name=a; name=b", MultipartFault::Head),
            ("Content-Disposition: form-data; name=a; filename=b; Filename=c", MultipartFault::Head),
            ("Content-Disposition: form-data; name=a\r\ncontent-disposition: form-data; name=a", MultipartFault::Head),
            ("Content-Disposition: attachment; name=a", MultipartFault::Head),
            ("Content-Disposition: form-data; name=\"a", MultipartFault::Head),
            ("Content-Disposition: form-data; name=a b", MultipartFault::Head),
            ("Content-Disposition: form-data; name=a\r\n folded", MultipartFault::Head),
            ("Content-Disposition: form-data; name=a\nX: y", MultipartFault::Head),
            ("Content-Disposition : form-data; name=a", MultipartFault::Head),
            ("Content-Disposition: form-data; name=\"a\0\"", MultipartFault::Head),
            ("nothing", MultipartFault::Head),
            ("", MultipartFault::Head),
        ] {
            assert_eq!(read(lines), Err(fault), "{lines:?}");
        }
    }

    #[test]
    fn other_fields_are_ignored_and_the_type_is_kept() {
        let lines = "X-A: 1\r\nCONTENT-TYPE:  image/png; q=1\t\r\ncontent-disposition:form-data;name=a\r\nX-A:";
        assert_eq!(read(lines), Ok(("a".to_owned(), None, Some("image/png; q=1".to_owned()))));
    }
}
