//! One line of a log, as a JSON object or as text, in a buffer that is kept.

use std::fmt::{self, Display, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use super::escaped::{is_bare, push_escaped, push_quoted};
use super::name::Name;
use crate::http::date;

/// The most bytes of strings in a line, before they are escaped: a log event has room for 256 KB.
const TEXT_LIMIT: usize = 32 * 1024;
/// The bytes of a time.
const TIME: usize = 24;
/// The room for level, message and time, which are known last and come first.
const HEAD: usize = 96;
/// The names that the crate uses itself.
const RESERVED: [&str; 31] = [
    "level",
    "message",
    "timestamp",
    "service",
    "cold_start",
    "function_request_id",
    "correlation_id",
    "xray_trace_id",
    "function_name",
    "function_memory_size",
    "function_arn",
    "method",
    "route",
    "path",
    "status",
    "duration_ms",
    "bytes_in",
    "bytes_out",
    "source",
    "source_ip",
    "user_agent",
    "headers",
    "query",
    "cookies",
    "error_type",
    "error_message",
    "error_path",
    "error_causes",
    "http",
    "url",
    "faas",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Text,
}

/// The level and the message of a line, with all that is written around them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdict {
    /// Before the time.
    json: &'static str,
    /// After the time.
    text: &'static str,
}

macro_rules! verdict {
    ($level:literal, $message:literal) => {
        Verdict {
            json: concat!("{\"level\":\"", $level, "\",\"message\":\"", $message, "\",\"timestamp\":\""),
            text: concat!(" ", $level, " ", $message),
        }
    };
}

impl Verdict {
    pub(super) const ANSWERED: Self = verdict!("INFO", "request");
    /// A status of 500 and above.
    pub(super) const ERROR: Self = verdict!("ERROR", "request");
    pub(super) const FAILED: Self = verdict!("ERROR", "request failed");
}

/// The line of one invocation.
#[derive(Debug)]
pub(super) struct Line {
    out: Vec<u8>,
    format: Format,
    /// The place of the first byte, once the line is finished.
    start: usize,
    /// The room for strings.
    left: usize,
    /// The name of the object whose fields are written, if there is one.
    group: Option<&'static str>,
    /// The first bytes of each line, and the room for strings after them.
    kept: (Vec<u8>, usize),
    clock: Clock,
}

impl Line {
    pub(super) fn new(format: Format) -> Self {
        let kept = (vec![b' '; HEAD], TEXT_LIMIT);
        Self { out: Vec::new(), format, start: 0, left: TEXT_LIMIT, group: None, kept, clock: Clock::default() }
    }

    /// Begins a line.
    pub(super) fn begin(&mut self) {
        let (first, left) = &self.kept;
        self.out.clear();
        self.out.extend_from_slice(first);
        self.left = *left;
        self.group = None;
    }

    /// Makes the fields that were written since [`begin`](Self::begin) those of all lines.
    pub(super) fn keep(&mut self) {
        self.kept = (self.out.clone(), self.left);
    }

    /// Ends the line.
    pub(super) fn end(&mut self, verdict: Verdict, time: SystemTime) {
        let time = &self.clock.text(time);
        let (parts, tail): ([&[u8]; 3], &[u8]) = match self.format {
            Format::Json => ([verdict.json.as_bytes(), time, b"\""], b"}\n"),
            Format::Text => ([b"", time, verdict.text.as_bytes()], b"\n"),
        };
        let mut at = HEAD;
        for part in parts.iter().rev() {
            at -= part.len();
            self.out[at..at + part.len()].copy_from_slice(part);
        }
        self.start = at;
        self.out.extend_from_slice(tail);
    }

    /// Returns the finished line with its line break.
    pub(super) fn written(&self) -> &[u8] {
        &self.out[self.start..]
    }

    /// Frees the memory that a long line took.
    pub(super) fn shrink(&mut self, bytes: usize) {
        if self.out.capacity() <= bytes {
            return;
        }
        self.start = 0;
        self.out.clear();
        self.out.shrink_to(bytes);
    }

