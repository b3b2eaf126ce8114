//! Errors in the form that the Lambda service expects.

use std::borrow::Cow;
use std::time::Duration;

use super::address::Address;
use super::connection::Connection;
use super::fault::Fault;
use super::request::Requests;
use crate::json::write::{Plain, escape};
use crate::log::{Level, log};

/// The longest message that is reported. Lambda truncates longer messages in its logs.
const MESSAGE_LIMIT: usize = 64 * 1024;
/// The time limit for the report of a failed start.
const PATIENCE: Duration = Duration::from_secs(2);

/// Writes the body of a report.
pub(in crate::runtime) fn write_report(out: &mut Vec<u8>, error_type: &str, message: &str) {
    let cut = (0..=message.len().min(MESSAGE_LIMIT)).rev().find(|&end| message.is_char_boundary(end)).unwrap_or(0);
    let message = &message[..cut];
    out.clear();
    out.extend_from_slice(b"{\"errorMessage\":\"");
    escape::<Plain>(out, message);
    out.extend_from_slice(b"\",\"errorType\":\"");
    escape::<Plain>(out, error_type);
    out.extend_from_slice(b"\",\"stackTrace\":[]}");
}

/// Returns the class of an error for the service. The service knows `Runtime.Name` and `Function.Name`, of letters alone,
/// and turns anything else into `Runtime.Unknown`, even though the function caused the error.
pub(in crate::runtime) fn error_class(error_type: &str) -> Cow<'_, str> {
    let is_name = |name: &str| {
        name.len() > 1
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.bytes().all(|b| b.is_ascii_alphabetic())
    };
    let (origin, name) = error_type.rsplit_once(['.', ':']).unwrap_or(("", error_type));
    match origin {
        "Runtime" | "Function" if is_name(name) => Cow::Borrowed(error_type),
        _ if is_name(name) => Cow::Owned(format!("Function.{name}")),
        _ => Cow::Borrowed("Function.Unknown"),
    }
}

/// Reports to the service why the function does not start. The process then ends with a nonzero status, so a failure of
/// this report is only logged.
pub(in crate::runtime) fn init_error(address: &Address, error_type: &str, message: &str) {
    if let Err(fault) = post_init_error(address, error_type, message) {
        log(Level::Error, "", &format!("cannot report to the service why the function does not start: {fault}"));
    }
}

fn post_init_error(address: &Address, error_type: &str, message: &str) -> Result<(), Fault> {
    let (mut head, mut report) = (Vec::new(), Vec::new());
    write_report(&mut report, error_type, message);
    Requests::new(address).init_error(&mut head, &error_class(error_type), report.len());
    let mut connection = Connection::new();
    connection.open(address)?;
    connection.limit_reads(PATIENCE)?;
    connection.send(&[&head, &report, b""])?;
    // If the process ended before the service read the report, the report could be lost.
    connection.read_bare_head()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_classes_have_the_form_that_the_service_keeps() {
        for (error_type, class) in [
            ("ParseIntError", "Function.ParseIntError"),
            ("Panic", "Function.Panic"),
            ("my::Error", "Function.Error"),
            ("Gatewire.MalformedPayload", "Function.MalformedPayload"),
            ("Function.ResponseSizeTooLarge", "Function.ResponseSizeTooLarge"),
            ("Runtime.ExitError", "Runtime.ExitError"),
            ("Error2", "Function.Unknown"),
            ("E", "Function.Unknown"),
            ("", "Function.Unknown"),
            ("x\r\nX: y", "Function.Unknown"),
            ("Runtime.x", "Function.Unknown"),
        ] {
            assert_eq!(error_class(error_type), class, "{error_type}");
        }
    }

    #[test]
    fn reports_are_json() {
        let mut out = b"left over".to_vec();
        write_report(&mut out, "A\"b", "line\nquote\" \u{7f} \u{e9}");
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let expected = serde_json::json!({
            "errorMessage": "line\nquote\" \u{7f} \u{e9}", "errorType": "A\"b", "stackTrace": [],
        });
        assert_eq!(read, expected);
        write_report(&mut out, "A", &"\u{e9}".repeat(MESSAGE_LIMIT));
        assert!(out.len() < MESSAGE_LIMIT + 100);
        assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok());
    }
}
