//! The line about a request.

use std::ffi::OsStr;
use std::fmt::{Display, Formatter, Result};
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use crate::log::Escaped;

/// Returns whether lines on stderr have colours: on a terminal, unless `NO_COLOR` says otherwise
/// (<https://no-color.org>).
pub(super) fn coloured() -> bool {
    wanted(stderr().is_terminal(), std::env::var_os("NO_COLOR").as_deref())
}

fn wanted(is_terminal: bool, no_color: Option<&OsStr>) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty)
}

/// The line about a request that is being answered. The query is left out: it may hold secrets.
pub(super) struct Line {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) begin: Instant,
    pub(super) status: u16,
    pub(super) coloured: bool,
}

impl Line {
    /// The line, once this number of bytes of a body has been sent, which may have been cut off.
    pub(super) fn end(self, bytes: u64, is_cut: bool) -> impl Display {
        let time = self.begin.elapsed();
        Ended { line: self, time, bytes, is_cut }
    }
}

struct Ended {
    line: Line,
    time: Duration,
    bytes: u64,
    is_cut: bool,
}

impl Display for Ended {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { line: Line { method, path, status, coloured, .. }, time, bytes, is_cut } = self;
        // The client chooses the path: no part of it may act on the terminal.
        let (method, path) = (Escaped(method), Escaped(path));
        let cut = if *is_cut { ", cut off" } else { "" };
        let millis = time.as_secs_f64() * 1e3;
        if !coloured {
            return write!(f, "{method} {path} {status} {millis:.1} ms {bytes} bytes{cut}");
        }
        let colour = match status {
            ..300 => 32,
            300..400 => 36,
            400..500 => 33,
            500.. => 31,
        };
        write!(f, "{method} {path} \x1b[{colour}m{status}\x1b[0m \x1b[2m{millis:.1} ms {bytes} bytes{cut}\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(status: u16, coloured: bool) -> String {
        let time = Duration::from_micros(1_250);
        let (method, path, begin) = ("GET".to_owned(), "/a".to_owned(), Instant::now());
        Ended { line: Line { method, path, begin, status, coloured }, time, bytes: 7, is_cut: false }.to_string()
    }

    #[test]
    fn says_what_was_asked_and_answered() {
        assert_eq!(line(200, false), "GET /a 200 1.2 ms 7 bytes");
    }

    #[test]
    fn has_the_colour_of_the_status() {
        for (status, colour) in [(200, 32), (299, 32), (304, 36), (404, 33), (500, 31), (999, 31)] {
            let expected = format!("GET /a \x1b[{colour}m{status}\x1b[0m \x1b[2m1.2 ms 7 bytes\x1b[0m");
            assert_eq!(line(status, true), expected);
        }
    }

    #[test]
    fn paths_do_not_act_on_the_terminal() {
        let (method, path) = ("GET".to_owned(), "/\u{9b}31m\u{1b}[2J\u{7f}\u{202e}\u{e9}".to_owned());
        let line = Line { method, path, begin: Instant::now(), status: 200, coloured: false };
        let text = line.end(7, true).to_string();
        assert!(text.starts_with("GET /\\u{9b}31m\\u{1b}[2J\\u{7f}\\u{202e}\u{e9} 200 "), "{text}");
        assert!(text.ends_with(" 7 bytes, cut off"), "{text}");
    }

    #[test]
    fn colours_are_for_terminals_and_can_be_turned_off() {
        assert!(wanted(true, None));
        assert!(wanted(true, Some(OsStr::new(""))));
        assert!(!wanted(true, Some(OsStr::new("1"))));
        assert!(!wanted(false, None));
    }
}