    #[inline]
    fn name<'n>(&mut self, name: impl Into<Name<'n>>) {
        match name.into() {
            Name::Own(name) => self.out.extend_from_slice(match self.format {
                Format::Json => name.json.as_bytes(),
                Format::Text => name.text.as_bytes(),
            }),
            Name::Any(name) => self.any_name(name),
        }
    }

    fn any_name(&mut self, name: &str) {
        let out = &mut self.out;
        match self.format {
            Format::Json => {
                if out.last() != Some(&b'{') {
                    out.push(b',');
                }
                push_quoted(out, name);
                out.push(b':');
            }
            Format::Text => {
                out.push(b' ');
                if let Some(group) = self.group {
                    out.extend_from_slice(group.as_bytes());
                    out.push(b'.');
                }
                if is_bare(name) {
                    out.extend_from_slice(name.as_bytes());
                } else {
                    // A name with a blank would look like several fields.
                    push_quoted(out, name);
                }
                out.push(b'=');
            }
        }
    }

    pub(super) fn text<'n>(&mut self, name: impl Into<Name<'n>>, value: &str) {
        self.name(name);
        let value = cut(value, &mut self.left);
        match self.format {
            Format::Text if is_bare(value) => self.out.extend_from_slice(value.as_bytes()),
            _ => push_quoted(&mut self.out, value),
        }
    }

    pub(super) fn optional<'n>(&mut self, name: impl Into<Name<'n>>, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    pub(super) fn integer<'n>(&mut self, name: impl Into<Name<'n>>, value: impl itoa::Integer) {
        self.name(name);
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    pub(super) fn boolean<'n>(&mut self, name: impl Into<Name<'n>>, value: bool) {
        self.name(name);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// Writes microseconds as milliseconds with three decimals.
    pub(super) fn millis<'n>(&mut self, name: impl Into<Name<'n>>, micros: u128) {
        self.name(name);
        let micros = u64::try_from(micros).unwrap_or(u64::MAX);
        self.out.extend_from_slice(itoa::Buffer::new().format(micros / 1000).as_bytes());
        let rest = micros % 1000;
        self.out.extend_from_slice(&[b'.', digit(rest / 100), digit(rest / 10), digit(rest)]);
    }

    /// Writes a value that may panic; the caller has to [`undo`](Self::undo) the field then.
    pub(super) fn display<'n>(&mut self, name: impl Into<Name<'n>>, value: &dyn Display) {
        self.name(name);
        self.quoted(value);
    }

    fn quoted(&mut self, value: &dyn Display) {
        self.out.push(b'"');
        let mut writer = Escaping { out: &mut self.out, left: &mut self.left };
        // An error of a `Display` leaves the part before it.
        let _ = write!(writer, "{value}");
        self.out.push(b'"');
    }

    pub(super) fn begin_list<'n>(&mut self, name: impl Into<Name<'n>>) {
        self.name(name);
        self.out.push(b'[');
    }

    pub(super) fn item(&mut self, value: &dyn Display) {
        if self.out.last() != Some(&b'[') {
            self.out.push(b',');
        }
        self.quoted(value);
    }

    pub(super) fn end_list(&mut self) {
        self.out.push(b']');
    }

    /// Writes the fields that `write` adds as an object.
    pub(super) fn object(&mut self, name: &'static str, write: impl FnOnce(&mut Self)) {
        if self.format == Format::Json {
            self.name(name);
            self.out.push(b'{');
        }
        self.group = Some(name);
        write(self);
        self.group = None;
        if self.format == Format::Json {
            self.out.push(b'}');
        }
    }

    /// The place to which [`undo`](Self::undo) returns.
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.out.len(), self.left)
    }

    /// Removes all that was written after the mark.
    pub(super) fn undo(&mut self, (length, left): (usize, usize)) {
        self.out.truncate(length);
        self.left = left;
        self.group = None;
    }
}

