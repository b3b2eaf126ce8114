//! The head of an HTTP response, parsed in place.

use std::ops::Range;

use super::fault::Fault;

/// The properties of a response that its head defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::runtime) struct Head {
    pub(in crate::runtime) status: u16,
    pub(super) framing: Framing,
    /// The connection can serve another request.
    pub(super) keep: bool,
}

/// The end of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
    /// At the end of the connection.
    Close,
}

impl Head {
    /// Returns whether the request was successful.
    pub(in crate::runtime) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Parses the head in `range` of `bytes`, which includes the empty line. Calls `field` with the name and the value of each
    /// field, and with the place of the value in `bytes`.
    ///
    /// Lines may end with a line feed alone, as [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112#section-2.2) allows.
    pub(super) fn parse(
        bytes: &[u8],
        range: Range<usize>,
        field: &mut impl FnMut(&[u8], &[u8], Range<usize>),
    ) -> Result<Self, Fault> {
        let mut at = range.start;
        let (line, next) = line(bytes, at, range.end);
        let (mut keep, status) = status_line(line)?;
        at = next;
        let (mut length, mut chunked) = (None, false);
        loop {
            let (line, next) = self::line(bytes, at, range.end);
            if line.is_empty() {
                break;
            }
            let colon = memchr::memchr(b':', line).ok_or(Fault::Malformed("a header line without a colon"))?;
            let name = &line[..colon];
            if !is_token(name) {
                return Err(Fault::Malformed("an invalid header name"));
            }
            let value = trim(&line[colon + 1..]);
            if name.eq_ignore_ascii_case(b"content-length") {
                let declared = decimal(value).ok_or(Fault::Malformed("a Content-Length that is not a number"))?;
                if length.replace(declared).is_some_and(|other| other != declared) {
                    return Err(Fault::Malformed("two different lengths"));
                }
            } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
                if chunked || !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Fault::Malformed("a Transfer-Encoding other than chunked"));
                }
                chunked = true;
            } else if name.eq_ignore_ascii_case(b"connection") {
                for option in value.split(|&byte| byte == b',').map(trim) {
                    keep &= !option.eq_ignore_ascii_case(b"close");
                    keep |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            } else {
                let start = at + (value.as_ptr() as usize - line.as_ptr() as usize);
                field(name, value, start..start + value.len());
            }
            at = next;
        }
        let framing = match (length, chunked) {
            // With two definitions of its end, a body can be read in two ways: a way to smuggle responses.
            (Some(_), true) => return Err(Fault::Malformed("both a length and chunks")),
            _ if matches!(status, 100..=199 | 204 | 304) => Framing::Length(0),
            (_, true) => Framing::Chunked,
            (Some(length), _) => Framing::Length(length),
            (None, false) => Framing::Close,
        };
        Ok(Self { status, framing, keep: keep && framing != Framing::Close })
    }
}

/// Returns the end of the head that begins before `from`, after its empty line; `None` if that line is not there yet.
pub(super) fn find_end(bytes: &[u8], from: usize) -> Option<usize> {
    for found in memchr::memchr_iter(b'\n', bytes.get(from..)?) {
        match bytes[from + found + 1..] {
            [b'\n', ..] => return Some(from + found + 2),
            [b'\r', b'\n', ..] => return Some(from + found + 3),
            _ => {}
        }
    }
    None
}

/// Returns the line at `at`, without its end, and the start of the next line.
pub(super) fn line(bytes: &[u8], at: usize, end: usize) -> (&[u8], usize) {
    let rest = &bytes[at..end];
    let (line, next) = memchr::memchr(b'\n', rest).map_or((rest, end), |feed| (&rest[..feed], at + feed + 1));
    (line.strip_suffix(b"\r").unwrap_or(line), next)
}

/// Returns whether the connection is kept by default, and the status.
fn status_line(line: &[u8]) -> Result<(bool, u16), Fault> {
    let wrong = Fault::Malformed("an invalid status line");
    let Some((version, rest)) = line.strip_prefix(b"HTTP/1.").and_then(<[u8]>::split_first) else {
        return Err(wrong);
    };
    let [b' ', hundreds, tens, ones, rest @ ..] = rest else { return Err(wrong) };
    let digits = [*hundreds, *tens, *ones];
    if !version.is_ascii_digit()
        || !digits.iter().all(u8::is_ascii_digit)
        || *hundreds == b'0'
        || !matches!(rest, [] | [b' ', ..])
    {
        return Err(wrong);
    }
    let status = digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
    Ok((*version != b'0', status))
}

fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// Removes blanks and tabs at both ends.
fn trim(value: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    &value[start..end]
}

fn decimal(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_usize, |number, digit| {
        digit.is_ascii_digit().then_some(())?;
        number.checked_mul(10)?.checked_add(usize::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<Head, Fault> {
        assert_eq!(find_end(head.as_bytes(), 0), Some(head.len()), "{head:?}");
        Head::parse(head.as_bytes(), 0..head.len(), &mut |_, _, _| {})
    }

    #[test]
    fn reads_status_framing_and_persistence() {
        let head = |status, framing, keep| Head { status, framing, keep };
        for (text, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", head(200, Framing::Length(12), true)),
            ("HTTP/1.1 200\ncontent-length:\t12 \n\n", head(200, Framing::Length(12), true)),
            ("HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: Chunked\r\n\r\n", head(200, Framing::Chunked, true)),
            (
                "HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
                head(202, Framing::Length(3), true),
            ),
            (
                "HTTP/1.1 202 Accepted\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n",
                head(202, Framing::Length(0), false),
            ),
            ("HTTP/1.1 204 No Content\r\n\r\n", head(204, Framing::Length(0), true)),
            ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", head(200, Framing::Length(1), false)),
            (
                "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n",
                head(200, Framing::Length(1), true),
            ),
            ("HTTP/1.1 200 OK\r\n\r\n", head(200, Framing::Close, false)),
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn refuses_ambiguous_and_malformed_heads() {
        for text in [
            "\r\n\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1  200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
            "HTTP/1.1 200 OK\r\nname : a blank\r\n\r\n",
            "HTTP/1.1 200 OK\r\n folded: line\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        ] {
            let end = find_end(text.as_bytes(), 0).unwrap_or(text.len());
            let head = Head::parse(text.as_bytes(), 0..end, &mut |_, _, _| {});
            assert!(matches!(head, Err(Fault::Malformed(_))), "{text:?}");
        }
    }

    #[test]
    fn reports_the_places_of_values() {
        let text = b"....HTTP/1.1 200 OK\r\nA: one\r\nb:\r\nC:  two  \r\n\r\nbody";
        let mut fields = Vec::new();
        Head::parse(text, 4..text.len() - 4, &mut |name, value, range| {
            assert_eq!(&text[range], value);
            fields.push((name.to_vec(), value.to_vec()));
        })
        .unwrap();
        let expected = [(b"A", "one"), (b"b", ""), (b"C", "two")].map(|(name, value)| (name.to_vec(), value.into()));
        assert_eq!(fields, expected);
    }

    #[test]
    fn every_prefix_of_a_head_has_no_end() {
        let head = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
        for end in 0..head.len() {
            assert_eq!(find_end(&head[..end], 0), None, "{end}");
        }
    }
}
