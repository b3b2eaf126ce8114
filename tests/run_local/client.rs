//! A client that speaks HTTP over one connection.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::server::PATIENCE;

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends a request without a body, with these lines of headers.
    pub(crate) fn ask(&mut self, method: &str, target: &str, lines: &str) -> Answer {
        self.write(format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n").as_bytes());
        self.answer(method != "HEAD")
    }

    pub(crate) fn post(&mut self, target: &str, content_type: &str, body: &[u8]) -> Answer {
        let length = body.len();
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        );
        self.write(&[head.as_bytes(), body].concat());
        self.answer(true)
    }

    /// Reads more bytes; returns whether there were any.
    pub(crate) fn fill(&mut self) -> bool {
        let mut more = [0; 8192];
        let length = self.stream.read(&mut more).unwrap();
        self.buffer.extend_from_slice(&more[..length]);
        length > 0
    }

    /// Reads up to the end of `text`, and leaves the bytes after it.
    pub(crate) fn read_until(&mut self, text: &str) -> String {
        loop {
            let found = self.buffer.windows(text.len()).position(|window| window == text.as_bytes());
            if let Some(at) = found {
                return String::from_utf8(self.buffer.drain(..at + text.len()).collect()).unwrap();
            }
            assert!(self.fill(), "the connection was closed after {:?}", String::from_utf8_lossy(&self.buffer));
        }
    }

    /// Reads everything until the connection ends.
    pub(crate) fn read_to_end(&mut self) -> String {
        while self.fill() {}
        String::from_utf8(std::mem::take(&mut self.buffer)).unwrap()
    }

    /// Reads one response, and leaves the bytes after it.
    pub(crate) fn answer(&mut self, has_body: bool) -> Answer {
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            assert!(self.fill(), "the connection was closed after {:?}", String::from_utf8_lossy(&self.buffer));
        };
        let head = String::from_utf8(self.buffer[..end].to_vec()).unwrap();
        self.buffer.drain(..end + 4);
        let (first, fields) = head.split_once("\r\n").unwrap();
        let headers = fields.split("\r\n").map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut answer = Answer { status: first[9..12].parse().unwrap(), headers, body: Vec::new() };
        if has_body {
            let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
            while self.buffer.len() < length {
                assert!(self.fill(), "the body is cut off");
            }
            answer.body = self.buffer.drain(..length).collect();
        }
        answer
    }
}