/// Adds fields to the line of a request: see [`AccessLog::fields`](super::AccessLog::fields).
///
/// A name of the line itself, such as `status`, gets `custom_` in front of it. All strings of a line together have 32
/// KiB; what is beyond that is cut off.
#[derive(Debug)]
pub struct Fields<'l>(pub(super) &'l mut Line);

impl Fields<'_> {
    /// Adds a string.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.with(name, |line, name| line.text(name, value))
    }

    /// Adds an integer.
    pub fn integer(&mut self, name: &str, value: i64) -> &mut Self {
        self.with(name, |line, name| line.integer(name, value))
    }

    /// Adds a number; `null` if it is infinite or not a number, since JSON has neither.
    pub fn float(&mut self, name: &str, value: f64) -> &mut Self {
        self.with(name, |line, name| {
            line.name(name);
            match value.is_finite() {
                true => line.out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes()),
                false => line.out.extend_from_slice(b"null"),
            }
        })
    }

    /// Adds `true` or `false`.
    pub fn boolean(&mut self, name: &str, value: bool) -> &mut Self {
        self.with(name, |line, name| line.boolean(name, value))
    }

    /// Adds the output of a `Display`, as a string.
    pub fn display(&mut self, name: &str, value: &dyn Display) -> &mut Self {
        self.with(name, |line, name| line.display(name, value))
    }

    fn with(&mut self, name: &str, write: impl FnOnce(&mut Line, Name<'_>)) -> &mut Self {
        const PREFIX: &str = "custom_";
        let first = name.split('.').next().unwrap_or(name);
        if RESERVED.contains(&name) || RESERVED.contains(&first) {
            let mut own = [0; 64];
            let bytes = own.get_mut(..PREFIX.len() + name.len());
            if let Some(bytes) = bytes {
                bytes[..PREFIX.len()].copy_from_slice(PREFIX.as_bytes());
                bytes[PREFIX.len()..].copy_from_slice(name.as_bytes());
                write(self.0, Name::Any(std::str::from_utf8(bytes).unwrap_or(PREFIX)));
            } else {
                write(self.0, Name::Any(&format!("{PREFIX}{name}")));
            }
        } else {
            write(self.0, Name::Any(name));
        }
        self
    }
}

/// Escapes what is written to it.
struct Escaping<'a> {
    out: &'a mut Vec<u8>,
    left: &'a mut usize,
}

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        push_escaped(self.out, cut(text, self.left));
        Ok(())
    }
}

/// Returns the part of a string for which there is room.
fn cut<'t>(text: &'t str, left: &mut usize) -> &'t str {
    let end = match text.len() <= *left {
        true => text.len(),
        false => (0..=*left).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0),
    };
    *left -= end;
    &text[..end]
}

/// The second of the last line since 1970, and its time as a line has it: most lines are written in the same second as
/// the one before.
#[derive(Debug, Default)]
struct Clock(Option<(u64, [u8; TIME])>);

impl Clock {
    /// Returns a time as a line has it.
    fn text(&mut self, time: SystemTime) -> [u8; TIME] {
        let since = time.duration_since(UNIX_EPOCH).ok();
        if let (Some((second, text)), Some(since)) = (&mut self.0, since)
            && *second == since.as_secs()
        {
            let millis = u64::from(since.subsec_millis());
            text[20..23].copy_from_slice(&[digit(millis / 100), digit(millis / 10), digit(millis)]);
            return *text;
        }
        let text = date::rfc3339_bytes(time);
        self.0 = since.map(|since| since.as_secs()).zip(text);
        text.unwrap_or(*b"1970-01-01T00:00:00.000Z")
    }
}

