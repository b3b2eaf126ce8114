//! The body of a streamed response: chunks of [RFC 9112 section 7.1][chunks] that carry a prelude, eight zero bytes and the
//! body itself. The trailer section reports an error after the prelude.
//!
//! [chunks]: https://www.rfc-editor.org/rfc/rfc9112#section-7.1

use std::io::Write;

use super::report::{error_class, write_report};

/// The separator between the prelude and the body.
const DELIMITER: [u8; 8] = [0; 8];
/// The longest report in a trailer. Servers in Go, such as Lambda's, read trailers of less than 4 KB in total.
const REPORT_LIMIT: usize = 2048;

/// Appends the prelude and the separator. They are two chunks, because some emulators take the first chunk for the prelude.
pub(in crate::runtime) fn begin_body(out: &mut Vec<u8>, prelude: &[u8]) {
    for chunk in [prelude, &DELIMITER] {
        size_line(out, chunk.len());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends the line before a chunk. `length` must not be 0, which would end the body.
pub(in crate::runtime) fn size_line(out: &mut Vec<u8>, length: usize) {
    debug_assert_ne!(length, 0);
    // Writing to a `Vec` does not fail.
    let _ = write!(out, "{length:x}\r\n");
}

/// Appends the end of a body.
pub(in crate::runtime) fn end_body(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0\r\n\r\n");
}

/// Appends the end of a body that failed. `report` is a buffer for the report of the error.
pub(in crate::runtime) fn end_body_with(out: &mut Vec<u8>, report: &mut Vec<u8>, error_type: &str, message: &str) {
    out.extend_from_slice(b"0\r\nLambda-Runtime-Function-Error-Type: ");
    out.extend_from_slice(error_class(error_type).as_bytes());
    out.extend_from_slice(b"\r\nLambda-Runtime-Function-Error-Body: ");
    // A character may take six bytes in a report: some messages have to be far shorter than the limit.
    let mut length = message.len().min(REPORT_LIMIT);
    loop {
        let cut = (0..=length).rev().find(|&end| message.is_char_boundary(end)).unwrap_or(0);
        write_report(report, error_type, &message[..cut]);
        if report.len() <= REPORT_LIMIT || cut == 0 {
            break;
        }
        length = cut / 2;
    }
    base64_simd::STANDARD.encode_append(&*report, out);
    out.extend_from_slice(b"\r\n\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_ends_well() {
        let mut out = b"head\r\n\r\n".to_vec();
        begin_body(&mut out, b"{\"statusCode\":200}");
        size_line(&mut out, 300);
        out.extend_from_slice(&[b'x'; 300]);
        out.extend_from_slice(b"\r\n");
        end_body(&mut out);
        let mut expected = b"head\r\n\r\n12\r\n{\"statusCode\":200}\r\n8\r\n\0\0\0\0\0\0\0\0\r\n12c\r\n".to_vec();
        expected.extend_from_slice(&[b'x'; 300]);
        expected.extend_from_slice(b"\r\n0\r\n\r\n");
        assert_eq!(out, expected);
    }

    #[test]
    fn a_body_that_breaks_off() {
        let (mut out, mut report) = (Vec::new(), b"left over".to_vec());
        end_body_with(&mut out, &mut report, "my::Error", "line\r\nX: y");
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.split("\r\n").collect();
        assert_eq!(lines[..2], ["0", "Lambda-Runtime-Function-Error-Type: Function.Error"]);
        assert_eq!(lines[3..], ["", ""], "nothing of the message can be a line of its own");
        let body = lines[2].strip_prefix("Lambda-Runtime-Function-Error-Body: ").unwrap();
        let body = base64_simd::STANDARD.decode_to_vec(body).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let expected =
            serde_json::json!({ "errorMessage": "line\r\nX: y", "errorType": "my::Error", "stackTrace": [] });
        assert_eq!(read, expected);

        for character in ["x", "\u{e9}", "\u{1}", "\""] {
            let mut out = Vec::new();
            end_body_with(&mut out, &mut report, "A", &character.repeat(10_000));
            assert!((1000..4000).contains(&out.len()), "{character:?}: {}", out.len());
            assert!(serde_json::from_slice::<serde_json::Value>(&report).is_ok());
        }
    }
}
