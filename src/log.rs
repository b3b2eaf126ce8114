//! The lines that the crate writes on standard error: each is one line whatever is in it, and one write.
//!
//! The form is that of Lambda's [advanced logging controls][docs]: text, or JSON if `AWS_LAMBDA_LOG_FORMAT` says so,
//! and nothing below the level that `AWS_LAMBDA_LOG_LEVEL` names.
//!
//! [docs]: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::OnceLock;
use std::time::SystemTime;

use crate::http::date;
use crate::invocation_error::InvocationError;

/// The most bytes of messages in a line, before they are escaped: a log event of CloudWatch has room for 256 KB.
const TEXT_LIMIT: usize = 32 * 1024;

/// The level of a line. The lower levels of Lambda are for applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Warn,
    Error,
    /// No line of this crate is fatal, but a function may ask for fatal lines only.
    Fatal,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

/// The configuration of the function's log: level and format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Config {
    json: bool,
    least: Level,
}

impl Config {
    /// Reads the configuration from environment variables, which Lambda sets before it starts the process.
    fn from_variables(format: Option<&str>, level: Option<&str>) -> Self {
        let is = |value: Option<&str>, name: &str| value.is_some_and(|value| value.eq_ignore_ascii_case(name));
        let least = match level {
            _ if is(level, "FATAL") => Level::Fatal,
            _ if is(level, "ERROR") => Level::Error,
            _ => Level::Warn,
        };
        Self { json: is(format, "JSON"), least }
    }

    fn current() -> Self {
        static CURRENT: OnceLock<Config> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let variable = |name| std::env::var(name).ok();
            let (format, level) = (variable("AWS_LAMBDA_LOG_FORMAT"), variable("AWS_LAMBDA_LOG_LEVEL"));
            Self::from_variables(format.as_deref(), level.as_deref())
        })
    }
}

/// Writes the line about an invocation that has failed.
#[cold]
pub(crate) fn log_failure(request_id: &str, error: &InvocationError) {
    write(Config::current(), Level::Error, &Entry { request_id, message: error.message(), failure: Some(error) });
}

/// Writes a line about something else; `request_id` is empty if no invocation is concerned.
#[cold]
pub(crate) fn log(level: Level, request_id: &str, message: &str) {
    write(Config::current(), level, &Entry { request_id, message, failure: None });
}

/// Writes a line as it is, in one write. A string that may hold control characters has to go through [`Escaped`].
pub(crate) fn print(line: fmt::Arguments<'_>) {
    let mut line = line.to_string();
    line.push('\n');
    // A process whose standard error is closed still does its work.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The content of a line.
struct Entry<'a> {
    request_id: &'a str,
    message: &'a str,
    failure: Option<&'a InvocationError>,
}

fn write(config: Config, level: Level, entry: &Entry<'_>) {
    if level < config.least {
        return;
    }
    if config.json {
        let time = date::rfc3339(SystemTime::now()).unwrap_or_default();
        print(format_args!("{}", entry.json(level, &time)));
    } else {
        print(format_args!("{}", entry.text(level)));
    }
}

impl Entry<'_> {
    /// Returns `gatewire: ERROR RequestId: r-1 app::Error: the message; caused by: its source`.
    fn text(&self, level: Level) -> String {
        let (mut out, mut left) = (format!("gatewire: {} ", level.name()), TEXT_LIMIT);
        // Writing to a `String` does not fail.
        if !self.request_id.is_empty() {
            let _ = write!(out, "RequestId: {} ", Escaped(cut(self.request_id, &mut left)));
        }
        if let Some(failure) = self.failure {
            let _ = write!(out, "{}: ", Escaped(cut(failure.type_path(), &mut left)));
        }
        let _ = write!(out, "{}", Escaped(cut(self.message, &mut left)));
        for cause in self.failure.iter().flat_map(|failure| failure.causes()) {
            let _ = write!(out, "; caused by: {}", Escaped(cut(cause, &mut left)));
        }
        out
    }

    /// Returns an object with the fields that Lambda looks for, `timestamp` and `level`, and those of its managed
    /// runtimes.
    fn json(&self, level: Level, time: &str) -> String {
        let (mut out, mut left) = (String::from("{"), TEXT_LIMIT);
        // Writing to a `String` does not fail.
        let _ = write!(out, "\"timestamp\":\"{time}\",\"level\":\"{}\"", level.name());
        let mut field = |out: &mut String, name: &str, value: &str| {
            let _ = write!(out, ",\"{name}\":\"{}\"", Json(cut(value, &mut left)));
        };
        if !self.request_id.is_empty() {
            field(&mut out, "requestId", self.request_id);
        }
        if let Some(failure) = self.failure {
            field(&mut out, "errorType", failure.error_type());
            field(&mut out, "errorPath", failure.type_path());
        }
        field(&mut out, "message", self.message);
        if let Some(failure) = self.failure {
            out.push_str(",\"causes\":[");
            for (number, cause) in failure.causes().enumerate() {
                let comma = if number > 0 { "," } else { "" };
                let _ = write!(out, "{comma}\"{}\"", Json(cut(cause, &mut left)));
            }
            out.push(']');
        }
        out.push('}');
        out
    }
}