fn digit(value: u64) -> u8 {
    b'0' + (value % 10) as u8
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::log::is_active;

    /// Returns a line with the fields that `write` adds.
    fn line(format: Format, write: impl FnOnce(&mut Line)) -> String {
        let mut line = Line::new(format);
        line.begin();
        write(&mut line);
        line.end(Verdict::ANSWERED, UNIX_EPOCH);
        String::from_utf8(line.written().to_vec()).unwrap()
    }

    #[test]
    fn a_line_has_level_message_and_time_first() {
        let write = |line: &mut Line| {
            line.text("a", "b c");
            line.object("headers", |line| line.text("x-a", "1"));
            line.millis("duration_ms", 1_234_005);
            line.begin_list("causes");
            line.item(&"x\"");
            line.item(&2);
            line.end_list();
            Fields(line)
                .text("status", "mine")
                .integer("n", -1)
                .boolean("y", true)
                .display("path.x", &7)
                .float("f", 0.5);
            Fields(line).float("nan", f64::NAN);
        };
        assert_eq!(
            line(Format::Json, write),
            "{\"level\":\"INFO\",\"message\":\"request\",\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"a\":\"b c\",\
             \"headers\":{\"x-a\":\"1\"},\"duration_ms\":1234.005,\"causes\":[\"x\\\"\",\"2\"],\"custom_status\":\"mine\",\
             \"n\":-1,\"y\":true,\"custom_path.x\":\"7\",\"f\":0.5,\"nan\":null}\n"
        );
        assert_eq!(
            line(Format::Text, write),
            "1970-01-01T00:00:00.000Z INFO request a=\"b c\" headers.x-a=1 duration_ms=1234.005 causes=[\"x\\\"\",\"2\"] \
             custom_status=mine n=-1 y=true custom_path.x=\"7\" f=0.5 nan=null\n"
        );
    }

    #[test]
    fn the_head_fits_whatever_is_in_it() {
        for format in [Format::Json, Format::Text] {
            let mut line = Line::new(format);
            line.begin();
            line.end(Verdict::FAILED, UNIX_EPOCH);
            assert!(line.written().starts_with(if format == Format::Json { b"{" } else { b"1" }));
        }
    }

    #[test]
    fn lines_have_a_limit() {
        for text in ["x", "\u{e9}", "\u{1}", "\""] {
            let long = text.repeat(100_000);
            for format in [Format::Json, Format::Text] {
                let line = line(format, |line| {
                    line.text("a", &long);
                    line.display("b", &long);
                    line.text("c", "d");
                });
                assert!(line.len() < 256 * 1024, "{}", line.len());
            }
        }
    }

    /// In the same second, the next one, the one before, and before 1970.
    #[test]
    fn times_are_those_of_the_calendar() {
        let mut clock = Clock::default();
        for micros in [0, 7_999, 999_999, 1_000_000, 1_500_000, 500_000, 86_400_123_456, 86_400_124_000, 5] {
            for time in [UNIX_EPOCH + Duration::from_micros(micros), UNIX_EPOCH - Duration::from_micros(micros)] {
                assert_eq!(Some(clock.text(time)), date::rfc3339_bytes(time), "{micros}");
            }
        }
        let far = UNIX_EPOCH + Duration::from_millis(253_402_300_800_123);
        assert_eq!([clock.text(far), clock.text(far)], [*b"1970-01-01T00:00:00.000Z"; 2]);
    }

    #[test]
    fn a_mark_removes_a_field() {
        let line = line(Format::Json, |line| {
            let mark = line.mark();
            line.text("a", "b");
            line.undo(mark);
            line.text("c", "d");
        });
        assert!(line.ends_with("Z\",\"c\":\"d\"}\n"), "{line}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(name in "[^._]{1,20}", value in ".{0,200}", shown in any::<String>()) {
            let line = line(Format::Json, |line| {
                line.text(Name::Any(&name), &value);
                line.display("shown", &shown);
            });
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert!(!line.trim_end().contains(is_active));
            let read: Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(read[&name].as_str(), Some(value.as_str()));
            prop_assert_eq!(read["shown"].as_str(), Some(shown.as_str()));
        }

        #[test]
        fn any_text_is_one_line_of_text(name in any::<String>(), value in any::<String>()) {
            let line = line(Format::Text, |line| line.text(Name::Any(&name), &value));
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert!(line.trim_end().chars().all(|c| !is_active(c)), "{}", line);
        }
    }
}
