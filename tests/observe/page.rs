//! The output that the page "In production" of the manual shows is what the crate writes.

use std::fmt;

use gatewire::observe::{AccessLog, Metrics};
use gatewire::{App, Error, HttpError, Request};

use super::{EMF_SCHEMA, LOG_SCHEMA, Lines, assert_valid, lambda, worker};

const PAGE: &str = include_str!("../../src/manual/production.md");

/// The error of the page, whose crate is named `todos`.
#[derive(Debug)]
struct StoreError(std::io::Error);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot save the todo")
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn create(req: Request<'_>) -> Result<(), Error> {
    req.metrics().count("Rejected", 1);
    Err(StoreError(std::io::ErrorKind::ConnectionRefused.into()).into())
}

/// Returns the lines of the page's blocks in that language which hold a word.
fn shown(language: &str, word: &str) -> Vec<&'static str> {
    let blocks = PAGE.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix(language));
    blocks.flat_map(str::lines).filter(|line| line.contains(word)).collect()
}

/// Replaces the values that vary: times, and the crate's name.
fn masked(line: &str) -> String {
    let mut masked = line.replace("observe::page::", "todos::");
    for (start, ends) in [
        ("\"timestamp\":\"", "\""),
        ("\"duration_ms\":", ",}"),
        (" duration_ms=", " "),
        ("\"Timestamp\":", ","),
        ("\"latency\":[", "]"),
    ] {
        if let Some(at) = masked.find(start) {
            let from = at + start.len();
            let to = masked[from..].find(|end| ends.contains(end)).map_or(masked.len(), |length| from + length);
            masked.replace_range(from..to, "_");
        }
    }
    // A line of text begins with the time.
    if masked.starts_with("20") { masked.replacen(&line[..24], "_", 1) } else { masked }
}

/// Handles the events of the page: returns the lines of the log, and the documents.
fn written(log: AccessLog) -> (Vec<String>, Vec<String>) {
    let (lines, documents) = (Lines::default(), Lines::default());
    let app = App::new()
        .access_log(log.service("todos").sink(lines.sink()))
        .metrics(Metrics::namespace("Shop").service("todos").sink(documents.sink()))
        .get("/todos/{id}", |req: Request| req.reply(req.param("id")))
        .delete("/todos/{id}", |_: Request| Err::<(), _>(HttpError::forbidden("not yours")))
        .post("/todos", create);
    let mut worker = worker(app);
    for (id, method, path) in [
        ("8476a536-e9f4-11e8-9739-2dfe598c3fcd", "GET", "/todos/7"),
        ("0f1b62c8-7d5e-4f9c-b1a2-3c4d5e6f7a8b", "DELETE", "/todos/7"),
        ("d3a1c9e4-2f60-4b8d-9c7e-1a2b3c4d5e6f", "POST", "/todos"),
    ] {
        let event = include_str!("../events/http.json").replace("/todos/42", path).replace("GET", method);
        let mut lambda = lambda();
        lambda.request_id = id;
        let _ = worker.call_blocking(event.as_bytes(), &lambda);
    }
    drop(worker);
    (lines.take(), documents.take())
}

#[test]
fn the_page_shows_what_is_written() {
    let (lines, documents) = written(AccessLog::json());
    let mask = |lines: &[String]| lines.iter().map(|line| masked(line)).collect::<Vec<_>>();
    let shown_lines = shown("json", "\"function_request_id\"");
    let (shown_documents, shown_lines): (Vec<_>, Vec<_>) =
        shown_lines.into_iter().partition(|line| line.contains("_aws"));
    shown_lines.iter().for_each(|line| assert_valid(LOG_SCHEMA, &serde_json::from_str(line).unwrap()));
    shown_documents.iter().for_each(|line| assert_valid(EMF_SCHEMA, &serde_json::from_str(line).unwrap()));
    assert_eq!(shown_lines.into_iter().map(masked).collect::<Vec<_>>(), mask(&lines));
    assert_eq!(shown_documents.into_iter().map(masked).collect::<Vec<_>>(), mask(&documents[documents.len() - 1..]));
    let (text, _) = written(AccessLog::text());
    assert_eq!(shown("text", "ERROR request failed").into_iter().map(masked).collect::<Vec<_>>(), mask(&text[2..]));
}