/// Returns the part of a string for which there is room.
fn cut<'t>(text: &'t str, left: &mut usize) -> &'t str {
    let end = (0..=text.len().min(*left)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    *left -= end;
    &text[..end]
}

/// A string without the characters that a terminal or a reader of lines would act on.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            if is_active(character) { write!(f, "{}", character.escape_default())? } else { f.write_char(character)? }
        }
        Ok(())
    }
}

/// A string as the content of a JSON string, with the same characters escaped.
struct Json<'a>(&'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '\n' => f.write_str("\\n")?,
                _ if is_active(character) => write!(f, "\\u{:04x}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// Control characters, the separators of lines and paragraphs, and characters that change the direction of a line. All
/// of them have four hexadecimal digits.
pub(crate) fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(std::io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cannot \"save\"\r\nat all")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    fn failure() -> InvocationError {
        InvocationError::of("app::store::Outer", &Outer(std::io::Error::other("no \u{9b}31m disk \u{2028} left \\")))
    }

    fn entry(failure: &InvocationError) -> Entry<'_> {
        Entry { request_id: "r\n1", message: failure.message(), failure: Some(failure) }
    }

    #[test]
    fn a_failure_is_one_line_of_text() {
        let expected = "gatewire: ERROR RequestId: r\\n1 app::store::Outer: cannot \"save\"\\r\\nat all; \
                        caused by: no \\u{9b}31m disk \\u{2028} left \\";
        assert_eq!(entry(&failure()).text(Level::Error), expected);
    }

    #[test]
    fn a_failure_is_one_line_of_json() {
        let failure = failure();
        let line = entry(&failure).json(Level::Error, "2024-02-29T00:00:00.007Z");
        assert!(!line.contains(is_active), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        let expected = serde_json::json!({
            "timestamp": "2024-02-29T00:00:00.007Z", "level": "ERROR", "requestId": "r\n1", "errorType": "Outer",
            "errorPath": "app::store::Outer", "message": "cannot \"save\"\r\nat all",
            "causes": ["no \u{9b}31m disk \u{2028} left \\"],
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn other_lines_have_no_error() {
        let entry = Entry { request_id: "", message: "the response was refused", failure: None };
        assert_eq!(entry.text(Level::Warn), "gatewire: WARN the response was refused");
        let read: serde_json::Value = serde_json::from_str(&entry.json(Level::Warn, "t")).unwrap();
        let expected = serde_json::json!({ "timestamp": "t", "level": "WARN", "message": "the response was refused" });
        assert_eq!(read, expected);
    }

    #[test]
    fn lines_have_a_limit() {
        for text in ["x", "\u{e9}", "\u{1}", "\""] {
            let failure = InvocationError::new("A", text.repeat(1_000_000));
            for line in [entry(&failure).text(Level::Error), entry(&failure).json(Level::Error, "t")] {
                assert!(line.len() < 256 * 1024, "{text:?}: {}", line.len());
            }
        }
    }

    #[test]
    fn the_environment_says_which_lines_there_are() {
        for (format, level, json, least) in [
            (None, None, false, Level::Warn),
            (Some("Text"), Some("INFO"), false, Level::Warn),
            (Some("JSON"), Some("WARN"), true, Level::Warn),
            (Some("json"), Some("error"), true, Level::Error),
            (Some("JSON"), Some("FATAL"), true, Level::Fatal),
        ] {
            assert_eq!(Config::from_variables(format, level), Config { json, least }, "{format:?} {level:?}");
        }
    }
}
